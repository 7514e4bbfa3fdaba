-- pcall and error: calls that succeed, errors of every kind, rethrown ones.
local N = tonumber((...) or (arg and arg[1])) or 1400000

local function work(n)
	if n % 3 == 0 then error("failed") end
	if n % 7 == 0 then error({code = n}) end
	return n
end

local function nested(n)
	local ok, value = pcall(work, n)
	if not ok then error(value, 0) end
	return value
end

local good, bad, codes = 0, 0, 0
for i = 1, N do
	local ok, value = pcall(nested, i)
	if ok then
		good = good + value
	elseif type(value) == "table" then
		codes = codes + value.code
	else
		bad = bad + 1
	end
end
local runtime = 0
for i = 1, N / 10 do
	local ok, message = pcall(function() return i + nil end)
	if not ok and type(message) == "string" then runtime = runtime + 1 end
end
for i = 1, N do
	local ok, a, b = pcall(math.max, i, 5)
	good = good + a
end
print(string.format("pcall %d %d %d %d", good, bad, codes, runtime))
