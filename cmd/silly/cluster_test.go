//go:build unix

package main

import (
	"regexp"
	"syscall"
	"testing"
)

// clusterNode answers what its argument is, and prints news, until it is stopped.
const clusterNode = `
	local topic = require "silly.topic"
	local sub, name = topic.subscribe "news", ...
	topic.serve("node." .. name, function() return name end)
	for msg in sub do print(name .. " got " .. msg.data) end`

var listens = regexp.MustCompile(`cluster: listens for nodes on (\S+)\n`)

// TestClusterOfProcesses: three that find each other through the first one; the last one sends when it sees the others.
func TestClusterOfProcesses(t *testing.T) {
	t.Parallel()
	first := startCommand(t, "--cluster=127.0.0.1:0", "--workers=1", "-e", clusterNode, "a")
	address := first.AwaitMatches(listens, 1)[0][1]
	second := startCommand(t, "--cluster", "127.0.0.1:0", "--join", address, "-e", clusterNode, "b")
	second.AwaitMatches(listens, 1)
	third := startCommand(t, "--cluster", "127.0.0.1:0", "--join", address, "-e", `
		local topic, time = require "silly.topic", require "silly.time"
		for _, name in ipairs {"a", "b"} do
			while not topic.request("node." .. name, "", 10000) do time.sleep(10) end
		end
		local status = topic.status()
		print(status.kind, status.connected, #status.servers)
		print(topic.publish("news", "hello"))`)
	third.Await("cluster\ttrue\t2\ntrue\n")
	first.Await("a got hello\n")
	second.Await("b got hello\n")
	if got := third.Status(); got != 0 {
		t.Errorf("status %d\n%s", got, third.Output())
	}
	first.Signal(syscall.SIGTERM)
	second.Signal(syscall.SIGTERM)
	first.Status()
	second.Status()
}

// TestUnsafeCluster: it does not start, and says what to do.
func TestUnsafeCluster(t *testing.T) {
	t.Parallel()
	p := startCommand(t, "--cluster", "0.0.0.0:0", "-e", "print 'runs'")
	p.Await("silly: a cluster beyond this machine needs --cluster-secret, ")
	p.Await("\n  openssl rand -hex 32 > secret\n")
	if got := p.Status(); got != 1 {
		t.Errorf("status %d", got)
	}
}
