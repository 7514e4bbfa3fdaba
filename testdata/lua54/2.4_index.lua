-- §2.4 __index and __newindex; raw access; inheritance.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local equal, list = check.equal, check.list

-- __index as a function: table and key, for absent keys only, one result.
do
	local calls = {}
	local t = setmetatable({present = 1, no = false}, {__index = function(...)
		local self, key = check.results(2, ...)
		calls[#calls + 1] = key
		return key, "second"
	end})
	equal(t.present, 1)
	equal(t.no, false)
	equal(#calls, 0)
	list({"absent"}, t.absent)
	equal(t[1], 1)
	equal(t[1.5], 1.5)
	equal(t[2.0], 2.0, "the key is given as it is written")
	equal(t[true], true)
	equal(t[t], t)
	equal(t[nil], nil)
	equal(t[0 / 0], 0 / 0)
	local k = "computed"
	equal(t[k], "computed")
	equal(t[k .. 1], "computed1")
	equal(#calls, 9)
	equal(rawget(t, "absent"), nil)
	equal(#calls, 9)
	local n = 5
	equal(t[n], 5)
	t.absent = "now"
	equal(t.absent, "now")
	t.absent = nil
	equal(t.absent, "absent")
	getmetatable(t).__index = function() end
	list({nil, n = 1}, t.absent)
end

-- __index as a table: a regular access, not a raw one, so that it chains.
do
	local base = {a = 1}
	local middle = setmetatable({b = 2}, {__index = base})
	local t = setmetatable({c = 3}, {__index = middle})
	list({1, 2, 3, nil, n = 4}, t.a, t.b, t.c, t.d)
	base.d = 4
	equal(t.d, 4)
	base.a = nil
	equal(t.a, nil)
	getmetatable(middle).__index = function(self, k) equal(self, middle) return k .. "?" end
	equal(t.e, "e?")
	equal(t[1], "1?")
	-- Any value that can be indexed.
	local s = setmetatable({}, {__index = "a string"})
	equal(s.len, string.len)
	equal(s.nosuch, nil)
	check.error(function() return setmetatable({}, {__index = 5}).x end, "attempt to index a number value")
	check.error(function() return setmetatable({}, {__index = true}).x end, "attempt to index a boolean value")
	-- false is a handler, nil is none.
	check.error(function() return setmetatable({}, {__index = false}).x end, "attempt to index a boolean value")
	equal(setmetatable({}, {__index = nil}).x, nil)
end

-- A long chain works; a loop is an error.
do
	local t = {bottom = "here"}
	for _ = 1, 100 do t = setmetatable({}, {__index = t}) end
	equal(t.bottom, "here")
	equal(t.nothing, nil)
	local a, b = {}, {}
	setmetatable(a, {__index = b})
	setmetatable(b, {__index = a})
	check.error(function() return a.x end, "'__index' chain too long; possible loop")
	setmetatable(a, {__newindex = b})
	setmetatable(b, {__newindex = a})
	check.error(function() a.x = 1 end, "'__newindex' chain too long; possible loop")
	local own = {}
	own.__index = own
	setmetatable(own, own)
	check.error(function() return own.x end, "chain too long")
end

-- __newindex as a function: for absent keys only; the assignment itself does nothing.
do
	local log = {}
	local t = setmetatable({present = 1}, {__newindex = function(...)
		local self, key, value = check.results(3, ...)
		log[#log + 1] = tostring(key) .. "=" .. tostring(value)
		return "ignored"
	end})
	t.present = 2
	equal(#log, 0)
	equal(t.present, 2)
	t.absent = 3
	t[1] = "one"
	t[2.0] = "two"
	t.absent = nil
	equal(table.concat(log, ","), "absent=3,1=one,2.0=two,absent=nil")
	equal(next(t), "present")
	equal(t.absent, nil)
	t.present = nil
	t.present = 4
	equal(log[5], "present=4", "a key whose value became nil is absent")
	rawset(t, "absent", 5)
	equal(t.absent, 5)
	equal(#log, 5)
	t.absent = 6
	equal(t.absent, 6)
	equal(#log, 5)
	getmetatable(t).__newindex = rawset
	t.new = 7
	equal(rawget(t, "new"), 7)
	local keep = t.new
	equal(keep, 7)
	-- nil and NaN reach the handler.
	local got = {}
	local u = setmetatable({}, {__newindex = function(_, k, v) got.k, got.v = k, v end})
	u[nil] = "nil key"
	equal(got.k, nil)
	equal(got.v, "nil key")
	u[0 / 0] = "nan key"
	equal(got.k, 0 / 0)
end

-- __newindex as a table: a regular assignment there.
do
	local store = {}
	local t = setmetatable({}, {__newindex = store})
	t.a = 1
	equal(rawget(t, "a"), nil)
	equal(store.a, 1)
	local last = {}
	setmetatable(store, {__newindex = last})
	t.b = 2
	equal(store.b, nil)
	equal(last.b, 2)
	t.a = 3
	equal(store.a, 3)
	setmetatable(last, {__newindex = function(self, k, v) equal(self, last) rawset(self, k, v * 10) end})
	t.c = 4
	equal(last.c, 40)
	check.error(function() setmetatable({}, {__newindex = 5}).x = 1 end, "attempt to index a number value")
	setmetatable(last, {__newindex = last})
	check.error(function() t.zzz = 1 end, "chain too long")
end

-- Values that are no tables: the metamethod is the only access.
do
	check.error(function() return (1).x end, "attempt to index a number value")
	check.error(function() local s = "x" s.y = 1 end, "attempt to index a string value")
	debug.setmetatable(1, {__index = function(n, k) return n .. k end, __newindex = function(n, k, v) equal(n + k + v, 6) end})
	equal((1).x, "1x")
	local n = 1
	n[2] = 3
	debug.setmetatable(1, nil)
end

-- Assignments to fields in all the ways: constructor fields are raw.
do
	local mt = {__newindex = function() error("called") end}
	local t = setmetatable({a = 1, [2] = 2, 3}, mt)
	equal(t.a, 1)
	check.error(function() t.b = 1 end, "called")
	check.error(function() t[10] = 1 end, "called")
	check.error(function() t.c, t.d = 1, 2 end, "called")
	check.error(function() function t.f() end end, "called")
	check.error(function() table.insert(t, 1) end, "called")
	t.a, t[1] = 5, 6
	equal(t.a + t[1], 11)
end

-- Global variables are fields of a table.
do
	local reads, writes = {}, {}
	local env = setmetatable({}, {__index = function(_, k) reads[#reads + 1] = k end, __newindex = function(t, k, v) writes[#writes + 1] = k rawset(t, k, v) end})
	load("a = 1; b = a; c = d; a = 2; function e() end", "=c", "t", env)()
	equal(table.concat(reads, ","), "d")
	equal(table.concat(writes, ","), "a,b,c,e")
end

-- Library functions respect metamethods: table.*, ipairs, next does not.
do
	local t = setmetatable({}, {__index = function(_, i) if i <= 3 then return i * 10 end end, __len = function() return 3 end})
	local seen = {}
	for i, v in ipairs(t) do seen[i] = v end
	equal(table.concat(seen, ","), "10,20,30")
	equal(table.concat(t, ","), "10,20,30")
	list({10, 20, 30}, table.unpack(t))
	equal(next(t), nil)
	equal(rawlen(t), 0)
	local proxy = {}
	local p = setmetatable({}, {__index = proxy, __newindex = proxy, __len = function() return #proxy end})
	table.insert(p, "a")
	table.insert(p, "c")
	table.insert(p, 2, "b")
	equal(table.concat(proxy), "abc")
	equal(next(p), nil)
	equal(table.remove(p, 1), "a")
	equal(table.concat(p), "bc")
	table.sort(p, function(a, b) return a > b end)
	equal(table.concat(proxy), "cb")
	equal(table.concat(table.move(p, 1, 2, 3, {})), "")
	equal(table.concat(table.move(p, 1, 2, 1, {})), "cb")
end

-- Methods: lookup goes through __index, self is the receiver.
do
	local Animal = {} Animal.__index = Animal
	function Animal.new(name) return setmetatable({name = name}, Animal) end
	function Animal:speak() return self.name .. " speaks" end
	function Animal:twice() return self:speak() .. " " .. self:speak() end
	local Dog = setmetatable({}, {__index = Animal}) Dog.__index = Dog
	function Dog.new(name) return setmetatable(Animal.new(name), Dog) end
	function Dog:speak() return Animal.speak(self):gsub("speaks", "barks") end
	local d = Dog.new("Rex")
	equal(d:twice(), "Rex barks Rex barks")
	equal(Animal.new("Cat"):speak(), "Cat speaks")
	equal(getmetatable(d), Dog)
	function d:speak() return "own" end
	equal(d:speak(), "own")
	equal(select("#", d:speak(), d:twice()), 2)
end

-- Memoization, default values, read-only tables.
do
	local computed = 0
	local squares = setmetatable({}, {__index = function(t, n) computed = computed + 1 local v = n * n t[n] = v return v end})
	for _ = 1, 3 do for i = 1, 10 do equal(squares[i], i * i) end end
	equal(computed, 10)
	local readonly = setmetatable({}, {__index = {a = 1}, __newindex = function(_, k) error("read-only: " .. k, 2) end})
	equal(readonly.a, 1)
	check.error(function() readonly.b = 1 end, "2.4_index.lua:%d+: read%-only: b")
end

check.done()
