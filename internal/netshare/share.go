package netshare

import (
	"errors"
	"net"
	"syscall"
)

// A share is a member's part of a listener. It implements net.Listener.
type share struct {
	listener *listener
	member   *Member
	queue    []net.Conn // guarded by listener.mu, as is closed
	closed   bool
}

// Accept implements net.Listener.
func (s *share) Accept() (net.Conn, error) {
	l := s.listener
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		switch {
		case s.closed:
			return nil, net.ErrClosed
		case len(s.queue) > 0:
			c := s.queue[0]
			s.queue[0] = nil
			s.queue = s.queue[1:]
			l.changed.Broadcast() // there is room
			return c, nil
		case l.closed:
			return nil, net.ErrClosed
		}
		l.changed.Wait()
	}
}

// Close implements net.Listener. The address is closed with the last share of it, unless the member keeps it.
func (s *share) Close() error {
	l := s.listener
	l.pool.mu.Lock()
	defer l.pool.mu.Unlock()
	l.mu.Lock()
	closed := s.closed
	s.closed = true
	l.mu.Unlock()
	if closed {
		return net.ErrClosed
	}
	l.leave(s)
	if m := s.member; m.host != nil && m.host.Err() != nil {
		l.kept++
		m.kept = append(m.kept, l)
	}
	l.pool.closeUnused(l)
	return nil
}

// Addr implements net.Listener.
func (s *share) Addr() net.Addr { return s.listener.real.Addr() }

// SyscallConn implements syscall.Conn: the socket that all share.
func (s *share) SyscallConn() (syscall.RawConn, error) {
	socket, ok := s.listener.real.(syscall.Conn)
	if !ok {
		return nil, errors.ErrUnsupported
	}
	return socket.SyscallConn()
}
