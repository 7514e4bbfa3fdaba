//go:build !race && !portable

package netconn

import (
	"syscall"
	"unsafe"
)

// writeSmall writes few bytes to a socket that does not block. It does not tell the runtime of the system call: there
// is nothing to wait for, and a call that the machine holds up for a moment does not cost a change of threads.
func writeSmall(fd int, p []byte) (n int, err error) {
	written, _, errno := syscall.RawSyscall(syscall.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
	if errno != 0 {
		return 0, errno
	}
	return int(written), nil
}
