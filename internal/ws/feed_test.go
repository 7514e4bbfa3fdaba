package ws

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// wireFrame is a frame as a test wants it on the wire, right or wrong.
type wireFrame struct {
	first     byte // FIN, RSV1 to RSV3 and opcode
	payload   string
	lengthIn  int  // bytes of the extended length: 2 or 8; 0 for the minimal form
	wrongMask bool // masked where it must not be, or the reverse
	announce  uint64
	truncate  int // number of bytes to cut off the end
}

// append appends the frame as the peer of role sends it.
func (f wireFrame) append(dst []byte, role Role) []byte {
	start := len(dst)
	length := uint64(len(f.payload))
	if f.announce != 0 {
		length = f.announce
	}
	lengthIn := f.lengthIn
	switch {
	case lengthIn != 0:
	case length > 0xFFFF:
		lengthIn = 8
	case length > 125:
		lengthIn = 2
	}
	second := byte(length)
	switch lengthIn {
	case 2:
		second = 126
	case 8:
		second = 127
	}
	masked := (role == Server) != f.wrongMask
	if masked {
		second |= 0x80
	}
	dst = append(dst, f.first, second)
	switch lengthIn {
	case 2:
		dst = binary.BigEndian.AppendUint16(dst, uint16(length))
	case 8:
		dst = binary.BigEndian.AppendUint64(dst, length)
	}
	key := [4]byte{}
	if masked {
		key = [4]byte{0x37, 0xFA, 0x21, byte(0x3D + start)}
		dst = append(dst, key[:]...)
	}
	for i := range len(f.payload) {
		dst = append(dst, f.payload[i]^key[i%4])
	}
	return dst[:len(dst)-f.truncate]
}

func wire(role Role, frames []wireFrame) []byte {
	var data []byte
	for _, f := range frames {
		data = f.append(data, role)
	}
	return data
}

// transcript is all that a decoder made of its input.
type transcript struct {
	events  []Event
	err     string // with its close code; "" for none
	partial string
}

// String shows the beginning and the size of what is long.
func (tr transcript) String() string {
	var b strings.Builder
	for _, ev := range tr.events {
		fmt.Fprintf(&b, "%s %d %s; ", ev.Opcode, ev.Code, brief(ev.Data))
	}
	fmt.Fprintf(&b, "error %q, partial %s", tr.err, brief(tr.partial))
	return b.String()
}

func brief(s string) string {
	if len(s) <= 64 {
		return fmt.Sprintf("%q", s)
	}
	return fmt.Sprintf("%q... (%d bytes)", s[:64], len(s))
}

// briefHex shows the beginning of what was on the wire.
func briefHex(data []byte) string {
	if len(data) <= 64 {
		return fmt.Sprintf("% x", data)
	}
	return fmt.Sprintf("% x... (%d bytes)", data[:64], len(data))
}

func (tr transcript) equal(other transcript) bool {
	return slices.Equal(tr.events, other.events) && tr.err == other.err && tr.partial == other.partial
}

// feeder gives a decoder its input and watches that it keeps its promises.
type feeder struct {
	t      testing.TB
	d      *Decoder
	direct bool // read into the memory that Want returns, when it does
	fed    int
	transcript
}

// feed gives the decoder one read's worth of bytes.
func (f *feeder) feed(piece []byte) {
	f.t.Helper()
	p := bytes.Clone(piece) // what the decoder may change
	for len(p) > 0 {
		if want := f.want(); want != nil {
			n := copy(want, p)
			f.fed += n
			ev, ok, err := f.d.Filled(n)
			f.note(ev, ok, err)
			p, piece = p[n:], piece[n:]
			continue
		}
		n, ev, ok, err := f.d.Next(p)
		f.fed += n
		if n != len(p) && !ok {
			f.t.Fatalf("Next consumed %d of %d bytes without an event", n, len(p))
		}
		// The caller reuses its buffer: what the decoder returned or kept must not lie there.
		clear(p[:n])
		f.note(ev, ok, err)
		p, piece = p[n:], piece[n:]
		if near := min(len(p), 64); !bytes.Equal(p[:near], piece[:near]) {
			f.t.Fatalf("Next changed bytes that it did not consume")
		}
	}
}

func (f *feeder) want() []byte {
	if !f.direct {
		return nil
	}
	return f.d.Want()
}

// note records one result.
func (f *feeder) note(ev Event, ok bool, err error) {
	f.t.Helper()
	if ok && err != nil {
		f.t.Fatalf("event %v together with error %v", ev, err)
	}
	if ok {
		f.events = append(f.events, ev)
	}
	if !ok && ev != (Event{}) {
		f.t.Fatalf("event %v that is not ok", ev)
	}
	if held := cap(f.d.assembly.buf); held > 6*f.fed+2*minAssembly {
		f.t.Fatalf("decoder holds %d bytes after %d arrived", held, f.fed)
	}
	if ok && f.d.message == Continuation && (f.d.assembly.buf != nil || f.d.control != nil) {
		f.t.Fatalf("decoder holds a buffer between two messages")
	}
	if err == nil {
		return
	}
	text := err.Error()
	var violation *Error
	if errors.As(err, &violation) {
		text = fmt.Sprintf("%d %s", violation.Code, violation.Text)
	}
	if f.err != "" && f.err != text {
		f.t.Fatalf("error changed from %q to %q", f.err, text)
	}
	f.err = text
}

// finish returns the transcript.
func (f *feeder) finish() transcript {
	f.partial = f.d.Partial()
	return f.transcript
}

// decodeSplit feeds data in the pieces that cuts gives: each takes what is left and returns the size
// of the next piece.
func decodeSplit(t testing.TB, newDecoder func() *Decoder, data []byte, direct bool, cut func(left int) int) transcript {
	t.Helper()
	f := feeder{t: t, d: newDecoder(), direct: direct}
	for len(data) > 0 {
		n := min(max(cut(len(data)), 1), len(data))
		f.feed(data[:n])
		data = data[n:]
	}
	return f.finish()
}

func decodeWhole(t testing.TB, newDecoder func() *Decoder, data []byte) transcript {
	t.Helper()
	return decodeSplit(t, newDecoder, data, false, func(left int) int { return left })
}

// decodeEveryWay feeds data whole, byte by byte and split in two at every place, and fails unless
// the transcript is always the same.
func decodeEveryWay(t testing.TB, newDecoder func() *Decoder, data []byte) transcript {
	t.Helper()
	want := decodeWhole(t, newDecoder, data)
	bytewise := decodeSplit(t, newDecoder, data, false, func(int) int { return 1 })
	if !bytewise.equal(want) {
		t.Fatalf("%s\nbyte by byte: %v\nwhole:        %v", briefHex(data), bytewise, want)
	}
	for at := 1; at < len(data); at++ {
		first := true
		got := decodeSplit(t, newDecoder, data, true, func(left int) int {
			if first {
				first = false
				return at
			}
			return left
		})
		if !got.equal(want) {
			t.Fatalf("%s\nsplit at %d: %v\nwhole:       %v", briefHex(data), at, got, want)
		}
	}
	return want
}
