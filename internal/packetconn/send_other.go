//go:build !unix || portable

package packetconn

import (
	"net/netip"
	"syscall"
)

// trySend sends as package net does it.
func trySend(s *socket, p []byte, to netip.AddrPort) error { return s.writeWaiting(p, to) }

// isV6 is not asked here.
func isV6(syscall.RawConn) bool { return false }

// descriptor has none here.
func (s *socket) descriptor() (fd int, ok bool) { return 0, false }

// unsent is not known here.
func (s *socket) unsent() int { return 0 }
