-- §3.4.8 Precedence: or < and < comparison < | < ~ < & < shift < .. < + - < * / // % < unary < ^; .. and ^ are right
-- associative, the others left.
package.path = (arg[0]:match "^(.*/)" or "./") .. "?.lua;" .. package.path
local check = require "check"
local equal = check.equal

-- A value that records how it was combined.
local mt = {}
local function node(text) return setmetatable({text = text}, mt) end
local function text(v) return type(v) == "table" and v.text or tostring(v) end
for event, symbol in pairs {add = "+", sub = "-", mul = "*", div = "/", mod = "%", pow = "^", idiv = "//", band = "&", bor = "|", bxor = "~", shl = "<<", shr = ">>", concat = ".."} do
	mt["__" .. event] = function(a, b) return node("(" .. text(a) .. symbol .. text(b) .. ")") end
end
mt.__unm = function(a) return node("(-" .. text(a) .. ")") end
mt.__bnot = function(a) return node("(~" .. text(a) .. ")") end
mt.__len = function(a) return node("(#" .. text(a) .. ")") end

local function tree(source)
	local env = setmetatable({}, {__index = function(_, name) return node(name) end})
	return text(assert(load("return " .. source, "=tree", "t", env))())
end

local levels = {{"|"}, {"~"}, {"&"}, {"<<", ">>"}, {".."}, {"+", "-"}, {"*", "/", "//", "%"}, {"^"}}
local level_of, operators = {}, {}
for level, list in ipairs(levels) do
	for _, operator in ipairs(list) do level_of[operator] = level operators[#operators + 1] = operator end
end
local right = {["^"] = true, [".."] = true}

-- Every pair of binary operators.
for _, p in ipairs(operators) do
	for _, q in ipairs(operators) do
		local left_first = level_of[p] > level_of[q] or level_of[p] == level_of[q] and not right[p]
		local want = left_first and "((a" .. p .. "b)" .. q .. "c)" or "(a" .. p .. "(b" .. q .. "c))"
		equal(tree("a " .. p .. " b " .. q .. " c"), want)
		equal(tree("(a " .. p .. " b) " .. q .. " c"), "((a" .. p .. "b)" .. q .. "c)")
		equal(tree("a " .. p .. " (b " .. q .. " c)"), "(a" .. p .. "(b" .. q .. "c))")
	end
end

-- Unary operators bind more than every binary one except ^.
for _, u in ipairs {"-", "~", "#"} do
	for _, p in ipairs(operators) do
		equal(tree(u .. "a " .. p .. " b"), p == "^" and "(" .. u .. "(a^b))" or "((" .. u .. "a)" .. p .. "b)")
		equal(tree("a " .. p .. " " .. u .. "b"), "(a" .. p .. "(" .. u .. "b))")
		equal(tree("a " .. p .. " " .. u .. "b ^ c"), "(a" .. p .. "(" .. u .. "(b^c)))")
	end
	equal(tree(u .. " " .. u .. "a"), "(" .. u .. "(" .. u .. "a))")
end

-- Every sequence of three operators, against a parser written for this check.
do
	local function expect(names, ops)
		local function parse(from, to)
			if from == to then return names[from] end
			local split
			for i = from, to - 1 do
				if not split or level_of[ops[i]] < level_of[ops[split]] or level_of[ops[i]] == level_of[ops[split]] and not right[ops[i]] then split = i end
			end
			return "(" .. parse(from, split) .. ops[split] .. parse(split + 1, to) .. ")"
		end
		return parse(1, #names)
	end
	local some = {"|", "~", "&", "<<", "..", "+", "-", "*", "//", "^"}
	for _, p in ipairs(some) do for _, q in ipairs(some) do for _, r in ipairs(some) do
		equal(tree("a" .. p .. " b" .. q .. " c" .. r .. " d"), expect({"a", "b", "c", "d"}, {p, q, r}))
	end end end
	equal(tree "a + b * c ^ d .. e << f & g ~ h | i", "((((((a+(b*(c^d)))..e)<<f)&g)~h)|i)")
	equal(tree "a | b ~ c & d << e .. f + g * h ^ i", "(a|(b~(c&(d<<(e..(f+(g*(h^i))))))))")
end

-- Comparison, not, and, or.
check.expressions {
	{"1 + 1 == 2", true}, {"1 == 1 == true", true}, {"1 < 2 == true", true}, {"2 > 1 ~= false", true}, {"not 1 == 2", false}, {"not (1 == 2)", true}, {"not nil == true", true}, {"not not nil == false", true}, {"not false and false", false}, {"not (false and false)", true}, {"1 or 2 and nil", 1}, {"(1 or 2) and nil", nil}, {"nil and 1 or 2", 2}, {"nil and (1 or 2)", nil}, {"false or 1 < 2", true}, {"1 < 2 and 2 < 1 or 5", 5}, {"not 1 and 2 or 3", 3}, {"-1 < 0 and 0 > -1", true}, {"'a' .. 'b' < 'b' .. 'a'", true}, {"#'ab' + 1 > 2", true}, {"-2 ^ 2 == -4", true}, {"2 ^ -1 == 0.5", true}, {"-'2' + 0", -2}, {"- - 2", 2}, {"not - 1", false}, {"~5 == -6", true}, {"2 * -3 ^ 2", -18.0}, {"1 .. 2 == '12' and 7 == 3 | 4", true}, {"'5' * '2' .. ''", "10"}, {"1 < 2 == (2 < 3)", true},
}

-- Prefix expressions: indexing and calling bind more than every operator.
check.run("local t = {x = 3, f = function() return 4 end} return -t.x ^ 2, #{1, 2} + t.x, -t.f(), not t.x, 2 ^ t.f(), #'ab' .. t.x", {-9.0, 5, -4, false, 16.0, "23"})
check.run("local a = {b = {c = function() return {d = 5} end}} return -a.b.c().d, a.b.c().d ^ 2, #a.b == 0", {-5, 25.0, true})

check.done()
