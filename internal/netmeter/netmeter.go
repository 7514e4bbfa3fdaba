// Package netmeter counts what goes over the connections of a host.
package netmeter

import (
	"net"
	"sync/atomic"
)

// A Meter counts connections, and what is read from and written to them. Any goroutine may use it; a nil one counts
// nothing.
type Meter struct{ open, operations, sent, received atomic.Int64 }

// Open is how many connections are open.
func (m *Meter) Open() int64 { return m.open.Load() }

// Operations is how many reads and writes have moved bytes.
func (m *Meter) Operations() int64 { return m.operations.Load() }

// Sent is how many bytes were handed to the network.
func (m *Meter) Sent() int64 { return m.sent.Load() }

// Received is how many bytes came from the network.
func (m *Meter) Received() int64 { return m.received.Load() }

// AddOpen counts a connection that was opened, or with -1 one that was closed.
func (m *Meter) AddOpen(n int64) {
	if m != nil {
		m.open.Add(n)
	}
}

// AddSent counts bytes that were sent.
func (m *Meter) AddSent(n int) {
	if m != nil && n > 0 {
		m.operations.Add(1)
		m.sent.Add(int64(n))
	}
}

// AddReceived counts bytes that were received.
func (m *Meter) AddReceived(n int) {
	if m != nil && n > 0 {
		m.operations.Add(1)
		m.received.Add(int64(n))
	}
}

// Conn counts what a connection does.
func (m *Meter) Conn(nc net.Conn) net.Conn {
	m.AddOpen(1)
	return &conn{socket: socket{nc, m}}
}

// Socket counts the bytes of what is no connection, such as a UDP socket that has a peer.
func (m *Meter) Socket(nc net.Conn) net.Conn { return socket{nc, m} }

type socket struct {
	net.Conn
	meter *Meter
}

type conn struct {
	socket
	closed atomic.Bool
}

// Read implements net.Conn.
func (c socket) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.meter.AddReceived(n)
	return n, err
}

// Write implements net.Conn.
func (c socket) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.meter.AddSent(n)
	return n, err
}

// Close implements net.Conn.
func (c *conn) Close() error {
	if !c.closed.Swap(true) {
		c.meter.AddOpen(-1)
	}
	return c.Conn.Close()
}
