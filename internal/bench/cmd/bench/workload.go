//go:build linux

package main

import (
	"time"

	"silly/internal/load"
)

// A workload is one row of the table: a server, what the generator does with it, and what is expected.
type workload struct {
	name    string
	about   string
	serve   string // the script in internal/bench/scripts, and the argument of baseline
	like    string // the argument of baseline, if it is another one
	workers int    // of silly; 0 is without the flag
	cluster bool   // of two processes: clients are at the second one, but the one that sends
	scheme  string
	spec    load.Spec
	each    string // what an operation is
	targets []target
}

// A target is what silly is to reach.
type target struct {
	what  string
	value func(load.Result) float64
	limit float64
	// atLeast says that more is better.
	atLeast bool
	// absolute says that the value itself is limited, not its ratio to the baseline.
	absolute bool
}

func cpu(limit float64, each string) target {
	return target{what: "CPU/" + each, value: cpuEach, limit: limit}
}

func throughput(limit float64, each string) target {
	return target{what: each + "/s", value: perSecond, limit: limit, atLeast: true}
}

func cpuEach(r load.Result) float64   { return float64(r.CPU) / float64(r.Operations) }
func perSecond(r load.Result) float64 { return float64(r.Operations) / r.Seconds }
func memoryEach(r load.Result) float64 {
	return float64(r.RSS-r.RSSBefore) / float64(r.Operations)
}

// startup is the kind of work that needs no generator: processes that start and end.
const startup = "startup"

// workloads are in the order of the table of targets.
var workloads = []workload{
	{
		name: "echo-64x1", about: "WebSocket echo of 64 bytes of text: 64 connections, 1 message in flight",
		serve: "echo", scheme: "ws", each: "msg",
		spec:    load.Spec{Kind: load.Echo, Connections: 64, InFlight: 1, Size: 64},
		targets: []target{cpu(1.10, "msg")},
	},
	{
		name: "echo-64x16", about: "the same with 16 messages in flight",
		serve: "echo", scheme: "ws", each: "msg",
		spec:    load.Spec{Kind: load.Echo, Connections: 64, InFlight: 16, Size: 64},
		targets: []target{throughput(2.0, "msg")},
	},
	{
		name: "echo-1000x1", about: "the same with 1,000 connections, 1 message in flight",
		serve: "echo", scheme: "ws", each: "msg",
		spec: load.Spec{Kind: load.Echo, Connections: 1000, InFlight: 1, Size: 64},
		targets: []target{
			cpu(1.15, "msg"),
			{what: "p99", value: func(r load.Result) float64 { return float64(r.P99) }, limit: 1.5},
		},
	},
	{
		name: "echo-64KiB", about: "echo of 64 KiB of text: 8 connections, 1 message in flight",
		serve: "echo", scheme: "ws", each: "msg",
		spec:    load.Spec{Kind: load.Echo, Connections: 8, InFlight: 1, Size: 64 << 10},
		targets: []target{throughput(0.9, "MB")},
	},
	{
		name: "echo-1MiB", about: "echo of 1 MiB of text: 4 connections, 1 message in flight",
		serve: "echo", scheme: "ws", each: "msg",
		spec:    load.Spec{Kind: load.Echo, Connections: 4, InFlight: 1, Size: 1 << 20},
		targets: []target{throughput(0.9, "MB")},
	},
	{
		name: "broadcast", about: "64 bytes of text to 1,000 clients, the next when all have them; an operation is a delivered frame",
		serve: "broadcast", scheme: "ws", each: "frame",
		spec:    load.Spec{Kind: load.Broadcast, Connections: 1000, InFlight: 1, Size: 64},
		targets: []target{cpu(1.0, "frame")},
	},
	{
		name: "room", about: "the same with topic.join",
		serve: "room", like: "broadcast", scheme: "ws", each: "frame",
		spec:    load.Spec{Kind: load.Broadcast, Connections: 1000, InFlight: 1, Size: 64},
		targets: []target{cpu(1.0, "frame")},
	},
	{
		name: "room-10000", about: "the same to 10,000 clients",
		serve: "room", like: "broadcast", scheme: "ws", each: "frame",
		spec:    load.Spec{Kind: load.Broadcast, Connections: 10_000, InFlight: 1, Size: 64},
		targets: []target{cpu(1.0, "frame")},
	},
	{
		name: "broadcast-10000", about: "broadcast to 10,000 clients",
		serve: "broadcast", scheme: "ws", each: "frame",
		spec:    load.Spec{Kind: load.Broadcast, Connections: 10_000, InFlight: 1, Size: 64},
		targets: []target{cpu(1.0, "frame")},
	},
	{
		name: "room-cluster", about: "room with 1,000 clients at another process than the one that sends, over NATS servers in both",
		serve: "room", like: "cluster", cluster: true, scheme: "ws", each: "frame",
		spec:    load.Spec{Kind: load.Broadcast, Connections: 1001, InFlight: 1, Size: 64},
		targets: []target{cpu(1.10, "frame")},
	},
	{
		name: "room-hop", about: "the same with one client at each of the two",
		serve: "room", like: "cluster", cluster: true, scheme: "ws", each: "frame",
		spec: load.Spec{Kind: load.Broadcast, Connections: 2, InFlight: 1, Size: 64},
	},
	{
		name: "room-w2", about: "room with --workers=2",
		serve: "room", like: "broadcast", workers: 2, scheme: "ws", each: "frame",
		spec: load.Spec{Kind: load.Broadcast, Connections: 1000, InFlight: 1, Size: 64},
	},
	{
		name: "echo-64x16-w2", about: "echo-64x16 with --workers=2",
		serve: "echo", workers: 2, scheme: "ws", each: "msg",
		spec: load.Spec{Kind: load.Echo, Connections: 64, InFlight: 16, Size: 64},
	},
	{
		name: "http-w2", about: "http with --workers=2",
		serve: "http", workers: 2, scheme: "http", each: "request",
		spec: load.Spec{Kind: load.HTTP, Connections: 64},
	},
	{
		name: "wss-64x16", about: "echo-64x16 over TLS",
		serve: "echo", scheme: "wss", each: "msg",
		spec:    load.Spec{Kind: load.Echo, Connections: 64, InFlight: 16, Size: 64},
		targets: []target{throughput(1.5, "msg")},
	},
	{
		name: "http", about: "HTTP requests on 64 connections that stay open",
		serve: "http", scheme: "http", each: "request",
		spec:    load.Spec{Kind: load.HTTP, Connections: 64},
		targets: []target{cpu(1.3, "request")},
	},
	{
		name: "tcp-64x1", about: "lines of 64 bytes come back over TCP: 64 connections, 1 line in flight",
		serve: "tcp", scheme: "tcp", each: "line",
		spec:    load.Spec{Kind: load.Echo, Connections: 64, InFlight: 1, Size: 64},
		targets: []target{cpu(1.2, "line")},
	},
	{
		name: "tcp-64x16", about: "the same with 16 lines in flight",
		serve: "tcp", scheme: "tcp", each: "line",
		spec:    load.Spec{Kind: load.Echo, Connections: 64, InFlight: 16, Size: 64},
		targets: []target{throughput(2.5, "line")},
	},
	{
		name: "tcp-64KiB", about: "lines of 64 KiB: 8 connections, 1 line in flight",
		serve: "tcp", scheme: "tcp", each: "line",
		spec:    load.Spec{Kind: load.Echo, Connections: 8, InFlight: 1, Size: 64 << 10},
		targets: []target{throughput(0.9, "MB")},
	},
	{
		name: "tcp-idle", about: "10,000 TCP connections that have echoed one line and then do nothing",
		serve: "tcp", scheme: "tcp", each: "connection",
		spec:    load.Spec{Kind: load.Idle, Connections: 10_000, InFlight: 1, Size: 64, WarmUp: 2 * time.Second},
		targets: []target{{what: "RSS/connection", value: memoryEach, limit: 0.6}},
	},
	{
		name: "idle", about: "10,000 WebSocket connections that have echoed one message and then do nothing",
		serve: "echo", scheme: "ws", each: "connection",
		spec: load.Spec{Kind: load.Idle, Connections: 10_000, InFlight: 1, Size: 64, WarmUp: 2 * time.Second},
		targets: []target{
			{what: "RSS/connection", value: memoryEach, limit: 0.6},
			{what: "RSS/connection", value: memoryEach, limit: 7.5 * 1024, absolute: true},
		},
	},
	{
		name: "wss-idle", about: "2,000 WebSocket connections over TLS that have echoed one message and then do nothing",
		serve: "echo", scheme: "wss", each: "connection",
		spec:    load.Spec{Kind: load.Idle, Connections: 2_000, InFlight: 1, Size: 64, WarmUp: 2 * time.Second},
		targets: []target{{what: "RSS/connection", value: memoryEach, limit: 0.6}},
	},
	{
		name: "connect", about: "connect, upgrade, close handshake, end of the connection: 32 at a time",
		serve: "echo", scheme: "ws", each: "connection",
		spec:    load.Spec{Kind: load.Connect, Connections: 32},
		targets: []target{throughput(0.9, "connection")},
	},
	{
		name: "start", about: "silly -e '' against a Go program that only imports net/http: the whole process",
		each: "start",
		spec: load.Spec{Kind: startup},
		targets: []target{
			{what: "time", value: func(r load.Result) float64 { return float64(r.P50) }, limit: 2},
		},
	},
}

// quicken makes a smoke test of a workload.
func (w *workload) quicken() {
	w.spec.Full = true
	w.spec.WarmUp = 100 * time.Millisecond
	w.spec.Window = 200 * time.Millisecond
	if w.spec.Connections > 500 {
		w.spec.Connections = 500
	}
}
