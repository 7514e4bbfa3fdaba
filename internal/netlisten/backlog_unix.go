//go:build unix

package netlisten

import (
	"errors"
	"net"
	"os"
	"syscall"
)

// SetBacklog limits how many connections of a listening socket wait to be accepted, as far as the system allows so many. It
// has no effect on listeners that are no sockets.
func SetBacklog(l net.Listener, n int) error {
	socket, ok := l.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := socket.SyscallConn()
	if errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		failed = os.NewSyscallError("listen", syscall.Listen(int(fd), n)) // which may be called again
	})
	if err != nil {
		return err
	}
	return failed
}
