local test = require "silly.test"
local words = require "words"

test("words are counted, whatever their case", function(t)
	local lines = ("The cat.\nthe CAT, don't\n"):gmatch "[^\n]+"
	t:equal(words.count(lines, {cat = 1}), {the = 2, cat = 3, ["don't"] = 1})
end)

test("the most frequent come first", function(t)
	local counts = {a = 1, c = 2, b = 2, d = 3}
	t:equal(words.top(counts, 3), {
		{word = "d", count = 3},
		{word = "b", count = 2},
		{word = "c", count = 2},
	})
	t:equal(#words.top(counts, 10), 4)
	t:equal(words.top({}, 10), {})
end)
