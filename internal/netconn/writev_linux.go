//go:build !portable

package netconn

import (
	"syscall"
	"unsafe"
)

// vectorMemory is what the kernel is given to find the pieces of a write.
type vectorMemory [maxPieces]syscall.Iovec

// write writes the pieces as one.
func (m *vectorMemory) write(fd int, pieces [][]byte) (n int, err error) {
	for i, p := range pieces {
		m[i].Base = &p[0]
		m[i].SetLen(len(p))
	}
	written, _, errno := syscall.Syscall(syscall.SYS_WRITEV, uintptr(fd), uintptr(unsafe.Pointer(m)), uintptr(len(pieces)))
	clear(m[:len(pieces)])
	if errno != 0 {
		return 0, errno
	}
	return int(written), nil
}
