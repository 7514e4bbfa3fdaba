//go:build !unix

package signal

import (
	"os"
	"syscall"
)

// byName is the signal of a name, or nil if there is none here.
func byName(name string) os.Signal {
	switch name {
	case "SIGINT":
		return os.Interrupt
	case "SIGTERM":
		return syscall.SIGTERM
	}
	return nil
}
