package rooms

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"silly/luahost/backplane"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const limit = 20 * time.Second

// A fake is a receiver that keeps what it gets. Messages that begin with "slow" take their time.
type fake struct {
	mu      sync.Mutex
	changed sync.Cond
	got     []string
	queued  int // bytes that the peer has not taken
	stuck   bool
	onEnd   []func()
	closed  bool
	flushes int
}

var errGone = errors.New("gone")

func newFake() *fake {
	f := &fake{}
	f.changed.L = &f.mu
	return f
}

func (f *fake) Append(d *Delivery, _ Type) (later bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return false, errGone
	}
	if strings.HasPrefix(d.Data, "slow") {
		return true, nil
	}
	f.add(d.Data)
	return false, nil
}

// add takes a message. f.mu is held.
func (f *fake) add(data string) {
	f.got = append(f.got, data)
	if f.stuck {
		f.queued += len(data)
	}
	f.changed.Broadcast()
}

func (f *fake) Write(d *Delivery, _ Type) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.stuck && !f.closed {
		f.changed.Wait()
	}
	if f.closed {
		return errGone
	}
	f.add(d.Data)
	return nil
}

func (f *fake) Unsent() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.queued
}

func (f *fake) Flush() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.flushes++
	f.changed.Broadcast()
}

func (f *fake) CloseSlow() {
	f.mu.Lock()
	f.closed = true
	onEnd := f.onEnd
	f.onEnd = nil
	f.changed.Broadcast()
	f.mu.Unlock()
	for _, end := range onEnd {
		end()
	}
}

func (f *fake) OnEnd(end func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.onEnd = append(f.onEnd, end)
}

// unblock lets the peer take what is sent.
func (f *fake) unblock() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stuck, f.queued = false, 0
	f.changed.Broadcast()
}

// await waits until what it got is as want says.
func (f *fake) await(t *testing.T, want func(got []string) bool) {
	t.Helper()
	guard := time.AfterFunc(limit, f.changed.Broadcast)
	defer guard.Stop()
	begin := time.Now()
	f.mu.Lock()
	defer f.mu.Unlock()
	for !want(f.got) {
		if time.Since(begin) >= limit {
			t.Fatalf("got %q", f.got)
		}
		f.changed.Wait()
	}
}

// A world is a hub on a backplane.
type world struct {
	*Hub
	t *testing.T
	b *backplane.Memory
}

func newWorld(t *testing.T) *world {
	var running sync.WaitGroup
	w := &world{New(func(f func()) { running.Go(f) }), t, backplane.NewMemory()}
	t.Cleanup(func() {
		w.Close()
		running.Wait()
	})
	return w
}

func (w *world) join(topic string, r Receiver, options Options) {
	w.t.Helper()
	if options.MaxUnsent == 0 {
		options.MaxUnsent = 100
	}
	err := w.Join(topic, r, options, func() (func(), error) {
		return w.b.Subscribe(topic, "", w.Deliver)
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) publish(topic, data string) {
	_ = w.b.Publish(backplane.Message{Topic: topic, Data: data})
}

func has(want ...string) func([]string) bool {
	return func(got []string) bool { return slices.Equal(got, want) }
}

func TestRooms(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := newFake(), newFake()
	w.join("x", a, Options{ID: "a"})
	w.join("x", b, Options{ID: "b"})
	w.join("y", a, Options{})
	w.publish("x", "1")
	w.publish("y", "2")
	_ = w.b.Publish(backplane.Message{Topic: "x", Data: "3", Except: Receiver(a)})
	a.await(t, has("1", "2"))
	b.await(t, has("1", "3"))
	if n := w.Count("x"); n != 2 || len(w.Seats("x")) != 2 || w.Count("z") != 0 {
		t.Errorf("%d in the room", n)
	}
	if !w.Leave("x", a) || w.Leave("x", a) || w.Leave("z", a) {
		t.Error("leaving")
	}
	w.publish("x", "4")
	b.await(t, has("1", "3", "4"))
	b.CloseSlow()
	if n := w.Count("x"); n != 0 {
		t.Errorf("%d in the room after the end", n)
	}
	if err := w.b.Publish(backplane.Message{Topic: "x"}); err != backplane.ErrNobody {
		t.Errorf("the subscription has not ended: %v", err)
	}
	w.publish("y", "5")
	a.await(t, has("1", "2", "5"))
	w.Close()
	if err := w.b.Publish(backplane.Message{Topic: "y"}); err != backplane.ErrNobody {
		t.Errorf("after Close: %v", err)
	}
}

// TestOrderWithWhatTakesTime: each connection gets the messages in order, also if some are written by another goroutine.
func TestOrderWithWhatTakesTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var fakes []*fake
	for range 20 {
		f := newFake()
		fakes = append(fakes, f)
		w.join("x", f, Options{MaxUnsent: 1 << 20})
	}
	var want []string
	for n := range 500 {
		data := fmt.Sprint(n)
		if n%7 == 3 {
			data = "slow " + data
		}
		want = append(want, data)
		w.publish("x", data)
	}
	for _, f := range fakes {
		f.await(t, has(want...))
	}
}

// TestSlowPeers: they are closed, or get nothing until they have taken what waits, while others get everything.
func TestSlowPeers(t *testing.T) {
	t.Parallel()
	for _, slow := range []string{"", "slow"} {
		w := newWorld(t)
		quick, closed, drops := newFake(), newFake(), newFake()
		closed.stuck, drops.stuck = true, true
		w.join("x", quick, Options{MaxUnsent: 1 << 20})
		w.join("x", closed, Options{MaxUnsent: 50})
		w.join("x", drops, Options{MaxUnsent: 50, Drops: true})
		var want []string
		for n := range 30 {
			want = append(want, fmt.Sprintf("%smessage %04d", slow, n))
			w.publish("x", want[n])
		}
		quick.await(t, has(want...))
		if w.Count("x") != 2 || !closed.closed {
			t.Errorf("%q: the slow peer is in the room still", slow)
		}
		drops.unblock()
		drops.await(t, func(got []string) bool {
			return len(got) >= 3 && slices.Equal(got, want[:len(got)])
		})
		w.publish("x", "last")
		drops.await(t, func(got []string) bool { return len(got) < 10 && got[len(got)-1] == "last" })
	}
}

// TestOneFlush: what is queued together leaves together.
func TestOneFlush(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	gate, f := newFake(), newFake()
	w.join("gate", gate, Options{})
	w.join("x", f, Options{MaxUnsent: 1 << 20})
	gate.mu.Lock() // the hub waits in Append
	w.publish("gate", "1")
	for range turn - 1 {
		w.publish("x", "2")
	}
	gate.mu.Unlock()
	f.await(t, func(got []string) bool { return len(got) == turn-1 })
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.flushes == 0 {
		f.changed.Wait()
	}
	if f.flushes > 2 {
		t.Errorf("%d messages that were queued together were flushed %d times", turn-1, f.flushes)
	}
}

// TestQueueIsBounded: what comes when too much waits is dropped and counted.
func TestQueueIsBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	gate := newFake()
	w.join("gate", gate, Options{})
	gate.mu.Lock()
	w.publish("gate", "1")
	for range maxQueued + 1000 {
		w.publish("gate", "")
	}
	if n := w.Dropped(); n < 900 || n > 1000 {
		t.Errorf("%d messages were dropped", n)
	}
	gate.mu.Unlock()
}

// TestJoinAndLeaveWhileDelivering: with the race detector.
func TestJoinAndLeaveWhileDelivering(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stays := newFake()
	w.join("x", stays, Options{MaxUnsent: 1 << 30})
	var busy sync.WaitGroup
	for range 4 {
		busy.Go(func() {
			for range 200 {
				f := newFake()
				w.join("x", f, Options{})
				w.Leave("x", f)
				w.join("x", f, Options{})
				f.CloseSlow()
			}
		})
	}
	for n := range 500 {
		w.publish("x", fmt.Sprint(n))
	}
	busy.Wait()
	stays.await(t, func(got []string) bool { return len(got) == 500 })
	if w.Count("x") != 1 {
		t.Errorf("%d in the room", w.Count("x"))
	}
}

// TestSeatsInOrder: a room goes through its seats in the order in which they were taken, and forgets those that have gone, also
// when nobody says anything.
func TestSeatsInOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var members []*fake
	for range 10 {
		f := newFake()
		members = append(members, f)
		w.join("a", f, Options{})
	}
	for range 1000 {
		f := newFake()
		w.join("a", f, Options{})
		w.join("a", members[9], Options{})
		w.Leave("a", f)
	}
	w.Leave("a", members[3])
	w.join("a", members[0], Options{ID: "again"}) // at the end now
	w.mu.Lock()
	size := len(w.rooms["a"].list)
	w.mu.Unlock()
	if size > 20 {
		t.Errorf("%d seats are remembered for 9", size)
	}
	want := []*fake{members[1], members[2], members[4], members[5], members[6], members[7], members[8], members[9], members[0]}
	seats := w.seats("a")
	if len(seats) != len(want) {
		t.Fatalf("%d seats, want %d", len(seats), len(want))
	}
	for i, s := range seats {
		if s.member.receiver != Receiver(want[i]) {
			t.Errorf("seat %d is another one's", i)
		}
	}
}
