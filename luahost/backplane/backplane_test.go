package backplane

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, topic, pattern string }{
		{"room.42", "", ""},
		{"ü.x-y_z/1", "", ""},
		{"*", `bad topic "*": '*' is for patterns`, ""},
		{"a.*.b", `bad topic "a.*.b": '*' is for patterns`, ""},
		{"a.>", `bad topic "a.>": '>' is for patterns`, ""},
		{">", `bad topic ">": '>' is for patterns`, ""},
		{"", "the name of a topic is empty", "the name of a topic is empty"},
		{".", `bad topic ".": a token is empty`, `bad topic ".": a token is empty`},
		{"a..b", `bad topic "a..b": a token is empty`, `bad topic "a..b": a token is empty`},
		{"a.", `bad topic "a.": a token is empty`, `bad topic "a.": a token is empty`},
		{"a b", `bad topic "a b": a token has a space or a control character`, `bad topic "a b": a token has a space or a control character`},
		{"a\r\nPUB", `bad topic "a\r\nPUB": a token has a space or a control character`, `bad topic "a\r\nPUB": a token has a space or a control character`},
		{"a*.b", `bad topic "a*.b": '*' is for patterns`, `bad topic "a*.b": '*' is not a token of its own`},
		{"a.>.b", `bad topic "a.>.b": '>' is for patterns`, `bad topic "a.>.b": '>' is not the last token`},
		{strings.Repeat("x", 1025), "the name of a topic has 1025 bytes, more than 1024", "the name of a topic has 1025 bytes, more than 1024"},
	} {
		if got := fmt.Sprint(CheckTopic(c.name)); got != orNil(c.topic) {
			t.Errorf("topic %q: %s", c.name, got)
		}
		if got := fmt.Sprint(CheckPattern(c.name)); got != orNil(c.pattern) {
			t.Errorf("pattern %q: %s", c.name, got)
		}
	}
}

func orNil(text string) string {
	if text == "" {
		return "<nil>"
	}
	return text
}

// TestMatching: some patterns by hand, and with random ones the tree finds what Matches says, while patterns come and go.
func TestMatching(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, topic string
		want           bool
	}{
		{"a", "a", true}, {"a", "b", false}, {"a", "a.b", false}, {"a.b", "a", false}, {"*", "a", true}, {"*", "a.b", false},
		{">", "a", true}, {">", "a.b.c", true}, {"a.>", "a", false}, {"a.>", "a.b", true}, {"a.>", "a.b.c", true},
		{"a.*.c", "a.b.c", true}, {"a.*.c", "a.b.d", false}, {"*.*", "a.b", true}, {"*.>", "a.b", true}, {"*.>", "a", false},
	} {
		if got := Matches(c.pattern, c.topic); got != c.want {
			t.Errorf("Matches(%q, %q) is %v", c.pattern, c.topic, got)
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	name := func(tokens string, last string) string {
		parts := make([]string, 1+random.IntN(4))
		for i := range parts {
			parts[i] = string(tokens[random.IntN(len(tokens))])
		}
		if last != "" && random.IntN(4) == 0 {
			parts[len(parts)-1] = last
		}
		return strings.Join(parts, ".")
	}
	var tr tree[int]
	stored := map[int]string{}
	for n := range 5000 {
		if n%3 == 2 && len(stored) > 20 {
			for v, pattern := range stored {
				tr.remove(pattern, v)
				delete(stored, v)
				break
			}
		} else {
			pattern := name("abc*", ">")
			tr.insert(pattern, n)
			stored[n] = pattern
		}
		topic := name("abcd", "")
		var want []int
		for v, pattern := range stored {
			if Matches(pattern, topic) {
				want = append(want, v)
			}
		}
		got := tr.match(topic, nil)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Fatalf("%q matches %v, want %v", topic, got, want)
		}
	}
	for v, pattern := range stored {
		tr.remove(pattern, v)
	}
	if len(tr.root.next)+len(tr.root.values)+len(tr.root.tails) != 0 {
		t.Errorf("the tree keeps %v", tr.root)
	}
}

// A log is what a subscription got.
type log struct {
	mu   sync.Mutex
	data []string
}

func (l *log) add(m Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.data = append(l.data, m.Data)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.data, " ")
}

func TestMemory(t *testing.T) {
	t.Parallel()
	b := NewMemory()
	var all, rooms, first, second log
	subscribe := func(pattern, queue string, l *log) func() {
		cancel, err := b.Subscribe(pattern, queue, l.add)
		if err != nil {
			t.Fatal(err)
		}
		return cancel
	}
	subscribe(">", "", &all)
	leave := subscribe("room.*", "", &rooms)
	subscribe("job", "q", &first)
	subscribe("job", "q", &second)
	publish := func(topic, data string) {
		if err := b.Publish(Message{Topic: topic, Data: data}); err != nil {
			t.Fatal(err)
		}
	}
	if err := NewMemory().Publish(Message{Topic: "room.1"}); err != ErrNobody {
		t.Errorf("without subscribers: %v", err)
	}
	publish("room.1", "1")
	publish("room.1.x", "2")
	leave()
	leave()
	publish("room.1", "3")
	for range 10 {
		publish("job", "j")
	}
	if got := all.String(); got != "1 2 3"+strings.Repeat(" j", 10) {
		t.Errorf("> got %s", got)
	}
	if got := rooms.String(); got != "1" {
		t.Errorf("room.* got %s", got)
	}
	if len(first.data)+len(second.data) != 10 || len(first.data) != 5 {
		t.Errorf("the members of a queue got %d and %d", len(first.data), len(second.data))
	}
	if _, err := b.Subscribe("a..b", "", all.add); err == nil {
		t.Error("a bad pattern is subscribed to")
	}
	_ = b.Close()
	if _, err := b.Subscribe("a", "", all.add); err != ErrClosed {
		t.Errorf("after Close: %v", err)
	}
	if err := b.Publish(Message{Topic: "a"}); err != ErrClosed {
		t.Errorf("after Close: %v", err)
	}
}

// TestKeeping: the last messages, by number and by age; their numbers grow.
func TestKeeping(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := NewMemory()
		since := func(topic string, id uint64) (data string, last uint64) {
			found, err := b.Since(t.Context(), topic, id)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range found {
				if m.ID <= last {
					t.Errorf("message %d comes after %d", m.ID, last)
				}
				data += m.Data
				last = m.ID
			}
			return data, last
		}
		var got []uint64
		_, _ = b.Subscribe(">", "", func(m Message) { got = append(got, m.ID) })
		_ = b.Publish(Message{Topic: "room.1", Data: "-"})
		_ = b.Keep(t.Context(), "room.*", Limit{Count: 3, Age: time.Minute})
		for _, data := range []string{"a", "b", "c", "d"} {
			_ = b.Publish(Message{Topic: "room.1", Data: data})
			_ = b.Publish(Message{Topic: "other", Data: data})
		}
		data, _ := since("room.1", 0)
		if data != "bcd" {
			t.Errorf("kept %q, want bcd", data)
		}
		if data, _ := since("room.1", got[5]); data != "d" {
			t.Errorf("since c: %q", data)
		}
		if got[0] != 0 || got[1] == 0 || got[2] != 0 || got[3] <= got[1] {
			t.Errorf("the numbers are %v", got)
		}
		time.Sleep(40 * time.Second)
		_ = b.Publish(Message{Topic: "room.1", Data: "e"})
		time.Sleep(30 * time.Second)
		if data, _ := since("room.1", 0); data != "e" {
			t.Errorf("after a minute: %q", data)
		}
		_ = b.Keep(t.Context(), "room.*", Limit{Count: 1})
		_ = b.Publish(Message{Topic: "room.1", Data: "f"})
		if data, _ := since("room.1", 0); data != "f" {
			t.Errorf("with a new limit: %q", data)
		}
		if data, _ := since("other", 0); data != "" {
			t.Errorf("of a topic that is not kept: %q", data)
		}
	})
}

// TestWhatCannotBeKept: patterns that overlap, too many of them, and limits that are too large. Requests are not kept.
func TestWhatCannotBeKept(t *testing.T) {
	t.Parallel()
	b := NewMemory()
	for _, c := range []struct {
		pattern string
		limit   Limit
		want    string
	}{
		{"a.*.c", Limit{Count: 1}, "<nil>"},
		{"a.*.c", Limit{Count: MaxKept, Age: MaxKeptAge}, "<nil>"},
		{"a.b.c", Limit{}, `the pattern "a.b.c" overlaps with "a.*.c", which is kept already`},
		{"*.b.*", Limit{}, `the pattern "*.b.*" overlaps with "a.*.c", which is kept already`},
		{"a.>", Limit{}, `the pattern "a.>" overlaps with "a.*.c", which is kept already`},
		{"a.*", Limit{}, "<nil>"},
		{"a.b.c.>", Limit{}, "<nil>"},
		{"*.b.d", Limit{}, "<nil>"},
		{"a..c", Limit{}, `bad topic "a..c": a token is empty`},
		{"x", Limit{Count: MaxKept + 1}, "at most 10000 messages are kept, and for 365 days"},
		{"x", Limit{Count: -1}, "at most 10000 messages are kept, and for 365 days"},
		{"x", Limit{Age: MaxKeptAge + 1}, "at most 10000 messages are kept, and for 365 days"},
	} {
		if err := b.Keep(t.Context(), c.pattern, c.limit); fmt.Sprint(err) != c.want {
			t.Errorf("%s %v: %v, want %s", c.pattern, c.limit, err, c.want)
		}
	}
	for n := range MaxKeptPatterns - 4 {
		if err := b.Keep(t.Context(), fmt.Sprint("n.", n), Limit{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Keep(t.Context(), "one.more", Limit{}); err != ErrTooManyPatterns {
		t.Errorf("too many: %v", err)
	}
	_ = b.Publish(Message{Topic: "n.1", Reply: "_INBOX.x"})
	if found, _ := b.Since(t.Context(), "n.1", 0); len(found) != 0 {
		t.Error("a request is kept")
	}
}

// TestKeptMemoryIsBounded: by topics, messages and bytes.
func TestKeptMemoryIsBounded(t *testing.T) {
	t.Parallel()
	b := NewMemory()
	_ = b.Keep(t.Context(), ">", Limit{})
	for n := range maxKeptTopics + 10 {
		_ = b.Publish(Message{Topic: fmt.Sprint(n)})
	}
	if len(b.keeper.topics) != maxKeptTopics {
		t.Errorf("%d topics are kept", len(b.keeper.topics))
	}
	for n := range maxKeptTopics { // who asks takes nobody's place
		_, _ = b.Since(t.Context(), fmt.Sprint("asked.", n), 0)
		_ = b.Publish(Message{Topic: InboxPrefix + fmt.Sprint(n)}) // nor what hosts say among themselves
	}
	for n, want := range map[int]int{9: 0, 10: 1, maxKeptTopics + 9: 1} {
		if found, _ := b.Since(t.Context(), fmt.Sprint(n), 0); len(found) != want {
			t.Errorf("%d messages of topic %d are kept, want %d", len(found), n, want)
		}
	}
	for range MaxKept + 10 {
		_ = b.Publish(Message{Topic: "many"})
	}
	if found, _ := b.Since(t.Context(), "many", 0); len(found) != MaxKept {
		t.Errorf("%d messages are kept", len(found))
	}
	large := strings.Repeat("x", 1<<20)
	for range 40 {
		_ = b.Publish(Message{Topic: "large", Data: large})
	}
	if found, _ := b.Since(t.Context(), "large", 0); len(found) != 15 {
		t.Errorf("%d messages of a MiB are kept", len(found))
	}
}

// TestOrder: subscriptions get the messages of a publisher in order, and kept ones in that of their numbers, while others
// come and go.
func TestOrder(t *testing.T) {
	t.Parallel()
	b := NewMemory()
	_ = b.Keep(t.Context(), "kept", Limit{Count: 10})
	var mu sync.Mutex
	last := map[string]int{}
	var lastID uint64
	_, _ = b.Subscribe("*", "", func(m Message) {
		mu.Lock()
		defer mu.Unlock()
		var n int
		_, _ = fmt.Sscan(m.Data, &n)
		if key := m.Topic + m.Origin; n <= last[key] {
			t.Errorf("%s: %d comes after %d", key, n, last[key])
		} else {
			last[key] = n
		}
		if m.Topic == "kept" && m.ID <= lastID {
			t.Errorf("message %d comes after %d", m.ID, lastID)
		} else if m.Topic == "kept" {
			lastID = m.ID
		}
	})
	var publishers sync.WaitGroup
	for origin := range 4 {
		publishers.Go(func() {
			for n := 1; n <= 500; n++ {
				cancel, _ := b.Subscribe("*", "", func(Message) {})
				_ = b.Publish(Message{Topic: []string{"kept", "plain"}[n%2], Data: fmt.Sprint(n), Origin: fmt.Sprint(origin)})
				cancel()
			}
		})
	}
	publishers.Wait()
	if len(last) != 8 {
		t.Errorf("got %v", last)
	}
}
