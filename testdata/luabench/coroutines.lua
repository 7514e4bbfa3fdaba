-- Coroutines: generators, pipelines, passing values in both directions, many of them.
local N = tonumber((...) or (arg and arg[1])) or 1200000

local function numbers(n)
	return coroutine.wrap(function()
		for i = 1, n do coroutine.yield(i) end
	end)
end

local function filter(source, divisor)
	return coroutine.wrap(function()
		for value in source do
			if value % divisor ~= 0 then coroutine.yield(value) end
		end
	end)
end

local sum = 0
for value in numbers(N) do sum = sum + value end
for value in filter(filter(numbers(N), 2), 3) do sum = sum + value end

local echo = coroutine.create(function(a)
	while true do a = coroutine.yield(a * 2) end
end)
for i = 1, N do
	local ok, value = coroutine.resume(echo, i)
	sum = sum + value
end

for i = 1, N / 20 do
	local co = coroutine.create(function(x)
		local y = coroutine.yield(x + 1)
		return y * 2
	end)
	local ok, x = coroutine.resume(co, i)
	ok, x = coroutine.resume(co, x)
	sum = sum + x
end
print(string.format("coroutines %d", sum))
