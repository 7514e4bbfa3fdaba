//go:build unix && !portable

package netconn

import (
	"os"
	"sync"
	"syscall"
)

// A socketCall makes a system call on a socket that does not block, without an allocation: the functions that package
// syscall wants are made once, by init, and the arguments lie where call finds them. One goroutine at a time uses it.
type socketCall struct {
	name  string
	call  func(fd int) (n int, err error)
	once  func(fd uintptr)
	until func(fd uintptr) bool // reports false while the call would have to wait
	n     int
	err   error
}

func (c *socketCall) init(name string, call func(fd int) (n int, err error)) {
	c.name, c.call = name, call
	c.once = func(fd uintptr) {
		for {
			c.n, c.err = c.call(int(fd))
			if c.err != syscall.EINTR {
				return
			}
		}
	}
	c.until = func(fd uintptr) bool {
		c.once(fd)
		return c.err != syscall.EAGAIN
	}
}

// try makes the call. done is false when it would have to wait. It does not involve the runtime's poller, which Read and
// Write of syscall.RawConn would do.
func (c *socketCall) try(raw syscall.RawConn) (n int, done bool, err error) {
	if err := raw.Control(c.once); err != nil {
		return 0, true, err
	}
	if c.err == syscall.EAGAIN {
		return 0, false, nil
	}
	n, err = c.result()
	return n, true, err
}

// waitToRead makes the call as soon as it does not have to wait, and waitToWrite does the same for one that writes.
func (c *socketCall) waitToRead(raw syscall.RawConn) (n int, err error) {
	if err := raw.Read(c.until); err != nil {
		return 0, err
	}
	return c.result()
}

func (c *socketCall) waitToWrite(raw syscall.RawConn) (n int, err error) {
	if err := raw.Write(c.until); err != nil {
		return 0, err
	}
	return c.result()
}

func (c *socketCall) result() (n int, err error) {
	if c.err != nil {
		return 0, os.NewSyscallError(c.name, c.err)
	}
	return c.n, nil
}

// A bytesCall is a socketCall whose argument is p.
type bytesCall struct {
	socketCall
	p []byte
}

// bytesCalls makes a pool of them.
func bytesCalls(name string, call func(fd int, p []byte) (n int, err error)) *sync.Pool {
	return &sync.Pool{New: func() any {
		c := new(bytesCall)
		c.init(name, func(fd int) (int, error) { return call(fd, c.p) })
		return c
	}}
}

var (
	reads       = bytesCalls("read", syscall.Read)
	smallWrites = bytesCalls("write", writeSmall)
	peeks       = bytesCalls("recvfrom", func(fd int, _ []byte) (n int, err error) {
		var one [1]byte
		n, _, err = syscall.Recvfrom(fd, one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		return n, err
	})
)

// tryCall makes a call of the pool with p. done is false when it would have to wait.
func tryCall(raw syscall.RawConn, calls *sync.Pool, p []byte) (n int, done bool, err error) {
	c := calls.Get().(*bytesCall)
	c.p = p
	n, done, err = c.try(raw)
	c.p = nil
	calls.Put(c)
	return n, done, err
}

// A waitingRead is a socketCall that takes a buffer for its reader, and keeps it when there is something.
type waitingRead struct {
	socketCall
	reader *reader
}

var waitingReads = sync.Pool{New: func() any {
	c := new(waitingRead)
	c.init("read", func(fd int) (n int, err error) {
		c.reader.takeBuffer()
		if n, err = syscall.Read(fd, *c.reader.buffer); err != nil {
			c.reader.releaseBuffer()
		}
		return n, err
	})
	return c
}}

// A batchCall is the socketCall of a writeBatch: it writes its pieces.
type batchCall struct {
	socketCall
	memory vectorMemory
}

func (c *batchCall) init(b *writeBatch) {
	c.socketCall.init("write", func(fd int) (n int, err error) {
		switch {
		case len(b.pieces) > 1:
			return c.memory.write(fd, b.pieces)
		case len(b.pieces[0]) <= small:
			return writeSmall(fd, b.pieces[0])
		}
		return syscall.Write(fd, b.pieces[0])
	})
}
