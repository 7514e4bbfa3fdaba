package ws

import (
	"strings"
	"unsafe"
)

// assembly is the payload of a message whose end has not arrived. Its memory follows what arrived
// and never what a header promises: it grows to a small multiple of the bytes that are there. The
// zero value is empty and holds no memory.
type assembly struct{ buf []byte }

const (
	// minAssembly is the smallest capacity, unless the message is known to be smaller.
	minAssembly = 512
	// boundedGrowth and openGrowth are the multiples, when the size of the message is known and
	// when it is not. By fours, the copies of all growths together are a third of the message; by
	// twos they are the whole, but less is left over at the end.
	boundedGrowth = 4
	openGrowth    = 2
	// exactFraction is the part of a message's size that may stay unused behind it, as its
	// reciprocal, before the message is copied to memory of its own size.
	exactFraction = 4
)

// reserve makes room for n more bytes, and up to wish bytes in all if it must grow for that. No more
// than limit bytes are expected in the assembly.
func (a *assembly) reserve(n, wish int, limit int64) {
	need := len(a.buf) + n
	if need <= cap(a.buf) {
		return
	}
	size := max(need, wish, minAssembly)
	if int64(size) > limit-limit/4 {
		size = max(need, int(limit)) // almost there: no further growth for the rest
	}
	a.buf = append(uncleared(size), a.buf...)
}

// uncleared returns an empty slice whose memory, of size bytes or a little more, was not cleared: all of it that
// anybody will see is overwritten. Only a strings.Builder gives such memory.
func uncleared(size int) []byte {
	var b strings.Builder
	b.Grow(size)
	b.WriteByte(0) // an empty string need not point to the memory
	return unsafe.Slice(unsafe.StringData(b.String()), b.Cap())[:0]
}

// tail returns the unused memory behind what has arrived.
func (a *assembly) tail() []byte { return a.buf[len(a.buf):cap(a.buf)] }

// extend takes the first n bytes of the tail into the assembly.
func (a *assembly) extend(n int) { a.buf = a.buf[:len(a.buf)+n] }

// append copies p behind what has arrived. If it must grow for that, it grows to growth times what
// there then is.
func (a *assembly) append(p []byte, growth int, limit int64) {
	if len(p) == 0 {
		return
	}
	a.reserve(len(p), growth*(len(a.buf)+len(p)), limit)
	a.buf = append(a.buf, p...)
}

// take returns the message and leaves the assembly empty. The memory becomes the string's own, so
// that a large message is not copied once more.
func (a *assembly) take() string {
	buf := a.buf
	a.buf = nil
	if cap(buf)-len(buf) > len(buf)/exactFraction {
		return string(buf)
	}
	return unsafe.String(unsafe.SliceData(buf), len(buf))
}
