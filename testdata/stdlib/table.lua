-- pack and unpack
do
	local t = table.pack("a", nil, "c", nil)
	equal(t.n, 4)
	equal(t[1], "a")
	equal(t[2], nil)
	equal(t[3], "c")
	equal(table.pack().n, 0)
	returns({"a", nil, "c", n = 4}, table.unpack(t, 1, t.n))
	returns({}, table.unpack({}))
	returns({1, 2, 3}, table.unpack({1, 2, 3}))
	returns({2, 3}, table.unpack({1, 2, 3}, 2))
	returns({2}, table.unpack({1, 2, 3}, 2, 2))
	returns({}, table.unpack({1, 2, 3}, 3, 2))
	returns({n = 3}, table.unpack({}, -1, 1))
	returns({"x", n = 1}, table.unpack({[0] = "x"}, 0, 0))
	returns({n = 2}, table.unpack({}, 2 ^ 53 - 1, 2 ^ 53))
	equal(select("#", table.unpack({}, 1, 900000)), 900000)
	equal(select(900000, table.unpack({[900000] = "last"}, 1, 900000)), "last")
	raises("too many results to unpack", table.unpack, {}, 1, 1000000)
	raises("too many results to unpack", table.unpack, {}, 1, 1e15)
	raises("too many results to unpack", table.unpack, {}, -2 ^ 63, 2 ^ 62)
	raises("too many results to unpack", table.unpack, {}, 0, 2 ^ 62)
	raises("bad argument #1 to 'unpack' (table expected, got no value)", table.unpack)
	raises("bad argument #1 to 'unpack' (table expected, got string)", unpack, "x")
	raises("bad argument #2 to 'unpack' (number expected, got string)", table.unpack, {}, "x")
	raises("bad argument #3 to 'unpack' (number has no integer representation)", table.unpack, {}, 1, math.huge)
end

-- concat
equal(table.concat({}), "")
equal(table.concat({}, ","), "")
equal(table.concat({"a", "b", "c"}), "abc")
equal(table.concat({"a", "b", "c"}, ", "), "a, b, c")
equal(table.concat({1, 2.5, "x", 1e100}, " "), "1 2.5 x 1e+100")
equal(table.concat({1 / 0, -1 / 0}, " "), "inf -inf")
equal(table.concat({"a", "b", "c"}, "-", 2), "b-c")
equal(table.concat({"a", "b", "c"}, "-", 2, 2), "b")
equal(table.concat({"a", "b", "c"}, "-", 3, 2), "")
equal(table.concat({"a", "b", "c"}, 0), "a0b0c")
equal(table.concat({[0] = "z", "a"}, ",", 0), "z,a")
equal(table.concat({[2 ^ 53] = "far"}, ",", 2 ^ 53, 2 ^ 53), "far")
raises("invalid value (at index 2) in table for 'concat'", table.concat, {"a", {}, "c"})
raises("invalid value (at index 3) in table for 'concat'", table.concat, {"a", "b"}, ",", 1, 3)
raises("invalid value (at index 1) in table for 'concat'", table.concat, {true})
raises("invalid value (at index -9223372036854775808) in table for 'concat'", table.concat, {}, "", -2 ^ 63, 1)
raises("bad argument #1 to 'concat' (table expected, got no value)", table.concat)
raises("bad argument #2 to 'concat' (string expected, got table)", table.concat, {}, {})
raises("bad argument #4 to 'concat' (number has no integer representation)", table.concat, {}, "", 1, 1.5)
do
	local many = {}
	for i = 1, 1000000 do
		many[i] = i
	end
	local text = table.concat(many, ",")
	equal(#text, 6888895)
	equal(text:sub(-15), ",999999,1000000")
end

-- insert
do
	local t = {}
	table.insert(t, "b")
	table.insert(t, 1, "a")
	table.insert(t, 3, "d")
	table.insert(t, 3, "c")
	equal(list(t), "a b c d")
	equal(select("#", table.insert(t, "e")), 0)
	table.insert(t, nil)
	equal(#t, 5)
	table.insert(t, 6, nil)
	equal(#t, 5)
	raises("bad argument #2 to 'insert' (position out of bounds)", table.insert, t, 0, "x")
	raises("bad argument #2 to 'insert' (position out of bounds)", table.insert, t, 7, "x")
	raises("bad argument #2 to 'insert' (position out of bounds)", table.insert, t, -1, "x")
	raises("bad argument #2 to 'insert' (number has no integer representation)", table.insert, t, 1.5, "x")
	raises("bad argument #2 to 'insert' (number expected, got string)", table.insert, t, "x", "x")
	raises("wrong number of arguments to 'insert'", table.insert, t)
	raises("wrong number of arguments to 'insert'", table.insert, t, 1, "x", "y")
	raises("bad argument #1 to 'insert' (table expected, got nil)", table.insert, nil, 1)
	raises("bad argument #1 to 'insert' (table expected, got no value)", table.insert)
	equal(list(t), "a b c d e")
end

-- remove
do
	local t = {"a", "b", "c", "d"}
	equal(table.remove(t), "d")
	equal(table.remove(t, 1), "a")
	equal(table.remove(t, 2), "c")
	equal(list(t), "b")
	returns({n = 1}, table.remove(t, 2))
	equal(list(t), "b")
	equal(table.remove(t), "b")
	returns({n = 1}, table.remove(t))
	returns({n = 1}, table.remove(t, 0))
	returns({n = 1}, table.remove(t, 1))
	equal(#t, 0)
	equal(table.remove({[0] = "zero"}), "zero")
	t = {"a", "b", "c"}
	raises("bad argument #2 to 'remove' (position out of bounds)", table.remove, t, 5)
	raises("bad argument #2 to 'remove' (position out of bounds)", table.remove, t, 0)
	raises("bad argument #2 to 'remove' (position out of bounds)", table.remove, t, -1)
	raises("bad argument #2 to 'remove' (number expected, got string)", table.remove, t, "x")
	raises("bad argument #1 to 'remove' (table expected, got no value)", table.remove)
	equal(list(t), "a b c")
end

-- Places that a script emptied with nil do not count.
do
	local t = {"a", "b", "c", "d"}
	t[4], t[3] = nil, nil
	equal(table.remove(t), "b")
	equal(#t, 1)
	table.insert(t, "x")
	equal(list(t), "a x")
	t = {"a", "b", "c", "d"}
	t[4] = nil
	table.insert(t, 2, "x")
	equal(list(t), "a x b c")
	t[4] = nil
	equal(table.remove(t, 1), "a")
	equal(list(t), "x b")
	t = {"a"}
	t[1] = nil
	table.insert(t, 1, "b")
	equal(list(t), "b")

	-- As queue and as stack, without getting slower and slower.
	local queue = {}
	for i = 1, 20000 do
		table.insert(queue, 1, i)
		queue[#queue] = nil
	end
	equal(#queue, 0)
	for i = 1, 100000 do
		table.insert(queue, i)
	end
	for i = 100000, 1, -1 do
		equal(table.remove(queue), i)
	end
end

-- move
equal(list(table.move({1, 2, 3}, 1, 3, 2)), "1 1 2 3")
equal(list(table.move({1, 2, 3}, 2, 3, 1)), "2 3 3")
equal(list(table.move({1, 2, 3}, 1, 3, 1)), "1 2 3")
equal(list(table.move({1, 2, 3}, 1, 0, 5)), "1 2 3")
equal(list(table.move({"x"}, 1, 1, 2)), "x x")
equal(list(table.move({1, 2, 3}, 1, 3, 3, {9, 9})), "9 9 1 2 3")
equal(list(table.move({1, 2, 3}, 1, 3, 1, {})), "1 2 3")
do
	local t, u = {1}, {}
	equal(table.move(t, 1, 1, 2), t)
	equal(table.move(t, 1, 1, 2, u), u)
	local moved = table.move({[-1] = "a", [0] = "b"}, -1, 0, 2 ^ 52, {})
	equal(moved[2 ^ 52] .. moved[2 ^ 52 + 1], "ab")
	raises("bad argument #3 to 'move' (too many elements to move)", table.move, {}, -2 ^ 62, 2 ^ 62, 1)
	raises("bad argument #3 to 'move' (too many elements to move)", table.move, {}, -2 ^ 63, 1, 1)
	raises("bad argument #4 to 'move' (destination wrap around)", table.move, {}, 1, 2 ^ 62, 2 ^ 62 + 1024)
	raises("bad argument #1 to 'move' (table expected, got no value)", table.move)
	raises("bad argument #2 to 'move' (number expected, got no value)", table.move, {})
	raises("bad argument #5 to 'move' (table expected, got number)", table.move, {}, 1, 2, 3, 4)
end

-- Metamethods are honoured.
do
	local function proxy(store)
		return setmetatable({}, {
			__index = store,
			__newindex = store,
			__len = function() return #store end,
		})
	end
	local store = {"b", "c"}
	local p = proxy(store)
	table.insert(p, "d")
	table.insert(p, 1, "a")
	equal(list(store), "a b c d")
	equal(table.concat(p, ","), "a,b,c,d")
	equal(table.remove(p), "d")
	equal(table.remove(p, 1), "a")
	equal(list(store), "b c")
	returns({"b", "c"}, table.unpack(p))
	table.move(p, 1, 2, 2)
	equal(list(store), "b b c")
	table.move({"x", "y"}, 1, 2, 1, p)
	equal(list(store), "x y c")
	table.sort(p)
	equal(list(store), "c x y")
	table.sort(p, function(a, b) return a > b end)
	equal(list(store), "y x c")
	equal(next(p), nil)

	local odd = setmetatable({}, {__len = function() return 1.5 end})
	raises("object length is not an integer", table.insert, odd, 1)
	raises("object length is not an integer", table.concat, odd)
	raises("object length is not an integer", table.unpack, setmetatable({}, {__len = function() return "x" end}))
	equal(table.concat(setmetatable({}, {__len = function() return "2" end, __index = function(_, i) return "v" .. i end})), "v1v2")
end
