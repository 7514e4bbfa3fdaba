-- The module silly.test, and the main script of a host that runs a test file: it loads the file, which registers tests, and then
-- runs those that it is asked for. Its chunk is called silly.test; its calls are left out of tracebacks.
local native = require "silly.test.native"
package.loaded["silly.test.native"] = nil
package.path = native.path .. package.path
local task, time = require "silly.task", require "silly.time"

-- Tests may change the globals.
local error, getmetatable, ipairs, loadfile, next, pairs, pcall, rawget, select, setmetatable, tostring, type, xpcall =
	error, getmetatable, ipairs, loadfile, next, pairs, pcall, rawget, select, setmetatable, tostring, type, xpcall
local insert, concat, find, format, abs = table.insert, table.concat, string.find, string.format, math.abs
local fork, wait, wakeup, running, sleep = task.fork, task.wait, task.wakeup, task.running, time.sleep

local test = {} -- the module
local T = {} -- the methods of t
T.__index = T
T.__name = "test"

-- A group is what describe makes; the outermost one has no name.
local outermost = {before = {}, after = {}, setup = {}, teardown = {}, left = 0}
local group = outermost
local cases = {} -- in the order of the file
local current -- the t of the test that runs

-- A failure is what is raised when a test fails; it is on the list of its test already.
local Failure = {}
Failure.__index = Failure
Failure.__tostring = function(f) return f.text end
Failure.__name = "failure"

-- A skip is what t:skip raises.
local Skip = setmetatable({}, {__name = "skip", __tostring = function() return "t:skip" end})

-- kind names the type of a value in a message.
local function kind(value) return value == nil and "nothing" or "a " .. type(value) end

local function expect(value, wanted, what)
	if type(value) ~= wanted then
		error(format("%s must be a %s, got %s", what, wanted, kind(value)), 3)
	end
end

-- equal says whether two values are the same, tables entry by entry.
local function equal(a, b, seen)
	if a == b or a ~= a and b ~= b then return true end
	if type(a) ~= "table" or type(b) ~= "table" then return false end
	if seen[a] and seen[a][b] then return true end
	seen[a] = seen[a] or {}
	seen[a][b] = true
	for k, v in next, a do
		local other = rawget(b, k)
		if other == nil or not equal(v, other, seen) then return false end
	end
	for k in next, b do
		if rawget(a, k) == nil then return false end
	end
	return true
end

-- step is a key in a path.
local function step(key)
	if type(key) == "string" and find(key, "^[%a_][%w_]*$") then return "." .. key end
	return "[" .. native.show(key) .. "]"
end

-- difference is where tables differ first, such as .list[3], and what is there in each of them.
local function difference(a, b, path, seen)
	if type(a) ~= "table" or type(b) ~= "table" or #path > 500 then return path, a, b end
	if seen[a] and seen[a][b] then return nil end
	seen[a] = seen[a] or {}
	seen[a][b] = true
	for k, v in next, a do
		local other = rawget(b, k)
		if not equal(v, other, {}) then
			local at, x, y = difference(v, other, path .. step(k), seen)
			if at then return at, x, y end
		end
	end
	for k, v in next, b do
		if rawget(a, k) == nil then return path .. step(k), nil, v end
	end
	return nil
end

-- fail ends a test: with why it failed, and two values to compare if there are more arguments. What checks for a test that is
-- over fails the one that runs.
local function fail(t, message, ...)
	if t and t.over then
		message = format("this t is that of %q, which has ended: %s", t.name, message)
		t = current
	end
	if not t then error(message, 3) end
	local failure = native.failure(message, ...)
	if not failure then -- what differs is too deep in the tables, or too far behind
		local got, want = ...
		local path, x, y = difference(got, want, "", {})
		if path and path ~= "" then
			failure = native.failure(message .. " at " .. path, x, y, true)
		else
			failure = native.failure(message, got, want, true)
		end
	end
	setmetatable(failure, Failure)
	insert(t.failures, failure)
	error(failure, 0)
end

local function because(message, what)
	if message == nil then return what end
	return tostring(message) .. ": " .. what
end

local function check(t, name)
	if getmetatable(t) ~= T then
		error(format("it is called as t:%s(...), with a colon", name), 3)
	end
end

function T:equal(got, want, message)
	check(self, "equal")
	if not equal(got, want, {}) then fail(self, because(message, "not equal"), got, want) end
end

function T:differ(got, other, message)
	check(self, "differ")
	if equal(got, other, {}) then fail(self, because(message, "both are " .. native.show(got))) end
end

function T:ok(value, message, ...)
	check(self, "ok")
	if not value then
		-- t:ok(f()) shows what f returned besides: the reason.
		fail(self, message ~= nil and tostring(message) or native.show(value) .. " is not true")
	end
	return value, message, ...
end

function T:near(got, want, tolerance, message)
	check(self, "near")
	expect(got, "number", "the first value")
	expect(want, "number", "the second value")
	tolerance = tolerance or 1e-9
	if not (got == want or abs(got - want) <= tolerance) then
		fail(self, because(message, format("%s is not within %s of %s", got, tolerance, want)))
	end
end

function T:match(text, pattern, message)
	check(self, "match")
	expect(pattern, "string", "the pattern")
	if type(text) ~= "string" then
		fail(self, because(message, native.show(text) .. " is not a string"))
	end
	if not find(text, pattern) then
		fail(
			self,
			because(
				message,
				format("%s does not match %s", native.show(text), native.show(pattern))
			)
		)
	end
end

-- The call of f must not be a tail call, so that tracebacks say who called it.
function T:error(f, pattern, message)
	check(self, "error")
	if type(f) ~= "function" then error("t:error needs a function, got " .. kind(f), 2) end
	local ok, err = pcall(f)
	if ok then fail(self, because(message, "no error was raised")) end
	if getmetatable(err) == Failure or err == Skip then error(err, 0) end
	if pattern ~= nil and type(pattern) ~= "string" then
		if not equal(err, pattern, {}) then
			fail(self, because(message, "another error was raised"), err, pattern)
		end
	elseif pattern and not find(native.describe(err), pattern) then
		fail(
			self,
			because(
				message,
				format(
					"the error %s does not match %s",
					native.show(native.describe(err)),
					native.show(pattern)
				)
			)
		)
	end
	return err
end

function T:fail(message)
	check(self, "fail")
	fail(self, message == nil and "t:fail" or tostring(message))
end

function T:skip(reason)
	check(self, "skip")
	if self.over then error(format("t:skip after the end of %q", self.name), 2) end
	self.skipped = reason == nil and "" or tostring(reason)
	error(Skip, 0)
end

function T:log(...)
	check(self, "log")
	local parts = {}
	for i = 1, select("#", ...) do
		local v = select(i, ...)
		parts[i] = type(v) == "string" and v or native.show(v)
	end
	native.print(concat(parts, " ") .. "\n")
end

function T:cleanup(f)
	check(self, "cleanup")
	if type(f) ~= "function" then error("t:cleanup needs a function, got " .. kind(f), 2) end
	if self.over then error(format("t:cleanup after the end of %q", self.name), 2) end
	insert(self.cleanups, f)
end

local function new(name, line)
	return setmetatable({name = name, line = line, failures = {}, cleanups = {}}, T)
end

-- attempt calls f, and notes for t what goes wrong.
local function attempt(t, f, ...)
	local ok = xpcall(f, function(err)
		if getmetatable(err) ~= Failure and err ~= Skip then
			insert(t.failures, native.caught(err))
		end
	end, ...)
	return ok
end

-- clean calls what t:cleanup was told, the last one first.
local function clean(t)
	for i = #t.cleanups, 1, -1 do
		local f = t.cleanups[i]
		t.cleanups[i] = nil
		attempt(t, f)
	end
	if #t.cleanups > 0 then return clean(t) end -- what they have registered
end

-- leave ends a part. Parts that tasks run may end in any order.
local function leave(sub)
	sub.over = true
	if current == sub then
		current = sub.outer
		return
	end
	local inner = current
	while inner and inner.outer ~= sub do inner = inner.outer end
	if inner then inner.outer = sub.outer end
end

function T:run(name, f)
	check(self, "run")
	if type(name) ~= "string" then error("t:run needs a name, got " .. kind(name), 2) end
	if type(f) ~= "function" then error("t:run needs a function, got " .. kind(f), 2) end
	if self.over then error(format("t:run after the end of %q", self.name), 2) end
	local sub = new(self.name .. "/" .. name, native.line())
	self.parts = (self.parts or 0) + 1
	sub.outer, current = current, sub
	local failures, skipped = #self.failures, self.skipped
	local number = native.enter(sub.name, sub.line)
	attempt(sub, f, sub)
	clean(sub)
	native.leave(number, sub.failures, sub.skipped, sub.parts or 0)
	leave(sub)
	if #sub.failures > 0 or sub.failed then self.failed = true end
	-- What the part did to the t around it ends that one, too.
	if #self.failures > failures then error(self.failures[#self.failures], 0) end
	if self.skipped ~= skipped then error(Skip, 0) end
	return not (sub.failed or #sub.failures > 0)
end

-- register adds a test of the file.
local function register(name, f, options)
	if current then error("a test runs already: tests within tests are t:run(name, f)", 3) end
	if type(name) ~= "string" or name == "" then
		error("a test needs a name, got " .. kind(name), 3)
	end
	if type(f) ~= "function" then
		error(format("test %q needs a function, got %s", name, kind(f)), 3)
	end
	local case = options or {}
	case.f, case.group, case.line = f, group, native.line()
	case.name = group.name and group.name .. "/" .. name or name
	insert(cases, case)
end

setmetatable(test, {__call = function(_, name, f) register(name, f) end, __name = "silly.test"})

function test.skip(name, f)
	register(name, f or function() end, {skip = ""})
end

function test.realtime(name, f)
	register(name, f, {realtime = true})
end

function test.each(name, list, f)
	if type(name) ~= "string" then error("test.each needs a name, got " .. kind(name), 2) end
	if type(list) ~= "table" then
		error("test.each needs a table of cases, got " .. kind(list), 2)
	end
	if type(f) ~= "function" then error("test.each needs a function, got " .. kind(f), 2) end
	local keys = {}
	for key in pairs(list) do insert(keys, key) end
	native.sort(keys)
	for _, key in ipairs(keys) do
		local case = list[key]
		local label = tostring(key)
		if type(case) == "table" and type(case.name) == "string" then label = case.name end
		register(name .. "/" .. label, function(t) return f(t, case) end)
	end
end

-- The style of busted: names are global in test files.
function describe(name, f)
	if current then error("a test runs already: describe stands outside of tests", 2) end
	if type(name) ~= "string" then error("describe needs a name, got " .. kind(name), 2) end
	if type(f) ~= "function" then error("describe needs a function, got " .. kind(f), 2) end
	local outer = group
	group = {
		name = outer.name and outer.name .. "/" .. name or name, outer = outer,
		before = {}, after = {}, setup = {}, teardown = {}, left = 0,
	}
	local ok, err = pcall(f)
	group = outer
	if not ok then error(err, 0) end
end

function it(name, f) register(name, f) end

function pending(name) register(name, function() end, {skip = "pending"}) end

-- asserts are what assert has besides: the names of luassert, with what is expected first.
local asserts = {}

local function compare(same, negated)
	return function(want, got, message)
		if same(want, got) == negated then
			if negated then fail(current, because(message, "both are " .. native.show(got))) end
			fail(current, because(message, "not equal"), got, want)
		end
	end
end

local function judge(what, is, negated)
	return function(value, message)
		if is(value) == negated then
			fail(
				current,
				because(message, native.show(value) .. (negated and " is " or " is not ") .. what)
			)
		end
	end
end

local function raises(negated)
	return function(f, pattern)
		local ok, err = pcall(f)
		if negated and not ok then
			fail(current, "an error was raised: " .. native.describe(err))
		end
		if negated then return end
		if ok then fail(current, "no error was raised") end
		if type(pattern) == "string" and not (native.describe(err) == pattern or find(
			native.describe(err),
			pattern
		)) then
			fail(
				current,
				format(
					"the error %s is not %s",
					native.show(native.describe(err)),
					native.show(pattern)
				)
			)
		end
	end
end

local function same(a, b) return equal(a, b, {}) end
local function identical(a, b) return a == b end
local function isTrue(v) return v == true end
local function isFalse(v) return v == false end
local function isNil(v) return v == nil end
local function isTruthy(v) return not not v end
local function isFalsy(v) return not v end

local function assertions(negated)
	return {
		equal = compare(identical, negated), equals = compare(identical, negated),
		same = compare(same, negated),
		is_true = judge("true", isTrue, negated), is_false = judge("false", isFalse, negated),
		is_nil = judge("nil", isNil, negated),
		truthy = judge("truthy", isTruthy, negated), falsy = judge("falsy", isFalsy, negated),
		is_truthy = judge("truthy", isTruthy, negated), is_falsy = judge("falsy", isFalsy, negated),
		has_error = raises(negated), error = raises(negated), errors = raises(negated),
	}
end
for name, f in pairs(assertions(false)) do asserts[name] = f end
for name, f in pairs(assertions(true)) do
	asserts["not_" .. name] = f
	asserts[(name:gsub("^is_", "is_not_"))] = asserts[(name:gsub("^is_", "is_not_"))] or f
	asserts[(name:gsub("^has_", "has_no_"))] = asserts[(name:gsub("^has_", "has_no_"))] or f
end
asserts.are, asserts.is, asserts.has = assertions(false), assertions(false), assertions(false)
asserts.are_not, asserts.is_not, asserts.has_no = assertions(true), assertions(true), assertions(true)
for _, is in ipairs {asserts.is, asserts.is_not} do
	is["true"], is["false"], is["nil"] = is.is_true, is.is_false, is.is_nil
end
assert = setmetatable(asserts, {
	__name = "assert",
	__call = function(_, ...)
		local count, value, message = select("#", ...), ...
		if value then return ... end
		if count == 0 then error("bad argument #1 to 'assert' (value expected)", 2) end
		if count == 1 then message = "assertion failed!" end
		error(message, 2)
	end,
})

local function hook(name)
	return function(f)
		if type(f) ~= "function" then error(name .. " needs a function, got " .. kind(f), 2) end
		insert(
			group[name == "before_each" and "before" or name == "after_each" and "after" or name],
			f
		)
	end
end
for _, name in ipairs {"before_each", "after_each", "setup", "teardown"} do
	local f = hook(name)
	_G[name] = f
	test[name] = f
end
test.describe, test.it, test.pending = describe, it, pending

package.loaded["silly.test"] = test

-- prepare calls setup of a group and of those around it, once.
local function prepare(t, g)
	if g.outer and not prepare(t, g.outer) then return false end
	if g.prepared == nil then
		g.prepared = true
		for _, f in ipairs(g.setup) do
			if not attempt(t, f) then g.prepared = false end
		end
	elseif not g.prepared then
		insert(t.failures, native.plain("setup has failed before"))
	end
	return g.prepared
end

local function before(g, t)
	if g.outer then before(g.outer, t) end
	for _, f in ipairs(g.before) do f(t) end
end

local function after(g, t)
	for _, f in ipairs(g.after) do attempt(t, f, t) end
	if g.outer then after(g.outer, t) end
end

-- dismantle calls teardown of the groups of which no test is left.
local function dismantle(t, g)
	while g do
		g.left = g.left - 1
		if g.left == 0 and g.prepared then
			for _, f in ipairs(g.teardown) do attempt(t, f) end
		end
		g = g.outer
	end
end

-- inTask runs f in a task of its own, so that it is no matter what that task is left in.
local function inTask(f)
	local me, over, waits = running(), false, false
	fork(function()
		f()
		over = true
		if waits then wakeup(me) end
	end)
	if not over then
		waits = true
		wait()
	end
end

-- settle waits until what a test has ended is over: tasks that end, connections that close.
local function settle()
	sleep(0)
	if native.virtual then
		sleep(1) -- which is when everybody waits
		return
	end
	for _ = 1, 500 do
		if native.leaks(true) == 0 then return end
		sleep(1)
	end
end

-- run runs a test, and reports whether the next one can run in this host.
local function run(case)
	local t = new(case.name, case.line)
	current = t
	native.begin(case.index, case.name, case.line)
	if case.skip then
		inTask(function() dismantle(t, case.group) end)
		native.finish(t.failures, case.skip, 0)
		current, t.over = nil, true
		return true
	end
	inTask(function() prepare(t, case.group) end)
	native.mark()
	if #t.failures == 0 then
		inTask(function()
			attempt(t, function()
				before(case.group, t)
				case.f(t)
			end)
			after(case.group, t)
			clean(t)
		end)
	end
	settle()
	local leaks = native.leaks()
	inTask(function() dismantle(t, case.group) end)
	native.finish(t.failures, t.skipped, t.parts or 0, leaks)
	current, t.over = nil, true
	return leaks == nil
end

local function main()
	local chunk, problem = loadfile(native.file)
	if not chunk then
		native.broken(native.plain(problem))
		return
	end
	local ok = xpcall(chunk, function(err) native.broken(native.caught(err)) end)
	if not ok then return end
	for i, case in ipairs(cases) do
		case.index = i
		native.found(i, case.name, case.line, case.realtime or false)
	end
	local order = native.order()
	for _, i in ipairs(order) do
		local g = cases[i].group
		while g do
			g.left = g.left + 1
			g = g.outer
		end
	end
	for _, i in ipairs(order) do
		if not run(cases[i]) then break end
	end
	native.stop()
end

main()
