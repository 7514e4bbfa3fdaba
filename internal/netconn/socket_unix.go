//go:build unix && !portable

package netconn

import (
	"io"
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

// readWhenReady waits until the socket is readable, and only then takes a buffer for r and reads.
func readWhenReady(raw syscall.RawConn, r *reader) (n int, err error) {
	c := waitingReads.Get().(*waitingRead)
	c.reader = r
	n, err = c.waitToRead(raw)
	c.reader = nil
	waitingReads.Put(c)
	return n, err
}

// tryRead reads what is there. It returns 0 and no error when nothing is.
func tryRead(raw syscall.RawConn, p []byte) (n int, err error) {
	n, done, err := tryCall(raw, reads, p)
	if done && err == nil && n == 0 {
		return 0, io.EOF
	}
	return n, err
}

// tryWriteSmall writes what the kernel takes now of p, which is small: 0 and no error when that is nothing.
func tryWriteSmall(raw syscall.RawConn, p []byte) (n int, err error) {
	n, _, err = tryCall(raw, smallWrites, p)
	return n, err
}

// tryWriteBatch writes what the kernel takes now of b, and reports whether that is all.
func tryWriteBatch(raw syscall.RawConn, b *writeBatch) (n int, all bool, err error) {
	n, _, err = b.call.try(raw)
	missing := -n
	for _, p := range b.pieces {
		missing += len(p)
	}
	return n, err == nil && missing == 0, err
}

// writeBatchWhenReady waits until the kernel takes something of b.
func writeBatchWhenReady(raw syscall.RawConn, b *writeBatch) (n int, err error) {
	return b.call.waitToWrite(raw)
}

// hasInput reports whether bytes that nobody has read lie in the socket, or whether that is unknown.
func hasInput(raw syscall.RawConn) bool {
	n, _, err := tryCall(raw, peeks, nil)
	return n > 0 || err != nil
}
