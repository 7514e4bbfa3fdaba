local function sorted(t, comp)
	table.sort(t, comp)
	return list(t)
end

equal(sorted({}), "")
equal(sorted({1}), "1")
equal(sorted({3, 1, 2}), "1 2 3")
equal(sorted({3, 1, 2}, nil), "1 2 3")
equal(sorted({3, 1, 2}, function(a, b) return a > b end), "3 2 1")
equal(sorted({"b", "a", "B", "", "ab", "\255"}), " B a ab b \255")
equal(sorted({2, 10, -1, 0.5, 1 / 0, -1 / 0}), "-inf -1 0.5 2 10 inf")
equal(select("#", table.sort({})), 0)

do
	local values, seed = {}, 42
	for i = 1, 10000 do
		seed = (seed * 16807) % 2147483647
		values[i] = seed % 5000
	end
	table.sort(values)
	for i = 2, #values do
		assert(values[i - 1] <= values[i])
	end
	table.sort(values, function(a, b) return a > b end)
	for i = 2, #values do
		assert(values[i - 1] >= values[i])
	end
end

-- only 1 to #t
do
	local t = {3, 2, 1, [0] = "zero", [-1] = "minus", [10] = nil, x = "x"}
	equal(sorted(t), "1 2 3")
	equal(t[0], "zero")
	equal(t[-1], "minus")
	equal(t.x, "x")
	local emptied = {3, 2, 1, 0}
	emptied[4] = nil
	equal(sorted(emptied), "1 2 3")
	equal(#emptied, 3)
end

-- objects with __lt
do
	local mt = {__lt = function(a, b) return a.n < b.n end}
	local function object(n)
		return setmetatable({n = n}, mt)
	end
	local t = {object(3), object(1), object(2)}
	table.sort(t)
	equal(t[1].n .. t[2].n .. t[3].n, "123")
end

-- what cannot be compared
raises("attempt to compare number with string", table.sort, {"x", 1})
raises("attempt to compare table with table", table.sort, {{}, {}})
raises("attempt to compare nil with number", table.sort, setmetatable({1}, {__len = function() return 2 end}))

-- order functions that contradict themselves
do
	local function values(n)
		local t = {}
		for i = 1, n do
			t[i] = (i * 7919) % n
		end
		return t
	end
	local seed = 1
	for _, comp in ipairs({
		function() return true end,
		function() return false end,
		function() return nil end,
		function(a, b) return a <= b end,
		function() seed = (seed * 16807) % 2147483647 return seed % 2 == 0 end,
		function(a, b) return a % 3 < b % 2 end,
	}) do
		for _, n in ipairs({2, 3, 12, 50, 1000}) do
			local t = values(n)
			table.sort(t, comp)
			equal(#t, n)
			-- No value is lost or doubled.
			table.sort(t)
			for i = 1, n do
				equal(t[i], i - 1)
			end
		end
	end
end

-- an order function that raises leaves the list as it was
do
	local t, calls = {5, 4, 3, 2, 1}, 0
	local ok, err = pcall(table.sort, t, function(a, b)
		calls = calls + 1
		if calls == 4 then
			error("enough", 0)
		end
		return a < b
	end)
	equal(ok, false)
	equal(err, "enough")
	equal(list(t), "5 4 3 2 1")
end

-- an order function that changes the list
do
	local t = {5, 4, 3, 2, 1}
	table.sort(t, function(a, b)
		t[#t] = nil
		return a < b
	end)
	equal(list(t), "1 2 3 4 5")
	t = {3, 2, 1}
	table.sort(t, function(a, b)
		t[#t + 1] = 100 + #t
		return a < b
	end)
	equal(t[1] .. t[2] .. t[3], "123")
	-- It may sort itself.
	t = {3, 2, 1}
	table.sort(t, function(a, b)
		local inner = {a, b}
		table.sort(inner)
		return a < b
	end)
	equal(list(t), "1 2 3")
end

raises("bad argument #1 to 'sort' (table expected, got no value)", table.sort)
raises("bad argument #1 to 'sort' (table expected, got string)", table.sort, "x")
raises("bad argument #2 to 'sort' (function expected, got table)", table.sort, {}, {})
raises("bad argument #1 to 'sort' (array too big)", table.sort, setmetatable({}, {__len = function() return 1e15 end}))
