package wsconformance

import (
	"fmt"
	"slices"
	"testing"
)

// pieces are the fragments of a message.
func pieces(op byte, payloads ...string) []frame {
	var frames []frame
	for i, payload := range payloads {
		frames = append(frames, frame{op: op, payload: payload, more: i < len(payloads)-1})
		op = continuation
	}
	return frames
}

// between puts frames after each of the fragments but the last.
func between(fragments []frame, extra ...frame) []frame {
	var frames []frame
	for i, f := range fragments {
		frames = append(frames, f)
		if i < len(fragments)-1 {
			frames = append(frames, extra...)
		}
	}
	return frames
}

func TestFragmentation(t *testing.T) {
	t.Parallel()
	var cases []exchange
	both := func(x exchange) {
		cases = append(cases, x)
		x.name += " byte by byte"
		x.cut = 1
		cases = append(cases, x)
	}
	a, b := frame{op: ping, payload: "a"}, frame{op: ping, payload: "b"}
	pongA, pongB := frame{op: pong, payload: "a"}, frame{op: pong, payload: "b"}
	for _, op := range []byte{text, binaryData} {
		whole := func(s string) frame { return frame{op: op, payload: s} }
		for name, parts := range map[string][]string{
			"two fragments":             {"fragment1", "fragment2"},
			"three fragments":           {"one ", "two ", "three"},
			"two empty fragments":       {"", ""},
			"three empty fragments":     {"", "", ""},
			"an empty first fragment":   {"", "rest"},
			"an empty last fragment":    {"begin", ""},
			"an empty middle fragment":  {"begin", "", "end"},
			"one byte in each fragment": {"a", "b", "c", "d", "e", "f"},
			"fragments of 125 and 126":  {ascii(125), ascii(126), ascii(127)},
		} {
			joined := ""
			for _, part := range parts {
				joined += part
			}
			name = kindOf(op) + " in " + name
			both(exchange{rfc: "6455 5.4", name: name, send: pieces(op, parts...), want: []frame{whole(joined)}})
			want := []frame{}
			for range len(parts) - 1 {
				want = append(want, pongA)
			}
			both(exchange{rfc: "6455 5.4", name: name + " with pings between", send: between(pieces(op, parts...), a), want: append(want, whole(joined))})
		}
		both(exchange{rfc: "6455 5.4", name: kindOf(op) + " with two pings between", send: between(pieces(op, "x", "y", "z"), a, b),
			want: []frame{pongA, pongB, pongA, pongB, whole("xyz")}})
		both(exchange{rfc: "6455 5.4", name: kindOf(op) + " with pongs between", send: between(pieces(op, "x", "y"), frame{op: pong, payload: "p"}),
			want: []frame{whole("xy")}, sees: []event{{"pong", "p", ""}, {kindOf(op), "xy", ""}}})
		both(exchange{rfc: "6455 5.4", name: kindOf(op) + ", fragmented, twice", send: append(pieces(op, "x", "y"), pieces(op, "z", "")...), want: []frame{whole("xy"), whole("z")}})
		both(exchange{rfc: "6455 5.4", name: kindOf(op) + ", fragmented, then one whole", send: append(pieces(op, "x", "y"), whole("z")), want: []frame{whole("xy"), whole("z")}})
		cases = append(cases, exchange{rfc: "6455 5.4", name: kindOf(op) + " in 300 fragments with pings between",
			send: between(pieces(op, slices.Repeat([]string{"0123456789"}, 300)...), frame{op: ping}),
			want: append(slices.Repeat([]frame{{op: pong}}, 299), whole(string(slices.Repeat([]byte("0123456789"), 300))))})
		for _, size := range []int{1000, 65536} {
			cases = append(cases, exchange{rfc: "6455 5.4", name: fmt.Sprintf("%s in fragments of %d", kindOf(op), size),
				send: pieces(op, ascii(size), ascii(size), ascii(size), ascii(1)), want: []frame{whole(ascii(size) + ascii(size) + ascii(size) + ascii(1))}})
		}
	}
	tiny := slices.Repeat([]string{"x"}, 100_000)
	cases = append(cases, exchange{rfc: "6455 5.4", name: "100,000 fragments of one byte", send: pieces(binaryData, tiny...),
		want: []frame{{op: binaryData, payload: string(slices.Repeat([]byte("x"), 100_000))}}, links: []link{serverWS, clientWSS}})
	empty := append(slices.Repeat([]string{""}, 1024), "x")
	cases = append(cases,
		exchange{rfc: "6455 5.4", name: "1024 empty fragments", send: pieces(text, empty...), want: []frame{{op: text, payload: "x"}}},
		exchange{rfc: "6455 10.4", name: "too many empty fragments", send: pieces(text, append([]string{""}, empty...)...)[:1025], code: 1008,
			text: "too many fragments without payload"})
	run(t, newSuite(t), cases)
}

func TestFragmentationErrors(t *testing.T) {
	t.Parallel()
	var cases []exchange
	for _, payload := range []string{"", "x", ascii(126)} {
		for _, more := range []bool{true, false} {
			f := frame{op: continuation, payload: payload, more: more}
			for _, p := range []prologue{atOnce, afterMessage, afterPing} {
				cases = append(cases, violation("6455 5.4", fmt.Sprintf("continuation of nothing, more is %t, %d bytes", more, len(payload)), p, f, 1002))
			}
		}
	}
	finished := prologue{"after a fragmented message", pieces(text, "x", "y"), []frame{{op: text, payload: "xy"}}, ""}
	for _, more := range []bool{true, false} {
		cases = append(cases, violation("6455 5.4", fmt.Sprintf("continuation, more is %t,", more), finished, frame{op: continuation, more: more}, 1002))
		for _, op := range []byte{text, binaryData} {
			for _, p := range []prologue{inFragments, inPinged, {"after an empty first fragment", []frame{{op: text, more: true}}, nil, ""}} {
				for _, payload := range []string{"", "x"} {
					f := frame{op: op, payload: payload, more: more}
					cases = append(cases, violation("6455 5.4", fmt.Sprintf("new %s %q, more is %t,", kindOf(op), payload, more), p, f, 1002))
				}
			}
		}
	}
	run(t, newSuite(t), cases)
}
