//go:build unix

package main

import (
	"os"
	"syscall"
)

// reopenSignals are the signals that ask for the log file to be opened anew.
func reopenSignals() []os.Signal { return []os.Signal{syscall.SIGUSR1} }
