-- Calls: the Fibonacci numbers by double recursion.
local N = tonumber((...) or (arg and arg[1])) or 36

local function fib(n)
	if n < 2 then return n end
	return fib(n - 1) + fib(n - 2)
end

print(string.format("fib %d", fib(N)))
