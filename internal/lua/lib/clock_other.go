//go:build !unix

package lib

import "time"

var start = time.Now()

// processorTime is the time since the process began, where its processor time is not at hand.
func processorTime() time.Duration { return time.Since(start) }
