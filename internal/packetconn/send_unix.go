//go:build unix && !portable

package packetconn

import (
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"
)

// trySend sends without waiting; it fails with EAGAIN when the system takes no more now.
func trySend(s *socket, p []byte, to netip.AddrPort) error {
	if to.Addr().Zone() != "" {
		return s.writeWaiting(p, to) // package net knows the numbers of interfaces
	}
	var sent error
	err := s.raw.Write(func(fd uintptr) bool {
		for {
			sent = send(int(fd), s.v6, p, to)
			if sent != unix.EINTR {
				return true
			}
		}
	})
	if err != nil {
		return err
	}
	return sent
}

func send(fd int, v6 bool, p []byte, to netip.AddrPort) error {
	if !to.IsValid() {
		return unix.Send(fd, p, unix.MSG_DONTWAIT)
	}
	if v6 {
		return unix.Sendto(fd, p, unix.MSG_DONTWAIT, &unix.SockaddrInet6{Port: int(to.Port()), Addr: to.Addr().As16()})
	}
	if ip := to.Addr().Unmap(); ip.Is4() {
		return unix.Sendto(fd, p, unix.MSG_DONTWAIT, &unix.SockaddrInet4{Port: int(to.Port()), Addr: ip.As4()})
	}
	return unix.EAFNOSUPPORT
}

// isV6 reports whether a socket is one of IPv6, of both versions perhaps.
func isV6(raw syscall.RawConn) (v6 bool) {
	if raw == nil {
		return false
	}
	_ = raw.Control(func(fd uintptr) {
		if own, err := unix.Getsockname(int(fd)); err == nil {
			_, v6 = own.(*unix.SockaddrInet6)
		}
	})
	return v6
}

// descriptor is the file descriptor of the socket.
func (s *socket) descriptor() (fd int, ok bool) {
	if s.raw == nil {
		return 0, false
	}
	err := s.raw.Control(func(number uintptr) { fd = int(number) })
	return fd, err == nil
}

// unsent is what the system has not sent yet.
func (s *socket) unsent() (n int) {
	if s.raw == nil {
		return 0
	}
	_ = s.raw.Control(func(fd uintptr) {
		if queued, err := unix.IoctlGetInt(int(fd), unix.TIOCOUTQ); err == nil {
			n = queued
		}
	})
	return n
}
