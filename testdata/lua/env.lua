-- silly.env. (testdata/script/env.txtar has the command line.)
local env, time = require "silly.env", require "silly.time"

-- Keys are what they are; values are anything.
eq(env.get "nothing", nil)
local object = {}
for key, v in pairs {a = 1, ["b.c"] = "x", d = false, e = object, f = print, [""] = 2.5} do
	env.set(key, v)
	eq(env.get(key), v)
end
eq(env.get "b", nil)
env.set("a", nil)
eq(env.get "a", nil)
env.set("a", 1)

local folder = os.tmpname()
os.remove(folder)
local function write(name, text)
	local path = folder .. name
	local f = assert(io.open(path, "w"))
	f:write(text)
	f:close()
	return path
end
local function load(name, text) return env.load(write(name, text)) end

-- A file's variables; tables become dotted keys; lists stay, too. What is set already wins.
env.set("server.host", "set before")
eq(load("1.lua", [[
	server = {host = "0.0.0.0", port = 8080, tls = {enabled = false}, [1.0] = "one"}
	names = {"a", {b = "c"}}
	empty = {}
	local hidden = 1
	timeout = 30 * 1000
	upper = string.upper "x" .. server.port
	fn = function() return server.port end
	a = "not taken"
	server.late = true
]]), nil)
eq(list(env.get "server.host", env.get "server.port", env.get "server.tls.enabled", env.get "server.1", env.get "server.late"), "set before 8080 false one true")
eq(list(env.get "server", env.get "server.tls", env.get "empty", env.get "hidden", env.get "include", env.get "ENV"), "nil nil nil nil nil nil")
eq(list(#env.get "names", env.get "names.1", env.get "names.2.b"), "2 a c")
eq(list(env.get "timeout", env.get "upper", env.get("fn")(), env.get "a"), "30000 X8080 8080 1")
eq(load("1.lua", "server = {port = 1, new = 2}"), nil)
eq(list(env.get "server.port", env.get "server.new"), "8080 2")
eq(rawget(_G, "server"), nil)

-- include shares the variables; ENV is the environment; a file may wait.
local inner = write("inner.lua", "inner = {base = base + 1} base = 5 require 'silly.time'.sleep(1) pid = ENV 'PATH' == os.getenv 'PATH'")
eq(load("2.lua", ("base = 1 result = include(%q) == nil seen = base none = ENV 'NO SUCH VARIABLE'"):format(inner)), nil)
eq(list(env.get "inner.base", env.get "base", env.get "seen", env.get "result", env.get "pid", env.get "none"), "2 5 5 true true nil")

-- .env files.
eq(load(".env", "PORT=80\n# comment\nexport NAME = \"two\\nlines\" # more\nQUOTED='$x \"y\"'\nEMPTY=\n"), nil)
eq(list(env.get "PORT", env.get "NAME", env.get "QUOTED", #env.get "EMPTY"), "80 two\nlines $x \"y\" 0")
eq(load(".env.local", "PORT=81\nOTHER=1"), nil)
eq(list(env.get "PORT", env.get "OTHER"), "80 1")
eq(load("3.lua", ("include(%q) from_dotenv = LAST"):format(write("prod.env", "LAST=7"))), nil)
eq(list(env.get "from_dotenv", env.get "LAST"), "7 7")

-- What fails sets nothing, and says why.
local function refused(pattern, err)
	if not tostring(err):find(pattern) then error(tostring(err), 2) end
	eq(env.get "before", nil)
end
refused("^cannot open missing.lua: no such file or directory$", env.load "missing.lua")
refused("^cannot open missing.env: no such file or directory$", env.load "missing.env")
refused("^cannot open /: it is no regular file$", env.load "/")
refused("4.lua:2: .*unexpected symbol", load("4.lua", "before = 1\nx = ="))
refused("4.lua:2: oops$", load("4.lua", "before = 1\nerror 'oops'"))
refused("object is a table value", load("4.lua", "before = 1\nerror {}"))
refused("4.lua:2: cannot open nowhere.lua: no such file", load("4.lua", "before = 1\ninclude 'nowhere.lua'"))
refused("4.lua:1: bad argument #1 to 'include' %(string expected, got nil%)", load("4.lua", "include(nil)"))
refused("%.env:2: missing =$", load(".env", "before=1\nnothing"))
refused("%.env:1: unmatched \"$", load(".env", "before=\"1"))
refused("a line is too long", load(".env", "before=" .. ("x"):rep(100000)))
refused("a key of 'server' is a boolean, not a string", load("4.lua", "before = 1 server = {[true] = 1}"))
refused("more than 100 tables in each other", load("4.lua", "before = 1 t = {} t.t = t"))
refused("more than 100000 settings", load("4.lua", "before = 1 local t = {} for _ = 1, 90 do t = {t, t, x = t} end many = t"))
local loop = folder .. "loop.lua"
refused("more than 100 files include each other", load("loop.lua", ("before = 1 include(%q)"):format(loop)))
refused("larger than 16 MiB", load("4.lua", ("-"):rep((16 << 20) + 1)))
fails("bad argument #1 to 'env.load' %(string expected, got nil%)", env.load, nil)
fails("bad argument #1 to 'env.get' %(string expected, got table%)", env.get, {})
fails("bad argument #2 to 'env.set' %(value expected%)", env.set, "x")
for _, name in ipairs {"1.lua", "2.lua", "3.lua", "4.lua", "inner.lua", "loop.lua", ".env", ".env.local", "prod.env"} do os.remove(folder .. name) end
