//go:build unix

package netconn

import (
	"os"
	"syscall"
)

// A vector is what a write to a socket needs besides the bytes. The functions are made once, because making
// one for each write would allocate.
type vector struct {
	memory vectorMemory
	pieces [][]byte
	n      int
	err    error
	try    func(fd uintptr)
	wait   func(fd uintptr) bool
}

func (v *vector) init() {
	v.try = v.write
	v.wait = func(fd uintptr) bool {
		v.write(fd)
		return v.err != syscall.EAGAIN
	}
}

// write makes one attempt.
func (v *vector) write(fd uintptr) {
	for {
		switch {
		case len(v.pieces) > 1:
			v.n, v.err = v.memory.write(int(fd), v.pieces)
		case len(v.pieces[0]) <= small:
			v.n, v.err = writeSmall(int(fd), v.pieces[0])
		default:
			v.n, v.err = syscall.Write(int(fd), v.pieces[0])
		}
		if v.err != syscall.EINTR {
			return
		}
	}
}

// writeOnce writes what the kernel takes now of s, without waiting, and reports whether that is all. It does not
// involve the runtime's poller, which Write of syscall.RawConn would do.
func writeOnce(raw syscall.RawConn, s *sending) (n int, all bool, err error) {
	v := &s.vector
	v.pieces = s.pieces
	if err := raw.Control(v.try); err != nil {
		return 0, false, err
	}
	n, err = v.result()
	missing := -n
	for _, p := range s.pieces {
		missing += len(p)
	}
	return n, missing == 0, err
}

// writeWhenReady waits until the kernel takes something of s.
func writeWhenReady(raw syscall.RawConn, s *sending) (n int, err error) {
	v := &s.vector
	v.pieces = s.pieces
	if err := raw.Write(v.wait); err != nil {
		return 0, err
	}
	return v.result()
}

// result is what the last write has done.
func (v *vector) result() (n int, err error) {
	v.pieces = nil
	switch {
	case v.err == syscall.EAGAIN:
		v.n = 0
	case v.err != nil:
		v.n = 0
		return 0, os.NewSyscallError("write", v.err)
	}
	return v.n, nil
}
