package wsconformance

import (
	"compress/flate"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// params are the parameters of an extension; a value of "" is none.
func params(element string) (name string, values map[string]string) {
	parts := strings.Split(element, ";")
	values = map[string]string{}
	for _, part := range parts[1:] {
		key, value, _ := strings.Cut(part, "=")
		values[strings.TrimSpace(key)] = strings.Trim(strings.TrimSpace(value), `"`)
	}
	return strings.TrimSpace(parts[0]), values
}

// checkAnswer checks a server's answer to an offer (RFC 7692 section 7.1).
func checkAnswer(t *testing.T, offer, answer string) {
	t.Helper()
	name, got := params(answer)
	if name != "permessage-deflate" || strings.Contains(answer, ",") || strings.Count(answer, ";") != len(got) {
		t.Fatalf("the answer is %q", answer)
	}
	_, offered := params(offer)
	for key, value := range got {
		offeredValue, isOffered := offered[key]
		bits, err := strconv.Atoi(value)
		switch key {
		case "server_no_context_takeover", "client_no_context_takeover":
			if value != "" {
				t.Errorf("RFC 7692 7.1.1: %s has a value in %q", key, answer)
			}
		case "server_max_window_bits":
			if err != nil || bits < 8 || bits > 15 {
				t.Errorf("RFC 7692 7.1.2.1: %q", answer)
			}
			if limit, err := strconv.Atoi(offeredValue); isOffered && (err != nil || bits > limit) {
				t.Errorf("RFC 7692 7.1.2.1: %q answers %q", answer, offer)
			}
		case "client_max_window_bits":
			if !isOffered || err != nil || bits < 8 || bits > 15 {
				t.Errorf("RFC 7692 7.1.2.2: %q answers %q", answer, offer)
			}
			if limit, err := strconv.Atoi(offeredValue); err == nil && bits > limit {
				t.Errorf("RFC 7692 7.1.2.2: %q answers %q", answer, offer)
			}
		default:
			t.Errorf("RFC 7692 7: %q", answer)
		}
	}
	for _, key := range []string{"server_no_context_takeover", "server_max_window_bits"} {
		if _, isOffered := offered[key]; isOffered && !strings.Contains(answer, key) {
			t.Errorf("RFC 7692 7.1: %q does not accept %s", answer, key)
		}
	}
}

// repeating is text whose repetitions are 200 and 20,000 bytes apart.
func repeating(n int) string {
	var b strings.Builder
	for b.Len() < n {
		for i := 0; i < 20000; i += 400 {
			b.WriteString(numbers[i : i+200])
			b.WriteString(numbers[i : i+200])
		}
	}
	return b.String()[:n]
}

// roundTrips sends messages in both forms and checks what comes back; what the other side compresses may
// refer back by window bytes.
func roundTrips(t *testing.T, p *peer, window int, takeover bool) {
	t.Helper()
	d := newDeflater(flate.BestSpeed)
	sizes := []int{0, 1, 100, 256, 300, 3000}
	if window < 32768 {
		sizes = append(sizes, 25000) // longer than any of these windows, with repetitions farther apart
	}
	for _, size := range sizes {
		payload := repeating(size)
		if !takeover {
			d.reset()
		}
		for _, f := range []frame{{op: text, payload: payload}, {op: binaryData, rsv: rsv1, payload: d.message(payload)}} {
			p.send(f)
			p.wants(frame{op: f.op, payload: payload})
			p.script.sees(t, event{kindOf(f.op), payload, ""})
			if !p.wasDeflate {
				if size >= 3000 {
					t.Errorf("a message of %d bytes is not compressed", size)
				}
				continue
			}
			out, distance, err := farthest(append(p.wire, "\x00\x00\xff\xff"...))
			if err != nil || string(out) != payload {
				t.Errorf("RFC 7692 7.2.1: message of %d bytes: %v", size, err)
			}
			if distance > window {
				t.Errorf("RFC 7692 7.1.2: message of %d bytes refers back by %d, the window is %d", size, distance, window)
			}
		}
	}
}

// TestServerNegotiation makes offers to the server.
func TestServerNegotiation(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	type offer struct {
		lines string
		taken int // which of the elements, from 1; 0 is none
	}
	offers := []offer{
		{"permessage-deflate", 1},
		{"permessage-deflate; client_no_context_takeover", 1},
		{"permessage-deflate; server_no_context_takeover", 1},
		{"permessage-deflate; server_no_context_takeover; client_no_context_takeover", 1},
		{"permessage-deflate; client_max_window_bits", 1},
		{"permessage-deflate;client_max_window_bits=15", 1},
		{"permessage-deflate ; client_max_window_bits = 8", 1},
		{`permessage-deflate; client_max_window_bits="10"`, 1},
		{`permessage-deflate; server_max_window_bits="15"`, 1},
		{"permessage-deflate; client_max_window_bits; server_max_window_bits=15; server_no_context_takeover; client_no_context_takeover", 1},
		// RFC 7692 section 7.1: declined.
		{"permessage-deflate; unknown", 0},
		{"permessage-deflate; unknown=1", 0},
		{"permessage-deflate; client_no_context_takeover; client_no_context_takeover", 0},
		{"permessage-deflate; server_max_window_bits=10; server_max_window_bits=10", 0},
		{"permessage-deflate; client_max_window_bits; client_max_window_bits=10", 0},
		{"permessage-deflate; server_max_window_bits", 0},
		{"permessage-deflate; client_no_context_takeover=1", 0},
		{"permessage-deflate; server_no_context_takeover=true", 0},
		{"x-webkit-deflate-frame", 0},
		{"permessage-bzip2", 0},
		{"PERMESSAGE-DEFLATE; unknown", 0},
		// The first that can be taken is.
		{"permessage-deflate; unknown, permessage-deflate", 2},
		{"permessage-foo; x=1, permessage-deflate; client_max_window_bits", 2},
		{"permessage-deflate; server_max_window_bits=16, permessage-deflate; server_max_window_bits=12", 2},
		{"permessage-deflate; client_no_context_takeover, permessage-deflate", 1},
		{"permessage-deflate; server_max_window_bits=7, permessage-deflate; x, permessage-deflate; server_no_context_takeover", 3},
		{", permessage-deflate, ", 2},
		{"foo, permessage-deflate\r\nSec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover", 2},
		{"permessage-deflate; x\r\nSec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover", 2},
	}
	for bits := 8; bits <= 15; bits++ {
		offers = append(offers, offer{fmt.Sprintf("permessage-deflate; server_max_window_bits=%d", bits), 1},
			offer{fmt.Sprintf("permessage-deflate; client_max_window_bits=%d", bits), 1})
	}
	for _, value := range []string{"0", "1", "7", "16", "08", "015", "-8", "+8", "8.0", "1e1", "x", `"7"`, `"08"`, "99999999999999999999"} {
		offers = append(offers, offer{"permessage-deflate; server_max_window_bits=" + value, 0}, offer{"permessage-deflate; client_max_window_bits=" + value, 0})
	}
	for n, o := range offers {
		for i, options := range []string{"compression = true", "compression = {takeover = true}"} {
			if (n+i)%2 == 0 && n > 9 {
				continue // every other offer under either option
			}
			l := []link{serverWS, serverWSS}[n/2%2]
			t.Run(fmt.Sprintf("%v/RFC 7692 7.1/%s, offer %.90q", l, options, o.lines), func(t *testing.T) {
				t.Parallel()
				p := s.dial(t, l, setup{scenario: scenario{options: options}, extensions: o.lines})
				answer := strings.Join(p.response.Header["Sec-Websocket-Extensions"], ", ")
				if o.taken == 0 {
					if answer != "" {
						t.Fatalf("the answer is %q", answer)
					}
					p.send(frame{op: text, payload: repeating(2000)})
					p.wants(frame{op: text, payload: repeating(2000)})
					p.script.sees(t, event{"text", repeating(2000), ""})
					p.finish()
					return
				}
				if answer == "" {
					t.Fatal("the offer was declined")
				}
				list := strings.Split(strings.ReplaceAll(o.lines, "\r\nSec-WebSocket-Extensions:", ","), ",")
				checkAnswer(t, list[o.taken-1], answer)
				_, agreed := params(answer)
				if _, no := agreed["client_no_context_takeover"]; !no && options == "compression = true" {
					t.Errorf("takeover is off, the answer %q allows it", answer)
				}
				window := 32768
				if bits, err := strconv.Atoi(agreed["server_max_window_bits"]); err == nil {
					window = 1 << bits
				}
				roundTrips(t, p, window, !strings.Contains(answer, "client_no_context_takeover"))
				p.finish()
			})
		}
	}
}

// TestServerWithoutCompression: one side or the other does not want it.
func TestServerWithoutCompression(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	for _, options := range []string{"", "compression = false"} {
		t.Run(fmt.Sprintf("server over ws/RFC 7692 5/%q declines", options), func(t *testing.T) {
			t.Parallel()
			p := s.dial(t, serverWS, setup{scenario: scenario{options: options}, extensions: "permessage-deflate"})
			if answer := p.response.Header["Sec-Websocket-Extensions"]; answer != nil {
				t.Errorf("the answer is %q", answer)
			}
			p.finish()
		})
	}
	for _, options := range []string{"", "compression = true"} {
		t.Run(fmt.Sprintf("server over ws/RFC 7692 5/%q is not offered anything", options), func(t *testing.T) {
			t.Parallel()
			p := s.dial(t, serverWS, setup{scenario: scenario{options: options}})
			if answer := p.response.Header["Sec-Websocket-Extensions"]; answer != nil {
				t.Errorf("the answer is %q", answer)
			}
			p.send(frame{op: text, payload: repeating(2000)})
			p.wants(frame{op: text, payload: repeating(2000)})
			p.script.sees(t, event{"text", repeating(2000), ""})
			p.send(frame{op: text, rsv: rsv1, payload: deflate(1, "x")})
			p.wantsClose(1002)
			p.wantsEnd()
			p.script.seesFailure(t, "")
		})
	}
}

// TestClientNegotiation answers the offer of the client.
func TestClientNegotiation(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	optionsList := []string{"compression = true", "compression = {takeover = true}"}
	for i, options := range optionsList {
		l := []link{clientWSS, clientWS}[i]
		t.Run(fmt.Sprintf("%v/RFC 7692 7.1/offer of %s", l, options), func(t *testing.T) {
			t.Parallel()
			p := s.acceptRequest(t, l, setup{scenario: scenario{options: options}})
			offer := strings.Join(p.request.Header["Sec-Websocket-Extensions"], ", ")
			for element := range strings.SplitSeq(offer, ",") {
				name, values := params(element)
				if name != "permessage-deflate" || strings.Count(element, ";") != len(values) {
					t.Fatalf("the offer is %q", offer)
				}
				for key, value := range values {
					bits, err := strconv.Atoi(value)
					valid := strings.HasSuffix(key, "_no_context_takeover") && value == "" ||
						strings.HasSuffix(key, "_max_window_bits") && (value == "" && strings.HasPrefix(key, "client") || err == nil && bits >= 8 && bits <= 15)
					if !valid {
						t.Errorf("the offer %q has %s=%s", offer, key, value)
					}
				}
				if _, asked := values["server_no_context_takeover"]; asked != (options == optionsList[0]) {
					t.Errorf("the offer is %q", offer)
				}
			}
			p.write(p.answer(""))
			p.script.sees(t, event{"open", "nil", ""})
			p.send(frame{op: text, payload: repeating(2000)})
			p.wants(frame{op: text, payload: repeating(2000)}) // nothing was agreed: checkFrame wants no RSV1
			p.script.sees(t, event{"text", repeating(2000), ""})
			p.finish()
		})
	}
	answers := []string{
		"permessage-deflate", "permessage-deflate; server_no_context_takeover", "permessage-deflate; client_no_context_takeover",
		"permessage-deflate;client_no_context_takeover ; server_no_context_takeover", `permessage-deflate; server_max_window_bits="9"`,
		"permessage-deflate; server_max_window_bits=8; server_no_context_takeover; client_no_context_takeover",
	}
	for bits := 8; bits <= 15; bits++ {
		answers = append(answers, fmt.Sprintf("permessage-deflate; server_no_context_takeover; server_max_window_bits=%d", bits),
			fmt.Sprintf("permessage-deflate; server_no_context_takeover; client_max_window_bits=%d", bits))
	}
	for n, answer := range answers {
		for i, options := range optionsList {
			if (n/2+i)%2 == 0 && n > 5 {
				continue
			}
			l := []link{clientWS, clientWSS}[i]
			t.Run(fmt.Sprintf("%v/RFC 7692 7.1/%s, answer %q", l, options, answer), func(t *testing.T) {
				t.Parallel()
				p := s.acceptRequest(t, l, setup{scenario: scenario{options: options}})
				_, agreed := params(answer)
				if _, bits := agreed["client_max_window_bits"]; bits && !strings.Contains(p.request.Header.Get("Sec-WebSocket-Extensions"), "client_max_window_bits") {
					p.write(p.answer("Sec-WebSocket-Extensions: " + answer + "\r\n"))
					if got := p.script.next(t); got.kind != "refused" {
						t.Errorf("what was not offered is accepted: %v", got)
					}
					return
				}
				p.write(p.answer("Sec-WebSocket-Extensions: " + answer + "\r\n"))
				p.script.sees(t, event{"open", "nil", ""})
				p.agree(map[string][]string{"Sec-Websocket-Extensions": {answer}})
				window := 32768
				if bits, err := strconv.Atoi(agreed["client_max_window_bits"]); err == nil {
					window = 1 << bits
				}
				roundTrips(t, p, window, !strings.Contains(answer, "server_no_context_takeover"))
				p.finish()
			})
		}
	}
}

// TestClientRefusesNegotiation: answers to what was not offered.
func TestClientRefusesNegotiation(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	refused := []string{
		"permessage-foo", "x-webkit-deflate-frame", "permessage-deflate; unknown", "permessage-deflate, permessage-deflate", "permessage-deflate, foo",
		"permessage-deflate; server_max_window_bits", "permessage-deflate; client_max_window_bits",
		"permessage-deflate; client_no_context_takeover=1", "permessage-deflate; server_no_context_takeover=0",
		"permessage-deflate; server_no_context_takeover; server_no_context_takeover", "permessage-deflate; client_max_window_bits=9; client_max_window_bits=9",
		"permessage-deflate;", "permessage-deflate; =8", "permessage deflate", "permessage-deflate; server_max_window_bits=", `permessage-deflate; server_max_window_bits="8`,
	}
	for _, value := range []string{"0", "7", "16", "08", "-8", "x"} {
		refused = append(refused, "permessage-deflate; server_max_window_bits="+value, "permessage-deflate; client_max_window_bits="+value)
	}
	for i, answer := range refused {
		l := []link{clientWS, clientWSS}[i%2]
		t.Run(fmt.Sprintf("%v/RFC 7692 7.1/answer %q is refused", l, answer), func(t *testing.T) {
			t.Parallel()
			p := s.acceptRequest(t, l, setup{scenario: scenario{options: "compression = true"}})
			p.write(p.answer("Sec-WebSocket-Extensions: " + answer + "\r\n"))
			p.wantsRefusal("websocket handshake failed: ")
		})
	}
	for _, options := range []string{"", "compression = false"} {
		t.Run(fmt.Sprintf("client over ws/RFC 6455 9.1/%q, answered with permessage-deflate", options), func(t *testing.T) {
			t.Parallel()
			p := s.acceptRequest(t, clientWS, setup{scenario: scenario{options: options}})
			if offer := p.request.Header["Sec-Websocket-Extensions"]; offer != nil {
				t.Errorf("the offer is %q", offer)
			}
			p.write(p.answer("Sec-WebSocket-Extensions: permessage-deflate\r\n"))
			p.wantsRefusal("websocket handshake failed: ")
		})
	}
}

// compressed makes the exchanges ones of a connection with compression, on which the peer may refer to
// earlier messages.
func compressed(exchanges []exchange) []exchange {
	for i := range exchanges {
		exchanges[i].options, exchanges[i].extensions = "compression = {takeover = true}", "permessage-deflate"
	}
	return exchanges
}

// deflated is a message compressed by its bytes on the wire.
func deflated(op byte, payload string) frame { return frame{op: op, rsv: rsv1, payload: payload} }

func TestCompressedMessages(t *testing.T) {
	t.Parallel()
	var cases []exchange
	hello := []frame{{op: text, payload: "Hello"}}
	both := append(hello, hello...)
	add := func(rfc, name string, want []frame, send ...frame) {
		cases = append(cases, exchange{rfc: rfc, name: name, send: send, want: want},
			exchange{rfc: rfc, name: name + " byte by byte", send: send, want: want, cut: 1})
	}
	add("7692 7.2.3.1", "example of one frame", hello, deflated(text, "\xf2\x48\xcd\xc9\xc9\x07\x00"))
	add("7692 7.2.3.1", "example of two fragments", hello, frame{op: text, rsv: rsv1, more: true, payload: "\xf2\x48\xcd"}, frame{payload: "\xc9\xc9\x07\x00"})
	add("7692 7.2.3.2", "example of two messages that share the window", both, deflated(text, "\xf2\x48\xcd\xc9\xc9\x07\x00"), deflated(text, "\xf2\x00\x11\x00\x00"))
	add("7692 7.2.3.2", "example of two messages that do not", both, deflated(text, "\xf2\x48\xcd\xc9\xc9\x07\x00"), deflated(text, "\xf2\x48\xcd\xc9\xc9\x07\x00"))
	add("7692 7.2.3.3", "example of a stored block", hello, deflated(text, "\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"))
	add("7692 7.2.3.4", "example of a final block", hello, deflated(text, "\xf3\x48\xcd\xc9\xc9\x07\x00\x00"))
	add("7692 7.2.3.5", "example of two blocks", hello, deflated(text, "\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"))
	add("7692 7.2.3.6", "example of an empty message", []frame{{op: text}}, deflated(text, "\x00"))
	add("7692 7.2.3.6", "empty message in a fixed block", []frame{{op: binaryData}}, deflated(binaryData, "\x02\x00"))
	add("7692 7.2.3.4", "final block, then a message that refers to it", both, deflated(text, "\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), deflated(text, "\xf2\x00\x11\x00\x00"))
	add("7692 6.1", "uncompressed between compressed", []frame{hello[0], {op: text, payload: "plain"}, hello[0]},
		deflated(text, "\xf2\x48\xcd\xc9\xc9\x07\x00"), frame{op: text, payload: "plain"}, deflated(text, "\xf2\x00\x11\x00\x00"))
	add("7692 6.1", "uncompressed fragments", hello, pieces(text, "Hel", "", "lo")...)
	add("7692 6.1", "ping between compressed fragments", []frame{{op: pong, payload: "p"}, hello[0]},
		frame{op: text, rsv: rsv1, more: true, payload: "\xf2\x48\xcd"}, frame{op: ping, payload: "p"}, frame{payload: "\xc9\xc9\x07\x00"})
	add("7692 6.1", "compressed fragments of a byte, some empty", hello,
		frame{op: text, rsv: rsv1, more: true}, frame{more: true, payload: "\xf2"}, frame{more: true, payload: "\x48"}, frame{more: true}, frame{more: true, payload: "\xcd"},
		frame{more: true, payload: "\xc9\xc9\x07"}, frame{more: true, payload: "\x00"}, frame{})

	shared := map[int]*deflater{}
	for _, level := range []int{flate.HuffmanOnly, 0, 1, 6, 9} {
		shared[level] = newDeflater(level)
		for _, n := range []int{1, 125, 126, 1000, 65536} {
			if n > 1000 && level > 0 && level < 9 {
				continue
			}
			for kind, payload := range map[string]string{"text": ascii(n), "noise": allBytes(n), "zeros": strings.Repeat("\x00", n)} {
				op := byte(binaryData)
				if kind == "text" {
					op = text
				}
				d := shared[level]
				d.reset()
				m := frame{op: op, payload: payload}
				first, second := d.message(payload), d.message(payload)
				cases = append(cases, exchange{rfc: "7692 7.2.2", name: fmt.Sprintf("%d bytes of %s at level %d, twice", n, kind, level),
					send: []frame{deflated(op, first), deflated(op, second)}, want: []frame{m, m}})
				third := len(first) / 3
				cases = append(cases, exchange{rfc: "7692 6.1", name: fmt.Sprintf("%d bytes of %s at level %d in three fragments", n, kind, level),
					send: []frame{{op: op, rsv: rsv1, more: true, payload: first[:third]}, {more: true, payload: first[third : 2*third]}, {payload: first[2*third:]}}, want: []frame{m}})
			}
		}
	}
	d := newDeflater(9)
	var send, want []frame
	for i := range 40 {
		payload := fmt.Sprintf("message %d: %s", i, ascii(997*i%5000))
		send = append(send, deflated(text, d.message(payload)))
		want = append(want, frame{op: text, payload: payload})
	}
	cases = append(cases, exchange{rfc: "7692 7.2.1", name: "forty messages that share the window", send: send, want: want})
	// The window spans many messages: 32,000 bytes lie between the first and what refers to it.
	d = newDeflater(9)
	send, want = nil, nil
	for _, payload := range []string{"needle " + allBytes(200), allBytes(31_000), "needle " + allBytes(200)} {
		send = append(send, deflated(binaryData, d.message(payload)))
		want = append(want, frame{op: binaryData, payload: payload})
	}
	cases = append(cases, exchange{rfc: "7692 7.2.1", name: "a message that refers back by 31,000 bytes", send: send, want: want})
	run(t, newSuite(t), compressed(cases))
}

func TestCompressionErrors(t *testing.T) {
	t.Parallel()
	corrupt := map[string]string{
		"block of kind 3": "\x06", "block of kind 3 after text": "\xf2\x48\xcd\xc9\xc9\x07\x00\x06", "stored block with a wrong length": "\x00\x05\x00\x00\x00Hello\x00",
		"distance before the beginning": "\xf2\x00\x11\x00\x00", "invalid code lengths": "\xfc\xff\xff\xff\xff\xff\xff\xff\xff\xff", "noise": "\xff\xff\xff\xff",
	}
	var cases []exchange
	for name, payload := range corrupt {
		for _, op := range []byte{text, binaryData} {
			cases = append(cases, exchange{rfc: "7692 7.2.2", name: fmt.Sprintf("%s in %s", name, kindOf(op)), send: []frame{deflated(op, payload)}, code: 1007, text: "corrupt"},
				exchange{rfc: "7692 7.2.2", name: fmt.Sprintf("%s in fragmented %s", name, kindOf(op)),
					send: []frame{{op: op, rsv: rsv1, more: true, payload: payload[:1]}, {payload: payload[1:]}}, code: 1007, text: "corrupt"})
		}
	}
	for _, s := range []string{"\xff", "good\xc0\x80", "\xed\xa0\x80", "cut \xe6\x97", ascii(5000) + "\x80"} {
		cases = append(cases, exchange{rfc: "6455 8.1", name: fmt.Sprintf("compressed text that ends with %+q", s[max(0, len(s)-5):]), send: []frame{deflated(text, deflate(9, s))}, code: 1007, text: "text message is not valid utf-8"},
			exchange{rfc: "6455 5.6", name: fmt.Sprintf("compressed binary that ends with %+q", s[max(0, len(s)-5):]), send: []frame{deflated(binaryData, deflate(9, s))}, want: []frame{{op: binaryData, payload: s}}})
	}
	for _, bits := range []byte{rsv2, rsv3, rsv1 | rsv2, rsv1 | rsv3, rsv1 | rsv2 | rsv3} {
		for _, op := range []byte{text, binaryData} {
			cases = append(cases, exchange{rfc: "7692 6", name: fmt.Sprintf("reserved bits %03b in %s", bits>>4, kindOf(op)), send: []frame{{op: op, rsv: bits, payload: "\x00"}}, code: 1002})
		}
	}
	for _, op := range []byte{ping, pong, closing} {
		cases = append(cases, exchange{rfc: "7692 6.1", name: "compressed " + kindOf(op), send: []frame{{op: op, rsv: rsv1, payload: "\x03\xe8"}}, code: 1002},
			exchange{rfc: "7692 6.1", name: "compressed " + kindOf(op) + " in a compressed message", send: []frame{{op: text, rsv: rsv1, more: true, payload: "\xf2"}, {op: op, rsv: rsv1, payload: "\x03\xe8"}}, code: 1002})
	}
	cases = append(cases,
		exchange{rfc: "7692 6.1", name: "RSV1 on the last fragment", send: []frame{{op: text, rsv: rsv1, more: true, payload: "\xf2\x48\xcd"}, {rsv: rsv1, payload: "\xc9\xc9\x07\x00"}}, code: 1002},
		exchange{rfc: "7692 6.1", name: "RSV1 on the second fragment only", send: []frame{{op: text, more: true, payload: "plain"}, {rsv: rsv1, payload: "\x00"}}, code: 1002, partial: "plain"})
	cases = compressed(cases)
	// Without takeover, a message that refers to an earlier one is corrupt. (A server tells the client so;
	// the answer to a client does.)
	cases = append(cases, exchange{rfc: "7692 7.1.1", name: "takeover that was not agreed", options: "compression = true", extensions: "permessage-deflate; server_no_context_takeover",
		send: []frame{deflated(text, "\xf2\x48\xcd\xc9\xc9\x07\x00"), deflated(text, "\xf2\x00\x11\x00\x00")}, want: []frame{{op: text, payload: "Hello"}}, code: 1007, links: links})
	run(t, newSuite(t), cases)
}

// TestOutgoingCompression: what leaves compressed, and how.
func TestOutgoingCompression(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	n := 0
	each := func(name, compression string, f func(t *testing.T, p *peer)) {
		n++
		for _, l := range halves[n%2] {
			t.Run(l.String()+"/RFC 7692 6.1/"+name, func(t *testing.T) {
				t.Parallel()
				p := s.open(t, l, setup{scenario: scenario{options: "compression = " + compression}, extensions: "permessage-deflate"})
				f(t, p)
				p.finish()
			})
		}
	}
	echoes := func(t *testing.T, p *peer, m frame) {
		t.Helper()
		p.send(m)
		p.wants(m)
		p.script.sees(t, event{kindOf(m.op), m.payload, ""})
	}
	for _, threshold := range []int{0, 1, 2, 100, 5000, 65537} {
		each(fmt.Sprintf("threshold of %d", threshold), fmt.Sprintf("{threshold = %d}", threshold), func(t *testing.T, p *peer) {
			for _, n := range []int{threshold - 1, threshold} {
				if n < 0 {
					continue
				}
				echoes(t, p, frame{op: text, payload: strings.Repeat("a", n)})
				if p.wasDeflate != (n >= threshold) && n >= 64 {
					t.Errorf("%d bytes: compressed is %t", n, p.wasDeflate)
				}
				if p.wasDeflate && n < threshold {
					t.Errorf("%d bytes are compressed", n)
				}
			}
		})
	}
	for level := 1; level <= 9; level++ {
		each(fmt.Sprintf("level %d", level), fmt.Sprintf("{level = %d}", level), func(t *testing.T, p *peer) {
			for _, n := range []int{0, 1, 500, 9000} {
				echoes(t, p, frame{op: text, payload: ascii(n)})
				if n >= 500 && (!p.wasDeflate || len(p.wire) >= n) {
					t.Errorf("%d bytes: compressed is %t, %d on the wire", n, p.wasDeflate, len(p.wire))
				}
				echoes(t, p, frame{op: binaryData, payload: allBytes(n)})
			}
		})
	}
	each("pings are never compressed", "{threshold = 1}", func(t *testing.T, p *peer) {
		for range 3 {
			f := frame{op: ping, payload: strings.Repeat("a", 125)}
			p.send(f)
			p.wants(frame{op: pong, payload: f.payload})
			p.script.sees(t, event{"ping", f.payload, ""})
		}
	})
	// Compressed, this is still more than 64 KiB: RSV1 stands on the first fragment only, which
	// checkFrame sees to.
	each("a compressed message in fragments", "true", func(t *testing.T, p *peer) {
		m := frame{op: binaryData, payload: strings.Repeat(allBytes(100_000), 2) + strings.Repeat("x", 100_000)}
		echoes(t, p, m)
		if !p.wasDeflate || len(p.sizes) < 2 {
			t.Errorf("compressed is %t, in fragments of %v", p.wasDeflate, p.sizes)
		}
		if slices.Max(p.sizes) > 65536 {
			t.Errorf("fragments of %v", p.sizes)
		}
	})
}
