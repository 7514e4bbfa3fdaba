package load

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// steps is how many buckets each doubling of the time has: a quantile is exact to 1/64.
const (
	stepBits = 6
	steps    = 1 << stepBits
)

// A histogram counts times by their size. Any goroutine may add to it.
type histogram struct {
	buckets [(64 - stepBits) * steps]atomic.Uint32
}

func (h *histogram) add(d time.Duration) {
	h.buckets[bucket(uint64(max(d, 0)))].Add(1)
}

func bucket(v uint64) int {
	if v < steps {
		return int(v)
	}
	exponent := bits.Len64(v) - 1 - stepBits
	return exponent<<stepBits + int(v>>exponent)
}

// value is the middle of what falls into a bucket.
func value(bucket int) time.Duration {
	if bucket < 2*steps {
		return time.Duration(bucket)
	}
	exponent := bucket>>stepBits - 1
	low := uint64(bucket-exponent<<stepBits) << exponent
	return time.Duration(low + 1<<exponent/2)
}

// A Bucket is how many times lie between one and the next.
type Bucket struct {
	UpTo  time.Duration
	Count int64
}

// list is what was counted, in the order of the times, without what is empty.
func (h *histogram) list() []Bucket {
	var all []Bucket
	for i := range h.buckets {
		if n := h.buckets[i].Load(); n > 0 {
			all = append(all, Bucket{value(i), int64(n)})
		}
	}
	return all
}

// quantile returns the time that the share q of all is not longer than.
func (h *histogram) quantile(q float64) time.Duration {
	total := uint64(0)
	for i := range h.buckets {
		total += uint64(h.buckets[i].Load())
	}
	rank, seen := min(uint64(q*float64(total)), max(total, 1)-1), uint64(0)
	for i := range h.buckets {
		seen += uint64(h.buckets[i].Load())
		if seen > rank {
			return value(i)
		}
	}
	return 0
}
