-- string.format, tostring, tonumber, rep, upper, lower, reverse, find without patterns.
local N = tonumber((...) or (arg and arg[1])) or 450000

local length, sum, found = 0, 0, 0
for i = 1, N do
	local s = string.format("%05d %s %.2f %x", i, "name", i / 3, i)
	length = length + #s
	sum = sum + tonumber(string.sub(s, 1, 5)) % 97
	if string.find(s, "99", 1, true) then found = found + 1 end
	local t = string.upper("abc" .. i % 100)
	length = length + #string.lower(t) + #string.reverse(t) + #string.rep(t, 3)
	sum = sum + #tostring(i)
end
print(string.format("format %d %d %d", length, sum, found))
