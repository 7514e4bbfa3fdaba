-- A suspending call works in every place where Lua calls back into Lua.
local time = require "silly.time"
local task = require "silly.task"
local channel = require "silly.sync.channel"

local function block(v) time.sleep(1) return v end

-- pcall, xpcall, nested.
eq(list(pcall(block, 1)), "true 1")
eq(list(pcall(pcall, block, 2)), "true true 2")
eq(list(pcall(function() block() error("boom", 0) end)), "false boom")
eq(list(xpcall(function(a, b) return block(a), b end, print, 3, 4)), "true 3 4")
eq(list(xpcall(function() error("x", 0) end, function(e) return block(e .. "y") end)), "false xy")

-- Iterators of a generic for.
local sum = 0
for i in (function() local n = 0 return function() n = n + 1 if n <= 5 then return block(n) end end end)() do sum = sum + i end
eq(sum, 15)

-- Metamethods.
local mt = {}
for _, op in ipairs {"add", "sub", "mul", "div", "mod", "pow", "concat", "unm", "call", "index"} do
	mt["__" .. op] = function() return block(op) end
end
mt.__eq = function() return block(true) end
mt.__lt = function() return block(true) end
mt.__le = function() return block(false) end
mt.__newindex = function(t, k, v) rawset(t, k, block(v) * 2) end
mt.__tostring = function() return block("me") end
mt.__len = function() return block(7) end
local a, b = setmetatable({}, mt), setmetatable({}, mt)
eq(list(a + b, a - b, a * b, a / b, a % b, a ^ b, a .. b, -a, a(), a.field), "add sub mul div mod pow concat unm call index")
eq(list(a == b, a < b, a <= b), "true true false")
eq(tostring(a), "me")
a.x = 21
eq(rawget(a, "x"), 42)

-- Callbacks of library functions.
local t = {5, 2, 4, 1, 3}
table.sort(t, function(x, y) return block(x < y) end)
eq(list(unpack(t)), "1 2 3 4 5")
eq((string.gsub("a b c", "%w", function(c) return block(c:upper()) end)), "A B C")

-- Modules that suspend while they load; two tasks that require one at the same time both get it.
local loads = 0
package.preload["slow"] = function(name) loads = loads + 1 block() return {name = name} end
local other
task.fork(function() other = require "slow" end)
eq(require("slow").name, "slow")
time.sleep(5)
eq(other, require "slow")
eq(loads, 1)
package.preload["broken"] = function() block() error("cannot load", 0) end
fails("cannot load", require, "broken")
package.preload["a-needs-b"] = function() block() return require "b-needs-a" end
package.preload["b-needs-a"] = function() block() return require "a-needs-b" end
fails("loop", require, "a-needs-b")
-- Two tasks that load in a circle, each one half of it.
local e1, e2
task.fork(function() e1 = select(2, pcall(require, "a-needs-b")) end)
task.fork(function() e2 = select(2, pcall(require, "b-needs-a")) end)
eventually(function() return e1 and e2 end)
assert(tostring(e1):find("loop") or tostring(e2):find("loop"), list(e1, e2))

-- The script's own coroutines.
local co = coroutine.wrap(function(x)
	local y = coroutine.yield(block(x + 1))
	eq(task.status(task.running()), "RUN")
	return block(y * 2)
end)
eq(co(1), 2)
eq(co(10), 20)
local thread = coroutine.create(function() block() coroutine.yield("in between") block() return "end" end)
eq(list(coroutine.resume(thread)), "true in between")
eq(list(coroutine.resume(thread)), "true end")
eq(coroutine.status(thread), "dead")

-- A coroutine that waits inside a native function belongs to its task: nobody else can resume it.
local parked = coroutine.create(function() time.sleep(20) return "done" end)
local result
task.fork(function() result = list(coroutine.resume(parked)) end)
time.sleep(1)
eq(coroutine.status(parked), "normal")
eq(list(coroutine.resume(parked)), "false cannot resume non-suspended coroutine")
time.sleep(40)
eq(result, "true done")

-- A channel between tasks that wait inside coroutines inside pcall inside a metamethod.
local ch, got = channel.new(), nil
task.fork(function()
	local proxy = setmetatable({}, {__index = function() return select(2, pcall(coroutine.wrap(function() return ch:pop() end))) end})
	got = proxy.value
end)
time.sleep(0)
ch:push("deep")
time.sleep(0)
eq(got, "deep")
