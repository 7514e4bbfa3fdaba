//go:build unix

package netconn

import (
	"io"
	"os"
	"sync"
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

// readWhenReady waits until the socket is readable and only then takes a buffer.
func (c *Conn) readWhenReady() (n int, err error) {
	if c.onReadable == nil {
		c.onReadable = c.readOnce // a function value for each read would be an allocation for each
	}
	if err := c.transport.raw.Read(c.onReadable); err != nil {
		return 0, err
	}
	if c.gotErr != nil {
		return 0, os.NewSyscallError("read", c.gotErr)
	}
	return c.got, nil
}

// readOnce reads what is there. It returns false when there is nothing.
func (c *Conn) readOnce(fd uintptr) bool {
	buffer := c.takeBuffer()
	for {
		c.got, c.gotErr = syscall.Read(int(fd), buffer)
		if c.gotErr != syscall.EINTR {
			break
		}
	}
	if c.gotErr == syscall.EAGAIN {
		c.releaseBuffer()
		return false
	}
	return true
}

// An attempt is a system call on a socket that does not wait. The function is made once.
type attempt struct {
	p   []byte
	n   int
	err error
	try func(fd uintptr)
}

// attempts makes a pool of attempts at a call.
func attempts(call func(fd int, p []byte) (n int, err error)) *sync.Pool {
	return &sync.Pool{New: func() any {
		a := new(attempt)
		a.try = func(fd uintptr) {
			for {
				a.n, a.err = call(int(fd), a.p)
				if a.err != syscall.EINTR {
					return
				}
			}
		}
		return a
	}}
}

var (
	reads       = attempts(syscall.Read)
	smallWrites = attempts(writeSmall)
)

// attemptOn makes an attempt. done is false when the call would have to wait.
func attemptOn(raw syscall.RawConn, calls *sync.Pool, name string, p []byte) (n int, done bool, err error) {
	a := calls.Get().(*attempt)
	a.p = p
	err = raw.Control(a.try)
	n, failed := a.n, a.err
	a.p, a.n, a.err = nil, 0, nil
	calls.Put(a)
	switch {
	case err != nil:
		return 0, true, err
	case failed == syscall.EAGAIN:
		return 0, false, nil
	case failed != nil:
		return 0, true, os.NewSyscallError(name, failed)
	}
	return n, true, nil
}

// tryRead reads what is there. It returns 0 and no error when nothing is.
func tryRead(raw syscall.RawConn, p []byte) (n int, err error) {
	n, done, err := attemptOn(raw, reads, "read", p)
	if done && err == nil && n == 0 {
		return 0, io.EOF
	}
	return n, err
}

// tryWriteSmall writes what the kernel takes now of p, which is small: 0 and no error when that is nothing.
func tryWriteSmall(raw syscall.RawConn, p []byte) (n int, err error) {
	n, _, err = attemptOn(raw, smallWrites, "write", p)
	return n, err
}

// hasInput reports whether bytes that nobody has read lie in the socket, or whether that is unknown.
func hasInput(raw syscall.RawConn) bool {
	has := true
	_ = raw.Control(func(fd uintptr) {
		var one [1]byte
		n, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		has = n > 0 || err != nil && err != syscall.EAGAIN
	})
	return has
}
