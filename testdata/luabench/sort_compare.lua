-- table.sort with comparison functions: backwards, records by two fields.
local N = tonumber((...) or (arg and arg[1])) or 200000

local seed = 42
local function random(limit)
	seed = (seed * 16807) % 2147483647
	return seed % limit
end

local numbers = {}
for i = 1, N do numbers[i] = random(1000000) end
table.sort(numbers, function(a, b) return a > b end)

local records = {}
for i = 1, N do records[i] = {group = random(100), name = "n" .. random(1000000), id = i} end
table.sort(records, function(a, b)
	if a.group ~= b.group then return a.group < b.group end
	return a.id > b.id
end)
local check = 0
for i = 1, N do check = (check * 31 + records[i].id) % 1000000007 end
print(string.format("sort_compare %d %d %d", numbers[1], numbers[N], check))
