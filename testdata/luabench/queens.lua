-- All placements of N queens.
local N = tonumber((...) or (arg and arg[1])) or 12

local columns, up, down, row = {}, {}, {}, {}
local solutions, checksum = 0, 0

local function place(i)
	if i > N then
		solutions = solutions + 1
		for k = 1, N do checksum = (checksum * 11 + row[k]) % 1000000007 end
		return
	end
	for j = 1, N do
		if not columns[j] and not up[i + j] and not down[i - j + N] then
			columns[j] = true
			up[i + j] = true
			down[i - j + N] = true
			row[i] = j
			place(i + 1)
			columns[j] = false
			up[i + j] = false
			down[i - j + N] = false
		end
	end
end

place(1)
print(string.format("queens %d %d", solutions, checksum))
