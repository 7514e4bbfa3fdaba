//go:build !unix

package netconn

import "syscall"

// rawOf is nil where sockets are not file descriptors: connections then read and write through package
// net, and what is written leaves by the connection's own goroutine.
func rawOf(syscall.Conn) syscall.RawConn { return nil }

func writeOnce(syscall.RawConn, []byte) (int, error) { return 0, nil }

func readWhenReady(syscall.RawConn, func() []byte, func()) (int, error) { return 0, nil }
