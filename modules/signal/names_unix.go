//go:build unix

package signal

import (
	"os"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// lastSignal is the last of the standard signals; those for real time come after it (signal(7)).
const lastSignal = 31

// byName is the signal of a name, or nil if scripts cannot handle it: nobody can handle SIGKILL and SIGSTOP, the next ones
// say that the program itself has failed, and the Go runtime has its own use for the last ones.
func byName(name string) os.Signal {
	sig := unix.SignalNum(name)
	reserved := []syscall.Signal{
		syscall.SIGKILL, syscall.SIGSTOP,
		syscall.SIGSEGV, syscall.SIGBUS, syscall.SIGFPE, syscall.SIGILL, syscall.SIGTRAP, syscall.SIGABRT,
		syscall.SIGURG, syscall.SIGPROF,
	}
	if sig <= 0 || sig > lastSignal || slices.Contains(reserved, sig) {
		return nil
	}
	return sig
}
