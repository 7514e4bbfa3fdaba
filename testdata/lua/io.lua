-- The library io: files, their formats, and errors.
local name = os.tmpname()
local f = assert(io.open(name, "w"))
eq(io.type(f), "file")
eq(f:write("line one\n", 2, "\n", 3.5, " 0x10 rest\n\nlast"), f)
eq(f:close(), true)
eq(io.type(f), "closed file")
eq(io.type(42), nil)
fails("closed file", f.read, f)
f = assert(io.open(name))
eq(f:read(), "line one")
eq(list(f:read("n", "n", "*n")), "2 3.5 16")
eq(f:read("L"), " rest\n")
eq(f:read("l"), "")
eq(f:read(2), "la")
eq(f:read(0), "")
eq(f:read("a"), "st")
eq(f:read("a"), "")
eq(f:read("l"), nil)
eq(f:read(0), nil)
eq(f:seek("set", 5), 5)
eq(f:read(3), "one")
eq(f:seek(), 8)
eq(f:seek("end"), 30)
f:close()
local lines = {}
for l in io.lines(name) do lines[#lines + 1] = l end
eq(table.concat(lines, "|"), "line one|2|3.5 0x10 rest||last")
f = assert(io.open(name, "a+"))
f:write("!")
f:seek("set", 26)
eq(f:read("a"), "last!")
f:close()
eq(list(io.open("/nonexistent/x")), "nil /nonexistent/x: No such file or directory 2")
fails("invalid mode 'z'", io.open, name, "z")
fails("bad argument #1 to 'open' %(string expected, got nil%)", function() io.open(nil) end)
fails("invalid format", function() io.stdin:read("x") end)
os.remove(name)
local t = io.tmpfile()
t:write("x")
t:seek("set")
eq(t:read("a"), "x")
t:close()

-- Commands: reading waits without stopping other tasks.
local task, time = require "silly.task", require "silly.time"
local ticks = 0
task.fork(function() while not over do time.sleep(5) ticks = ticks + 1 end end)
local p = assert(io.popen("sleep 0.1; echo done; exit 3"))
eq(p:read("a"), "done\n")
assert(ticks > 0, "other tasks ran while the command did: " .. ticks)
eq(list(p:close()), "nil exit 3")
eq(list(os.execute("exit 4")), "nil exit 4")
eq(list(os.execute("true")), "true exit 0")
eq(list(os.execute("kill -9 $$")), "nil signal 9")
eq(os.execute(), true)
io.write("")
over = true

-- os: files and the environment.
local function ends(...) return list(...):match("[^/]*$") end
do
	local a = os.tmpname()
	local b = a .. ".moved"
	assert(io.open(a)):close() -- it exists
	eq(os.rename(a, b), true)
	eq(ends(os.rename(a, b)), a:match("[^/]*$") .. ": No such file or directory 2")
	eq(os.remove(b), true)
	eq(ends(os.remove(b)), b:match("[^/]*$") .. ": No such file or directory 2")
	eq(type(os.getenv("PATH")), "string")
	eq(os.getenv("NO_SUCH_VARIABLE_HERE"), nil)
	fails("bad argument #1 to 'getenv'", os.getenv)
	eq(os.execute(), true)
end
