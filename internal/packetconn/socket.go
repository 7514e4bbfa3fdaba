package packetconn

import (
	"net"
	"net/netip"
	"syscall"
)

// A socket is a UDP socket of package net, or one like those.
type socket struct {
	open net.PacketConn // nil for one with a peer
	peer net.Conn       // nil for one without
	// own is the socket as one of package net, nil if it is none; raw gives access to its descriptor.
	own *net.UDPConn
	raw syscall.RawConn
	v6  bool // addresses of datagrams are written as those of IPv6; only with raw
}

func newSocket(open net.PacketConn, peer net.Conn) socket {
	s := socket{open: open, peer: peer}
	if open != nil {
		s.own, _ = open.(*net.UDPConn)
	} else {
		s.own, _ = peer.(*net.UDPConn)
		s.open, _ = peer.(net.PacketConn) // for the address of what it receives
	}
	if s.own != nil {
		s.raw, _ = s.own.SyscallConn()
		s.v6 = isV6(s.raw)
		_ = s.own.SetReadBuffer(maxQueued) // as much of it as the system allows: what does not fit is lost
	}
	return s
}

func (s *socket) localAddr() net.Addr {
	if s.peer != nil {
		return s.peer.LocalAddr()
	}
	return s.open.LocalAddr()
}

func (s *socket) close() error {
	if s.peer != nil {
		return s.peer.Close()
	}
	return s.open.Close()
}

// read waits for a datagram.
func (s *socket) read(p []byte) (n int, from netip.AddrPort, err error) {
	switch {
	case s.own != nil:
		n, from, err = s.own.ReadFromUDPAddrPort(p)
	case s.open != nil:
		var addr net.Addr
		n, addr, err = s.open.ReadFrom(p)
		from = addrPort(addr)
	default:
		n, err = s.peer.Read(p)
		from = addrPort(s.peer.RemoteAddr())
	}
	return n, netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), err
}

// addrPort is an address of UDP, or nothing.
func addrPort(addr net.Addr) netip.AddrPort {
	if udp, ok := addr.(*net.UDPAddr); ok {
		return udp.AddrPort()
	}
	return netip.AddrPort{}
}

// write sends a datagram, to the peer if to is not valid.
func (s *socket) write(p []byte, to netip.AddrPort) error {
	if s.peer != nil {
		if to.IsValid() {
			return s.writeToOther(p, to)
		}
		if s.raw != nil {
			return trySend(s, p, to)
		}
		_, err := s.peer.Write(p)
		return err
	}
	if !to.IsValid() {
		return syscall.EDESTADDRREQ
	}
	if s.raw != nil {
		return trySend(s, p, to)
	}
	_, err := s.open.WriteTo(p, net.UDPAddrFromAddrPort(to))
	return err
}

// writeToOther sends from a socket that has a peer to an address, which must be the peer's.
func (s *socket) writeToOther(p []byte, to netip.AddrPort) error {
	peer := addrPort(s.peer.RemoteAddr())
	if peer != to && (peer.Port() != to.Port() || peer.Addr().Unmap() != to.Addr().Unmap()) {
		return syscall.EISCONN
	}
	return s.write(p, netip.AddrPort{})
}

// writeWaiting sends as package net does it, which waits while the system takes no more.
func (s *socket) writeWaiting(p []byte, to netip.AddrPort) (err error) {
	if to.IsValid() {
		_, err = s.own.WriteToUDPAddrPort(p, to)
	} else {
		_, err = s.own.Write(p)
	}
	return err
}
