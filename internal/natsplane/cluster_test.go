package natsplane

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"silly/luahost/backplane"

	"github.com/nats-io/nats.go"
)

// startNode starts a node and ends it after the test.
func startNode(t *testing.T, o ClusterOptions) *Node {
	t.Helper()
	if o.Address == "" {
		o.Address = "127.0.0.1:0"
	}
	n, err := StartNode(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.Close() })
	return n
}

func (n *Node) address() string { return n.server.ClusterAddr().String() }

// TestClusterClients: nobody else uses the server of a node.
func TestClusterClients(t *testing.T) {
	t.Parallel()
	n := startNode(t, ClusterOptions{})
	for _, user := range []nats.Option{nats.Name("nobody"), nats.UserInfo("", "guess"), nats.Token("guess")} {
		if c, err := nats.Connect(n.server.ClientURL(), user); !errors.Is(err, nats.ErrAuthorization) {
			t.Errorf("a stranger gets %v, %v", c, err)
		}
	}
}

// awaitNodes waits until a node knows so many others.
func awaitNodes(t *testing.T, n *Node, others int) {
	t.Helper()
	for start := time.Now(); len(n.Status().Servers) != others; time.Sleep(10 * time.Millisecond) {
		if time.Since(start) > patience {
			t.Fatalf("status %+v, want %d servers", n.Status(), others)
		}
	}
}

// TestCluster: three nodes find each other through one; messages, queues and requests cross; one goes, and another comes.
func TestCluster(t *testing.T) {
	t.Parallel()
	a := startNode(t, ClusterOptions{})
	join := ClusterOptions{Join: []string{a.address()}}
	b, c := startNode(t, join), startNode(t, join)
	for _, n := range []*Node{a, b, c} {
		awaitNodes(t, n, 2)
		if s := n.Status(); s.Kind != "cluster" || !s.Connected || s.Err != "" {
			t.Errorf("status %+v", s)
		}
	}
	checkTalk(t, b, c)
	checkTalk(t, c, a)
	_ = a.Close()
	awaitNodes(t, b, 1)
	checkTalk(t, b, c)
	d := startNode(t, ClusterOptions{Join: []string{c.address()}})
	awaitNodes(t, d, 2)
	checkTalk(t, d, b)
}

// checkTalk checks that messages of one node reach another, in order, and that a request does.
func checkTalk(t *testing.T, from, to *Node) {
	t.Helper()
	got := make(receiver, 1000)
	topic := fmt.Sprint("t.", time.Now().UnixNano())
	plain, _ := to.Subscribe(topic, "", func(m backplane.Message) { got <- m })
	defer plain()
	server, _ := to.Subscribe(topic+".ask", "serve", func(m backplane.Message) {
		_ = to.Publish(backplane.Message{Topic: m.Reply, Data: "answer"})
	})
	defer server()
	answers := make(receiver, 1000)
	inbox, _ := from.Subscribe("_INBOX."+topic, "", func(m backplane.Message) { answers <- m })
	defer inbox()
	ask := func(topic2 string) backplane.Message {
		if err := from.Publish(backplane.Message{Topic: topic2, Reply: "_INBOX." + topic}); err != nil {
			t.Fatal(err)
		}
		return answers.next(t)
	}
	// What is subscribed to travels, too.
	for start := time.Now(); ask(topic+".ask").Data != "answer"; time.Sleep(5 * time.Millisecond) {
		if time.Since(start) > patience {
			t.Fatal("no answer")
		}
	}
	if m := ask(topic + ".nobody"); !m.Nobody {
		t.Errorf("got %v", m)
	}
	for n := range 200 {
		publish(t, from.Plane, topic, fmt.Sprint(n))
	}
	for n := range 200 {
		got.expect(t, fmt.Sprint(n))
	}
	large := strings.Repeat("x", backplane.MaxData)
	publish(t, from.Plane, topic, large)
	got.expect(t, large)
}

// TestUnsafeClusters: beyond this machine there is none without a secret and TLS, which the commands of the message make.
func TestUnsafeClusters(t *testing.T) {
	t.Parallel()
	for _, o := range []ClusterOptions{
		{Address: "0.0.0.0:0"}, {Address: "192.0.2.1:7000"}, {Address: "example.org:1"}, {Address: "[::]:0"},
		{Address: "127.0.0.1:0", Join: []string{"192.0.2.1:7000"}}, {Address: "127.0.0.1:0", Secret: "file"},
		{Address: "0.0.0.0:0", Secret: "a", Certificate: "b", Key: "c"},
	} {
		if n, err := StartNode(o); err != errUnsafe {
			t.Errorf("%+v: %v, %v", o, n, err)
		}
	}
	if version, _ := exec.Command("openssl", "version").Output(); !strings.HasPrefix(string(version), "OpenSSL 3") {
		t.Skipf("there is no OpenSSL 3, but %q", version)
	}
	folder := t.TempDir()
	_, commands, _ := strings.Cut(errUnsafe.Error(), "\n")
	for line := range strings.Lines(strings.ReplaceAll(commands, "\\\n", "")) {
		if !strings.HasPrefix(line, "  openssl") {
			continue
		}
		command := exec.Command("sh", "-c", strings.Replace(line, "192.0.2.1", "127.0.0.1", 1))
		command.Dir = folder
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
	}
	safe := ClusterOptions{
		Address: "0.0.0.0:0", Secret: filepath.Join(folder, "secret"), CA: filepath.Join(folder, "ca.pem"),
		Certificate: filepath.Join(folder, "node1.pem"), Key: filepath.Join(folder, "node1.key"),
	}
	refused := make(chan string, 100)
	var secret atomic.Bool
	safe.Log = func(level slog.Level, text string) {
		secret.Store(secret.Load() || strings.Contains(text, "secret of"))
		if level > slog.LevelInfo {
			select {
			case refused <- text:
			default:
			}
		}
	}
	a := startNode(t, safe)
	port := a.server.ClusterAddr().Port
	join := safe
	join.Address, join.Join = "127.0.0.1:0", []string{fmt.Sprint("127.0.0.1:", port)}
	b := startNode(t, join)
	awaitNodes(t, b, 1)
	checkTalk(t, a, b)
	keep(t, a.Plane, "kept.>", backplane.Limit{Count: 1})
	keepAll(t, a.Plane, "kept.x", "1")
	if len(refused) != 0 {
		t.Errorf("a node of the cluster leads to %q", <-refused)
	}
	checkRefused(t, a, join, refused)
	if secret.Load() {
		t.Error("the log tells the secret")
	}
}

// checkRefused checks that nodes with another secret, or without TLS, are not let in, and that the log says so.
func checkRefused(t *testing.T, a *Node, o ClusterOptions, refused chan string) {
	t.Helper()
	other := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(other, []byte("a secret of another cluster"), 0o600); err != nil {
		t.Fatal(err)
	}
	o.Secret = other
	for _, o := range []ClusterOptions{o, {Address: o.Address, Join: o.Join, Log: o.Log}} {
		n := startNode(t, o)
		select {
		case text := <-refused:
			t.Log(text)
		case <-time.After(patience):
			t.Error("nothing says that the node is refused")
		}
		if len(n.Status().Servers) != 0 || len(a.Status().Servers) != 1 {
			t.Errorf("the node is in the cluster: %v", n.Status())
		}
		_ = n.Close()
		for len(refused) > 0 {
			<-refused
		}
	}
}

// TestBadNodes: addresses and files that are wrong, and an address that is taken.
func TestBadNodes(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	files := ClusterOptions{Address: "127.0.0.1:0", Secret: "no", Certificate: "no", Key: "no", CA: "no"}
	for want, o := range map[string]ClusterOptions{
		`--cluster: bad address "7000": host:port expected`:                                {Address: "7000"},
		`--cluster: bad address ":7000": host:port expected`:                               {Address: ":7000"},
		`--cluster: bad address "a:b": port from 0 to 65535 expected`:                      {Address: "a:b"},
		`--join: bad address "a:70000": port from 0 to 65535 expected`:                     {Address: "127.0.0.1:0", Join: []string{"a:70000"}},
		"cannot listen for nodes on " + taken.Addr().String() + ": address already in use": {Address: taken.Addr().String()},
		"cannot read no: no such file or directory":                                        files,
	} {
		if _, err := StartNode(o); fmt.Sprint(err) != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
