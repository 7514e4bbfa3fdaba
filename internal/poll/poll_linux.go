//go:build !portable

package poll

import (
	"errors"
	"os"
	"syscall"
	"time"
)

// eventsAtOnce is how many events the kernel tells of at a time: many, because what is done for each group of them
// costs as much as a message.
const eventsAtOnce = 512

// epoll is an epoll instance, edge-triggered (epoll(7)). It lies in the runtime's own poller, so that waiting for it takes
// no thread.
type epoll struct {
	fd   int
	file *os.File // the same: File.Fd would make it block
	raw  syscall.RawConn
	try  func(fd uintptr) bool
	once func(fd uintptr) // the same for what must not wait

	events [eventsAtOnce]syscall.EpollEvent
	n      int // how many of the events are valid
	err    error

	// The lock of the poller guards these.
	slots []slot
	free  []int32
}

// A slot is a place for a source. An event names it, and its generation: the source may be gone by then.
type slot struct {
	source     *Source
	generation int32
}

// newKernel returns nil when there are too many open files.
func newKernel() kernel {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil
	}
	if err := syscall.SetNonblock(fd, true); err != nil { // this is how package os knows that it can be polled
		_ = syscall.Close(fd)
		return nil
	}
	e := &epoll{fd: fd, file: os.NewFile(uintptr(fd), "epoll")}
	e.try = e.ask
	e.once = func(fd uintptr) { e.ask(fd) }
	if e.raw, err = e.file.SyscallConn(); err != nil {
		_ = e.file.Close()
		return nil
	}
	return e
}

func (e *epoll) close() error { return e.file.Close() }

func (e *epoll) watch(raw syscall.RawConn, s *Source) error {
	var i int32
	if n := len(e.free); n > 0 {
		i = e.free[n-1]
		e.free = e.free[:n-1]
	} else {
		i = int32(len(e.slots))
		e.slots = append(e.slots, slot{})
	}
	event := syscall.EpollEvent{
		Events: syscall.EPOLLIN | syscall.EPOLLRDHUP | epollET,
		Fd:     i,
		Pad:    e.slots[i].generation,
	}
	var failed error
	err := raw.Control(func(fd uintptr) {
		failed = os.NewSyscallError("epoll_ctl", syscall.EpollCtl(e.fd, syscall.EPOLL_CTL_ADD, int(fd), &event))
	})
	if err = errors.Join(err, failed); err != nil {
		e.free = append(e.free, i)
		return err
	}
	e.slots[i].source = s
	s.slot = i + 1
	return nil
}

// epollET is syscall.EPOLLET, which has the wrong sign.
const epollET = 1 << 31

func (e *epoll) unwatch(place int32) {
	i := place - 1
	e.slots[i].source = nil
	e.slots[i].generation++
	e.free = append(e.free, i)
}

func (e *epoll) wait() error {
	err := e.raw.Read(e.try)
	if errors.Is(err, os.ErrDeadlineExceeded) { // by wake: the runtime has not looked at the sockets
		return e.look()
	}
	if err != nil {
		return err
	}
	return e.err
}

func (e *epoll) look() error {
	if err := e.raw.Control(e.once); err != nil {
		return err
	}
	return e.err
}

// ask asks for events without waiting. It reports false when there are none.
func (e *epoll) ask(fd uintptr) bool {
	for {
		e.n, e.err = syscall.EpollWait(int(fd), e.events[:], 0)
		if e.err != syscall.EINTR {
			return e.n > 0 || e.err != nil
		}
	}
}

func (e *epoll) collect(ready []*Source) []*Source {
	for _, ev := range e.events[:e.n] {
		slot := &e.slots[ev.Fd]
		if slot.source == nil || slot.generation != ev.Pad {
			continue
		}
		if slot.source.fire(ev.Events&^syscall.EPOLLIN != 0) != nil {
			ready = append(ready, slot.source)
		}
	}
	e.n = 0
	return ready
}

// wake sets a deadline in the past.
func (e *epoll) wake() { _ = e.file.SetReadDeadline(time.Unix(1, 0)) }

func (e *epoll) awake() { _ = e.file.SetReadDeadline(time.Time{}) }
