package netshare

import (
	"context"
	"net"
)

// ListenPacket opens a UDP socket at an address of the machine. On Linux members can share one: datagrams of the same peer go
// to the same member as long as none comes or goes. Elsewhere the second member gets the system's error.
func (m *Member) ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error) {
	p := m.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	key := m.key(network, address)
	at, ok := p.bound[key]
	if !ok {
		// A socket that may be shared would be opened beside one of another program, unseen.
		var lc net.ListenConfig
		alone, err := lc.ListenPacket(ctx, network, address)
		if err != nil {
			return nil, err
		}
		at = alone.LocalAddr().String()
		_ = alone.Close()
	}
	lc := net.ListenConfig{Control: shareSocket}
	c, err := lc.ListenPacket(ctx, network, at)
	if err == nil {
		p.bound[key] = at
	}
	return c, err
}
