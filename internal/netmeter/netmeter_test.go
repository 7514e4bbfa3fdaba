package netmeter_test

import (
	"io"
	"net"
	"testing"

	"silly/internal/netconn"
	"silly/internal/netmeter"
)

// TestConnectionsAreCountedUntilTheyAreClosed: once, however often that is.
func TestConnectionsAreCountedUntilTheyAreClosed(t *testing.T) {
	t.Parallel()
	for name, metered := range map[string]func(*netmeter.Meter, net.Conn) net.Conn{
		"conn":      (*netmeter.Meter).Conn,
		"transport": func(m *netmeter.Meter, nc net.Conn) net.Conn { return netconn.Wrap(nc).Metered(m) },
	} {
		a, b := net.Pipe()
		m := new(netmeter.Meter)
		nc := metered(m, a)
		if netconn.Wrap(nc).LocalAddr() != a.LocalAddr() || m.Open() != 1 {
			t.Errorf("%s: %d are open", name, m.Open())
		}
		go func() {
			_, _ = b.Write([]byte("hello"))
			_, _ = io.ReadFull(b, make([]byte, 2))
		}()
		if n, err := io.ReadFull(nc, make([]byte, 5)); n != 5 || err != nil {
			t.Errorf("%s: read %d, %v", name, n, err)
		}
		if n, err := nc.Write([]byte("hi")); n != 2 || err != nil {
			t.Errorf("%s: wrote %d, %v", name, n, err)
		}
		_, _ = nc.Close(), nc.Close()
		_, err := nc.Write([]byte("too late"))
		if err == nil || m.Open() != 0 || m.Sent() != 2 || m.Received() != 5 || m.Operations() != 2 {
			t.Errorf("%s: %v; open %d, sent %d, received %d", name, err, m.Open(), m.Sent(), m.Received())
		}
		_ = b.Close()
	}
}

// TestNilMetersCountNothing, and do no harm.
func TestNilMetersCountNothing(t *testing.T) {
	t.Parallel()
	var m *netmeter.Meter
	m.AddOpen(1)
	m.AddSent(1)
	m.AddReceived(1)
	a, b := net.Pipe()
	defer b.Close()
	if err := netconn.Wrap(a).Metered(nil).Close(); err != nil {
		t.Error(err)
	}
}
