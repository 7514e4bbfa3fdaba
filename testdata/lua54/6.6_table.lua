-- §6.6 Table library.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local equal, list = check.equal, check.list
local max, min = math.maxinteger, math.mininteger

for _, name in ipairs {"concat", "insert", "move", "pack", "remove", "sort", "unpack"} do equal(type(table[name]), "function", name) end

-- concat.
equal(table.concat {}, "")
equal(table.concat {"a", "b", "c"}, "abc")
equal(table.concat({"a", "b", "c"}, ", "), "a, b, c")
equal(table.concat({"a", "b", "c"}, ",", 2), "b,c")
equal(table.concat({"a", "b", "c"}, ",", 2, 2), "b")
equal(table.concat({"a", "b", "c"}, ",", 3, 2), "")
equal(table.concat({"a", "b", "c"}, ",", 1, 3), "a,b,c")
equal(table.concat({1, 2.5, "x", 3.0}, "-"), "1-2.5-x-3.0")
equal(table.concat({"a\0", "\0b"}, "\0"), "a\0\0\0b")
equal(table.concat({[0] = "z", "a"}, "", 0, 1), "za")
equal(table.concat({[-1] = "x", [0] = "y"}, "", -1, 0), "xy")
equal(table.concat({[max] = "m"}, "", max, max), "m")
equal(table.concat({[min] = "m"}, "", min, min), "m")
equal(table.concat({"a", "b"}, 5), "a5b")
equal(table.concat({"a"}, ",", 1, 1), "a")
equal(table.concat({}, ",", 1, 0), "")
equal(#table.concat({("x"):rep(1000), ("y"):rep(1000)}, ("z"):rep(1000)), 3000)
check.error(table.concat, "invalid value %(nil%) at index 1 in table for 'concat'", {}, "", 1, 1)
check.error(table.concat, "invalid value %(nil%) at index 2 in table for 'concat'", {"a"}, "", 1, 2)
check.error(table.concat, "invalid value %(boolean%) at index 2 in table for 'concat'", {"a", true, "c"})
check.error(table.concat, "invalid value %(table%) at index 1 in table for 'concat'", {setmetatable({}, {__tostring = function() return "x" end})})
check.error(table.concat, "bad argument #1 to 'table.concat' %(table expected, got no value%)")
check.error(table.concat, "bad argument #2 to 'table.concat' %(string expected, got table%)", {}, {})
do
	local t = {}
	for i = 1, 10000 do t[i] = i end
	local s = table.concat(t, " ")
	equal(#s, 9 + 2 * 90 + 3 * 900 + 4 * 9000 + 5 + 9999)
	equal(s:sub(1, 9), "1 2 3 4 5")
end

-- insert.
do
	local t = {}
	list({}, table.insert(t, "a"))
	table.insert(t, "c")
	table.insert(t, 2, "b")
	table.insert(t, 1, "z")
	table.insert(t, 5, "end")
	equal(table.concat(t), "zabcend")
	table.insert(t, #t + 1, "!")
	equal(#t, 6)
	table.insert(t, 2.0, "f")
	equal(t[2], "f")
	table.insert(t, nil)
	equal(#t, 7)
	local u = {}
	for i = 1, 100 do table.insert(u, 1, i) end
	equal(u[1], 100)
	equal(u[100], 1)
	check.error(table.insert, "wrong number of arguments to 'insert'", {})
	check.error(table.insert, "wrong number of arguments to 'insert'", {}, 1, 2, 3)
	check.error(table.insert, "bad argument #2 to 'table.insert' %(position out of bounds%)", {1, 2}, 0, "x")
	check.error(table.insert, "position out of bounds", {1, 2}, 4, "x")
	check.error(table.insert, "position out of bounds", {1, 2}, -1, "x")
	check.error(table.insert, "number expected, got string", {}, "x", 1)
	check.error(table.insert, "table expected, got nil", nil, 1)
	check.error(table.insert, "number has no integer representation", {}, 1.5, 1)
end

-- remove.
do
	local t = {"a", "b", "c", "d"}
	list({"d"}, table.remove(t))
	list({"a"}, table.remove(t, 1))
	equal(table.concat(t), "bc")
	list({nil, n = 1}, table.remove(t, 3))
	list({"c"}, table.remove(t, 2))
	list({"b"}, table.remove(t, 1.0))
	equal(#t, 0)
	list({nil, n = 1}, table.remove(t))
	list({nil, n = 1}, table.remove(t, 0))
	t = {[0] = "zero"}
	list({"zero"}, table.remove(t, 0))
	equal(t[0], nil)
	t = {"x", [0] = "zero"}
	check.error(table.remove, "bad argument #1 to 'table.remove' %(position out of bounds%)", t, 3)
	check.error(table.remove, "position out of bounds", t, -1)
	check.error(table.remove, "position out of bounds", t, 0)
	check.error(table.remove, "table expected", nil)
	t = {}
	for i = 1, 100 do t[i] = i end
	local sum = 0
	while #t > 0 do sum = sum + table.remove(t, 1) end
	equal(sum, 5050)
	-- A stack and a queue.
	for i = 1, 1000 do table.insert(t, i) end
	for i = 1000, 501, -1 do equal(table.remove(t), i) end
	for i = 1, 10 do equal(table.remove(t, 1), i) end
	equal(#t, 490)
end

-- move.
do
	local t = {1, 2, 3, 4, 5}
	equal(table.move(t, 2, 4, 1), t)
	list({2, 3, 4, 4, 5}, table.unpack(t))
	t = {1, 2, 3, 4, 5}
	table.move(t, 1, 4, 2)
	list({1, 1, 2, 3, 4}, table.unpack(t))
	t = {1, 2, 3}
	local u = {}
	equal(table.move(t, 1, 3, 5, u), u)
	list({nil, 1, 2, 3, n = 4}, u[4], u[5], u[6], u[7])
	table.move(t, 1, 0, 10, u)
	equal(u[10], nil)
	table.move(t, 1, 3, 1)
	list({1, 2, 3}, table.unpack(t))
	table.move({1, nil, 3}, 1, 3, 1, u)
	list({1, nil, 3, n = 3}, u[1], u[2], u[3])
	table.move({[-1] = "a", [0] = "b"}, -1, 0, 1, u)
	list({"a", "b"}, u[1], u[2])
	t = table.move({"x"}, 1, 1, max, {})
	equal(t[max], "x")
	t = table.move({[max] = "m"}, max, max, 1, {})
	equal(t[1], "m")
	t = table.move({[min] = "m", [min + 1] = "n"}, min, min + 1, 1, {})
	list({"m", "n"}, t[1], t[2])
	check.error(table.move, "too many elements to move", {}, min, max, 1)
	check.error(table.move, "too many elements to move", {}, 0, max, 1)
	check.error(table.move, "destination wrap around", {}, 1, 2, max)
	check.error(table.move, "table expected", {}, 1, 2, 1, 5)
	check.error(table.move, "number expected", {}, 1, 2)
	-- With metamethods.
	local log = {}
	local proxy = setmetatable({}, {__index = function(_, i) log[#log + 1] = "r" .. i return i * 10 end, __newindex = function(_, i, v) log[#log + 1] = "w" .. i .. "=" .. v end})
	table.move(proxy, 1, 2, 5, proxy)
	equal(table.concat(log, " "), "r1 w5=10 r2 w6=20")
	log = {}
	table.move(proxy, 1, 3, 2)
	equal(table.concat(log, " "), "r3 w4=30 r2 w3=20 r1 w2=10")
end

-- pack, unpack.
do
	local t = table.pack()
	equal(t.n, 0)
	t = table.pack(1, nil, 3, nil)
	equal(t.n, 4)
	list({1, nil, 3, nil, n = 4}, t[1], t[2], t[3], t[4])
	list({1, nil, 3, nil, n = 4}, table.unpack(t, 1, t.n))
	list({1, 2, 3}, table.unpack {1, 2, 3})
	list({2, 3}, table.unpack({1, 2, 3}, 2))
	list({2}, table.unpack({1, 2, 3}, 2, 2))
	list({}, table.unpack({1, 2, 3}, 2, 1))
	list({}, table.unpack {})
	list({nil, nil, n = 2}, table.unpack({}, 1, 2))
	list({nil, "a", n = 2}, table.unpack({"a"}, 0, 1))
	list({"x"}, table.unpack({[max] = "x"}, max, max))
	list({"x", "y"}, table.unpack({[max - 1] = "x", [max] = "y"}, max - 1, max))
	list({"x"}, table.unpack({[min] = "x"}, min, min))
	list({1, 2}, table.unpack({1, 2}, 1.0, "2"))
	list({1}, (table.unpack {1, 2}))
	check.error(table.unpack, "too many results to unpack", {}, 1, max)
	check.error(table.unpack, "too many results to unpack", {}, min, max)
	check.error(table.unpack, "too many results to unpack", {}, 1, 1e8)
	equal(select("#", table.unpack({}, 1, 200)), 200)
	local proxy = setmetatable({}, {__index = function(_, i) return i * i end, __len = function() return 4 end})
	list({1, 4, 9, 16}, table.unpack(proxy))
end

-- sort.
do
	local function sorted(t, f) table.sort(t, f) return table.concat(t, " ") end
	equal(sorted {}, "")
	equal(sorted {1}, "1")
	equal(sorted {2, 1}, "1 2")
	equal(sorted {3, 1, 2}, "1 2 3")
	equal(sorted {5, 2, 8, 1, 9, 3, 7, 4, 6, 0}, "0 1 2 3 4 5 6 7 8 9")
	equal(sorted({5, 2, 8, 1}, function(a, b) return a > b end), "8 5 2 1")
	equal(sorted {"banana", "apple", "Cherry", "", "a"}, " Cherry a apple banana")
	equal(sorted {1.5, 1, 2, -0.5, math.huge, -math.huge}, "-inf -0.5 1 1.5 2 inf")
	equal(sorted {1, 1, 1, 1}, "1 1 1 1")
	equal(sorted({1, 2, 3}, nil), "1 2 3")
	list({}, table.sort {})
	for _, n in ipairs {2, 3, 10, 50, 100, 101, 500, 1000} do
		for _, kind in ipairs {"random", "sorted", "reversed", "equal", "few", "sawtooth"} do
			local t, seed, sum = {}, 42, 0
			for i = 1, n do
				seed = (seed * 1103515245 + 12345) % 2147483648
				t[i] = kind == "random" and seed or kind == "sorted" and i or kind == "reversed" and -i or kind == "equal" and 7 or kind == "few" and seed // 65536 % 3 or i % 10
				sum = sum + t[i]
			end
			table.sort(t)
			local ok, total = true, t[1]
			for i = 2, n do ok = ok and t[i - 1] <= t[i] total = total + t[i] end
			equal(ok, true, kind .. n)
			equal(total, sum, kind .. n)
			table.sort(t, function(a, b) return a > b end)
			ok = true
			for i = 2, n do ok = ok and t[i - 1] >= t[i] end
			equal(ok, true, kind .. n)
		end
	end
	-- Records, several keys.
	local people = {{"bob", 30}, {"al", 25}, {"cy", 30}, {"di", 25}}
	table.sort(people, function(a, b) if a[2] ~= b[2] then return a[2] < b[2] end return a[1] < b[1] end)
	local names = {}
	for i, p in ipairs(people) do names[i] = p[1] end
	equal(table.concat(names, " "), "al di bob cy")
	-- Only 1 to #t is sorted.
	local t = {3, 1, 2, x = "kept", [0] = "zero"}
	table.sort(t)
	equal(t.x .. t[0], "keptzero")
	-- Errors.
	check.error(table.sort, "attempt to compare", {1, "x", 2})
	check.error(table.sort, "attempt to compare two table values", {{}, {}})
	check.error(table.sort, "attempt to compare", {1, {}, 3})
	check.error(table.sort, "bad argument #2 to 'table.sort' %(function expected, got number%)", {1, 2}, 5)
	check.error(table.sort, "table expected", nil)
	check.error(table.sort, "^inside$", {1, 2, 3}, function() error("inside", 0) end)
	check.error(table.sort, "invalid order function for sorting", {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, function() return true end)
	-- With metamethods.
	local store = {3, 1, 2}
	local proxy = setmetatable({}, {__index = store, __newindex = function(_, k, v) store[k] = v end, __len = function() return 3 end})
	table.sort(proxy)
	equal(table.concat(store), "123")
	-- Any truth value.
	equal(sorted({3, 1, 2}, function(a, b) return a < b and "yes" or nil end), "1 2 3")
end

-- What # gives must be an integer.
check.error(table.insert, "object length is not an integer", setmetatable({}, {__len = function() return 1.5 end}), 1)
check.error(table.concat, "object length is not an integer", setmetatable({}, {__len = function() return "x" end}))
equal(table.concat(setmetatable({"a", "b", "c"}, {__len = function() return 2.0 end})), "ab")

check.done()
