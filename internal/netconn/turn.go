package netconn

import (
	"time"

	"silly/internal/poll"
)

// Limits of a turn. They are some hundred microseconds of work.
const (
	maxTurnReads = 16
	maxTurnBytes = 256 << 10
)

// A Turn is what is read from one connection before the others get their turn, however much its peer sends. Its zero
// value is the beginning of one.
type Turn struct{ reads, bytes int }

// Over notes that n bytes were read, and reports whether that was enough for now.
func (t *Turn) Over(n int) bool {
	t.reads++
	t.bytes += n
	return t.reads >= maxTurnReads || t.bytes >= maxTurnBytes
}

// An Operation is something that reads a watched connection until it has what it wants.
type Operation interface {
	// Step reads once, without waiting. It returns how many bytes came, and whether the operation has ended.
	Step() (n int, over bool)
	// Due returns when the operation must have ended, and when it must be looked at again at the latest; the zero time is
	// never.
	Due() (deadline, due time.Time)
	// Expire ends the operation because its deadline has passed.
	Expire()
}

// Proceed goes on with an operation, up to a turn, and does not wait. over says that it has ended; otherwise the source is
// armed or enqueued, and due is when Proceed must be called again at the latest.
func Proceed(source *poll.Source, op Operation) (over bool, due time.Time) {
	var turn Turn
	for {
		n, over := op.Step()
		if over {
			return true, time.Time{}
		}
		turnOver := turn.Over(n)
		deadline, due := op.Due()
		switch {
		case (turnOver || !source.Ready()) && late(deadline):
			op.Expire()
			return true, time.Time{}
		case turnOver:
			source.Enqueue()
			return false, due
		case source.Arm():
			return false, due
		}
	}
}

// late reports whether a deadline has passed; the zero time is none.
func late(deadline time.Time) bool { return !deadline.IsZero() && !time.Now().Before(deadline) }
