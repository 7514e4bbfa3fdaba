-- silly.adt.list.
local lists = require "silly.adt.list"

local function content(l)
	local out = {}
	for v in l:values() do out[#out + 1] = tostring(v) end
	return table.concat(out, " ")
end

local l = lists.new()
eq(l:size(), 0)
eq(list(l:popfront(), l:popback(), l:front(), l:back()), "nil nil nil nil")
eq(content(l), "")
l:pushback "b"
l:pushback "c"
l:pushfront "a"
eq(content(l), "a b c")
eq(list(l:front(), l:back(), l:size()), "a c 3")
eq(list(l:remove "b"), "b")
eq(list(l:remove "b"), "nil removed")
eq(content(l), "a c")
eq(l:popback(), "c")
eq(l:popfront(), "a")
eq(l:popfront(), nil)
eq(l:size(), 0)

-- Values of all kinds are what they are as keys of tables.
local t, f = {}, print
for _, v in ipairs {t, f, "x", 1, 2.5, true} do l:pushback(v) end
l:pushback(false)
eq(l:size(), 7)
fails("bad argument #2 to 'list:pushback' %(the value is in the list already%)", l.pushback, l, t)
fails("the value is in the list already", l.pushfront, l, 1.0)
eq(l:size(), 7)
l:pushback {}
eq(l:remove(1.0), 1)
eq(l:remove(false), false)
eq(l:remove(t), t)
eq(content(l:clear() or l), "")
eq(l:size(), 0)
l:pushback(t)
eq(l:front(), t)
l:clear()

-- A list may change while one goes over it: what was removed does not come, what is added at the end does.
for i = 1, 5 do l:pushback(i) end
local seen = {}
for v in l:values() do
	seen[#seen + 1] = v
	if v == 2 then l:remove(2) l:remove(1) l:remove(3) l:pushfront(9) end
	if v == 5 then l:remove(5) l:pushback(6) end
end
eq(table.concat(seen, " "), "1 2 9 4 5 6")
eq(content(l), "9 4 6")
for v in l:values() do l:remove(v) end
eq(l:size(), 0)
for i = 1, 3 do l:pushback(i) end
local step = l:values()
eq(step(), 1)
l:clear()
l:pushback "new"
eq(list(step()), "new")
eq(list(step()), "nil")
l:pushback "late"
eq(list(step()), "nil")
l:clear()

-- It is a list of Lua, whatever is done.
do
	local want, seed = {}, 3
	local function random(n) seed = (seed * 1103515245 + 12345) % 2147483648 return seed // 65536 % n end
	local function index(v) for i, w in ipairs(want) do if w == v then return i end end end
	for _ = 1, 5000 do
		local v, what = random(40), random(5)
		local i = index(v)
		if what == 0 then
			eq(pcall(l.pushback, l, v), not i)
			if not i then want[#want + 1] = v end
		elseif what == 1 then
			eq(pcall(l.pushfront, l, v), not i)
			if not i then table.insert(want, 1, v) end
		elseif what == 2 then
			eq(l:remove(v), i and v)
			if i then table.remove(want, i) end
		elseif what == 3 then
			eq(l:popfront(), table.remove(want, 1))
		else
			eq(l:popback(), table.remove(want))
		end
		eq(l:size(), #want)
		eq(list(l:front(), l:back()), list(want[1], want[#want]))
		if random(20) == 0 then eq(content(l), table.concat(want, " ")) end
	end
end

fails("bad argument #2 to 'list:pushback' %(value expected, got nil%)", l.pushback, l, nil)
fails("bad argument #2 to 'list:pushfront' %(value is NaN%)", l.pushfront, l, 0 / 0)
eq(list(l:remove(0 / 0)), "nil removed")
eq(list(l:remove(nil)), "nil removed")
fails("list expected, got table", l.size, {})
