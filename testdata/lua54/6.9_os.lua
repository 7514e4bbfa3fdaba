-- §6.9 Operating system: clock, date, difftime, getenv, time. What touches files and processes is not checked here.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local equal, list = check.equal, check.list

-- clock.
do
	local before = os.clock()
	equal(math.type(before), "float")
	local x = 0
	for i = 1, 100000 do x = x + i end
	equal(os.clock() >= before, true)
end

-- time without an argument.
do
	local now = os.time()
	equal(math.type(now), "integer")
	equal(now > 1600000000, true)
	equal(os.time() - now <= 5, true)
end

-- time of a table, in local time; fields are normalized.
do
	local t = os.time {year = 2024, month = 2, day = 29, hour = 12, min = 30, sec = 15}
	local d = os.date("*t", t)
	list({2024, 2, 29, 12, 30, 15, 5, 60, false}, d.year, d.month, d.day, d.hour, d.min, d.sec, d.wday, d.yday, d.isdst)
	equal(os.time(d), t)
	equal(os.time {year = 2024, month = 2, day = 29}, os.time {year = 2024, month = 2, day = 29, hour = 12})
	equal(os.time {year = 2024, month = 1, day = 1, hour = 0} + 86400, os.time {year = 2024, month = 1, day = 2, hour = 0})
	equal(os.time {year = 2024, month = 14, day = 1, hour = 0}, os.time {year = 2025, month = 2, day = 1, hour = 0})
	equal(os.time {year = 2024, month = 3, day = 0, hour = 0}, os.time {year = 2024, month = 2, day = 29, hour = 0})
	equal(os.time {year = 2024, month = 1, day = 1, hour = 25, min = -60, sec = 3600}, os.time {year = 2024, month = 1, day = 2, hour = 1})
	equal(os.time {year = "2024", month = "01", day = 1.0, hour = 0}, os.time {year = 2024, month = 1, day = 1, hour = 0})
	-- The table given is normalized too.
	local n = {year = 2024, month = 13, day = 32, hour = 24, min = 61, sec = 61}
	os.time(n)
	list({2025, 2, 2, 1, 2, 1, 1, 33}, n.year, n.month, n.day, n.hour, n.min, n.sec, n.wday, n.yday)
	check.error(os.time, "field 'day' missing in date table", {year = 2024, month = 1})
	check.error(os.time, "field 'year' missing in date table", {month = 1, day = 1})
	check.error(os.time, "field 'month' is not an integer", {year = 2024, month = "x", day = 1})
	check.error(os.time, "field 'day' is not an integer", {year = 2024, month = 1, day = 1.5})
	check.error(os.time, "field 'year' is out%-of%-bound", {year = 1 << 40, month = 1, day = 1})
	check.error(os.time, "table expected, got number", 5)
end

-- date in UTC.
do
	local function utc(f, t) return os.date("!" .. f, t) end
	equal(utc("%Y-%m-%d %H:%M:%S", 0), "1970-01-01 00:00:00")
	equal(utc("%Y-%m-%dT%H:%M:%SZ", 1709209815), "2024-02-29T12:30:15Z")
	equal(utc("%a %A %b %B %d %e %j %y %C %u %w", 1709209815), "Thu Thursday Feb February 29 29 060 24 20 4 4")
	equal(utc("%I %p %M %S %R %T %D %F %h", 1709209815), "12 PM 30 15 12:30 12:30:15 02/29/24 2024-02-29 Feb")
	equal(utc("%c", 0), "Thu Jan  1 00:00:00 1970")
	equal(utc("%x %X", 0), "01/01/70 00:00:00")
	equal(utc("%G-%V %g %U %W", 1709209815), "2024-09 24 08 09")
	equal(utc("%%|%n|%t", 0), "%|\n|\t")
	equal(utc("", 0), "")
	equal(utc("plain text", 0), "plain text")
	equal(utc("%Y", -1), "1969")
	equal(utc("%H:%M", 3600 * 5 + 60 * 7), "05:07")
	equal(utc("%e", 0), " 1")
	equal(utc("%I:%M %p", 0), "12:00 AM")
	equal(utc("%d.%m.%Y", 4102444800), "01.01.2100")
	equal(utc("%Ex %Od", 0), "01/01/70 01")
	equal(utc("%Y", 1709209815.0), "2024")
	local d = os.date("!*t", 1709209815)
	list({2024, 2, 29, 12, 30, 15, 5, 60, false}, d.year, d.month, d.day, d.hour, d.min, d.sec, d.wday, d.yday, d.isdst)
	d = os.date("!*t", 0)
	list({1970, 1, 1, 0, 0, 0, 5, 1, false}, d.year, d.month, d.day, d.hour, d.min, d.sec, d.wday, d.yday, d.isdst)
	equal(type(os.date()), "string")
	equal(type(os.date "%c"), "string")
	equal(os.date("*t").year >= 2024, true)
	equal(os.date("%Y", os.time {year = 2000, month = 6, day = 15}), "2000")
	check.error(os.date, "invalid conversion specifier '%%Ez'", "%Ez", 0)
	check.error(os.date, "invalid conversion specifier '%%Q'", "%Q", 0)
	check.error(os.date, "invalid conversion specifier '%%'", "%", 0)
	check.error(os.date, "number has no integer representation", "%Y", 1.5)
	check.error(os.date, "number expected, got string", "%Y", "x")
	-- Leap years.
	equal(utc("%Y-%m-%d", 951782400), "2000-02-29")
	equal(utc("%j", 978220800), "366")
	equal(utc("%Y-%m-%d", 4107542400), "2100-03-01")
end

-- difftime.
equal(os.difftime(10, 5), 5.0)
equal(os.difftime(5, 10), -5.0)
equal(math.type(os.difftime(1, 0)), "float")
equal(os.difftime(os.time {year = 2024, month = 1, day = 2}, os.time {year = 2024, month = 1, day = 1}), 86400.0)
check.error(os.difftime, "number expected, got no value")

-- getenv.
equal(os.getenv "A_VARIABLE_THAT_IS_NOT_SET", nil)
equal(type(os.getenv "PATH"), "string")
check.error(os.getenv, "string expected, got no value")

check.done()
