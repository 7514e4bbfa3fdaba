package httpserver

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// A Server is what exchanges of one server have in common, and its HTTP/1.1 connections. Any goroutine may call its methods.
type Server struct {
	// HeaderTimeout is how long the head of a request may take, and IdleTimeout how long a connection may do
	// nothing between two; 0 is for ever. They, and MaxHeader, are for a Conn.
	HeaderTimeout, IdleTimeout time.Duration
	// MaxHeader is how long the head of a request may be, in bytes.
	MaxHeader int
	// MaxBody is how many bytes of request body are read at most.
	MaxBody int64
	// BodyTimeout is how long the client may send nothing of a body that is being read; 0 is for ever.
	BodyTimeout time.Duration

	closing atomic.Bool
	mu      sync.Mutex
	conns   map[*Conn]struct{}
	empty   chan struct{} // closed when there are none any more, after somebody has asked for that
}

// CloseAfterResponses ends each connection after the exchange under way, and idle ones at once.
func (s *Server) CloseAfterResponses() {
	s.closing.Store(true)
	for _, c := range s.all() {
		c.closeAfterResponse()
	}
}

// Closing reports whether CloseAfterResponses or Shutdown was called.
func (s *Server) Closing() bool { return s.closing.Load() }

// Shutdown is CloseAfterResponses of a server whose driver has stopped. It waits until the connections have ended, and closes
// them when ctx ends.
func (s *Server) Shutdown(ctx context.Context) {
	s.CloseAfterResponses()
	for _, c := range s.all() {
		if !c.busy() { // its last response may not have left yet
			c.driver.Background(c.closeWhenFlushed)
		}
	}
	select {
	case <-s.drained():
	case <-ctx.Done():
		for _, c := range s.all() {
			c.nc.Close()
		}
	}
}

// Clients returns the addresses of clients: of those with a request under way, and of those that are waited for.
func (s *Server) Clients() (busy, waiting []string) {
	for _, c := range s.all() {
		if addr := c.nc.RemoteAddr().String(); c.busy() {
			busy = append(busy, addr)
		} else {
			waiting = append(waiting, addr)
		}
	}
	return busy, waiting
}

func (s *Server) add(c *Conn) {
	s.mu.Lock()
	if s.conns == nil {
		s.conns = make(map[*Conn]struct{})
	}
	s.conns[c] = struct{}{}
	s.mu.Unlock()
	if s.closing.Load() {
		c.closeAfterResponse()
	}
}

func (s *Server) remove(c *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	if len(s.conns) == 0 && s.empty != nil {
		close(s.empty)
		s.empty = nil
	}
}

// all returns the connections that there are now.
func (s *Server) all() []*Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*Conn, 0, len(s.conns))
	for c := range s.conns {
		all = append(all, c)
	}
	return all
}

// drained is closed when there are no connections any more.
func (s *Server) drained() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.empty == nil {
		s.empty = make(chan struct{})
	}
	empty := s.empty
	if len(s.conns) == 0 {
		close(s.empty)
		s.empty = nil
	}
	return empty
}
