// Package wsconn is a WebSocket connection: the protocol of package ws on a connection of package
// netconn, with keep-alive, back-pressure, the closing handshake, and the way to open one as a client. It
// knows no script.
package wsconn

import (
	"sync"
	"time"

	"silly/internal/netconn"
	"silly/internal/poll"
	"silly/internal/ws"
)

const (
	// DefaultMaxMessage is the size up to which messages are accepted, in bytes.
	DefaultMaxMessage = 16 << 20
	// DefaultWriteTimeout is how long a peer may take nothing of what is sent to it.
	DefaultWriteTimeout = 30 * time.Second
)

// Config is what the opening handshake and the owner say about a connection.
type Config struct {
	Role ws.Role
	// MaxMessage is the size up to which messages are accepted, in bytes after decompression; 0 is no
	// limit.
	MaxMessage int64
	// PingInterval is the silence of the peer, while a read waits, after which it is sent a ping, and
	// IdleTimeout that after which the connection is given up; 0 is never.
	PingInterval, IdleTimeout time.Duration
	// Deflate is what was agreed about permessage-deflate, nil when it is not in use.
	Deflate *ws.Deflate
	// Compression says how this side compresses then. Its window is that of Deflate.
	Compression ws.Compression
}

// A Conn is one side of a WebSocket connection. Write methods may be called from any goroutine; one
// goroutine at a time reads.
type Conn struct {
	nc   *netconn.Conn
	role ws.Role

	reading  sync.Mutex // held by the goroutine that reads
	decoder  ws.Decoder
	alive    keepAlive
	inflates bool
	deadline time.Time // of the read that Begin began
	event    ws.Event  // what that read has got, until Proceed returns it
	failure  error     // the same, when it has got nothing

	messages sync.Mutex // held while the fragments of a large message are sent; taken before mu

	mu           sync.Mutex
	readErr      error  // what every later read returns; written under reading, too
	partial      string // what had arrived of the next message when reading ended, until somebody takes it
	encoder      ws.Encoder
	ping         *string // a ping that nobody has answered yet
	state        closeState
	closePayload string        // of the peer's close frame
	closeTimer   *time.Timer   // ends a closing handshake that the script conducts; nil when there is none
	closed       chan struct{} // closed when the connection is gone
	onEnd        []func()      // what OnEnd was given
}

// New makes a connection of one whose opening handshake is done. Nothing but its answer may have been
// sent through nc.
func New(nc *netconn.Conn, config Config) *Conn {
	c := &Conn{nc: nc, role: config.Role, closed: make(chan struct{})}
	c.alive.interval, c.alive.timeout = config.PingInterval, config.IdleTimeout
	c.decoder.Init(config.Role, config.MaxMessage)
	c.encoder.Init(config.Role)
	if agreed := config.Deflate; agreed != nil {
		c.inflates = true
		c.decoder.EnableDeflate(agreed.PeerTakeover(config.Role))
		config.Compression.WindowBits = agreed.WindowBits(config.Role)
		c.encoder.EnableDeflate(config.Compression)
	}
	nc.OnSlowPeer(c.abandon)
	return c
}

// Transport is the connection below.
func (c *Conn) Transport() *netconn.Conn { return c.nc }

// inlineInflate is the number of compressed bytes that TryRead decompresses: they are at most half a
// megabyte.
const inlineInflate = 512

// TryRead returns the next event when all of it lies in the read buffer already and decoding it takes
// next to no time. It does not wait.
func (c *Conn) TryRead() (ev ws.Event, ok bool, err error) {
	if !c.reading.TryLock() {
		return ev, false, c.busy()
	}
	defer c.reading.Unlock()
	c.AnswerPing()
	if c.inflates && c.decoder.Held()+len(c.nc.Buffered()) > inlineInflate {
		return ev, false, nil
	}
	return c.decode()
}

// Begin begins to read the next event, a message or a control frame, without waiting: whenever the connection's source is
// ready, or it is due, the caller calls Proceed, until that reports that the read is over. Before, the caller has called
// TryRead or AnswerPing. A zero deadline is none. The owner is that of the source. An error says that there is nothing to
// wait for: another read goes on, or reading has ended.
func (c *Conn) Begin(p *poll.Poller, owner any, deadline time.Time) (source *poll.Source, due time.Time, err error) {
	if !c.reading.TryLock() {
		return nil, due, c.busy()
	}
	source = c.nc.Watch(p, owner)
	if len(c.nc.Buffered()) > 0 {
		source.MarkReady() // TryRead has left something that takes its time
	}
	c.deadline = deadline
	c.alive.wait(time.Now())
	return source, c.alive.dueBefore(deadline), nil
}

// Proceed goes on with the read that Begin began, up to a turn, and does not wait. over says that it has ended, with an event
// or an error; otherwise the source is armed or enqueued, and due is when Proceed is called again at the latest. After
// ErrTimeout the connection is as before; every other error is final, and every later read returns it again. The answer
// to a ping of the connection's own, which is sent when the peer is silent, is not returned.
func (c *Conn) Proceed() (ev ws.Event, over bool, due time.Time, err error) {
	ends := true // also when a panic goes through
	defer func() {
		if ends {
			c.reading.Unlock()
		}
	}()
	if over, due = netconn.Proceed(c.nc.Source(), (*operation)(c)); !over {
		ends = false
		return ev, false, due, nil
	}
	ev, err = c.event, c.failure
	c.event, c.failure = ws.Event{}, nil
	return ev, true, due, err
}

// operation is a read as a netconn.Operation.
type operation Conn

// Step implements netconn.Operation.
func (o *operation) Step() (n int, over bool) {
	n, o.event, over, o.failure = (*Conn)(o).advance()
	return n, over || o.failure != nil
}

// Due implements netconn.Operation.
func (o *operation) Due() (deadline, due time.Time) { return o.deadline, o.alive.dueBefore(o.deadline) }

// Expire implements netconn.Operation.
func (o *operation) Expire() { o.failure = ErrTimeout }

// advance decodes, reads once if need be, and returns the event that is complete then, and how many bytes were read.
// c.reading is held.
func (c *Conn) advance() (n int, ev ws.Event, ok bool, err error) {
	if ev, ok, err = c.decode(); ok || err != nil {
		return 0, ev, ok, err
	}
	p := c.decoder.Want()
	if p != nil {
		n, err = c.nc.TryFillInto(p)
	} else {
		n, err = c.nc.TryFill()
	}
	switch {
	case err != nil:
		return 0, ev, false, c.readFailed(err)
	case n == 0:
		return 0, ev, false, c.silent()
	case p != nil:
		ev, ok, err = c.filled(n)
	}
	if !ok && err == nil {
		c.alive.heard()
		ev, ok, err = c.decode()
	}
	if !ok && err == nil {
		c.alive.wait(time.Now())
	}
	return n, ev, ok, err
}

// filled notes that n bytes have arrived at the place that the decoder wanted, and returns the event that they
// complete.
func (c *Conn) filled(n int) (ws.Event, bool, error) {
	c.alive.heard()
	return c.accept(c.decoder.Filled(n))
}

// busy is why the reading lock could not be taken.
func (c *Conn) busy() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.readErr != nil:
		return c.readErr
	case c.state.final():
		return c.whyClosed()
	}
	return ErrBusy
}

// endReading makes err what every later read returns, and what has arrived of the next message what TakePartial
// returns. c.reading is held.
func (c *Conn) endReading(err error) error {
	partial := c.decoder.Partial()
	c.readEnded(err, partial)
	return err
}

// dropReading is endReading when nobody waits for a message: what has arrived of it is dropped.
func (c *Conn) dropReading() { c.readEnded(c.whyClosed(), "") }

func (c *Conn) readEnded(err error, partial string) {
	c.mu.Lock()
	c.readErr, c.partial = err, partial
	c.mu.Unlock()
	c.decoder = ws.Decoder{}
}

// TakePartial returns, once, what has arrived of a message that will never be complete: that which a read was waiting
// for when reading ended.
func (c *Conn) TakePartial() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	partial := c.partial
	c.partial = ""
	return partial
}

// readFailed ends reading after an error of the connection.
func (c *Conn) readFailed(err error) error {
	if err == netconn.ErrInterrupted {
		return c.endReading(ErrClosed)
	}
	err = c.endReading(c.networkError(err))
	c.abandon()
	return err
}

// silent does what is due after a wait without a byte. It returns nil when the wait goes on.
func (c *Conn) silent() error {
	c.alive.silent(time.Now())
	if c.alive.over() {
		return c.fail(ErrIdle)
	}
	if c.alive.wantsPing() {
		c.mu.Lock()
		c.queueControl(ws.Ping, c.alive.ping())
		c.mu.Unlock()
		c.nc.Flush()
	}
	return nil
}

// decode takes the next event out of the read buffer. c.reading is held.
func (c *Conn) decode() (ev ws.Event, ok bool, err error) {
	if c.readErr != nil {
		return ev, false, c.readErr
	}
	for {
		p := c.nc.Buffered()
		if len(p) == 0 {
			return ev, false, nil
		}
		var n int
		n, ev, ok, err = c.decoder.Next(p)
		c.nc.Discard(n)
		if ev, ok, err = c.accept(ev, ok, err); ok || err != nil {
			return ev, ok, err
		}
	}
}

// accept does what the connection itself has to do about what the decoder returned, and returns what is
// left for the reader. c.reading is held.
func (c *Conn) accept(ev ws.Event, ok bool, err error) (ws.Event, bool, error) {
	if err != nil {
		return ws.Event{}, false, c.fail(err)
	}
	if !ok {
		return ev, false, nil
	}
	switch ev.Opcode {
	case ws.Ping:
		payload := ev.Data // a pointer into ev would make every event an allocation
		c.mu.Lock()
		c.ping = &payload
		c.mu.Unlock()
	case ws.Pong:
		ok = !c.alive.answeredBy(ev)
	case ws.Close:
		_ = c.endReading(ErrClosed)
		c.mu.Lock()
		c.state.on(receiveClose)
		c.closePayload = ev.Data
		c.mu.Unlock()
	}
	return ev, ok, nil
}

// AnswerPing puts the pong that the script did not send (RFC 6455 section 5.5.2) into the outbox. To a peer that sends
// pings and takes nothing it owes the answer to the last one only (section 5.5.3). Every read begins with it.
func (c *Conn) AnswerPing() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ping == nil || c.nc.Queued() > netconn.HighWater {
		return
	}
	payload := *c.ping
	c.ping = nil
	c.queueControl(ws.Pong, payload)
}

// queueControl queues a ping or pong of the connection's own, unless its close frame was sent. c.mu is held.
func (c *Conn) queueControl(op ws.Opcode, payload string) {
	if !c.state.sendsControl() {
		return
	}
	_, _ = c.append(func(dst []byte) []byte {
		dst, _ = c.encoder.AppendControl(dst, op, payload)
		return dst
	})
}
