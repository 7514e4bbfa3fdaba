package wsconn

import (
	"testing"
	"time"

	"silly/internal/ws"
)

// TestKeepAliveCountsSilence: only time in which a read waited counts, a byte begins anew, and what is later than due was
// the host's fault.
func TestKeepAliveCountsSilence(t *testing.T) {
	t.Parallel()
	const (
		wait   = iota // a read begins to wait, or goes on
		silent        // it has waited in vain until now
		ping          // a ping is sent
		heard         // a byte has come
	)
	type step struct {
		at   time.Duration
		what int
	}
	const never = -1
	for _, c := range []struct {
		name              string
		interval, timeout time.Duration
		steps             []step
		due               time.Duration // since the beginning
		wantsPing, over   bool
	}{
		{"off", 0, 0, []step{{0, wait}, {1000, silent}}, never, false, false},
		{"a ping comes first", 30, 60, []step{{0, wait}}, 30, false, false},
		{"a read that begins late", 30, 60, []step{{100, wait}}, 130, false, false},
		{"too early for a ping", 30, 60, []step{{0, wait}, {29, silent}}, 30, false, false},
		{"a ping is due", 30, 60, []step{{0, wait}, {30, silent}}, 30, true, false},
		{"after a ping the limit is next", 30, 60, []step{{0, wait}, {30, silent}, {30, ping}}, 60, false, false},
		{"a silent peer is given up", 30, 60, []step{{0, wait}, {30, silent}, {30, ping}, {60, silent}}, 60, true, true},
		{"silence adds up over reads", 30, 60, []step{{0, wait}, {20, silent}, {100, wait}, {110, silent}}, 110, true, false},
		{"no read waits: no silence", 30, 60, []step{{0, wait}, {20, silent}, {1000, wait}}, 1010, false, false},
		{"a byte begins anew", 30, 60, []step{{0, wait}, {29, silent}, {29, heard}, {29, wait}}, 59, false, false},
		{"a byte after a ping begins anew", 30, 60, []step{{0, wait}, {30, silent}, {30, ping}, {31, heard}, {31, wait}}, 61, false, false},
		{"a late host gives the peer its ping", 30, 60, []step{{0, wait}, {500, silent}}, 500, true, false},
		{"and the time to answer it", 30, 60, []step{{0, wait}, {500, silent}, {500, ping}, {529, silent}}, 530, false, false},
		{"time that goes backwards", 30, 60, []step{{10, wait}, {5, silent}}, 35, false, false},
		{"pings only", 30, 0, []step{{0, wait}, {30, silent}, {30, ping}, {60, silent}, {60, ping}}, 90, false, false},
		{"pings only, never over", 30, 0, []step{{0, wait}, {30, silent}, {30, ping}, {60, silent}}, 60, true, false},
		{"limit only", 0, 60, []step{{0, wait}, {59, silent}}, 60, false, false},
		{"limit only, over", 0, 60, []step{{0, wait}, {60, silent}}, 60, false, true},
		{"limit before the first ping", 60, 30, []step{{0, wait}, {30, silent}}, 30, false, true},
		{"both at once", 30, 30, []step{{0, wait}, {30, silent}}, 30, true, true},
	} {
		begin := time.Unix(1000, 0)
		k := keepAlive{interval: c.interval * time.Second, timeout: c.timeout * time.Second}
		for _, s := range c.steps {
			now := begin.Add(s.at * time.Second)
			switch s.what {
			case wait:
				k.wait(now)
			case silent:
				k.silent(now)
			case ping:
				k.ping()
			case heard:
				k.heard()
			}
		}
		var due time.Time
		if c.due != never {
			due = begin.Add(c.due * time.Second)
		}
		if got := k.due(); !got.Equal(due) {
			t.Errorf("%s: due is %v after the beginning, want %v", c.name, got.Sub(begin), due.Sub(begin))
		}
		if k.wantsPing() != c.wantsPing || k.over() != c.over {
			t.Errorf("%s: wants a ping: %t, over: %t; want %t, %t", c.name, k.wantsPing(), k.over(), c.wantsPing, c.over)
		}
	}
}

// TestDueBeforeDeadline: the earlier of the two, where zero is never.
func TestDueBeforeDeadline(t *testing.T) {
	t.Parallel()
	begin := time.Unix(1000, 0)
	at := func(seconds time.Duration) time.Time { return begin.Add(seconds * time.Second) }
	for _, c := range []struct {
		interval       time.Duration
		deadline, want time.Time
	}{
		{0, time.Time{}, time.Time{}},
		{0, at(5), at(5)},
		{30, time.Time{}, at(30)},
		{30, at(5), at(5)},
		{30, at(50), at(30)},
		{30, at(30), at(30)},
	} {
		k := keepAlive{interval: c.interval * time.Second}
		k.wait(begin)
		if got := k.dueBefore(c.deadline); !got.Equal(c.want) {
			t.Errorf("interval %d, deadline %v: due is %v, want %v", c.interval, c.deadline, got, c.want)
		}
	}
}

// TestKeepAliveKnowsItsPongs: those with the payload of its pings, and no others.
func TestKeepAliveKnowsItsPongs(t *testing.T) {
	t.Parallel()
	var k keepAlive
	if k.answeredBy(ws.Event{Opcode: ws.Pong}) {
		t.Error("an empty pong answers a ping that was never sent")
	}
	payload := k.ping()
	if again := k.ping(); again != payload || len(payload) == 0 {
		t.Errorf("the second ping is %q, the first was %q", again, payload)
	}
	for _, c := range []struct {
		ev   ws.Event
		want bool
	}{
		{ws.Event{Opcode: ws.Pong, Data: payload}, true},
		{ws.Event{Opcode: ws.Pong, Data: "other"}, false},
		{ws.Event{Opcode: ws.Pong}, false},
		{ws.Event{Opcode: ws.Ping, Data: payload}, false},
		{ws.Event{Opcode: ws.Text, Data: payload}, false},
	} {
		if got := k.answeredBy(c.ev); got != c.want {
			t.Errorf("%v %q answers the ping: %t", c.ev.Opcode, c.ev.Data, got)
		}
	}
}
