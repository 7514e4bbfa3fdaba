package netshare

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// shareSocket lets other sockets of this user have the address of a socket, too; see socket(7), SO_REUSEPORT.
func shareSocket(_, _ string, raw syscall.RawConn) error {
	var failed error
	err := raw.Control(func(fd uintptr) {
		failed = os.NewSyscallError("setsockopt", unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1))
	})
	if err != nil {
		return err
	}
	return failed
}
