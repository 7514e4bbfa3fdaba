package load

import (
	"net"
	"syscall"
)

// spread makes a dialer's connections come from 127.0.0.last.
func spread(d *net.Dialer, last byte) {
	d.LocalAddr = &net.TCPAddr{IP: net.IPv4(127, 0, 0, last)}
	d.Control = choosePortLate
}

// choosePortLate lets the system choose the source port when it knows the destination, so that a port can
// serve several connections.
func choosePortLate(_, _ string, c syscall.RawConn) error {
	const bindAddressNoPort = 24 // IP_BIND_ADDRESS_NO_PORT of ip(7)
	var failure error
	err := c.Control(func(fd uintptr) {
		failure = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_IP, bindAddressNoPort, 1)
	})
	if err != nil {
		return err
	}
	return failure
}
