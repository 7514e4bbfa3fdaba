-- silly.adt.buffer.
local buffer = require "silly.adt.buffer"

-- By number: all of it or nothing.
local b = buffer.new()
eq(b:append("hello", " ", "world"), 11)
eq(list(b:read(5)), "hello 6")
eq(list(b:read(7)), "nil 6")
eq(list(b:read(0)), " 6")
eq(b:read(6), " world")
eq(list(b:read(1)), "nil 0")
eq(b:size(), 0)
eq(b:append(12, 3.5), 5)
eq(b:readall(), "123.5")
eq(b:readall(), "")

-- By delimiter, also one that comes later, and another in between.
b:append "one\ntwo"
eq(list(b:read "\n"), "one\n 3")
eq(list(b:read "\n"), "nil 3")
b:append " words"
eq(b:read "\n", nil)
eq(b:read " ", "two ")
eq(b:read "\n", nil)
b:append "\n\n\0x"
eq(b:read "\n", "words\n")
eq(b:read "\n", "\n")
eq(b:read "\0", "\0")
eq(b:read "1", nil)
b:append "1"
eq(b:read "1", "x1")
b:append("a", "b\n")
eq(b:read "\n", "ab\n")
b:append "rest"
b:clear()
eq(b:size(), 0)
eq(b:read "t", nil)

-- It is a string that is appended to and cut, whatever the pieces.
do
	local want, q = "", buffer.new()
	local seed = 7
	local function random(n) seed = (seed * 1103515245 + 12345) % 2147483648 return seed // 65536 % n end
	for i = 1, 3000 do
		local what = random(4)
		if what < 2 then
			local piece = ("x"):rep(random(100)) .. (random(3) == 0 and "\n" or "")
			want = want .. piece
			eq(q:append(piece), #want)
		elseif what == 2 then
			local n = random(300)
			eq(q:read(n), n <= #want and want:sub(1, n) or nil)
			want = n <= #want and want:sub(n + 1) or want
		else
			local at = want:find "\n"
			eq(q:read "\n", at and want:sub(1, at))
			want = at and want:sub(at + 1) or want
		end
		eq(q:size(), #want)
	end
end

-- A line in a million pieces is looked at once, and what was read gives its memory back.
do
	local q = buffer.new()
	for _ = 1, 300000 do q:append "x" eq(q:read "\n", nil) end
	q:append "\ny"
	eq(#q:read "\n", 300001)
	eq(q:dump().size, 1)
	if q:dump().capacity > 100000 then error("capacity " .. q:dump().capacity) end
	eq(q:readall(), "y")
	q:append(("x"):rep(1000000))
	q:clear()
	eq(q:dump().capacity, 0)
end

fails("bad argument #1 to 'append' %(string expected, got no value%)", function() b:append() end)
fails("bad argument #2 to 'append' %(string expected, got table%)", function() b:append("x", {}) end)
eq(b:size(), 0)
fails("bad argument #1 to 'read' %(delimiter of one byte expected%)", function() b:read "ab" end)
fails("delimiter of one byte expected", b.read, b, "")
fails("number of at least 0 expected", b.read, b, -1)
fails("number has no integer representation", b.read, b, 1.5)
fails("bad argument #1 to 'read' %(number expected, got nil%)", function() b:read(nil) end)
fails("buffer expected, got table", b.size, {})
