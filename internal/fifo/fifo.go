// Package fifo is a first-in-first-out queue.
package fifo

// A Queue is a queue in a ring buffer. It shrinks when it has become much larger than its content. Its zero value is empty.
type Queue[T any] struct {
	ring []T
	head int
	n    int
}

// smallRing is the smallest size of a ring. One of 64 times that is not small any more.
const smallRing = 16

// Len is the number of values in the queue.
func (q *Queue[T]) Len() int { return q.n }

// Push puts v at the end.
func (q *Queue[T]) Push(v T) {
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

// Pop takes the first value; ok is false when there is none.
func (q *Queue[T]) Pop() (v T, ok bool) {
	if q.n == 0 {
		return v, false
	}
	var none T
	v = q.ring[q.head]
	q.ring[q.head] = none
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

func (q *Queue[T]) resize(size int) {
	ring := make([]T, size)
	n := copy(ring, q.ring[q.head:min(q.head+q.n, len(q.ring))])
	copy(ring[n:], q.ring[:q.n-n])
	q.ring, q.head = ring, 0
}
