package ws

import (
	"compress/flate"
	"sync"
	"unsafe"
)

const (
	// DefaultThreshold is the payload size from which a message is worth compressing: below it,
	// what is saved is less than what the call costs.
	DefaultThreshold = 64
	// DefaultLevel is the compression level with the state that is cheapest to reset.
	DefaultLevel = flate.BestSpeed
	// maxPooledDeflate is the largest output buffer that a pooled compressor keeps.
	maxPooledDeflate = 64 << 10
	// syncMarkerSize is the size of what a sender strips off (RFC 7692 section 7.2.1).
	syncMarkerSize = 4
)

// Compression says how an Encoder compresses. The zero value stands for the defaults.
type Compression struct {
	// Level is from 1, the fastest, to 9, the densest.
	Level int
	// Threshold is the payload size in bytes from which messages are compressed.
	Threshold int
	// WindowBits is the base-2 logarithm of how far back a message may refer within itself, from 8
	// to 15.
	WindowBits int
}

// compressor compresses messages that do not refer to each other (no context takeover). One that
// remembers takes hundreds of kilobytes in compress/flate, too much for each connection to keep;
// these are shared by all.
type compressor struct {
	writer *flate.Writer
	out    []byte
	level  int
}

// compressors are the pools of the levels.
var compressors [flate.BestCompression + 1]sync.Pool

// newCompressor takes a compressor for a connection with these parameters.
func newCompressor(p Compression) *compressor {
	level := p.Level
	if p.WindowBits < maxWindowBits {
		level = DefaultLevel // a small window restarts often, which is only cheap there
	}
	if c, ok := compressors[level].Get().(*compressor); ok {
		return c
	}
	c := &compressor{level: level}
	c.writer, _ = flate.NewWriter(c, level) // the error is about the level
	return c
}

// compress returns the payload as a compressed message (RFC 7692 section 7.2.1) that refers at most
// a window back. The result is valid until c is released.
//
// The window of compress/flate is fixed. Where a smaller one was agreed, the payload is compressed in
// pieces of its size that know nothing of each other: no distance is then longer than a piece.
func (c *compressor) compress(payload string, windowBits int) []byte {
	c.out = c.out[:0]
	piece := len(payload)
	if windowBits < maxWindowBits {
		piece = 1 << windowBits
	}
	for {
		n := min(piece, len(payload))
		c.writer.Reset(c)
		// The writer copies what it is given, and c.Write never fails.
		_, _ = c.writer.Write(unsafe.Slice(unsafe.StringData(payload), n))
		_ = c.writer.Flush()
		payload = payload[n:]
		if payload == "" {
			return c.out[:len(c.out)-syncMarkerSize]
		}
	}
}

// release gives c back.
func (c *compressor) release() {
	if cap(c.out) > maxPooledDeflate {
		c.out = nil
	}
	compressors[c.level].Put(c)
}

// Write collects what the flate.Writer puts out.
func (c *compressor) Write(p []byte) (int, error) {
	c.out = append(c.out, p...)
	return len(p), nil
}
