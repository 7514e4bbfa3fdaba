//go:build unix

package main

import (
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// startNATS starts a NATS server, on a port of its own if that is 0.
func startNATS(t *testing.T, options server.Options) (s *server.Server, stop func()) {
	t.Helper()
	options.Host, options.NoLog, options.NoSigs = "127.0.0.1", true, true
	if options.Port == 0 {
		options.Port = server.RANDOM_PORT
	}
	s, err := server.NewServer(&options)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	stop = func() {
		s.Shutdown()
		s.WaitForShutdown()
	}
	t.Cleanup(stop)
	if !s.ReadyForConnections(patience) {
		t.Fatal("the NATS server does not start")
	}
	return s, stop
}

// natsRoom has a socket in a room, and serves; the requests at its beginning come after what it has subscribed to.
const natsRoom = `
	local topic, http, websocket = require "silly.topic", require "silly.net.http", require "silly.net.websocket"
	local worker, task = require "silly.worker", require "silly.task"
	local sub = topic.subscribe "news.*"
	topic.serve("who", function(msg) return msg.data .. worker.id end)
	task.fork(function()
		local want = 1
		for msg in sub do
			assert(tonumber(msg.data) == want and msg.header.from == "b", msg.data)
			want = want + 1
			if want > 100 then
				print("all news have come to " .. worker.id)
			end
		end
	end)
	if worker.id == 1 then
		local server = assert(http.listen {addr = "127.0.0.1:0", handler = function(stream)
			local sock = websocket.upgrade(stream)
			topic.join("room.1", sock, {id = "ann"})
			sock:write "joined"
			sock:read()
		end})
		local client = assert(websocket.connect("ws://" .. server.addr .. "/"))
		client:read()
		assert(topic.request("who", "", 10000))
		print "joined"
		print("the room got " .. client:read())
	else
		assert(topic.request("who", "", 10000))
		print "serves"
	end`

// TestProcessesTalk: rooms, requests, members and order between two processes, one of which has two workers.
func TestProcessesTalk(t *testing.T) {
	t.Parallel()
	s, _ := startNATS(t, server.Options{Username: "ann", Password: "secret"})
	url := "--nats=nats://ann:secret@" + s.Addr().String()
	a := startWorkers(t, natsRoom, "--workers=2", url)
	a.Await("joined\n")
	a.Await("serves\n")
	b := startCommand(t, url, "-e", `
		local topic = require "silly.topic"
		local status = topic.status()
		print(status.kind, status.connected, status.servers[1], status.err)
		local seen = {}
		while not (seen.x1 and seen.x2) do
			seen[assert(topic.request("who", "x", 10000)).data] = true
		end
		print(topic.request("nobody", "", 10000))
		print(topic.count("room.1"), topic.count("room.1", 500), topic.members("room.1", 500)[1].id)
		print(topic.publish("room.1", "hello"))
		for n = 1, 100 do
			assert(topic.publish("news.x", tostring(n), {header = {from = "b"}}))
		end`)
	b.Expect(0, "nats\ttrue\t"+s.Addr().String()+"\tnil\nnil\tnobody serves the topic\n0\t1\tann\ntrue\n")
	a.Await("the room got hello\n")
	a.Await("all news have come to 1\n")
	a.Await("all news have come to 2\n")
	a.Signal(syscall.SIGTERM)
	if got := a.Status(); got != 0 {
		t.Errorf("status %d\n%s", got, a.Output())
	}
}

// TestNATSGoesAndComes: the script hears of it, and local messages go on.
func TestNATSGoesAndComes(t *testing.T) {
	t.Parallel()
	s, stop := startNATS(t, server.Options{})
	port := s.Addr().(*net.TCPAddr).Port
	p := startCommand(t, "--nats", s.Addr().String(), "-e", `
		local topic, time = require "silly.topic", require "silly.time"
		local sub, queue = topic.subscribe "x", topic.subscribe("x", {queue = "q"})
		print "starts"
		local ok, err
		repeat
			time.sleep(10)
			ok, err = topic.publish("x", "data")
			assert(sub:read(10000))
			-- The last message that NATS took may be lost with it.
			if ok and not queue:read(10000) then assert(not topic.status().connected) end
		until not ok
		assert(queue:read(10000))
		local status = topic.status()
		assert(not status.connected and #status.servers == 0 and err == "NATS is away: " .. status.err, err)
		print(topic.keep("y", {count = 1}))
		print(topic.count("x", 100))
		print "away"
		repeat time.sleep(10) until topic.publish("x", "data")
		print "back"`)
	p.Await("starts\n")
	stop()
	p.Await("false\tNATS is away: ")
	p.Await("\nnil\tNATS is away: ")
	p.Await("away\n")
	startNATS(t, server.Options{Port: port})
	p.Await("back\n")
	if got := p.Status(); got != 0 {
		t.Errorf("status %d\n%s", got, p.Output())
	}
	for _, line := range []string{" W NATS is away: ", " I NATS is back: connected to 127.0.0.1:"} {
		if !strings.Contains(p.Output(), line) {
			t.Errorf("no %q in\n%s", line, p.Output())
		}
	}
}

// TestLastMessageLeaves: what was published before the end of the program.
func TestLastMessageLeaves(t *testing.T) {
	t.Parallel()
	s, _ := startNATS(t, server.Options{})
	observer, err := nats.Connect(s.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	defer observer.Close()
	seen, _ := observer.SubscribeSync("x")
	_ = observer.Flush()
	const code = `require "silly.topic".publish("x", "bye") require "silly".exit(3)`
	p := startCommand(t, "--nats", s.ClientURL(), "-e", code)
	p.Expect(3, "")
	if m, err := seen.NextMsg(patience); err != nil || string(m.Data) != "bye" {
		t.Errorf("got %v, %v", m, err)
	}
}

// TestCannotReachNATS: the program does not start, and says nothing secret.
func TestCannotReachNATS(t *testing.T) {
	t.Parallel()
	s, stop := startNATS(t, server.Options{})
	address := s.Addr().String()
	stop()
	p := startCommand(t, "--nats", "nats://ann:secret@"+address, "-e", "print 'runs'")
	p.Expect(1, "silly: cannot connect to NATS at "+address+": connection refused\n")
}
