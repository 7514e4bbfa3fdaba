//go:build race

package ws

// raceEnabled says that sync.Pool drops some of what it is given, which the race detector makes it
// do. Allocations cannot be counted then.
const raceEnabled = true
