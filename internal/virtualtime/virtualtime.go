// Package virtualtime runs code whose clock jumps ahead when everybody waits.
package virtualtime

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// Forever is after all that a program can wait for: when so much time has passed, nothing was left that could happen.
const Forever = 100 * 365 * 24 * time.Hour

// ErrStuck is the error of Run when f has returned, and goroutines that it has started wait for ever.
var ErrStuck = errors.New("virtualtime: goroutines are left that wait for ever")

// Run calls f on a goroutine of a bubble of [testing/synctest], whose rules hold for f and for the goroutines that it
// starts, and returns when all of them have ended. Their clock begins at the present time. When all of them wait for one
// another or for the clock, it jumps to the first time that one waits for; as long as one computes, or waits for the kernel
// or for what was made outside, it stands still. What is outside must not touch what was made inside, and the other way round,
// except mutexes, atomic values, and channels that were made outside. A panic of f is one of Run.
func Run(f func()) (err error) {
	begin := time.Now()
	var panicked any
	defer func() {
		if panicked != nil {
			panic(panicked)
		}
	}()
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%w (%v)", ErrStuck, v)
		}
	}()
	// The package makes bubbles for tests only: a T of nobody's stands for the test. It is asked for nothing but its name.
	synctest.Test(new(testing.T), func(*testing.T) {
		defer func() { panicked = recover() }()
		time.Sleep(time.Until(begin)) // bubbles begin in the year 2000, where no certificate is valid
		f()
	})
	return err
}
