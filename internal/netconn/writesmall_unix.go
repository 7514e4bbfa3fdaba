//go:build unix && (race || !linux) && !portable

package netconn

import "syscall"

// writeSmall writes few bytes to a socket that does not block. The race detector sees them.
func writeSmall(fd int, p []byte) (n int, err error) { return syscall.Write(fd, p) }
