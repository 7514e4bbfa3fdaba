package ws

import (
	"compress/flate"
	"slices"
	"unsafe"
)

// FragmentSize is the payload size of the frames of a large message. A message that has less is one
// frame.
const FragmentSize = 64 << 10

// Encoder writes the frames of one direction of a connection. It holds no data; the zero value is
// that of a server without compression.
type Encoder struct {
	role        Role
	deflate     bool
	compression Compression
}

// Init prepares e for a new connection. Role is the side that e belongs to: a client masks each
// frame with a fresh key.
func (e *Encoder) Init(role Role) { *e = Encoder{role: role} }

// EnableDeflate makes e compress the messages that get smaller by it (RFC 7692). No message refers
// to an earlier one, so it does not matter whether context takeover was agreed.
func (e *Encoder) EnableDeflate(c Compression) {
	if c.Level < flate.BestSpeed || c.Level > flate.BestCompression {
		c.Level = DefaultLevel
	}
	if c.Threshold <= 0 {
		c.Threshold = DefaultThreshold
	}
	if c.WindowBits < minWindowBits || c.WindowBits > maxWindowBits {
		c.WindowBits = maxWindowBits
	}
	e.deflate, e.compression = true, c
}

// Deflates reports whether a message of size bytes will be compressed, which takes its time.
func (e *Encoder) Deflates(size int) bool { return e.deflate && size >= e.compression.Threshold }

// AppendMessage appends one message. Op is Text or Binary. The payload of a Text should be UTF-8,
// which is not checked.
func (e *Encoder) AppendMessage(dst []byte, op Opcode, payload string) []byte {
	if e.Deflates(len(payload)) {
		return e.appendDeflated(dst, op, payload)
	}
	return appendMessage(dst, Fragments{rest: payload, role: e.role, op: op})
}

// Fragments returns the frames of one message one by one, for a caller that sends control frames
// between them or does not want to hold all of them at once.
func (e *Encoder) Fragments(op Opcode, payload string) Fragments {
	f := Fragments{rest: payload, role: e.role, op: op}
	if e.Deflates(len(payload)) {
		c := newCompressor(e.compression)
		defer c.release()
		if compressed := c.compress(payload, e.compression.WindowBits); len(compressed) < len(payload) {
			f.rest, f.rsv1 = string(compressed), true
		}
	}
	return f
}

// appendDeflated appends one message, compressed if that makes it smaller.
func (e *Encoder) appendDeflated(dst []byte, op Opcode, payload string) []byte {
	f := Fragments{rest: payload, role: e.role, op: op}
	c := newCompressor(e.compression)
	defer c.release()
	if compressed := c.compress(payload, e.compression.WindowBits); len(compressed) < len(payload) {
		f.rest, f.rsv1 = unsafe.String(unsafe.SliceData(compressed), len(compressed)), true
	}
	return appendMessage(dst, f)
}

// appendMessage appends all frames of f.
func appendMessage(dst []byte, f Fragments) []byte {
	if f.last() {
		return appendFrame(dst, f.role, true, f.rsv1, f.op, f.rest)
	}
	dst = slices.Grow(dst, len(f.rest)+(len(f.rest)/FragmentSize+1)*MaxHeaderSize)
	for more := true; more; {
		dst, more = f.Next(dst)
	}
	return dst
}

// Fragments is a message on its way out. No other data frame may be sent before its last.
type Fragments struct {
	rest string
	role Role
	op   Opcode // Continuation after the first frame
	rsv1 bool   // only on the first frame (RFC 7692 section 6)
}

// last reports whether the next frame is the last.
func (f *Fragments) last() bool { return len(f.rest) <= FragmentSize }

// Next appends the next frame and reports whether there are more. It must not be called after it
// has reported that there are none.
func (f *Fragments) Next(dst []byte) (_ []byte, more bool) {
	op, rsv1, payload, more := f.next()
	return appendFrame(dst, f.role, !more, rsv1, op, payload), more
}

// NextShared is Next for a caller that can send a payload from where it lies: unless the payload has to be
// masked, only the header is appended, and the payload, which follows it, is returned.
func (f *Fragments) NextShared(dst []byte) (_ []byte, payload string, more bool) {
	if f.role == Client {
		dst, more = f.Next(dst)
		return dst, "", more
	}
	op, rsv1, payload, more := f.next()
	return AppendHeader(dst, !more, rsv1, op, nil, len(payload)), payload, more
}

// next takes the next frame out of f.
func (f *Fragments) next() (op Opcode, rsv1 bool, payload string, more bool) {
	op, rsv1, payload, more = f.op, f.rsv1, f.rest, !f.last()
	if more {
		payload = f.rest[:FragmentSize]
	}
	f.rest = f.rest[len(payload):]
	f.op, f.rsv1 = Continuation, false
	return op, rsv1, payload, more
}

// AppendControl appends a Close, Ping or Pong frame. The payload of a Close must be what
// ClosePayload returns.
func (e *Encoder) AppendControl(dst []byte, op Opcode, payload string) ([]byte, error) {
	switch {
	case op != Close && op != Ping && op != Pong:
		return dst, ErrNotControl
	case len(payload) > MaxControlPayload:
		return dst, ErrControlTooLong
	case op == Close:
		if _, problem := parseClose(payload); problem != nil {
			if problem.Code == CloseInvalidPayload {
				return dst, ErrCloseReason
			}
			return dst, ErrCloseCode
		}
	}
	return appendFrame(dst, e.role, true, false, op, payload), nil
}

// appendFrame appends a frame as a sender of that role masks it.
func appendFrame(dst []byte, role Role, fin, rsv1 bool, op Opcode, payload string) []byte {
	if role == Server {
		return AppendFrame(dst, fin, rsv1, op, nil, payload)
	}
	key := newMaskKey()
	return AppendFrame(dst, fin, rsv1, op, &key, payload)
}
