package wsconformance

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// maxPayload is the longest payload of the suite's messages.
const maxPayload = 1<<20 + 1

// numbers is text that does not repeat soon; noise is bytes of which most sequences are not UTF-8.
var (
	numbers = func() string {
		var b strings.Builder
		for i := 0; b.Len() < maxPayload; i++ {
			b.WriteString(strconv.Itoa(i * i))
			b.WriteByte(',')
		}
		return b.String()
	}()
	noise = func() string {
		b := make([]byte, maxPayload)
		state := uint32(1)
		for i := range b {
			state = state*1664525 + 1013904223
			b[i] = byte(state >> 24)
		}
		return string(b)
	}()
)

// ascii returns n bytes of text.
func ascii(n int) string { return numbers[:n] }

// allBytes returns n bytes of anything.
func allBytes(n int) string { return noise[:n] }

func message(op byte, n int) frame {
	if op == text {
		return frame{op: op, payload: ascii(n)}
	}
	return frame{op: op, payload: allBytes(n)}
}

func TestLengths(t *testing.T) {
	t.Parallel()
	var cases []exchange
	for _, n := range []int{0, 1, 2, 124, 125, 126, 127, 128, 65535, 65536, 65537, 1 << 20} {
		for _, op := range []byte{text, binaryData} {
			m := message(op, n)
			x := exchange{rfc: "6455 5.2", name: fmt.Sprintf("%s of %d bytes", kindOf(op), n), send: []frame{m}, want: []frame{m}}
			cases = append(cases, x)
			chops := x
			chops.name += " in pieces of 997"
			chops.cut = 997
			if n > 997 {
				cases = append(cases, chops)
			}
			if n <= 128 {
				bytewise := x
				bytewise.name += " byte by byte"
				bytewise.cut = 1
				cases = append(cases, bytewise)
			}
		}
	}
	many := []frame{}
	for n := range 100 {
		many = append(many, message(text, n), message(binaryData, 2*n))
	}
	cases = append(cases, exchange{rfc: "6455 5.2", name: "200 messages in one packet", send: many, want: many},
		exchange{rfc: "6455 5.2", name: "200 messages in pieces of 13", send: many, want: many, cut: 13})
	run(t, newSuite(t), cases)
}

// prologues are what may come before a violation, with what comes back and what is left of it.
type prologue struct {
	name    string
	send    []frame
	want    []frame
	partial string
}

var (
	atOnce       = prologue{"at once", nil, nil, ""}
	afterMessage = prologue{"after a message", []frame{{op: text, payload: "good"}}, []frame{{op: text, payload: "good"}}, ""}
	afterPing    = prologue{"after a ping", []frame{{op: ping, payload: "p"}}, []frame{{op: pong, payload: "p"}}, ""}
	inFragments  = prologue{"inside a fragmented message", []frame{{op: text, more: true, payload: "frag"}}, nil, "frag"}
	inPinged     = prologue{"inside a fragmented message after a ping",
		[]frame{{op: binaryData, more: true, payload: "fr"}, {more: true, payload: "ag"}, {op: ping}}, []frame{{op: pong}}, "frag"}
	prologues = []prologue{atOnce, afterMessage, afterPing, inFragments, inPinged}
)

// violation is a case in which bad, after p, fails the connection.
func violation(rfc, name string, p prologue, bad frame, code int) exchange {
	return exchange{rfc: rfc, name: name + " " + p.name, send: append(slices.Clone(p.send), bad), want: p.want, code: code, partial: p.partial}
}

func TestLengthEncoding(t *testing.T) {
	t.Parallel()
	var cases []exchange
	for _, op := range []byte{text, binaryData} {
		for _, n := range []int{0, 1, 125} {
			f := message(op, n)
			f.length = in16Bits
			cases = append(cases, violation("6455 5.2", fmt.Sprintf("%s of %d bytes with a length in 16 bits", kindOf(op), n), atOnce, f, 1002))
		}
		for _, n := range []int{0, 1, 125, 126, 65535} {
			f := message(op, n)
			f.length = in64Bits
			cases = append(cases, violation("6455 5.2", fmt.Sprintf("%s of %d bytes with a length in 64 bits", kindOf(op), n), atOnce, f, 1002))
		}
		for _, n := range []uint64{1 << 63, 1<<63 + 1, 1<<64 - 1} {
			cases = append(cases, violation("6455 5.2", fmt.Sprintf("%s with a length of %#x", kindOf(op), n), atOnce, frame{op: op, announce: n}, 1002))
		}
	}
	for _, length := range []int{in16Bits, in64Bits} {
		for _, p := range prologues[1:] {
			op := byte(text)
			if p.partial != "" {
				op = continuation
			}
			cases = append(cases, violation("6455 5.2", fmt.Sprintf("length in form %d", length), p, frame{op: op, payload: "x", length: length}, 1002))
			cases = append(cases, violation("6455 5.2", fmt.Sprintf("ping with a length in form %d", length), p, frame{op: ping, payload: "x", length: length}, 1002))
		}
	}
	run(t, newSuite(t), cases)
}

func TestMasking(t *testing.T) {
	t.Parallel()
	var cases []exchange
	for _, p := range prologues {
		cases = append(cases, violation("6455 5.1", "ping of wrong masking", p, frame{op: ping, payload: "abcd", misMask: true}, 1002),
			violation("6455 5.1", "empty pong of wrong masking", p, frame{op: pong, misMask: true}, 1002),
			violation("6455 5.1", "close of wrong masking", p, frame{op: closing, payload: closePayload(1000, ""), misMask: true}, 1002))
		ops := []byte{text, binaryData}
		if p.partial != "" {
			ops = []byte{continuation}
		}
		for _, op := range ops {
			cases = append(cases, violation("6455 5.1", fmt.Sprintf("data %d of wrong masking", op), p, frame{op: op, payload: "abcd", misMask: true}, 1002),
				violation("6455 5.1", fmt.Sprintf("empty data %d of wrong masking", op), p, frame{op: op, misMask: true}, 1002))
		}
	}
	run(t, newSuite(t), cases)
}

func TestReservedBits(t *testing.T) {
	t.Parallel()
	var cases []exchange
	for bits := byte(1); bits < 8; bits++ {
		for _, op := range []byte{text, binaryData, closing, ping, pong} {
			f := frame{op: op, rsv: bits << 4, payload: closePayload(1000, "x")}
			cases = append(cases, violation("6455 5.2", fmt.Sprintf("reserved bits %03b in a %s frame", bits, kindOf(op)), atOnce, f, 1002))
		}
		cases = append(cases,
			violation("6455 5.2", fmt.Sprintf("reserved bits %03b in a text frame", bits), afterMessage, frame{op: text, rsv: bits << 4}, 1002),
			violation("6455 5.2", fmt.Sprintf("reserved bits %03b in a continuation frame", bits), inFragments, frame{rsv: bits << 4, payload: "x"}, 1002),
			violation("6455 5.2", fmt.Sprintf("reserved bits %03b in a ping frame", bits), inPinged, frame{op: ping, rsv: bits << 4}, 1002))
	}
	run(t, newSuite(t), cases)
}

func TestReservedOpcodes(t *testing.T) {
	t.Parallel()
	var cases []exchange
	for _, op := range []byte{3, 4, 5, 6, 7, 11, 12, 13, 14, 15} {
		for _, p := range prologues {
			cases = append(cases, violation("6455 5.2", fmt.Sprintf("opcode %d", op), p, frame{op: op, payload: "x"}, 1002))
		}
		cases = append(cases,
			violation("6455 5.2", fmt.Sprintf("empty opcode %d", op), atOnce, frame{op: op}, 1002),
			violation("6455 5.2", fmt.Sprintf("opcode %d without FIN", op), atOnce, frame{op: op, more: true}, 1002),
			violation("6455 5.2", fmt.Sprintf("opcode %d of 200 bytes", op), afterPing, frame{op: op, payload: ascii(200)}, 1002))
	}
	run(t, newSuite(t), cases)
}

// TestFirstByteIsEnough: what is wrong with a frame's first bytes fails the connection before more arrive.
func TestFirstByteIsEnough(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	for _, l := range links {
		wrongMask := "\x81\x00"
		if l.role == client {
			wrongMask = "\x81\x80"
		}
		mask := byte(0x80)
		if l.role == client {
			mask = 0
		}
		for name, bytes := range map[string]string{
			"6455 5.2/reserved bit": "\xc1", "6455 5.2/reserved opcode": "\x83", "6455 5.4/continuation of nothing": "\x80",
			"6455 5.5/fragmented ping": "\x09", "6455 5.1/wrong masking": wrongMask,
			"6455 5.5/ping of more than 125 bytes": "\x89" + string([]byte{126 | mask}),
			"6455 5.2/highest bit of the length":   "\x82" + string([]byte{127 | mask}) + "\x80\x00\x00\x00\x00\x00\x00\x00",
		} {
			t.Run(l.String()+"/RFC "+name, func(t *testing.T) {
				t.Parallel()
				p := s.open(t, l, setup{})
				p.write(bytes)
				p.wantsClose(1002)
				p.wantsEnd()
				p.script.seesFailure(t, "")
			})
		}
	}
}

// TestOutgoingFrames checks how messages leave: in one frame up to 64 KiB, in fragments of 64 KiB above.
func TestOutgoingFrames(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	for i, l := range links {
		for _, n := range []int{0, 1, 125, 126, 65535, 65536, 65537, 131071, 131072, 131073, 1<<20 + 1} {
			for _, op := range []byte{text, binaryData} {
				if n > 200_000 && (i == 0 || i == 3) == (op == text) {
					continue
				}
				t.Run(fmt.Sprintf("%v/RFC 6455 5.4/%s of %d bytes", l, kindOf(op), n), func(t *testing.T) {
					t.Parallel()
					p := s.open(t, l, setup{})
					m := message(op, n)
					p.send(m)
					p.wants(m)
					if frames := max(1, (n+65535)/65536); len(p.sizes) != frames {
						t.Errorf("%d frames %v, want %d", len(p.sizes), p.sizes, frames)
					}
					for i, size := range p.sizes {
						if i < len(p.sizes)-1 && size != 65536 {
							t.Errorf("fragment %d has %d bytes", i, size)
						}
					}
					p.script.sees(t, event{kindOf(op), m.payload, ""})
					p.finish()
				})
			}
		}
	}
	for _, l := range []link{clientWS, clientWSS} {
		t.Run(l.String()+"/RFC 6455 5.3/every frame has a fresh masking key", func(t *testing.T) {
			t.Parallel()
			p := s.open(t, l, setup{})
			for range 50 {
				p.send(frame{op: text, payload: "x"})
				p.wants(frame{op: text, payload: "x"})
				p.script.sees(t, event{"text", "x", ""})
			}
			seen := map[[4]byte]bool{}
			for _, key := range p.keys {
				if seen[key] {
					t.Errorf("key %x comes twice in %d frames", key, len(p.keys))
				}
				seen[key] = true
			}
			p.finish()
		})
	}
}
