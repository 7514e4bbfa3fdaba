// Package poll watches many sockets on behalf of one goroutine. The runtime's own poller wakes a goroutine for
// each; a program that has thousands of idle connections and does little for each message saves their stacks and
// the changes between them.
package poll

import (
	"errors"
	"os"
	"sync"
	"syscall"
)

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
func (s *Source) Attach(p *Poller) {
	s.mu.Lock()
	s.poller = p
	s.mu.Unlock()
}

// HungUp reports whether the end of the stream has arrived, as far as is known.
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

// HangUp makes the source ready for ever: the end of the stream has arrived. It may be called as Wake.
func (s *Source) HangUp() {
	if p := s.fire(true); p != nil {
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

// A Poller tells one goroutine which of its sources are ready: sockets, which the kernel watches where it can, and whatever
// else calls Wake of its source.
type Poller struct {
	kernel kernel        // nil where there is none
	wakeup chan struct{} // without a kernel; capacity 1
	closed chan struct{} // without a kernel

	mu     sync.Mutex
	queued []*Source // made ready by Wake
	waking bool      // Wait is about to look at them
}

// A kernel is what watches sockets for a Poller. Methods say whether they are called with the lock of the poller held.
type kernel interface {
	// watch begins to watch a socket for a source, and gives that a place. With the lock.
	watch(raw syscall.RawConn, s *Source) error
	// unwatch ends the watch over the source in a place. With the lock.
	unwatch(slot int32)
	// wait waits until something has happened or wake was called; look does not wait. Without the lock.
	wait() error
	look() error
	// collect appends the sources to which something has happened. With the lock.
	collect(ready []*Source) []*Source
	// wake ends a wait, and awake comes after it. With the lock.
	wake()
	awake()
	close() error
}

// New makes a poller. Where the kernel offers none, or refuses one, because too many files are open, the poller has only
// sources that are woken: Watch says so.
func New() *Poller { return newPoller(newKernel()) }

// NewWoken makes a poller without a kernel: all of its sources are woken.
func NewWoken() *Poller { return newPoller(nil) }

func newPoller(k kernel) *Poller {
	p := &Poller{kernel: k}
	if k == nil {
		p.wakeup, p.closed = make(chan struct{}, 1), make(chan struct{})
	}
	return p
}

// Close ends Wait, now and for ever. It is called once.
func (p *Poller) Close() error {
	if p.kernel != nil {
		return p.kernel.close()
	}
	close(p.closed)
	return nil
}

// Watch begins to watch a socket, whose source becomes ready when it has become readable. The socket must not block, and
// Unwatch must be called before it is closed. When Watch fails, Attach is the way: somebody has to wake the source.
func (p *Poller) Watch(raw syscall.RawConn, s *Source) error {
	if p.kernel == nil {
		return errors.ErrUnsupported
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.kernel.watch(raw, s); err != nil {
		return err
	}
	s.Attach(p)
	return nil
}

// Unwatch ends the watch over a source, if there is one, and makes it ready for ever.
func (s *Source) Unwatch() {
	s.mu.Lock()
	p := s.poller
	s.mu.Unlock()
	if p == nil {
		return
	}
	p.mu.Lock()
	if s.slot > 0 {
		p.kernel.unwatch(s.slot)
		s.slot = 0
	}
	p.mu.Unlock()
	s.HangUp()
}

// Wait waits until sources are ready and appends them to ready. One goroutine at a time may call it. It fails
// when the poller has been closed.
func (p *Poller) Wait(ready []*Source) ([]*Source, error) {
	for {
		if err := p.wait(); err != nil {
			return ready, err
		}
		if ready = p.collect(ready); len(ready) > 0 {
			return ready, nil
		}
	}
}

func (p *Poller) wait() error {
	if p.kernel != nil {
		return p.kernel.wait()
	}
	select {
	case <-p.wakeup:
		return nil
	case <-p.closed:
		return os.ErrClosed
	}
}

// Poll is Wait that does not wait.
func (p *Poller) Poll(ready []*Source) ([]*Source, error) {
	if p.kernel != nil {
		if err := p.kernel.look(); err != nil {
			return ready, err
		}
	}
	return p.collect(ready), nil
}

// collect appends the sources of the events and those that were queued.
func (p *Poller) collect(ready []*Source) []*Source {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.kernel != nil {
		ready = p.kernel.collect(ready)
	}
	ready = append(ready, p.queued...)
	clear(p.queued)
	p.queued = p.queued[:0]
	if p.waking {
		p.waking = false
		if p.kernel != nil {
			p.kernel.awake()
		}
	}
	return ready
}

// enqueue makes Wait return s.
func (p *Poller) enqueue(s *Source) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queued = append(p.queued, s)
	if p.waking {
		return
	}
	p.waking = true
	if p.kernel != nil {
		p.kernel.wake()
		return
	}
	select {
	case p.wakeup <- struct{}{}:
	default: // Poll has come before Wait
	}
}
