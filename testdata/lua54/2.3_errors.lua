-- §2.3 Error handling.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local equal, list = check.equal, check.list

-- pcall calls in protected mode: true and all results, or false and the error object.
list({true}, pcall(function() end))
list({true, 1, nil, 3, n = 4}, pcall(function() return 1, nil, 3 end))
list({true, 1, nil, n = 3}, pcall(function(...) return ... end, 1, nil))
list({false, "e"}, pcall(error, "e", 0))
list({false, "e"}, pcall(function() error("e", 0) end))
list({false, nil, n = 2}, pcall(error))
list({false, nil, n = 2}, pcall(error, nil))
list({false, nil, n = 2}, pcall(function() error() end))
list({true, false, "e"}, pcall(pcall, error, "e", 0))
list({true, true, true, 5}, pcall(pcall, pcall, function() return 5 end))

-- An error object is any value, and it is the same object that comes out.
for _, value in ipairs {1, 1.5, true, false, {}, print, coroutine.create(print), -0.0, math.maxinteger} do
	list({false, value}, pcall(error, value))
	list({false, value}, pcall(function() error(value) end))
	list({false, value}, pcall(function() error(value, 2) end))
	list({false, value}, xpcall(error, function(e) return e end, value))
end

-- error adds the position to a string: level 1 where error was called, 2 where the function that called error was
-- called, 0 none.
do
	local function at(level) error("m", level) end
	local f = load("local at, level = ...\nlocal function g()\n\tat(level)\n\treturn 1\nend\ng()\nreturn 1\n", "=chunk")
	list({false, "m"}, pcall(f, at, 0))
	list({false, "chunk:3: m"}, pcall(f, at, 2))
	list({false, "chunk:6: m"}, pcall(f, at, 3))
	local one = load("\n\nerror('m')", "=chunk")
	list({false, "chunk:3: m"}, pcall(one))
	list({false, "chunk:3: m"}, pcall(load("\n\nerror('m', 1)", "=chunk")))
	list({false, "m"}, pcall(load("\n\nerror('m', 0)", "=chunk")))
	-- Called directly by pcall, level 1 is pcall itself: no position.
	list({false, "m"}, pcall(error, "m"))
	list({false, "m"}, pcall(error, "m", 1))
	-- A number is an error message as well but gets no position.
	list({false, 12}, pcall(function() error(12) end))
end

-- The position of a call over several lines, of operators, of fields.
check.runtime("local t\n\n\nreturn t.x", "chunk:4: attempt to index a nil value (local 't')")
check.runtime("local a = 1\nlocal b = {}\nreturn a\n+\nb", "chunk:4: attempt to perform arithmetic on a table value (local 'b')")
check.runtime("local f\nlocal x = 1 + 1\nf(\n1,\n2\n)", "chunk:3: attempt to call a nil value (local 'f')")
check.runtime("\n\nlocal function f()\n\nerror 'here'\nend\nf()", "chunk:5: here")
check.runtime("for i = 1, 3 do\n  if i == 3 then\n    error('at ' .. i)\n  end\nend", "chunk:3: at 3")

-- After a caught error the program goes on, with its locals and upvalues intact.
do
	local n, get, set = 0, nil, nil
	local function share()
		local value = 1
		get = function() return value end
		set = function(v) value = v end
		pcall(error, "x")
		set(2)
		equal(value, 2)
		equal(get(), 2)
		value = 3
		equal(get(), 3)
		local ok = pcall(function() value = 4; error("x") end)
		equal(ok, false)
		equal(value, 4)
		equal(get(), 4)
		value = 5
		equal(get(), 5)
	end
	share()
	equal(get(), 5)
	for i = 1, 100 do
		local ok, e = pcall(function() n = n + 1; if i % 2 == 0 then error(i) end return -i end)
		equal(ok, i % 2 == 1)
		equal(e, i % 2 == 1 and -i or i)
	end
	equal(n, 100)
	-- Upvalues of the frames that the error left are closed with their last values.
	local kept
	pcall(function()
		local a = 1
		kept = function() a = a + 1 return a end
		a = 10
		error("x")
	end)
	equal(kept(), 11)
	equal(kept(), 12)
end

-- xpcall: the handler gets the original error object, is called where the error was raised, and its result is given.
do
	list({false, "<e>"}, xpcall(error, function(e) return "<" .. e .. ">" end, "e", 0))
	list({true, 1, 2}, xpcall(function(...) return ... end, print, 1, 2))
	list({false, 1}, xpcall(error, function() return 1, 2, 3 end, "e"))
	list({false, nil, n = 2}, xpcall(error, function() end, "e"))
	local object = {}
	list({false, true}, xpcall(error, function(e) return e == object end, object))
	local function raise() error("deep") end
	local _, trace = xpcall(function() raise() end, debug.traceback)
	equal(trace:find("deep\nstack traceback:\n", 1, true) ~= nil, true)
	equal(trace:find("raise", 1, true) ~= nil, true, "the handler sees the stack of the error")
	-- Errors of the machine reach the handler too.
	local _, message = xpcall(function() local t; return t.x end, function(e) return "got " .. e end)
	equal(message:find("^got .*attempt to index a nil value %(local 't'%)") ~= nil, true)
	-- A handler of the outer xpcall does not see errors of the inner.
	local seen = {}
	xpcall(function()
		pcall(error, "inner")
		xpcall(error, function(e) seen[#seen + 1] = "in " .. e end, "second", 0)
		error("outer", 0)
	end, function(e) seen[#seen + 1] = "out " .. e end)
	equal(table.concat(seen, ","), "in second,out outer")
	-- The handler may call pcall, and may raise: then the status is an error still.
	list({false, "ok false"}, xpcall(error, function() return "ok " .. tostring(pcall(error, "x")) end, "e"))
	local ok = xpcall(error, function(e) error("again", 0) end, "e")
	equal(ok, false)
	-- The handler must be a function.
	check.message(xpcall, "bad argument #2 to 'xpcall' (function expected, got nil)", print, nil)
	check.message(xpcall, "bad argument #2 to 'xpcall' (function expected, got no value)", print)
	check.message(function() pcall() end, "bad argument #1 to 'pcall' (value expected)")
end

-- What is called in protected mode may be no function.
do
	local ok, e = pcall(nil)
	equal(ok, false)
	equal(e, "attempt to call a nil value")
	ok, e = pcall({})
	equal(e, "attempt to call a table value")
	list({true, 1, 2}, pcall(setmetatable({}, {__call = function(_, ...) return ... end}), 1, 2))
	ok, e = xpcall(nil, function(m) return "h " .. m end)
	equal(e, "h attempt to call a nil value")
end

-- Errors pass through Lua and library functions alike.
do
	list({false, "e"}, pcall(table.sort, {3, 2, 1}, function() error("e", 0) end))
	list({false, "e"}, pcall(string.gsub, "abc", "%w", function() error("e", 0) end))
	list({false, "e"}, pcall(function() for _ in function() error("e", 0) end do end end))
	list({false, "e"}, pcall(function() return setmetatable({}, {__index = function() error("e", 0) end}).x end))
	list({false, "e"}, pcall(function() return #setmetatable({}, {__len = function() error("e", 0) end}) end))
	list({false, "e"}, pcall(tostring, setmetatable({}, {__tostring = function() error("e", 0) end})))
	list({false, "e"}, pcall(pairs(setmetatable({}, {__pairs = function() return function() error("e", 0) end end}))))
end

-- An error object with __tostring stays an object.
do
	local object = setmetatable({code = 7}, {__tostring = function(o) return "code " .. o.code end})
	local ok, e = pcall(error, object)
	equal(ok, false)
	equal(e, object)
	equal(e.code, 7)
	equal(tostring(e), "code 7")
end

-- Rethrowing keeps the object and the position.
do
	local ok, e = pcall(function()
		local _, first = pcall(load("\nerror('first')", "=chunk"))
		error(first, 0)
	end)
	equal(ok, false)
	equal(e, "chunk:2: first")
end

-- Stack overflow is an error that can be caught, and the program goes on.
do
	local function deep() return 1 + deep() end
	local message = check.error(deep, "stack overflow")
	equal(type(message), "string")
	check.error(deep, "stack overflow")
	local depth = 0
	local function count() depth = depth + 1 count() end
	check.error(count, "stack overflow")
	equal(depth > 5000, true)
	local t = setmetatable({}, {})
	getmetatable(t).__index = function(_, k) return t[k] end
	check.error(function() return t.x end, "overflow")
	local function sorted() table.sort({1, 2, 3}, function() sorted() end) end
	check.error(sorted, "overflow")
	local function substituted() return (string.gsub("a", "a", substituted)) end
	check.error(substituted, "overflow")
	local function closed() local x <close> = setmetatable({}, {__close = function() end}) closed() end
	check.error(closed, "overflow")
	equal(select("#", pcall(closed)), 2)
	local co = coroutine.create(deep)
	local ok, e = coroutine.resume(co)
	equal(ok, false)
	equal(e:find("stack overflow", 1, true) ~= nil, true)
end

-- A message handler has room beyond the limit, each time, and may overflow as well.
do
	local function deep() return 1 + deep() end
	local function wide(...) return 1 + wide(1, 2, 3, 4, 5, 6, 7, 8, ...) end
	for _, f in ipairs {deep, wide} do
		local function handled(h) return xpcall(f, h) end
		for _ = 1, 2 do
			local ok, e = handled(function(m) return (m:gsub(".*", "short")) end)
			equal(ok, false)
			equal(e, "short")
			equal(select(2, handled(deep)), "error in error handling")
			equal(select(2, handled(wide)), "error in error handling")
			equal(select(2, handled(function() error("again") end)), "error in error handling")
			equal(select(2, handled(function(m) return select(2, xpcall(error, tostring, "inner")) end)), "inner")
		end
	end
end

-- pcall nests.
do
	local function nest(n) if n == 0 then error("bottom", 0) end
		local ok, e = pcall(nest, n - 1)
		error(e .. n, 0)
	end
	local _, e = pcall(nest, 5)
	equal(e, "bottom12345")
	local function through(n) if n == 0 then return "end" end return select(2, pcall(through, n - 1)) end
	equal(through(100), "end")
end

-- assert and error return nothing: assert gives its arguments, or raises its message, whatever it is.
do
	list({1, nil, 2, n = 3}, assert(1, nil, 2))
	list({false, "assertion failed!"}, pcall(assert, false))
	list({false, "assertion failed!"}, pcall(assert, nil))
	list({false, "m"}, pcall(assert, nil, "m"))
	local object = {}
	list({false, object}, pcall(assert, false, object, 1))
	list({false, nil, n = 2}, pcall(assert, false, nil))
	check.message(assert, "bad argument #1 to 'assert' (value expected)")
end

check.done()
