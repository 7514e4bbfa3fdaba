-- §6.2 Coroutine library: what each function takes and gives. How coroutines behave is in 2.6.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local equal, list = check.equal, check.list

for _, name in ipairs {"close", "create", "isyieldable", "resume", "running", "status", "wrap", "yield"} do equal(type(coroutine[name]), "function", name) end

do
	local co = coroutine.create(function(...) return select("#", ...), ... end)
	equal(type(co), "thread")
	list({true, 2, "a", nil, n = 4}, coroutine.resume(co, "a", nil))
	equal(coroutine.create(print) == coroutine.create(print), false)
	check.error(coroutine.create, "function expected, got nil", nil)
	check.error(coroutine.create, "function expected, got string", "x")
	check.error(coroutine.wrap, "function expected, got no value")
	check.error(coroutine.resume, "thread expected, got nil", nil)
	check.error(coroutine.status, "thread expected, got number", 1)
	check.error(coroutine.close, "thread expected, got table", {})
	check.error(coroutine.isyieldable, "thread expected, got number", 5)
end

-- isyieldable.
do
	local inside, given
	local co
	co = coroutine.create(function() inside = coroutine.isyieldable() given = coroutine.isyieldable(co) end)
	equal(coroutine.isyieldable(co), true)
	coroutine.resume(co)
	equal(inside, true)
	equal(given, true)
	equal(type(coroutine.isyieldable()), "boolean")
end

-- running.
do
	local co, ismain
	local created = coroutine.create(function() co, ismain = coroutine.running() end)
	coroutine.resume(created)
	equal(co, created)
	equal(ismain, false)
	local main = coroutine.running()
	equal(type(main), "thread")
	local wrapped
	coroutine.wrap(function() wrapped = coroutine.running() end)()
	equal(type(wrapped), "thread")
	equal(wrapped == main, false)
	equal(coroutine.status(wrapped), "dead")
end

-- status in all four states.
do
	local co
	local states = {}
	co = coroutine.create(function()
		states[1] = coroutine.status(co)
		coroutine.wrap(function() states[2] = coroutine.status(co) end)()
		coroutine.yield()
	end)
	equal(coroutine.status(co), "suspended")
	coroutine.resume(co)
	equal(coroutine.status(co), "suspended")
	coroutine.resume(co)
	equal(coroutine.status(co), "dead")
	equal(states[1], "running")
	equal(states[2], "normal")
	local failed = coroutine.create(error)
	coroutine.resume(failed)
	equal(coroutine.status(failed), "dead")
end

-- wrap as an iterator; its state is its own.
do
	local function chars(s) return coroutine.wrap(function() for i = 1, #s do coroutine.yield(i, s:sub(i, i)) end end) end
	local out = {}
	for i, c in chars "abc" do out[#out + 1] = i .. c end
	equal(table.concat(out), "1a2b3c")
	local a, b = chars "xy", chars "xy"
	list({1, "x"}, a())
	list({1, "x"}, b())
	list({2, "y"}, a())
	list({}, a())
	check.error(a, "cannot resume dead coroutine")
end

-- resume of a coroutine by another than its creator; a coroutine that resumes the one after it.
do
	local order = {}
	local a, b, c
	c = coroutine.create(function() order[#order + 1] = "c" coroutine.yield("from c") order[#order + 1] = "c2" end)
	b = coroutine.create(function() order[#order + 1] = "b" local _, v = coroutine.resume(c) order[#order + 1] = v coroutine.yield("from b") end)
	a = coroutine.create(function() order[#order + 1] = "a" local _, v = coroutine.resume(b) order[#order + 1] = v coroutine.resume(c) end)
	coroutine.resume(a)
	equal(table.concat(order, " "), "a b c from c from b c2")
	list({"dead", "suspended", "dead"}, coroutine.status(a), coroutine.status(b), coroutine.status(c))
end

-- A scheduler of coroutines with messages.
do
	local queue, log = {}, {}
	local function spawn(f, ...) local co = coroutine.create(f) queue[#queue + 1] = {co, ...} end
	local function run()
		while #queue > 0 do
			local entry = table.remove(queue, 1)
			local ok, request = coroutine.resume(entry[1], table.unpack(entry, 2))
			if not ok then log[#log + 1] = "error " .. tostring(request) end
			if coroutine.status(entry[1]) ~= "dead" then queue[#queue + 1] = {entry[1], "answer to " .. tostring(request)} end
		end
	end
	spawn(function(name) for i = 1, 3 do log[#log + 1] = name .. i coroutine.yield(name .. i) end end, "a")
	spawn(function(name) log[#log + 1] = name local answer = coroutine.yield("q") log[#log + 1] = answer error("e", 0) end, "b")
	run()
	equal(table.concat(log, ","), "a1,b,a2,answer to q,error e,a3")
end

check.done()
