-- while and repeat loops: Collatz lengths, greatest common divisors.
local N = tonumber((...) or (arg and arg[1])) or 200000

local longest, at = 0, 0
for start = 1, N do
	local n, length = start, 1
	while n ~= 1 do
		if n % 2 == 0 then
			n = n / 2
		else
			n = 3 * n + 1
		end
		length = length + 1
	end
	if length > longest then
		longest = length
		at = start
	end
end

local divisors = 0
for a = 1, N / 100 do
	for b = 1, 100 do
		local x, y = a, b
		repeat
			local rest = x % y
			x = y
			y = rest
		until y == 0
		divisors = divisors + x
	end
end
print(string.format("while %d %d %d", longest, at, divisors))
