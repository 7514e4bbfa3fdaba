package load

import "time"

// A usage is what a process has taken of the machine.
type usage struct {
	cpu time.Duration // user and system time of all its threads, those that have ended included
	rss int64         // bytes
}
