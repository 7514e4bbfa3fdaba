-- table.sort without a comparison function: numbers and strings.
local N = tonumber((...) or (arg and arg[1])) or 320000

local seed = 42
local function random()
	seed = (seed * 16807) % 2147483647
	return seed
end

local check = 0
for round = 1, 3 do
	local numbers = {}
	for i = 1, N do numbers[i] = random() end
	table.sort(numbers)
	for i = 2, N do
		if numbers[i - 1] > numbers[i] then error("not sorted") end
	end
	check = check + numbers[1] + numbers[N]
	table.sort(numbers)
end
local words = {}
for i = 1, N / 5 do words[i] = "w" .. random() % 100000 end
table.sort(words)
print(string.format("sort %d %s %s", check, words[1], words[#words]))
