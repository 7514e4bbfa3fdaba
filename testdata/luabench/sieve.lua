-- The sieve of Eratosthenes, with booleans in an array.
local N = tonumber((...) or (arg and arg[1])) or 11000000

local composite, count, last = {}, 0, 0
for i = 1, N do composite[i] = false end
for i = 2, N do
	if not composite[i] then
		count = count + 1
		last = i
		for multiple = i * i, N, i do composite[multiple] = true end
	end
end
print(string.format("sieve %d %d", count, last))
