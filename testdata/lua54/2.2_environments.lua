-- §2.2 Environments and the global environment.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local equal = check.equal

-- A free name x is _ENV.x.
x_global = 10
equal(_ENV.x_global, 10)
_ENV.x_global = 11
equal(x_global, 11)
equal(_ENV["x_global"], 11)
x_global = nil
equal(rawget(_ENV, "x_global"), nil)

-- The global environment is _G, in the registry of loaded packages too, and the value of _ENV of a chunk.
equal(_ENV, _G)
equal(_G._G, _G)
equal(package.loaded._G, _G)
equal(_G._VERSION, "Lua 5.4")

-- _G is only a variable: to change it changes no environment.
do
	local saved = _G
	_G = nil
	y_global = 1
	equal(y_global, 1)
	equal(saved.y_global, 1)
	_G = saved
	y_global = nil
end

-- _ENV can be a local.
do
	do
		local _ENV = {outer = "o"}
		equal(outer, "o")
		equal(print, nil)
		created = 5
		equal(_ENV.created, 5)
		function named() return outer end
		equal(_ENV.named(), "o")
	end
	equal(created, nil)
	equal(named, nil)
end

-- _ENV can be a parameter.
do
	local function read(_ENV) return value end
	equal(read {value = 3}, 3)
	equal(read {}, nil)
	local function write(_ENV, v) value = v end
	local t = {}
	write(t, "v")
	equal(t.value, "v")
	local function default(_ENV, ...) return ..., a end
	check.list({1, n = 2}, default({a = nil}, 1, 2, 3))
	check.list({1, 9}, default({a = 9}, 1, 2, 3))
end

-- _ENV can be a loop variable, an upvalue, be assigned.
do
	local got = {}
	local equal = equal
	local ipairs = ipairs
	for i, _ENV in ipairs {{n = "a"}, {n = "b"}} do got[i] = n end
	equal(got[1], "a")
	equal(got[2], "b")
	local function f()
		local _ENV = {v = 1}
		local function get() return v end
		local function set(value) v = value end
		local function swap(env) _ENV = env end
		return get, set, swap
	end
	local get, set, swap = f()
	equal(get(), 1)
	set(2)
	equal(get(), 2)
	local env = {v = "new"}
	swap(env)
	equal(get(), "new")
	set(3)
	equal(env.v, 3)
	for _ENV = 1, 1 do equal(_ENV, 1) end
end

-- Free names are resolved where the function is written, not where it is called.
do
	local function outside() return here end
	local result
	do
		local _ENV = {here = "inner"}
		result = outside()
	end
	equal(result, nil)
end

-- A constant or closing _ENV allows assignments to names.
do
	local equal = equal
	local t = {}
	local _ENV <const> = t
	z = 1
	equal(t.z, 1)
end

-- Names that are no globals: locals, upvalues, parameters win; after the block the global is visible again.
do
	name = "global"
	local name = "local"
	equal(name, "local")
	equal(_ENV.name, "global")
	do
		local name <const> = "inner"
		equal(name, "inner")
	end
	equal(name, "local")
end
equal(name, "global")
name = nil

-- The upvalue of a loaded chunk is _ENV, even when it is not used; load can give another value.
do
	local env = {}
	equal(load("x = 5; return x", "=c", "t", env)(), 5)
	equal(env.x, 5)
	equal(x, nil)
	equal(load("return _ENV", "=c", "t", env)(), env)
	equal(load("return _ENV", "=c", "t", 42)(), 42)
	equal(load("return _ENV", "=c", "t", nil)(), nil)
	equal(load("return _ENV")(), _G)
	local f = load("local a = ...; return function() b = a; return b end", "=c", "t", env)
	equal(f(7)(), 7)
	equal(env.b, 7)
	check.list({"_ENV", env}, debug.getupvalue(f, 1))
	-- A chunk that loads a chunk gives it the global environment.
	env.load = load
	equal(load("return load('return _ENV')()", "=c", "t", env)(), _G)
	-- Two loads of the same text have each their own.
	local a, b = load("v = ...", "=c", "t", {}), load("v = ... return v", "=c", "t", env)
	a(1)
	equal(b(2), 2)
	equal(env.v, 2)
end

-- An environment with metamethods.
do
	local log = {}
	local env = setmetatable({}, {
		__index = function(_, k) log[#log + 1] = "get " .. k return k end,
		__newindex = function(t, k, v) log[#log + 1] = "set " .. k rawset(t, k, v) end,
	})
	equal(load("a = b; return a, c", "=c", "t", env)(), "b")
	equal(table.concat(log, ","), "get b,set a,get c")
	-- The environment may be anything that can be indexed.
	equal(load("return len('abc')", "=c", "t", "a string")(), 3)
end

-- Errors name _ENV.
check.runtime("local _ENV = nil; x = 1", "chunk:1: attempt to index a nil value (local '_ENV')")
check.runtime("local _ENV; return x", "chunk:1: attempt to index a nil value (local '_ENV')")
check.runtime("_ENV = nil; return x", "chunk:1: attempt to index a nil value (upvalue '_ENV')")

check.done()
