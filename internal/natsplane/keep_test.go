package natsplane

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"silly/luahost/backplane"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// startStreams starts a NATS server with JetStream.
func startStreams(t *testing.T) *server.Server {
	t.Helper()
	return startServer(t, &server.Options{JetStream: true, StoreDir: t.TempDir()})
}

// submit publishes a message and waits until it is kept.
func submit(t *testing.T, p *Plane, m backplane.Message) error {
	t.Helper()
	stored := make(chan error, 2)
	kept, err := p.Submit(m, func(err error) { stored <- err })
	if !kept {
		t.Fatalf("%s is not kept", m.Topic)
	}
	if err != nil {
		return err
	}
	select {
	case err := <-stored:
		return err
	case <-time.After(2 * patience):
		t.Fatal("nobody says what has become of the message")
		return nil
	}
}

// keepAll publishes messages that are kept.
func keepAll(t *testing.T, p *Plane, topic string, data ...string) {
	t.Helper()
	for _, text := range data {
		if err := submit(t, p, backplane.Message{Topic: topic, Data: text, Origin: p.node}); err != nil {
			t.Fatal(err)
		}
	}
}

func keep(t *testing.T, p *Plane, pattern string, limit backplane.Limit) {
	t.Helper()
	if err := p.Keep(t.Context(), pattern, limit); err != nil {
		t.Fatal(err)
	}
}

// since returns the data of what is kept, and the number of the last message.
func since(t *testing.T, p *Plane, topic string, id uint64) (data string, last uint64) {
	t.Helper()
	found, err := p.Since(t.Context(), topic, id)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range found {
		if m.ID <= max(last, id) || m.Topic != topic {
			t.Errorf("%d of %s comes after %d", m.ID, m.Topic, max(last, id))
		}
		data, last = data+m.Data, m.ID
	}
	return data, last
}

// TestKeeping: numbers, order, limits, header and except over two processes; what is kept arrives once, also where it was
// published.
func TestKeeping(t *testing.T) {
	t.Parallel()
	s := startStreams(t)
	a, b := connect(t, s.ClientURL()), connect(t, s.ClientURL())
	keep(t, a, "room.*", backplane.Limit{Count: 3})
	keep(t, b, "room.*", backplane.Limit{Count: 3})
	here, _ := subscribe(t, a, "room.1", "")
	there, _ := subscribe(t, b, "room.>", "")
	header := map[string]string{"from": "ann", "a b": "\x00", "nats-x": "y"}
	m := backplane.Message{Topic: "room.1", Data: "1", Header: header, Origin: "me", Except: "conn"}
	if err := submit(t, a, m); err != nil {
		t.Fatal(err)
	}
	first := here.next(t)
	other := there.next(t)
	if first.Except != "conn" || other.Except != nil {
		t.Errorf("except is %v, and elsewhere %v", first.Except, other.Except)
	}
	found, err := b.Since(t.Context(), "room.1", 0)
	if err != nil || len(found) != 1 {
		t.Fatalf("%v, %v", found, err)
	}
	for _, got := range []backplane.Message{first, other, found[0]} {
		same := got.Topic == "room.1" && got.Data == "1" && got.Origin == "me" && maps.Equal(got.Header, header)
		if !same || got.ID != first.ID {
			t.Errorf("got %+v", got)
		}
	}
	if age := time.Since(time.UnixMicro(int64(first.ID))); age < 0 || age > time.Minute {
		t.Errorf("the first number is %d", first.ID)
	}
	keepAll(t, b, "room.1", "2", "3", "4")
	keepAll(t, b, "room.2", "x")
	for _, data := range []string{"2", "3", "4"} {
		here.expect(t, data)
		there.expect(t, data)
	}
	there.expect(t, "x")
	data, last := since(t, a, "room.1", 0)
	if next, _ := since(t, a, "room.1", last-1); data != "234" || next != "4" {
		t.Errorf("kept %q, and %q after the one before the last", data, next)
	}
	if data, _ := since(t, a, "room.1", last); data != "" {
		t.Errorf("after the last: %q", data)
	}
	if data, _ := since(t, a, "other", 0); data != "" {
		t.Errorf("of a topic that is not kept: %q", data)
	}
	if kept, err := a.Submit(backplane.Message{Topic: "room.1", Reply: "_INBOX.x"}, nil); kept || err != nil {
		t.Errorf("a request is kept: %v", err)
	}
	keep(t, a, "room.*", backplane.Limit{Count: 1, Age: time.Hour})
	if data, _ := since(t, b, "room.1", 0); data != "4" {
		t.Errorf("with a new limit: %q", data)
	}
	if len(here)+len(there) != 0 {
		t.Error("messages came twice")
	}
}

// TestKeptOrder: what many publish at a time comes in the order of the numbers, once, and in that of each publisher; and so
// it is kept. There is no message between what Since returns and what a subscription gets that was made before.
func TestKeptOrder(t *testing.T) {
	t.Parallel()
	s := startStreams(t)
	planes := []*Plane{connect(t, s.ClientURL()), connect(t, s.ClientURL())}
	const count = 300
	var publishers sync.WaitGroup
	for i, p := range planes {
		keep(t, p, "o.>", backplane.Limit{})
		publishers.Go(func() {
			for n := range count {
				m := backplane.Message{Topic: "o.x", Data: fmt.Sprint(n), Origin: fmt.Sprint(i)}
				if err := p.Publish(m); err != nil {
					t.Error(err)
				}
			}
		})
	}
	var receivers sync.WaitGroup
	for i := range 10 {
		p := planes[i%2]
		receivers.Go(func() {
			live := make(receiver, 3*count)
			cancel, _ := p.Subscribe("o.x", "", func(m backplane.Message) { live <- m })
			defer cancel()
			found, err := p.Since(t.Context(), "o.x", 0)
			if err != nil {
				t.Error(err)
			}
			want := map[string]int{}
			last := uint64(0)
			for n := 0; n < 2*count; {
				var m backplane.Message
				if len(found) > 0 {
					m, found = found[0], found[1:]
				} else if m = live.next(t); m.ID <= last {
					continue
				}
				if m.Data != fmt.Sprint(want[m.Origin]) || m.ID <= last {
					t.Errorf("%s of %s with %d comes instead of %d", m.Data, m.Origin, m.ID, want[m.Origin])
					return
				}
				want[m.Origin]++
				last = m.ID
				n++
			}
		})
	}
	publishers.Wait()
	receivers.Wait()
}

// TestCannotKeep: a server without JetStream, patterns that cannot be kept, and those that other processes keep.
func TestCannotKeep(t *testing.T) {
	t.Parallel()
	plain := connect(t, startServer(t, new(server.Options)).ClientURL())
	if err := plain.Keep(t.Context(), "x", backplane.Limit{}); err != errNoStreams {
		t.Errorf("without JetStream: %v", err)
	}
	s := startStreams(t)
	a, b := connect(t, s.ClientURL()), connect(t, s.ClientURL())
	keep(t, b, "a.*", backplane.Limit{})
	for pattern, want := range map[string]string{
		"a.b":             "the pattern overlaps with another one, which is kept already",
		"a..b":            `bad topic "a..b": a token is empty`,
		">":               "between machines the pattern '>' cannot be kept, but '*' and '*.>' can",
		"x.{{wildcard(1)": `between machines the pattern "x.{{wildcard(1)" cannot be kept: a token has '{{' or begins with '$'`,
		"x.$1":            `between machines the pattern "x.$1" cannot be kept: a token has '{{' or begins with '$'`,
	} {
		if err := a.Keep(t.Context(), pattern, backplane.Limit{}); fmt.Sprint(err) != want {
			t.Errorf("%s: %v, want %s", pattern, err, want)
		}
	}
	if err := a.Keep(t.Context(), "x", backplane.Limit{Count: 1e9}); err == nil {
		t.Error("10^9 messages are kept")
	}
	for _, pattern := range []string{"*", "b.*.c.*.>", "*.y.z"} {
		keep(t, a, pattern, backplane.Limit{})
	}
	all, _ := subscribe(t, b, ">", "")
	all.next(t) // settled
	for _, topic := range []string{"one", "x.y.z", "b.1.c.2.d.e"} {
		keepAll(t, a, topic, topic)
		m := all.next(t)
		for backplane.Internal(m.Topic) {
			m = all.next(t)
		}
		if m.Topic != topic || m.ID == 0 {
			t.Errorf("got %+v", m)
		}
	}
	_ = a.Close()
	if err := a.Keep(t.Context(), "y", backplane.Limit{}); err != backplane.ErrClosed {
		t.Errorf("after Close: %v", err)
	}
}

// TestLargeHistory: more than a batch of Since, and only the last bytes.
func TestLargeHistory(t *testing.T) {
	t.Parallel()
	s := startStreams(t)
	p := connect(t, s.ClientURL())
	keep(t, p, "*", backplane.Limit{})
	var last error
	var stored sync.WaitGroup
	for n := range sinceBatch + 500 {
		stored.Add(1)
		_, _ = p.Submit(backplane.Message{Topic: "many", Data: fmt.Sprint(n % 10)}, func(err error) {
			if err != nil {
				last = err
			}
			stored.Done()
		})
	}
	stored.Wait()
	if data, _ := since(t, p, "many", 0); data != strings.Repeat("0123456789", (sinceBatch+500)/10) || last != nil {
		t.Errorf("%d messages are kept, %v", len(data), last)
	}
	large := strings.Repeat("x", 900<<10)
	for range 20 {
		keepAll(t, p, "large", large)
	}
	if data, _ := since(t, p, "large", 0); len(data) != maxSinceBytes/len(large)*len(large) {
		t.Errorf("%d bytes are kept", len(data))
	}
}

// TestForeignStreams: what others write into a stream, or say of one, does no harm.
func TestForeignStreams(t *testing.T) {
	t.Parallel()
	s := startStreams(t)
	p := connect(t, s.ClientURL())
	keep(t, p, "x.*", backplane.Limit{})
	live, _ := subscribe(t, p, "x.*", "")
	foreign, err := nats.Connect(s.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	defer foreign.Close()
	forged := nats.Header{
		"Nats-Stream": {streamName("x.*")}, "Nats-Subject": {keptPrefix + "x.1"}, "Nats-Sequence": {"18446744073709551615"},
		nodeField: {p.node},
	}
	for _, m := range []*nats.Msg{
		{Subject: "x.1", Header: forged, Data: []byte("forged")}, // no number
		{Subject: keptPrefix + "x.1", Data: []byte("from outside")},
		{Subject: keptPrefix + "x.1", Header: forged, Data: []byte("forged")},
		{Subject: keptPrefix + "x.1", Header: nats.Header{otherFields: {"!"}}, Data: []byte("unreadable")},
		{Subject: keptPrefix + "x.1", Header: nats.Header{"A": {"1", "2"}}, Data: []byte("good")},
	} {
		_ = foreign.PublishMsg(m)
	}
	_ = foreign.Flush()
	keepAll(t, p, "x.1", "last")
	for _, data := range []string{"from outside", "forged", "good", "last"} {
		live.expect(t, data)
	}
	found, err := p.Since(t.Context(), "x.1", 0)
	if err != nil || len(found) != 4 || found[2].Header["A"] != "1, 2" {
		t.Errorf("%+v, %v", found, err)
	}
	js, _ := foreign.JetStream()
	name := streamName("y")
	if _, err := js.AddStream(&nats.StreamConfig{Name: name, Subjects: []string{"other"}}); err != nil {
		t.Fatal(err)
	}
	if err := p.Keep(t.Context(), "y", backplane.Limit{}); err != errForeign {
		t.Errorf("a foreign stream: %v", err)
	}
	if err := js.DeleteStream(streamName("x.*")); err != nil {
		t.Fatal(err)
	}
	keepAll(t, p, "x.1", "again") // in a new stream
	again := live.next(t)
	found, err = p.Since(t.Context(), "x.1", found[3].ID)
	if err != nil || len(found) != 1 || found[0].ID != again.ID || again.Data != "again" {
		t.Errorf("%+v, %v", found, err)
	}
}

// TestKeepingWhileAway: publishing says so, those here get messages without a number, and Keep is done when the server comes.
func TestKeepingWhileAway(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := startServer(t, &server.Options{JetStream: true, StoreDir: folder})
	port := s.Addr().(interface{ String() string }).String()
	p := connect(t, s.ClientURL())
	keep(t, p, "x", backplane.Limit{})
	keepAll(t, p, "x", "1")
	live, _ := subscribe(t, p, "*", "")
	stopServer(s)
	await(t, p, false)
	err := submit(t, p, backplane.Message{Topic: "x", Data: "here"})
	if err == nil || !strings.HasPrefix(err.Error(), "NATS is away: ") {
		t.Errorf("while NATS is away: %v", err)
	}
	if m := live.next(t); m.Data != "here" || m.ID != 0 {
		t.Errorf("got %+v", m)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := p.Keep(ctx, "y", backplane.Limit{}); err == nil {
		t.Error("kept while NATS is away")
	}
	if _, err := p.Since(t.Context(), "x", 0); err == nil {
		t.Error("Since while NATS is away")
	}
	var number int
	_, _ = fmt.Sscan(port[strings.LastIndex(port, ":")+1:], &number)
	startServer(t, &server.Options{JetStream: true, StoreDir: folder, Port: number})
	await(t, p, true)
	keepAll(t, p, "x", "2")
	live.expect(t, "2")
	if data, _ := since(t, p, "x", 0); data != "12" {
		t.Errorf("kept %q", data)
	}
	for start := time.Now(); p.keptFor("y") == nil; time.Sleep(10 * time.Millisecond) {
		if time.Since(start) > patience {
			t.Fatal("y is not kept")
		}
	}
}

// TestClusterKeeps: two nodes keep messages, one does not yet; from three on one may go, and comes back with nothing.
func TestClusterKeeps(t *testing.T) {
	t.Parallel()
	a := startNode(t, ClusterOptions{})
	if err := a.Keep(t.Context(), "room.*", backplane.Limit{Count: 100}); err != errAlone {
		t.Errorf("alone: %v", err)
	}
	if kept, err := a.Submit(backplane.Message{Topic: "room.1"}, nil); kept || err != nil {
		t.Errorf("alone: %v, %v", kept, err)
	}
	join := ClusterOptions{Join: []string{a.address()}}
	b := startNode(t, join)
	keep(t, b.Plane, "room.*", backplane.Limit{Count: 100})
	awaitReplicas(t, a, "room.*", 2)
	keepAll(t, a.Plane, "room.1", "1")
	keepAll(t, b.Plane, "room.1", "2")
	c := startNode(t, join)
	keep(t, c.Plane, "room.*", backplane.Limit{Count: 100})
	for _, n := range []*Node{a, b, c} {
		awaitReplicas(t, n, "room.*", 3)
	}
	keepAll(t, c.Plane, "room.1", "3")
	address := b.address()
	_ = b.Close()
	keepAll(t, a.Plane, "room.1", "4")
	keepAll(t, c.Plane, "room.1", "5")
	again := startNode(t, ClusterOptions{Address: address, Join: []string{a.address(), c.address()}})
	keep(t, again.Plane, "room.*", backplane.Limit{Count: 100})
	live := make(receiver, 10)
	if _, err := again.Subscribe("room.1", "", func(m backplane.Message) { live <- m }); err != nil {
		t.Fatal(err)
	}
	if data, _ := since(t, again.Plane, "room.1", 0); data != "12345" {
		t.Errorf("who has come back gets %q", data)
	}
	keepAll(t, again.Plane, "room.1", "6")
	live.expect(t, "6")
	awaitCurrent(t, c, "room.*")
	_ = a.Close()
	keepAll(t, c.Plane, "room.1", "7")
	for _, n := range []*Node{again, c} {
		if data, _ := since(t, n.Plane, "room.1", 0); data != "1234567" {
			t.Errorf("kept %q", data)
		}
	}
}

// awaitReplicas waits until a node has seen so many replicas of the stream of a pattern.
func awaitReplicas(t *testing.T, n *Node, pattern string, replicas int) {
	t.Helper()
	for start := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		n.mu.Lock()
		k := n.keeping.patterns[pattern]
		done := k != nil && k.ready && k.replicas == replicas
		n.mu.Unlock()
		if done {
			return
		}
		if time.Since(start) > 2*patience {
			t.Fatalf("no %d replicas: %+v", replicas, k)
		}
	}
}

// awaitCurrent waits until all three replicas have everything.
func awaitCurrent(t *testing.T, n *Node, pattern string) {
	t.Helper()
	for start := time.Now(); !n.AllCurrent(pattern); time.Sleep(10 * time.Millisecond) {
		if time.Since(start) > 2*patience {
			t.Fatal("the replicas do not catch up")
		}
	}
}

// AllCurrent reports whether all three replicas of the stream of a pattern have everything.
func (n *Node) AllCurrent(pattern string) bool { return n.allCurrent(pattern, 2) }

// allCurrent reports whether so many replicas beside the leader have everything.
func (n *Node) allCurrent(pattern string, want int) bool {
	current := 0
	if cluster := n.streamCluster(pattern); cluster != nil {
		for _, r := range cluster.Replicas {
			if r.Current && !r.Offline {
				current++
			}
		}
	}
	return current == want
}

// Leads reports whether a node is the leader of the stream of a pattern.
func (n *Node) Leads(pattern string) bool {
	cluster := n.streamCluster(pattern)
	return cluster != nil && cluster.Leader == n.server.Name()
}

// streamCluster returns who has the stream of a pattern, nil if it has no leader.
func (n *Node) streamCluster(pattern string) *nats.ClusterInfo {
	js, err := n.conn.JetStream()
	if err != nil {
		return nil
	}
	s, err := js.StreamInfo(streamName(pattern), nats.MaxWait(time.Second))
	if err != nil || s.Cluster == nil || s.Cluster.Leader == "" {
		return nil
	}
	return s.Cluster
}

// TestDataFolder: one process alone keeps messages on disk, over its end; a folder is for one process.
func TestDataFolder(t *testing.T) {
	t.Parallel()
	folder := t.TempDir() + "/data"
	n, err := StartNode(ClusterOptions{Data: folder})
	if err != nil {
		t.Fatal(err)
	}
	if s := n.Status(); s.Kind != "disk" || !s.Complete || !s.Connected {
		t.Errorf("status %+v", s)
	}
	other, err := StartNode(ClusterOptions{Data: folder})
	if fmt.Sprint(err) != "cannot keep messages in "+folder+": another process has it open" {
		t.Errorf("a second one: %v, %v", other, err)
	}
	keep(t, n.Plane, "x", backplane.Limit{Count: 2})
	keepAll(t, n.Plane, "x", "1", "2", "3")
	_, last := since(t, n.Plane, "x", 0)
	_ = n.Close()
	if n, err = StartNode(ClusterOptions{Data: folder}); err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	keep(t, n.Plane, "x", backplane.Limit{Count: 2})
	keepAll(t, n.Plane, "x", "4")
	if data, _ := since(t, n.Plane, "x", 0); data != "34" {
		t.Errorf("kept %q", data)
	}
	if data, _ := since(t, n.Plane, "x", last); data != "4" {
		t.Errorf("after the last: %q", data)
	}
	bad := t.TempDir()
	if err := os.WriteFile(bad+"/name", []byte("a b"), 0o600); err != nil {
		t.Fatal(err)
	}
	if other, err = StartNode(ClusterOptions{Data: bad}); err == nil || !strings.Contains(err.Error(), "has no name of a node") {
		t.Errorf("a bad name: %v, %v", other, err)
	}
	if n, err := StartNode(ClusterOptions{Data: "/dev/null/x"}); err == nil {
		t.Errorf("%v keeps messages in no folder", n)
	}
}

// TestClusterOfServersKeeps: on three NATS servers messages have three replicas, and outlive the one that the program was
// connected to.
func TestClusterOfServersKeeps(t *testing.T) {
	t.Parallel()
	var servers []*server.Server
	var urls []string
	var routes []*url.URL
	for range 3 {
		port, err := freePort("127.0.0.1")
		if err != nil {
			t.Fatal(err)
		}
		routes = append(routes, &url.URL{Scheme: "nats", Host: fmt.Sprint("127.0.0.1:", port)})
	}
	for i, route := range routes {
		port, _ := strconv.Atoi(route.Port())
		s := startServer(t, &server.Options{
			ServerName: fmt.Sprint("server", i), JetStream: true, StoreDir: t.TempDir(), Routes: routes,
			Cluster: server.ClusterOpts{Name: "test", Host: "127.0.0.1", Port: port},
		})
		servers, urls = append(servers, s), append(urls, s.ClientURL())
	}
	p := connect(t, urls...)
	keep(t, p, "x", backplane.Limit{Count: 10})
	keepAll(t, p, "x", "1", "2")
	if k := p.keptFor("x"); k.replicas != 3 {
		t.Errorf("%d replicas", k.replicas)
	}
	connected := p.Status().Servers[0]
	i := slices.IndexFunc(servers, func(s *server.Server) bool { return s.Addr().String() == connected })
	stopServer(servers[i])
	for start := time.Now(); submit(t, p, backplane.Message{Topic: "x", Data: "3"}) != nil; time.Sleep(10 * time.Millisecond) {
		if time.Since(start) > 2*patience {
			t.Fatal("nothing is kept any more")
		}
	}
	if data, _ := since(t, p, "x", 0); !strings.HasPrefix(data, "123") || strings.Trim(data, "123") != "" {
		t.Errorf("kept %q", data)
	}
}

// TestPatternsDoNotWait: what cannot be stored for one pattern does not hold up another one.
func TestPatternsDoNotWait(t *testing.T) {
	t.Parallel()
	s := startStreams(t)
	p := connect(t, s.ClientURL())
	keep(t, p, "a", backplane.Limit{})
	keep(t, p, "b", backplane.Limit{})
	foreign, err := nats.Connect(s.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	defer foreign.Close()
	js, _ := foreign.JetStream()
	if _, err := js.UpdateStream(&nats.StreamConfig{Name: streamName("a"), Subjects: []string{"elsewhere"}, FirstSeq: 1}); err != nil {
		t.Logf("update: %v", err)
	}
	stuck := make(chan error, 1)
	if kept, err := p.Submit(backplane.Message{Topic: "a"}, func(err error) { stuck <- err }); !kept || err != nil {
		t.Fatal(kept, err)
	}
	keepAll(t, p, "b", "1", "2")
	select {
	case err := <-stuck:
		t.Errorf("a is not stuck: %v", err)
	default:
	}
	_ = p.Close()
	if err := <-stuck; err != errUnsure {
		t.Errorf("after Close: %v", err)
	}
}

// TestGenerations: values are remembered for a generation at least and for two at most.
func TestGenerations(t *testing.T) {
	t.Parallel()
	g := &generations[string, int]{length: time.Minute}
	now := time.Now()
	g.put("first", 1, now)
	g.put("a", 1, now.Add(59*time.Second))
	g.turn(now.Add(61 * time.Second))
	g.put("b", 2, now.Add(70*time.Second))
	if g.get("a") != 1 || g.get("b") != 2 {
		t.Errorf("got %d and %d", g.get("a"), g.get("b"))
	}
	g.turn(now.Add(129 * time.Second))
	if g.get("a") != 1 {
		t.Error("a is forgotten too early")
	}
	g.turn(now.Add(131 * time.Second))
	if g.get("a") != 0 || g.get("b") != 2 {
		t.Errorf("got %d and %d", g.get("a"), g.get("b"))
	}
	many := &generations[int, int]{length: time.Hour}
	for n := range 3 * maxGeneration {
		many.put(n, n, now)
	}
	if len(many.new)+len(many.old) > 2*maxGeneration || many.get(3*maxGeneration-1) == 0 {
		t.Errorf("%d values are remembered", len(many.new)+len(many.old))
	}
}

// TestTwoNodes: while one is away nothing is kept; whichever it was, it comes back with nothing and gets everything.
func TestTwoNodes(t *testing.T) {
	t.Parallel()
	a := startNode(t, ClusterOptions{})
	addresses := []string{a.address(), ""}
	nodes := []*Node{a, startNode(t, ClusterOptions{Join: addresses[:1]})}
	addresses[1] = nodes[1].address()
	keep(t, nodes[1].Plane, "x", backplane.Limit{Count: 10})
	_ = a.Keep(t.Context(), "x", backplane.Limit{Count: 10})
	awaitReplicas(t, a, "x", 2)
	keepAll(t, a.Plane, "x", "1")
	for i, joins := range [][]string{nil, {addresses[0]}} {
		other := nodes[1-i]
		_ = nodes[i].Close()
		awaitNodes(t, other, 0)
		waits := make(chan error, 1)
		m := backplane.Message{Topic: "x", Data: "while away"}
		if kept, err := other.Submit(m, func(err error) { waits <- err }); !kept || err != nil {
			t.Fatal(kept, err)
		}
		nodes[i] = startNode(t, ClusterOptions{Address: addresses[i], Join: joins})
		awaitNodes(t, other, 1)
		<-waits // it may be kept: the other one has come back
		_ = nodes[i].Keep(t.Context(), "x", backplane.Limit{Count: 10})
		awaitReplicas(t, nodes[i], "x", 2)
		for start := time.Now(); submit(t, nodes[i].Plane, backplane.Message{Topic: "x", Data: fmt.Sprint(i + 2)}) != nil; {
			if time.Since(start) > 2*patience {
				t.Fatal("nothing is kept any more")
			}
		}
		for _, n := range nodes {
			data, _ := since(t, n.Plane, "x", 0)
			got := slices.Compact([]byte(strings.ReplaceAll(data, "while away", ""))) // some were published again
			if string(got) != "123"[:i+2] {
				t.Errorf("after node %d has come back: %q", i, data)
			}
		}
		for start := time.Now(); !nodes[0].allCurrent("x", 1); time.Sleep(10 * time.Millisecond) {
			if time.Since(start) > 2*patience {
				t.Fatal("the replica does not catch up")
			}
		}
	}
}

// TestClusterOnDisk: what is kept outlives that all nodes end.
func TestClusterOnDisk(t *testing.T) {
	t.Parallel()
	folders := []string{t.TempDir(), t.TempDir()}
	start := func() []*Node {
		a := startNode(t, ClusterOptions{Data: folders[0]})
		b := startNode(t, ClusterOptions{Data: folders[1], Join: []string{a.address()}})
		keep(t, b.Plane, "x", backplane.Limit{Count: 10})
		return []*Node{a, b}
	}
	nodes := start()
	keepAll(t, nodes[1].Plane, "x", "1", "2")
	_, last := since(t, nodes[1].Plane, "x", 0)
	for _, n := range nodes {
		_ = n.Close()
	}
	nodes = start() // with other ports
	keepAll(t, nodes[1].Plane, "x", "3")
	if data, _ := since(t, nodes[1].Plane, "x", 0); data != "123" {
		t.Errorf("kept %q", data)
	}
	if data, _ := since(t, nodes[1].Plane, "x", last); data != "3" {
		t.Errorf("after the last: %q", data)
	}
}

// FuzzDecodeKept: whatever a server says is kept has a number that a script can have, of the topic that was asked for, and
// comes back the same; and so is what it says of a message that is to be stored.
func FuzzDecodeKept(f *testing.F) {
	f.Add(streamPrefix+"x", keptPrefix+"a.b", "17", "name", "value", `{"stream":"silly_keep_x","seq":1}`)
	f.Add("other", keptPrefix+"a", "18446744073709551615", otherFields, "YQ=Yg", `{"error":{"code":400,"description":"no"}}`)
	f.Add(streamPrefix, "a..b", "-1", "Nats-Sequence", "5", `{"error":null,"seq":-1}`)
	f.Fuzz(func(t *testing.T, stream, subject, number, name, text, data string) {
		header := nats.Header{name: {text}, "Nats-Stream": {"forged", stream}, "Nats-Subject": {subject}, "Nats-Sequence": {"1", number}}
		m, _, err := decodeKept(&nats.Msg{Subject: "_INBOX.x", Header: header, Data: []byte(data)})
		if m.ID > maxNumber || m.ID > 0 && (!strings.HasPrefix(stream, streamPrefix) || subject != keptPrefix+m.Topic) {
			t.Errorf("number %d of %q from %q", m.ID, m.Topic, header)
		}
		if r := storeResultOf(&nats.Msg{Data: []byte(data)}); r.stored && r.refused != nil {
			t.Errorf("%q is stored and refused", data)
		}
		if err != nil || m.ID == 0 {
			return
		}
		msg := (&Plane{node: "n"}).encode(m)
		for _, field := range []string{"Nats-Stream", "Nats-Subject", "Nats-Sequence"} {
			msg.Header[field] = header[field]
		}
		again, _, err := decodeKept(msg)
		if err != nil || fmt.Sprint(again) != fmt.Sprint(m) {
			t.Errorf("%+v becomes %+v, %v", m, again, err)
		}
	})
}
