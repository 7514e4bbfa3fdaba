-- Concatenation: with .., growing strings, table.concat, numbers in strings.
local N = tonumber((...) or (arg and arg[1])) or 700000

local length = 0
for i = 1, N do
	local s = "item " .. i .. ": " .. i * 2 .. ";"
	length = length + #s
end

local growing = ""
for i = 1, 6000 do growing = growing .. "x" .. i % 10 end

local joined, sheet = 0, 0
for round = 1, N / 1000 do
	local parts = {}
	for i = 1, 2000 do parts[#parts + 1] = "part" .. i end
	joined = joined + #table.concat(parts, ",")

	local lines = {}
	for i = 1, 200 do
		local fields = {}
		for j = 1, 8 do fields[j] = i * j end
		lines[#lines + 1] = table.concat(fields, "\t")
	end
	sheet = sheet + #table.concat(lines, "\n")
end
print(string.format("concat %d %d %d %d", length, #growing, joined, sheet))
