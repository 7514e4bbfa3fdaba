package ws

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Decoder turns the bytes of one direction of a connection into events. It holds what is unfinished
// and nothing else: between two messages it has no buffer. Call Init before use.
type Decoder struct {
	// assembly is what has arrived of the message that began, without the frame in hand if that
	// is a control frame. For a compressed message it holds the compressed bytes.
	assembly assembly
	// control is what has arrived of the control frame in hand, when it came in pieces.
	control []byte
	// inflater is nil unless permessage-deflate was negotiated.
	inflater *inflater
	// err is what every call returns once the connection failed or was closed.
	err error

	maxMessage int64
	// size is the payload that the headers of the open message's frames have announced, and empty how many of them,
	// except for the last one, have announced none.
	size  int64
	empty int
	// remaining is the payload of the frame in hand that has not arrived.
	remaining int64

	key  uint32 // masking key of the frame in hand, rotated to its next byte
	text utf8Check

	header     [MaxHeaderSize]byte
	headerSize uint8 // bytes of a header that came in pieces

	role       Role
	opcode     Opcode // of the frame in hand
	message    Opcode // of the open message; Continuation when there is none
	fin        bool
	compressed bool // whether the message that began last is
	inPayload  bool
}

// Init prepares d for a new connection. Role is the side that d belongs to: a server's decoder
// wants masked frames, a client's unmasked ones. A message of more than maxMessage bytes is an
// error; zero or less means no limit.
func (d *Decoder) Init(role Role, maxMessage int64) {
	if maxMessage <= 0 || maxMessage > math.MaxInt {
		maxMessage = math.MaxInt
	}
	*d = Decoder{role: role, maxMessage: maxMessage}
}

// EnableDeflate lets the peer send messages compressed with permessage-deflate (RFC 7692). Takeover
// says that the peer may refer to earlier messages, for which d then keeps up to 32 KiB.
func (d *Decoder) EnableDeflate(takeover bool) {
	d.inflater = &inflater{takeover: takeover}
}

// Next consumes from p what it can, at most up to the end of one event. It returns the number of
// bytes consumed, and the event if ok. Otherwise all of p has become part of d's state and more
// bytes are needed. Next may change the bytes of p that it consumes, and keeps no reference to p.
//
// An error is an *Error, or ErrClosed after a Close. It consumes all of p, and every later call
// returns it again.
func (d *Decoder) Next(p []byte) (n int, ev Event, ok bool, err error) {
	if d.err != nil {
		return len(p), Event{}, false, d.err
	}
	rest := p
	for len(rest) > 0 {
		if !d.inPayload {
			var complete bool
			rest, complete, err = d.readHeader(rest)
			if err != nil {
				d.err = err
				return len(p), Event{}, false, err
			}
			if !complete {
				return len(p), Event{}, false, nil
			}
		}
		piece := rest
		if int64(len(piece)) > d.remaining {
			piece = rest[:d.remaining]
		}
		rest = rest[len(piece):]
		ev, ok, err = d.readPayload(piece, false)
		if err != nil {
			d.err = err
			return len(p), Event{}, false, err
		}
		if ok {
			return len(p) - len(rest), ev, true, nil
		}
	}
	return len(p), Event{}, false, nil
}

// directMin is what must have arrived of a message, and be missing of its frame, for Want to be
// worth a call.
const directMin = 4096

// Want returns memory into which the caller may read the bytes that come next on the connection,
// instead of reading them into memory of its own and calling Next. It is nil unless a large payload
// is under way; all that was read before must have been given to Next. The caller says with Filled
// what it has read. Until then nothing has changed, so a read that fails needs no call.
func (d *Decoder) Want() []byte {
	if d.err != nil || !d.inPayload || d.opcode.IsControl() {
		return nil
	}
	if d.remaining < directMin || len(d.assembly.buf) < directMin {
		return nil
	}
	growth, limit := d.assemblyGrowth()
	d.assembly.reserve(directMin, growth*len(d.assembly.buf), limit)
	tail := d.assembly.tail()
	if int64(len(tail)) > d.remaining {
		tail = tail[:d.remaining]
	}
	return tail
}

// Filled says that the first n bytes of what Want returned have been read from the connection. Its
// results are those of Next.
func (d *Decoder) Filled(n int) (ev Event, ok bool, err error) {
	if d.err != nil {
		return Event{}, false, d.err
	}
	ev, ok, d.err = d.readPayload(d.assembly.tail()[:n], true)
	return ev, ok, d.err
}

// Partial returns what has arrived of a message whose end has not, for the reader of a connection
// that ended early. It is empty for a compressed message, whose bytes mean nothing without the rest.
func (d *Decoder) Partial() string {
	if d.compressed {
		return ""
	}
	return string(d.assembly.buf)
}

// Held is the number of bytes of an unfinished message that d holds.
func (d *Decoder) Held() int { return len(d.assembly.buf) }

// readHeader reads the header of the next frame, or what is missing of it, and returns the bytes
// that follow it.
func (d *Decoder) readHeader(p []byte) (rest []byte, complete bool, err error) {
	if d.headerSize == 0 {
		size, err := d.parseHeader(p)
		if err != nil {
			return nil, false, err
		}
		if size <= len(p) {
			d.beginFrame()
			return p[size:], true, nil
		}
	}

	// The header comes in pieces. Each is parsed when it arrives, so that what is wrong with the
	// first byte does not wait for the others.
	held := int(d.headerSize) + copy(d.header[d.headerSize:], p)
	size, err := d.parseHeader(d.header[:held])
	if err != nil {
		return nil, false, err
	}
	if size > held {
		d.headerSize = uint8(held)
		return nil, false, nil
	}
	rest = p[size-int(d.headerSize):]
	d.headerSize = 0
	d.beginFrame()
	return rest, true, nil
}

// parseHeader parses the header that h begins with, or as much of it as h has, into the fields of
// the frame in hand. It returns the size of the whole header, as far as it is known: more than
// len(h) when h is only a part. The checks come in the order of the bytes, so that the first wrong
// byte decides the error however the bytes were split.
func (d *Decoder) parseHeader(h []byte) (size int, err error) {
	d.fin = h[0]&finBit != 0
	d.opcode = Opcode(h[0] & opcodeBits)
	if err := d.checkFirstByte(h[0]); err != nil {
		return 0, err
	}
	if len(h) < 2 {
		return 2, nil
	}

	masked := h[1]&maskBit != 0
	if masked != (d.role == Server) {
		// RFC 6455 section 5.1.
		if masked {
			return 0, &Error{CloseProtocolError, "frame from server is masked"}
		}
		return 0, &Error{CloseProtocolError, "frame from client is not masked"}
	}
	if h[1]&lengthBits > MaxControlPayload && d.opcode.IsControl() {
		return 0, &Error{CloseProtocolError, "control frame payload exceeds 125 bytes"}
	}
	length, size, err := parseLength(h)
	if err != nil {
		return 0, err
	}
	if len(h) >= size {
		d.remaining = int64(length)
		if !d.opcode.IsControl() && d.remaining > d.wireLimit()-d.size {
			return 0, errTooBig(d.maxMessage)
		}
		if length == 0 && !d.fin && d.empty >= MaxEmptyFragments {
			return 0, errEmptyFragments
		}
	}
	if !masked {
		return size, nil
	}
	if len(h) >= size+maskSize {
		d.key = binary.LittleEndian.Uint32(h[size:])
	}
	return size + maskSize, nil
}

// parseLength parses the payload length in a header (RFC 6455 section 5.2), and returns the size of the header without a
// masking key. The length is valid when h is as long as that.
func parseLength(h []byte) (length uint64, size int, err error) {
	length, size = uint64(h[1]&lengthBits), 2
	switch length {
	case length16:
		size += 2
		if len(h) < size {
			break
		}
		if length = uint64(binary.BigEndian.Uint16(h[2:])); length < length16 {
			return 0, 0, errNotMinimal
		}
	case length64:
		size += 8
		if len(h) < size {
			break
		}
		switch length = binary.BigEndian.Uint64(h[2:]); {
		case length > math.MaxInt64:
			return 0, 0, &Error{CloseProtocolError, "payload length has its highest bit set"}
		case length <= math.MaxUint16:
			return 0, 0, errNotMinimal
		}
	}
	return length, size, nil
}

// MaxEmptyFragments is how many fragments without payload a message may have besides its last one: they cost their sender
// next to nothing and are in no count of bytes.
const MaxEmptyFragments = 1024

// errEmptyFragments is the answer to more of them.
var errEmptyFragments = &Error{ClosePolicyViolation, "too many fragments without payload"}

// errNotMinimal is the answer to a length in more bytes than it needs (RFC 6455 section 5.2).
var errNotMinimal = &Error{CloseProtocolError, "payload length is not minimally encoded"}

// checkFirstByte checks the reserved bits, and whether a frame of this opcode may come now.
func (d *Decoder) checkFirstByte(first byte) error {
	reserved := first & rsvBits
	if d.inflater != nil && (d.opcode == Text || d.opcode == Binary) {
		// RSV1 marks the first frame of a compressed message, and no other frame (RFC 7692
		// section 6).
		reserved &^= rsv1Bit
	}
	if reserved != 0 {
		return &Error{CloseProtocolError, "reserved bits are set"}
	}
	switch d.opcode {
	case Continuation:
		if d.message == Continuation {
			return &Error{CloseProtocolError, "continuation frame without a message to continue"}
		}
	case Text, Binary:
		if d.message != Continuation {
			return &Error{CloseProtocolError, "data frame inside a fragmented message"}
		}
		d.compressed = first&rsv1Bit != 0
	case Close, Ping, Pong:
		if first&finBit == 0 {
			return &Error{CloseProtocolError, "control frame is fragmented"}
		}
	default:
		return &Error{CloseProtocolError, fmt.Sprintf("opcode 0x%X is reserved", uint8(d.opcode))}
	}
	return nil
}

// wireLimit is what the frames of the open message may carry together. A compressed message may be
// a little larger than its content; that is limited when it is inflated.
func (d *Decoder) wireLimit() int64 {
	if !d.compressed {
		return d.maxMessage
	}
	return maxCompressed(d.maxMessage)
}

// errTooBig returns the answer to a message above the limit.
func errTooBig(limit int64) error {
	return &Error{CloseMessageTooBig, fmt.Sprintf("message exceeds %d bytes", limit)}
}

// beginFrame starts the payload of the frame whose header was parsed.
func (d *Decoder) beginFrame() {
	d.inPayload = true
	if d.opcode.IsControl() {
		return
	}
	if d.opcode != Continuation {
		d.message = d.opcode
	}
	d.size += d.remaining
	if d.remaining == 0 {
		d.empty++
	}
}

// readPayload takes the next piece of the payload of the frame in hand, perhaps its last. The piece
// lies in the tail of the assembly if placed.
func (d *Decoder) readPayload(p []byte, placed bool) (ev Event, ok bool, err error) {
	if d.role == Server {
		d.key = applyMask(p, d.key)
	}
	d.remaining -= int64(len(p))
	if d.opcode.IsControl() {
		return d.readControl(p)
	}
	if d.message == Text && !d.compressed {
		if valid := d.text.advance(p); valid < len(p) {
			d.keep(p[:valid], placed)
			return Event{}, false, errNotUTF8
		}
	}
	d.inPayload = d.remaining > 0
	if d.inPayload || !d.fin {
		d.keep(p, placed)
		return Event{}, false, nil
	}

	ev.Opcode = d.message
	switch {
	case d.compressed:
		ev.Data, err = d.inflate(p, placed)
	case !d.text.complete():
		d.keep(p, placed)
		err = errNotUTF8
	case len(d.assembly.buf) == 0 && !placed:
		ev.Data = string(p)
	default:
		d.keep(p, placed)
		ev.Data = d.assembly.take()
	}
	if err != nil {
		return Event{}, false, err
	}
	d.message = Continuation
	d.size, d.empty = 0, 0
	return ev, true, nil
}

// errNotUTF8 is the answer to a text message that is none (RFC 6455 section 8.1).
var errNotUTF8 = &Error{CloseInvalidPayload, "text message is not valid utf-8"}

// keep adds p, which lies in the tail of the assembly if placed, to the assembly.
func (d *Decoder) keep(p []byte, placed bool) {
	if placed {
		d.assembly.extend(len(p))
		return
	}
	growth, limit := d.assemblyGrowth()
	d.assembly.append(p, growth, limit)
}

// assemblyGrowth returns by how much the assembly may grow at a time, and the size that the open
// message can reach. Only the header of its last frame tells what it will reach.
func (d *Decoder) assemblyGrowth() (growth int, limit int64) {
	if d.fin {
		return boundedGrowth, d.size
	}
	return openGrowth, d.wireLimit()
}

// inflate decompresses the open message, of which p is the last piece.
func (d *Decoder) inflate(p []byte, placed bool) (string, error) {
	if len(d.assembly.buf) > 0 || placed {
		d.keep(p, placed)
		p = d.assembly.buf
		d.assembly = assembly{}
	}
	return d.inflater.message(p, d.message == Text, d.maxMessage)
}

// readControl takes the next piece of a control frame.
func (d *Decoder) readControl(p []byte) (ev Event, ok bool, err error) {
	if d.remaining > 0 || d.control != nil {
		if d.control == nil {
			d.control = make([]byte, 0, len(p)+int(d.remaining))
		}
		d.control = append(d.control, p...)
		p = d.control
	}
	if d.remaining > 0 {
		return Event{}, false, nil
	}
	ev = Event{Opcode: d.opcode, Data: string(p)}
	d.control = nil
	d.inPayload = false
	if d.opcode != Close {
		return ev, true, nil
	}

	code, problem := parseClose(ev.Data)
	if problem != nil {
		return Event{}, false, problem
	}
	ev.Code = code
	d.assembly = assembly{}
	d.err = ErrClosed
	return ev, true, nil
}
