package ws

import (
	"bufio"
	"bytes"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// FuzzDecoder checks that what a decoder makes of its input does not depend on how the input was
// split, and that what it holds follows what arrived. The feeder checks the latter.
func FuzzDecoder(f *testing.F) {
	for _, role := range []Role{Server, Client} {
		for i, c := range decoderCases {
			if data := wire(role, c.frames); len(data) < 300 && i%5 == int(role) {
				f.Add(data, []byte{1, 3, 2}, uint8(role))
			}
		}
	}
	f.Add(wire(Client, []wireFrame{{first: fin | rsv1 | 1, payload: unhex("f248cdc9c90700")}, {first: fin | rsv1 | 1, payload: unhex("f200110000")}}),
		[]byte{4}, uint8(Client)|4)
	f.Add(wire(Server, []wireFrame{{first: rsv1 | 1, payload: unhex("f348cdc9")}, {first: fin, payload: unhex("c9070000")}}), []byte{4}, uint8(Server)|4)
	f.Add(wire(Server, []wireFrame{{first: 2, payload: strings.Repeat("x", 9000)}, {first: fin, payload: strings.Repeat("x", 9000)}}),
		[]byte{200, 100}, uint8(Server)|16)

	f.Fuzz(func(t *testing.T, data, splits []byte, flags uint8) {
		if len(data) > 100_000 {
			return // hundreds of thousands of events show nothing that thousands do not
		}
		newDecoder := func() *Decoder {
			d := new(Decoder)
			d.Init(Role(flags&1), []int64{70_000, 20, 1000, 30_000}[flags>>3&3])
			if flags&4 != 0 {
				d.EnableDeflate(flags&2 != 0)
			}
			return d
		}
		want := decodeWhole(t, newDecoder, data)
		for _, direct := range []bool{false, true} {
			i := 0
			got := decodeSplit(t, newDecoder, data, direct, func(int) int {
				if len(splits) == 0 {
					return 1
				}
				size := splits[i%len(splits)]
				i++
				if size >= 200 {
					return 100 * int(size) // large reads, as sockets give them
				}
				return int(size)
			})
			if !got.equal(want) {
				t.Fatalf("flags %d, direct %t, splits %v, % x\ngot   %v\nwhole %v", flags, direct, splits, data, got, want)
			}
		}
	})
}

// FuzzServerHandshake checks that whatever request is accepted, the answer is one that a client who
// sent it must accept, with nothing in it that the request put there.
func FuzzServerHandshake(f *testing.F) {
	f.Add([]byte(upgradeRequest(nil)))
	f.Add([]byte(upgradeRequest(nil, "Sec-WebSocket-Protocol: chat, superchat", "Origin: http://example.com",
		"Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10, permessage-deflate; client_max_window_bits")))
	f.Add([]byte(upgradeRequest([]string{"Connection", "Upgrade"}, "Connection: keep-alive, Upgrade", "Upgrade: h2c, WebSocket")))
	f.Add([]byte(upgradeRequest([]string{"Sec-WebSocket-Version"}, "Sec-WebSocket-Version: 8")))
	f.Add([]byte("POST / HTTP/1.0\r\nContent-Length: 1\r\n\r\nx"))
	f.Add([]byte(upgradeRequest(nil, `Sec-WebSocket-Extensions: a; b="c\"d", permessage-deflate; server_max_window_bits="15"`)))

	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(data)))
		if err != nil {
			return
		}
		CheckOrigin(r, []string{"http://example.com"})
		key, herr := CheckRequest(r)
		if herr != nil {
			if key != "" || herr.Status < 400 || herr.Text == "" {
				t.Fatalf("%q: key %q with %+v", data, key, herr)
			}
			return
		}
		subprotocol := ChooseSubprotocol(r, []string{"superchat", "chat"})
		answer, _, _ := AnswerDeflate(r.Header[fieldExtensions], len(data)%2 == 0)
		response := AppendResponse(nil, AcceptKey(key), subprotocol, answer, nil)
		resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(response)), nil)
		if err != nil {
			t.Fatalf("%q: %v", response, err)
		}
		offered, _ := tokenList(r.Header[fieldProtocol])
		h := &ClientHandshake{key: key, subprotocols: offered, offer: strings.Join(r.Header[fieldExtensions], ",")}
		if err := h.CheckResponse(resp, nil); err != nil {
			t.Fatalf("request %q\nresponse %q\nerror %v", data, response, err)
		}
		if (h.Deflate != nil) != (answer != "") || h.Subprotocol != subprotocol {
			t.Fatalf("response %q is understood as %+v, %q", response, h.Deflate, h.Subprotocol)
		}
	})
}

// FuzzClientHandshake checks that whatever URL and header is accepted, the request is one that a
// server must accept, with nothing in it that was not asked for, and that any response is survived.
func FuzzClientHandshake(f *testing.F) {
	const good = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ACCEPT\r\n"
	f.Add("ws://example.com/chat?x=1", "Origin", "http://example.com", []byte(good+"\r\n"))
	f.Add("wss://user:password@[::1]:8443", "Sec-WebSocket-Protocol", "chat, superchat", []byte(good+"Sec-WebSocket-Protocol: chat\r\n\r\n"))
	f.Add("ws://h/a b?世", "Host", "other:81", []byte(good+"Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=8\r\n\r\n"))
	f.Add("http://h", "X", "a\r\nb", []byte("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"))
	f.Add("ws://h#", "Upgrade", "x", []byte(""))

	f.Fuzz(func(t *testing.T, url, name, value string, response []byte) {
		header := http.Header{name: {value}}
		h, err := NewRequest(url, header, ClientOptions{Subprotocols: []string{"v1"}, Deflate: true})
		if err != nil {
			return
		}
		request := h.AppendRequest(nil)
		lines := strings.Split(string(request), "\r\n")
		for _, line := range lines {
			if strings.ContainsAny(line, "\r\n\x00") {
				t.Fatalf("request %q", request)
			}
		}
		// The request line, seven lines of the handshake, the caller's, that of the userinfo,
		// and two empty ones.
		if len(lines) < 10 || len(lines) > 12 {
			t.Fatalf("request %q has %d lines", request, len(lines))
		}
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(request)))
		if err != nil {
			t.Fatalf("request %q: %v", request, err)
		}
		if key, herr := CheckRequest(r); herr != nil || key != h.key {
			t.Fatalf("request %q: %v", request, herr)
		}
		if offered, _ := tokenList(r.Header[fieldProtocol]); !slices.Contains(offered, "v1") {
			t.Fatalf("request %q offers %q", request, offered)
		}

		response = bytes.ReplaceAll(response, []byte("ACCEPT"), []byte(AcceptKey(h.key)))
		resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(response)), nil)
		if err != nil {
			return
		}
		if err := h.CheckResponse(resp, response); err != nil {
			if strings.ContainsAny(err.Error(), "\r\n\x00") {
				t.Fatalf("error %q", err)
			}
			return
		}
		if resp.Header.Get(fieldAccept) != AcceptKey(h.key) || resp.StatusCode != 101 {
			t.Fatalf("response %q is accepted", response)
		}
	})
}
