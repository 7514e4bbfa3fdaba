-- Multiplication of square matrices: arrays of arrays of floats.
local N = tonumber((...) or (arg and arg[1])) or 240

local function matrix(n, seed)
	local m = {}
	for i = 1, n do
		local row = {}
		for j = 1, n do
			seed = (seed * 16807) % 2147483647
			row[j] = seed / 2147483647 - 0.5
		end
		m[i] = row
	end
	return m
end

local function transpose(m)
	local t, n = {}, #m
	for i = 1, n do
		local row = {}
		for j = 1, n do row[j] = m[j][i] end
		t[i] = row
	end
	return t
end

local function multiply(a, b)
	local n, c = #a, {}
	local bt = transpose(b)
	for i = 1, n do
		local row, ai = {}, a[i]
		for j = 1, n do
			local sum, bj = 0, bt[j]
			for k = 1, n do sum = sum + ai[k] * bj[k] end
			row[j] = sum
		end
		c[i] = row
	end
	return c
end

local a, b = matrix(N, 1), matrix(N, 2)
for round = 1, 4 do a = multiply(a, b) end
local trace, sum = 0, 0
for i = 1, N do
	trace = trace + a[i][i]
	for j = 1, N do sum = sum + a[i][j] end
end
print(string.format("matrix %.6f %.6f", trace, sum))
