-- §2.3, §6.10 The shape of tracebacks: what debug.traceback and a message handler see.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local equal = check.equal

-- lines gives the lines of a traceback from the one after the heading on, at most n.
local function lines(trace, n)
	local all = {}
	for line in trace:gmatch "[^\n]+" do all[#all + 1] = line end
	return all[1], table.concat(all, "\n", 2, math.min(n + 1, #all))
end

local source = [[
local function inner(f)
	return (f())
end
local t = {}
function t.field(f)
	local r = inner(f)
	return r
end
function t:method(f)
	local r = t.field(f)
	return r
end
function global_function(f)
	local r = t:method(f)
	return r
end
local function starts(f)
	local r = global_function(f)
	return r
end
return starts(...), 1
]]

do
	local trace = load(source, "=chunk")(debug.traceback)
	local heading, first = lines(trace, 6)
	equal(heading, "stack traceback:")
	equal(first, "\tchunk:2: in upvalue 'inner'\n" ..
		"\tchunk:6: in field 'field'\n" ..
		"\tchunk:10: in method 'method'\n" ..
		"\tchunk:14: in function 'global_function'\n" ..
		"\tchunk:18: in local 'starts'\n" ..
		"\tchunk:21: in main chunk")
	global_function = nil
end

-- With a message it is put in front, on a line of its own; levels are skipped.
do
	local function trace(...) return (debug.traceback(...)) end
	equal(trace("m"):sub(1, 19), "m\nstack traceback:\n")
	equal(trace("m"):find("in function 'debug.traceback'", 1, true), nil)
	local heading, first = lines(trace(nil, 1), 1)
	equal(heading, "stack traceback:")
	equal(first:find("in upvalue 'trace'", 1, true) or first:find("in local 'trace'", 1, true) ~= nil, true)
	equal(trace("m", 1000), "m\nstack traceback:")
	equal(trace(12, 1000), "12\nstack traceback:")
	-- A message that is neither string nor nil is returned as it is.
	local object = {}
	equal(trace(object), object)
	equal(trace(false), false)
	equal(trace(print), print)
end

-- Lines without names: functions are shown by the place of their definition; tail calls leave a mark.
do
	local trace = load("local tb = ...\nlocal function last() local t = tb() return t end\n" ..
		"local function tail() return last() end\nlocal t = tail()\nreturn t", "=chunk")(debug.traceback)
	local _, first = lines(trace, 5)
	equal(first, "\tchunk:2: in function <chunk:2>\n" ..
		"\t(...tail calls...)\n" ..
		"\tchunk:4: in main chunk" .. first:match "in main chunk(.*)$")
	trace = load("local tb, pcall = ...\nlocal _, t = pcall(function()\n local t = tb()\n return t\nend)\nreturn t", "=chunk")(debug.traceback, pcall)
	_, first = lines(trace, 3)
	equal(first, "\tchunk:3: in function <chunk:2>\n" ..
		"\t[C]: in function 'pcall'\n" ..
		"\tchunk:2: in main chunk")
end

-- Functions of the library, metamethods, iterators.
do
	local trace
	table.sort({1, 2}, function(a, b) trace = trace or debug.traceback() return a < b end)
	local _, first = lines(trace, 2)
	equal(first:find("\n\t[C]: in function 'table.sort'", 1, true) ~= nil, true)
	trace = load("local tb = ...\nlocal mt = {__add = function()\n local t = tb() return t end}\nlocal t = setmetatable({}, mt) + 1\nreturn t", "=chunk")(debug.traceback)
	_, first = lines(trace, 2)
	equal(first, "\tchunk:3: in metamethod 'add'\n\tchunk:4: in main chunk")
	trace = load("local tb = ...\nlocal t\nfor x in function() if not t then t = tb() return 1 end end do\nend\nreturn t", "=chunk")(debug.traceback)
	_, first = lines(trace, 2)
	equal(first, "\tchunk:3: in for iterator 'for iterator'\n\tchunk:3: in main chunk")
end

-- Coroutines.
do
	local co = coroutine.create(load("local yield = ...\nlocal function wait()\n\tyield(1)\nend\nwait()\nerror('broken')", "=chunk"))
	equal(debug.traceback(co), "stack traceback:")
	coroutine.resume(co, coroutine.yield)
	equal(debug.traceback(co), "stack traceback:\n\t[C]: in function 'coroutine.yield'\n" ..
		"\tchunk:3: in local 'wait'\n\tchunk:5: in main chunk")
	equal(debug.traceback(co, "m"), "m\nstack traceback:\n\t[C]: in function 'coroutine.yield'\n" ..
		"\tchunk:3: in local 'wait'\n\tchunk:5: in main chunk")
	equal(debug.traceback(co, "m", 1), "m\nstack traceback:\n\tchunk:3: in local 'wait'\n\tchunk:5: in main chunk")
	equal(debug.traceback(co, nil, 2), "stack traceback:\n\tchunk:5: in main chunk")
	equal(debug.traceback(co, nil, 100), "stack traceback:")
	-- After an error the stack of the coroutine is still there.
	check.list({false, "chunk:6: broken"}, coroutine.resume(co))
	equal(debug.traceback(co, "m"), "m\nstack traceback:\n\t[C]: in function 'error'\n\tchunk:6: in main chunk")
	co = coroutine.create(function() end)
	coroutine.resume(co)
	equal(debug.traceback(co), "stack traceback:")
end

-- A long traceback is cut in the middle.
do
	local function deep(n) if n == 0 then return (debug.traceback("m")) end local r = deep(n - 1) return r end
	local trace = deep(100)
	equal(select(2, trace:gsub("\n", "")) < 30, true)
	equal(trace:find("\n\t%.%.%.\t%(skipping %d+ levels%)\n") ~= nil, true)
end

check.done()
