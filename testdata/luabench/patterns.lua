-- Patterns: gsub with strings, tables and functions, gmatch, match, find.
local N = tonumber((...) or (arg and arg[1])) or 300

local lines = {}
for i = 1, 200 do
	lines[i] = "2024-0" .. i % 9 + 1 .. "-1" .. i % 10 .. " host" .. i .. " GET /path/to/page" .. i .. ".html?id=" .. i * 7 .. "&name=user" .. i % 13 .. " 200 " .. i * 111
end
local log = table.concat(lines, "\n")

local words, numbers, sum, length = 0, 0, 0, 0
local names = {user1 = "alice", user2 = "bob", user3 = "carol"}
for round = 1, N do
	for word in string.gmatch(log, "%a+") do words = words + 1 end
	for number in string.gmatch(log, "%d+") do numbers = numbers + #number end
	for host, path, id in string.gmatch(log, "(host%d+) GET (%S-)%?id=(%d+)") do
		sum = sum + #host + #path + tonumber(id)
	end
	local replaced, count = string.gsub(log, "(%d+)-(%d+)-(%d+)", "%3.%2.%1")
	length = length + #replaced + count
	replaced, count = string.gsub(log, "user%d+", names)
	length = length + #replaced + count
	replaced, count = string.gsub(log, "%w+", function(word)
		if #word > 6 then return string.upper(word) end
	end)
	length = length + #replaced + count
	for i = 1, #lines do
		local year, month, day = string.match(lines[i], "^(%d%d%d%d)%-(%d%d)%-(%d%d)")
		sum = sum + tonumber(year) + tonumber(month) * tonumber(day)
		local from, to = string.find(lines[i], "name=(%w+)")
		sum = sum + from + to
	end
end
print(string.format("patterns %d %d %d %d", words, numbers, sum, length))
