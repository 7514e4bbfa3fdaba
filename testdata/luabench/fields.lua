-- Reading and writing the fields of records, by constant names and nested.
local N = tonumber((...) or (arg and arg[1])) or 8000000

local points = {}
for i = 1, 100 do
	points[i] = {x = i, y = i * 2, z = 0, name = "p" .. i, pos = {lat = i, lon = -i}, visits = 0}
end
local config = {speed = {x = 1, y = 2, z = 3}, limit = {low = -1000, high = 1000}}
for round = 1, N / 100 do
	for i = 1, 100 do
		local p = points[i]
		p.x = p.x + config.speed.x
		p.y = p.y - config.speed.y
		p.z = p.x * 2 + p.y
		p.visits = p.visits + 1
		if p.x > config.limit.high then p.x = config.limit.low end
		if p.y < config.limit.low then p.y = config.limit.high end
		p.pos.lat = p.pos.lat + p.z
		p.pos.lon = p.pos.lon - p.x
	end
end
local lat, lon, visits = 0, 0, 0
for i = 1, 100 do
	local p = points[i]
	lat = lat + p.pos.lat
	lon = lon + p.pos.lon
	visits = visits + p.visits
end
print(string.format("fields %d %d %d", lat, lon, visits))
