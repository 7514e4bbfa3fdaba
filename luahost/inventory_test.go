package luahost_test

import (
	"fmt"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/luatest"
	"silly/luahost"
	"silly/modules"
)

// inventory is a module whose function lists what a program has.
var inventory = luahost.Module{Name: "inventory", Open: func(env *luahost.Env, L *lua.LState) lua.LValue {
	return L.NewFunction(func(L *lua.LState) int {
		for _, item := range env.Inventory() {
			origin := "nowhere"
			if len(item.Origin) > 0 {
				origin = fmt.Sprint(item.Origin[len(item.Origin)-1].Line)
			}
			L.Push(lua.LString(fmt.Sprintf("%s: %s, made at %s", item.Kind, item.Text, origin)))
		}
		return len(env.Inventory())
	})
}}

func TestInventory(t *testing.T) {
	const script = `
local time, task, tcp, channel = require "silly.time", require "silly.task", require "silly.net.tcp", require "silly.sync.channel"
local inventory = require "inventory"
local c = channel.new()
task.fork(function() c:pop() end)
local timer = time.after(3600000, print)
local listener = tcp.listen {addr = "127.0.0.1:0", accept = print}
time.sleep(1)
for _, line in ipairs {inventory()} do print((line:gsub("127.0.0.1:%d+", "ADDRESS"))) end
c:push(1)
time.cancel(timer)
listener:close()
time.sleep(1)
print(#{inventory()})`
	want := `task: main script, made at nowhere
task: task 3, which waits in channel:pop, made at 5
timer: timer, made at 6
resource: tcp listener ADDRESS, made at 7
1
`
	output, err := luatest.Run(t, script, luahost.Options{Modules: append(modules.Standard(), inventory), Origins: true})
	if err != nil {
		t.Fatal(err)
	}
	if output != want {
		t.Errorf("got\n%swant\n%s", output, want)
	}
	output, err = luatest.Run(t, script, luahost.Options{Modules: append(modules.Standard(), inventory)})
	if err != nil || strings.Count(output, "nowhere") != 4 {
		t.Errorf("without Origins: %v\n%s", err, output)
	}
}
