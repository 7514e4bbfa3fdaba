package natsplane_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"silly/internal/natsplane"
	"silly/luahost"
	"silly/modules"

	"github.com/gorilla/websocket"
)

const (
	chaosNodes   = 3
	chaosRooms   = 20  // the first half of them is kept
	chaosSockets = 200 // of each node
	askers       = 3   // of each node and room ask in the end for all that is kept
	patience     = 60 * time.Second
)

// chaosNode is the program of a node: sockets join the room in their path, and get what is kept when they send a number. It
// publishes to all rooms, and reports what it has: the messages of kept rooms by a task of their own, which waits.
const chaosNode = `
	local topic, http, websocket = require "silly.topic", require "silly.net.http", require "silly.net.websocket"
	local json, task, time = require "silly.encoding.json", require "silly.task", require "silly.time"
	local me, rooms, kept = ..., tonumber((select(2, ...))), false
	task.fork(function()
		while not kept do
			local err
			kept, err = topic.keep("kept.*", {count = 10000})
			notes("topic.keep", kept, err)
		end
	end)
	local server = assert(http.listen {addr = "127.0.0.1:0", handler = function(stream)
		local room = stream.path:sub(2)
		local sock = websocket.upgrade(stream)
		topic.join(room, sock, {type = "json"})
		sock:write(json.encode {joined = true}, "text")
		while true do
			local data, kind = sock:read()
			if not data or kind == "close" then break end
			local found, err = topic.since(room, math.tointeger(data))
			sock:write(json.encode {since = found, err = err}, "text")
		end
		sock:close()
	end})
	listens(server.addr)
	local function publish(kind, from, to, pause)
		for n = 1, math.maxinteger do
			for room = from, to do
				if stops() then return end
				begins(kind .. room, n)
				published(kind .. room, n, topic.publish(kind .. room, me .. ":" .. n, {header = {}}))
				time.sleep(pause)
			end
		end
	end
	while not kept do time.sleep(10) end
	task.fork(function() publish("kept.", 1, rooms // 2, 15) end)
	publish("plain.", rooms // 2 + 1, rooms, 15)`

// A delivery is a message that a socket has got.
type delivery struct {
	publisher string
	n         int
	id        uint64
}

// A chaosClient is a user of a room, who connects again when the connection breaks. chaos.mu guards what changes.
type chaosClient struct {
	node    int
	room    string
	conn    *websocket.Conn
	joined  bool
	live    []delivery          // as they have come
	kept    map[uint64]delivery // by number, also what was kept
	from    uint64              // it asks for what comes after this one
	asks    bool                // in the end
	asked   int                 // how often what is kept was asked for
	answers int
	newest  map[string]int // of live, by publisher
}

// A chaosProcess is a node with its host: one that has come back is another one.
type chaosProcess struct {
	name    string
	node    *natsplane.Node
	host    *luahost.Host
	address string // of the HTTP server
	over    chan struct{}
}

// chaos is the whole test.
type chaos struct {
	t   *testing.T
	net *network

	mu        sync.Mutex
	processes [chaosNodes]*chaosProcess
	clients   []*chaosClient
	began     map[string]int          // the last message of publisher and room
	stored    map[string]map[int]bool // what publish said, by publisher and room
	stopped   bool
	work      sync.WaitGroup

	logging sync.Mutex
	over    bool // guarded by logging
}

func key(publisher, room string) string { return publisher + " " + room }

// TestChaos: three nodes, 200 sockets on each, 20 rooms, and messages all the while: the network between the node that leads
// what is kept and another one is cut and heals, and stalls, and the leader dies and comes back. What may be lost is what
// docs/silly.topic.md says.
// SILLY_CHAOS=60s makes it longer than necessary.
func TestChaos(t *testing.T) {
	files := openFiles()
	length, _ := time.ParseDuration(os.Getenv("SILLY_CHAOS"))
	c := &chaos{t: t, net: startNetwork(t, chaosNodes), began: map[string]int{}, stored: map[string]map[int]bool{}}
	for i := range chaosNodes {
		c.start(i, fmt.Sprintf("%c0", 'a'+i))
	}
	c.awaitMesh()
	for i := range chaosNodes * chaosSockets {
		client := &chaosClient{node: i % chaosNodes, kept: map[uint64]delivery{}, newest: map[string]int{}}
		client.room = roomName(i / chaosNodes % chaosRooms)
		c.clients = append(c.clients, client)
		c.connect(client)
	}
	began := time.Now()
	for round := 0; round == 0 || time.Since(began) < length; round++ {
		c.phase("calm", nil, func() { c.run("plain.", 3) })
		a := c.leader()
		b := (a + 1 + round%2) % chaosNodes
		c.phase("cut", []int{a, b}, func() {
			c.net.set(a, b, broken)
			c.run("plain.", 6)
			c.net.set(a, b, passes)
			c.awaitMesh()
		})
		c.phase("stall", []int{}, func() {
			c.net.set(a, b, stalls)
			c.run("plain.", 6)
			c.net.set(a, b, passes)
		})
		d := c.leader()
		c.phase("death", []int{d}, func() {
			c.kill(d)
			c.run("plain.", 6)
			c.run("kept.", 2) // with another leader
			c.start(d, fmt.Sprintf("%c%d", 'a'+d, round+1))
			c.reconnect(d)
			c.awaitReplicas() // two that lack messages are too many
		})
	}
	c.phase("calm", nil, func() { c.run("plain.", 3) })
	c.finish()
	c.checkKept()
	c.close()
	for start := time.Now(); openFiles() > files; time.Sleep(10 * time.Millisecond) {
		if time.Since(start) > patience {
			t.Fatalf("%d descriptors are open, and were %d", openFiles(), files)
		}
	}
}

// openFiles is how many descriptors the process has, 0 if nobody tells.
func openFiles() int {
	entries, _ := os.ReadDir("/proc/self/fd")
	return len(entries)
}

// roomName is the name of a room, of which the first half is kept.
func roomName(i int) string {
	if i < chaosRooms/2 {
		return fmt.Sprint("kept.", i+1)
	}
	return fmt.Sprint("plain.", i+1)
}

// log logs while the test runs.
func (c *chaos) log(values ...any) {
	c.logging.Lock()
	defer c.logging.Unlock()
	if !c.over {
		c.t.Log(append([]any{time.Now().Format("05.000")}, values...)...)
	}
}

// await waits for an event.
func (c *chaos) await(what string, done func() bool) {
	c.t.Helper()
	for start := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		c.mu.Lock()
		ok := done()
		c.mu.Unlock()
		if ok {
			return
		}
		if time.Since(start) > patience {
			for _, p := range c.processes {
				if p != nil {
					c.t.Logf("%s: %+v", p.name, p.node.Status())
				}
			}
			c.t.Fatal("waited in vain for: ", what, "; last messages: ", c.began)
		}
	}
}

// start starts a node and its program.
func (c *chaos) start(i int, name string) {
	c.t.Helper()
	o := natsplane.ClusterOptions{Address: c.net.nodes[i], Advertise: c.net.proxy(i), Log: func(level slog.Level, text string) {
		c.log(name, level, text)
	}}
	for other := range chaosNodes {
		if other != i {
			o.Join = append(o.Join, c.net.proxy(other))
			c.net.set(i, other, passes)
		}
	}
	node, err := natsplane.StartNode(o)
	if err != nil {
		c.t.Fatal(err)
	}
	host, err := luahost.New(luahost.Options{Modules: modules.Standard(), Backplane: node, Stderr: io.Discard})
	if err != nil {
		c.t.Fatal(err)
	}
	p := &chaosProcess{name: name, node: node, host: host, over: make(chan struct{})}
	c.expose(p)
	c.work.Go(func() {
		defer close(p.over)
		_ = host.RunString(context.Background(), "chaos.lua", chaosNode, name, strconv.Itoa(chaosRooms))
	})
	c.await("address of "+name, func() bool { return p.address != "" })
	c.mu.Lock()
	c.processes[i] = p
	c.mu.Unlock()
}

// expose lets the program of a node report.
func (c *chaos) expose(p *chaosProcess) {
	locked := func(f func()) {
		c.mu.Lock()
		defer c.mu.Unlock()
		f()
	}
	p.host.Expose("listens", func(address string) { locked(func() { p.address = address }) })
	p.host.Expose("notes", func(values ...any) {
		c.log(append([]any{p.name}, values...)...)
	})
	p.host.Expose("stops", func() (stops bool) {
		locked(func() { stops = c.stopped })
		return stops
	})
	p.host.Expose("begins", func(room string, n int) { locked(func() { c.began[key(p.name, room)] = n }) })
	p.host.Expose("published", func(room string, n int, ok bool, _ ...string) {
		locked(func() {
			k := key(p.name, room)
			if c.stored[k] == nil {
				c.stored[k] = map[int]bool{}
			}
			c.stored[k][n] = ok
		})
	})
}

// kill ends a node without a word to the others.
func (c *chaos) kill(i int) {
	for other := range chaosNodes {
		if other != i {
			c.net.set(i, other, broken)
		}
	}
	c.mu.Lock()
	p := c.processes[i]
	c.processes[i] = nil
	for _, client := range c.clients {
		if client.node == i {
			client.joined = false
			client.from = client.last()
			_ = client.conn.Close()
		}
	}
	c.mu.Unlock()
	_ = p.host.Close()
	<-p.over
	_ = p.node.Close()
}

// reconnect connects the users of a node again: they ask for what they have missed.
func (c *chaos) reconnect(i int) {
	for _, client := range c.clients {
		if client.node == i {
			c.connect(client)
		}
	}
	c.ask(func(client *chaosClient) bool { return client.node == i })
}

// connect connects a user.
func (c *chaos) connect(client *chaosClient) {
	c.t.Helper()
	conn, response, err := websocket.DefaultDialer.Dial("ws://"+c.processes[client.node].address+"/"+client.room, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	_ = response.Body.Close()
	c.mu.Lock()
	client.conn = conn
	c.mu.Unlock()
	c.work.Go(func() { c.read(client, conn) })
	c.await("joined", func() bool { return client.joined })
}

// read takes what a socket gets.
func (c *chaos) read(client *chaosClient, conn *websocket.Conn) {
	defer conn.Close()
	type message struct {
		Data string
		ID   uint64
	}
	for {
		var frame struct {
			message
			Joined bool
			Since  json.RawMessage
			Err    string
		}
		if conn.ReadJSON(&frame) != nil {
			return
		}
		c.mu.Lock()
		if client.conn != conn {
			c.mu.Unlock()
			continue // from before it has connected again
		}
		switch {
		case frame.Joined:
			client.joined = true
		case frame.Err != "":
			c.t.Errorf("what is kept in %s: %s", client.room, frame.Err)
			client.answers++
		case frame.Since != nil:
			var found []message
			_ = json.Unmarshal(frame.Since, &found) // {} if there is none
			for _, m := range found {
				c.note(client, m.Data, m.ID)
			}
			client.answers++
		default:
			d := c.note(client, frame.Data, frame.ID)
			if d.n <= client.newest[d.publisher] {
				c.t.Errorf("node %d, %s: %v comes after %d", client.node, client.room, d, client.newest[d.publisher])
			}
			if len(client.live) > 0 && d.id > 0 && d.id <= client.live[len(client.live)-1].id {
				c.t.Errorf("node %d, %s: %v comes after %v", client.node, client.room, d, client.live[len(client.live)-1])
			}
			client.newest[d.publisher] = d.n
			client.live = append(client.live, d)
		}
		c.mu.Unlock()
	}
}

// note reads a message, and remembers it if it is kept. c.mu is held.
func (c *chaos) note(client *chaosClient, data string, id uint64) delivery {
	publisher, number, _ := strings.Cut(data, ":")
	n, err := strconv.Atoi(number)
	d := delivery{publisher, n, id}
	if err != nil || strings.HasPrefix(client.room, "kept.") != (id > 0) {
		c.t.Errorf("%s: a message %q with number %d", client.room, data, id)
	}
	if other, ok := client.kept[id]; ok && other != d {
		c.t.Errorf("%s: %v and %v have one number", client.room, d, other)
	}
	if id > 0 {
		client.kept[id] = d
	}
	return d
}

// run waits until all nodes have published so many messages more to each room of a kind.
func (c *chaos) run(kind string, messages int) {
	c.t.Helper()
	want := map[string]int{}
	c.eachPublisher(func(k, room string) {
		if strings.HasPrefix(room, kind) {
			want[k] = c.began[k] + messages
		}
	})
	c.await("messages", func() bool {
		for k, n := range want {
			if c.began[k] < n {
				return false
			}
		}
		return true
	})
}

// eachPublisher calls f for all rooms and nodes that are there.
func (c *chaos) eachPublisher(f func(key, room string)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.processes {
		for i := range chaosRooms {
			if p != nil {
				f(key(p.name, roomName(i)), roomName(i))
			}
		}
	}
}

// awaitMesh waits until each node is connected to all others.
func (c *chaos) awaitMesh() {
	c.t.Helper()
	c.await("connections between all nodes", func() bool {
		for _, p := range c.processes {
			if p != nil && len(p.node.Status().Servers) != chaosNodes-1 {
				return false
			}
		}
		return true
	})
}

// leader is the node that leads the stream of what is kept.
func (c *chaos) leader() int {
	c.t.Helper()
	for start := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		for i, p := range c.processes {
			if p.node.Leads("kept.*") {
				return i
			}
		}
		if time.Since(start) > patience {
			c.t.Fatal("the stream has no leader")
		}
	}
}

// awaitReplicas waits until all nodes have what is kept.
func (c *chaos) awaitReplicas() {
	c.t.Helper()
	for start := time.Now(); !c.processes[0].node.AllCurrent("kept.*"); time.Sleep(10 * time.Millisecond) {
		if time.Since(start) > patience {
			c.t.Fatal("the nodes do not catch up")
		}
	}
}

// phase does something, and checks what was not lost meanwhile between nodes that it does not affect; nil affects none, and
// an empty list only what is kept.
func (c *chaos) phase(name string, affected []int, do func()) {
	c.t.Helper()
	before := c.settle()
	c.log("phase", name, affected)
	do()
	c.awaitMesh()
	after := c.settle()
	c.mu.Lock()
	defer c.mu.Unlock()
	lost := 0
	for _, client := range c.clients {
		for i, p := range c.processes {
			k := key(p.name, client.room)
			if before[k] == 0 { // it has begun meanwhile
				continue
			}
			missing := c.missing(client, p.name, before[k], after[k])
			if lost += len(missing); len(missing) > 0 && harmless(client, i, affected) {
				c.t.Errorf("%s: messages %v of %s did not come to node %d, %s", name, missing, p.name, client.node, client.room)
			}
		}
	}
	if lost == 0 && name == "cut" {
		c.t.Error("the network was not cut")
	}
	c.t.Logf("phase %s: %d deliveries were lost", name, lost)
}

// harmless reports whether a phase harms no message of a node to a client.
func harmless(client *chaosClient, publisher int, affected []int) bool {
	hit := map[int]bool{}
	for _, node := range affected {
		hit[node] = true
	}
	switch {
	case affected == nil:
		return true
	case strings.HasPrefix(client.room, "kept."): // it comes by way of any node
		return false
	case len(affected) == 1: // it has gone
		return !hit[client.node] && !hit[publisher]
	}
	return client.node == publisher || !hit[client.node] || !hit[publisher]
}

// missing returns what a client has not got of what a publisher has published after one message and up to another one, except
// what was not known to be kept. c.mu is held.
func (c *chaos) missing(client *chaosClient, publisher string, after, upTo int) (numbers []int) {
	got := map[int]bool{}
	for _, d := range client.live {
		if d.publisher == publisher {
			got[d.n] = true
		}
	}
	for n := after + 1; n <= upTo; n++ {
		if !got[n] && c.stored[key(publisher, client.room)][n] {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

// settle waits until everybody has got a message of each node that was published after the call, and returns the last ones that
// were published before: whoever gets those has got what came before them, or has lost it.
func (c *chaos) settle() map[string]int {
	c.t.Helper()
	now := map[string]int{}
	c.eachPublisher(func(k, _ string) { now[k] = c.began[k] })
	c.await("messages of all nodes at all sockets", func() bool {
		for _, client := range c.clients {
			for _, p := range c.processes {
				if p != nil && client.newest[p.name] <= now[key(p.name, client.room)] {
					return false
				}
			}
		}
		return true
	})
	return now
}

// ask has clients ask for what they have missed.
func (c *chaos) ask(who func(*chaosClient) bool) {
	c.t.Helper()
	for _, client := range c.clients {
		if !who(client) || !strings.HasPrefix(client.room, "kept.") {
			continue
		}
		c.mu.Lock()
		client.asked++
		c.mu.Unlock()
		if err := client.conn.WriteMessage(websocket.TextMessage, []byte(strconv.FormatUint(client.from, 10))); err != nil {
			c.t.Error(err)
		}
	}
	c.await("what is kept", func() bool {
		for _, client := range c.clients {
			if client.answers < client.asked {
				return false
			}
		}
		return true
	})
}

// finish has the publishers stop, and waits until all that they have published has been received.
func (c *chaos) finish() {
	c.t.Helper()
	c.mu.Lock()
	c.stopped = true
	c.mu.Unlock()
	c.await("end of the publishers", func() bool {
		for _, p := range c.processes {
			for i := range chaosRooms {
				k := key(p.name, roomName(i))
				if n := c.began[k]; n > 0 {
					if _, told := c.stored[k][n]; !told {
						return false
					}
				}
			}
		}
		return true
	})
	for i, client := range c.clients {
		c.mu.Lock()
		client.from = client.first() // all that the client could have seen
		client.asks = i/chaosNodes/chaosRooms < askers
		c.mu.Unlock()
	}
	c.ask(func(client *chaosClient) bool { return client.asks })
}

// first is the number of the first message that a client has kept, and last that of the last one; 0 if there is none.
func (client *chaosClient) first() uint64 {
	first := client.last()
	for id := range client.kept {
		first = min(first, id)
	}
	return first
}

func (client *chaosClient) last() (last uint64) {
	for id := range client.kept {
		last = max(last, id)
	}
	return last
}

// checkKept checks that each user of a room that is kept has everything that was stored since the first message, once and in
// the order of each publisher.
func (c *chaos) checkKept() {
	c.mu.Lock()
	defer c.mu.Unlock()
	stored, unsure := 0, 0
	for _, client := range c.clients {
		if !strings.HasPrefix(client.room, "kept.") || !client.asks {
			continue
		}
		numbers := map[string]map[int]uint64{}
		for id, d := range client.kept {
			if numbers[d.publisher] == nil {
				numbers[d.publisher] = map[int]uint64{}
			}
			if other := numbers[d.publisher][d.n]; other != 0 {
				c.t.Errorf("%s: message %d of %s is kept twice, as %d and %d", client.room, d.n, d.publisher, id, other)
			}
			numbers[d.publisher][d.n] = id
		}
		for k, results := range c.stored {
			publisher, room, _ := strings.Cut(k, " ")
			if room != client.room {
				continue
			}
			begin := 1
			if strings.HasSuffix(publisher, "0") { // it has begun before the client has joined
				begin = c.began[k] + 1
				for n := range numbers[publisher] {
					begin = min(begin, n)
				}
			}
			last := uint64(0)
			for n := begin; n <= c.began[k]; n++ {
				id, ok := numbers[publisher][n]
				switch {
				case ok && id <= last:
					c.t.Errorf("%s: message %d of %s is kept before the one before it", room, n, publisher)
				case !ok && results[n]:
					c.t.Errorf("%s: message %d of %s is lost to a user of node %d", room, n, publisher, client.node)
				case !ok:
					unsure++
				}
				last = max(last, id)
				stored++
			}
		}
	}
	c.t.Logf("%d kept messages checked, %d that were not known to be kept are not", stored, unsure)
}

// close ends everything.
func (c *chaos) close() {
	for _, client := range c.clients {
		_ = client.conn.Close()
	}
	for _, p := range c.processes {
		_ = p.host.Close()
		_ = p.node.Close()
	}
	c.net.close()
	c.work.Wait()
	c.logging.Lock()
	c.over = true
	c.logging.Unlock()
}
