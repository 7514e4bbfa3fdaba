package sched

// queue is a first-in-first-out queue of tasks in a ring buffer.
type queue struct {
	ring []*Task
	head int
	n    int
}

func (q *queue) push(t *Task) {
	if q.n == len(q.ring) {
		grown := make([]*Task, max(16, 2*q.n))
		for i := range q.n {
			grown[i] = q.ring[(q.head+i)%len(q.ring)]
		}
		q.ring, q.head = grown, 0
	}
	q.ring[(q.head+q.n)%len(q.ring)] = t
	q.n++
}

// pop returns the head of the queue, or nil. Tasks that were cancelled while they waited for their
// first turn are dropped.
func (q *queue) pop() *Task {
	for q.n > 0 {
		t := q.ring[q.head]
		q.ring[q.head] = nil
		q.head = (q.head + 1) % len(q.ring)
		q.n--
		if t.status == Ready {
			return t
		}
	}
	return nil
}
