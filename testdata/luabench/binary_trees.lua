-- Making, walking and dropping binary trees.
local N = tonumber((...) or (arg and arg[1])) or 15

local function tree(depth)
	if depth == 0 then return {} end
	return {tree(depth - 1), tree(depth - 1)}
end

local function count(node)
	local left = node[1]
	if not left then return 1 end
	return 1 + count(left) + count(node[2])
end

local long = tree(N)
local total = count(tree(N + 1))
for depth = 4, N, 4 do
	local rounds = 2 ^ (N - depth + 4)
	local sum = 0
	for i = 1, rounds do sum = sum + count(tree(depth)) end
	total = total + sum
end
total = total + count(long)
print(string.format("binary_trees %d", total))
