package main

import (
	"net"
	"syscall"
	"testing"
	"time"
)

// TestWorkersShareDatagrams: of many peers each worker answers some.
func TestWorkersShareDatagrams(t *testing.T) {
	t.Parallel()
	p := startWorkers(t, `
		local id, conn = require "silly.worker".id, assert(require "silly.net.udp".bind("127.0.0.1:0"))
		io.write("worker ", id, " on ", conn.localaddr, "\n")
		while true do
			local _, from = assert(conn:recvfrom())
			conn:sendto(tostring(id), from)
		end`, "--workers=2")
	address := awaitWorkers(t, p, 2)
	seen := map[string]bool{}
	for range 200 {
		c, err := net.Dial("udp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(patience))
		buffer := make([]byte, 10)
		var answers [2]string
		for i := range answers {
			if _, err := c.Write([]byte("x")); err != nil {
				t.Fatal(err)
			}
			n, err := c.Read(buffer)
			if err != nil {
				t.Fatal(err)
			}
			answers[i] = string(buffer[:n])
		}
		if answers[0] != answers[1] {
			t.Errorf("workers %v answer the same peer", answers)
		}
		if seen[answers[0]] = true; len(seen) == 2 {
			break
		}
	}
	if !seen["1"] || !seen["2"] {
		t.Errorf("only %v answer", seen)
	}
	p.Signal(syscall.SIGTERM)
	if got := p.Status(); got != 0 {
		t.Errorf("status %d\n%s", got, p.Output())
	}
}
