// Package natsplane carries messages between processes over NATS servers. It is a backplane.Backplane for all hosts of
// a process: what they publish reaches each other at once, and everybody else through NATS. See the NATS documentation,
// Core NATS.
//
// A message is published on the subject that has its topic's name. Subscriptions without a queue get those of this
// process directly, and those of others from the server; what comes back from there is dropped. Members of queues get
// everything from the server, which knows the members in all processes; while it is away, those of this process share
// what is published here.
package natsplane

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"silly/luahost/backplane"

	"github.com/nats-io/nats.go"
)

const (
	// firstConnect is how long all attempts for the first connection may take about.
	firstConnect = 4 * time.Second
	// stalled is how long a write may take before the connection counts as lost.
	stalled = 2 * time.Second
	// pingEvery is how often the server is asked whether it is there. It is away after two pings without an answer.
	pingEvery = 10 * time.Second
	// firstDelay is the pause before the next attempt to connect again, which doubles up to maxDelay.
	firstDelay = 100 * time.Millisecond
	maxDelay   = 5 * time.Second
	// lastMessages is how long Close waits for what is to leave.
	lastMessages = 2 * time.Second
	// maxArriving is how many messages of the connection wait until they are counted, which is at once if the machine
	// is not busy, and countedAtOnce of how many each time.
	maxArriving   = 65_536
	countedAtOnce = 1024
	// maxWaiting is how many bytes of messages wait in each direction; more are dropped.
	maxWaiting = 32 << 20
)

// errBehind is what Publish returns when too much waits to be sent.
var errBehind = errors.New("NATS does not take messages as fast as they are published")

// tooFast is the line of the log about messages that were dropped.
const tooFast = "NATS: messages that came too fast were dropped"

// Options say where a plane connects to, and how.
type Options struct {
	Servers     []string // see ParseServers
	Credentials string   // a file as nsc makes it, with a JWT and a seed; "" is none
	CA          string   // a file of certificates in PEM that the server's must lead to; "" is those of the system
	Certificate string   // a file with the certificate of the client in PEM, and Key one with its key; "" is none
	Key         string
	// Log is told when the server goes and comes back. Any goroutine calls it.
	Log func(level slog.Level, text string)
}

// A Plane is a connection to NATS that the hosts of a process share. It implements backplane.Backplane. Any goroutine
// may call its methods; those but Close do not wait for the network.
type Plane struct {
	log  limitedLog
	node string // which process it is, to tell its own messages when they come back

	plain  *backplane.Memory // the subscriptions without a queue
	queues *backplane.Memory // the members of queues, while NATS is away

	conn       *nats.Conn
	maxPayload atomic.Int64
	out        *pipe[operation]
	arriving   chan *nats.Msg // fed by the connection, which drops what does not fit
	in         *pipe[*nats.Msg]
	closed     chan struct{}
	ctx        context.Context // ends when the plane is closed
	cancel     context.CancelFunc
	work       sync.WaitGroup
	sent       chan struct{} // closed when out is empty for good
	keeping    keeping

	mu     sync.Mutex
	over   bool
	groups map[groupKey]*group
	status backplane.Status
}

var (
	_ backplane.Backplane = (*Plane)(nil)
	_ backplane.Store     = (*Plane)(nil)
)

// Connect connects to one of the servers. It waits for some seconds at most. Its errors name no user and no password.
func Connect(o Options) (*Plane, error) { return open(o) }

// open is Connect with more options of the connection.
func open(o Options, more ...nats.Option) (*Plane, error) {
	p := &Plane{
		log: limitedLog{write: o.Log}, node: rand.Text()[:16],
		plain: backplane.NewMemory(), queues: backplane.NewMemory(),
		out: newPipe[operation](maxWaiting), in: newPipe[*nats.Msg](maxWaiting),
		arriving: make(chan *nats.Msg, maxArriving), closed: make(chan struct{}), sent: make(chan struct{}),
		groups: make(map[groupKey]*group), status: backplane.Status{Kind: "nats"},
		keeping: keeping{
			turn: make(chan struct{}, 1), kick: make(chan struct{}, 1),
			excepts: generations[string, any]{length: minAge},
		},
	}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	options, err := p.options(o, more)
	if err != nil {
		return nil, err
	}
	conn, err := options.Connect()
	if err != nil {
		return nil, fmt.Errorf("cannot connect to NATS at %s: %s", addresses(o.Servers), reason(err))
	}
	if !conn.HeadersSupported() {
		conn.Close()
		return nil, fmt.Errorf("cannot use NATS at %s: the server knows no headers", addresses(o.Servers))
	}
	p.conn = conn
	p.isUp(conn)
	p.work.Go(p.send)
	p.work.Go(p.count)
	p.work.Go(p.deliver)
	return p, nil
}

// isUp notes that the server is there.
func (p *Plane) isUp(conn *nats.Conn) {
	server := ""
	if u, err := url.Parse(conn.ConnectedUrl()); err == nil {
		server = u.Host
	}
	p.maxPayload.Store(conn.MaxPayload())
	p.mu.Lock()
	defer p.mu.Unlock()
	p.status = backplane.Status{Kind: "nats", Connected: true, Servers: []string{server}}
}

// isBack notes that the server is there again.
func (p *Plane) isBack(conn *nats.Conn) {
	p.isUp(conn)
	p.log.add(slog.LevelInfo, "NATS is back: connected to "+p.Status().Servers[0])
}

// isAway notes that the server is not there, and why.
func (p *Plane) isAway(_ *nats.Conn, err error) {
	why := "the server has closed the connection"
	if err != nil {
		why = reason(err)
	}
	p.mu.Lock()
	first := p.status.Connected
	p.status = backplane.Status{Kind: "nats", Err: why}
	p.mu.Unlock()
	if first {
		p.log.add(slog.LevelWarn, "NATS is away: "+why)
	}
}

// stillAway notes why an attempt to connect again has failed. nats.go may tell of one after the one that did not.
func (p *Plane) stillAway(conn *nats.Conn, err error) {
	if err != nil && !conn.IsConnected() {
		p.isAway(conn, err)
	}
}

// isWrong logs what the server has refused, the connection too, and messages that came too fast.
func (p *Plane) isWrong(conn *nats.Conn, _ *nats.Subscription, err error) {
	p.stillAway(conn, err)
	if errors.Is(err, nats.ErrSlowConsumer) {
		p.log.add(slog.LevelWarn, tooFast)
		return
	}
	p.log.add(slog.LevelWarn, "NATS: "+reason(err))
}

// Status implements backplane.Backplane.
func (p *Plane) Status() backplane.Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.status
}

// awayError says that the server is not there, and why, nil if it is.
func (p *Plane) awayError() error {
	if s := p.Status(); !s.Connected {
		return errors.New("NATS is away: " + s.Err)
	}
	return nil
}

// Close implements backplane.Backplane. What was published has some seconds to leave.
func (p *Plane) Close() error {
	p.mu.Lock()
	over := p.over
	p.over = true
	p.status = backplane.Status{Kind: "nats", Err: backplane.ErrClosed.Error()}
	p.mu.Unlock()
	if over {
		return nil
	}
	_, _ = p.plain.Close(), p.queues.Close()
	p.out.close()
	deadline := time.Now().Add(lastMessages)
	stored := make(chan struct{})
	go func() { // it ends when the plane is closed at the latest
		<-p.sent
		p.endStores()
		close(stored)
	}()
	select {
	case <-stored:
	case <-time.After(lastMessages):
	}
	p.cancel()
	var err error
	if p.conn.IsConnected() {
		err = p.conn.FlushTimeout(max(time.Until(deadline), 100*time.Millisecond))
	}
	p.conn.Close()
	close(p.closed)
	p.work.Wait()
	<-stored
	return err
}

// endStores waits until everything that was submitted is stored, or known not to be. Nothing more is.
func (p *Plane) endStores() {
	p.mu.Lock()
	for _, k := range p.keeping.patterns {
		if k.storing != nil {
			k.storing.close()
		}
	}
	p.mu.Unlock()
	p.keeping.stores.Wait()
}

// A limitedLog does not repeat itself for a minute. Any goroutine may call its methods.
type limitedLog struct {
	write func(level slog.Level, text string)

	mu   sync.Mutex
	last map[string]time.Time
}

// maxRemembered is how many lines are remembered.
const maxRemembered = 100

// add writes a line, unless it has within a minute.
func (l *limitedLog) add(level slog.Level, text string) {
	if l.write == nil {
		return
	}
	now := time.Now()
	l.mu.Lock()
	at, known := l.last[text]
	repeated := known && now.Sub(at) < time.Minute
	if !repeated {
		if l.last == nil || len(l.last) >= maxRemembered {
			l.last = make(map[string]time.Time)
		}
		l.last[text] = now
	}
	l.mu.Unlock()
	if !repeated {
		l.write(level, text)
	}
}
