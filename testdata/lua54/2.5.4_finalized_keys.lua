-- §2.5.4 An object with a finalizer leaves weak values before the finalizer runs, and weak keys after it.
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

check.done()
