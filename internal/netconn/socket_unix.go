//go:build unix

package netconn

import (
	"os"
	"syscall"
)

// rawOf gives access to the socket of c, or nil.
func rawOf(c syscall.Conn) syscall.RawConn {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}

// writeOnce writes what the kernel takes now, without waiting: (0, nil) means nothing.
func writeOnce(raw syscall.RawConn, p []byte) (n int, err error) {
	rawErr := raw.Write(func(fd uintptr) bool {
		for {
			n, err = syscall.Write(int(fd), p)
			if err != syscall.EINTR {
				return true // one attempt is all: never wait for the poller
			}
		}
	})
	switch {
	case rawErr != nil:
		return 0, rawErr
	case err == syscall.EAGAIN:
		return 0, nil
	case err != nil:
		return 0, os.NewSyscallError("write", err)
	}
	return n, nil
}

// readWhenReady waits until the socket is readable and only then takes a buffer from get; put gets it back
// when it was not needed.
func readWhenReady(raw syscall.RawConn, get func() []byte, put func()) (n int, err error) {
	rawErr := raw.Read(func(fd uintptr) bool {
		buffer := get()
		for {
			n, err = syscall.Read(int(fd), buffer)
			if err != syscall.EINTR {
				break
			}
		}
		if err == syscall.EAGAIN {
			put()
			return false
		}
		return true
	})
	if rawErr != nil {
		return 0, rawErr
	}
	if err != nil {
		return 0, os.NewSyscallError("read", err)
	}
	return n, nil
}
