package natsplane

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"silly/internal/testcert"
	"silly/luahost/backplane"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// await waits until a plane is connected, or is not.
func await(t *testing.T, p *Plane, connected bool) {
	t.Helper()
	for start := time.Now(); p.Status().Connected != connected; time.Sleep(5 * time.Millisecond) {
		if time.Since(start) > patience {
			t.Fatalf("status %+v", p.Status())
		}
	}
}

// TestServerRestarts: while the server is away messages go on within the process, and Publish says what does not; then
// everything is as before.
func TestServerRestarts(t *testing.T) {
	t.Parallel()
	s := startServer(t, new(server.Options))
	a, b := connect(t, s.ClientURL()), connect(t, s.ClientURL())
	plain, _ := subscribe(t, a, "x.*", "")
	first, _ := subscribe(t, a, "x.1", "q")
	second, _ := subscribe(t, a, "x.1", "q")
	far, _ := subscribe(t, b, "x.1", "")
	port := s.Addr().(*net.TCPAddr).Port
	stopServer(s)
	await(t, a, false)
	await(t, b, false)
	for n := range 10 {
		start := time.Now()
		err := a.Publish(backplane.Message{Topic: "x.1", Data: fmt.Sprint(n)})
		if err == nil || !strings.HasPrefix(err.Error(), "NATS is away: ") || time.Since(start) > time.Second {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		plain.expect(t, fmt.Sprint(n))
	}
	for _, r := range []receiver{first, second} { // in turns, and in order
		last := ""
		for range 5 {
			if m := r.next(t); m.Data <= last {
				t.Errorf("%s comes after %s", m.Data, last)
			} else {
				last = m.Data
			}
		}
	}
	if err := a.Publish(backplane.Message{Topic: "x.1", Reply: "_INBOX.a.1"}); err != nil {
		t.Errorf("a request that is answered here: %v", err)
	}
	if err := a.Publish(backplane.Message{Topic: "x.2", Reply: "_INBOX.a.1"}); err == nil {
		t.Error("a request that nobody answers succeeds")
	}
	plain.expect(t, "")
	plain.expect(t, "")
	if status := a.Status(); len(status.Servers) != 0 || status.Err == "" {
		t.Errorf("status %+v", status)
	}
	late, _ := a.Subscribe("late", "", func(m backplane.Message) { first <- m })
	defer late()
	select {
	case <-first:
	case <-second:
	}
	startServer(t, &server.Options{Port: port})
	await(t, a, true)
	await(t, b, true)
	settle(t, a)
	settle(t, b)
	publish(t, a, "x.1", "back")
	far.expect(t, "back")
	publish(t, b, "late", "came")
	plain.expect(t, "back")
	publish(t, b, "x.1", "again")
	plain.expect(t, "again")
	seen := []string{}
	for range 3 {
		select {
		case m := <-first:
			seen = append(seen, m.Data)
		case m := <-second:
			seen = append(seen, m.Data)
		case <-time.After(patience):
			t.Fatalf("only %v came", seen)
		}
	}
	if len(first)+len(second)+len(plain) != 0 {
		t.Error("messages came twice")
	}
}

// TestItComesBack: also after a server that knows nobody.
func TestItComesBack(t *testing.T) {
	t.Parallel()
	options := server.Options{Username: "ann", Password: "secret"}
	s := startServer(t, &options)
	port := s.Addr().(*net.TCPAddr).Port
	var mu sync.Mutex
	var lines []string
	log := func(_ slog.Level, text string) {
		mu.Lock()
		defer mu.Unlock()
		lines = append(lines, text)
	}
	p, err := Connect(Options{Servers: []string{"nats://ann:secret@" + s.Addr().String()}, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	stopServer(s)
	await(t, p, false)
	s = startServer(t, &server.Options{Port: port, Username: "bob", Password: "other"})
	for start := time.Now(); !strings.Contains(p.Status().Err, "uthorization"); time.Sleep(5 * time.Millisecond) {
		if time.Since(start) > patience {
			t.Fatalf("status %+v", p.Status())
		}
	}
	for start := time.Now(); time.Since(start) < patience; time.Sleep(5 * time.Millisecond) {
		if seen, err := s.Varz(nil); err == nil && seen.TotalConnections > 3 { // it is refused again and again
			break
		}
	}
	stopServer(s)
	startServer(t, &server.Options{Port: port, Username: "ann", Password: "secret"})
	await(t, p, true)
	_ = p.Close()
	_ = p.Close()
	mu.Lock()
	defer mu.Unlock()
	text := strings.Join(lines, "\n")
	told := strings.Contains(text, "NATS is away: ") && strings.Contains(text, "NATS is back: connected to 127.0.0.1:")
	if !told || strings.Contains(text, "secret") {
		t.Errorf("the log says %q", lines)
	}
	if err := p.Publish(backplane.Message{Topic: "x"}); err != backplane.ErrClosed {
		t.Errorf("after Close: %v", err)
	}
	if _, err := p.Subscribe("x", "", nil); err != backplane.ErrClosed {
		t.Errorf("after Close: %v", err)
	}
}

// TestCannotConnect: the errors say where and why, and nothing secret.
func TestCannotConnect(t *testing.T) {
	t.Parallel()
	s := startServer(t, &server.Options{Username: "ann", Password: "right"})
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	closed, _ := net.Listen("tcp", "127.0.0.1:0")
	_ = closed.Close()
	no := filepath.Join(t.TempDir(), "no")
	type listener interface{ Addr() net.Addr }
	servers := func(before string, l listener) Options { return Options{Servers: []string{before + l.Addr().String()}} }
	at := func(l listener) string { return "cannot connect to NATS at " + l.Addr().String() + ": " }
	for _, c := range []struct {
		options Options
		want    string
	}{
		{servers("nats://u:secret@", closed), at(closed) + "connection refused"},
		{servers("nats://u:secret@", s), at(s) + "Authorization Violation"},
		{servers("tls://u:secret@", s), at(s) + "secure connection not available"},
		{servers("nats://secret@", silent), at(silent) + "timeout"},
		{Options{Servers: []string{"nats://a"}, Credentials: no}, "cannot read " + no + ": no such file or directory"},
		{Options{Servers: []string{"nats://a"}, CA: os.Args[0]}, "failed to parse root certificate from "},
	} {
		start := time.Now()
		p, err := Connect(c.options)
		if p != nil || err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%v, want %s", err, c.want)
		}
		if took := time.Since(start); took > 2*firstConnect {
			t.Errorf("%v took %v", err, took)
		}
	}
}

// TestTLS: certificates by file, on both sides.
func TestTLS(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	certificate, key := filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	certificateText, keyText := testcert.New(t, "localhost")
	err := os.WriteFile(certificate, []byte(certificateText), 0o600)
	if err := errors.Join(err, os.WriteFile(key, []byte(keyText), 0o600)); err != nil {
		t.Fatal(err)
	}
	files := server.TLSConfigOpts{CertFile: certificate, KeyFile: key, CaFile: certificate, Verify: true, Timeout: 5}
	config, err := server.GenTLSConfig(&files)
	if err != nil {
		t.Fatal(err)
	}
	s := startServer(t, &server.Options{TLS: true, TLSVerify: true, TLSTimeout: 5, TLSConfig: config})
	servers := []string{"tls://" + s.Addr().String()}
	p, err := Connect(Options{Servers: servers, CA: certificate, Certificate: certificate, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	_ = p.Close()
	for _, o := range []Options{{Servers: servers}, {Servers: servers, CA: certificate}} {
		if p, err := Connect(o); err == nil {
			t.Error("connected without certificates")
			_ = p.Close()
		} else {
			t.Log(err)
		}
	}
}

// TestStalledServer: one that takes nothing any more holds up nobody.
func TestStalledServer(t *testing.T) {
	t.Parallel()
	s := startServer(t, new(server.Options))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	stall := make(chan struct{})
	over := make(chan struct{})
	var work sync.WaitGroup
	defer work.Wait()
	defer close(over)
	work.Go(func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			_ = listener.Close() // it does not come back
			far, _ := net.Dial("tcp", s.Addr().String())
			work.Go(func() { _, _ = io.Copy(near, far) })
			work.Go(func() {
				buffer := make([]byte, 4096)
				for {
					n, err := near.Read(buffer)
					if err != nil {
						break
					}
					_, _ = far.Write(buffer[:n])
					select {
					case <-stall:
						<-over
						_, _ = near.Close(), far.Close()
						return
					default:
					}
				}
				_, _ = near.Close(), far.Close()
			})
		}
	})
	p := connect(t, "nats://"+listener.Addr().String())
	close(stall)
	data := strings.Repeat("x", 1<<19)
	for start := time.Now(); ; time.Sleep(time.Millisecond) {
		published := time.Now()
		err := p.Publish(backplane.Message{Topic: "x", Data: data})
		if took := time.Since(published); took > time.Second {
			t.Fatalf("Publish took %v", took)
		}
		if err != nil {
			t.Log(err)
			break
		}
		if time.Since(start) > patience {
			t.Fatal("Publish says nothing")
		}
	}
	await(t, p, false)
}

// TestOtherPublishers: what silly would not publish is dropped, or does no harm.
func TestOtherPublishers(t *testing.T) {
	t.Parallel()
	s := startServer(t, &server.Options{MaxPayload: 4 << 20})
	p := connect(t, s.ClientURL())
	all, _ := subscribe(t, p, ">", "")
	inQueue, _ := subscribe(t, p, "x", "q")
	for range 2 {
		if m := all.next(t); !strings.HasPrefix(m.Topic, "settled.") {
			t.Fatalf("got %+v", m)
		}
	}
	foreign, err := nats.Connect(s.ClientURL(), nats.NoEcho())
	if err != nil {
		t.Fatal(err)
	}
	defer foreign.Close()
	many := nats.Header{}
	for n := range backplane.MaxHeader + 1 {
		many[fmt.Sprint("f", n)] = []string{"x"}
	}
	for _, m := range []*nats.Msg{
		{Subject: "x", Data: make([]byte, backplane.MaxData+1)},
		{Subject: "x", Header: many},
		{Subject: "x", Header: nats.Header{"large": {strings.Repeat("x", backplane.MaxHeaderBytes+1)}}},
		{Subject: "x", Header: nats.Header{otherFields: {"!"}}},
		{Subject: "x", Header: nats.Header{otherFields: {strings.Repeat("YQ=YQ,", 1000)}}},
		{Subject: "x", Header: nats.Header{otherFields: {strings.Repeat("Y", 1<<20)}}},
		{Subject: "$x.y"},
	} {
		if err := foreign.PublishMsg(m); err != nil {
			t.Fatal(err)
		}
	}
	_ = foreign.Publish(strings.Repeat("x", 1025), nil)
	_ = foreign.PublishMsg(&nats.Msg{Subject: "x", Header: nats.Header{nodeField: {p.node}}, Data: []byte("forged")})
	inQueue.expect(t, "forged") // nobody but this queue is to get what this process has published
	_ = foreign.PublishMsg(&nats.Msg{
		Subject: "x", Reply: "$JS.API.STREAM.DELETE.x", Data: []byte("good"),
		Header: nats.Header{"A": {"1", "2"}, originField: {strings.Repeat("o", maxOrigin+1)}, "silly-x": {"x"}},
	})
	_ = foreign.Flush()
	raw(t, s, "HPUB x 8 9\r\nGARBAGE!x\r\n")
	for _, r := range []receiver{all, inQueue} {
		m := r.next(t)
		if m.Data != "good" || m.Reply != "" || m.Origin != "" || len(m.Header) != 1 || m.Header["A"] != "1, 2" {
			t.Errorf("got %+v", m)
		}
	}
	for _, r := range []receiver{all, inQueue} {
		if m := r.next(t); m.Data != "x" || m.Header != nil {
			t.Errorf("got %+v", m)
		}
	}
	err = p.Publish(backplane.Message{Topic: "x", Data: strings.Repeat("x", 4<<20)})
	if err == nil || !strings.Contains(err.Error(), "the NATS server takes 4194304") {
		t.Errorf("a message that is too large: %v", err)
	}
}

// raw sends bytes to a server as a client that knows no better.
func raw(t *testing.T, s *server.Server, text string) {
	t.Helper()
	conn, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, `CONNECT {"verbose":false,"headers":true}`+"\r\n"+text+"PING\r\n")
	_ = conn.SetDeadline(time.Now().Add(patience))
	for got := ""; !strings.Contains(got, "PONG"); {
		buffer := make([]byte, 4096)
		n, err := conn.Read(buffer)
		if err != nil {
			t.Fatalf("%v after %q", err, got)
		}
		got += string(buffer[:n])
	}
}

// FuzzDecode: what decode takes comes back the same.
func FuzzDecode(f *testing.F) {
	f.Add("a", "b", "YQ=Yg", "data", "reply")
	f.Add("Status", "503", "YQ=Yg,=", "", "$x")
	f.Add("", "0", "00", "0", "0")
	f.Fuzz(func(t *testing.T, name, text, others, data, reply string) {
		p := &Plane{node: "n"}
		header := nats.Header{name: {text}, otherFields: {others}}
		msg := &nats.Msg{Subject: "x", Reply: reply, Data: []byte(data), Header: header}
		m, _, err := decode(msg)
		if err != nil {
			return
		}
		again, node, err := decode(p.encode(m))
		if err != nil || node != "n" || fmt.Sprint(again) != fmt.Sprint(m) {
			t.Errorf("%+v becomes %+v from %q, %v", m, again, node, err)
		}
	})
}
