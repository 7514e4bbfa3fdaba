-- Closures: making them, calling them, changing what they share.
local N = tonumber((...) or (arg and arg[1])) or 5000000

local function counter(step)
	local n = 0
	return function()
		n = n + step
		return n
	end
end

local function compose(f, g)
	return function(x) return f(g(x)) end
end

local sum = 0
local one, two = counter(1), counter(2)
for i = 1, N do sum = sum + one() + two() end

local function adder(n)
	return function(x) return x + n end
end
for i = 1, N / 2 do
	local add = adder(i)
	sum = sum + add(1)
end

local chain = adder(0)
for i = 1, 10 do chain = compose(chain, adder(i)) end
for i = 1, N / 20 do sum = sum + chain(i) end

local handlers, shared = {}, 0
for i = 1, 10 do
	handlers[i] = function(x) shared = (shared + x * i) % 1000003 end
end
for i = 1, N / 10 do
	for j = 1, 10 do handlers[j](i) end
end
print(string.format("closures %d %d", sum, shared))
