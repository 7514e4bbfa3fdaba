-- Calls with three arguments through globals and an upvalue: Takeuchi's function and Ackermann's.
local N = tonumber((...) or (arg and arg[1])) or 450

function tak(x, y, z)
	if y >= x then return z end
	return tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y))
end

local function ack(m, n)
	if m == 0 then return n + 1 end
	if n == 0 then return ack(m - 1, 1) end
	return ack(m - 1, ack(m, n - 1))
end

local sum = 0
for i = 1, N do sum = sum + tak(18, 12, 6) + ack(2, 60) + i end
print(string.format("tak %d", sum))
