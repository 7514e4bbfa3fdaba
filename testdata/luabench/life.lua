-- The game of life on a torus: nested arrays, many reads per write.
local N = tonumber((...) or (arg and arg[1])) or 3000

local SIZE = 64
local seed = 42
local function grid()
	local g = {}
	for y = 1, SIZE do
		g[y] = {}
		for x = 1, SIZE do g[y][x] = 0 end
	end
	return g
end

local now, later = grid(), grid()
for y = 1, SIZE do
	for x = 1, SIZE do
		seed = (seed * 16807) % 2147483647
		if seed % 3 == 0 then now[y][x] = 1 end
	end
end
for generation = 1, N do
	for y = 1, SIZE do
		local above, row, below = now[(y - 2) % SIZE + 1], now[y], now[y % SIZE + 1]
		local out = later[y]
		for x = 1, SIZE do
			local left, right = (x - 2) % SIZE + 1, x % SIZE + 1
			local alive = above[left] + above[x] + above[right] + row[left] + row[right] + below[left] + below[x] + below[right]
			if alive == 3 or (alive == 2 and row[x] == 1) then out[x] = 1 else out[x] = 0 end
		end
	end
	local swap = now
	now = later
	later = swap
end
local population, checksum = 0, 0
for y = 1, SIZE do
	for x = 1, SIZE do
		population = population + now[y][x]
		checksum = (checksum * 2 + now[y][x]) % 1000000007
	end
end
print(string.format("life %d %d", population, checksum))
