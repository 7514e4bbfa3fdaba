package natsplane_test

import (
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
)

// What a link between two nodes does.
type linkState int

const (
	passes linkState = iota
	stalls           // what is sent waits
	broken           // connections are closed, and new ones at once
)

// A network is what is between nodes: in front of each of them stands a proxy, which is where the others are told that it is.
type network struct {
	mu      sync.Mutex
	changed sync.Cond
	links   map[[2]int]linkState // by nodes, the smaller first
	conns   map[*passage]struct{}
	nodes   []string // their own addresses
	proxies []net.Listener
	over    bool
	work    sync.WaitGroup
}

// A passage is a connection through a proxy. network.mu guards from, which is -1 until the node has said who it is.
type passage struct {
	from, to  int
	near, far net.Conn
}

// startNetwork starts one with free addresses for nodes.
func startNetwork(t *testing.T, nodes int) *network {
	t.Helper()
	n := &network{links: make(map[[2]int]linkState), conns: make(map[*passage]struct{})}
	n.changed.L = &n.mu
	for range nodes {
		free, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		proxy, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		n.nodes, n.proxies = append(n.nodes, free.Addr().String()), append(n.proxies, proxy)
		_ = free.Close()
	}
	for to := range nodes {
		n.work.Go(func() { n.accept(to) })
	}
	return n
}

// close ends the proxies and all connections.
func (n *network) close() {
	n.mu.Lock()
	n.over = true
	n.changed.Broadcast()
	for p := range n.conns {
		p.close()
	}
	n.mu.Unlock()
	for _, proxy := range n.proxies {
		_ = proxy.Close()
	}
	n.work.Wait()
}

// proxy is where the others find a node.
func (n *network) proxy(node int) string { return n.proxies[node].Addr().String() }

// set changes what the link between two nodes does.
func (n *network) set(a, b int, state linkState) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.links[[2]int{min(a, b), max(a, b)}] = state
	n.changed.Broadcast()
	for p := range n.conns {
		if n.state(p) == broken {
			p.close()
		}
	}
}

// state is what the link of a passage does. n.mu is held.
func (n *network) state(p *passage) linkState {
	return n.links[[2]int{min(p.from, p.to), max(p.from, p.to)}]
}

func (p *passage) close() {
	_ = p.near.Close()
	_ = p.far.Close()
}

// accept takes connections to a node.
func (n *network) accept(to int) {
	for {
		near, err := n.proxies[to].Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", n.nodes[to])
		if err != nil {
			_ = near.Close()
			continue
		}
		p := &passage{from: -1, to: to, near: near, far: far}
		n.mu.Lock()
		n.conns[p] = struct{}{}
		if n.over {
			p.close()
		}
		n.mu.Unlock()
		n.work.Go(func() { n.pump(p, near, far, true) })
		n.work.Go(func() { n.pump(p, far, near, false) })
	}
}

// pump carries what one side sends. says is that it tells who it is.
func (n *network) pump(p *passage, from, to net.Conn, says bool) {
	defer func() {
		p.close()
		n.mu.Lock()
		delete(n.conns, p)
		n.mu.Unlock()
	}()
	buffer := make([]byte, 64<<10)
	var head strings.Builder
	for {
		size, err := from.Read(buffer)
		if err != nil {
			return
		}
		n.mu.Lock()
		if says && p.from < 0 {
			head.Write(buffer[:size])
			p.from = n.who(head.String())
		}
		for n.state(p) == stalls && !n.over {
			n.changed.Wait()
		}
		ends := n.state(p) == broken || n.over
		n.mu.Unlock()
		if ends {
			return
		}
		if _, err := to.Write(buffer[:size]); err != nil {
			return
		}
	}
}

// who is the node that says its name at the beginning of a connection, -1 if it has not yet.
func (n *network) who(head string) int {
	for i, address := range n.nodes {
		host, port, _ := net.SplitHostPort(address)
		if strings.Contains(head, fmt.Sprintf("-%s-%s\"", host, port)) {
			return i
		}
	}
	return -1
}
