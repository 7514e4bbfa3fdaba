//go:build unix

package main

import (
	"strings"
	"syscall"
	"testing"

	"silly/internal/testprocess"

	"github.com/nats-io/nats-server/v2/server"
)

// keepsNews keeps, publishes its arguments, and prints what is kept.
const keepsNews = `
	local topic = require "silly.topic"
	assert(topic.keep("news.*", {count = 3, age = 60 * 60 * 1000}))
	for _, data in ipairs {...} do assert(topic.publish("news.x", data, {header = {n = #data}})) end
	local got, last = {}, 0
	for _, msg in ipairs(assert(topic.since "news.x")) do
		assert(msg.id > last and msg.header.n == tostring(#msg.data))
		got[#got + 1], last = msg.data, msg.id
	end
	print(topic.status().kind, table.concat(got, " "))`

// TestDataOutlivesTheProgram: it is read by the next one, also by workers; a folder is for one program at a time.
func TestDataOutlivesTheProgram(t *testing.T) {
	t.Parallel()
	folder := t.TempDir() + "/kept"
	startCommand(t, "--data", folder, "-e", keepsNews, "one", "two").Expect(0, "disk\tone two\n")
	startCommand(t, "--data", folder, "--workers=1", "-e", keepsNews, "three", "four").Expect(0, "disk\ttwo three four\n")
	p := startCommand(t, "--data", folder, "--workers=2", "-e", keepsNews+`
		local sub = topic.subscribe "news.*"
		print("waits", topic.count("news.x", 10000))
		sub:read()`)
	p.Await("disk\ttwo three four\n")
	p.Await("waits\t0\n")
	second := startCommand(t, "--data", folder, "-e", "print 'runs'")
	second.Expect(1, "silly: cannot keep messages in "+folder+": another process has it open\n")
	p.Signal(syscall.SIGKILL)
	p.Status()
	startCommand(t, "--data", folder, "-e", keepsNews).Expect(0, "disk\ttwo three four\n")
}

// TestNATSKeeps: with a server that has JetStream, one program reads what another one has published; without, silly says what
// is missing, and messages go on.
func TestNATSKeeps(t *testing.T) {
	t.Parallel()
	s, _ := startNATS(t, server.Options{JetStream: true, StoreDir: t.TempDir()})
	startCommand(t, "--nats", s.Addr().String(), "-e", keepsNews, "one", "two").Expect(0, "nats\tone two\n")
	startCommand(t, "--nats", s.Addr().String(), "-e", keepsNews, "three", "four").Expect(0, "nats\ttwo three four\n")
	plain, _ := startNATS(t, server.Options{})
	p := startCommand(t, "--nats", plain.Addr().String(), "-e", `
		local topic = require "silly.topic"
		local sub = topic.subscribe "news.*"
		print(topic.keep("news.*", {count = 1}))
		print(topic.publish("news.x", "live"), sub:read().id, #topic.since "news.x")`)
	p.Expect(0, "false\tthe NATS server has no JetStream, which keeps messages: start it with the flag -js\ntrue\tnil\t0\n")
}

// TestClusterOfProcessesKeeps: one alone keeps nothing yet, and says so; what two have kept a third one reads, and a fourth one
// after the first was killed.
func TestClusterOfProcessesKeeps(t *testing.T) {
	t.Parallel()
	const waits = `
		local silly, time = require "silly", require "silly.time"
		while true do time.sleep(1000) end`
	const first = `
		local topic, time = require "silly.topic", require "silly.time"
		print(topic.keep("news.*", {count = 3, age = 60 * 60 * 1000}))` + waits
	a := startCommand(t, "--cluster=127.0.0.1:0", "--data", t.TempDir(), "-e", first) // it is killed, and leaves its folder
	address := a.AwaitMatches(listens, 1)[0][1]
	a.Await("false\ta cluster keeps messages from the second node on, and there is one\n")
	b := startCommand(t, "--cluster=127.0.0.1:0", "--join", address, "-e", keepsNews+waits, "one", "two")
	other := b.AwaitMatches(listens, 1)[0][1]
	b.Await("cluster\tone two\n")
	a.Await("NATS: the messages of news.* are kept")
	c := startCommand(t, "--cluster=127.0.0.1:0", "--join", address, "--join", other, "-e", strings.Replace(keepsNews, "for _, data", `
		local time = require "silly.time"
		for _ = 1, 2 do assert(topic.publish("news.x", "three", {header = {n = 5}})) time.sleep(0) end
		for _, data`, 1)+waits)
	c.Await("cluster\ttwo three three\n")
	b.Await("the messages of news.* have 3 replicas")
	a.Kill()
	const fourth = `
		local topic = require "silly.topic"
		while not topic.keep("news.*", {count = 3, age = 60 * 60 * 1000}) do end
		while not topic.publish("news.x", "four", {header = {n = 4}}) do end`
	d := startCommand(t, "--cluster=127.0.0.1:0", "--join", other, "-e", fourth+keepsNews+waits)
	d.Await("cluster\tthree three four\n")
	for _, p := range []*testprocess.Process{b, c, d} {
		p.Signal(syscall.SIGTERM)
		p.Status()
	}
}
