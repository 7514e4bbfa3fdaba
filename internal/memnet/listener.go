package memnet

import (
	"context"
	"net"
	"os"
	"sync"
	"syscall"
)

// backlog is how many connections wait for Accept before Dial waits too.
const backlog = 128

// listener is the net.Listener of a Network.
type listener struct {
	network *Network
	name    string // "tcp", "tcp4" or "tcp6"
	bound   binding
	addr    *net.TCPAddr
	queue   chan *Conn
	closed  chan struct{}
	close   sync.Once
}

func newListener(network *Network, name string, bound binding) *listener {
	return &listener{
		network: network,
		name:    name,
		bound:   bound,
		addr:    tcpAddr(bound.ip, bound.port),
		queue:   make(chan *Conn, backlog),
		closed:  make(chan struct{}),
	}
}

// Accept waits for a connection; it is a *Conn.
func (l *listener) Accept() (net.Conn, error) {
	// A closed listener accepts nothing, even while connections wait.
	select {
	case <-l.closed:
		return nil, l.opError("accept", net.ErrClosed)
	default:
	}
	select {
	case conn := <-l.queue:
		return conn, nil
	case <-l.closed:
		return nil, l.opError("accept", net.ErrClosed)
	}
}

// Close stops listening and resets the connections that were not accepted.
func (l *listener) Close() error {
	err := l.opError("close", net.ErrClosed)
	l.close.Do(func() {
		err = nil
		l.network.removeListener(l)
		close(l.closed)
		for {
			select {
			case conn := <-l.queue:
				conn.Reset()
			default:
				return
			}
		}
	})
	return err
}

// Addr returns the listener's *net.TCPAddr.
func (l *listener) Addr() net.Addr {
	return l.addr
}

// enqueue hands conn to Accept and waits while the backlog is full.
func (l *listener) enqueue(ctx context.Context, conn *Conn) error {
	refused := os.NewSyscallError("connect", syscall.ECONNREFUSED)
	select {
	case l.queue <- conn:
	case <-l.closed:
		return refused
	case <-ctx.Done():
		return contextError(ctx.Err())
	}
	// Close empties the queue after it has closed l.closed. A connection that went into the queue
	// later than that is seen here.
	select {
	case <-l.closed:
		conn.Reset()
		return refused
	default:
		return nil
	}
}

func (l *listener) opError(op string, err error) error {
	return &net.OpError{Op: op, Net: l.name, Addr: l.addr, Err: err}
}
