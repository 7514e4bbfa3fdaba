package netconn

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
