package httpserver

import (
	"bufio"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"silly/internal/netconn"
	"silly/internal/poll"
)

// lingerTime is how long a connection is read after its last response (RFC 9112 section 9.6).
const lingerTime = 500 * time.Millisecond

// A Conn is the server's side of an HTTP/1.1 connection (RFC 9112), with or without TLS: one request at a time, and no
// goroutine while it waits. What it cannot do by itself its Driver does.
type Conn struct {
	server  *Server
	driver  Driver
	nc      *netconn.Conn
	state   atomic.Uint32 // a connState
	closing atomic.Bool   // no request follows the one under way

	// Waiting for a head.
	head    []byte // what has arrived of one that is not complete
	blank   int    // bytes of empty lines that came before it
	cr      bool   // the last of them is a CR, to which a LF belongs
	waiting time.Time
	request *http.Request // that has arrived
	refusal int           // the status for what is no request

	// The body of the request. Its reader may hold more than the body.
	source bodySource
	body   *bufio.Reader // nil when there is none, or no more of it

	exchange *Exchange // the one under way
	response response
	farewell farewell
}

// A connState is where a connection is in its life:
//
//	head, idle  -- Proceed -->   arrived, refused or broken
//	arrived     -- Take -->      exchange
//	refused     -- Take -->      ending
//	broken      -- Take -->      ending
//	exchange    -- its response ends -->  complete
//	exchange    -- TakeOver -->  taken over
//	complete    -- PreFlush -->  idle, draining or ending
//	draining    -- drain -->     idle or ending
//	ending      -- Flush -->     closed
//
// Idle becomes head when something arrives. One goroutine moves on: in head and idle the one that calls Proceed, in
// draining the one that drains, in ending the first that flushes; else the holder of the driver's lock. Any goroutine may
// look.
type connState uint32

const (
	connHead      connState = iota // waits for a head: the first, or the rest of one
	connIdle                       // waits for a head of which nothing has arrived, after a response
	connArrived                    // a request is there
	connRefused                    // what is there is no request
	connBroken                     // nothing follows, or not in time
	connExchange                   // a request is being answered
	connComplete                   // the outbox has all of the response, or it was cut off
	connDraining                   // the rest of the body is read, or room for the next response waited for
	connEnding                     // the outbox has the last of what is sent
	connClosed                     // closed, or lingers
	connTakenOver                  // somebody else's
)

func (c *Conn) is(s connState) bool { return connState(c.state.Load()) == s }
func (c *Conn) become(s connState)  { c.state.Store(uint32(s)) }

// A farewell is how a connection is closed.
type farewell uint8

const (
	lingers       farewell = iota // when the client has all that was sent (RFC 9112 section 9.6)
	cutOff                        // after what is in the outbox
	readAbandoned                 // as lingers, but a read of the body goes on that nobody waits for
)

// A Driver is the program around a connection: it has a lock, and goroutines.
type Driver interface {
	// Watch waits for a request: Start is called, then Proceed until it reports that the wait is over, then Take with the
	// driver's lock held. Its caller holds the lock.
	Watch()
	// ScheduleFlush has PreFlush called soon, and after it Flush. Its caller holds the lock.
	ScheduleFlush()
	// Do calls f with the lock held, or returns false when the program has stopped.
	Do(f func()) bool
	// Background calls f on another goroutine. Any goroutine may call it.
	Background(f func())
	// Forget is called once, when the connection ends or is somebody else's, with the lock held: no Watch follows.
	Forget()
}

// NewConn makes a Conn of one that was accepted: a *netconn.Transport, or a *tls.Conn over one whose handshake is done.
func NewConn(s *Server, nc net.Conn, driver Driver) *Conn {
	c := &Conn{server: s, driver: driver, nc: netconn.New(nc, nil, writeTimeout)}
	c.source.nc, c.source.timeout = c.nc, s.BodyTimeout
	return c
}

// Serve serves the requests of the connection. It does not wait for them. The caller does not hold the driver's lock.
func (c *Conn) Serve() {
	c.server.add(c)
	if !c.driver.Do(c.driver.Watch) {
		c.server.remove(c)
		c.nc.Close()
	}
}

// Start begins to wait for a request.
func (c *Conn) Start(p *poll.Poller, owner any) (source *poll.Source, due time.Time) {
	source = c.nc.Watch(p, owner)
	if len(c.nc.Buffered()) > 0 {
		source.MarkReady()
	}
	c.waiting = time.Now()
	return source, c.due()
}

func (c *Conn) due() time.Time {
	limit := c.server.HeaderTimeout
	if c.is(connIdle) {
		limit = c.server.IdleTimeout
	}
	if limit <= 0 {
		return time.Time{}
	}
	return c.waiting.Add(limit)
}

// Proceed reads what is there, up to a turn, and does not wait. over says that it is for Take to go on; otherwise the
// source is armed or enqueued.
func (c *Conn) Proceed() (over bool, due time.Time) {
	return netconn.Proceed(c.nc.Source(), (*operation)(c))
}

// operation is the wait for a request as a netconn.Operation.
type operation Conn

// Step implements netconn.Operation.
func (o *operation) Step() (n int, over bool) {
	c := (*Conn)(o)
	n = c.advance()
	return n, !c.is(connHead) && !c.is(connIdle)
}

// Due implements netconn.Operation.
func (o *operation) Due() (deadline, due time.Time) {
	due = (*Conn)(o).due()
	return due, due
}

// Expire implements netconn.Operation.
func (o *operation) Expire() { (*Conn)(o).become(connBroken) }

// Take returns the exchange of the request that has arrived, or nil: then the connection ends. The caller holds the
// driver's lock.
func (c *Conn) Take() *Exchange {
	if c.is(connArrived) {
		return c.begin()
	}
	if c.is(connRefused) {
		c.appendRefusal()
	} else {
		c.farewell = cutOff
	}
	c.end()
	c.driver.ScheduleFlush()
	return nil
}

// begin makes the exchange of the request that has arrived.
func (c *Conn) begin() *Exchange {
	r := c.request
	c.request = nil
	c.response = response{conn: c, persistent: !r.Close, http10: !r.ProtoAtLeast(1, 1)}
	if r.Method == http.MethodHead {
		c.response.framing = headOnly
	}
	if toContinue, _ := expectations(r); toContinue && r.Body != http.NoBody && !c.response.http10 {
		c.response.expect = continuePending
	}
	x := new(Exchange)
	x.init(c.server, r, &c.response)
	x.local, x.tls = c.nc.LocalAddr(), c.nc.TLS() != nil
	c.exchange = x
	c.become(connExchange)
	return x
}

// PreFlush lets the head of a response leave with the flush that follows, or goes on after a response that is complete.
// The caller holds the driver's lock.
func (c *Conn) PreFlush() {
	switch connState(c.state.Load()) {
	case connExchange:
		c.exchange.Flush()
	case connComplete:
		if c.needsDrain() {
			c.become(connDraining)
			c.driver.Background(c.drain)
			return
		}
		c.next()
	}
}

// needsDrain reports whether something has to be waited for after an exchange: a part of the request's body that has not
// been read, or room for the next response, because the client sends requests and does not read.
func (c *Conn) needsDrain() bool {
	if c.body != nil && c.exchange.bodyRead() {
		c.finishBody()
	}
	return c.body != nil || c.nc.Queued() > netconn.HighWater
}

// drain waits for what needsDrain has found.
func (c *Conn) drain() {
	goesOn := c.nc.Wait(netconn.LowWater) == nil && (c.body == nil || c.drainBody())
	ran := c.driver.Do(func() {
		if goesOn {
			c.next()
		} else {
			c.end()
		}
	})
	if !ran {
		c.server.remove(c)
		c.become(connEnding)
	}
	c.closeIfEnding()
}

// next waits for the next request, or ends the connection. The caller holds the driver's lock.
func (c *Conn) next() {
	if c.persists() {
		c.exchange = nil
		c.become(connIdle)
		c.driver.Watch()
		return
	}
	c.end()
}

// persists reports whether another request may follow (RFC 9112 section 9.3).
func (c *Conn) persists() bool {
	return c.response.persistent && !c.source.timedOut.Load() && !c.closing.Load() && c.nc.Err() == nil && !c.nc.Closed()
}

// end has the next Flush close the connection. The caller holds the driver's lock.
func (c *Conn) end() {
	c.forget()
	c.become(connEnding)
}

// takeOver gives the connection away. The caller holds the driver's lock.
func (c *Conn) takeOver() *netconn.Conn {
	c.become(connTakenOver)
	c.forget()
	return c.nc
}

// forget takes the connection off the server's list. The caller holds the driver's lock.
func (c *Conn) forget() {
	c.exchange = nil
	c.server.remove(c)
	c.driver.Forget()
}

// Flush sends what is in the outbox, as far as the kernel takes it. Any goroutine may call it.
func (c *Conn) Flush() {
	c.nc.Flush()
	c.closeIfEnding()
}

// closeIfEnding closes the connection, once, when nothing follows. It does not wait.
func (c *Conn) closeIfEnding() {
	if !c.is(connEnding) || !c.state.CompareAndSwap(uint32(connEnding), uint32(connClosed)) {
		return
	}
	switch c.farewell {
	case cutOff:
		if c.nc.Queued() == 0 {
			c.nc.Close()
			return
		}
		c.driver.Background(func() { c.nc.CloseAfter(lingerTime) })
	case readAbandoned:
		c.driver.Background(c.closeUnread)
	default:
		if !c.nc.HangUp() {
			c.driver.Background(func() { c.nc.Linger(lingerTime) })
		}
	}
}

// closeUnread closes the connection after what is in the outbox, while somebody else reads. It waits.
func (c *Conn) closeUnread() {
	defer c.nc.Close()
	if c.nc.Wait(0) == nil {
		c.nc.CloseWrite()
		_ = c.nc.Wait(0)
		time.Sleep(lingerTime)
	}
}

// closeAfterResponse ends the connection after the exchange under way; one that is idle ends at once.
func (c *Conn) closeAfterResponse() {
	c.closing.Store(true)
	c.nc.Source().Wake()
}

// closeWhenFlushed ends the connection when what is in the outbox is with the kernel. It waits for that; another goroutine
// may be reading.
func (c *Conn) closeWhenFlushed() {
	_ = c.nc.Wait(0)
	c.nc.Close()
	c.server.remove(c)
}

// busy reports whether an exchange is under way.
func (c *Conn) busy() bool { return c.is(connExchange) || c.is(connComplete) || c.is(connDraining) }
