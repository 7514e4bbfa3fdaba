package fifo

import (
	"math/rand/v2"
	"testing"
)

// TestQueueIsASlice compares the queue with a slice, through growing and shrinking.
func TestQueueIsASlice(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	var q Queue[int]
	var want []int
	for i := range 200_000 {
		grows := i/20_000%2 == 0 // for a while it grows, then it shrinks
		if random.IntN(10) < 3 == grows {
			got, ok := q.Pop()
			if ok != (len(want) > 0) || ok && got != want[0] {
				t.Fatalf("pop %d: got %d, %v", i, got, ok)
			}
			want = want[min(1, len(want)):]
		} else {
			q.Push(i)
			want = append(want, i)
		}
		if q.Len() != len(want) {
			t.Fatalf("%d values, want %d", q.Len(), len(want))
		}
	}
}

// TestQueueGivesMemoryBack, and keeps nothing alive that it has handed out.
func TestQueueGivesMemoryBack(t *testing.T) {
	t.Parallel()
	var q Queue[*int]
	for range 100_000 {
		q.Push(new(int))
	}
	for range 99_990 {
		q.Pop()
	}
	if len(q.ring) > 64*smallRing {
		t.Errorf("10 values take a ring of %d", len(q.ring))
	}
	kept := 0
	for _, p := range q.ring {
		if p != nil {
			kept++
		}
	}
	if kept != q.Len() {
		t.Errorf("the ring of %d values refers to %d", q.Len(), kept)
	}
}
