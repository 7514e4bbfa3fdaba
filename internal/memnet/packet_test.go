package memnet

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// A packetNetwork is a Network or the system's.
type packetNetwork interface {
	ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error)
	DialPacket(ctx context.Context, network, local, address string) (net.Conn, error)
}

type systemNetwork struct{ net.ListenConfig }

func (systemNetwork) DialPacket(ctx context.Context, network, local, address string) (net.Conn, error) {
	var d net.Dialer
	if local != "" {
		from, err := net.ResolveUDPAddr("udp", local)
		if err != nil {
			return nil, err
		}
		d.LocalAddr = from
	}
	return d.DialContext(ctx, network, address)
}

// onBoth runs a test on a Network and on the machine's.
func onBoth(t *testing.T, test func(t *testing.T, n packetNetwork)) {
	t.Parallel()
	t.Run("memory", func(t *testing.T) { t.Parallel(); test(t, New()) })
	t.Run("system", func(t *testing.T) { t.Parallel(); test(t, &systemNetwork{}) })
}

func listenPacket(t *testing.T, n packetNetwork, network, address string) net.PacketConn {
	t.Helper()
	c, err := n.ListenPacket(t.Context(), network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	return c
}

func dialPacket(t *testing.T, n packetNetwork, local, address string) net.Conn {
	t.Helper()
	c, err := n.DialPacket(t.Context(), "udp", local, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	return c
}

// port is the address of a socket with another host.
func port(c net.PacketConn, host string) string {
	_, port, _ := net.SplitHostPort(c.LocalAddr().String())
	return net.JoinHostPort(host, port)
}

func TestDatagramsArriveWholeWithTheirSender(t *testing.T) {
	onBoth(t, func(t *testing.T, n packetNetwork) {
		s := listenPacket(t, n, "udp", "127.0.0.1:0")
		c := dialPacket(t, n, "", s.LocalAddr().String())
		buffer := make([]byte, 70000)
		for _, text := range []string{"one", "", strings.Repeat("x", 65507)} {
			if n, err := c.Write([]byte(text)); n != len(text) || err != nil {
				t.Fatal(n, err)
			}
			n, from, err := s.ReadFrom(buffer)
			if string(buffer[:n]) != text || from.String() != c.LocalAddr().String() || err != nil {
				t.Fatalf("got %d bytes from %v, %v, want %d from %v", n, from, err, len(text), c.LocalAddr())
			}
		}
		if _, err := s.WriteTo([]byte("truncated"), c.LocalAddr()); err != nil {
			t.Fatal(err)
		}
		if n, err := c.Read(buffer[:5]); string(buffer[:n]) != "trunc" || err != nil {
			t.Errorf("got %q, %v", buffer[:n], err)
		}
		stranger := listenPacket(t, n, "udp", "127.0.0.1:0")
		_, _ = stranger.WriteTo([]byte("of a stranger"), c.LocalAddr())
		_, _ = s.WriteTo([]byte("of the peer"), c.LocalAddr())
		if n, err := c.Read(buffer); string(buffer[:n]) != "of the peer" || err != nil {
			t.Errorf("got %q, %v", buffer[:n], err)
		}
	})
}

func TestAddressesOfSockets(t *testing.T) {
	onBoth(t, func(t *testing.T, n packetNetwork) {
		all := listenPacket(t, n, "udp", ":0")
		buffer := make([]byte, 100)
		for host, local := range map[string]string{"127.0.0.1": "127.0.0.1", "::1": "::1", "127.0.0.9": "127.0.0.1", "": ""} {
			c := dialPacket(t, n, "", port(all, host))
			if from := c.LocalAddr().(*net.UDPAddr).IP.String(); local != "" && host != "127.0.0.9" && from != local {
				t.Errorf("%s is called from %s, want %s", host, from, local)
			}
			_, _ = c.Write([]byte(host))
			size, from, err := all.ReadFrom(buffer)
			if string(buffer[:size]) != host || err != nil {
				t.Fatalf("%q: got %q, %v", host, buffer[:size], err)
			}
			_, _ = all.WriteTo([]byte("answer"), from)
			if host == "127.0.0.9" {
				continue // whose answer may come from another address
			}
			if size, err := c.Read(buffer); string(buffer[:size]) != "answer" || err != nil {
				t.Errorf("%q: got %q, %v", host, buffer[:size], err)
			}
		}
		_, err := n.ListenPacket(t.Context(), "udp", port(all, "127.0.0.1"))
		if !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("an address that is in use: %v", err)
		}
		four := listenPacket(t, n, "udp4", "0.0.0.0:0")
		if _, err := four.WriteTo([]byte("x"), &net.UDPAddr{IP: net.IPv6loopback, Port: 9}); err == nil {
			t.Error("a socket of IPv4 sends over IPv6")
		}
		listenPacket(t, n, "udp6", port(four, "::1"))
	})
}

func TestErrorsOfSockets(t *testing.T) {
	onBoth(t, func(t *testing.T, n packetNetwork) {
		s := listenPacket(t, n, "udp", "127.0.0.1:0")
		address := s.LocalAddr().String()
		c := dialPacket(t, n, "", address)
		s.Close()
		_, err := c.Write([]byte("x"))
		if err != nil {
			t.Errorf("a write to nobody: %v", err)
		}
		buffer := make([]byte, 10)
		if _, err := c.Read(buffer); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("a read after that: %v", err)
		}
		_ = c.SetReadDeadline(time.Now().Add(time.Millisecond))
		if _, err := c.Read(buffer); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("a read after the error: %v", err)
		}
		listenPacket(t, n, "udp", address)
		other := listenPacket(t, n, "udp", "127.0.0.1:0")
		if _, err := other.WriteTo(make([]byte, 66000), c.LocalAddr()); !errors.Is(err, syscall.EMSGSIZE) {
			t.Errorf("too long: %v", err)
		}
		for what, f := range map[string]func() error{
			"read":  func() error { _, _, err := s.ReadFrom(buffer); return err },
			"write": func() error { _, err := s.WriteTo(buffer, c.LocalAddr()); return err },
			"close": s.Close,
			"set":   func() error { return s.SetDeadline(time.Time{}) },
		} {
			if err := f(); !errors.Is(err, net.ErrClosed) {
				t.Errorf("%s of a closed socket: %v", what, err)
			}
		}
		for _, network := range []string{"tcp", "udp5", ""} {
			if _, err := n.ListenPacket(t.Context(), network, "127.0.0.1:0"); err == nil {
				t.Errorf("network %q is accepted", network)
			}
			if _, err := n.DialPacket(t.Context(), network, "", address); err == nil && network != "tcp" {
				t.Errorf("network %q is accepted", network)
			}
		}
		if _, err := n.DialPacket(t.Context(), "udp", "127.0.0.1:0", "[::1]:9"); err == nil {
			t.Error("one socket has addresses of both versions")
		}
	})
}

func TestASocketLosesWhatIsTooMuch(t *testing.T) {
	t.Parallel()
	n := New()
	s := listenPacket(t, n, "udp", "127.0.0.1:0")
	c := dialPacket(t, n, "", s.LocalAddr().String())
	for i := range 100_000 {
		if _, err := fmt.Fprintf(c, "%1000d", i); err != nil {
			t.Fatal(err)
		}
	}
	received := 0
	buffer := make([]byte, 2000)
	_ = s.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	for {
		if _, _, err := s.ReadFrom(buffer); err != nil {
			break
		}
		received++
	}
	if received == 0 || received > maxQueuedPackets {
		t.Errorf("%d datagrams were kept", received)
	}
}

func TestNoDatagramLeavesTheNetwork(t *testing.T) {
	t.Parallel()
	n := New()
	if _, err := n.DialPacket(t.Context(), "udp", "", "192.0.2.1:53"); !errors.Is(err, syscall.ENETUNREACH) {
		t.Errorf("connect: %v", err)
	}
	if _, err := n.ListenPacket(t.Context(), "udp", "192.0.2.1:53"); !errors.Is(err, syscall.EADDRNOTAVAIL) {
		t.Errorf("bind: %v", err)
	}
	s := listenPacket(t, n, "udp", ":0")
	if _, err := s.WriteTo(nil, &net.UDPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 53}); !errors.Is(err, syscall.ENETUNREACH) {
		t.Errorf("send: %v", err)
	}
	n = New()
	n.Anywhere = true
	s = listenPacket(t, n, "udp", "192.0.2.1:53")
	c := dialPacket(t, n, "", "192.0.2.1:53")
	for address, want := range map[string]bool{"192.0.2.1:53": true, "192.0.2.1:54": false, "x:53": false, ":53": false} {
		if got := n.HasSocket(t.Context(), "udp", address); got != want {
			t.Errorf("a socket at %s: %v", address, got)
		}
	}
	before := n.Activity()
	_, _ = c.Write([]byte("x"))
	buffer := make([]byte, 10)
	if size, _, err := s.ReadFrom(buffer); size != 1 || err != nil || n.Activity() <= before {
		t.Errorf("%d, %v", size, err)
	}
}

func TestReadFromWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := New()
		s := listenPacket(t, n, "udp", "127.0.0.1:0")
		read := func() error { _, _, err := s.ReadFrom(make([]byte, 10)); return err }
		done := blocked(t, read)
		c := dialPacket(t, n, "", s.LocalAddr().String())
		_, _ = c.Write(nil)
		if err := <-done; err != nil {
			t.Error(err)
		}
		_ = s.SetReadDeadline(time.Now().Add(time.Second))
		if err := <-blocked(t, read); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
		_ = s.SetReadDeadline(time.Time{})
		done = blocked(t, read)
		s.Close()
		if err := <-done; !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	})
}
