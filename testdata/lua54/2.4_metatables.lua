-- §2.4 Metatables: setting and getting them, __metatable, __name, __tostring, __pairs, __len, __concat, __call.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local equal, list = check.equal, check.list

-- setmetatable gives its first argument; getmetatable the metatable, or nil.
do
	local t, mt = {}, {}
	equal(getmetatable(t), nil)
	equal(setmetatable(t, mt), t)
	equal(getmetatable(t), mt)
	equal(setmetatable(t, nil), t)
	equal(getmetatable(t), nil)
	equal(getmetatable(1), nil)
	equal(getmetatable(nil), nil)
	equal(getmetatable(print), nil)
	equal(getmetatable(true), nil)
	check.message(getmetatable, "bad argument #1 to 'getmetatable' (value expected)")
	check.message(setmetatable, "bad argument #1 to 'setmetatable' (table expected, got nil)", nil, {})
	check.message(setmetatable, "bad argument #1 to 'setmetatable' (table expected, got string)", "x", {})
	check.message(setmetatable, "bad argument #2 to 'setmetatable' (nil or table expected", {})
	check.message(setmetatable, "bad argument #2 to 'setmetatable' (nil or table expected", {}, false)
end

-- Strings share one metatable whose __index is the string library.
do
	local mt = getmetatable("")
	equal(getmetatable("other"), mt)
	equal(mt.__index, string)
	equal(("x").rep, string.rep)
	equal(("x"):rep(3), "xxx")
	equal(("%d"):format(7), "7")
	equal(#"abc", 3)
	equal(("x").nosuch, nil)
	equal(("abc")[1], nil)
	string.shout = function(s) return s:upper() .. "!" end
	equal(("hey"):shout(), "HEY!")
	string.shout = nil
	mt.__call = function(s, a) return s .. a end
	equal(("a")("b"), "ab")
	mt.__call = nil
end

-- __metatable protects: getmetatable gives it, setmetatable refuses. debug.* sees through.
do
	local mt = {__metatable = "locked"}
	local t = setmetatable({}, mt)
	equal(getmetatable(t), "locked")
	check.message(setmetatable, "cannot change a protected metatable", t, {})
	check.message(setmetatable, "cannot change a protected metatable", t, nil)
	equal(debug.getmetatable(t), mt)
	mt.__metatable = false
	equal(getmetatable(t), false)
	check.message(setmetatable, "cannot change a protected metatable", t, {})
	mt.__metatable = nil
	equal(getmetatable(t), mt)
	equal(setmetatable(t, nil), t)
end

-- Metamethods are looked up raw in the metatable.
do
	local mt = setmetatable({}, {__index = function(_, k) return function() return k end end})
	local t = setmetatable({}, mt)
	check.error(function() return t + 1 end, "arithmetic")
	equal(t.x, nil)
	equal(pcall(function() return #t + 0 end), true)
end

-- A metatable can be its own, be shared, be changed while it is in use.
do
	local t = {}
	setmetatable(t, t)
	t.__index = function(_, k) return k .. "!" end
	equal(t.a, "a!")
	t.__index = nil
	equal(t.a, nil)
	local mt = {}
	local a, b = setmetatable({}, mt), setmetatable({}, mt)
	equal(a.x, nil)
	mt.__index = {x = 1}
	equal(a.x, 1)
	equal(b.x, 1)
	mt.__index = nil
	equal(a.x, nil)
	mt.__add = function() return "added" end
	equal(a + b, "added")
	mt.__add = nil
	check.error(function() return a + b end, "arithmetic")
	for i = 1, 3 do
		mt.__call = function() return i end
		equal(a(), i)
	end
	rawset(mt, "__call", nil)
	check.error(function() a() end, "call")
end

-- Basic types have one metatable per type.
do
	debug.setmetatable(1, {__index = {double = function(n) return n * 2 end}, __call = function(n, a) return n + a end, __len = function(n) return -n end})
	equal((5):double(), 10)
	equal((2.5):double(), 5.0)
	equal((5).nosuch, nil)
	equal((5)(6), 11)
	equal(#5, -5)
	equal(getmetatable(1), getmetatable(1.5))
	debug.setmetatable(1, nil)
	check.error(function() return (5):double() end, "index a number")
	debug.setmetatable(nil, {__index = function(_, k) return k end, __add = function() return "nil+" end})
	equal((nil).x, "x")
	equal(nosuchglobal.field, "field")
	equal(nil + 1, "nil+")
	equal(1 + nil, "nil+")
	debug.setmetatable(nil, nil)
	check.error(function() return (nil).x end, "index a nil value")
	debug.setmetatable(true, {__tostring = function(b) return b and "yes" or "no" end, __concat = function(a, b) return tostring(a) .. tostring(b) end,
		__lt = function(a, b) return not a and b end})
	equal(tostring(true), "yes")
	equal(tostring(false), "no")
	equal("x" .. true, "xyes")
	equal(false < true, true)
	equal(true < false, false)
	debug.setmetatable(true, nil)
	equal(tostring(true), "true")
	debug.setmetatable(print, {__index = {name = "function"}, __add = function(f, g) return function(...) return g(f(...)) end end})
	equal(print.name, "function")
	local inc = function(x) return x + 1 end
	equal((inc + inc)(1), 3)
	debug.setmetatable(print, nil)
	local co = coroutine.create(print)
	debug.setmetatable(co, {__index = coroutine})
	equal(co:status(), "suspended")
	debug.setmetatable(co, nil)
end

-- __name is used by tostring and messages, when it is a string.
do
	local t = setmetatable({}, {__name = "My type"})
	equal(tostring(t):match "^My type: " ~= nil, true)
	equal(tostring(setmetatable({}, {__name = 1})):match "^table: " ~= nil, true)
	check.message(string.rep, "bad argument #1 to 'string.rep' (string expected, got My type)", t)
end

-- __tostring must give a string.
do
	local t = setmetatable({}, {__tostring = function(self) return self.text end})
	t.text = "me"
	equal(tostring(t), "me")
	equal(("%s|%5s"):format(t, t), "me|   me")
	t.text = {}
	check.message(tostring, "'__tostring' must return a string", t)
	t.text = nil
	check.message(tostring, "'__tostring' must return a string", t)
	getmetatable(t).__tostring = setmetatable({}, {__call = function(_, v) return "called" end})
	equal(tostring(t), "called")
end

-- __pairs gives the three values of the generic for.
do
	local t = setmetatable({}, {__pairs = function(self) return function(s, k) if not k then return 1, s end end, "state", nil, "more" end})
	list({1, "state"}, (function() for k, v in pairs(t) do return k, v end end)())
	check.results(3, pairs(t))
	getmetatable(t).__pairs = function() return 1 end
	list({1, nil, nil, n = 3}, pairs(t))
	getmetatable(t).__pairs = nil
	t.x = 1
	local f, s, c = pairs(t)
	equal(f, next)
	equal(s, t)
	equal(c, nil)
end

-- __len: for tables before the primitive length, for strings never. One result.
do
	local t = setmetatable({1, 2, 3}, {__len = function(self, ...) return 42, "extra" end})
	equal(#t, 42)
	list({42}, #t)
	equal(rawlen(t), 3)
	getmetatable(t).__len = function() return "anything" end
	equal(#t, "anything")
	getmetatable(t).__len = function() end
	equal(#t, nil)
	getmetatable(t).__len = function(a, b) return rawequal(a, b) end
	equal(#t, true, "__len gets the operand twice, like every unary operator")
	getmetatable("").__len = function() return -1 end
	equal(#"abc", 3)
	getmetatable("").__len = nil
end

-- __concat: when an operand is neither a string nor a number; the first operand's handler is preferred.
do
	local log = {}
	local function name(v) return type(v) == "table" and v.name or tostring(v) end
	local mt = {__concat = function(a, b) log[#log + 1] = name(a) .. "," .. name(b) return "(" .. name(a) .. name(b) .. ")", 2 end}
	local a, b = setmetatable({name = "a"}, mt), setmetatable({name = "b"}, mt)
	list({"(ab)"}, a .. b)
	list({"(ax)"}, a .. "x")
	list({"(xa)"}, "x" .. a)
	list({"(1a)"}, 1 .. a)
	list({"(a1.5)"}, a .. 1.5)
	list({"(nila)"}, nil .. a)
	equal("x" .. "y" .. a, "x(ya)")
	log = {}
	-- From right to left; strings are joined before.
	equal(a .. "x" .. "y", "(axy)")
	equal(table.concat(log, ";"), "a,xy")
	log = {}
	equal("w" .. a .. "x" .. b .. "z", "w(ax(bz))")
	equal(table.concat(log, ";"), "b,z;a,x(bz)")
	log = {}
	equal(a .. b .. a, "(a(ba))")
	local other = setmetatable({name = "o"}, {__concat = function() return "other" end})
	equal(other .. a, "other")
	equal(a .. other, "(ao)")
	equal({} .. other, "other")
	local object = setmetatable({}, {__concat = function(x, y) return x end})
	equal(object .. "x", object)
	equal("x" .. "y" .. object, "xy")
	getmetatable(object).__concat = function() return nil end
	equal(object .. 1, nil)
	check.error(function() return "x" .. (object .. 1) end, "concatenate a nil value")
end

-- __call: the called value comes first; chains of callable tables work; results are all kept.
do
	local t = setmetatable({}, {__call = function(self, ...) return self, select("#", ...), ... end})
	list({t, 0}, t())
	list({t, 2, 1, nil, n = 4}, t(1, nil))
	list({t, 1, "s"}, t "s")
	local packed = {t(1, 2)}
	equal(#packed, 4)
	local function tail() return t(7) end
	list({t, 1, 7}, tail())
	local u = setmetatable({}, {__call = t})
	list({t, 2, u, "x"}, u("x"))
	local v = setmetatable({}, {__call = u})
	list({t, 3, u, v, "x"}, v("x"))
	local obj = {method = t}
	list({t, 2, obj, 5}, obj:method(5))
	-- In for, in pcall.
	local n = 0
	for i in setmetatable({}, {__call = function(_, s, c) n = n + 1 if n <= 3 then return n end end}) do equal(i, n) end
	equal(n, 4)
	list({true, t, 1, 9}, pcall(t, 9))
	local co = coroutine.wrap(function(...) return t(...) end)
	list({t, 1, 4}, co(4))
	-- __call is not an index: t.x stays nil.
	equal(t.x, nil)
end

check.done()
