-- The spectral norm of an infinite matrix, by the power method.
local N = tonumber((...) or (arg and arg[1])) or 650

local function element(i, j)
	local sum = i + j - 1
	return 1 / (sum * (sum - 1) * 0.5 + i)
end

local function times(x, y)
	for i = 1, N do
		local sum = 0
		for j = 1, N do sum = sum + x[j] * element(i, j) end
		y[i] = sum
	end
end

local function times_transposed(x, y)
	for i = 1, N do
		local sum = 0
		for j = 1, N do sum = sum + x[j] * element(j, i) end
		y[i] = sum
	end
end

local u, v, w = {}, {}, {}
for i = 1, N do u[i] = 1 end
for round = 1, 10 do
	times(u, w)
	times_transposed(w, v)
	times(v, w)
	times_transposed(w, u)
end
local uv, vv = 0, 0
for i = 1, N do
	uv = uv + u[i] * v[i]
	vv = vv + v[i] * v[i]
end
print(string.format("spectral_norm %.6f", math.sqrt(uv / vv)))
