package ws

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
)

// payloads are what the tests with an independent peer send back and forth.
func payloads() []string {
	return []string{"", "Hello", "世界", strings.Repeat("x", 125), strings.Repeat("x", 126), largeMessage(65536), largeMessage(300_000)}
}

// endpoint is the least I/O that this package needs to talk over a connection.
type endpoint struct {
	conn   io.ReadWriter
	reader *bufio.Reader
	d      Decoder
	e      Encoder
	buf    []byte
	rest   []byte
}

func newEndpoint(role Role, conn io.ReadWriter, reader *bufio.Reader, deflate *Deflate) *endpoint {
	p := &endpoint{conn: conn, reader: reader, buf: make([]byte, 5000)}
	p.d.Init(role, 1<<20)
	p.e.Init(role)
	if deflate != nil {
		p.d.EnableDeflate(deflate.PeerTakeover(role))
		p.e.EnableDeflate(Compression{WindowBits: deflate.WindowBits(role)})
	}
	return p
}

func (p *endpoint) read() (Event, error) {
	for {
		if want := p.d.Want(); want != nil && len(p.rest) == 0 {
			n, err := p.reader.Read(want)
			if err != nil {
				return Event{}, err
			}
			if ev, ok, err := p.d.Filled(n); ok || err != nil {
				return ev, err
			}
			continue
		}
		if len(p.rest) == 0 {
			n, err := p.reader.Read(p.buf)
			if err != nil {
				return Event{}, err
			}
			p.rest = p.buf[:n]
		}
		n, ev, ok, err := p.d.Next(p.rest)
		p.rest = p.rest[n:]
		if ok || err != nil {
			return ev, err
		}
	}
}

func (p *endpoint) write(op Opcode, payload string) error {
	var err error
	var out []byte
	if op.IsControl() {
		out, err = p.e.AppendControl(nil, op, payload)
	} else {
		out = p.e.AppendMessage(nil, op, payload)
	}
	if err == nil {
		_, err = p.conn.Write(out)
	}
	return err
}

// TestServerTalksToGorilla runs the server side of this package against a client of
// gorilla/websocket.
func TestServerTalksToGorilla(t *testing.T) {
	t.Parallel()
	for _, compression := range []bool{false, true} {
		done := make(chan error, 1)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			done <- serveEcho(w, r, compression)
		}))
		defer server.Close()
		dialer := websocket.Dialer{EnableCompression: compression, Subprotocols: []string{"chat", "superchat"}}
		conn, resp, err := dialer.Dial("ws"+strings.TrimPrefix(server.URL, "http"), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if got := conn.Subprotocol(); got != "superchat" {
			t.Errorf("subprotocol is %q", got)
		}
		if got := resp.Header.Get("Sec-WebSocket-Extensions") != ""; got != compression {
			t.Errorf("compression is %t, want %t", got, compression)
		}
		echoWithGorilla(t, conn, compression)
		if err := <-done; err != nil {
			t.Errorf("server: %v", err)
		}
	}
}

// serveEcho is an echo server: it ends with the close frame of its peer.
func serveEcho(w http.ResponseWriter, r *http.Request, compression bool) error {
	key, herr := CheckRequest(r)
	if herr != nil {
		http.Error(w, herr.Text, herr.Status)
		return herr
	}
	var deflate *Deflate
	answer := ""
	if compression {
		var agreed Deflate
		var ok bool
		if answer, agreed, ok = AnswerDeflate(r.Header["Sec-Websocket-Extensions"], true); ok {
			deflate = &agreed
		}
	}
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.Write(AppendResponse(nil, AcceptKey(key), ChooseSubprotocol(r, []string{"superchat"}), answer, nil)); err != nil {
		return err
	}
	p := newEndpoint(Server, conn, rw.Reader, deflate)
	for {
		ev, err := p.read()
		if err != nil {
			return err
		}
		switch ev.Opcode {
		case Ping:
			err = p.write(Pong, ev.Data)
		case Pong:
		default:
			err = p.write(ev.Opcode, ev.Data)
		}
		if err != nil || ev.Opcode == Close {
			return err
		}
	}
}

// echoWithGorilla sends messages to an echo server and compares what comes back.
func echoWithGorilla(t *testing.T, conn *websocket.Conn, compression bool) {
	t.Helper()
	pongs := 0
	conn.SetPongHandler(func(data string) error {
		pongs++
		if data != "ping" {
			return fmt.Errorf("pong %q", data)
		}
		return nil
	})
	for _, payload := range payloads() {
		for _, kind := range []int{websocket.TextMessage, websocket.BinaryMessage} {
			conn.EnableWriteCompression(compression && len(payload)%2 == 0)
			if err := conn.WriteMessage(websocket.PingMessage, []byte("ping")); err != nil {
				t.Fatal(err)
			}
			if err := conn.WriteMessage(kind, []byte(payload)); err != nil {
				t.Fatal(err)
			}
			gotKind, got, err := conn.ReadMessage()
			if err != nil || gotKind != kind || string(got) != payload {
				t.Fatalf("sent %d %s, got %d %s, %v", kind, brief(payload), gotKind, brief(string(got)), err)
			}
		}
	}
	if want := 2 * len(payloads()); pongs != want {
		t.Errorf("%d pongs, want %d", pongs, want)
	}
	if err := conn.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(4000, "bye")); err != nil {
		t.Fatal(err)
	}
	_, _, err := conn.ReadMessage()
	if !websocket.IsCloseError(err, 4000) || !strings.Contains(err.Error(), "bye") {
		t.Errorf("close came back as %v", err)
	}
}

// TestClientTalksToGorilla runs the client side of this package against a server of
// gorilla/websocket.
func TestClientTalksToGorilla(t *testing.T) {
	t.Parallel()
	for _, compression := range []bool{false, true} {
		done := make(chan error, 1)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			done <- gorillaEcho(w, r, compression)
		}))
		defer server.Close()
		opts := ClientOptions{Subprotocols: []string{"chat"}}
		if compression {
			opts.Deflate, opts.Takeover = true, true
		}
		h, err := NewRequest("ws"+strings.TrimPrefix(server.URL, "http")+"/echo", nil, opts)
		if err != nil {
			t.Fatal(err)
		}
		conn, err := net.Dial("tcp", h.Address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := conn.Write(h.AppendRequest(nil)); err != nil {
			t.Fatal(err)
		}
		reader := bufio.NewReader(conn)
		resp, err := http.ReadResponse(reader, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.CheckResponse(resp, nil); err != nil {
			t.Fatal(err)
		}
		if h.Subprotocol != "chat" || (h.Deflate != nil) != compression {
			t.Errorf("agreed on %q, %+v", h.Subprotocol, h.Deflate)
		}
		p := newEndpoint(Client, conn, reader, h.Deflate)
		for _, payload := range payloads() {
			for _, op := range []Opcode{Text, Binary} {
				// A peer that reads late fills both socket buffers; the server reads first.
				if err := p.write(op, payload); err != nil {
					t.Fatal(err)
				}
				if ev, err := p.read(); err != nil || ev.Opcode != op || ev.Data != payload {
					t.Fatalf("sent %s %s, got %s %s, %v", op, brief(payload), ev.Opcode, brief(ev.Data), err)
				}
			}
		}
		if err := p.write(Ping, "ping"); err != nil {
			t.Fatal(err)
		}
		if ev, err := p.read(); err != nil || ev.Opcode != Pong || ev.Data != "ping" {
			t.Errorf("sent a ping, got %v, %v", ev, err)
		}
		payload, _ := ClosePayload(3000, "bye")
		if err := p.write(Close, payload); err != nil {
			t.Fatal(err)
		}
		if ev, err := p.read(); err != nil || ev.Code != 3000 {
			t.Errorf("sent a close, got %v, %v", ev, err)
		}
		if err := <-done; !websocket.IsCloseError(err, 3000) {
			t.Errorf("server ends with %v", err)
		}
	}
}

func gorillaEcho(w http.ResponseWriter, r *http.Request, compression bool) error {
	upgrader := websocket.Upgrader{EnableCompression: compression, Subprotocols: []string{"chat"}}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return err
	}
	defer conn.Close()
	for {
		kind, data, err := conn.ReadMessage()
		if err != nil {
			return err
		}
		if err := conn.WriteMessage(kind, data); err != nil {
			return err
		}
	}
}
