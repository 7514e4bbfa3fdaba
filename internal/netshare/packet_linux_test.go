package netshare

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestPacketsOfAPeerGoToOneMember: members share an address, and each gets some of the peers.
func TestPacketsOfAPeerGoToOneMember(t *testing.T) {
	t.Parallel()
	p := New(nil)
	type datagram struct {
		member int
		peer   string
	}
	datagrams := make(chan datagram, 100)
	var conns [2]net.PacketConn
	var reading sync.WaitGroup
	defer reading.Wait()
	for i := range conns {
		c, err := p.Member().ListenPacket(t.Context(), "udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		conns[i] = c
		reading.Go(func() {
			buffer := make([]byte, 10)
			for {
				n, _, err := c.ReadFrom(buffer)
				if err != nil {
					return
				}
				datagrams <- datagram{i, string(buffer[:n])}
			}
		})
	}
	address := conns[0].LocalAddr().String()
	if other := conns[1].LocalAddr().String(); other != address {
		t.Fatalf("the members have %s and %s", address, other)
	}
	const peers, each = 32, 3
	for n := range peers {
		c, err := net.Dial("udp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		for range each {
			if _, err := fmt.Fprint(c, n); err != nil {
				t.Fatal(err)
			}
		}
	}
	got := [2]map[string]int{{}, {}}
	for range peers * each {
		select {
		case d := <-datagrams:
			got[d.member][d.peer]++
		case <-time.After(limit):
			t.Fatalf("of %d datagrams not all arrive: %v", peers*each, got)
		}
	}
	if len(got[0]) == 0 || len(got[1]) == 0 {
		t.Errorf("one member gets all: %v", got)
	}
	for peer, n := range got[0] {
		if n != each || got[1][peer] > 0 {
			t.Errorf("of peer %s the members got %d and %d datagrams", peer, n, got[1][peer])
		}
	}
}

// TestPacketAddressInUse: a socket of another program is not shared.
func TestPacketAddressInUse(t *testing.T) {
	t.Parallel()
	other, err := New(nil).Member().ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	c, err := New(nil).Member().ListenPacket(t.Context(), "udp", other.LocalAddr().String())
	if err == nil {
		_ = c.Close()
	}
	if !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("got %v, want EADDRINUSE", err)
	}
}
