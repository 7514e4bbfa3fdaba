package memnet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func listen(t *testing.T, n *Network, network, address string) net.Listener {
	t.Helper()
	l, err := n.Listen(t.Context(), network, address)
	if err != nil {
		t.Fatalf("Listen(%q, %q): %v", network, address, err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func dial(t *testing.T, n *Network, network, address string) *Conn {
	t.Helper()
	c, err := n.Dial(t.Context(), network, address)
	if err != nil {
		t.Fatalf("Dial(%q, %q): %v", network, address, err)
	}
	t.Cleanup(func() { c.Close() })
	return c.(*Conn)
}

func TestListenerTakesConnectionsToItsAddresses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		network, address string
		addr             string // of the listener
		reached, refused []string
	}{
		{"tcp", ":8080", "[::]:8080",
			[]string{":8080", "127.0.0.1:8080", "127.1.2.3:8080", "localhost:8080", "[::1]:8080", "0.0.0.0:8080", "[::]:8080", "[::ffff:127.0.0.1]:8080"},
			[]string{"127.0.0.1:8081"}},
		{"tcp", "0.0.0.0:8080", "0.0.0.0:8080", []string{"127.0.0.1:8080", "[::1]:8080"}, nil},
		{"tcp", "[::]:8080", "[::]:8080", []string{"127.0.0.1:8080", "[::1]:8080"}, nil},
		{"tcp", "127.0.0.1:8080", "127.0.0.1:8080", []string{"127.0.0.1:8080", ":8080", "LOCALHOST:8080", "[::ffff:127.0.0.1]:8080"}, []string{"127.0.0.2:8080", "[::1]:8080"}},
		{"tcp", "localhost:8080", "127.0.0.1:8080", []string{"localhost:8080"}, []string{"[::1]:8080"}},
		{"tcp", "127.9.9.9:8080", "127.9.9.9:8080", []string{"127.9.9.9:8080"}, []string{"127.0.0.1:8080"}},
		{"tcp", "[::1]:8080", "[::1]:8080", []string{"[::1]:8080", "localhost:8080", ":8080"}, []string{"127.0.0.1:8080"}},
		{"tcp4", ":8080", "0.0.0.0:8080", []string{"127.0.0.1:8080"}, []string{"[::1]:8080"}},
		{"tcp6", ":8080", "[::]:8080", []string{"[::1]:8080"}, []string{"127.0.0.1:8080"}},
		{"tcp6", "localhost:8080", "[::1]:8080", []string{"[::1]:8080"}, nil},
		{"tcp", ":http", "[::]:80", []string{"localhost:80"}, nil},
	}
	for _, test := range tests {
		t.Run(test.network+" "+test.address, func(t *testing.T) {
			t.Parallel()
			n := New()
			l := listen(t, n, test.network, test.address)
			if got := l.Addr().String(); got != test.addr {
				t.Errorf("listener's address is %s, want %s", got, test.addr)
			}
			for _, address := range test.reached {
				c := dial(t, n, "tcp", address)
				s, err := l.Accept()
				if err != nil {
					t.Fatal(err)
				}
				if c.LocalAddr().String() != s.RemoteAddr().String() || c.RemoteAddr().String() != s.LocalAddr().String() {
					t.Errorf("dial %s: client %v -> %v, server %v <- %v", address, c.LocalAddr(), c.RemoteAddr(), s.LocalAddr(), s.RemoteAddr())
				}
				s.Close()
			}
			for _, address := range test.refused {
				if _, err := n.Dial(t.Context(), "tcp", address); !errors.Is(err, syscall.ECONNREFUSED) {
					t.Errorf("dial %s gives %v, want connection refused", address, err)
				}
			}
		})
	}
}

func TestAddressesOfAConnectionAreThoseOfALoopbackDevice(t *testing.T) {
	t.Parallel()
	n := New()
	l := listen(t, n, "tcp", ":8080")
	for address, want := range map[string]string{
		"127.0.0.1:8080": "127.0.0.1",
		"127.0.0.7:8080": "127.0.0.1",
		"localhost:8080": "127.0.0.1",
		"[::1]:8080":     "::1",
	} {
		c := dial(t, n, "tcp", address)
		local, ok := c.LocalAddr().(*net.TCPAddr)
		if !ok || local.IP.String() != want || local.Port < firstEphemeral {
			t.Errorf("dial %s from %v, want %s and an ephemeral port", address, c.LocalAddr(), want)
		}
		if _, err := l.Accept(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestConflictingListenersAreRefused(t *testing.T) {
	t.Parallel()
	tests := []struct {
		network1, address1, network2, address2 string
		conflict                               bool
	}{
		{"tcp", ":80", "tcp", ":80", true},
		{"tcp", ":80", "tcp", "127.0.0.1:80", true},
		{"tcp", "127.0.0.1:80", "tcp", ":80", true},
		{"tcp", "127.0.0.1:80", "tcp", "localhost:80", true},
		{"tcp", "127.0.0.1:80", "tcp", "127.0.0.2:80", false},
		{"tcp", "127.0.0.1:80", "tcp", "[::1]:80", false},
		{"tcp4", ":80", "tcp6", ":80", false},
		{"tcp4", ":80", "tcp", ":80", true},
		{"tcp4", ":80", "tcp", "[::1]:80", false},
		{"tcp", ":80", "tcp", ":81", false},
	}
	for _, test := range tests {
		n := New()
		listen(t, n, test.network1, test.address1)
		l, err := n.Listen(t.Context(), test.network2, test.address2)
		if err == nil {
			l.Close()
		}
		if got := errors.Is(err, syscall.EADDRINUSE); got != test.conflict {
			t.Errorf("%v: second Listen gives %v", test, err)
		}
	}
}

func TestAddressIsFreeAfterTheListenerIsClosed(t *testing.T) {
	t.Parallel()
	n := New()
	for range 3 {
		l, err := n.Listen(t.Context(), "tcp", ":8080")
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if len(n.listeners) != 0 {
		t.Errorf("%d ports still in use", len(n.listeners))
	}
}

func TestPortZeroPicksAFreePort(t *testing.T) {
	t.Parallel()
	n := New()
	seen := map[int]bool{}
	for range 100 {
		port := listen(t, n, "tcp", "127.0.0.1:0").Addr().(*net.TCPAddr).Port
		if port < firstEphemeral || seen[port] {
			t.Fatalf("got port %d (seen before: %v)", port, seen[port])
		}
		seen[port] = true
	}

	n = New()
	listen(t, n, "tcp", "127.0.0.1:49152")
	listen(t, n, "tcp", "127.0.0.1:49153")
	if got := listen(t, n, "tcp", "[::1]:0").Addr().(*net.TCPAddr).Port; got != 49154 {
		t.Errorf("got port %d beside two listeners, want 49154", got)
	}
}

func TestClientsHaveDistinctPortsUntilTheyClose(t *testing.T) {
	t.Parallel()
	n := New()
	l := listen(t, n, "tcp", ":8080")
	seen := map[string]bool{}
	var clients []net.Conn
	// More than there are ephemeral ports.
	for range 20_000 {
		c, err := n.Dial(t.Context(), "tcp", "localhost:8080")
		if err != nil {
			t.Fatalf("after %d clients: %v", len(clients), err)
		}
		if _, err := l.Accept(); err != nil {
			t.Fatal(err)
		}
		if seen[c.LocalAddr().String()] {
			t.Fatalf("%v given twice", c.LocalAddr())
		}
		seen[c.LocalAddr().String()] = true
		clients = append(clients, c)
	}
	for _, c := range clients {
		c.Close()
	}
	if len(n.clients) != 0 {
		t.Errorf("%d ports not given back", len(n.clients))
	}
	if got := dial(t, n, "tcp", "localhost:8080").LocalAddr().(*net.TCPAddr).Port; got < firstEphemeral {
		t.Errorf("got port %d though ephemeral ports are free again", got)
	}
}

func TestTwoNetworksDoNotMeet(t *testing.T) {
	t.Parallel()
	one, two := New(), New()
	listen(t, one, "tcp", ":8080")
	if _, err := two.Dial(t.Context(), "tcp", "localhost:8080"); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("got %v, want connection refused", err)
	}
	listen(t, two, "tcp", ":8080")
}

// shape describes an error by its types and text; port numbers differ from run to run.
func shape(err error) string {
	var types []string
	for e := err; e != nil; e = errors.Unwrap(e) {
		name := fmt.Sprintf("%T", e)
		// Package net has these two under unexported names.
		name = strings.NewReplacer("*net.timeoutError", "timeoutError", "memnet.timeoutError", "timeoutError",
			"net.canceledError", "canceledError", "memnet.canceledError", "canceledError").Replace(name)
		types = append(types, name)
	}
	text := "nil"
	if err != nil {
		text = regexp.MustCompile(`:\d+`).ReplaceAllString(err.Error(), ":PORT")
	}
	timeout := false
	var netErr net.Error
	if errors.As(err, &netErr) {
		timeout = netErr.Timeout()
	}
	return fmt.Sprintf("%s %q timeout=%v closed=%v eof=%v canceled=%v deadline=%v", types, text, timeout,
		errors.Is(err, net.ErrClosed), errors.Is(err, io.EOF), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded))
}

// TestErrorsAreThoseOfTheRealNetwork runs the same calls on the loopback device and on a Network.
// networkCalls are those of a network.
type networkCalls struct {
	listen func(ctx context.Context, network, address string) (net.Listener, error)
	dial   func(ctx context.Context, network, address string) (net.Conn, error)
	from   func(ctx context.Context, network, local, address string) (net.Conn, error) // dials
}

// from dials on the real network from a local address.
func from(ctx context.Context, network, local, address string) (net.Conn, error) {
	d := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.MustParseAddrPort(local))}
	return d.DialContext(ctx, network, address)
}

// accept makes a listener and a connection to it.
func (n networkCalls) accept(t *testing.T) (l net.Listener, client, server net.Conn) {
	l, err := n.listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	client, err = n.dial(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	server, err = l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return l, client, server
}

// listenOn is a call that listens.
func listenOn(network, address string) func(*testing.T, networkCalls) error {
	return func(t *testing.T, n networkCalls) error {
		l, err := n.listen(t.Context(), network, address)
		if err == nil {
			l.Close()
		}
		return err
	}
}

// dialTo is a call that dials.
func dialTo(network, address string) func(*testing.T, networkCalls) error {
	return func(t *testing.T, n networkCalls) error {
		c, err := n.dial(t.Context(), network, address)
		if err == nil {
			c.Close()
		}
		return err
	}
}

// openingCalls are calls that listen, dial and accept.
var openingCalls = map[string]func(*testing.T, networkCalls) error{
	"listen without a port":      listenOn("tcp", "127.0.0.1"),
	"listen on a bad port":       listenOn("tcp", "127.0.0.1:99999"),
	"listen on a negative port":  listenOn("tcp", "127.0.0.1:-1"),
	"listen on an odd service":   listenOn("tcp", "127.0.0.1:no-such-service"),
	"listen on an odd network":   listenOn("tdp", "127.0.0.1:0"),
	"listen on a foreign IP":     listenOn("tcp", "192.0.2.1:0"),
	"listen on too many colons":  listenOn("tcp", "::1:80:80:"),
	"listen on the wrong family": listenOn("tcp4", "[::1]:0"),
	"dial without a port":        dialTo("tcp", "localhost"),
	"dial a bad port":            dialTo("tcp", "127.0.0.1:99999"),
	"dial an odd network":        dialTo("tdp", "127.0.0.1:80"),
	"dial the wrong family":      dialTo("tcp6", "127.0.0.1:80"),
	"listen twice": func(t *testing.T, n networkCalls) error {
		l, _, _ := n.accept(t)
		return listenOn("tcp", l.Addr().String())(t, n)
	},
	"listen twice on a wildcard": func(t *testing.T, n networkCalls) error {
		l, _, _ := n.accept(t)
		return listenOn("tcp", ":"+strconv.Itoa(l.Addr().(*net.TCPAddr).Port))(t, n)
	},
	"dial a closed listener": func(t *testing.T, n networkCalls) error {
		l, _, _ := n.accept(t)
		l.Close()
		return dialTo("tcp", l.Addr().String())(t, n)
	},
	"dial with a cancelled context": func(t *testing.T, n networkCalls) error {
		l, _, _ := n.accept(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := n.dial(ctx, "tcp", l.Addr().String())
		var failure *net.OpError
		if errors.As(err, &failure) {
			// The real dialer may or may not have got as far as the address.
			failure.Addr = nil
		}
		return err
	},
	"dial after the deadline": func(t *testing.T, n networkCalls) error {
		l, _, _ := n.accept(t)
		ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
		defer cancel()
		_, err := n.dial(ctx, "tcp", l.Addr().String())
		var failure *net.OpError
		if errors.As(err, &failure) {
			failure.Addr = nil
		}
		return err
	},
	"accept after close": func(t *testing.T, n networkCalls) error {
		l, _, _ := n.accept(t)
		l.Close()
		_, err := l.Accept()
		return err
	},
	"close a listener twice": func(t *testing.T, n networkCalls) error {
		l, _, _ := n.accept(t)
		l.Close()
		return l.Close()
	},
}

// connectionCalls are calls on a connection.
var connectionCalls = map[string]func(*testing.T, networkCalls) error{
	"close twice": func(t *testing.T, n networkCalls) error {
		_, client, _ := n.accept(t)
		client.Close()
		return client.Close()
	},
	"read after close": func(t *testing.T, n networkCalls) error {
		_, client, _ := n.accept(t)
		client.Close()
		_, err := client.Read(make([]byte, 1))
		return err
	},
	"write after close": func(t *testing.T, n networkCalls) error {
		_, client, _ := n.accept(t)
		client.Close()
		_, err := client.Write([]byte("x"))
		return err
	},
	"deadline after close": func(t *testing.T, n networkCalls) error {
		_, client, _ := n.accept(t)
		client.Close()
		return client.SetDeadline(time.Now())
	},
	"close write after close": func(t *testing.T, n networkCalls) error {
		_, client, _ := n.accept(t)
		client.Close()
		return client.(interface{ CloseWrite() error }).CloseWrite()
	},
	"write after close write": func(t *testing.T, n networkCalls) error {
		_, client, _ := n.accept(t)
		client.(interface{ CloseWrite() error }).CloseWrite()
		_, err := client.Write([]byte("x"))
		return err
	},
	"empty read after close": func(t *testing.T, n networkCalls) error {
		_, client, _ := n.accept(t)
		client.Close()
		_, err := client.Read(nil)
		return err
	},
	"empty read after a deadline": func(t *testing.T, n networkCalls) error {
		_, client, _ := n.accept(t)
		client.SetDeadline(time.Unix(1, 0))
		_, err := client.Read(nil)
		return err
	},
	"empty write after a deadline": func(t *testing.T, n networkCalls) error {
		_, client, _ := n.accept(t)
		client.SetDeadline(time.Unix(1, 0))
		_, err := client.Write(nil)
		return err
	},
	"read after a deadline": func(t *testing.T, n networkCalls) error {
		_, client, server := n.accept(t)
		server.Write([]byte("x"))
		client.SetReadDeadline(time.Unix(1, 0))
		_, err := client.Read(make([]byte, 1))
		return err
	},
	"write after a deadline": func(t *testing.T, n networkCalls) error {
		_, client, _ := n.accept(t)
		client.SetWriteDeadline(time.Unix(1, 0))
		_, err := client.Write([]byte("x"))
		return err
	},
	"dial from a foreign IP": func(t *testing.T, n networkCalls) error {
		l, _, _ := n.accept(t)
		_, err := n.from(t.Context(), "tcp", "192.0.2.1:0", l.Addr().String())
		return err
	},
	"dial from a port in use": func(t *testing.T, n networkCalls) error {
		l, _, _ := n.accept(t)
		_, err := n.from(t.Context(), "tcp", l.Addr().String(), l.Addr().String())
		return err
	},
	"read after the peer closed": func(t *testing.T, n networkCalls) error {
		_, client, server := n.accept(t)
		server.Close()
		_, err := client.Read(make([]byte, 1))
		return err
	},
	"read after the peer aborted": func(t *testing.T, n networkCalls) error {
		_, client, server := n.accept(t)
		switch server := server.(type) {
		case *net.TCPConn:
			server.SetLinger(0)
			server.Close()
		case *Conn:
			server.Reset()
		}
		_, err := client.Read(make([]byte, 1))
		return err
	},
	"write after the peer closed": func(t *testing.T, n networkCalls) error {
		_, client, server := n.accept(t)
		server.Close()
		for {
			// TCP learns of the peer's close only from the answer to a write.
			_, err := client.Write([]byte("x"))
			if err != nil && !errors.Is(err, syscall.ECONNRESET) {
				return err
			}
		}
	},
}

func TestErrorsAreThoseOfTheRealNetwork(t *testing.T) {
	t.Parallel()
	memory := New()
	networks := []networkCalls{
		{(&net.ListenConfig{}).Listen, (&net.Dialer{}).DialContext, from},
		{memory.Listen, memory.Dial, memory.DialFrom},
	}
	for _, tests := range []map[string]func(*testing.T, networkCalls) error{openingCalls, connectionCalls} {
		for name, call := range tests {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				want := shape(call(t, networks[0]))
				if got := shape(call(t, networks[1])); got != want {
					t.Errorf("memory:  %s\nreal:    %s", got, want)
				}
			})
		}
	}
}

func TestDialFromALocalAddress(t *testing.T) {
	t.Parallel()
	n := New()
	l := listen(t, n, "tcp", ":8080")
	for _, c := range []struct{ local, address, want string }{
		{"127.0.0.1:5000", "127.0.0.1:8080", "127.0.0.1:5000"},
		{"127.0.0.9:5001", "127.0.0.1:8080", "127.0.0.9:5001"},
		{"0.0.0.0:5002", "localhost:8080", "127.0.0.1:5002"},
		{"[::1]:5003", "[::1]:8080", "[::1]:5003"},
	} {
		client, err := n.DialFrom(t.Context(), "tcp", c.local, c.address)
		if err != nil {
			t.Fatalf("%s: %v", c.local, err)
		}
		server, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if got := server.RemoteAddr().String(); got != c.want || client.LocalAddr().String() != c.want {
			t.Errorf("%s: the peer is %s, this side %s, want %s", c.local, got, client.LocalAddr(), c.want)
		}
		if _, err := n.DialFrom(t.Context(), "tcp", c.local, c.address); !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("%s: the second time: %v", c.local, err)
		}
		client.Close()
		if again, err := n.DialFrom(t.Context(), "tcp", c.local, c.address); err != nil {
			t.Errorf("%s: after the first was closed: %v", c.local, err)
		} else {
			again.Close()
			if other, err := l.Accept(); err == nil {
				other.Close()
			}
		}
		server.Close()
	}
	for _, local := range []string{"localhost:0", "127.0.0.1", "", "[::1]:0"} {
		if _, err := n.DialFrom(t.Context(), "tcp", local, "127.0.0.1:8080"); err == nil {
			t.Errorf("%q is accepted", local)
		}
	}
}

func TestForeignAddressesAreUnreachable(t *testing.T) {
	t.Parallel()
	n := New()
	_, err := n.Dial(t.Context(), "tcp", "192.0.2.1:80")
	if !errors.Is(err, syscall.ENETUNREACH) || err.Error() != "dial tcp 192.0.2.1:80: connect: network is unreachable" {
		t.Errorf("dial of a foreign IP gives %v", err)
	}
	_, err = n.Dial(t.Context(), "tcp", "example.com:80")
	var dns *net.DNSError
	if !errors.As(err, &dns) || !dns.IsNotFound || err.Error() != "dial tcp: lookup example.com: no such host" {
		t.Errorf("dial of a foreign name gives %v", err)
	}
	_, err = n.Listen(t.Context(), "tcp", "example.com:80")
	if !errors.As(err, &dns) || err.Error() != "listen tcp: lookup example.com: no such host" {
		t.Errorf("listen on a foreign name gives %v", err)
	}
}

func TestDialWaitsWhileTheBacklogIsFull(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := New()
		l, err := n.Listen(t.Context(), "tcp", ":8080")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		for range backlog {
			if _, err := n.Dial(t.Context(), "tcp", ":8080"); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = n.Dial(ctx, "tcp", ":8080")
		if !errors.Is(err, context.DeadlineExceeded) || ctx.Err() == nil {
			t.Errorf("dial to a full backlog gives %v", err)
		}
		if got := len(n.clients); got != backlog {
			t.Errorf("%d client ports in use, want %d", got, backlog)
		}

		dialed := make(chan error, 1)
		go func() {
			_, err := n.Dial(t.Context(), "tcp", ":8080")
			dialed <- err
		}()
		synctest.Wait()
		if _, err := l.Accept(); err != nil {
			t.Fatal(err)
		}
		if err := <-dialed; err != nil {
			t.Errorf("dial after a place became free gives %v", err)
		}
	})
}

func TestClosingAListenerFailsWhatWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := New()
		l, err := n.Listen(t.Context(), "tcp", ":8080")
		if err != nil {
			t.Fatal(err)
		}
		var queued []net.Conn
		for range backlog {
			c, err := n.Dial(t.Context(), "tcp", ":8080")
			if err != nil {
				t.Fatal(err)
			}
			queued = append(queued, c)
		}
		waiting := make(chan error, 1)
		go func() {
			_, err := n.Dial(t.Context(), "tcp", ":8080")
			waiting <- err
		}()
		synctest.Wait()
		l.Close()
		if err := <-waiting; !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("waiting dial gives %v", err)
		}
		for _, c := range queued {
			if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
				t.Fatalf("connection that was not accepted reads %v", err)
			}
			c.Close()
		}
		if len(n.clients) != 0 {
			t.Errorf("%d ports not given back", len(n.clients))
		}

		l, err = n.Listen(t.Context(), "tcp", ":8080")
		if err != nil {
			t.Fatal(err)
		}
		accepted := make(chan error, 1)
		go func() {
			_, err := l.Accept()
			accepted <- err
		}()
		synctest.Wait()
		l.Close()
		if err := <-accepted; !errors.Is(err, net.ErrClosed) {
			t.Errorf("waiting Accept gives %v", err)
		}
	})
}

func TestHTTPRunsOverANetwork(t *testing.T) {
	t.Parallel()
	n := New()
	l := listen(t, n, "tcp", ":8080")
	body := strings.Repeat("0123456789", 100_000)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.RemoteAddr[:strings.LastIndexByte(r.RemoteAddr, ':')]+body)
	})}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	transport := &http.Transport{DialContext: n.Dial}
	client := &http.Client{Transport: transport}
	for range 3 {
		response, err := client.Get("http://localhost:8080/")
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || string(got) != "127.0.0.1"+body {
			t.Fatalf("read %d bytes, %v", len(got), err)
		}
	}
	if err := server.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-served; err != http.ErrServerClosed {
		t.Error(err)
	}
	transport.CloseIdleConnections()
	if _, err := client.Get("http://localhost:8080/"); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("request to a closed server gives %v", err)
	}
}

func TestConnectionsDialedWhileTheListenerClosesDoNotHang(t *testing.T) {
	t.Parallel()
	for range 2000 {
		n := New()
		l, err := n.Listen(t.Context(), "tcp", ":8080")
		if err != nil {
			t.Fatal(err)
		}
		closed := make(chan struct{})
		go func() {
			l.Close()
			close(closed)
		}()
		for range 3 {
			c, err := n.Dial(t.Context(), "tcp", ":8080")
			if err != nil {
				break
			}
			c.SetReadDeadline(time.Now().Add(10 * time.Second))
			if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
				t.Fatalf("read from a connection nobody accepted gives %v", err)
			}
			c.Close()
		}
		<-closed
	}
}

func TestClosedListenerTakesNoConnection(t *testing.T) {
	t.Parallel()
	n := New()
	opened, err := n.Listen(t.Context(), "tcp", ":8080")
	if err != nil {
		t.Fatal(err)
	}
	l := opened.(*listener)
	l.Close()
	for range 100 {
		client, server := newPair("tcp", l.addr, l.addr, new(atomic.Uint64))
		if err := l.enqueue(t.Context(), server); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Fatalf("enqueue gives %v", err)
		}
		if conn, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Fatalf("Accept gives %v, %v", conn, err)
		}
		client.Close()
	}
}

func TestListenHonoursItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := New().Listen(ctx, "tcp", ":8080"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestAnywhere: every IP address can be listened on, and only there.
func TestAnywhere(t *testing.T) {
	t.Parallel()
	n := New()
	n.Anywhere = true
	for _, address := range []string{"192.0.2.7:80", "[2001:db8::1]:80", ":80"} {
		l, err := n.Listen(t.Context(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
	}
	if _, err := n.Listen(t.Context(), "tcp", "192.0.2.7:80"); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("a second listener got %v", err)
	}
	for address, want := range map[string]error{
		"192.0.2.7:80": nil, "[2001:db8::1]:80": nil, "127.0.0.1:80": nil, "[::1]:80": nil,
		"192.0.2.8:80": syscall.ENETUNREACH, "192.0.2.7:81": syscall.ENETUNREACH, "127.0.0.1:81": syscall.ECONNREFUSED,
	} {
		before := n.Activity()
		c, err := n.Dial(t.Context(), "tcp", address)
		if !errors.Is(err, want) {
			t.Errorf("dial %s: %v, want %v", address, err, want)
		}
		if err != nil {
			continue
		}
		if n.Activity() == before {
			t.Error("a dial is no activity")
		}
		c.Close()
	}
	if before := n.Activity(); n.Activity() != before {
		t.Error("activity without anything going on")
	}
}
