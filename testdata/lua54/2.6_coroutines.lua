-- §2.6 Coroutines.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local equal, list = check.equal, check.list
local create, resume, yield, status, wrap = coroutine.create, coroutine.resume, coroutine.yield, coroutine.status, coroutine.wrap

-- create only creates; resume starts, with arguments; yield gives values out and takes values in; return ends it.
do
	local log = {}
	local co = create(function(a, b, ...)
		log[#log + 1] = a + b + select("#", ...)
		local c = yield(a + b)
		log[#log + 1] = c
		local d, e = yield()
		log[#log + 1] = d + e
		return "end", nil
	end)
	equal(type(co), "thread")
	equal(#log, 0)
	equal(status(co), "suspended")
	list({true, 3}, resume(co, 1, 2, nil))
	equal(status(co), "suspended")
	list({true}, resume(co, "c", "dropped"))
	list({true, "end", nil, n = 3}, resume(co, 10, 20))
	equal(status(co), "dead")
	equal(log[1], 4)
	equal(log[2], "c")
	equal(log[3], 30)
	list({false, "cannot resume dead coroutine"}, resume(co))
	list({false, "cannot resume dead coroutine"}, resume(co, 1))
	equal(status(co), "dead")
end

-- Values pass in any number, nil included.
do
	local co = wrap(function(...)
		local function again(...) return again(yield(...)) end
		return again(...)
	end)
	co = wrap(function(...)
		local values = table.pack(...)
		while true do values = table.pack(yield(table.unpack(values, 1, values.n))) end
	end)
	list({}, co())
	list({nil, n = 1}, co(nil))
	list({nil, nil, n = 2}, co(nil, nil))
	list({1, nil, 3, nil, n = 4}, co(1, nil, 3, nil))
	local many = {}
	for i = 1, 200 do many[i] = i end
	list(many, co(table.unpack(many)))
	list({1.0, -0.0, math.maxinteger}, co(1.0, -0.0, math.maxinteger))
end

-- An error ends the coroutine: resume gives false and the error object; the stack is not unwound, wrap raises it.
do
	local co = create(function() error("broken") end)
	local ok, e = resume(co)
	equal(ok, false)
	equal(e:find "2.6_coroutines.lua:%d+: broken" ~= nil, true)
	equal(status(co), "dead")
	local object = {}
	list({false, object}, resume(create(function() error(object) end)))
	list({false, nil, n = 2}, resume(create(function() error() end)))
	list({false, "late"}, (function() local c = create(function() yield() error("late", 0) end) resume(c) return resume(c) end)())
	list({false, "cannot resume dead coroutine"}, resume(co))
end

-- wrap: a function that resumes; errors are raised, a string gets position information in front.
do
	local f = wrap(function(a) local b = yield(a + 1) return b * 2, "r" end)
	equal(type(f), "function")
	list({2}, f(1))
	list({10, "r"}, f(5))
	check.message(f, "cannot resume dead coroutine")
	local g = wrap(function() error("inside", 0) end)
	check.error(g, "inside$")
	check.message(g, "cannot resume dead coroutine")
	local object = {}
	list({false, object}, pcall(wrap(function() error(object) end)))
	list({false, nil, n = 2}, pcall(wrap(function() error(nil) end)))
	check.error(function() local h = wrap(function() error("deep") end) h() end, "2.6_coroutines.lua:%d+: .*2.6_coroutines.lua:%d+: deep$")
end

-- running, status, isyieldable.
do
	local main, is_main = coroutine.running()
	equal(type(main), "thread")
	equal(type(is_main), "boolean")
	equal(status(main), "running")
	local co
	local outer_status, inner
	co = create(function()
		list({co, false}, coroutine.running())
		equal(status(co), "running")
		equal(status(main), "normal")
		equal(coroutine.isyieldable(), true)
		inner = create(function()
			outer_status = status(co)
			equal(status(inner), "running")
			list({false, "cannot resume non-suspended coroutine"}, resume(co))
			list({false, "cannot resume non-suspended coroutine"}, resume(inner))
			yield()
		end)
		resume(inner)
		equal(status(inner), "suspended")
		yield()
	end)
	equal(status(co), "suspended")
	equal(coroutine.isyieldable(co), true)
	list({true}, resume(co))
	equal(outer_status, "normal")
	equal(status(co), "suspended")
	list({true}, resume(co))
	equal(status(co), "dead")
	list({false, "cannot resume non-suspended coroutine"}, resume(main))
end

-- yield outside a coroutine, arguments of the wrong type.
do
	check.message(yield, "attempt to yield from outside a coroutine")
	check.error(create, "bad argument #1 to '.*create' %(function expected")
	check.error(create, "bad argument #1 to '.*create' %(function expected", {})
	check.error(wrap, "bad argument #1 to '.*wrap' %(function expected", 1)
	check.error(resume, "bad argument #1 to '.*resume' %(thread expected", {})
	check.error(status, "bad argument #1 to '.*status' %(thread expected", print)
	check.error(create, "function expected", setmetatable({}, {__call = print}))
end

-- yield across pcall, xpcall, error handling inside.
do
	local co = wrap(function()
		local r = {pcall(function() local x = yield("in pcall") error("e" .. x, 0) end)}
		yield(r[1], r[2])
		r = {xpcall(function(...) local x = yield(...) error(x, 0) end, function(e) return e .. " handled" end, "in xpcall")}
		yield(r[1], r[2])
		r = {pcall(function(...) return yield(...) end, 1, 2)}
		yield(table.unpack(r))
		return pcall(pcall, pcall, yield, "nested")
	end)
	list({"in pcall"}, co())
	list({false, "e5"}, co(5))
	list({"in xpcall"}, co())
	list({false, "x handled"}, co("x"))
	list({1, 2}, co())
	list({true, "a", "b"}, co("a", "b"))
	list({"nested"}, co())
	list({true, true, true, "back", nil, n = 5}, co("back", nil))
	-- An error after a yield goes to the pcall around it.
	co = wrap(function()
		local ok, e = pcall(function() yield(1) yield(2) error("three", 0) end)
		yield(ok, e)
		return "end"
	end)
	list({1}, co())
	list({2}, co())
	list({false, "three"}, co())
	list({"end"}, co())
	-- A loop of pcalls with yields.
	co = wrap(function() for i = 1, 50 do local ok, e = pcall(function() yield(i) error(i) end) yield(ok and 0 or -e) end end)
	for i = 1, 50 do
		equal(co(), i)
		equal(co(), -i)
	end
end

-- yield in metamethods.
do
	local mt = {}
	for _, event in ipairs {"add", "sub", "mul", "div", "mod", "pow", "idiv", "band", "bor", "bxor", "shl", "shr", "unm", "bnot", "concat", "len", "eq", "lt", "le", "call", "index"} do
		mt["__" .. event] = function(...) return yield(event) end
	end
	mt.__newindex = function(t, k, v) rawset(t, k, yield(v)) end
	local a, b = setmetatable({}, mt), setmetatable({}, mt)
	local function try(event, f, want)
		local co = create(f)
		list({true, event}, resume(co))
		list({true, want}, resume(co, want))
		equal(status(co), "dead")
	end
	try("add", function() local r = a + 1 return r end, 5)
	try("add", function() local r = 1 + a return r end, 5)
	try("sub", function() return (a - b) end, "x")
	try("mul", function() return (2 * a) end, false)
	try("div", function() return (a / 2) end, 1.5)
	try("mod", function() return (a % 2) end, 1)
	try("pow", function() return (a ^ 2) end, 1)
	try("idiv", function() return (a // 2) end, 1)
	try("band", function() return (a & 2) end, 1)
	try("bor", function() return (a | 2) end, 1)
	try("bxor", function() return (a ~ 2) end, 1)
	try("shl", function() return (a << 2) end, 1)
	try("shr", function() return (1 >> a) end, 1)
	try("unm", function() return (-a) end, 1)
	try("bnot", function() return (~a) end, 1)
	try("len", function() return (#a) end, 1)
	try("index", function() return (a.x) end, "v")
	try("index", function() return (a[1]) end, "v")
	try("call", function() return (a(1, 2)) end, "v")
	try("call", function() return a(1, 2) end, "v")
	try("concat", function() return (a .. "x") end, "v")
	try("concat", function() return ("x" .. a) end, "v")
	try("eq", function() return (a == b) end, true)
	try("eq", function() return (a == b) end, false)
	try("lt", function() return (a < b) end, true)
	try("lt", function() return (a > 1) end, false)
	try("le", function() return (a <= b) end, true)
	try("le", function() return (1 >= a) end, false)
	for _, want in ipairs {true, false} do
		try("lt", function() if a < b then return true else return false end end, want)
		try("le", function() while a <= 1 do return true end return false end, want)
		try("eq", function() return a == b and true or false end, want)
		try("eq", function() return not (a ~= b) end, want)
		try("lt", function() return not not (a < b) end, want)
	end
	local co = wrap(function() a.field = "out" return rawget(a, "field") end)
	equal(co(), "out")
	equal(co("in"), "in")
	-- Concatenation goes on where it was.
	co = wrap(function() return "1" .. "2" .. a .. "3" .. "4" .. b .. "5" end)
	list({"concat"}, co())
	list({"concat"}, co("<b5>"))
	list({"12<a>"}, co("<a>"))
	-- Locals survive.
	co = wrap(function()
		local x, y, z = 1, 2, 3
		local r = a + b
		local s = x + y + z + r
		local t = {x, a.q, y, a[1], z}
		return s, #t, t[2], t[4]
	end)
	co()
	co(10)
	co("q")
	list({16, 5, "q", "one"}, co("one"))
end

-- yield in iterators, in arguments, in constructors, in conditions.
do
	local co = wrap(function() for i in function(_, c) return yield(c) end, nil, 0 do yield("got " .. i) end return "end" end)
	equal(co(), 0)
	equal(co(1), "got 1")
	equal(co(), 1)
	equal(co(2), "got 2")
	equal(co(), 2)
	equal(co(nil), "end")
	co = wrap(function() return math.max(yield(1), yield(2), yield(3)), {yield(4), yield(5)}, yield(6) and yield(7) or yield(8) end)
	for i = 1, 5 do equal(co(i * 10), i) end
	equal(co("five"), 6)
	equal(co(false), 8)
	local max, t, last = co("last")
	equal(max, 40)
	equal(#t, 2)
	equal(last, "last")
	co = wrap(function() while yield("condition") do yield("body") end return "end" end)
	equal(co(), "condition")
	equal(co(true), "body")
	equal(co(), "condition")
	equal(co(nil), "end")
	co = wrap(function() for i = yield("a"), yield("b"), yield("c") do yield(i) end end)
	list({"a", "b", "c"}, co(), co(1), co(5))
	list({1, 3, 5}, co(2), co(), co())
end

-- Generators: permutations, trees, producers and filters.
do
	local function permutations(a)
		local function go(n)
			if n <= 1 then yield(a) else
				for i = 1, n do
					a[n], a[i] = a[i], a[n]
					go(n - 1)
					a[n], a[i] = a[i], a[n]
				end
			end
		end
		return wrap(function() go(#a) end)
	end
	local seen = {}
	for p in permutations {1, 2, 3} do seen[#seen + 1] = table.concat(p) end
	equal(table.concat(seen, " "), "231 321 312 132 213 123")
	local function walk(t) if t then walk(t[1]) yield(t.v) walk(t[2]) end end
	local tree = {{nil, nil, v = 1}, {{nil, nil, v = 3}, nil, v = 4}, v = 2}
	seen = {}
	for v in wrap(function() walk(tree) end) do seen[#seen + 1] = v end
	equal(table.concat(seen, " "), "1 2 3 4")
	local function from(n) return wrap(function() for i = 1, n do yield(i) end end) end
	local function filter(p, g) return wrap(function() for v in g do if p(v) then yield(v) end end end) end
	local function map(f, g) return wrap(function() for v in g do yield(f(v)) end end) end
	local sum = 0
	for v in map(function(v) return v * v end, filter(function(v) return v % 2 == 0 end, from(10))) do sum = sum + v end
	equal(sum, 220)
	-- The sieve of coroutines.
	local g = from(100)
	g() -- 1
	local primes = {}
	while true do
		local p = g()
		if not p then break end
		primes[#primes + 1] = p
		g = filter(function(v) return v % p ~= 0 end, g)
	end
	equal(#primes, 25)
	equal(primes[25], 97)
end

-- Upvalues are shared between coroutines and their creator.
do
	local shared = 0
	local a = wrap(function() for _ = 1, 3 do shared = shared + 1 yield(shared) end end)
	local b = wrap(function() for _ = 1, 3 do shared = shared * 10 yield(shared) end end)
	list({1, 10, 11, 110}, a(), b(), a(), b())
	shared = 5
	list({6, 60}, a(), b())
	local get, set
	local co = wrap(function() local own = 1 get = function() return own end set = function(v) own = v end yield(own) yield(own) own = 100 yield() end)
	equal(co(), 1)
	set(2)
	equal(co(), 2)
	equal(get(), 2)
	co()
	equal(get(), 100)
	co()
	equal(get(), 100)
	set(3)
	equal(get(), 3)
end

-- Many coroutines, deep nesting of coroutines, deep stacks in coroutines.
do
	local all, sum = {}, 0
	for i = 1, 1000 do all[i] = wrap(function(n) while true do n = n + yield(n + i) end end) all[i](0) end
	for i = 1, 1000 do sum = sum + all[i](1) end
	equal(sum, 500500 + 1000)
	local function nest(n) if n == 0 then return 0 end return 1 + wrap(nest)(n - 1) end
	equal(nest(50), 50)
	local co = wrap(function() local function deep(n) if n == 0 then yield("bottom") return 0 end return 1 + deep(n - 1) end return deep(1000) end)
	equal(co(), "bottom")
	equal(co(), 1000)
	local function tail(n) if n == 0 then return yield("tail") end return tail(n - 1) end
	co = wrap(function() return tail(100000) end)
	equal(co(), "tail")
	list({1, 2}, co(1, 2))
end

-- close: a suspended or dead coroutine; pending variables are closed; the status is dead.
do
	local co = create(function() yield() end)
	resume(co)
	list({true}, coroutine.close(co))
	equal(status(co), "dead")
	list({true}, coroutine.close(co))
	list({false, "cannot resume dead coroutine"}, resume(co))
	list({true}, coroutine.close(create(print)))
	co = create(function() error("e", 0) end)
	resume(co)
	list({false, "e"}, coroutine.close(co))
	list({true}, coroutine.close(co))
	local log = {}
	local function closing(name) return setmetatable({}, {__close = function(_, e) log[#log + 1] = name .. ":" .. tostring(e) end}) end
	co = create(function()
		local a <close> = closing "a"
		local function inner()
			local b <close> = closing "b"
			yield("inside")
			log[#log + 1] = "never"
		end
		local c <close> = closing "c"
		pcall(inner)
	end)
	list({true, "inside"}, resume(co))
	list({true}, coroutine.close(co))
	equal(table.concat(log, " "), "b:nil c:nil a:nil")
	-- An error in a closer is given, and the later ones see it.
	log = {}
	co = create(function()
		local a <close> = closing "a"
		local b <close> = setmetatable({}, {__close = function() log[#log + 1] = "b" error("in b", 0) end})
		local c <close> = closing "c"
		yield()
	end)
	resume(co)
	list({false, "in b"}, coroutine.close(co))
	equal(table.concat(log, " "), "c:nil b a:in b")
	equal(status(co), "dead")
	-- A coroutine that died by an error has its variables closed by resume's error already, or by close.
	log = {}
	co = create(function() local a <close> = closing "a" error("x", 0) end)
	list({false, "x"}, resume(co))
	coroutine.close(co)
	equal(table.concat(log, " "), "a:x")
	-- close of the running or a normal one is an error.
	check.error(function() wrap(function() return coroutine.close((coroutine.running())) end)() end, "cannot close a running coroutine")
	co = create(function() local inner = create(function() return coroutine.close(co) end) return resume(inner) end)
	list({true, false}, (function() local a, b, c = resume(co) equal(c:find "cannot close a normal coroutine" ~= nil, true) return a, b end)())
	-- wrap closes its coroutine when it fails.
	log = {}
	local f = wrap(function() local a <close> = closing "a" error("x", 0) end)
	check.error(f, "x$")
	equal(table.concat(log, " "), "a:x")
	-- A closing variable of a generic for, in a coroutine that is closed.
	log = {}
	co = create(function() for i in function(_, c) return (c or 0) + 1 end, nil, nil, closing "for" do yield(i) end end)
	list({true, 1}, resume(co))
	list({true, 2}, resume(co))
	coroutine.close(co)
	equal(log[1], "for:nil")
end

-- yield while variables are closed.
do
	local log = {}
	local function closing(name) return setmetatable({}, {__close = function(_, e) log[#log + 1] = yield(name .. ":" .. tostring(e)) end}) end
	local co = wrap(function()
		do local a <close> = closing "block" end
		for _ = 1, 1 do local b <close> = closing "break" break end
		local function f() local c <close> = closing "return" return 1, 2, 3 end
		local r = table.pack(f())
		local ok, e = pcall(function() local d <close> = closing "error" error("e", 0) end)
		for i in function(_, c) if not c then return 1 end end, nil, nil, closing "for" do log[#log + 1] = i end
		return r.n, r[3], ok, e
	end)
	equal(co(), "block:nil")
	equal(co(1), "break:nil")
	equal(co(2), "return:nil")
	equal(co(3), "error:e")
	equal(co(4), "for:nil")
	list({3, 3, false, "e"}, co(5))
	equal(table.concat(log, " "), "1 2 3 4 1 5")
end

-- Library functions as bodies; yield as the body; a wrapped function inside another.
do
	list({true, 3}, resume(create(math.max), 1, 3, 2))
	list({true, true, 1}, resume(create(pcall), function() return 1 end))
	local co = create(yield)
	list({true, 1, 2}, resume(co, 1, 2))
	list({true, 3, 4}, resume(co, 3, 4))
	equal(status(co), "dead")
	local inner = wrap(function() yield(1) yield(2) end)
	local outer = wrap(function() yield(inner()) yield(inner()) end)
	list({1, 2}, outer(), outer())
	-- resume inside pcall, pcall inside resume.
	list({true, true, 5}, pcall(resume, create(function() return 5 end)))
	list({true, false, "e"}, resume(create(function() return pcall(error, "e", 0) end)))
	-- A coroutine as a table key and in a closure.
	local c = create(print)
	equal(({[c] = 1})[c], 1)
end

check.done()
