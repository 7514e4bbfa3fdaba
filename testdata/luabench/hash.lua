-- Tables with string and float keys: counting words, inserting, looking up what is there and what is not.
local N = tonumber((...) or (arg and arg[1])) or 400000

local seed = 42
local function random(limit)
	seed = (seed * 16807) % 2147483647
	return seed % limit
end

local count, distinct = {}, 0
for i = 1, N do
	local word = "word" .. random(5000)
	if count[word] then
		count[word] = count[word] + 1
	else
		count[word] = 1
		distinct = distinct + 1
	end
end
local keys = {}
for i = 1, 1000 do keys[i] = "word" .. i * 7 end
local found, missing = 0, 0
for round = 1, N / 500 do
	for i = 1, #keys do
		local n = count[keys[i]]
		if n then found = found + n else missing = missing + 1 end
	end
end
local squares = {}
for i = 1, N do squares["s" .. i] = i end
local sum = 0
for i = 1, N, 3 do sum = sum + squares["s" .. i] end
local halves = {}
for i = 1, N do halves[i + 0.5] = i end
for i = 1, N do sum = sum + halves[i + 0.5] end
print(string.format("hash %d %d %d %d", distinct, found, missing, sum))
