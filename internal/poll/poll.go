// Package poll watches many sockets on behalf of one goroutine. The runtime's own poller wakes a goroutine for
// each; a program that has thousands of idle connections and does little for each message saves their stacks and
// the changes between them.
package poll

import "sync"

// A Source is one thing that a [Poller] watches. Its zero value is ready for Watch. It is armed, becomes ready
// once and is returned by Wait once, again and again; what makes it ready while it is not armed is remembered.
type Source struct {
	// Owner is for the caller; it is set before the source is armed.
	Owner any

	mu     sync.Mutex
	poller *Poller
	slot   int32 // its place in the poller's table, from 1; 0 when it is not there
	armed  bool
	ready  bool // something happened since the last ClearReady
	hungUp bool // the end of the stream has arrived: it stays ready
}

// Arm makes Wait return the source when it becomes ready, or returns false: something has happened since the last
// ClearReady, and the caller looks at once. Any goroutine may call it, one at a time.
func (s *Source) Arm() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ready || s.hungUp {
		return false
	}
	s.armed = true
	return true
}

// Attach makes p return a source that is no socket: its owner calls Wake when it is ready.
func (s *Source) Attach(p *Poller) { s.poller = p }

// HungUp reports whether the end of the stream has arrived, as far as the poller knows.
func (s *Source) HungUp() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hungUp
}

// ClearReady is called before the owner looks whether there is something: what has happened until now is known then.
func (s *Source) ClearReady() {
	s.mu.Lock()
	s.ready = false
	s.mu.Unlock()
}

// MarkReady notes that there is more than was looked at: the next Arm returns false.
func (s *Source) MarkReady() {
	s.mu.Lock()
	s.ready = true
	s.mu.Unlock()
}

// Wake makes the source ready. Any goroutine may call it, with any lock held that the owner does not take under
// the locks of this package.
func (s *Source) Wake() {
	if p := s.fire(false); p != nil {
		p.enqueue(s)
	}
}

// Ready reports whether something has happened since the last ClearReady.
func (s *Source) Ready() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ready || s.hungUp
}

// Enqueue makes Wait return a watched source that is not armed, after all that is ready now.
func (s *Source) Enqueue() { s.poller.enqueue(s) }

// fire notes that the source is ready. It returns the poller if the source was armed.
func (s *Source) fire(hungUp bool) *Poller {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hungUp = s.hungUp || hungUp
	if !s.armed {
		s.ready = true
		return nil
	}
	s.armed = false
	return s.poller
}
