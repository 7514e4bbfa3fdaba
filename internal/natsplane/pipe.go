package natsplane

import (
	"sync"

	"silly/internal/fifo"
)

// A pipe is a queue from goroutines that do not wait to one that does, limited in bytes.
type pipe[T any] struct {
	limit int

	mu     sync.Mutex
	some   sync.Cond // something is in it, or it is closed
	queue  fifo.Queue[sized[T]]
	bytes  int
	closed bool
}

type sized[T any] struct {
	value T
	size  int
}

func newPipe[T any](limit int) *pipe[T] {
	p := &pipe[T]{limit: limit}
	p.some.L = &p.mu
	return p
}

// put adds a value that takes so many bytes, and reports whether there was room. What takes none always has.
func (p *pipe[T]) put(v T, size int) bool { return p.putAll([]sized[T]{{v, size}}) }

// putAll adds values for which there is room, and reports whether there was for all.
func (p *pipe[T]) putAll(values []sized[T]) (all bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	all = true
	for _, v := range values {
		if p.closed || v.size > 0 && p.bytes+v.size > p.limit {
			all = false
			continue
		}
		p.bytes += v.size
		p.queue.Push(v)
	}
	p.some.Signal()
	return all
}

// take waits for the next value. ok is false when the pipe is closed and empty.
func (p *pipe[T]) take() (v T, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		if next, ok := p.queue.Pop(); ok {
			p.bytes -= next.size
			return next.value, true
		}
		if p.closed {
			return v, false
		}
		p.some.Wait()
	}
}

// takeAll waits for values and takes up to max of them. ok is false when the pipe is closed and empty.
func (p *pipe[T]) takeAll(max int) (all []T, ok bool) {
	v, ok := p.take()
	if !ok {
		return nil, false
	}
	all = append(all, v)
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(all) < max {
		next, ok := p.queue.Pop()
		if !ok {
			break
		}
		p.bytes -= next.size
		all = append(all, next.value)
	}
	return all, true
}

// close ends the pipe: nothing more is added.
func (p *pipe[T]) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.some.Broadcast()
}
