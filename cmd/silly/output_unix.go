//go:build unix

package main

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// nobodyReads reports whether the other end of an output is closed. (SIGPIPE does not say which one it is about: sockets
// cause it, too.)
func nobodyReads(output io.Writer) bool {
	f, ok := output.(*os.File)
	if !ok {
		return false
	}
	raw, err := f.SyscallConn()
	if err != nil {
		return false
	}
	fds := []unix.PollFd{{Events: unix.POLLOUT}}
	_ = raw.Control(func(fd uintptr) {
		fds[0].Fd = int32(fd)
		_, _ = unix.Poll(fds, 0)
	})
	return fds[0].Revents&unix.POLLERR != 0
}
