-- §2.5.3 Finalizers of one cycle run in the reverse order in which the objects were marked; an object whose metatable had
-- no __gc when it was set is not marked.
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

check.done()
