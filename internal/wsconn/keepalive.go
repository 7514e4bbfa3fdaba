package wsconn

import (
	"crypto/rand"
	"encoding/hex"
	"time"

	"silly/internal/ws"
)

const (
	// DefaultPingInterval is how long a peer may be silent before it is sent a ping.
	DefaultPingInterval = 30 * time.Second
	// DefaultIdleTimeout is how long a peer may be silent before the connection is given up.
	DefaultIdleTimeout = 60 * time.Second
)

// keepAlive watches the silence of the peer. Silence is the time that reads have waited since the last byte arrived: a
// script that is busy does not make its peer silent.
type keepAlive struct {
	interval, timeout time.Duration // 0 is off
	silence           time.Duration // until since
	since             time.Time     // when the wait began, or went on
	pings             int           // sent since the last byte
	payload           string        // of these pings; a pong with it is ours
}

func (k *keepAlive) enabled() bool { return k.interval > 0 || k.timeout > 0 }

// wait notes that a wait begins, or goes on after a byte.
func (k *keepAlive) wait(now time.Time) { k.since = now }

// due is when something must happen if no byte arrives; the zero time is never.
func (k *keepAlive) due() time.Time {
	if !k.enabled() {
		return time.Time{}
	}
	limit := k.timeout
	if next := k.nextPing(); next > 0 && (limit == 0 || next < limit) {
		limit = next
	}
	return k.since.Add(limit - k.silence)
}

// dueBefore is due, but the deadline of the read at the latest.
func (k *keepAlive) dueBefore(deadline time.Time) time.Time {
	due := k.due()
	if due.IsZero() || !deadline.IsZero() && deadline.Before(due) {
		return deadline
	}
	return due
}

// nextPing is the silence after which a ping is sent, 0 for never.
func (k *keepAlive) nextPing() time.Duration { return k.interval * time.Duration(k.pings+1) }

// heard notes that bytes have arrived.
func (k *keepAlive) heard() { k.silence, k.pings = 0, 0 }

// silent notes that no byte has arrived until now. What is later than due does not count: the host was late then, and
// the peer got no ping that it could have answered.
func (k *keepAlive) silent(now time.Time) {
	if !k.enabled() {
		return
	}
	until := now
	if due := k.due(); due.Before(until) {
		until = due
	}
	k.silence += max(until.Sub(k.since), 0)
	k.since = now
}

// over reports whether the peer has been silent for too long.
func (k *keepAlive) over() bool { return k.timeout > 0 && k.silence >= k.timeout }

// wantsPing reports whether a ping is due.
func (k *keepAlive) wantsPing() bool { return k.interval > 0 && k.silence >= k.nextPing() }

// ping returns the payload of the next ping: one that no script writes by chance.
func (k *keepAlive) ping() string {
	if k.payload == "" {
		var random [8]byte
		_, _ = rand.Read(random[:]) // never fails: it ends the program instead
		k.payload = hex.EncodeToString(random[:])
	}
	k.pings++
	return k.payload
}

// answeredBy reports whether ev answers one of these pings.
func (k *keepAlive) answeredBy(ev ws.Event) bool {
	return k.payload != "" && ev.Opcode == ws.Pong && ev.Data == k.payload
}
