package vm_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/compile"
	"silly/internal/lua/lib"
	"silly/internal/lua/syntax"
	"silly/internal/lua/value"
	"silly/internal/lua/vm"
)

// A machine is a VM with the library and functions written against gopher-lua's API.
type machine struct {
	*vm.VM
	L *lua.LState
	t testing.TB
}

func newMachine(t testing.TB) *machine {
	t.Helper()
	L := lua.NewState(lua.Options{SkipOpenLibs: true})
	t.Cleanup(L.Close)
	m := &machine{vm.New(L), L, t}
	m.OpenBase()
	lib.Open(m.VM)
	return m
}

// plain makes a global of a function as any embedder makes it, by L.NewFunction.
func (m *machine) plain(name string, fn lua.LGFunction) {
	m.set(name, m.L.NewFunction(fn))
}

// guest makes a global of a function as modules of the project make it.
func (m *machine) guest(name string, fn lua.LGFunction) { m.set(name, m.NewGuest(name, fn)) }

func (m *machine) set(name string, v lua.LValue) {
	value.Set(m.Globals(), value.String(name), value.Import(v))
}

// compile compiles a chunk with our compiler.
func (m *machine) compile(source string) *lua.LFunction {
	m.t.Helper()
	p, err := compile.Source([]byte(source), "test.lua", "@test.lua", syntax.Options{})
	if err != nil {
		m.t.Fatal(err)
	}
	return m.NewFunction(p, value.OfTable(m.Globals())).LFunction()
}

// run runs a chunk, which must not fail.
func (m *machine) run(source string) {
	m.t.Helper()
	if _, err := m.NewThread().Start(value.OfFunction(m.compile(source))); err != nil {
		var failure *vm.Error
		if errors.As(err, &failure) && failure.Panic != nil {
			m.t.Logf("%s", failure.Stack)
		}
		m.t.Errorf("%v in\n%s", err, source)
	}
}

// call calls a function with gopher-lua's API and returns its results.
func call(L *lua.LState, fn lua.LValue, args ...lua.LValue) []lua.LValue {
	top := L.GetTop()
	L.Push(fn)
	for _, arg := range args {
		L.Push(arg)
	}
	L.Call(len(args), lua.MultRet)
	var results []lua.LValue
	for i := top + 1; i <= L.GetTop(); i++ {
		results = append(results, L.Get(i))
	}
	L.SetTop(top)
	return results
}

// install adds the functions that the tests call.
func (m *machine) install() {
	m.plain("call", func(L *lua.LState) int { // call(f, ...) -> results of f(...)
		L.Call(L.GetTop()-1, lua.MultRet)
		return L.GetTop()
	})
	m.plain("pcallGo", func(L *lua.LState) int { // pcallGo(f, ...) -> true, results | false, error
		if err := L.PCall(L.GetTop()-1, lua.MultRet, nil); err != nil {
			var failure *lua.ApiError
			if !errors.As(err, &failure) {
				L.Push(lua.LFalse)
				L.Push(lua.LString(fmt.Sprintf("not an ApiError: %T %v", err, err)))
				return 2
			}
			L.Push(lua.LFalse)
			L.Push(failure.Object)
			return 2
		}
		L.Insert(lua.LTrue, 1)
		return L.GetTop()
	})
	m.plain("protect", func(L *lua.LState) int { // protect(f, ...) -> first result | nil, error
		args := make([]lua.LValue, 0, L.GetTop())
		for i := 2; i <= L.GetTop(); i++ {
			args = append(args, L.Get(i))
		}
		err := L.CallByParam(lua.P{Fn: L.CheckFunction(1), NRet: 1, Protect: true}, args...)
		if err != nil {
			L.Push(lua.LNil)
			L.Push(err.(*lua.ApiError).Object)
			return 2
		}
		return 1
	})
	m.plain("raise", func(L *lua.LState) int { // raise(message)
		L.RaiseError("%s", L.CheckString(1))
		return 0
	})
	m.plain("throw", func(L *lua.LState) int { // throw(value, level)
		L.Error(L.Get(1), L.OptInt(2, 1))
		return 0
	})
	m.plain("types", func(L *lua.LState) int { // types(...) -> their names for gopher-lua
		var names []string
		for i := 1; i <= L.GetTop(); i++ {
			names = append(names, L.Get(i).Type().String())
		}
		L.Push(lua.LString(strings.Join(names, " ")))
		return 1
	})
}

func TestForeignFunctionsCallBack(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.install()
	m.run(`
		local function sum(...)
			local n = 0
			for i = 1, select("#", ...) do n = n + (select(i, ...)) end
			return n, ...
		end
		local function same(want, ...)
			local got = table.concat({...}, " ")
			if got ~= want then error("got " .. got .. ", want " .. want, 2) end
		end
		same("6 1 2 3", call(sum, 1, 2, 3))
		same("0", call(sum))
		same("7", call(call, function() return 7 end))
		same("1 2 3", call(call, call, call, function(...) return ... end, 1, 2, 3))
		same("a b", call(function(...) return select("#", ...) == 0 and "a", "b" end))
		same("abc", call(string.rep, "abc", 1))
		same("3 2 1", call(table.unpack, {3, 2, 1}))
		same("nil table number string boolean function thread", types(nil, {}, 1, "", true, types, coroutine.create(types)))

		-- Many arguments and results, through both stacks.
		local t = {}
		for i = 1, 5000 do t[i] = i end
		local r = {call(table.unpack, t)}
		assert(#r == 5000 and r[5000] == 5000)
		assert(select("#", call(function(...) return ... end, table.unpack(t))) == 5000)

		-- Upvalues stay shared.
		local n = 0
		local function inc() n = n + 1 return n end
		call(inc) call(inc)
		assert(n == 2 and inc() == 3 and n == 3)

		-- Metamethods and iterators that are foreign functions.
		local mt = {__index = call, __call = call, __add = types, __len = types, __eq = types, __lt = types, __close = types}
		local o = setmetatable({}, {__index = types, __call = types, __add = types, __len = types, __concat = types, __lt = types})
		assert(o.x == "table string" and o(1) == "table number" and o + 1 == "table number" and 1 + o == "number table")
		assert(#o == "table table" and o .. "x" == "table string" and (o < o) == true)
		local seen = {}
		for k, v in call, next, {a = 1} do seen[#seen + 1] = tostring(k) break end
	`)
}

// TestForeignIterators: a generic for may call them.
func TestForeignIterators(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.install()
	m.plain("countTo", func(L *lua.LState) int {
		n := L.CheckInt(1)
		L.Push(L.NewFunction(func(L *lua.LState) int {
			i := L.CheckInt(2) + 1
			if i > n {
				return 0
			}
			L.Push(lua.LNumber(i))
			L.Push(lua.LString("x"))
			return 2
		}))
		L.Push(lua.LNil)
		L.Push(lua.LNumber(0))
		return 3
	})
	m.run(`
		local s = ""
		for i, x in countTo(3) do s = s .. i .. x end
		assert(s == "1x2x3x", s)
	`)
}

func TestErrorsCrossForeignFunctions(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.install()
	m.run(`local function check(want, ok, err)
	if ok or err ~= want then error("got " .. tostring(err) .. ", want " .. tostring(want), 2) end
end
-- RaiseError has the position of the Lua code that called the foreign function.
check("test.lua:5: boom", pcall(function() raise("boom") end))
check("test.lua:6: boom", pcallGo(function() raise("boom") end))
check("test.lua:7: boom", pcall(call, function() raise "boom" end))
local function deep() local x = raise("deep") end
check("test.lua:8: deep", pcall(call, call, deep))
check("test.lua:10: boom", pcall(raise, "boom")) -- gopher-lua looks for the innermost Lua function
-- Error with a level.
check("test.lua:12: at 1", pcall(function() throw("at 1", 1) end))
check("no position", pcall(function() throw("no position", 0) end))
local function outer() local function inner() throw("at 2", 2) end inner() end
check("test.lua:14: at 2", pcall(outer))
-- Errors of Lua code pass through foreign functions as they are.
check("test.lua:17: attempt to index a nil value (local 'x')", pcall(call, function() local x x.y = 1 end))
check("test.lua:18: own", pcallGo(function() error "own" end))
check("plain", pcallGo(error, "plain", 0))
local object = {code = 7}
check(object, pcall(call, error, object))
check(object, pcallGo(error, object))
check(object, pcallGo(function() error(object) end))
check(object, pcall(throw, object))
check(object, pcallGo(throw, object))
local r, err = protect(error, object) assert(r == nil and err == object)
check(nil, pcallGo(error, nil))
check(nil, pcall(call, error))
check(42, pcallGo(error, 42))
check(true, pcallGo(error, true))
-- pcallGo and pcall in turn.
local ok, inner, err = pcall(pcallGo, pcall, error, object)
assert(ok and inner == true and err == false)
ok, inner, err = pcallGo(pcall, call, error, object)
assert(ok and inner == false and err == object)
-- The stack is as before.
for i = 1, 1000 do pcallGo(error, "x") pcall(call, error, "x") end
assert(protect(function(a, b) return a + b end, 1, 2) == 3)
-- xpcall's handler sees the error where it was raised.
local trace
ok, err = xpcall(call, function(e) trace = debug.traceback(e) return e end, function() raise("traced") end)
assert(trace:find("traced", 1, true) and trace:find("test.lua:41", 1, true), trace)
-- Arguments that are wrong.
local ok, err = pcall(function() raise({}) end)
assert(err:find "^test.lua:44: bad argument #1 to .* %(string expected, got table%)$", err)
`)
}

// TestArgumentErrorsNameTheFunction: L.CheckString and its kind find the name in the code of the caller.
func TestArgumentErrorsNameTheFunction(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.install()
	m.run(`
		local ok, err = pcall(function() raise({}) end)
		assert(err == "test.lua:2: bad argument #1 to raise (string expected, got table)", err)
	`)
}

func TestUpvaluesSurviveErrorsThroughForeignFunctions(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.install()
	m.run(`
		local n = 0
		local function inc() n = n + 1 end
		local keep
		local ok = pcallGo(function()
			local mine = 10
			keep = function() mine = mine + 1 return mine end
			inc()
			call(function() inc() error "x" end)
		end)
		inc()
		assert(not ok and n == 3 and keep() == 11 and keep() == 12)
		-- Closing variables run when the error passes.
		local log = {}
		local function closing(name) return setmetatable({}, {__close = function(_, e) log[#log + 1] = name .. ":" .. tostring(e) end}) end
		pcallGo(function()
			local a <close> = closing "a"
			call(function()
				local b <close> = closing "b"
				error("e", 0)
			end)
		end)
		assert(table.concat(log, " ") == "b:e a:e", table.concat(log, " "))
	`)
}

func TestGlobalsFromForeignFunctions(t *testing.T) {
	t.Parallel()
	for name, install := range map[string]func(m *machine, name string, fn lua.LGFunction){
		"plain": (*machine).plain, "guest": (*machine).guest,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t)
			install(m, "get", func(L *lua.LState) int {
				L.Push(L.GetGlobal(L.CheckString(1)))
				return 1
			})
			install(m, "put", func(L *lua.LState) int {
				L.SetGlobal(L.CheckString(1), L.Get(2))
				return 0
			})
			m.run(`
				x, y = 1, {deep = {1}}
				assert(get("x") == 1 and get("y") == y and get("none") == nil)
				put("z", "set") put("x", nil)
				assert(z == "set" and x == nil and _G.z == "set" and rawget(_G, "z") == "set")
				y.deep.more = 2
				assert(get("y").deep.more == 2)
				for i = 1, 500 do put("g" .. i, i) end
				for i = 1, 500 do assert(_G["g" .. i] == i) end
				for i = 1, 500 do _G["g" .. i] = nil end
				local n = 0
				for k in pairs(_G) do n = n + (k:find "^g%d" and 1 or 0) end
				assert(n == 0)
				function later() return "later" end
				assert(get("later")() == "later")
				assert(get("string").rep("a", 2) == "aa" and get("print") == print)
				assert(getmetatable(_G) == nil, "the metatable of _G is visible")
			`)
		})
	}
}

func TestForeignTablesAndFields(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.plain("field", func(L *lua.LState) int { // field(t, k): with metamethods
		L.Push(L.GetField(L.Get(1), L.CheckString(2)))
		L.Push(L.GetTable(L.Get(1), L.Get(2)))
		return 2
	})
	m.plain("setField", func(L *lua.LState) int {
		L.SetField(L.Get(1), L.CheckString(2), L.Get(3))
		return 0
	})
	m.plain("keys", func(L *lua.LState) int {
		n := 0
		L.CheckTable(1).ForEach(func(lua.LValue, lua.LValue) { n++ })
		L.Push(lua.LNumber(n))
		L.Push(lua.LNumber(L.ObjLen(L.Get(1))))
		return 2
	})
	m.plain("make", func(L *lua.LState) int {
		t := L.NewTable()
		t.Append(lua.LString("one"))
		t.RawSetString("name", lua.LString("made"))
		mt := L.NewTable()
		mt.RawSetString("__index", L.NewFunction(func(L *lua.LState) int {
			L.Push(lua.LString("missing " + L.CheckString(2)))
			return 1
		}))
		L.SetMetatable(t, mt)
		L.Push(t)
		return 1
	})
	m.plain("compare", func(L *lua.LState) int {
		L.Push(lua.LBool(L.Equal(L.Get(1), L.Get(2))))
		L.Push(lua.LBool(L.RawEqual(L.Get(1), L.Get(2))))
		return 2
	})
	m.run(`
		local t = setmetatable({a = 1}, {__index = function(t, k) return k .. "!" end, __newindex = function(t, k, v) rawset(t, k, v * 2) end})
		local x, y = field(t, "a") assert(x == 1 and y == 1)
		x, y = field(t, "b") assert(x == "b!" and y == "b!", tostring(x) .. tostring(y))
		setField(t, "c", 21) assert(t.c == 42, t.c)
		setField(t, "a", 5) assert(t.a == 5)
		x = make() assert(x[1] == "one" and x.name == "made" and x.other == "missing other" and #x == 1)
		x.more = {1, 2, 3}
		for i = 2, 100 do x[i] = i end
		local n, len = keys(x) assert(n == 102 and len == 100, n .. " " .. len)
		local count = 0
		for k, v in pairs(x) do count = count + 1 x[k] = nil end
		assert(count == 102 and next(x) == nil)
		local a = setmetatable({}, {__eq = function() return true end})
		local b = setmetatable({}, getmetatable(a))
		local equal, raw = compare(a, b) assert(equal and not raw)
		equal, raw = compare(a, a) assert(equal and raw)
		equal = compare("a", "a") assert(equal)
		equal = compare(1, 2) assert(not equal)
	`)
}

func TestUserDataWithMetatables(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	type counter struct{ n int }
	mt := m.L.NewTypeMetatable("counter")
	mt.RawSetString("__index", m.L.SetFuncs(m.L.NewTable(), map[string]lua.LGFunction{
		"add": func(L *lua.LState) int {
			c := L.CheckUserData(1).Value.(*counter)
			c.n += L.OptInt(2, 1)
			L.Push(L.Get(1))
			return 1
		},
		"get": func(L *lua.LState) int {
			L.Push(lua.LNumber(L.CheckUserData(1).Value.(*counter).n))
			return 1
		},
		"each": func(L *lua.LState) int {
			for i := range L.CheckUserData(1).Value.(*counter).n {
				L.Push(L.Get(2))
				L.Push(lua.LNumber(i))
				L.Call(1, 0)
			}
			return 0
		},
	}))
	for name, fn := range map[string]lua.LGFunction{
		"__tostring": func(L *lua.LState) int { L.Push(lua.LString("a counter")); return 1 },
		"__len":      func(L *lua.LState) int { L.Push(lua.LNumber(L.CheckUserData(1).Value.(*counter).n)); return 1 },
		"__eq":       func(L *lua.LState) int { L.Push(lua.LTrue); return 1 },
		"__call":     func(L *lua.LState) int { L.Push(lua.LString("called with " + L.CheckString(2))); return 1 },
		"__concat":   func(L *lua.LState) int { L.Push(lua.LString("joined")); return 1 },
	} {
		mt.RawSetString(name, m.L.NewFunction(fn))
	}
	m.plain("new", func(L *lua.LState) int {
		ud := L.NewUserData()
		ud.Value = &counter{}
		L.SetMetatable(ud, L.GetTypeMetatable("counter"))
		L.Push(ud)
		return 1
	})
	m.run(`
		local c, d = new(), new()
		assert(type(c) == "userdata" and c:add():add(4):get() == 5 and #c == 5)
		assert(tostring(c) == "a counter" and c == d and rawequal(c, d) == false and c("x") == "called with x" and c .. "x" == "joined")
		local sum = 0
		c:each(function(i) sum = sum + i end)
		assert(sum == 10)
		local ok, err = pcall(function() c:each(function() error({1}) end) end)
		assert(not ok and type(err) == "table" and err[1] == 1)
		ok, err = pcall(function() return c.get({}) end)
		assert(err:find "^test.lua:10: bad argument #1 to .* %(userdata expected, got table%)$", err)
		ok, err = pcall(function() return c:none() end)
		assert(err == "test.lua:12: attempt to call a nil value (method 'none')", err)
		local t = {[c] = "c"} assert(t[c] == "c" and t[d] == nil)
	`)
}

func TestYieldFromAForeignFunction(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.install()
	m.plain("yieldGo", func(L *lua.LState) int {
		values := make([]lua.LValue, 0, L.GetTop())
		for i := 1; i <= L.GetTop(); i++ {
			values = append(values, L.Get(i))
		}
		return L.Yield(values...)
	})
	m.run(`
		local co = coroutine.create(function(...)
			local a, b = yieldGo("first", ...)
			local c = yieldGo()
			local ok, d = pcall(yieldGo, a, b, c)
			return ok, d
		end)
		local function step(want, ...)
			local r = table.pack(coroutine.resume(co, ...))
			for i = 1, r.n do r[i] = tostring(r[i]) end
			local got = table.concat(r, " ")
			if got ~= want then error("got " .. got .. ", want " .. want, 2) end
		end
		step("true first 1 2", 1, 2)
		step("true", 3, 4)
		step("true 3 4 5", 5)
		step("true true 6", 6)
		step("false cannot resume dead coroutine")
		local ok, err = pcall(yieldGo, 1)
		assert(not ok and err == "attempt to yield from outside a coroutine", err)
		-- Across a foreign function that is active nobody can yield.
		local got = {coroutine.resume(coroutine.create(function() call(coroutine.yield, 1) end))}
		assert(got[1] == false and got[2] == "attempt to yield across a C-call boundary", tostring(got[2]))
		got = {coroutine.resume(coroutine.create(function() call(yieldGo, 1) end))}
		assert(got[1] == false and got[2] == "attempt to yield across a C-call boundary", tostring(got[2]))
		-- But a coroutine that begins and ends within may.
		assert(call(function()
			local f = coroutine.wrap(function() yieldGo(1) coroutine.yield(2) return 3 end)
			return f() + f() + f()
		end) == 6)
	`)
}

func TestThreadsOfForeignFunctionsRunOurs(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.install()
	m.plain("generate", func(L *lua.LState) int { // generate(f) -> all that a coroutine of f yields and returns
		fn := L.CheckFunction(1)
		co, _ := L.NewThread()
		var got []string
		for {
			state, err, values := L.Resume(co, fn, lua.LString("arg"))
			for _, v := range values {
				got = append(got, v.String())
			}
			if err != nil {
				got = append(got, "error", err.Error())
			}
			if state != lua.ResumeYield {
				break
			}
		}
		L.Push(lua.LString(strings.Join(got, " ")))
		return 1
	})
	for _, test := range []struct{ name, code string }{
		{"return", `local r = generate(function(a) return a, 1 end) assert(r == "arg 1", r)`},
		{"error", `local r = generate(function(a) error("boom", 0) end) assert(r:find "boom", r)`},
		{"call back", `local r = generate(function(a) return call(function(x) return x .. "!" end, a) end) assert(r == "arg!", r)`},
		{"goes on", `generate(function() error "x" end) assert(generate(function() return 1 end) == "1")`},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := &machine{m.VM, m.L, t}
			m.run(test.code)
		})
	}
}

// TestCodeOfGopherLuasCompilerRuns: L.DoString and L.LoadString compile with gopher-lua's own compiler.
func TestCodeOfGopherLuasCompilerRuns(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.install()
	m.plain("doString", func(L *lua.LState) int {
		if err := L.DoString(L.CheckString(1)); err != nil {
			L.Push(lua.LString(err.Error()))
			return 1
		}
		return 0
	})
	m.plain("loadString", func(L *lua.LState) int {
		fn, err := L.LoadString(L.CheckString(1))
		if err != nil {
			L.RaiseError("%v", err)
		}
		L.Push(fn)
		return 1
	})
	m.run(`
		function double(n) return n * 2 end
		function fail(e) error(e, 0) end
		result = nil
		local err = doString [[ result = double(21) ]]
		assert(err == nil and result == 42, err)
		err = doString [[ fail("boom") ]]
		assert(err and err:find "boom", err)
		local f = loadString [[ local a, b = ... return a .. b, double(3), function(x) return double(x) + 1 end ]]
		local s, six, g = f("x", "y")
		assert(s == "xy" and six == 6 and g(5) == 11)
		local h = loadString [[ local f = ... local n = 0 for i = 1, 10 do n = n + f(i) end return n ]]
		assert(h(function(i) return i end) == 55)
		local ok, e = pcall(h, function() error({code = 3}) end)
		assert(not ok and type(e) == "table" and e.code == 3, tostring(e))
		ok, e = pcallGo(h, function() error("e", 0) end)
		assert(not ok and e == "e", tostring(e))
		assert(loadString [[ return pcall(fail, "inner") ]]() == false)
		local t = {3, 1, 2}
		table.sort(t, loadString [[ local a, b = ... return a < b ]])
		assert(table.concat(t, ",") == "1,2,3")
		assert(("abc"):gsub("%w", loadString [[ return (...) .. "." ]]) == "a.b.c.")
		-- It sees tables of ours, with what they have.
		local k = loadString [[ local t = ... t.added = #t local s = 0 for i, v in ipairs(t) do s = s + v end return s, t.name ]]
		local u = {1, 2, 3, name = "ours"}
		local sum, name = k(u)
		assert(sum == 6 and name == "ours" and u.added == 3)
	`)
}

func TestNumbersCrossForeignFunctions(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.install()
	m.plain("pass", func(L *lua.LState) int { return L.GetTop() })
	m.plain("box", func(L *lua.LState) int {
		t := L.NewTable()
		t.RawSetString("v", L.Get(1))
		L.Push(t)
		return 1
	})
	m.plain("add", func(L *lua.LState) int {
		L.Push(L.CheckNumber(1) + L.CheckNumber(2))
		return 1
	})
	m.run(`
		local function is(v, kind, want)
			if math.type(v) ~= kind or v ~= want then error("got " .. tostring(v) .. " (" .. tostring(math.type(v)) .. ")", 2) end
		end
		is(pass(7), "integer", 7)
		is(pass(0.5), "float", 0.5)
		is(add(1, 2), "integer", 3)
		is(add(1.0, 2), "integer", 3) -- documented: an integral number of a foreign function is an integer
		is(add(1, 0.5), "float", 1.5)
		is(box(3).v, "integer", 3)
		-- In a table that it sees, a number keeps what it is.
		local t = {1.0, math.maxinteger, -0.0, x = 2^53, y = math.mininteger, z = 1e300}
		pass(t)
		is(t[1], "float", 1.0) is(t[2], "integer", math.maxinteger) is(1 / t[3], "float", -math.huge)
		is(t.x, "float", 2.0^53) is(t.y, "integer", math.mininteger) is(t.z, "float", 1e300)
		t.w = 3.0
		is(t.w, "float", 3.0)
		t[math.maxinteger] = "key" assert(t[math.maxinteger] == "key")
		-- Results of Lua functions keep it as well.
		is(call(function() return math.maxinteger end), "integer", math.maxinteger)
		is(call(function() return 1.0 end), "float", 1.0)
	`)
}

func TestForeignFunctionsAreBounded(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.install()
	m.run(`
		local function recurse(n) return call(recurse, n + 1) end
		local ok, err = pcall(recurse, 1)
		assert(not ok and tostring(err):find "stack overflow", err)
		local depth = 0
		local function down() depth = depth + 1 pcallGo(down) end
		down()
		assert(depth > 50 and depth < 1000, tostring(depth))
		local t = setmetatable({}, {__index = function(t, k) return call(function() return t[k] end) end})
		ok, err = pcall(function() return t.x end)
		assert(not ok and tostring(err):find "stack overflow", err)
		assert(call(function() return "still works" end) == "still works")
	`)
}

// TestGoCallsLuaFunctions calls functions from outside, on the root thread, as an embedder does between runs.
func TestGoCallsLuaFunctions(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.install()
	m.run(`
		function join(...) return table.concat({...}, ","), select("#", ...) end
		function fail(e) error(e) end
		function numbers() return 1, 1.5, 2^53, "x", nil end
	`)
	L := m.L
	get := func(name string) lua.LValue { return value.Export(value.GetString(m.Globals(), name)) }
	if got := call(L, get("join"), lua.LString("a"), lua.LNumber(2)); len(got) != 2 || got[0] != lua.LString("a,2") || got[1] != lua.LNumber(2) {
		t.Errorf("join: %v", got)
	}
	if got := call(L, get("numbers")); len(got) != 5 || got[1] != lua.LNumber(1.5) || got[4] != lua.LNil {
		t.Errorf("numbers: %v", got)
	}
	err := L.CallByParam(lua.P{Fn: get("fail"), Protect: true}, lua.LString("boom"))
	var failure *lua.ApiError
	if !errors.As(err, &failure) || failure.Object != lua.LString("test.lua:3: boom") || failure.Type != lua.ApiErrorRun {
		t.Errorf("fail: %v, %#v", err, failure)
	} else if !strings.Contains(failure.StackTrace, "test.lua:3") && !strings.Contains(failure.StackTrace, "stack traceback") {
		t.Errorf("traceback: %q", failure.StackTrace)
	}
	table := L.NewTable()
	err = L.CallByParam(lua.P{Fn: get("fail"), Protect: true}, table)
	if !errors.As(err, &failure) || failure.Object != lua.LValue(table) {
		t.Errorf("fail with a table: %v, %#v", err, failure)
	}
	handled := false
	err = L.CallByParam(lua.P{Fn: get("fail"), Protect: true, Handler: L.NewFunction(func(L *lua.LState) int {
		handled = true
		L.Push(lua.LString("handled " + L.Get(1).String()))
		return 1
	})}, lua.LString("boom"))
	if !handled || !errors.As(err, &failure) || failure.Object != lua.LString("handled test.lua:3: boom") {
		t.Errorf("with a handler: %v", err)
	}
	if L.GetTop() != 0 {
		t.Errorf("%d values are left", L.GetTop())
	}
	if got := call(L, get("join")); len(got) != 2 {
		t.Errorf("afterwards: %v", got)
	}
	for name, want := range map[string]string{"join": "function", "none": "nil"} {
		if got := L.GetGlobal(name); got.Type().String() != want {
			t.Errorf("GetGlobal(%q) is a %s", name, got.Type())
		}
	}
	L.SetGlobal("fromGo", lua.LString("value"))
	m.run(`assert(fromGo == "value")`)
}

func TestWhereAndStackOfForeignFunctions(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.install()
	m.plain("where", func(L *lua.LState) int {
		L.Push(lua.LString(L.Where(L.CheckInt(1))))
		return 1
	})
	m.plain("stack", func(L *lua.LState) int {
		var lines []string
		for level := 1; ; level++ {
			dbg, ok := L.GetStack(level)
			if !ok {
				break
			}
			if _, err := L.GetInfo("nSl", dbg, lua.LNil); err != nil {
				lines = append(lines, err.Error())
				break
			}
			lines = append(lines, fmt.Sprintf("%s:%d", dbg.Source, dbg.CurrentLine))
		}
		L.Push(lua.LString(strings.Join(lines, " ")))
		return 1
	})
	m.run(`local function f()
	local a, b = where(1), where(2)
	local s = stack()
	return a, b, s
end
local a, b, s = f()
assert(a == "test.lua:2:" or a == "test.lua:2: ", a)
assert(b == "test.lua:6:" or b == "test.lua:6: ", b)
assert(s:find("test.lua:3 test.lua:6", 1, true), s)
`)
}

func panicsHere(*lua.LState) int {
	var t *lua.LTable
	t.Append(lua.LTrue)
	return 0
}

// TestInternalErrorsHaveTheStackOfTheirPanic: a defect of a Go function can be found.
func TestInternalErrorsHaveTheStackOfTheirPanic(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.plain("broken", panicsHere)
	_, err := m.NewThread().Start(value.OfFunction(m.compile("local x = broken()")))
	var failure *vm.Error
	if !errors.As(err, &failure) || failure.Panic == nil {
		t.Fatalf("got %v", err)
	}
	if !strings.Contains(string(failure.Stack), "panicsHere") {
		t.Errorf("the stack is that of another place:\n%s", failure.Stack)
	}
}
