//go:build !linux

package load

import (
	"errors"
	"time"
)

func usageOf(int) (usage, error) { return usage{}, errors.ErrUnsupported }

func cpuTime(int) time.Duration { return 0 }
