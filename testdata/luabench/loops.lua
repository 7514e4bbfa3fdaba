-- Numeric for loops: nested, with steps, with integer and float arithmetic.
local N = tonumber((...) or (arg and arg[1])) or 9000

local sum = 0
for i = 1, N do
	for j = 1, 100 do
		for k = j, j + 60 do
			sum = sum + (i - k) * j
		end
	end
end
local float = 0
for i = N * 1000, 1, -1 do
	float = float + i * 0.5
end
for i = 0, N * 1000, 3 do
	float = float - i * 0.25
end
local mod = 0
for i = 1, N * 2000 do
	mod = (mod + i * 7) % 1000003
end
print(string.format("loops %d %.2f %d", sum, float, mod))
