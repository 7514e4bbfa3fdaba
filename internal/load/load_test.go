//go:build linux

package load

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"silly/internal/testcert"
)

// listen serves handler and returns its address with the scheme, which may be ws, wss or http.
func listen(t *testing.T, scheme string, handler http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewUnstartedServer(handler)
	if scheme == "wss" {
		certificate, err := tls.X509KeyPair(pair(testcert.New(t)))
		if err != nil {
			t.Fatal(err)
		}
		s.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	return scheme + "://" + s.Listener.Addr().String() + "/"
}

func pair(a, b string) ([]byte, []byte) { return []byte(a), []byte(b) }

// answering is a WebSocket server that answers message n with what reply makes of it.
func answering(reply func(n int, message []byte, conn *websocket.Conn) error) http.HandlerFunc {
	upgrader := websocket.Upgrader{WriteBufferSize: 40} // long messages leave in fragments
	return func(w http.ResponseWriter, r *http.Request) {
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer conn.Close()
		for n := 0; ; n++ {
			_, message, err := conn.ReadMessage()
			if err != nil || reply(n, message, conn) != nil {
				return
			}
		}
	}
}

// send writes a message through NextWriter, which makes fragments of long ones.
func send(conn *websocket.Conn, message []byte) error {
	w, err := conn.NextWriter(websocket.TextMessage)
	if err != nil {
		return err
	}
	if _, err := w.Write(message); err != nil {
		return err
	}
	return w.Close()
}

var echoing = answering(func(_ int, message []byte, conn *websocket.Conn) error {
	if err := conn.WriteControl(websocket.PingMessage, []byte("?"), time.Now().Add(time.Minute)); err != nil {
		return err
	}
	return send(conn, message)
})

func TestEchoesAreCounted(t *testing.T) {
	for _, scheme := range []string{"ws", "wss"} {
		for _, size := range []int{minSize, 64, 200, 70_000} {
			result, err := Run(t.Context(), Spec{
				Kind: Echo, URL: listen(t, scheme, echoing), Connections: 3, InFlight: min(4, 1<<17/size), Size: size,
				Window: 30 * time.Millisecond, PID: os.Getpid(), Full: true,
			})
			if err != nil {
				t.Fatalf("%s, %d bytes: %v", scheme, size, err)
			}
			if result.Operations == 0 || result.P50 == 0 || result.P999 < result.P50 || result.CPU == 0 || result.RSS == 0 {
				t.Errorf("%s, %d bytes: result %+v", scheme, size, result)
			}
		}
	}
}

// listenLines is a server that answers line n with what reply makes of it.
func listenLines(t *testing.T, reply func(n int, line []byte) []byte) string {
	t.Helper()
	return "tcp://" + serveConnections(t, func(conn net.Conn) {
		r := bufio.NewReader(conn)
		for n := 0; ; n++ {
			line, err := r.ReadBytes('\n')
			if err != nil {
				return
			}
			if _, err := conn.Write(reply(n, line)); err != nil {
				return
			}
		}
	}) + "/"
}

func TestLinesAreCounted(t *testing.T) {
	same := func(_ int, line []byte) []byte { return line }
	for _, size := range []int{minSize, 64, 70_000} {
		spec := Spec{
			Kind: Echo, URL: listenLines(t, same), Connections: 3, InFlight: min(4, 1<<17/size), Size: size,
			Window: 30 * time.Millisecond, PID: os.Getpid(), Full: true,
		}
		if result, err := Run(t.Context(), spec); err != nil || result.Operations == 0 || result.P50 == 0 {
			t.Errorf("%d bytes: got %+v, %v", size, result, err)
		}
	}
	spec := Spec{Kind: Idle, URL: listenLines(t, same), Connections: 200, InFlight: 1, Size: 64, PID: os.Getpid()}
	if result, err := Run(t.Context(), spec); err != nil || result.Operations != 200 || result.RSS == 0 {
		t.Errorf("idle: got %+v, %v", result, err)
	}
	for at, want := range map[int]string{0: "message begins with", 30: "other bytes", 63: "other bytes"} {
		spec := Spec{Kind: Echo, Connections: 1, InFlight: 1, Size: 64, Window: time.Minute, Full: true}
		spec.URL = listenLines(t, func(n int, line []byte) []byte {
			if n == 10 {
				line[at] ^= 1
			}
			return line
		})
		if _, err := Run(t.Context(), spec); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("byte %d is wrong: got error %v, want one with %q", at, err, want)
		}
	}
}

// TestMisbehavingServersAreNoticed echoes ten messages and then does something else.
func TestMisbehavingServersAreNoticed(t *testing.T) {
	var last []byte
	for _, c := range []struct {
		name  string
		reply func(message []byte, conn *websocket.Conn) error
		want  string
	}{
		{"wrong first byte", func(m []byte, conn *websocket.Conn) error { m[0] ^= 1; return send(conn, m) }, "message begins with"},
		{"wrong byte in the middle", func(m []byte, conn *websocket.Conn) error { m[30] ^= 1; return send(conn, m) }, "other bytes"},
		{"wrong last byte", func(m []byte, conn *websocket.Conn) error { m[63] ^= 1; return send(conn, m) }, "other bytes"},
		{"too short", func(m []byte, conn *websocket.Conn) error { return send(conn, m[:63]) }, "message of 63 bytes"},
		{"too long", func(m []byte, conn *websocket.Conn) error { return send(conn, append(m, 'x')) }, "message of"},
		{"the message before again", func(m []byte, conn *websocket.Conn) error { return send(conn, last) }, "message begins with"},
		{"twice", func(m []byte, conn *websocket.Conn) error {
			return errOr(send(conn, m), func() error { return send(conn, m) })
		}, "message"},
		{"binary", func(m []byte, conn *websocket.Conn) error { return conn.WriteMessage(websocket.BinaryMessage, m) }, "unexpected frame"},
		{"close frame", func(m []byte, conn *websocket.Conn) error { return conn.WriteMessage(websocket.CloseMessage, nil) }, "close frame"},
		{"end", func(m []byte, conn *websocket.Conn) error { return io.EOF }, "EOF"},
	} {
		t.Run(c.name, func(t *testing.T) {
			address := listen(t, "ws", answering(func(n int, message []byte, conn *websocket.Conn) error {
				if n == 10 {
					return c.reply(message, conn)
				}
				last = message
				return send(conn, message)
			}))
			_, err := Run(t.Context(), Spec{Kind: Echo, URL: address, Connections: 1, InFlight: 1, Size: 64, Window: time.Minute, Full: true})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got error %v, want one with %q", err, c.want)
			}
		})
	}
}

func errOr(err error, f func() error) error {
	if err != nil {
		return err
	}
	return f()
}

func TestHTTPResponsesAreCounted(t *testing.T) {
	spec := Spec{Kind: HTTP, Connections: 3, Window: 30 * time.Millisecond}
	spec.URL = listen(t, "http", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, hello) })
	if result, err := Run(t.Context(), spec); err != nil || result.Operations == 0 {
		t.Errorf("got %+v, %v", result, err)
	}
	n := 0
	var mu sync.Mutex
	spec.Connections = 1
	spec.Window = time.Minute
	spec.URL = listen(t, "http", func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if n++; n == 10 {
			w.WriteHeader(500)
		}
		io.WriteString(w, hello)
	})
	if _, err := Run(t.Context(), spec); err == nil || !strings.Contains(err.Error(), "unexpected response") {
		t.Errorf("an answer of 500 gave the error %v", err)
	}
}

func TestConnectionsAreCounted(t *testing.T) {
	spec := Spec{Kind: Connect, URL: listen(t, "ws", echoing), Connections: 3, Window: 50 * time.Millisecond}
	if result, err := Run(t.Context(), spec); err != nil || result.Operations == 0 {
		t.Errorf("got %+v, %v", result, err)
	}
	spec.URL = listen(t, "ws", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) })
	if _, err := Run(t.Context(), spec); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("an answer of 404 gave the error %v", err)
	}
}

func TestIdleConnectionsAreOpened(t *testing.T) {
	spec := Spec{Kind: Idle, URL: listen(t, "ws", echoing), Connections: 200, InFlight: 1, Size: 64, PID: os.Getpid()}
	result, err := Run(t.Context(), spec)
	if err != nil || result.Operations != 200 || result.RSSBefore == 0 || result.RSS == 0 {
		t.Errorf("got %+v, %v", result, err)
	}
}

func TestBroadcastsAreCounted(t *testing.T) {
	var mu sync.Mutex
	var clients []*websocket.Conn
	upgrader := websocket.Upgrader{}
	address := listen(t, "ws", func(w http.ResponseWriter, r *http.Request) {
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer conn.Close()
		mu.Lock()
		clients = append(clients, conn)
		conn.WriteMessage(websocket.TextMessage, []byte(welcome))
		mu.Unlock()
		for {
			_, message, err := conn.ReadMessage()
			if err != nil {
				return
			}
			mu.Lock()
			for _, c := range clients {
				c.WriteMessage(websocket.TextMessage, message)
			}
			mu.Unlock()
		}
	})
	result, err := Run(t.Context(), Spec{Kind: Broadcast, URL: address, Connections: 5, Size: 64, Window: 30 * time.Millisecond, Full: true})
	if err != nil || result.Operations == 0 {
		t.Errorf("got %+v, %v", result, err)
	}
}

// pieces is a connection that delivers its content in given pieces.
type pieces struct {
	net.Conn
	content [][]byte
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.content) == 0 {
		return 0, io.EOF
	}
	n := copy(b, p.content[0])
	if p.content[0] = p.content[0][n:]; len(p.content[0]) == 0 {
		p.content = p.content[1:]
	}
	return n, nil
}

// TestFramesMayBeSplitAnywhere reads two messages, one of them in fragments with a ping between, that arrive
// in two pieces.
func TestFramesMayBeSplitAnywhere(t *testing.T) {
	payload := newPayload(7, 200)
	second := bytes.Clone(payload)
	putDigits(second, 1)
	var stream []byte
	stream = append(append(stream, textFrame, 30), payload[:30]...)
	stream = append(stream, finBit|pingFrame, 2, 'h', 'i')
	stream = append(append(stream, continuationFrame, 0), finBit|continuationFrame, 126, 0, 170)
	stream = append(stream, payload[30:]...)
	stream = append(append(stream, finBit|textFrame, 126, 0, 200), second...)
	for split := 1; split < len(stream); split++ {
		for _, size := range []int{16, 1024} { // of the buffer
			conn := &pieces{content: [][]byte{stream[:split], stream[split:]}}
			r := reader{conn: conn, buffer: make([]byte, size), payload: newPayload(7, 200), full: true}
			total := 0
			for {
				n, err := r.read()
				total += n
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatalf("split at %d: %v", split, err)
				}
			}
			if total != 2 {
				t.Fatalf("split at %d: got %d messages, want 2", split, total)
			}
		}
	}
}

func TestQuantilesAreExactToASixtyFourth(t *testing.T) {
	var h histogram
	for i := 1; i <= 1_000_000; i++ {
		h.add(time.Duration(i) * 137)
	}
	for _, q := range []float64{0.001, 0.5, 0.99, 0.999} {
		got, want := float64(h.quantile(q)), q*137e6
		if got < want*(1-1.0/64) || got > want*(1+1.0/64) {
			t.Errorf("quantile %v is %v, want %v", q, got, want)
		}
	}
	for _, v := range []uint64{0, 1, 63, 64, 127, 128, 1 << 40, 1<<63 - 1} {
		if got := value(bucket(v)); float64(got) < float64(v)*(1-1.0/64) || float64(got) > float64(v)*(1+1.0/64) {
			t.Errorf("%d is counted as %d", v, got)
		}
	}
}
