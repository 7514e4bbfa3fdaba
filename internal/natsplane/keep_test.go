package natsplane

import (
	"context"
	"fmt"
	"maps"
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
