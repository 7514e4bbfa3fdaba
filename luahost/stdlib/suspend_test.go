package stdlib

import (
	"strings"
	"sync"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// TestCallbacksMaySuspend runs the same script in several threads of one state, each on a goroutine
// of its own, as the host runs tasks. The script's callbacks give up the VM lock, so that the other
// threads get into the middle of the same functions.
func TestCallbacksMaySuspend(t *testing.T) {
	t.Parallel()
	const script = `
		local id = ...
		-- The list is changed by whoever runs meanwhile.
		shared = shared or {5, 3, 8, 1, 9, 2, 7}
		for round = 1, 20 do
			local mine = {}
			for i = 1, 30 do
				mine[i] = (i * 17 + id) % 31
			end
			table.sort(mine, function(a, b)
				suspend()
				return a < b
			end)
			for i = 2, #mine do
				assert(mine[i - 1] <= mine[i])
			end
			table.sort(shared, function(a, b)
				suspend()
				shared[#shared + 1] = id
				table.remove(shared)
				return a < b
			end)

			local seen = 0
			local text, count = ("a1,b2,c3"):gsub("(%a)(%d)", function(letter, digit)
				suspend()
				seen = seen + 1
				return letter:upper() .. (digit + id)
			end)
			assert(seen == 3 and count == 3 and text == "A" .. (1 + id) .. ",B" .. (2 + id) .. ",C" .. (3 + id), text)
			text = ("x y"):gsub("%a", setmetatable({}, {__index = function(_, key)
				suspend()
				return key .. id
			end}))
			assert(text == "x" .. id .. " y" .. id, text)

			local object = setmetatable({}, {__tostring = function()
				suspend()
				return "object " .. id
			end})
			assert(tostring(object) == "object " .. id)
			assert(string.format("%s|%10s|%d", object, object, id) == "object " .. id .. "|  object " .. id .. "|" .. id)

			local store = {}
			local proxy = setmetatable({}, {
				__index = function(_, k) suspend() return store[k] end,
				__newindex = function(_, k, v) suspend() store[k] = v end,
				__len = function() suspend() return #store end,
				__pairs = function() suspend() return next, store end,
			})
			for i = 1, 5 do
				table.insert(proxy, 1, id * 10 + i)
			end
			assert(table.remove(proxy, 2) == id * 10 + 4)
			assert(table.concat(proxy, " ") == table.concat(store, " "))
			assert(select("#", table.unpack(proxy)) == 4)
			table.move(proxy, 1, 4, 3)
			assert(#store == 6 and store[3] == id * 10 + 5)
			table.sort(proxy)
			local total = 0
			for _, v in ipairs(proxy) do
				total = total + v
			end
			for _, v in pairs(proxy) do
				total = total - v
			end
			assert(total == 0)

			local pieces = {"return ", tostring(id)}
			local at = 0
			assert(load(function()
				suspend()
				at = at + 1
				return pieces[at]
			end)() == id)
			for word in ("one two three"):gmatch("%a+") do
				suspend()
				assert(#word >= 3)
			end
			for _, code in utf8.codes("añ€") do
				suspend()
				assert(code > 96)
			end
			assert(math.random(10) <= 10)
		end`
	L := newState(t)
	// The VM lock of a host: whoever holds it may touch Lua values.
	var vm sync.Mutex
	L.SetGlobal("suspend", L.NewFunction(func(*lua.LState) int {
		vm.Unlock()
		vm.Lock()
		return 0
	}))
	proto, err := Compile([]byte(script), "@task.lua")
	if err != nil {
		t.Fatal(err)
	}
	L.Push(L.NewFunction(func(*lua.LState) int { return 0 }))
	L.Call(0, 0)
	var group sync.WaitGroup
	for id := range 8 {
		thread, _ := L.NewThread()
		group.Go(func() {
			vm.Lock()
			defer vm.Unlock()
			thread.Push(thread.NewFunctionFromProto(proto))
			thread.Push(lua.LNumber(id))
			if err := thread.PCall(1, 0, nil); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()

	if got := L.GetGlobal("shared").(*lua.LTable).Len(); got != 7 {
		t.Errorf("the shared list has %d values, want 7", got)
	}
}

func TestHostsShareNothing(t *testing.T) {
	t.Parallel()
	var group sync.WaitGroup
	for range 4 {
		L := newState(t)
		proto, err := Compile([]byte(`
			math.randomseed(7)
			local numbers = {}
			for i = 1, 1000 do
				numbers[i] = math.random(100)
			end
			string.extra, math.extra, table.extra, utf8.extra = 1, 2, 3, 4
			return table.concat(numbers, " ")`), "=x")
		if err != nil {
			t.Fatal(err)
		}
		group.Go(func() {
			L.Push(L.NewFunctionFromProto(proto))
			if err := L.PCall(0, 1, nil); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()

	seeded := func() string {
		L := newState(t)
		runSource(t, L, "=x", `
			assert(string.extra == nil and math.extra == nil and table.extra == nil and utf8.extra == nil)
			math.randomseed(7)
			result = ""
			for i = 1, 10 do
				result = result .. " " .. math.random(100)
			end`)
		return L.GetGlobal("result").String()
	}
	if first, second := seeded(), seeded(); first != second || strings.Count(first, " ") != 10 {
		t.Errorf("the same seed gives %q and %q", first, second)
	}
}
