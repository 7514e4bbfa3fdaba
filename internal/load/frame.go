package load

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
)

// Opcodes of RFC 6455, section 5.2.
const (
	continuationFrame = 0x0
	textFrame         = 0x1
	binaryFrame       = 0x2
	closeFrame        = 0x8
	pingFrame         = 0x9
	pongFrame         = 0xa
	finBit            = 0x80
	maskBit           = 0x80
)

// maxControl is how long a control frame may be (RFC 6455, section 5.5).
const maxControl = 125

// A message is a sequence number in eight digits, the number of its connection in eight more, and a filling.
const (
	digits  = 8
	minSize = 2*digits + 1
)

var mask = [4]byte{0x9d, 0x31, 0xe7, 0x5a}

// newPayload is the message of one connection, with the sequence number 0.
func newPayload(connection, size int) []byte {
	payload := make([]byte, size)
	putDigits(payload, 0)
	putDigits(payload[digits:], uint32(connection))
	for i := 2 * digits; i < size; i++ {
		payload[i] = 'a' + byte((i+connection)%26)
	}
	return payload
}

func putDigits(b []byte, n uint32) {
	const hex = "0123456789abcdef"
	for i := digits - 1; i >= 0; i-- {
		b[i] = hex[n&15]
		n >>= 4
	}
}

// appendFrame appends a masked frame with payload.
func appendFrame(b []byte, opcode byte, payload []byte) []byte {
	b = append(b, finBit|opcode)
	switch n := len(payload); {
	case n <= 125:
		b = append(b, maskBit|byte(n))
	case n <= 0xffff:
		b = binary.BigEndian.AppendUint16(append(b, maskBit|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, maskBit|127), uint64(n))
	}
	b = append(b, mask[:]...)
	for i, c := range payload {
		b = append(b, c^mask[i&3])
	}
	return b
}

// frames is a row of equal frames that differ in their sequence numbers only.
type frames struct {
	bytes  []byte
	length int     // of one
	header int     // of one
	mask   [4]byte // 0 for lines
	next   uint32
}

func newFrames(payload []byte, n int) *frames {
	one := appendFrame(nil, textFrame, payload)
	return &frames{bytes: bytes.Repeat(one, n), length: len(one), header: len(one) - len(payload), mask: mask}
}

// newLines are frames that are nothing but their payload, which ends the line.
func newLines(payload []byte, n int) *frames {
	return &frames{bytes: bytes.Repeat(payload, n), length: len(payload)}
}

// take returns the next n frames.
func (f *frames) take(n int) []byte {
	for i := range n {
		number := f.bytes[i*f.length+f.header:][:digits]
		putDigits(number, f.next)
		for j := range number {
			number[j] ^= f.mask[j&3]
		}
		f.next++
	}
	return f.bytes[:n*f.length]
}

// errClosed says that the server sent a close frame.
var errClosed = errors.New("the server sent a close frame")

// A reader takes the frames of a server apart and compares its messages with what is expected.
type reader struct {
	conn        net.Conn
	records     *records // below conn, when it has TLS
	buffer      []byte
	first, last int // of what is in buffer

	payload []byte // expected, but for its sequence number
	number  uint32 // sequence number of the next message
	full    bool   // compare everything
	any     bool   // compare nothing
	taken   int64  // bytes of messages since it was set to 0, with any
	ping    []byte // what a ping says that has come, with any
	pinged  bool   // the frame is a ping
	lines   bool   // there are no frames

	inPayload bool  // the header of a frame was read
	control   bool  // the frame is a control frame
	final     bool  // the frame is the last of its message
	left      int64 // bytes of the frame that have not come yet
	fragments bool  // a message is under way
	offset    int   // bytes of the message that have come
}

// read waits for something and takes all that is there. It returns how many messages are complete with that.
func (r *reader) read() (messages int, err error) {
	for {
		n, err := r.readOnce()
		messages += n
		if err != nil || r.records == nil || !r.records.ready() {
			return messages, err
		}
	}
}

func (r *reader) readOnce() (messages int, err error) {
	if r.first == r.last {
		r.first, r.last = 0, 0
	} else if r.last == len(r.buffer) {
		r.last = copy(r.buffer, r.buffer[r.first:r.last])
		r.first = 0
	}
	n, err := r.conn.Read(r.buffer[r.last:])
	r.last += n
	if err != nil && n == 0 {
		return 0, err
	}
	return r.parse()
}

// parse takes from the buffer what is there.
func (r *reader) parse() (messages int, err error) {
	for {
		if !r.inPayload {
			ok, err := r.header()
			if !ok || err != nil {
				return messages, err
			}
		}
		data := r.buffer[r.first:r.last]
		data = data[:min(int64(len(data)), r.left)]
		r.first += len(data)
		r.left -= int64(len(data))
		if r.any && !r.control {
			r.taken += int64(len(data))
		} else if r.any && r.pinged {
			r.ping = append(r.ping, data...)
		} else if !r.control && len(data) > 0 {
			if err := r.check(data); err != nil {
				return messages, err
			}
			r.offset += len(data)
		}
		if r.left > 0 {
			return messages, nil
		}
		r.inPayload = false
		if r.pinged {
			if err := r.pong(); err != nil {
				return messages, err
			}
		}
		if !r.control && r.final {
			if r.offset != len(r.payload) && !r.any {
				return messages, fmt.Errorf("message of %d bytes, want %d", r.offset, len(r.payload))
			}
			messages++
			r.number++
			r.offset = 0
		}
	}
}

// header reads a frame's header. It returns false when it is not there completely.
func (r *reader) header() (ok bool, err error) {
	b := r.buffer[r.first:r.last]
	if r.lines {
		r.left, r.final, r.inPayload = int64(len(r.payload)), true, len(b) > 0
		return r.inPayload, nil
	}
	if len(b) < 2 {
		return false, nil
	}
	size := 2
	length := int64(b[1])
	switch {
	case length&maskBit != 0:
		return false, errors.New("the server masks a frame")
	case length == 126:
		if size = 4; len(b) < size {
			return false, nil
		}
		length = int64(binary.BigEndian.Uint16(b[2:]))
	case length == 127:
		if size = 10; len(b) < size {
			return false, nil
		}
		length = int64(binary.BigEndian.Uint64(b[2:]))
	}
	opcode := b[0] &^ finBit
	if length < 0 || opcode >= closeFrame && length > maxControl {
		return false, errors.New("the server sends a frame that is too long")
	}
	switch {
	case opcode == closeFrame:
		return false, errClosed
	case opcode == pingFrame || opcode == pongFrame:
		r.control, r.pinged = true, opcode == pingFrame && r.any
	case (opcode == textFrame || opcode == binaryFrame && r.any) && !r.fragments, opcode == continuationFrame && r.fragments:
		r.control = false
		r.final = b[0]&finBit != 0
		r.fragments = !r.final
	default:
		return false, fmt.Errorf("unexpected frame that begins with % x", b[:size])
	}
	r.first += size
	r.left = length
	r.inPayload = true
	return true, nil
}

// pong answers a ping (RFC 6455, section 5.5.3).
func (r *reader) pong() error {
	r.pinged = false
	_, err := r.conn.Write(appendFrame(nil, pongFrame, r.ping))
	r.ping = r.ping[:0]
	return err
}

// check compares a part of a message with what is expected there.
func (r *reader) check(data []byte) error {
	end := r.offset + len(data)
	if end > len(r.payload) {
		return fmt.Errorf("message of at least %d bytes, want %d", end, len(r.payload))
	}
	want := r.payload[r.offset:end]
	if r.offset < 2*digits {
		if r.offset == 0 {
			putDigits(r.payload, r.number)
		}
		n := min(len(data), 2*digits-r.offset)
		if !bytes.Equal(data[:n], want[:n]) {
			return fmt.Errorf("message begins with %q, want %q", data[:n], want[:n])
		}
	}
	if r.full && !bytes.Equal(data, want) {
		return errors.New("message has other bytes than were sent")
	}
	if data[len(data)-1] != want[len(want)-1] {
		return fmt.Errorf("byte %d of a message is %q, want %q", end-1, data[len(data)-1], want[len(want)-1])
	}
	return nil
}
