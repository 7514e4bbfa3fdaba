-- Arrays at random places: shuffling, following permutations, counting.
local N = tonumber((...) or (arg and arg[1])) or 900000

local seed = 42
local function random(limit)
	seed = (seed * 16807) % 2147483647
	return seed % limit + 1
end

local t, count = {}, {}
for i = 1, N do
	t[i] = i
	count[i] = 0
end
for i = N, 2, -1 do
	local j = random(i)
	local swap = t[i]
	t[i] = t[j]
	t[j] = swap
end
local at, sum = 1, 0
for i = 1, N * 4 do
	at = t[at]
	sum = (sum + at) % 1000000007
	if at == 1 then at = random(N) end
end
for i = 1, N * 2 do
	local place = random(N)
	count[place] = count[place] + 1
end
local most = 0
for i = 1, N do
	if count[i] > most then most = count[i] end
end
print(string.format("array_random %d %d %d", at, sum, most))
