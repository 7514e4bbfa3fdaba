package bench

import (
	"context"
	"strconv"
	"testing"

	"silly/internal/luatest"
	"silly/luahost"
)

// Lua programs that do one operation n times, n being their argument.
const (
	// forkOnce forks a task that does nothing and lets it run.
	forkOnce = `
		local task, time = require "silly.task", require "silly.time"
		local function nothing() end
		for _ = 1, tonumber(...) do
			task.fork(nothing)
			time.sleep(0)
		end`
	// forkMany does the same with 16 tasks at a time, so that little is left of the sleep.
	forkMany = `
		local task, time = require "silly.task", require "silly.time"
		local function nothing() end
		for i = 1, tonumber(...) do
			task.fork(nothing)
			if i % 16 == 0 then time.sleep(0) end
		end`
	// sleepOnce is time.sleep(0) with nobody else ready.
	sleepOnce = `
		local time = require "silly.time"
		for _ = 1, tonumber(...) do
			time.sleep(0)
		end`
	// pingPong sends a value to another task and waits for it to come back: two pushes and two pops,
	// each pop with a change of tasks.
	pingPong = `
		local task, channel = require "silly.task", require "silly.sync.channel"
		local there, back = channel.new(), channel.new()
		task.fork(function()
			while there:pop() do
				back:push(true)
			end
		end)
		for _ = 1, tonumber(...) do
			there:push(true)
			back:pop()
		end
		there:close()`
	// stream sends values to a task that takes them when 16 are there.
	stream = `
		local task, time, channel = require "silly.task", require "silly.time", require "silly.sync.channel"
		local ch = channel.new()
		task.fork(function()
			while ch:pop() do end
		end)
		for i = 1, tonumber(...) do
			ch:push(true)
			if i % 16 == 0 then time.sleep(0) end
		end
		ch:close()`
	// rest is what stream and forkMany do beside their operation.
	rest = `
		local time = require "silly.time"
		for i = 1, tonumber(...) do
			if i % 16 == 0 then time.sleep(0) end
		end`
)

func runLua(tb testing.TB, h *luahost.Host, code string, n int) {
	tb.Helper()
	if err := h.RunString(context.Background(), "bench.lua", code, strconv.Itoa(n)); err != nil {
		tb.Fatal(err)
	}
}

func benchmark(b *testing.B, code string) {
	h := luatest.NewHost(b, luahost.Options{})
	runLua(b, h, code, 1000) // pools fill
	b.ReportAllocs()
	b.ResetTimer()
	runLua(b, h, code, b.N)
}

func BenchmarkTaskForkRun(b *testing.B)        { benchmark(b, forkOnce) }
func BenchmarkTaskForkRunMany(b *testing.B)    { benchmark(b, forkMany) }
func BenchmarkTimeSleepZero(b *testing.B)      { benchmark(b, sleepOnce) }
func BenchmarkChannelPingPong(b *testing.B)    { benchmark(b, pingPong) }
func BenchmarkChannelPushPopMany(b *testing.B) { benchmark(b, stream) }
