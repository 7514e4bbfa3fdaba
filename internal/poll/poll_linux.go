package poll

import (
	"errors"
	"os"
	"sync"
	"syscall"
	"time"
)

// Supported says that there are pollers.
const Supported = true

// eventsAtOnce is how many events the kernel tells of at a time: many, because what is done for each group of them
// costs as much as a message.
const eventsAtOnce = 512

// A Poller is an epoll instance, edge-triggered (epoll(7)). It lies in the runtime's own poller, so that waiting
// for it takes no thread.
type Poller struct {
	fd   int
	file *os.File // the same: File.Fd would make it block
	raw  syscall.RawConn
	try  func(fd uintptr) bool
	once func(fd uintptr) // the same for what must not wait

	events [eventsAtOnce]syscall.EpollEvent
	n      int // how many of the events are valid
	err    error

	mu     sync.Mutex
	slots  []slot
	free   []int32
	queued []*Source // made ready by Wake
	waking bool      // a deadline in the past ends the wait
}

// A slot is a place for a source. An event names it, and its generation: the source may be gone by then.
type slot struct {
	source     *Source
	generation int32
}

// New makes a poller.
func New() (*Poller, error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	if err := syscall.SetNonblock(fd, true); err != nil { // this is how package os knows that it can be polled
		_ = syscall.Close(fd)
		return nil, os.NewSyscallError("fcntl", err)
	}
	p := &Poller{fd: fd, file: os.NewFile(uintptr(fd), "epoll")}
	p.try = p.look
	p.once = func(fd uintptr) { p.look(fd) }
	if p.raw, err = p.file.SyscallConn(); err != nil {
		_ = p.file.Close()
		return nil, err
	}
	return p, nil
}

// Close ends Wait, now and for ever.
func (p *Poller) Close() error { return p.file.Close() }

// Watch begins to watch a socket, whose source becomes ready when it has become readable. The socket must not
// block. Unwatch must be called before it is closed.
func (p *Poller) Watch(raw syscall.RawConn, s *Source) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var i int32
	if n := len(p.free); n > 0 {
		i = p.free[n-1]
		p.free = p.free[:n-1]
	} else {
		i = int32(len(p.slots))
		p.slots = append(p.slots, slot{})
	}
	event := syscall.EpollEvent{
		Events: syscall.EPOLLIN | syscall.EPOLLRDHUP | epollET,
		Fd:     i,
		Pad:    p.slots[i].generation,
	}
	var failed error
	err := raw.Control(func(fd uintptr) {
		failed = os.NewSyscallError("epoll_ctl", syscall.EpollCtl(p.fd, syscall.EPOLL_CTL_ADD, int(fd), &event))
	})
	if err = errors.Join(err, failed); err != nil {
		p.free = append(p.free, i)
		return err
	}
	p.slots[i].source = s
	s.poller, s.slot = p, i+1
	return nil
}

// epollET is syscall.EPOLLET, which has the wrong sign.
const epollET = 1 << 31

// Unwatch ends the watch over a source, if there is one, and makes it ready for ever.
func (s *Source) Unwatch() {
	p := s.poller
	if p == nil {
		return
	}
	p.mu.Lock()
	if i := s.slot - 1; i >= 0 {
		s.slot = 0
		p.slots[i].source = nil
		p.slots[i].generation++
		p.free = append(p.free, i)
	}
	p.mu.Unlock()
	if s.fire(true) != nil {
		p.enqueue(s)
	}
}

// Wait waits until sources are ready and appends them to ready. One goroutine at a time may call it. It fails
// when the poller has been closed.
func (p *Poller) Wait(ready []*Source) ([]*Source, error) {
	for {
		err := p.raw.Read(p.try)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded): // something was queued: the runtime has not looked at the sockets
			ready, err = p.Poll(ready)
		case err == nil && p.err == nil:
			ready = p.collect(ready)
		case err == nil:
			err = p.err
		}
		if err != nil || len(ready) > 0 {
			return ready, err
		}
	}
}

// Poll is Wait that does not wait.
func (p *Poller) Poll(ready []*Source) ([]*Source, error) {
	err := p.raw.Control(p.once)
	if err == nil {
		err = p.err
	}
	if err != nil {
		return ready, err
	}
	return p.collect(ready), nil
}

// look asks for events without waiting. It reports false when there are none.
func (p *Poller) look(fd uintptr) bool {
	for {
		p.n, p.err = syscall.EpollWait(int(fd), p.events[:], 0)
		if p.err != syscall.EINTR {
			return p.n > 0 || p.err != nil
		}
	}
}

// collect appends the sources of the events and those that were queued.
func (p *Poller) collect(ready []*Source) []*Source {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, ev := range p.events[:p.n] {
		slot := &p.slots[ev.Fd]
		if slot.source == nil || slot.generation != ev.Pad {
			continue
		}
		if slot.source.fire(ev.Events&^syscall.EPOLLIN != 0) != nil {
			ready = append(ready, slot.source)
		}
	}
	p.n = 0
	ready = append(ready, p.queued...)
	clear(p.queued)
	p.queued = p.queued[:0]
	if p.waking {
		p.waking = false
		_ = p.file.SetReadDeadline(time.Time{})
	}
	return ready
}

// enqueue makes Wait return s.
func (p *Poller) enqueue(s *Source) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queued = append(p.queued, s)
	if !p.waking {
		p.waking = true
		_ = p.file.SetReadDeadline(time.Unix(1, 0))
	}
}
