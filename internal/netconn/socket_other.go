//go:build !unix || portable

package netconn

import "syscall"

// rawOf is nil where sockets are not file descriptors: connections then read and write through package
// net, and what is written leaves by the connection's own goroutine.
func rawOf(syscall.Conn) syscall.RawConn { return nil }

// A batchCall is nothing here.
type batchCall struct{}

func (*batchCall) init(*writeBatch) {}

func tryWriteBatch(syscall.RawConn, *writeBatch) (int, bool, error) { return 0, false, nil }

func writeBatchWhenReady(syscall.RawConn, *writeBatch) (int, error) { return 0, nil }

func readWhenReady(syscall.RawConn, *reader) (int, error) { return 0, nil }

func hasInput(syscall.RawConn) bool { return true }

func tryRead(syscall.RawConn, []byte) (int, error) { return 0, nil }

func tryWriteSmall(syscall.RawConn, []byte) (int, error) { return 0, nil }
