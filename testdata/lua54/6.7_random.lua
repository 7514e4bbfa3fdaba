-- §6.7 math.random: the numbers for a given seed. The manual names the algorithm (xoshiro256**), lua5.4 decides the rest.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local list = check.list
local max, min = math.maxinteger, math.mininteger

-- The numbers of lua5.4's generator (xoshiro256**) for a given seed.
do
	math.randomseed(42)
	local first = {math.random(0), math.random(1, 100), math.random(), math.random(min, max)}
	list({-1276290044721465627, 50, 0x1.18011035477f7p-1, 5415767650884279637}, table.unpack(first))
end

check.done()
