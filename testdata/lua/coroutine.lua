-- The script's own coroutines: everything that would corrupt the VM is an error instead.
local task = require "silly.task"
local time = require "silly.time"

-- yield in tail position, with fewer and more values than asked for.
local co = coroutine.wrap(function(...) return coroutine.yield(...) end)
eq(list(co(1, 2, 3)), "1 2 3")
eq(list(co("a", "b")), "a b")
local co2 = coroutine.wrap(function() local a, b, c = coroutine.yield() return a, b, c end)
co2()
eq(list(co2("x")), "x nil nil")
local y = coroutine.yield
local co3 = coroutine.wrap(function() return y(y(1)) end)
eq(co3(), 1) eq(co3(2), 2) eq(co3(3), 3)

-- A yield crosses pcall, metamethods, iterators and the callbacks of the library.
local function across(f) return select(2, coroutine.resume(coroutine.create(f))) end
eq(across(function() return select(2, pcall(coroutine.yield, 1)) end), 1)
eq(across(function() return setmetatable({}, {__index = function() coroutine.yield(2) end}).x end), 2)
eq(across(function() for _ in function() coroutine.yield(3) end do end end), 3)
eq(across(function() table.sort({1, 2, 3}, function() coroutine.yield(4) end) end), 4)
eq(across(function() string.gsub("x", "x", function() coroutine.yield(5) end) end), 5)
fails("outside a coroutine", coroutine.yield, 1)

-- Status, wrong resumes.
local self
self = coroutine.create(function()
	eq(coroutine.status(self), "running")
	eq(coroutine.running(), self)
	eq(list(coroutine.resume(self)), "false cannot resume non-suspended coroutine")
	local inner = coroutine.create(function() return coroutine.status(self), coroutine.resume(self) end)
	eq(list(coroutine.resume(inner)), "true normal false cannot resume non-suspended coroutine")
	coroutine.yield()
end)
eq(coroutine.status(self), "suspended")
coroutine.resume(self)
eq(coroutine.status(self), "suspended")
eq(coroutine.close(self), true)
eq(coroutine.status(self), "dead")
eq(list(coroutine.resume(self)), "false cannot resume dead coroutine")
fails("dead coroutine", (function() local f = coroutine.wrap(function() end) f() return f end)())

-- Tasks are threads that cannot be resumed.
local me = task.running()
eq(type(me), "thread")
eq(coroutine.running(), me)
eq(coroutine.status(me), "running")
eq(list(coroutine.resume(me)), "false cannot resume non-suspended coroutine")
local t = task.fork(function() task.wait() end)
time.sleep(0)
eq(coroutine.status(t), "suspended")
eq(list(coroutine.resume(t)), "false cannot resume a task")
task.wakeup(t)
time.sleep(0)
eq(coroutine.status(t), "dead")
eq(coroutine.isyieldable(), false)
eq(coroutine.wrap(function() return coroutine.isyieldable() end)(), true)

-- task.running is the task, also inside coroutines.
coroutine.wrap(function() eq(task.running(), me) end)()

-- An error out of a wrapped coroutine leaves the caller in charge.
local bad = coroutine.wrap(function() error("inside", 0) end)
eq(list(pcall(bad)), "false inside")
eq(coroutine.running(), me)
fails("dead coroutine", bad)
eq(list(pcall(coroutine.wrap(function() local x = nil; return x.y end))):match("attempt to index"), "attempt to index")

-- Abandoned coroutines cost nothing but memory.
for i = 1, 1000 do local f = coroutine.wrap(function() coroutine.yield(i) end) eq(f(), i) end
