-- Variable arguments: select, table constructors, unpack, passing through.
local N = tonumber((...) or (arg and arg[1])) or 1500000
local unpack = unpack or table.unpack

local function sum(...)
	local total = 0
	for i = 1, select("#", ...) do total = total + (select(i, ...)) end
	return total
end

local function pack(...)
	return {...}
end

local function through(...)
	return ...
end

local function first(a, ...)
	return a, select("#", ...)
end

local total = 0
for i = 1, N do
	total = total + sum(i, 1, 2, 3)
	local t = pack(i, i, i)
	total = total + #t
	local a, b, c = through(unpack(t))
	total = total + a + b - c
	local head, rest = first(through(i, 2, 3, 4, 5))
	total = total + head + rest
end
print(string.format("varargs %d", total))
