package net_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"silly/internal/luatest"
	"silly/internal/testprocess"
	"silly/luahost"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestScriptOnSockets runs the script of the in-memory network on the real one.
func TestScriptOnSockets(t *testing.T) {
	luatest.Scripts(t, "../../testdata/lua/net.lua", luahost.Options{Network: luahost.SystemNetwork{}})
}

// run starts a script on the real network, which has net, silly and report(text). serve(functions) listens at an
// address that is free, and reports it.
func run(t *testing.T, options luahost.Options, code string) (h *luahost.Host, reports <-chan string) {
	t.Helper()
	options.Network = luahost.SystemNetwork{}
	h = luatest.NewHost(t, options)
	told, port := make(chan string, 1000), freePorts(t)
	h.Expose("report", func(text string) { told <- text })
	h.Expose("freeaddress", port)
	go func() {
		err := h.RunString(context.Background(), "test.lua", `local net, silly = require "silly.net", require "silly"
			local function serve(functions)
				while true do
					local address = freeaddress()
					if net.tcplisten(address, functions) then return report(address) end
				end
			end `+code)
		if err != nil && !luahost.IsClosed(err) {
			t.Error(err)
		}
	}()
	return h, told
}

// freePorts returns a function whose results are addresses that are probably free.
func freePorts(t *testing.T) func() string {
	return func() string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Error(err)
			return ""
		}
		defer l.Close()
		return l.Addr().String()
	}
}

func next(t *testing.T, reports <-chan string) string {
	t.Helper()
	select {
	case text := <-reports:
		return text
	case <-time.After(testprocess.Patience):
		t.Fatal("the script reports nothing")
		return ""
	}
}

// TestCurlIsServed by a few lines of HTTP.
func TestCurlIsServed(t *testing.T) {
	t.Parallel()
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Skip("there is no curl")
	}
	_, reports := run(t, luahost.Options{}, `
		local requests = {}
		serve {
			accept = function(fd) requests[fd] = "" end,
			data = function(fd, ptr, size)
				requests[fd] = requests[fd] .. silly.tostring(ptr, size)
				local path = requests[fd]:match "^GET (%S+) .*\r\n\r\n$"
				if path then
					net.tcpsend(fd, {"HTTP/1.1 200 OK\r\nContent-Length: ", #path, "\r\n\r\n", path})
					net.close(fd)
				end
			end,
			close = function() end,
		}`)
	output, err := exec.Command(curl, "-s", "http://"+next(t, reports)+"/a/path").Output()
	if string(output) != "/a/path" || err != nil {
		t.Errorf("got %q, %v", output, err)
	}
}

// TestErrorsAreReported, and the socket goes on.
func TestErrorsAreReported(t *testing.T) {
	t.Parallel()
	failures := make(chan string, 10)
	_, reports := run(t, luahost.Options{OnError: func(err *luahost.Error) { failures <- err.Message }}, `
		serve {data = function(fd, ptr, size)
			net.tcpsend(fd, "got it")
			error(silly.tostring(ptr, size))
		end, close = function(fd, err) report(err) end}`)
	c, err := net.Dial("tcp", next(t, reports))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	answer := make([]byte, 6)
	for range 2 {
		if _, err := io.WriteString(c, "boom"); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(c, answer); err != nil {
			t.Fatal(err)
		}
		if message := next(t, failures); !strings.Contains(message, "boom") {
			t.Errorf("got %q", message)
		}
	}
	c.Close()
	if reason := next(t, reports); !strings.Contains(reason, "End of file") {
		t.Errorf("got %q", reason)
	}
}

// TestAPeerWaitsForFunctions: while 64 of them run, nothing more is taken from it.
func TestAPeerWaitsForFunctions(t *testing.T) {
	t.Parallel()
	_, reports := run(t, luahost.Options{}, `
		local time, task = require "silly.time", require "silly.task"
		local total, waiting, calls = 0, {}, 0
		serve {data = function(fd, ptr, size)
			total, calls = total + size, calls + 1
			if calls <= 64 then
				waiting[calls] = task.running()
				task.wait()
			end
		end, close = function() report(tostring(total)) end}
		task.fork(function()
			while calls < 64 do time.sleep(1) end
			time.sleep(20)
			report(calls == 64 and "it waits" or "it does not wait")
			for _, t in ipairs(waiting) do task.wakeup(t) end
		end)`)
	c, err := net.Dial("tcp", next(t, reports))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	const size = 64 << 20
	sent := make(chan error, 1)
	go func() {
		_, err := io.Copy(c, io.LimitReader(zeros{}, size))
		sent <- err
		c.Close()
	}()
	for _, want := range []string{"it waits", "67108864"} {
		if got := next(t, reports); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
}

// zeros is bytes without an end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// TestShutdownEndsConnections, with nothing left behind.
func TestShutdownEndsConnections(t *testing.T) {
	t.Parallel()
	h, reports := run(t, luahost.Options{}, `
		serve {accept = function() report "accepted" end, data = print, close = print}`)
	c, err := net.Dial("tcp", next(t, reports))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	next(t, reports)
	ctx, cancel := context.WithTimeout(t.Context(), testprocess.Patience)
	defer cancel()
	h.Shutdown(ctx)
	_ = c.SetReadDeadline(time.Now().Add(testprocess.Patience))
	if rest, err := io.ReadAll(c); len(rest) > 0 || err != nil && !bytes.Contains([]byte(err.Error()), []byte("reset")) {
		t.Errorf("got %q, %v", rest, err)
	}
}
