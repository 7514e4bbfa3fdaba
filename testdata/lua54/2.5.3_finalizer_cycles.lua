-- §2.5.3 Objects that refer to each other are finalized too.
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

local done = {}
do
	local mt = {__gc = function(o) done[o.name] = o.other.name end}
	local a, b = setmetatable({name = "a"}, mt), setmetatable({name = "b"}, mt)
	a.other, b.other = b, a
end
equal(collect(function() return done.a and done.b end) and true, true)
equal(done.a, "b")
equal(done.b, "a")

check.done()
