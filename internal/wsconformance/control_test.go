package wsconformance

import (
	"fmt"
	"strings"
	"testing"
)

func TestPings(t *testing.T) {
	t.Parallel()
	var cases []exchange
	for _, n := range []int{0, 1, 2, 124, 125} {
		f := frame{op: ping, payload: allBytes(n)}
		answer := frame{op: pong, payload: f.payload}
		x := exchange{rfc: "6455 5.5.2", name: fmt.Sprintf("ping of %d bytes", n), send: []frame{f}, want: []frame{answer}}
		cases = append(cases, x)
		x.name += " byte by byte"
		x.cut = 1
		cases = append(cases, x)
	}
	for _, n := range []int{126, 127, 65535, 65536} {
		for _, op := range []byte{ping, pong, closing} {
			f := frame{op: op, payload: closePayload(1000, ascii(n-2))}
			for _, p := range []prologue{atOnce, afterMessage, inFragments} {
				cases = append(cases, violation("6455 5.5", fmt.Sprintf("%s frame of %d bytes", kindOf(op), n), p, f, 1002))
			}
		}
	}
	for _, n := range []uint64{126, 1 << 62} {
		cases = append(cases, violation("6455 5.5", fmt.Sprintf("ping with a length of %d in 64 bits", n), atOnce, frame{op: ping, announce: n}, 1002))
	}

	var ten, answers []frame
	for i := range 10 {
		ten = append(ten, frame{op: ping, payload: fmt.Sprint("payload ", i)})
		answers = append(answers, frame{op: pong, payload: fmt.Sprint("payload ", i)})
	}
	cases = append(cases, exchange{rfc: "6455 5.5.3", name: "ten pings are answered in order", send: ten, want: answers},
		exchange{rfc: "6455 5.5.3", name: "ten pings byte by byte", send: ten, want: answers, cut: 1},
		exchange{rfc: "6455 5.5.2", name: "the same ping three times",
			send: []frame{{op: ping, payload: "p"}, {op: ping, payload: "p"}, {op: ping, payload: "p"}},
			want: []frame{{op: pong, payload: "p"}, {op: pong, payload: "p"}, {op: pong, payload: "p"}}},
		exchange{rfc: "6455 5.5.2", name: "pings between messages",
			send: []frame{{op: text, payload: "a"}, {op: ping, payload: "1"}, {op: binaryData, payload: "b"}, {op: ping, payload: "2"}, {op: text, payload: "c"}},
			want: []frame{{op: text, payload: "a"}, {op: pong, payload: "1"}, {op: binaryData, payload: "b"}, {op: pong, payload: "2"}, {op: text, payload: "c"}}})

	for _, n := range []int{0, 1, 125} {
		f := frame{op: pong, payload: allBytes(n)}
		cases = append(cases, exchange{rfc: "6455 5.5.3", name: fmt.Sprintf("unsolicited pong of %d bytes is not answered", n), send: []frame{f, {op: text, payload: "x"}},
			want: []frame{{op: text, payload: "x"}}, sees: []event{{"pong", f.payload, ""}, {"text", "x", ""}}})
	}
	cases = append(cases, exchange{rfc: "6455 5.5.3", name: "unsolicited pong, then a ping", send: []frame{{op: pong, payload: "a"}, {op: ping, payload: "b"}},
		want: []frame{{op: pong, payload: "b"}}, sees: []event{{"pong", "a", ""}, {"ping", "b", ""}}})
	run(t, newSuite(t), cases)
}

func TestFragmentedControlFrames(t *testing.T) {
	t.Parallel()
	var cases []exchange
	for _, op := range []byte{ping, pong, closing} {
		for _, p := range prologues {
			cases = append(cases,
				violation("6455 5.5", kindOf(op)+" without FIN", p, frame{op: op, more: true, payload: closePayload(1000, "")}, 1002),
				violation("6455 5.5", "empty "+kindOf(op)+" without FIN", p, frame{op: op, more: true}, 1002))
		}
		x := violation("6455 5.5", kindOf(op)+" in two fragments", atOnce, frame{op: op, more: true, payload: closePayload(1000, "")}, 1002)
		x.send = append(x.send, frame{op: continuation, payload: "rest"})
		cases = append(cases, x)
	}
	run(t, newSuite(t), cases)
}

// TestPingBeforeClose: the answer to a ping goes out even when a close frame follows at once.
func TestPingBeforeClose(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	for _, l := range links {
		for _, n := range []int{0, 4, 125} {
			t.Run(fmt.Sprintf("%v/RFC 6455 5.5.2/ping of %d bytes right before close", l, n), func(t *testing.T) {
				t.Parallel()
				p := s.open(t, l, setup{})
				p.send(frame{op: ping, payload: ascii(n)}, frame{op: closing, payload: closePayload(1000, "")})
				p.wants(frame{op: pong, payload: ascii(n)})
				p.wantsClose(1000)
				p.wantsEnd()
				p.script.sees(t, event{"ping", ascii(n), ""})
				p.script.seesClose(t, closePayload(1000, ""))
			})
		}
	}
}

// TestScriptThatAnswersPings: a script may send the pong itself; no second one follows.
func TestScriptThatAnswersPings(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	const answering = `
		while true do
			local data, typ, partial = sock:read()
			if typ == "ping" then assert(sock:write(data, "pong")) end
			if typ == "text" then assert(sock:write(data, typ)) end
			if not data or typ == "close" then break end
		end
		sock:close()
		report("done")`
	for name, send := range map[string][]frame{
		"one ping":               {{op: ping, payload: "a"}},
		"an empty ping":          {{op: ping}},
		"two different pings":    {{op: ping, payload: "a"}, {op: ping, payload: "b"}},
		"the same ping twice":    {{op: ping, payload: "a"}, {op: ping, payload: "a"}},
		"a ping before messages": {{op: ping, payload: "a"}, {op: text, payload: "x"}, {op: ping, payload: "b"}, {op: text, payload: "y"}},
	} {
		for _, l := range links {
			t.Run(l.String()+"/RFC 6455 5.5.2/script answers "+name, func(t *testing.T) {
				t.Parallel()
				p := s.open(t, l, setup{scenario: scenario{code: answering}})
				p.send(send...)
				for _, f := range send {
					if f.op == ping {
						f.op = pong
					}
					p.wants(f)
				}
				p.send(frame{op: closing})
				p.wantsClose(0)
				p.wantsEnd()
				p.script.sees(t, event{"done", "", ""})
			})
		}
	}
	// A pong with another payload answers nothing.
	for _, l := range links {
		t.Run(l.String()+"/RFC 6455 5.5.3/a pong with another payload does not answer", func(t *testing.T) {
			t.Parallel()
			p := s.open(t, l, setup{scenario: scenario{code: `
				local data, typ = sock:read()
				sock:write("other", "pong")
				sock:read()
				sock:close()
				report("done")`}})
			p.send(frame{op: ping, payload: "mine"})
			p.wants(frame{op: pong, payload: "other"})
			p.wants(frame{op: pong, payload: "mine"})
			p.send(frame{op: closing})
			p.wantsClose(0)
			p.wantsEnd()
			p.script.sees(t, event{"done", "", ""})
		})
	}
}

// TestOutgoingControlFrames: what a script may write.
func TestOutgoingControlFrames(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	for _, l := range links {
		t.Run(l.String()+"/RFC 6455 5.5/pings and pongs of a script", func(t *testing.T) {
			t.Parallel()
			p := s.open(t, l, setup{scenario: scenario{code: `
				report(sock:write("", "ping"))
				report(sock:write(("x"):rep(125), "ping"))
				report(sock:write(("x"):rep(126), "ping"))
				report(sock:write(("x"):rep(126), "pong"))
				report(sock:write("unasked", "pong"))
				report(sock:write(nil, "text"))
				report(sock:write())
				report(sock:write("\255", "text"))
				report(sock:write("\255", "binary"))
				report(sock:read())
				sock:close()`}})
			p.wants(frame{op: ping})
			p.wants(frame{op: ping, payload: strings.Repeat("x", 125)})
			p.wants(frame{op: pong, payload: "unasked"})
			p.wants(frame{op: text})
			p.wants(frame{op: binaryData})
			p.wants(frame{op: binaryData, payload: "\xff"})
			p.send(frame{op: closing})
			p.wantsClose(0)
			p.wantsEnd()
			tooLong, done := event{"false", "control frame payload exceeds 125 bytes", ""}, event{"true", "", ""}
			p.script.sees(t, done, done, tooLong, tooLong, done, done, done, event{"false", "text is not valid utf-8", ""}, done, event{"", "close", ""})
		})
	}
}
