package wsconformance

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestPeerCloses: a valid close frame is answered with its own code, an invalid one fails the connection.
func TestPeerCloses(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	n := 0
	each := func(rfc, name string, f func(t *testing.T, p *peer)) {
		n++
		for _, l := range halves[n%2] {
			t.Run(l.String()+"/RFC "+rfc+"/"+name, func(t *testing.T) {
				t.Parallel()
				f(t, s.open(t, l, setup{}))
			})
		}
	}
	accepted := func(rfc, name, payload string, cut int) {
		each(rfc, name, func(t *testing.T, p *peer) {
			f := frame{op: closing, payload: payload}
			if cut > 0 {
				p.sendCut(cut, f)
			} else {
				p.send(f)
			}
			code := 0
			if payload != "" {
				code = int(payload[0])<<8 | int(payload[1])
			}
			p.wantsClose(code)
			p.wantsEnd()
			p.script.seesClose(t, payload)
		})
	}
	accepted("6455 5.5.1", "empty close frame", "", 0)
	for _, code := range []int{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999} {
		accepted("6455 7.4", fmt.Sprintf("code %d", code), closePayload(code, ""), 0)
		accepted("6455 7.4", fmt.Sprintf("code %d with a reason", code), closePayload(code, "going"), 0)
	}
	for _, reason := range []string{"x", "κόσμε\x00", strings.Repeat("x", 123), strings.Repeat("日", 41)} {
		accepted("6455 5.5.1", fmt.Sprintf("reason of %d bytes", len(reason)), closePayload(1000, reason), 0)
		accepted("6455 5.5.1", fmt.Sprintf("reason of %d bytes byte by byte", len(reason)), closePayload(4321, reason), 1)
	}

	refused := func(rfc, name, payload string, code int, text string) {
		each(rfc, name, func(t *testing.T, p *peer) {
			p.send(frame{op: binaryData, more: true, payload: "part"}, frame{op: closing, payload: payload})
			p.wantsClose(code)
			p.wantsEnd()
			p.script.seesFailure(t, "part")
		})
		each(rfc, name+" byte by byte", func(t *testing.T, p *peer) {
			p.sendCut(1, frame{op: closing, payload: payload})
			p.wantsClose(code)
			p.wantsEnd()
			if got := p.script.seesFailure(t, ""); !strings.Contains(got, text) {
				t.Errorf("the error is %q, want %q", got, text)
			}
		})
	}
	refused("6455 5.5.1", "close payload of one byte", "\x03", 1002, "close")
	refused("6455 5.5.1", "close payload of one byte, a letter", "x", 1002, "close")
	for _, code := range []int{0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 1999, 2000, 2999, 5000, 9999, 65535} {
		refused("6455 7.4", fmt.Sprintf("code %d", code), closePayload(code, ""), 1002, "close code")
	}
	refused("6455 7.4", "code 1005 with a reason", closePayload(1005, "none"), 1002, "close code")
	for _, reason := range []string{"\xff", "\x80", "\xc0\x80", "\xed\xa0\x80", "abc\xe6\x97", "κόσμε\xed\xa0\x80edited"} {
		refused("6455 5.5.1", fmt.Sprintf("reason %+q", reason), closePayload(1000, reason), 1007, "close reason is not valid utf-8")
	}

	// What comes after the peer's close frame means nothing.
	for name, after := range map[string]string{
		"a text":              frame{op: text, payload: "late"}.bytes(serverWS),
		"a ping":              frame{op: ping, payload: "late"}.bytes(serverWS),
		"a second close":      frame{op: closing, payload: closePayload(4000, "again")}.bytes(serverWS),
		"an invalid close":    frame{op: closing, payload: "x"}.bytes(serverWS),
		"a broken frame":      "\xff\xff\xff\xff",
		"a megabyte of bytes": strings.Repeat("late", 1<<18),
	} {
		each("6455 5.5.1", name+" after the close frame is ignored", func(t *testing.T, p *peer) {
			p.write(frame{op: closing, payload: closePayload(1001, "bye")}.bytes(p.link) + after)
			p.wantsClose(1001)
			p.wantsEnd()
			p.script.seesClose(t, closePayload(1001, "bye"))
		})
	}
	each("6455 5.5.1", "a message before the close frame is answered first", func(t *testing.T, p *peer) {
		p.send(frame{op: text, payload: "last"}, frame{op: closing, payload: closePayload(1000, "")})
		p.wants(frame{op: text, payload: "last"})
		p.wantsClose(1000)
		p.wantsEnd()
		p.script.sees(t, event{"text", "last", ""})
		p.script.seesClose(t, closePayload(1000, ""))
	})
	each("6455 5.4", "close inside a fragmented message", func(t *testing.T, p *peer) {
		p.send(frame{op: text, more: true, payload: "frag"}, frame{op: closing, payload: closePayload(3000, "")})
		p.wantsClose(3000)
		p.wantsEnd()
		p.script.seesClose(t, closePayload(3000, ""))
	})
}

// TestScriptCloses: the close frames that a script asks for.
func TestScriptCloses(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	reason123 := strings.Repeat("r", 123)
	for name, c := range map[string]struct{ call, payload string }{
		"without arguments":        {`sock:close()`, ""},
		"with a code":              {`sock:close(1000)`, closePayload(1000, "")},
		"with a code and a reason": {`sock:close(4999, "κόσμε")`, closePayload(4999, "κόσμε")},
		"with a reason of 123":     {`sock:close(3000, ("r"):rep(123))`, closePayload(3000, reason123)},
		"with 1014":                {`sock:close(1014, "")`, closePayload(1014, "")},
		"twice":                    {`sock:close(1001, "one") sock:close(1002, "two")`, closePayload(1001, "one")},
		"after messages":           {`sock:write("a", "text") sock:write("b", "ping") sock:close(1000, "")`, closePayload(1000, "")},
	} {
		for _, l := range links {
			for _, answer := range []string{"the same", "another code", "empty"} {
				t.Run(fmt.Sprintf("%v/RFC 6455 7.1.2/sock:close %s, answered with %s", l, name, answer), func(t *testing.T) {
					t.Parallel()
					p := s.open(t, l, setup{scenario: scenario{code: c.call + `
						report("written", select(2, sock:write("late", "text")))
						report("read", select(2, sock:read()), select(3, sock:read()))
						report("alive", sock.conn:isalive())`}})
					if name == "after messages" {
						p.wants(frame{op: text, payload: "a"})
						p.wants(frame{op: ping, payload: "b"})
					}
					p.wants(frame{op: closing, payload: c.payload})
					p.script.sees(t, event{"written", "socket closed", ""}, event{"read", "socket closed", ""}, event{"alive", "false", ""})
					payload := map[string]string{"the same": c.payload, "another code": closePayload(4444, "mine"), "empty": ""}[answer]
					p.send(frame{op: ping, payload: "crossing"}, frame{op: text, payload: "crossing"}, frame{op: closing, payload: payload})
					p.wantsEnd()
				})
			}
		}
	}
}

// TestScriptClosesWithWhatCannotBe: arguments and payloads that are no close frame, and what comes after one.
func TestScriptClosesWithWhatCannotBe(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	for _, l := range links {
		t.Run(l.String()+"/RFC 6455 7.4/sock:close with invalid arguments raises", func(t *testing.T) {
			t.Parallel()
			p := s.open(t, l, setup{scenario: scenario{code: `
				for _, code in ipairs {0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 70000, -1} do
					report(code, (pcall(sock.close, sock, code)))
				end
				report("reason without code", (pcall(sock.close, sock, nil, "reason")))
				report("long reason", (pcall(sock.close, sock, 1000, ("x"):rep(124))))
				report("reason not utf-8", (pcall(sock.close, sock, 1000, "\255")))
				sock:close(1000, "fine")`}})
			for _, code := range []int{0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 70000, -1} {
				p.script.sees(t, event{fmt.Sprint(code), "false", ""})
			}
			p.script.sees(t, event{"reason without code", "false", ""}, event{"long reason", "false", ""}, event{"reason not utf-8", "false", ""})
			p.wants(frame{op: closing, payload: closePayload(1000, "fine")})
			p.send(frame{op: closing, payload: closePayload(1000, "")})
			p.wantsEnd()
		})
		t.Run(l.String()+"/RFC 6455 5.5.1/sock:write of a close frame, then what the peer still sends", func(t *testing.T) {
			t.Parallel()
			p := s.open(t, l, setup{scenario: scenario{code: `
				report("bad", select(2, sock:write("x", "close")))
				report("bad", select(2, sock:write("\3\236", "close")))
				report("bad", select(2, sock:write("\3\232\255", "close")))
				report("good", (sock:write("\3\232bye", "close")))
				report("late", select(2, sock:write("x")))
				report("read", sock:read())
				report("read", sock:read())
				report("read", select(2, sock:read()))
				sock:close()`}})
			p.wants(frame{op: closing, payload: closePayload(1000, "bye")})
			p.script.sees(t,
				event{"bad", "close payload of one byte: it is empty, or a code in two bytes and a reason", ""},
				event{"bad", "close code may not be sent", ""}, event{"bad", "close reason is not valid utf-8", ""},
				event{"good", "true", ""}, event{"late", "socket closed", ""})
			p.send(frame{op: text, payload: "still"}, frame{op: closing, payload: closePayload(1000, "")})
			p.wantsEnd()
			p.script.sees(t, event{"read", "still", "text"}, event{"read", closePayload(1000, ""), "close"}, event{"read", "socket closed", ""})
		})
		for code, escaped := range map[int]string{0: `\0\0`, 999: `\3\231`, 1004: `\3\236`, 1005: `\3\237`, 1006: `\3\238`, 1015: `\3\247`, 2999: `\11\183`, 5000: `\19\136`} {
			t.Run(fmt.Sprintf("%v/RFC 6455 7.4/sock:write of a close frame with code %d", l, code), func(t *testing.T) {
				t.Parallel()
				p := s.open(t, l, setup{scenario: scenario{code: `
					report(sock:write("` + escaped + `", "close"))
					sock:close()`}})
				p.script.sees(t, event{"false", "close code may not be sent", ""})
				p.wantsClose(0)
				p.send(frame{op: closing})
				p.wantsEnd()
			})
		}
	}
}

// TestBothSidesClose: who answers whom, and what happens when nobody does.
func TestBothSidesClose(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	for _, l := range links {
		t.Run(l.String()+"/RFC 6455 5.5.1/script answers a close frame with a code of its own", func(t *testing.T) {
			t.Parallel()
			p := s.open(t, l, setup{scenario: scenario{code: `
				report("read", sock:read())
				sock:close(4001, "mine")`}})
			p.send(frame{op: closing, payload: closePayload(1000, "yours")})
			p.wants(frame{op: closing, payload: closePayload(4001, "mine")})
			p.wantsEnd()
			p.script.sees(t, event{"read", closePayload(1000, "yours"), "close"})
		})
		t.Run(l.String()+"/RFC 6455 5.5.1/close frame that the script never answers", func(t *testing.T) {
			t.Parallel()
			p := s.open(t, l, setup{scenario: scenario{code: `report("read", sock:read())`}})
			p.send(frame{op: closing, payload: closePayload(4002, "yours")})
			p.wantsClose(4002)
			p.wantsEnd()
			p.script.sees(t, event{"read", closePayload(4002, "yours"), "close"})
		})
		t.Run(l.String()+"/RFC 6455 7.1.2/sock:close ends a read that waits in another task", func(t *testing.T) {
			t.Parallel()
			p := s.open(t, l, setup{scenario: scenario{code: `
				task.fork(function()
					local data, err, partial = sock:read()
					report("waiting read", err, partial)
				end)
				while true do
					time.sleep(0)
					local _, err = sock:read(0)
					if err == "another task reads this socket" then break end
				end
				sock:close(1000, "enough")`}})
			p.wants(frame{op: closing, payload: closePayload(1000, "enough")})
			p.script.sees(t, event{"waiting read", "socket closed", ""})
			p.send(frame{op: closing, payload: closePayload(1000, "")})
			p.wantsEnd()
		})
		t.Run(l.String()+"/RFC 6455 7.1.2/both sides close at once", func(t *testing.T) {
			t.Parallel()
			p := s.open(t, l, setup{scenario: scenario{code: `sock:close(4000, "ours")`}})
			p.send(frame{op: closing, payload: closePayload(4001, "theirs")})
			p.wants(frame{op: closing, payload: closePayload(4000, "ours")})
			p.wantsEnd()
		})
		t.Run(l.String()+"/RFC 6455 7.1.1/close frame that the peer never answers", func(t *testing.T) {
			t.Parallel()
			p := s.open(t, l, setup{scenario: scenario{code: `sock:close(1000, "hello?")`}})
			p.wants(frame{op: closing, payload: closePayload(1000, "hello?")})
			// The peer stays silent and open: the documented three seconds end the connection.
			start := time.Now()
			p.wantsGone()
			if waited := time.Since(start); waited < 2*time.Second || waited > 10*time.Second {
				t.Errorf("the connection ended after %v", waited)
			}
		})
	}
	for _, l := range []link{clientWS, clientWSS} {
		t.Run(l.String()+"/RFC 6455 7.1.1/the client waits for the server to close", func(t *testing.T) {
			t.Parallel()
			p := s.open(t, l, setup{})
			p.send(frame{op: closing, payload: closePayload(1000, "")})
			p.wantsClose(1000)
			p.script.seesClose(t, closePayload(1000, ""))
			_ = p.tcp.SetReadDeadline(time.Now().Add(150 * time.Millisecond)) // nothing must happen
			if b, err := p.r.ReadByte(); err == nil {
				t.Errorf("the client sent %#x after its close frame", b)
			} else if !strings.Contains(err.Error(), "timeout") {
				t.Errorf("the client did not wait for the server: %v", err)
			}
			if !l.secure { // a TLS connection is of no use after a timeout
				_ = p.tcp.SetReadDeadline(time.Now().Add(patience))
				p.wantsEnd()
			}
		})
	}
}

// TestPeerVanishes: connections that end without a close frame.
func TestPeerVanishes(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	half := frame{op: text, payload: "0123456789"}
	for _, c := range []struct {
		name    string
		send    []frame
		keep    int // bytes of the last frame that are not sent
		partial string
	}{
		{"at once", nil, 0, ""},
		{"after a message", []frame{{op: text, payload: "good"}}, 0, ""},
		{"inside a frame header", []frame{half}, 11, ""},
		{"inside a frame", []frame{half}, 4, "012345"},
		{"between fragments", []frame{{op: text, more: true, payload: "one"}, {more: true, payload: "two"}}, 0, "onetwo"},
		{"inside a second fragment", []frame{{op: text, more: true, payload: "one"}, {payload: "two", more: true}}, 1, "onetw"},
		{"inside a ping in a fragmented message", []frame{{op: text, more: true, payload: "one"}, {op: ping, payload: "ping"}}, 2, "one"},
		{"inside a close frame", []frame{{op: closing, payload: closePayload(1000, "bye")}}, 2, ""},
		{"inside a character", []frame{{op: text, payload: "µ日"}}, 1, "µ\xe6\x97"},
	} {
		for _, l := range links {
			send := func(p *peer) {
				var b strings.Builder
				for _, f := range c.send {
					b.WriteString(f.bytes(l))
				}
				p.write(b.String()[:b.Len()-c.keep])
				if c.name == "after a message" {
					p.wants(c.send[0])
					p.script.sees(p.t, event{"text", c.send[0].payload, ""})
				}
			}
			t.Run(fmt.Sprintf("%v/RFC 6455 7.1.5/peer half-closes %s", l, c.name), func(t *testing.T) {
				t.Parallel()
				p := s.open(t, l, setup{})
				send(p)
				p.closeWrite()
				p.wantsGone()
				if got := p.script.seesFailure(t, c.partial); got != "end of file" {
					t.Errorf("the error is %q", got)
				}
			})
			if c.keep == 0 {
				continue
			}
			t.Run(fmt.Sprintf("%v/RFC 6455 7.1.5/peer resets %s", l, c.name), func(t *testing.T) {
				t.Parallel()
				p := s.open(t, l, setup{})
				send(p)
				_ = p.tcp.SetLinger(0)
				_ = p.tcp.Close()
				// The reset may overtake what was sent before it.
				got := p.script.next(t)
				if got.kind != "error" || got.data != "connection reset by peer" || !strings.HasPrefix(c.partial, got.partial) {
					t.Errorf("the script saw %v", got)
				}
				if again := p.script.next(t); again.kind != "again" || again.data != got.data || again.partial != "" {
					t.Errorf("a later read returned %v, the first %v", again, got)
				}
			})
		}
	}
}

// TestReadTimeout: a timeout inside a frame loses nothing.
func TestReadTimeout(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	const patient = `
		local err, partial
		repeat
			_, err, partial = sock:read(1)
			if err ~= "timeout" then report("instead of a timeout", err, partial) return end
		until err == "timeout"
		report(err, partial)
		local data, typ = sock:read(20000)
		report(typ, data)
		sock:close()`
	for _, l := range links {
		for name, send := range map[string][]frame{
			"text":            {{op: text, payload: "0123µ日😀"}},
			"long text":       {{op: text, payload: ascii(300)}},
			"fragmented text": pieces(text, "one ", "two ", "three"),
		} {
			var all strings.Builder
			joined := ""
			for _, f := range send {
				all.WriteString(f.bytes(l))
				joined += f.payload
			}
			for _, at := range []int{1, 2, 3, all.Len() / 2, all.Len() - 1} {
				t.Run(fmt.Sprintf("%v/RFC 6455 5.2/timeout in %s at byte %d", l, name, at), func(t *testing.T) {
					t.Parallel()
					p := s.open(t, l, setup{scenario: scenario{code: patient}})
					p.write(all.String()[:at])
					p.script.sees(t, event{"timeout", "", ""})
					p.write(all.String()[at:])
					p.script.sees(t, event{"text", joined, ""})
					p.wantsClose(0)
					p.send(frame{op: closing})
					p.wantsEnd()
				})
			}
		}
	}
}
