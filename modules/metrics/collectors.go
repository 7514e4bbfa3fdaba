package metrics

import (
	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
)

// collectorModule is a module with a collector: {new = function}.
func (b *binding) collectorModule(name string, collect vm.Func) *lua.LTable {
	return b.table("collector."+name, map[string]vm.Func{
		"new": func(c vm.Call) int { return c.Return(b.newCollector(name, collect)) },
	})
}

// newCollector makes a collector: a table with its name and the function collect.
func (b *binding) newCollector(name string, collect vm.Func) value.Value {
	t := value.NewTable(0, 3)
	t.Set(b.name, value.String(name))
	t.Set(value.String("new"), value.OfFunction(b.tasks.Native("collector.new", func(c vm.Call) int {
		return c.Return(b.newCollector(name, collect))
	})))
	t.Set(value.String("collect"), value.OfFunction(b.tasks.Native("collector:collect", collect)))
	return t.Value()
}

// A reading is a metric of a collector.
type reading struct {
	name, help, kind string
	v                number
}

// push adds readings to the list in argument 2 of a collector.
func (b *binding) push(c vm.Call, readings []reading) int {
	buf := c.Table(2)
	for _, r := range readings {
		t := value.NewTable(0, 4)
		t.Set(b.name, value.String(r.name))
		t.Set(b.help, value.String(r.help))
		t.Set(b.kindKey, value.String(r.kind))
		t.Set(b.value, r.v.lua())
		value.Set(buf, value.Int(value.Len(buf)+1), t.Value())
	}
	return 0
}

// lua is a number of Lua.
func (n number) lua() value.Value {
	if n.isInt {
		return value.Int(n.i)
	}
	return value.Float(n.f)
}

// collectSilly implements the collector of the host: its tasks, timers and connections.
func (b *binding) collectSilly(c vm.Call) int {
	timers := b.tasks.TimerCounts()
	meter := b.tasks.Meter()
	live, runnable := b.tasks.TaskCounts()
	operations := meter.Operations()
	gauge, counter := b.gauge.name, b.counter.name
	total := func(n uint64) number { return integer(int64(n)) }
	return b.push(c, []reading{
		{"silly_tasks", "Live tasks.", gauge, integer(int64(live))},
		{"silly_tasks_runnable", "Tasks that could go on, and wait for their turn.", gauge, integer(int64(runnable))},
		{"silly_worker_backlog", "The same as silly_tasks_runnable.", gauge, integer(int64(runnable))},
		{"silly_timer_pending", "Timers that are not due yet, and tasks that sleep.", gauge, integer(int64(timers.Pending))},
		{"silly_timer_scheduled_total", "Timers and sleeps that were begun.", counter, total(timers.Scheduled)},
		{"silly_timer_fired_total", "Timers that have run, and sleeps that have ended.", counter, total(timers.Fired)},
		{"silly_timer_canceled_total", "Timers that were canceled.", counter, total(timers.Canceled)},
		{"silly_tcp_connections", "Open connections.", gauge, integer(meter.Open())},
		{"silly_socket_requests_total", "The same as silly_socket_processed_total.", counter, integer(operations)},
		{"silly_socket_processed_total", "Reads and writes that have moved bytes.", counter, integer(operations)},
		{"silly_network_sent_bytes_total", "Bytes that were sent.", counter, integer(meter.Sent())},
		{"silly_network_received_bytes_total", "Bytes that were received.", counter, integer(meter.Received())},
	})
}
