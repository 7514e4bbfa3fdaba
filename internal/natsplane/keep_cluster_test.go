package natsplane

import (
	"fmt"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"silly/luahost/backplane"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// TestClusterKeeps: two nodes keep messages, one does not yet; from three on one may go, and comes back with nothing.
func TestClusterKeeps(t *testing.T) {
	t.Parallel()
	a := startNode(t, ClusterOptions{})
	if err := a.Keep(t.Context(), "room.*", backplane.Limit{Count: 100}); err != errAlone {
		t.Errorf("alone: %v", err)
	}
	if kept, err := a.Submit(backplane.Message{Topic: "room.1"}, nil); kept || err != nil {
		t.Errorf("alone: %v, %v", kept, err)
	}
	join := ClusterOptions{Join: []string{a.address()}}
	b := startNode(t, join)
	keep(t, b.Plane, "room.*", backplane.Limit{Count: 100})
	awaitReplicas(t, a, "room.*", 2)
	keepAll(t, a.Plane, "room.1", "1")
	keepAll(t, b.Plane, "room.1", "2")
	c := startNode(t, join)
	keep(t, c.Plane, "room.*", backplane.Limit{Count: 100})
	for _, n := range []*Node{a, b, c} {
		awaitReplicas(t, n, "room.*", 3)
	}
	keepAll(t, c.Plane, "room.1", "3")
	address := b.address()
	_ = b.Close()
	keepAll(t, a.Plane, "room.1", "4")
	keepAll(t, c.Plane, "room.1", "5")
	again := startNode(t, ClusterOptions{Address: address, Join: []string{a.address(), c.address()}})
	keep(t, again.Plane, "room.*", backplane.Limit{Count: 100})
	live := make(receiver, 10)
	if _, err := again.Subscribe("room.1", "", func(m backplane.Message) { live <- m }); err != nil {
		t.Fatal(err)
	}
	if data, _ := since(t, again.Plane, "room.1", 0); data != "12345" {
		t.Errorf("who has come back gets %q", data)
	}
	keepAll(t, again.Plane, "room.1", "6")
	live.expect(t, "6")
	awaitCurrent(t, c, "room.*")
	_ = a.Close()
	keepAll(t, c.Plane, "room.1", "7")
	for _, n := range []*Node{again, c} {
		if data, _ := since(t, n.Plane, "room.1", 0); data != "1234567" {
			t.Errorf("kept %q", data)
		}
	}
}

// awaitReplicas waits until a node has seen so many replicas of the stream of a pattern.
func awaitReplicas(t *testing.T, n *Node, pattern string, replicas int) {
	t.Helper()
	for start := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		n.mu.Lock()
		k := n.keeping.patterns[pattern]
		done := k != nil && k.ready && k.replicas == replicas
		n.mu.Unlock()
		if done {
			return
		}
		if time.Since(start) > 2*patience {
			t.Fatalf("no %d replicas: %+v", replicas, k)
		}
	}
}

// awaitCurrent waits until all three replicas have everything.
func awaitCurrent(t *testing.T, n *Node, pattern string) {
	t.Helper()
	for start := time.Now(); !n.AllCurrent(pattern); time.Sleep(10 * time.Millisecond) {
		if time.Since(start) > 2*patience {
			t.Fatal("the replicas do not catch up")
		}
	}
}

// AllCurrent reports whether all three replicas of the stream of a pattern have everything.
func (n *Node) AllCurrent(pattern string) bool { return n.allCurrent(pattern, 2) }

// allCurrent reports whether so many replicas beside the leader have everything.
func (n *Node) allCurrent(pattern string, want int) bool {
	current := 0
	if cluster := n.streamCluster(pattern); cluster != nil {
		for _, r := range cluster.Replicas {
			if r.Current && !r.Offline {
				current++
			}
		}
	}
	return current == want
}

// Leads reports whether a node is the leader of the stream of a pattern.
func (n *Node) Leads(pattern string) bool {
	cluster := n.streamCluster(pattern)
	return cluster != nil && cluster.Leader == n.server.Name()
}

// streamCluster returns who has the stream of a pattern, nil if it has no leader.
func (n *Node) streamCluster(pattern string) *nats.ClusterInfo {
	js, err := n.conn.JetStream()
	if err != nil {
		return nil
	}
	s, err := js.StreamInfo(streamName(pattern), nats.MaxWait(time.Second))
	if err != nil || s.Cluster == nil || s.Cluster.Leader == "" {
		return nil
	}
	return s.Cluster
}

// TestDataFolder: one process alone keeps messages on disk, over its end; a folder is for one process.
func TestDataFolder(t *testing.T) {
	t.Parallel()
	folder := t.TempDir() + "/data"
	n, err := StartNode(ClusterOptions{Data: folder})
	if err != nil {
		t.Fatal(err)
	}
	if s := n.Status(); s.Kind != "disk" || !s.Complete || !s.Connected {
		t.Errorf("status %+v", s)
	}
	other, err := StartNode(ClusterOptions{Data: folder})
	if fmt.Sprint(err) != "cannot keep messages in "+folder+": another process has it open" {
		t.Errorf("a second one: %v, %v", other, err)
	}
	keep(t, n.Plane, "x", backplane.Limit{Count: 2})
	keepAll(t, n.Plane, "x", "1", "2", "3")
	_, last := since(t, n.Plane, "x", 0)
	_ = n.Close()
	if n, err = StartNode(ClusterOptions{Data: folder}); err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	keep(t, n.Plane, "x", backplane.Limit{Count: 2})
	keepAll(t, n.Plane, "x", "4")
	if data, _ := since(t, n.Plane, "x", 0); data != "34" {
		t.Errorf("kept %q", data)
	}
	if data, _ := since(t, n.Plane, "x", last); data != "4" {
		t.Errorf("after the last: %q", data)
	}
	bad := t.TempDir()
	if err := os.WriteFile(bad+"/name", []byte("a b"), 0o600); err != nil {
		t.Fatal(err)
	}
	if other, err = StartNode(ClusterOptions{Data: bad}); err == nil || !strings.Contains(err.Error(), "has no name of a node") {
		t.Errorf("a bad name: %v, %v", other, err)
	}
	if n, err := StartNode(ClusterOptions{Data: "/dev/null/x"}); err == nil {
		t.Errorf("%v keeps messages in no folder", n)
	}
}

// TestClusterOfServersKeeps: on three NATS servers messages have three replicas, and outlive the one that the program was
// connected to.
func TestClusterOfServersKeeps(t *testing.T) {
	t.Parallel()
	var servers []*server.Server
	var urls []string
	var routes []*url.URL
	for range 3 {
		port, err := freePort("127.0.0.1")
		if err != nil {
			t.Fatal(err)
		}
		routes = append(routes, &url.URL{Scheme: "nats", Host: fmt.Sprint("127.0.0.1:", port)})
	}
	for i, route := range routes {
		port, _ := strconv.Atoi(route.Port())
		s := startServer(t, &server.Options{
			ServerName: fmt.Sprint("server", i), JetStream: true, StoreDir: t.TempDir(), Routes: routes,
			Cluster: server.ClusterOpts{Name: "test", Host: "127.0.0.1", Port: port},
		})
		servers, urls = append(servers, s), append(urls, s.ClientURL())
	}
	p := connect(t, urls...)
	keep(t, p, "x", backplane.Limit{Count: 10})
	keepAll(t, p, "x", "1", "2")
	if k := p.keptFor("x"); k.replicas != 3 {
		t.Errorf("%d replicas", k.replicas)
	}
	connected := p.Status().Servers[0]
	i := slices.IndexFunc(servers, func(s *server.Server) bool { return s.Addr().String() == connected })
	stopServer(servers[i])
	for start := time.Now(); submit(t, p, backplane.Message{Topic: "x", Data: "3"}) != nil; time.Sleep(10 * time.Millisecond) {
		if time.Since(start) > 2*patience {
			t.Fatal("nothing is kept any more")
		}
	}
	if data, _ := since(t, p, "x", 0); !strings.HasPrefix(data, "123") || strings.Trim(data, "123") != "" {
		t.Errorf("kept %q", data)
	}
}

// TestTwoNodes: while one is away nothing is kept; whichever it was, it comes back with nothing and gets everything.
func TestTwoNodes(t *testing.T) {
	t.Parallel()
	a := startNode(t, ClusterOptions{})
	addresses := []string{a.address(), ""}
	nodes := []*Node{a, startNode(t, ClusterOptions{Join: addresses[:1]})}
	addresses[1] = nodes[1].address()
	keep(t, nodes[1].Plane, "x", backplane.Limit{Count: 10})
	_ = a.Keep(t.Context(), "x", backplane.Limit{Count: 10})
	awaitReplicas(t, a, "x", 2)
	keepAll(t, a.Plane, "x", "1")
	for i, joins := range [][]string{nil, {addresses[0]}} {
		other := nodes[1-i]
		_ = nodes[i].Close()
		awaitNodes(t, other, 0)
		waits := make(chan error, 1)
		m := backplane.Message{Topic: "x", Data: "while away"}
		if kept, err := other.Submit(m, func(err error) { waits <- err }); !kept || err != nil {
			t.Fatal(kept, err)
		}
		nodes[i] = startNode(t, ClusterOptions{Address: addresses[i], Join: joins})
		awaitNodes(t, other, 1)
		<-waits // it may be kept: the other one has come back
		_ = nodes[i].Keep(t.Context(), "x", backplane.Limit{Count: 10})
		awaitReplicas(t, nodes[i], "x", 2)
		for start := time.Now(); submit(t, nodes[i].Plane, backplane.Message{Topic: "x", Data: fmt.Sprint(i + 2)}) != nil; {
			if time.Since(start) > 2*patience {
				t.Fatal("nothing is kept any more")
			}
		}
		for _, n := range nodes {
			data, _ := since(t, n.Plane, "x", 0)
			got := slices.Compact([]byte(strings.ReplaceAll(data, "while away", ""))) // some were published again
			if string(got) != "123"[:i+2] {
				t.Errorf("after node %d has come back: %q", i, data)
			}
		}
		for start := time.Now(); !nodes[0].allCurrent("x", 1); time.Sleep(10 * time.Millisecond) {
			if time.Since(start) > 2*patience {
				t.Fatal("the replica does not catch up")
			}
		}
	}
}

// TestClusterOnDisk: what is kept outlives that all nodes end.
func TestClusterOnDisk(t *testing.T) {
	t.Parallel()
	folders := []string{t.TempDir(), t.TempDir()}
	start := func() []*Node {
		a := startNode(t, ClusterOptions{Data: folders[0]})
		b := startNode(t, ClusterOptions{Data: folders[1], Join: []string{a.address()}})
		keep(t, b.Plane, "x", backplane.Limit{Count: 10})
		return []*Node{a, b}
	}
	nodes := start()
	keepAll(t, nodes[1].Plane, "x", "1", "2")
	_, last := since(t, nodes[1].Plane, "x", 0)
	for _, n := range nodes {
		_ = n.Close()
	}
	nodes = start() // with other ports
	keepAll(t, nodes[1].Plane, "x", "3")
	if data, _ := since(t, nodes[1].Plane, "x", 0); data != "123" {
		t.Errorf("kept %q", data)
	}
	if data, _ := since(t, nodes[1].Plane, "x", last); data != "3" {
		t.Errorf("after the last: %q", data)
	}
}
