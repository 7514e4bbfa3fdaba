package natsplane

import (
	"fmt"
	"maps"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"silly/luahost/backplane"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"go.uber.org/goleak"
)

const patience = 20 * time.Second

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// startServer starts a NATS server on a port of its own, or on that of options.
func startServer(t *testing.T, options *server.Options) *server.Server {
	t.Helper()
	options.Host, options.NoLog, options.NoSigs = "127.0.0.1", true, true
	if options.Port == 0 {
		options.Port = server.RANDOM_PORT
	}
	s, err := server.NewServer(options)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { stopServer(s) })
	if !s.ReadyForConnections(patience) {
		t.Fatal("the NATS server does not start")
	}
	return s
}

func stopServer(s *server.Server) {
	s.Shutdown()
	s.WaitForShutdown()
}

// connect makes a plane that is connected to servers.
func connect(t *testing.T, servers ...string) *Plane {
	t.Helper()
	p, err := Connect(Options{Servers: servers})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

// A receiver is a subscription.
type receiver chan backplane.Message

// subscribe subscribes and waits until the server knows of it.
func subscribe(t *testing.T, p *Plane, pattern, queue string) (r receiver, cancel func()) {
	t.Helper()
	r = make(receiver, 10_000)
	cancel, err := p.Subscribe(pattern, queue, func(m backplane.Message) { r <- m })
	if err != nil {
		t.Fatal(err)
	}
	settle(t, p)
	return r, cancel
}

// settle waits until the server has done what a plane wants of it.
func settle(t *testing.T, p *Plane) {
	t.Helper()
	observer, err := nats.Connect(p.conn.ConnectedUrl())
	if err != nil {
		t.Fatal(err)
	}
	defer observer.Close()
	seen, _ := observer.SubscribeSync("settled." + p.node)
	_ = observer.Flush()
	if err := p.Publish(backplane.Message{Topic: "settled." + p.node}); err != nil {
		t.Fatal(err)
	}
	if _, err := seen.NextMsg(patience); err != nil {
		t.Fatal(err)
	}
}

// next returns the next message.
func (r receiver) next(t *testing.T) backplane.Message {
	t.Helper()
	select {
	case m := <-r:
		return m
	case <-time.After(patience):
		t.Fatal("no message has come")
		return backplane.Message{}
	}
}

// expect checks the data of the next message.
func (r receiver) expect(t *testing.T, data string) {
	t.Helper()
	if m := r.next(t); m.Data != data {
		t.Fatalf("got %q, want %q", m.Data, data)
	}
}

func publish(t *testing.T, p *Plane, topic, data string) {
	t.Helper()
	if err := p.Publish(backplane.Message{Topic: topic, Data: data, Origin: p.node}); err != nil {
		t.Fatal(err)
	}
}

// TestMessagesReachAll: once each, with everything that leaves the process; the rest stays where it was published.
func TestMessagesReachAll(t *testing.T) {
	t.Parallel()
	s := startServer(t, new(server.Options))
	a, b := connect(t, s.ClientURL()), connect(t, s.ClientURL())
	here, _ := subscribe(t, a, "room.*", "")
	also, cancel := subscribe(t, a, "room.>", "")
	there, _ := subscribe(t, b, "room.1", "")
	header := map[string]string{
		"from": "ann", "From": "bob", "a b": " x ", "ü": "\x00\r\n\xff", "nats-trace-dest": "x", "Status": "503",
		"silly-node": b.node, "empty": "", "x:y": "z",
	}
	m := backplane.Message{Topic: "room.1", Data: "\x00\xffdata", Header: header, Origin: "me", Except: "conn"}
	if err := a.Publish(m); err != nil {
		t.Fatal(err)
	}
	for i, r := range []receiver{here, also, there} {
		got := r.next(t)
		if got.Topic != m.Topic || got.Data != m.Data || got.Origin != "me" || !maps.Equal(got.Header, header) {
			t.Errorf("got %+v", got)
		}
		if local := got.Except != nil; local != (i < 2) {
			t.Errorf("receiver %d: except is %v", i, got.Except)
		}
	}
	cancel()
	cancel()
	publish(t, a, "room.1", "1")
	for _, r := range []receiver{here, there} {
		r.expect(t, "1")
	}
	publish(t, b, "room.1", "2")
	publish(t, b, "room.2", "3")
	for _, r := range []receiver{here, there} {
		r.expect(t, "2")
	}
	here.expect(t, "3")
	if len(also)+len(here)+len(there) != 0 {
		t.Error("messages came twice, or after the end of a subscription")
	}
	want := backplane.Status{Kind: "nats", Connected: true, Servers: []string{s.Addr().String()}}
	if status := a.Status(); !reflect.DeepEqual(status, want) {
		t.Errorf("status %+v", status)
	}
}

// TestOrder: each subscription gets the messages of each publisher in order, and all of them.
func TestOrder(t *testing.T) {
	t.Parallel()
	s := startServer(t, new(server.Options))
	planes := []*Plane{connect(t, s.ClientURL()), connect(t, s.ClientURL())}
	var receivers []receiver
	for _, p := range planes {
		for _, pattern := range []string{"o.*", ">", "o.x"} {
			r, _ := subscribe(t, p, pattern, "")
			receivers = append(receivers, r)
		}
	}
	const count = 2000
	var publishers sync.WaitGroup
	for i, p := range planes {
		publishers.Go(func() {
			for n := range count {
				m := backplane.Message{Topic: "o.x", Data: fmt.Sprint(n), Origin: fmt.Sprint(i)}
				if err := p.Publish(m); err != nil {
					t.Error(err)
				}
			}
		})
	}
	publishers.Wait()
	for _, r := range receivers {
		want := map[string]int{}
		for range len(planes) * count {
			m := r.next(t)
			for m.Topic != "o.x" { // settled.*
				m = r.next(t)
			}
			if m.Data != fmt.Sprint(want[m.Origin]) {
				t.Fatalf("publisher %s: %s comes instead of %d", m.Origin, m.Data, want[m.Origin])
			}
			want[m.Origin]++
		}
	}
}

// TestQueues: each message goes to one member over all processes, also when it listens with a pattern, in the order of
// their publisher.
func TestQueues(t *testing.T) {
	t.Parallel()
	s := startServer(t, new(server.Options))
	a, b := connect(t, s.ClientURL()), connect(t, s.ClientURL())
	var members []receiver
	for _, p := range []*Plane{a, a, b} {
		r, _ := subscribe(t, p, "job.x", "q")
		members = append(members, r)
	}
	wild, _ := subscribe(t, b, "job.*", "q")
	gone, cancel := subscribe(t, a, "job.x", "other")
	_, cancel2 := subscribe(t, a, "job.x", "other")
	cancel()
	cancel2()
	settle(t, a)
	members = append(members, wild)
	other, _ := subscribe(t, b, "job.x", "other")
	end, _ := subscribe(t, b, "end", "")
	const count = 500
	for n := range count {
		publish(t, a, "job.x", fmt.Sprintf("%05d", n))
	}
	publish(t, a, "end", "")
	end.expect(t, "")
	settle(t, b)
	seen := map[string]int{}
	start := time.Now()
	for n := 0; n < count; {
		if time.Since(start) > patience {
			t.Fatalf("%d messages of %d", n, count)
		}
		for i, r := range members {
			last := ""
			got := 0
			for ; len(r) > 0; got++ {
				m := r.next(t)
				if m.Data <= last {
					t.Errorf("member %d: %s comes after %s", i, m.Data, last)
				}
				last = m.Data
				seen[m.Data]++
				n++
			}
			if n < count && len(seen) == 0 {
				time.Sleep(time.Millisecond)
			}
		}
	}
	if len(seen) != count || len(gone) != 0 {
		t.Errorf("%d of %d messages, and %d for who has gone", len(seen), count, len(gone))
	}
	for range count {
		other.next(t)
	}
	publish(t, a, "end", "")
	end.expect(t, "")
	for _, r := range append(members, other) {
		if len(r) != 0 {
			t.Errorf("messages came twice: %v", r.next(t))
		}
	}
}

// TestRequests: they reach one server, wherever it is, and who asks learns when there is none.
func TestRequests(t *testing.T) {
	t.Parallel()
	s := startServer(t, new(server.Options))
	a, b := connect(t, s.ClientURL()), connect(t, s.ClientURL())
	inbox, _ := subscribe(t, a, "_INBOX.a.*", "")
	subscribe(t, a, "listener", "")
	ask := func(id string) backplane.Message {
		err := a.Publish(backplane.Message{Topic: "price", Data: "tea", Origin: "a", Reply: "_INBOX.a." + id})
		if err != nil {
			t.Fatal(err)
		}
		m := inbox.next(t)
		if m.Topic != "_INBOX.a."+id {
			t.Errorf("an answer to %s instead of %s", m.Topic, id)
		}
		return m
	}
	if m := ask("1"); !m.Nobody {
		t.Errorf("got %v", m)
	}
	for i, p := range []*Plane{b, a} {
		cancel, _ := p.Subscribe("price", "serve", func(m backplane.Message) {
			answer := backplane.Message{Topic: m.Reply, Data: m.Data + p.node, Header: map[string]string{"silly-error": "no"}}
			if err := p.Publish(answer); err != nil {
				t.Error(err)
			}
		})
		settle(t, p)
		if m := ask(fmt.Sprint("x", i)); m.Nobody || m.Data != "tea"+p.node || m.Header["silly-error"] != "no" {
			t.Errorf("got %v", m)
		}
		cancel()
		settle(t, p)
		if m := ask(fmt.Sprint("y", i)); !m.Nobody {
			t.Errorf("after the server has gone: %v", m)
		}
	}
}

// TestParseServers: URLs, and errors that say nothing about passwords.
func TestParseServers(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"localhost":                        "nats://localhost:4222",
		"nats://a, tls://u:secret@b:1":     "nats://a:4222 tls://u:secret@b:1",
		"ws://a/path":                      "ws://a/path",
		"[::1]":                            "nats://[::1]:4222",
		"":                                 "the URL of a server is empty",
		"nats://a,":                        "the URL of a server is empty",
		"http://u:secret@a":                "URL 1: nats://, tls://, ws:// or wss:// expected",
		"nats://a,nats://u:secret%zz@b":    "URL 2 cannot be read",
		"nats://u:secret@":                 "URL 1 has no host",
		"nats://u:secret@a/b":              "URL 1 has more than a host and a port",
		"nats://secret@a?x":                "URL 1 has more than a host and a port",
		"nats://secret@a:b":                "URL 1 cannot be read",
		strings.Repeat("a,", 100) + "last": "more than 100 URLs",
	} {
		servers, err := ParseServers(text)
		got := strings.Join(servers, " ")
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
