package ws

import (
	"compress/flate"
	"sync"
	"unsafe"
)

const (
	// minDeflate is the payload size from which a message is worth compressing: below it, what is
	// saved is less than what the call costs.
	minDeflate = 64
	// maxPooledDeflate is the largest output buffer that a pooled compressor keeps.
	maxPooledDeflate = 64 << 10
	// syncMarkerSize is the size of what a sender strips off (RFC 7692 section 7.2.1).
	syncMarkerSize = 4
)

// compressor compresses messages that do not refer to each other (no context takeover). One that
// remembers takes hundreds of kilobytes in compress/flate, too much for each connection to keep;
// these are shared by all.
type compressor struct {
	writer *flate.Writer
	out    []byte
}

var compressors = sync.Pool{New: func() any {
	c := new(compressor)
	// Level 1 has the state that is cheapest to reset. The error is about the level only.
	c.writer, _ = flate.NewWriter(c, flate.BestSpeed)
	return c
}}

// compress returns the payload as a compressed message (RFC 7692 section 7.2.1). The result is valid
// until c is released.
func (c *compressor) compress(payload string) []byte {
	c.out = c.out[:0]
	c.writer.Reset(c)
	// The writer copies what it is given, and c.Write never fails.
	_, _ = c.writer.Write(unsafe.Slice(unsafe.StringData(payload), len(payload)))
	_ = c.writer.Flush()
	return c.out[:len(c.out)-syncMarkerSize]
}

// release gives c back.
func (c *compressor) release() {
	if cap(c.out) > maxPooledDeflate {
		c.out = nil
	}
	compressors.Put(c)
}

// Write collects what the flate.Writer puts out.
func (c *compressor) Write(p []byte) (int, error) {
	c.out = append(c.out, p...)
	return len(p), nil
}
