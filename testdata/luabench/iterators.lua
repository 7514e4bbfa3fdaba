-- Generic for: pairs, ipairs, next, stateless and closure iterators.
local N = tonumber((...) or (arg and arg[1])) or 2000

local list, map = {}, {}
for i = 1, 2000 do
	list[i] = i
	map["key" .. i] = i
end

local function range_next(limit, i)
	if i < limit then return i + 1 end
end

local function range(n)
	return range_next, n, 0
end

local function each(t)
	local i = 0
	return function()
		i = i + 1
		return t[i]
	end
end

local sum = 0
for round = 1, N do
	for i, v in ipairs(list) do sum = sum + i * v end
	for k, v in pairs(map) do sum = sum + v end
	for k, v in pairs(list) do sum = sum - k end
	for i in range(2000) do sum = sum + i end
	for v in each(list) do sum = sum + v end
	local k, v = next(map)
	while k do
		sum = sum - v
		k, v = next(map, k)
	end
end
print(string.format("iterators %d", sum))
