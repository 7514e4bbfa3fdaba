//go:build !unix

package netconn

import "syscall"

// rawOf is nil where sockets are not file descriptors: connections then read and write through package
// net, and what is written leaves by the connection's own goroutine.
func rawOf(syscall.Conn) syscall.RawConn { return nil }

// A vector is nothing here.
type vector struct{}

func (*vector) init() {}

func writeOnce(syscall.RawConn, *sending) (int, bool, error) { return 0, false, nil }

func writeWhenReady(syscall.RawConn, *sending) (int, error) { return 0, nil }

func (c *Conn) readWhenReady() (int, error) { return 0, nil }

func hasInput(syscall.RawConn) bool { return true }

func tryRead(syscall.RawConn, []byte) (int, error) { return 0, nil }

func tryWriteSmall(syscall.RawConn, []byte) (int, error) { return 0, nil }
