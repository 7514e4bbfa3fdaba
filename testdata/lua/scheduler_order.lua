-- The order in which tasks run is fixed: forks and wake-ups form one first-in-first-out queue.
local task = require "silly.task"
local time = require "silly.time"

local log = {}
local function note(s) log[#log + 1] = s end
local function take() local s = table.concat(log, " ") log = {} return s end

-- Forked tasks start in the order of the forks, after the forking task suspends.
task.fork(function() note "a" end)
task.fork(function() note "b" end)
note "main"
time.sleep(0)
eq(take(), "main a b")

-- sleep(0) lets every ready task run once; those made ready meanwhile come after the sleeper.
task.fork(function() note "a1" time.sleep(0) note "a2" end)
task.fork(function() note "b1" task.fork(function() note "c" end) end)
time.sleep(0) note "m1"
time.sleep(0) note "m2"
eq(take(), "a1 b1 m1 a2 c m2")

-- Woken tasks and forked ones share the queue.
local t1 = task.fork(function() note("t1 " .. tostring(task.wait())) end)
local t2 = task.fork(function() note("t2 " .. tostring(task.wait())) end)
time.sleep(0)
task.wakeup(t2, "x")
task.fork(function() note "f" end)
task.wakeup(t1)
time.sleep(0)
eq(take(), "t2 x f t1 nil")

-- A task runs until it blocks: nothing runs between a wake-up and the waker's next blocking call.
local t3 = task.fork(function() task.wait() note "woken" end)
time.sleep(0)
task.wakeup(t3)
note "still me"
eq(task.status(t3), "READY")
time.sleep(0)
eq(take(), "still me woken")
eq(task.status(t3), nil)

-- Timers fire in the order of their due times; equal ones in the order of their creation.
time.after(20, function() note "20" end)
time.after(10, function() note "10a" end)
time.after(10, function(ud) note(ud) end, "10b")
time.after(1, function() note "1" end)
time.sleep(60)
eq(take(), "1 10a 10b 20")

-- A timer that is due but has not run can still be cancelled: both fall due while this task computes.
local second
time.after(1, function() time.cancel(second) note "first" end)
second = time.after(1, function() note "second" end)
local t0 = time.monotonic()
while time.monotonic() - t0 < 20 do end
time.sleep(20)
eq(take(), "first")

-- Without ud the function gets the session; unknown and fired sessions are ignored by cancel.
local got
local session = time.after(1, function(s) got = s end)
time.sleep(10)
eq(got, session)
time.cancel(session)
time.cancel(987654321)

-- readycount and status.
local r = task.fork(function() end)
eq(task.readycount(), 1)
eq(task.status(r), "READY")
eq(task.status(task.running()), "RUN")
local s = task.fork(function() time.sleep(5) end)
local w = task.fork(function() task.wait() end)
time.sleep(0)
eq(task.status(s), "SLEEP")
eq(task.status(w), "WAIT")
eq(task.readycount(), 0)
local inspected = task.inspect()
eq(inspected[w].status, "WAIT")
assert(inspected[w].traceback:find("test.lua:"), inspected[w].traceback)
eq(inspected[task.running()].status, "RUN")
fails("BUG.*SLEEP", task.wakeup, s)
fails("BUG.*RUN", task.wakeup, task.running())
task.wakeup(w)
fails("BUG.*READY", task.wakeup, w)
time.sleep(20)
fails("BUG.*EXIT", task.wakeup, w)
eq(task.status(coroutine.create(print)), nil)
