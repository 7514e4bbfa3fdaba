-- §6.3 Modules: require, package.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local equal, list = check.equal, check.list

equal(type(package.path), "string")
equal(type(package.cpath), "string")
equal(type(package.config), "string")
equal(package.config:sub(1, 1), "/")
equal(package.config:sub(2, 9), "\n;\n?\n!\n-")
equal(type(package.loaded), "table")
equal(type(package.preload), "table")
equal(type(package.searchers), "table")
equal(#package.searchers >= 2, true)
equal(type(package.searchpath), "function")

-- The library and this suite's checks are loaded already.
for _, name in ipairs {"coroutine", "debug", "io", "math", "os", "package", "string", "table", "utf8"} do
	equal(package.loaded[name], _G[name], name)
	equal(require(name), _G[name], name)
end
equal(package.loaded._G, _G)
equal(package.loaded.check, check)
equal(require "check", check)

-- package.preload: called with the name and ":preload:", once.
do
	local calls = 0
	package.preload["conformance.one"] = function(...)
		calls = calls + 1
		list({"conformance.one", ":preload:"}, ...)
		return {n = calls}
	end
	local m, data = require "conformance.one"
	equal(m.n, 1)
	equal(data, ":preload:")
	equal(require "conformance.one", m)
	equal(package.loaded["conformance.one"], m)
	list({m}, require "conformance.one")
	equal(calls, 1)
	-- Removed from package.loaded, it is loaded again.
	package.loaded["conformance.one"] = nil
	equal(require "conformance.one" == m, false)
	equal(calls, 2)
	-- No result: true, or what the loader put into package.loaded.
	package.preload["conformance.none"] = function() end
	equal(require "conformance.none", true)
	package.preload["conformance.put"] = function(name) package.loaded[name] = "put" end
	equal(require "conformance.put", "put")
	package.preload["conformance.both"] = function(name) package.loaded[name] = "put" return "returned" end
	equal(require "conformance.both", "returned")
	-- false is a result; it is not loaded then.
	package.preload["conformance.false"] = function() return false end
	equal(require "conformance.false", false)
	-- Any true value in package.loaded is enough.
	package.loaded["conformance.value"] = 42
	list({42}, require "conformance.value")
	-- Errors of the loader pass, and nothing is kept.
	package.preload["conformance.error"] = function() error("in the loader", 0) end
	list({false, "in the loader"}, pcall(require, "conformance.error"))
	equal(package.loaded["conformance.error"], nil)
	list({false, "in the loader"}, pcall(require, "conformance.error"))
end

-- A module that is not found: the message tells where it was looked for.
do
	local message = check.error(require, "^module 'conformance%.nosuch' not found:\n", "conformance.nosuch")
	equal(message:find("\n\tno field package.preload['conformance.nosuch']", 1, true) ~= nil, true)
	equal(message:find("\n\tno file '[^\n]*conformance/nosuch%.lua'") ~= nil, true)
	check.error(require, "bad argument #1 to 'require' %(string expected, got no value%)")
	check.error(require, "bad argument #1 to 'require' %(string expected, got table%)", {})
	-- package.path must be a string.
	local path = package.path
	package.path = nil
	check.error(require, "'package.path' must be a string", "conformance.nosuch")
	package.path = path
end

-- package.searchpath.
do
	local folder = arg[0]:match "^(.*/)" or "./"
	list({folder .. "check.lua"}, package.searchpath("check", folder .. "?.lua"))
	list({folder .. "check.lua"}, package.searchpath("check", "./nosuch/?.lua;" .. folder .. "?.lua;" .. folder .. "check.lua"))
	local found, message = package.searchpath("a.b.c", "./?.nosuch;/nosuch/?/?.lua")
	equal(found, nil)
	equal(message, "no file './a/b/c.nosuch'\n\tno file '/nosuch/a/b/c/a/b/c.lua'")
	found, message = package.searchpath("a.b", "./?.nosuch", "")
	equal(message, "no file './a.b.nosuch'")
	found, message = package.searchpath("a-b-c", "./?.nosuch", "-", "+")
	equal(message, "no file './a+b+c.nosuch'")
	found, message = package.searchpath("x", "")
	equal(found, nil)
	found, message = package.searchpath("x", "fixed.nosuch")
	equal(message, "no file 'fixed.nosuch'")
	check.error(package.searchpath, "string expected", "x")
end

-- A searcher of our own.
do
	local function searcher(name)
		if name:match "^virtual%." then
			return function(n, extra) return {name = n, extra = extra} end, "extra value"
		end
		return "\n\tno virtual module '" .. name .. "'"
	end
	table.insert(package.searchers, 2, searcher)
	local m, extra = require "virtual.module"
	equal(m.name, "virtual.module")
	equal(m.extra, "extra value")
	equal(extra, "extra value")
	check.error(require, "no virtual module 'conformance.nosuch2'", "conformance.nosuch2")
	table.remove(package.searchers, 2)
	equal(require "virtual.module", m)
	check.error(require, "module 'virtual.other' not found", "virtual.other")
end

-- Modules that require each other.
do
	package.preload["conformance.a"] = function()
		local a = {}
		package.loaded["conformance.a"] = a
		a.b = require "conformance.b"
		return a
	end
	package.preload["conformance.b"] = function() return {a = require "conformance.a"} end
	local a = require "conformance.a"
	equal(a.b.a, a)
end

-- A yield across require.
do
	package.preload["conformance.coroutine"] = function() return coroutine.wrap(function() coroutine.yield "inside" end)() end
	equal(require "conformance.coroutine", "inside")
end

check.done()
