-- §2.5.3 Finalizers of one cycle run in the reverse order in which the objects were marked; objects of a cycle are
-- finalized too; an object whose metatable had no __gc when it was set is not marked.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local equal = check.equal

local function collect(done)
	for _ = 1, 500 do
		if done() then return true end
		collectgarbage()
	end
	return done()
end

do
	local order = {}
	local mt = {__gc = function(o) order[#order + 1] = o.i end}
	local keep = {}
	for i = 1, 5 do keep[i] = setmetatable({i = i}, mt) end
	keep = nil
	equal(collect(function() return #order == 5 end), true)
	equal(table.concat(order, ","), "5,4,3,2,1")
end

do
	local done = {}
	do
		local mt = {__gc = function(o) done[o.name] = o.other.name end}
		local a, b = setmetatable({name = "a"}, mt), setmetatable({name = "b"}, mt)
		a.other, b.other = b, a
	end
	equal(collect(function() return done.a and done.b end) and true, true)
	equal(done.a, "b")
	equal(done.b, "a")
end

do
	local calls = 0
	do
		local mt = {}
		local unmarked = setmetatable({}, mt)
		mt.__gc = function() calls = calls + 1 end
		equal(type(unmarked), "table")
	end
	for _ = 1, 10 do collectgarbage() end
	equal(calls, 0)
end

do
	-- A weak value goes before the finalizer runs, a weak key after it.
	local values, keys = setmetatable({}, {__mode = "v"}), setmetatable({}, {__mode = "k"})
	local in_values, in_keys, ran
	do
		local o = setmetatable({}, {__gc = function(o) ran = true in_values = values[1] in_keys = keys[o] end})
		values[1] = o
		keys[o] = "still there"
	end
	equal(collect(function() return ran end), true)
	equal(in_values, nil)
	equal(in_keys, "still there")
end

check.done()
