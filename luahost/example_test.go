package luahost_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"silly/luahost"
	"silly/modules"

	lua "github.com/yuin/gopher-lua"
)

// newHost makes the host of the examples: the standard modules, errors on standard output.
func newHost() *luahost.Host {
	host, err := luahost.New(luahost.Options{Modules: modules.Standard(), Stderr: os.Stdout})
	if err != nil {
		panic(err)
	}
	return host
}

// A host runs code as the silly command does. Run returns when nothing is left to do: here when the
// forked task has slept.
func ExampleHost_RunString() {
	host := newHost()
	defer host.Close()
	err := host.RunString(context.Background(), "hello.lua", `
		local task, time = require "silly.task", require "silly.time"
		task.fork(function() time.sleep(1) print("task") end)
		print("main", ...)
	`, "argument")
	fmt.Println(err)
	// Output:
	// main	argument
	// task
	// <nil>
}

// RunFile finds the modules that a script requires next to the script.
func ExampleHost_RunFile() {
	folder, err := os.MkdirTemp("", "silly")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	script := filepath.Join(folder, "main.lua")
	_ = os.WriteFile(script, []byte(`print(require("greeting").text)`), 0o600)
	_ = os.WriteFile(filepath.Join(folder, "greeting.lua"), []byte(`return {text = "hello"}`), 0o600)

	host := newHost()
	defer host.Close()
	fmt.Println(host.RunFile(context.Background(), script))
	// Output:
	// hello
	// <nil>
}

// RunFunc calls a function that a script has defined, with Go values, and returns its results.
func ExampleHost_RunFunc() {
	host := newHost()
	defer host.Close()
	ctx := context.Background()
	if err := host.RunString(ctx, "rules.lua", `
		rules = {}
		function rules.price(n, name) return n * 1.5, "price of " .. name end
	`); err != nil {
		panic(err)
	}
	results, err := host.RunFunc(ctx, "rules.price", 10, "tea")
	fmt.Println(results, err)
	// Output: [15 price of tea] <nil>
}

// Expose hands Go values to scripts: functions, structs with their methods, maps, slices.
func ExampleHost_Expose() {
	type User struct{ Name string }
	host := newHost()
	defer host.Close()
	host.Expose("user", &User{Name: "ann"})
	host.Expose("shout", strings.ToUpper)
	err := host.RunString(context.Background(), "expose.lua", `print(shout(user.Name))`)
	fmt.Println(err)
	// Output:
	// ANN
	// <nil>
}

// A module is a name and a function that makes its value. A native function that waits does so in
// Block, so that other tasks run meanwhile.
func ExampleModule() {
	clock := luahost.Module{Name: "clock", Open: func(env *luahost.Env, L *lua.LState) lua.LValue {
		module := L.NewTable()
		env.Install(L, module, "clock", map[string]lua.LGFunction{
			"wait": func(L *lua.LState) int {
				d := luahost.CheckMilliseconds(L, 1)
				env.Block(L, "clock.wait", func(context.Context) { time.Sleep(d) })
				L.Push(lua.LString("rested"))
				return 1
			},
		})
		return module
	}}
	host, err := luahost.New(luahost.Options{Modules: append(modules.Standard(), clock)})
	if err != nil {
		panic(err)
	}
	defer host.Close()
	err = host.RunString(context.Background(), "clock.lua", `
		require("silly.task").fork(function() print("meanwhile") end)
		print(require("clock").wait(5))
	`)
	fmt.Println(err)
	// Output:
	// meanwhile
	// rested
	// <nil>
}

// An uncaught error is a value with its message, its traceback and, where there is one, its cause.
func ExampleError() {
	host := newHost()
	defer host.Close()
	err := host.RunString(context.Background(), "fail.lua", `
local function inner() error("no luck") end
inner()`)
	var failure *luahost.Error
	if errors.As(err, &failure) {
		fmt.Println(failure.Message)
		for _, frame := range failure.Traceback {
			fmt.Println(frame)
		}
	}

	err = host.RunFile(context.Background(), "missing.lua")
	fmt.Println(err, errors.Is(err, os.ErrNotExist))
	// Output:
	// fail.lua:2: no luck
	// [C]: in function 'error'
	// fail.lua:2: in local 'inner'
	// fail.lua:3: in main chunk
	// cannot open missing.lua: no such file or directory true
}

// A context ends a program that would go on for ever.
func ExampleHost_RunString_context() {
	host := newHost()
	defer host.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	err := host.RunString(ctx, "forever.lua", `while true do require("silly.time").sleep(1) end`)
	fmt.Println(err, errors.Is(err, context.DeadlineExceeded))
	// Output: context deadline exceeded true
}

// silly.exit ends the program from any task; so does a deadlock.
func ExampleExitError() {
	host := newHost()
	err := host.RunString(context.Background(), "exit.lua", `require("silly").exit(3)`)
	var exit *luahost.ExitError
	fmt.Println(errors.As(err, &exit), exit.Status)
	host.Close()

	host = newHost()
	err = host.RunString(context.Background(), "deadlock.lua", `require("silly.sync.channel").new():pop()`)
	var deadlock *luahost.DeadlockError
	if errors.As(err, &deadlock) {
		fmt.Println(deadlock)
		fmt.Println(deadlock.Tasks[0])
	}
	host.Close()
	// Output:
	// true 3
	// deadlock: 1 task waits for a wake-up that cannot come
	// main script waits in channel:pop
	// stack traceback:
	// 	[C]: in function 'channel:pop'
	// 	deadlock.lua:1: in main chunk
}
