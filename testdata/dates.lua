-- Dates and times, some of them at random: silly prints what lua5.4 does (TestDatesAreThoseOfLua). The first argument is the
-- seed. A year beyond five million is left out: there glibc's arithmetic for rules of daylight saving time overflows.
math.randomseed(tonumber((...)) or 1)

-- show prints values, tables with their fields in order.
local function show(...)
	local texts = table.pack(...)
	for i = 1, texts.n do
		local v = texts[i]
		if type(v) == "table" then
			local fields = {}
			for key, field in pairs(v) do
				fields[#fields + 1] = key .. "=" .. (type(field) == "table" and "table" or tostring(field))
			end
			table.sort(fields)
			v = "{" .. table.concat(fields, ",") .. "}"
		end
		texts[i] = tostring(v)
	end
	print(table.concat(texts, "\t", 1, texts.n))
end

local times = {
	0, 1, -1, 86399, 951782400, 1000000000, 1230768000, 1230854399, 1262304000, 1325375999, 1585443600, 1603587600, 1700000000,
	1709164800, 4102444800, -2208988800, -62135596800, -62167219200, -62167219201, 253402300799, 253402300800, 50000000000,
}
for _, t in ipairs(times) do
	for c = 32, 126 do
		local conversion = "%" .. string.char(c)
		show(conversion, t, pcall(os.date, conversion, t))
		show("!" .. conversion, t, pcall(os.date, "!" .. conversion, t))
		show("E", t, pcall(os.date, "%E" .. string.char(c), t))
		show("O", t, pcall(os.date, "%O" .. string.char(c), t))
	end
	show("*t", t, pcall(os.date, "*t", t))
	show("!*t", t, pcall(os.date, "!*t", t))
end
for _, t in ipairs {67767976233532799, 67767976233532800, 67768036191676799, 67768036191676800, 1 << 53, math.maxinteger, math.mininteger} do
	show("huge", t, pcall(os.date, "!%c %C %F %G %g %y %Y %V", t))
	show("huge", t, pcall(os.date, "!*t", t))
end
for _, format in ipairs {
	"%", "%E", "%O", "%E ", "a%", "%%%", "%%", "%-d", "%5d", "%_d", "%^a", "%+", "%Q", "!", "!!", "!%", "*", "!*", "*tx", "!**t",
	"%c\0%c", "\0", "%\0", "é%é", ("%c"):rep(500),
} do
	show(format, pcall(os.date, format, 1000000000))
end
for _, t in ipairs {1.0, 1.5, "1", "1.0", "1.5", "x", "0x10", 1e30, -1e30, 1 / 0, 0 / 0, {}, true, 2 ^ 63, "9223372036854775807"} do
	show(pcall(os.date, "!%c", t))
end
show(pcall(os.date, {}))
show(pcall(os.date, 1, 1))

local odd = {
	"x", "5", "5.0", "5.5", " 7 ", "0x10", 5.0, 5.5, {}, true, 1e30, 1 / 0, 0 / 0, 1 << 32, -(1 << 32), 1 << 53,
	math.maxinteger, math.mininteger,
}
-- number is most often from 0 to n.
local function number(n, limit)
	local how = math.random(12)
	if how == 1 then return math.random(-n * 5, n * 5) end
	if how == 2 then return odd[math.random(#odd)] end
	if how == 3 and math.random(3) == 1 then return nil end
	if how == 4 then return math.random(-limit, limit) end
	return math.random(0, n)
end
local large = (1 << 31) - 1
for _ = 1, 2000 do
	local t = {
		year = math.random(3) == 1 and number(3000, 1000000) or math.random(1900, 2100),
		month = number(12, 10000000), day = number(31, 1 << 30),
		hour = number(24, large), min = number(60, large), sec = number(60, large),
		isdst = ({true, false, "x", 5})[math.random(8)],
	}
	if math.random(5) == 1 then t.yday, t.wday = "x", 99 end
	show(t)
	local ok, time = pcall(os.time, t)
	show(ok, time)
	if ok then
		show(t)
		show(os.date("*t", time))
		show(os.date("%c %Z %z %G-%V %g %U %W %j %u %w", time))
	end
end
show(pcall(os.time, setmetatable({}, {__index = function(_, key) return key == "year" and 2020 or 1 end})))
local log = {}
show(pcall(os.time, setmetatable({}, {
	__index = {year = 2020, month = 13, day = 1},
	__newindex = function(_, key, v) log[#log + 1] = key .. "=" .. tostring(v) end,
})))
show(table.concat(log, ","))
show(pcall(os.time, 5))
show(pcall(os.difftime))
show(pcall(os.difftime, 5))
show(pcall(os.difftime, 1.5, 2))
show(pcall(os.difftime, "5", "0x3"))
show(pcall(os.difftime, 1 << 62, -(1 << 62)))
