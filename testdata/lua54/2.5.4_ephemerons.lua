-- §2.5.4 Ephemeron tables: a value that refers to its own key does not keep the entry.
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

local function size(t)
	local n = 0
	for _ in pairs(t) do n = n + 1 end
	return n
end

do
	local weak = setmetatable({}, {__mode = "k"})
	for _ = 1, 10 do
		local key = {}
		weak[key] = {key}
	end
	equal(collect(function() return size(weak) == 0 end), true, "values that refer to their keys")
end

do
	local weak = setmetatable({}, {__mode = "k"})
	do
		local first = {}
		local key = first
		for _ = 1, 10 do
			local next_key = {}
			weak[key] = next_key
			key = next_key
		end
		equal(size(weak), 10)
		for _ = 1, 5 do collectgarbage() end
		equal(size(weak), 10, "a chain that is reachable through its first key stays")
		equal(type(weak[weak[first]]), "table")
	end
	equal(collect(function() return size(weak) == 0 end), true, "a chain whose first key is gone")
end

do
	local cache = setmetatable({}, {__mode = "k"})
	local function private(object) cache[object] = {owner = object, n = 1} return cache[object] end
	local object = {}
	private(object).n = 5
	for _ = 1, 5 do collectgarbage() end
	equal(cache[object].n, 5)
	object = nil
	equal(collect(function() return size(cache) == 0 end), true)
end

check.done()
