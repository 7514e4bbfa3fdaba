//go:build unix

package repl

import (
	"os"
	"os/signal"
	"syscall"
	"time"
)

// stop stops the process, and those of its group, until it gets SIGCONT. Where no shell could let it go on, the system
// does not stop it.
func stop() {
	goesOn := make(chan os.Signal, 1)
	signal.Notify(goesOn, syscall.SIGCONT)
	defer signal.Stop(goesOn)
	_ = syscall.Kill(0, syscall.SIGTSTP)
	select {
	case <-goesOn:
	case <-time.After(100 * time.Millisecond): // it has stopped before, or never will
	}
}
