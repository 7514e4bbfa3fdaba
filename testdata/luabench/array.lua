-- Arrays in sequence: filling, summing, reversing, prefix sums, appending with #.
local N = tonumber((...) or (arg and arg[1])) or 8000000

local t = {}
for i = 1, N do t[i] = i end
local sum = 0
for round = 1, 5 do
	for i = 1, #t do sum = sum + t[i] end
end
local i, j = 1, N
while i < j do
	local swap = t[i]
	t[i] = t[j]
	t[j] = swap
	i = i + 1
	j = j - 1
end
for k = 2, N do t[k] = (t[k] + t[k - 1]) % 1000007 end
local appended = {}
for k = 1, N do appended[#appended + 1] = t[k] * 2 end
local last = 0
for k = N, 1, -1 do last = (last * 3 + appended[k]) % 1000003 end
print(string.format("array %d %d %d", sum, t[N], last))
