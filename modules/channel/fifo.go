package channel

import lua "github.com/yuin/gopher-lua"

// fifo is a queue in a ring buffer. It shrinks when it has become much larger than its content.
type fifo struct {
	ring []lua.LValue
	head int
	n    int
}

const smallRing = 16

func (q *fifo) push(v lua.LValue) {
	if q.n == len(q.ring) {
		q.resize(max(smallRing, 2*q.n))
	}
	tail := q.head + q.n
	if tail >= len(q.ring) {
		tail -= len(q.ring)
	}
	q.ring[tail] = v
	q.n++
}

func (q *fifo) pop() (v lua.LValue, ok bool) {
	if q.n == 0 {
		return nil, false
	}
	v = q.ring[q.head]
	q.ring[q.head] = nil
	q.head++
	if q.head == len(q.ring) {
		q.head = 0
	}
	q.n--
	if len(q.ring) > 64*smallRing && q.n < len(q.ring)/8 {
		q.resize(len(q.ring) / 2)
	}
	return v, true
}

func (q *fifo) resize(size int) {
	ring := make([]lua.LValue, size)
	for i := range q.n {
		ring[i] = q.ring[(q.head+i)%len(q.ring)]
	}
	q.ring, q.head = ring, 0
}
