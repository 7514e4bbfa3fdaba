-- results
equal(load("return 1 + 1")(), 2)
equal(load("return ...")("x"), "x")
equal(load("")(), nil)
returns({"a", "b"}, load("return 'a', 'b'")())
equal(type(load("x = 1")), "function")
equal(loadstring("return 7")(), 7)

-- chunks in pieces
do
	local pieces = {"return ", "1", " + ", 2, nil, "not read"}
	local i = 0
	local f = load(function()
		i = i + 1
		return pieces[i]
	end)
	equal(f(), 3)
	equal(i, 5)
	i = 0
	pieces = {"return 'a'", "", "error("}
	equal(load(function()
		i = i + 1
		return pieces[i]
	end)(), "a")
	returns({nil, "reader function must return a string", n = 2}, load(function() return {} end))
	local problem = {}
	returns({nil, problem, n = 2}, load(function() error(problem) end))
	returns({nil, "(load):1: syntax error near <eof>", n = 2}, load(coroutine.wrap(function() coroutine.yield("x =") end)))
end

-- chunk names
do
	local function name(...)
		local _, message = load("error('here')", ...)
		local ok, err = pcall(load("error('here')", ...))
		equal(ok, false)
		return (err:gsub(":1: here$", ""))
	end
	equal(name("=stdin"), "stdin")
	equal(name("@script.lua"), "script.lua")
	equal(name("@a/very/long/path/that/is/not/shortened/because/its/end/matters/script.lua"),
		"a/very/long/path/that/is/not/shortened/because/its/end/matters/script.lua")
	equal(name(), "[string \"error('here')\"]")
	equal(name("code"), "[string \"code\"]")
	equal(name("first\nsecond"), "[string \"first...\"]")
	equal(name("first\r\nsecond"), "[string \"first...\"]")
	equal(name(""), "[string \"\"]")
	equal(name(("x"):rep(44)), "[string \"" .. ("x"):rep(44) .. "\"]")
	equal(name(("x"):rep(45)), "[string \"" .. ("x"):rep(45) .. "...\"]")
	equal(name(("x"):rep(44) .. "é"), "[string \"" .. ("x"):rep(44) .. "...\"]")
	local _, err = pcall(load(function() return nil end, "=f"))
	local _, message = load("x", "=(load)")
	equal(message, "(load):1: syntax error near <eof>")
end

-- mode
equal(load("return 1", "=x", "t")(), 1)
equal(load("return 1", "=x", "bt")(), 1)
returns({nil, "attempt to load a text chunk (mode is 'b')", n = 2}, load("return 1", "=x", "b"))
returns({nil, "x: precompiled chunks are not supported", n = 2}, load("\27Lua...", "=x"))

-- environment
do
	x = "global"
	local env = {x = "mine"}
	equal(load("return x", "=x", "t", env)(), "mine")
	load("x = 'changed'", "=x", "t", env)()
	equal(env.x, "changed")
	equal(x, "global")
	equal(load("return x", "=x", "t")(), "global")
	equal(load("return function() return x end", "=x", "t", env)()(), "changed")
	raises("attempt to index a nil value (upvalue '_ENV')", load("return x", "=x", "t", nil))
	raises("attempt to index a nil value (upvalue '_ENV')", load("x = 1", "=x", "t", nil))
	equal(load("local y = 1 return y", "=x", "t", nil)(), 1)
	x = nil
end

-- arguments
raises("bad argument #1 to 'load' (string or function expected, got no value)", load)
raises("bad argument #1 to 'load' (string or function expected, got table)", load, {})
raises("bad argument #2 to 'load' (string expected, got table)", load, "", {})
raises("bad argument #3 to 'load' (string expected, got table)", load, "", "", {})
raises("bad argument #4 to 'load' (table expected, got string)", load, "", "", "t", "x")
raises("bad argument #1 to 'loadstring' (string expected, got function)", loadstring, print)

-- literals of Lua 5.4
equal("\x41\x7a\xFF", "Az\255")
equal("\x411", "A1")
equal("\u{48}\u{20AC}\u{7FFFFFFF}", "H€\xFD\xBF\xBF\xBF\xBF\xBF")
equal("a\z
       b", "ab")
equal("a\z   b\z

	c", "abc")
equal("\065\10\0001", "A\n\0" .. "1")
equal("a\
b", "a\nb")
equal(load("return 'a\\\r\nb'")(), "a\nb")
equal(load("return 'a\\\n'")(), "a\n")
equal(load("return [[\r\na\r\nb]]")(), "a\nb")
equal('\'"\\\a\b\f\n\r\t\v', "'\"\\\7\8\12\10\13\9\11")
equal(0x10, 16)
equal(0xA.8p0, 10.5)
equal(0x.1p4, 1)
equal(0x1p-2, 0.25)
equal(0xffffffffffffffff, 2 ^ 64)
equal(0x7fffffffffffffff, 2 ^ 63)
equal(0010, 10)
equal(00.5, 0.5)
equal(1e999, 1 / 0)
equal(-1e999, -1 / 0)
equal(2 ^ -1e999, 0)
equal(.5e1, 5)
equal(3., 3)
equal(5-3, 2)
equal(0xe-1, 13)
equal(1e1-1, 9)
equal(1-.5e-1+1, 1.95)
equal([==[a]]b]=]c]==], "a]]b]=]c")
equal(#[[

x]], 2)
-- Lines keep their numbers behind a \z.
equal(select(2, pcall(load("local s = 'a\\z\n\n  b'\nerror('here')", "=x"))), "x:4: here")

-- attributes
do
	local limit <const> = 10
	local a <const>, b, c <const> = 1, 2, 3
	equal(limit + a + b + c, 16)
	returns({nil, "x:1: attribute 'close' is not supported near 'close'", n = 2}, load("local f <close> = nil", "=x"))
	returns({nil, "x:2: unknown attribute 'final' near 'final'", n = 2}, load("local a\nlocal f <final> = nil", "=x"))
	returns({nil, "x:1: syntax error near '<'", n = 2}, load("local a < 1", "=x"))
	equal(a < b, true)
	equal((function() local y = 1 return y < limit end)(), true)
end

-- comments
--[==[ long
]] ]==]
--[=
--[
--
equal(load("--[= not a long comment\nreturn 1")(), 1)
equal(load("--[[x]]return 1--[==[")  == nil, true)
equal(load("return 1 --")(), 1)
equal(load("return\v1\f")(), 1)

-- goto
do
	local n = 0
	for i = 1, 5 do
		if i % 2 == 0 then
			goto continue
		end
		n = n + i
		::continue::
	end
	equal(n, 9)
end
