-- §3.4.6 Concatenation, §3.4.7 the length operator.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local equal, list, run = check.equal, check.list, check.run

check.expressions {
	{"'a' .. 'b'", "ab"}, {"'a' .. 'b' .. 'c'", "abc"}, {"'' .. ''", ""}, {"'a' .. ''", "a"}, {"1 .. 2", "12"}, {"1 .. ''", "1"}, {"1.5 .. 'x'", "1.5x"}, {"1.0 .. 'x'", "1.0x"}, {"-1 .. 'x'", "-1x"}, {"2 ^ 2 .. 'x'", "4.0x"}, {"1 + 1 .. 1 + 1", "22"}, {"'a' .. 1 + 2", "a3"}, {"'a' .. 'b' == 'ab'", true}, {"'a' .. -1", "a-1"}, {"'x' .. #'abc' .. 'y'", "x3y"}, {"('a' .. 'b') .. ('c' .. 'd')", "abcd"}, {"'a\\0' .. '\\0b' == 'a\\0\\0b'", true}, {"10 // 3 .. 10 / 4", "32.5"}, {"1 .. 2 .. 3 + 0", "123"}, {"(1 .. 2) + 1", 13},
}

-- Operands are evaluated from left to right, then joined; locals stay as they are.
do
	local log = ""
	local function f(v) log = log .. v return v end
	equal(f("a") .. f("b") .. f("c"), "abc")
	equal(log, "abc")
	local a, b, c = "x", "y", "z"
	equal(a .. b .. c .. a, "xyzx")
	list({"x", "y", "z"}, a, b, c)
	a = a .. a
	a = a .. a .. b
	equal(a, "xxxxy")
	local t = {s = ""}
	for i = 1, 5 do t.s = t.s .. i end
	equal(t.s, "12345")
	local up = ""
	local function append(s) up = up .. s return up end
	equal(append "a" .. append "b" .. append "c", "aababc")
	equal(({a .. b, b .. c})[2], "yz")
	equal(a .. b == b .. a, false)
	equal(#(a .. b), 6)
	local s = ""
	for i = 1, 1000 do s = s .. i % 10 end
	equal(#s, 1000)
	equal(s:sub(1, 12), "123456789012")
	equal(s:sub(-1), "0")
	local long = ("0123456789"):rep(1000)
	equal(#(long .. long .. 5), 20001)
	equal((long .. "x"):sub(-2), "9x")
end

-- Many operands.
run("return " .. ("'a' .. "):rep(150) .. "'b'", {("a"):rep(150) .. "b"})
run("local x, y = ... return " .. ("x .. y .. "):rep(70) .. "x", {("12"):rep(70) .. "1"}, 1, "2")

-- # gives the number of bytes of a string.
check.expressions {
	{"#''", 0}, {"#'abc'", 3}, {"#'a\\0b'", 3}, {"#'\\u{20AC}'", 3}, {"#'a' + 1", 2}, {"#'abc' * 2", 6}, {"-#'abc'", -3}, {"#'ab' .. 'c'", "2c"}, {"#('ab' .. 'c')", 3}, {"#{}", 0}, {"#{1, 2, 3}", 3}, {"#{n = 1}", 0}, {"#'abc' == 3", true}, {"not #''", false}, {"# 'x'", 1}, {"#[[\nxy]]", 2}, {"2 ^ #'abc'", 8.0},
}

-- # of a table gives a border: t[n] is there and t[n + 1] is not; of a sequence there is only one.
do
	local function is_border(t, n) return (n == 0 or t[n] ~= nil) and t[n + 1] == nil end
	local t = {}
	for i = 1, 1000 do
		t[i] = i
		equal(#t, i)
	end
	for i = 1000, 1, -1 do
		t[#t] = nil
		equal(#t, i - 1)
	end
	for i = 1, 100 do t[#t + 1] = i end
	equal(#t, 100)
	t.x, t[0], t[-1], t[1.5] = 1, 1, 1, 1
	equal(#t, 100)
	t = {n = 5, [1] = "a", [2] = "b", [3] = "c"}
	equal(#t, 3)
	t = {[3] = 3, [2] = 2, [1] = 1}
	equal(#t, 3)
	t = {}
	for i = 100, 1, -1 do t[i] = i end
	equal(#t, 100)
	t[50] = nil
	equal(is_border(t, #t), true)
	t[100] = nil
	equal(is_border(t, #t), true)
	for i = 1, 100 do t[i] = nil equal(is_border(t, #t), true) end
	equal(#t, 0)
	t = {nil, nil, 3}
	equal(is_border(t, #t), true)
	t = {1, nil, 3, nil, 5}
	equal(is_border(t, #t), true)
	t = {nil}
	equal(#t, 0)
	t = {[2] = 2}
	equal(is_border(t, #t), true)
	t = {[1000000] = 1}
	equal(is_border(t, #t), true)
	t = {table.unpack({1, 2, 3})}
	equal(#t, 3)
	t = {10, 20, 30, [5] = 50}
	equal(is_border(t, #t), true)
	t = {}
	for i = 1, 16 do t[i] = true end
	for i = 16, 9, -1 do t[i] = nil end
	equal(#t, 8)
	for i = 9, 40 do t[i] = true end
	equal(#t, 40)
	-- A queue.
	local q, first, last = {}, 1, 0
	for i = 1, 500 do
		last = last + 1
		q[last] = i
		if i % 2 == 0 then equal(q[first], i // 2) q[first] = nil first = first + 1 end
	end
	equal(last - first + 1, 250)
	local count = 0
	for _ in pairs(q) do count = count + 1 end
	equal(count, 250)
end

check.done()
