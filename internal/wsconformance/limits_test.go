package wsconformance

import (
	"compress/flate"
	"fmt"
	"strings"
	"testing"
)

func TestMaxMessage(t *testing.T) {
	t.Parallel()
	const limit = `max_message = 1000`
	var cases []exchange
	fits := func(name string, send []frame, want ...frame) {
		cases = append(cases, exchange{rfc: "6455 10.4", name: name + " fits", options: limit, send: send, want: want})
	}
	tooBig := func(name, partial string, send ...frame) {
		x := exchange{rfc: "6455 7.4.1", name: name + " is too big", options: limit, send: send, code: 1009, partial: partial, text: "message exceeds 1000 bytes"}
		if n := len(send); n > 1 && send[0].op == ping {
			x.want = []frame{{op: pong}}
		}
		cases = append(cases, x)
	}
	for _, op := range []byte{text, binaryData} {
		whole := frame{op: op, payload: ascii(1000)}
		kind := kindOf(op)
		fits(kind+" of 1000", []frame{whole}, whole)
		fits(kind+" of 1000, thrice", []frame{whole, whole, whole}, whole, whole, whole)
		fits(kind+" of 600 and 400", pieces(op, whole.payload[:600], whole.payload[600:]), whole)
		fits(kind+" of 1000 and 0", pieces(op, whole.payload, ""), whole)
		fits(kind+" of 0 and 1000", pieces(op, "", whole.payload), whole)
		fits(kind+" of 500 and 500 with pings", between(pieces(op, whole.payload[:500], whole.payload[500:]), frame{op: ping, payload: ascii(125)}),
			frame{op: pong, payload: ascii(125)}, whole)
		tooBig(kind+" of 1001", "", frame{op: op, payload: ascii(1001)})
		tooBig(kind+" of 70000", "", frame{op: op, payload: ascii(70000)})
		tooBig(kind+" of 600 and 401", ascii(600), pieces(op, ascii(600), ascii(401))...)
		fits(kind+" of 400, 400 and 200", pieces(op, whole.payload[:400], whole.payload[400:800], whole.payload[800:]), whole)
		fits(kind+" of 1000 times 1", pieces(op, bytewise(whole.payload)...), whole)
		tooBig(kind+" of 400, 400 and 201", ascii(800), pieces(op, ascii(800)[:400], ascii(800)[400:], ascii(201))...)
		tooBig(kind+" of 1000 times 1 and 1", ascii(1000), append(pieces(op, append(bytewise(ascii(1000)), "x")...)[:1001], frame{payload: "x"})...)
		tooBig(kind+" of 1000 and 1", ascii(1000), pieces(op, ascii(1000), "x")...)
		tooBig(kind+" of 1000 and 1 that goes on", ascii(1000), pieces(op, ascii(1000), "x", "y")[:2]...)
		tooBig(kind+" of 1001 after a ping", "", frame{op: ping}, frame{op: op, payload: ascii(1001)})
		for _, n := range []uint64{65536, 1 << 31, 1 << 32, 1 << 62, 1<<63 - 1} {
			tooBig(fmt.Sprintf("header of a %s of %#x bytes", kind, n), "", frame{op: op, announce: n})
			tooBig(fmt.Sprintf("header of a fragment of a %s of %#x bytes", kind, n), "begin", frame{op: op, more: true, payload: "begin"}, frame{announce: n})
		}
	}
	run(t, newSuite(t), cases)
}

func TestDefaultLimit(t *testing.T) {
	t.Parallel()
	const limit = 16 << 20
	big := strings.Repeat("0123456789abcdef", limit/16)
	var cases []exchange
	for _, l := range links {
		header := frame{op: binaryData, announce: limit + 1}
		cases = append(cases, exchange{rfc: "6455 7.4.1", name: "header of 16 MiB and a byte", send: []frame{header}, code: 1009,
			text: "message exceeds 16777216 bytes", links: []link{l}})
	}
	cases = append(cases,
		exchange{rfc: "6455 10.4", name: "16 MiB", send: []frame{{op: text, payload: big}}, want: []frame{{op: text, payload: big}}, links: []link{serverWS}},
		exchange{rfc: "6455 10.4", name: "no limit", options: "max_message = 0", send: pieces(binaryData, big, "x"), want: []frame{{op: binaryData, payload: big + "x"}}, links: []link{clientWS}},
		exchange{rfc: "6455 10.4", name: "no limit, yet 2^63 bytes are none", options: "max_message = 0", send: []frame{{op: binaryData, announce: 1 << 63}}, code: 1002, links: links})
	run(t, newSuite(t), cases)
}

func TestMaxMessageCompressed(t *testing.T) {
	t.Parallel()
	const options = `max_message = 1000, compression = true`
	var cases []exchange
	compressed := func(payload string) frame {
		return frame{op: binaryData, rsv: rsv1, payload: deflate(flate.BestSpeed, payload)}
	}
	for _, payload := range []string{strings.Repeat("\x00", 1000), noise[:1000], ascii(1000)} {
		want := []frame{{op: binaryData, payload: payload}}
		f := compressed(payload)
		half := len(f.payload) / 2
		cases = append(cases,
			exchange{rfc: "7692 7.2.2", name: fmt.Sprintf("1000 bytes in %d fit", len(f.payload)), send: []frame{f}, want: want},
			exchange{rfc: "7692 7.2.2", name: fmt.Sprintf("1000 bytes in %d, fragmented, fit", len(f.payload)),
				send: []frame{{op: f.op, rsv: rsv1, more: true, payload: f.payload[:half]}, {payload: f.payload[half:]}}, want: want},
			exchange{rfc: "7692 7.2.2", name: fmt.Sprintf("1000 bytes in %d fit twice", len(f.payload)), send: []frame{f, f}, want: append(want, want...)})
	}
	for _, payload := range []string{strings.Repeat("\x00", 1001), noise[:1001], ascii(1001), strings.Repeat("bomb", 1<<20), ascii(1 << 20)} {
		f := compressed(payload)
		half := len(f.payload) / 2
		fragments := []frame{{op: f.op, rsv: rsv1, more: true, payload: f.payload[:half]}, {payload: f.payload[half:]}}
		x := exchange{rfc: "7692 8", name: fmt.Sprintf("%d bytes in %d are too many", len(payload), len(f.payload)), send: []frame{f}, code: 1009, text: "message exceeds 1000 bytes"}
		cases = append(cases, x)
		x.name, x.send = x.name+", fragmented", fragments
		cases = append(cases, x)
	}
	cases = append(cases, exchange{rfc: "7692 8", name: "header of 2^62 compressed bytes", send: []frame{{op: text, rsv: rsv1, announce: 1 << 62}}, code: 1009})
	for i := range cases {
		cases[i].options, cases[i].extensions = options, "permessage-deflate"
	}
	run(t, newSuite(t), cases)
}
