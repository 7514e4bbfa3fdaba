//go:build unix && !linux && !portable

package netconn

import "syscall"

// vectorMemory is nothing here.
type vectorMemory struct{}

// write writes the pieces one by one, as far as the kernel takes them.
func (*vectorMemory) write(fd int, pieces [][]byte) (n int, err error) {
	for _, p := range pieces {
		k, err := syscall.Write(fd, p)
		if err != nil {
			if n > 0 {
				return n, nil
			}
			return 0, err
		}
		n += k
		if k < len(p) {
			break
		}
	}
	return n, nil
}
