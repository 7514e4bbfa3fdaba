-- Making small tables with named fields, short-lived and kept in linked lists.
local N = tonumber((...) or (arg and arg[1])) or 800000

local kept, sum = nil, 0
for i = 1, N do
	local point = {x = i, y = i + 1, name = "point"}
	sum = sum + point.x + point.y
	if i % 10 == 0 then
		kept = {value = point, next = kept}
	end
end
local count = 0
while kept do
	count = count + kept.value.x
	kept = kept.next
end
for i = 1, N / 4 do
	local pair = {i, i * 2}
	local triple = {first = pair, second = {pair[2], pair[1]}, third = {}}
	sum = sum + triple.first[1] - triple.second[1]
end
print(string.format("objects %d %d", sum, count))
