//go:build !unix

package metrics

import "time"

// cpuTime is for systems with getrusage.
func cpuTime() (user, system time.Duration, ok bool) { return 0, 0, false }

// residentMemory is for systems with /proc.
func residentMemory() (n int64, ok bool) { return 0, false }
