package luahost_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/memnet"
	"silly/luahost"
)

// The examples of docs/modules.md. A test holds the page against this file.

// Shout is a module whose functions only compute.
var Shout = luahost.Module{Name: "shout", Open: openShout}

func openShout(env *luahost.Env, L *lua.LState) lua.LValue {
	module := L.NewTable()
	env.Install(L, module, "shout", map[string]lua.LGFunction{"upper": shoutUpper})
	return module
}

// shoutUpper implements shout.upper(text [, times]) -> string.
func shoutUpper(L *lua.LState) int {
	text := luahost.CheckString(L, 1)
	times := luahost.OptInteger(L, 2, 1)
	if times < 0 || times > 1000 {
		luahost.ArgumentError(L, 2, "number from 0 to 1000 expected")
	}
	L.Push(lua.LString(strings.Repeat(strings.ToUpper(text), int(times))))
	return 1
}

func ExampleModule_shout() {
	run(luahost.Options{Modules: []luahost.Module{Shout}}, `
local shout = require "shout"
print(shout.upper("hello "), shout.upper("ab", 3))
print(pcall(shout.upper, "x", 1e6))
print(pcall(shout.upper, nil))
`)
	// Output:
	// HELLO 	ABABAB
	// false	example.lua:4: bad argument #2 to 'upper' (number from 0 to 1000 expected)
	// false	example.lua:5: bad argument #1 to 'upper' (string expected, got nil)
}

// Lookup is a module over a Go library that waits: the resolver of package net.
var Lookup = luahost.Module{Name: "lookup", Open: openLookup}

func openLookup(env *luahost.Env, L *lua.LState) lua.LValue {
	b := lookup{env}
	module := L.NewTable()
	env.Install(L, module, "lookup", map[string]lua.LGFunction{"port": b.port})
	return module
}

// lookup is the state of the module in one host.
type lookup struct{ env *luahost.Env }

// port implements lookup.port(service) -> number | nil, err. It suspends.
func (b lookup) port(L *lua.LState) int {
	service := luahost.CheckString(L, 1)
	var port int
	var err error
	b.env.Block(L, "lookup.port", func(ctx context.Context) {
		port, err = net.DefaultResolver.LookupPort(ctx, "tcp", service)
	})
	if err != nil {
		return luahost.PushError(L, err)
	}
	L.Push(lua.LNumber(port))
	return 1
}

func ExampleEnv_Block() {
	run(luahost.Options{Modules: []luahost.Module{Lookup}}, `
local lookup = require "lookup"
print(lookup.port("https"))
print(lookup.port("no-such-service") == nil)
`)
	// Output:
	// 443
	// true
}

// Gate is a module whose tasks wait for one another.
var Gate = luahost.Module{Name: "gate", Open: openGate}

func openGate(env *luahost.Env, L *lua.LState) lua.LValue {
	b := &gates{env: env}
	b.class = luahost.NewClass[*gate](env, L, "gate", map[string]lua.LGFunction{
		"wait": b.gateWait,
		"open": b.gateOpen,
	})
	module := L.NewTable()
	env.Install(L, module, "gate", map[string]lua.LGFunction{"new": b.gateNew})
	return module
}

type gates struct {
	env   *luahost.Env
	class *luahost.Class[*gate]
}

// gate is what is behind a Lua gate. The holder of the VM lock owns it: here that is every native function.
type gate struct{ waiting []luahost.Wake }

// gateNew implements gate.new() -> gate.
func (b *gates) gateNew(L *lua.LState) int {
	L.Push(b.class.New(L, new(gate)))
	return 1
}

// gateWait implements gate:wait() -> value. It suspends until gate:open.
func (b *gates) gateWait(L *lua.LState) int {
	g := b.class.Check(L, 1)
	return b.env.Suspend(L, "gate:wait", func(wake luahost.Wake) { g.waiting = append(g.waiting, wake) }, nil)
}

// gateOpen implements gate:open(value) -> number. It wakes all that wait, and returns how many that were.
func (b *gates) gateOpen(L *lua.LState) int {
	g := b.class.Check(L, 1)
	woken := 0
	for _, wake := range g.waiting {
		if wake(L.Get(2)) {
			woken++
		}
	}
	g.waiting = nil
	L.Push(lua.LNumber(woken))
	return 1
}

func ExampleEnv_Suspend() {
	run(luahost.Options{Modules: append(tasks(), Gate)}, `
local task, gate = require "silly.task", require "gate"
local g = gate.new()
for i = 1, 3 do
	task.fork(function() print(i, g:wait()) end)
end
task.fork(function() print("woken", g:open("now")) end)
`)
	// Output:
	// woken	3
	// 1	now
	// 2	now
	// 3	now
}

// Lines is a module that waits for a socket.
var Lines = luahost.Module{Name: "lines", Open: openLines}

func openLines(env *luahost.Env, L *lua.LState) lua.LValue {
	b := &lines{env: env}
	b.class = luahost.NewClass[*peer](env, L, "lines peer", map[string]lua.LGFunction{
		"ask":   b.peerAsk,
		"close": b.peerClose,
	})
	b.class.Closing("close") // local p <close> = lines.connect(...)
	module := L.NewTable()
	env.Install(L, module, "lines", map[string]lua.LGFunction{"connect": b.linesConnect})
	return module
}

type lines struct {
	env   *luahost.Env
	class *luahost.Class[*peer]
}

// peer is what is behind a Lua peer.
type peer struct {
	conn   net.Conn
	reader *bufio.Reader
	closer *luahost.Closer
	busy   bool // a task is inside Block with it
}

// linesConnect implements lines.connect(address) -> peer | nil, err. It suspends.
func (b *lines) linesConnect(L *lua.LState) int {
	address := luahost.CheckString(L, 1)
	conn, err := luahost.Acquire(b.env, L, "lines.connect", func(ctx context.Context) (net.Conn, error) {
		return b.env.Network().Dial(ctx, "tcp", address)
	}, func(conn net.Conn) { _ = conn.Close() })
	if err != nil {
		return luahost.PushError(L, err)
	}
	p := &peer{conn: conn, reader: bufio.NewReader(conn)}
	p.closer = b.env.Track(false, nil, func() { _ = conn.Close() }) // ends what waits when the host stops
	L.Push(b.class.New(L, p))
	return 1
}

// peerAsk implements peer:ask(line) -> line | nil, err. It suspends until the answer is there.
func (b *lines) peerAsk(L *lua.LState) int {
	p := b.class.Check(L, 1)
	question := luahost.CheckString(L, 2)
	if p.busy {
		luahost.Raise(L, "another task asks this peer")
	}
	p.busy = true
	defer func() { p.busy = false }()
	var answer string
	var err error
	b.env.Block(L, "peer:ask", func(context.Context) {
		if _, err = fmt.Fprintln(p.conn, question); err == nil {
			answer, err = p.reader.ReadString('\n')
		}
	})
	return luahost.PushData(L, []byte(strings.TrimSuffix(answer, "\n")), err)
}

// peerClose implements peer:close().
func (b *lines) peerClose(L *lua.LState) int {
	p := b.class.Check(L, 1)
	p.closer.Forget()
	_ = p.conn.Close()
	return 0
}

func ExampleEnv_Track() {
	network := memnet.New() // instead of the real one: nothing leaves the process
	listener, err := network.Listen(context.Background(), "tcp", "127.0.0.1:7")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer listener.Close()
	go func() {
		conn, err := listener.Accept()
		for scanner := bufio.NewScanner(conn); err == nil && scanner.Scan(); {
			_, err = fmt.Fprintln(conn, strings.ToUpper(scanner.Text()))
		}
	}()
	run(luahost.Options{Modules: []luahost.Module{Lines}, Network: network}, `
local lines = require "lines"
local p <close> = assert(lines.connect("127.0.0.1:7"))
print(p:ask("one"), p:ask("two"))
print(lines.connect("127.0.0.1:9"))
`)
	// Output:
	// ONE	TWO
	// nil	connect 127.0.0.1:9: connection refused
}

// run runs code in a host of its own.
func run(options luahost.Options, code string) {
	options.Stdout, options.Stderr = os.Stdout, os.Stdout
	host, err := luahost.New(options)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer host.Close()
	if err := host.RunString(context.Background(), "example.lua", code); err != nil {
		fmt.Println(err)
	}
}
