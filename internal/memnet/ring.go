package memnet

import "math/bits"

const (
	// ringLimit is how many bytes a stream holds before its writer waits.
	ringLimit = 64 << 10
	// ringMinimum is the smallest allocation of a ring that is not empty.
	ringMinimum = 1 << 10
)

// ring is a queue of at most ringLimit bytes. An empty ring holds no memory.
type ring struct {
	buf    []byte
	start  int
	length int
}

// put appends as much of p as there is room for and returns how much that was.
func (r *ring) put(p []byte) int {
	p = p[:min(len(p), ringLimit-r.length)]
	if len(p) == 0 {
		return 0
	}
	r.reserve(r.length + len(p))
	end := (r.start + r.length) % len(r.buf)
	n := copy(r.buf[end:], p)
	copy(r.buf, p[n:])
	r.length += len(p)
	return len(p)
}

// take moves up to len(p) bytes into p and returns how many.
func (r *ring) take(p []byte) int {
	p = p[:min(len(p), r.length)]
	n := copy(p, r.buf[r.start:])
	copy(p[n:], r.buf)
	r.start = (r.start + len(p)) % len(r.buf)
	r.length -= len(p)
	if r.length == 0 {
		*r = ring{}
	}
	return len(p)
}

// reserve makes room for size bytes in all.
func (r *ring) reserve(size int) {
	if size <= len(r.buf) {
		return
	}
	buf := make([]byte, max(ringMinimum, 1<<bits.Len(uint(size-1))))
	n := copy(buf, r.buf[r.start:min(r.start+r.length, len(r.buf))])
	copy(buf[n:], r.buf[:r.length-n])
	r.buf = buf
	r.start = 0
}
