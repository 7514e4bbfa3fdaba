-- Messages about failed operations name the variable, as in Lua.
local up
local t = {}
fails("^test.lua:5: attempt to index a nil value %(field 'x'%)$", function()
	return t.x.y end)
fails("attempt to index a nil value %(upvalue 'up'%)$", function() return up.x end)
fails("attempt to index a nil value %(global 'nothing'%)$", function() return nothing.x end)
fails("attempt to index a nil value %(local 'l'%)$", function() local l l.x = 1 end)
fails("attempt to index a nil value %(field 'x'%)$", function() t.x[1] = 2 end)
fails("attempt to index a number value", function() return (#"x").y.z end)
fails("attempt to call a nil value %(global 'nothing'%)$", function() nothing() end)
fails("attempt to call a nil value %(field 'x'%)$", function() t.x() end)
fails("attempt to call a nil value %(method 'x'%)$", function() t:x() end)
fails("attempt to call a table value %(upvalue 't'%)$", function() t() end)
fails("attempt to call a number value", function() return (1)() end)
fails("attempt to perform arithmetic on a nil value %(field 'x'%)$", function() return 1 + t.x end)
fails("attempt to perform arithmetic on a nil value %(upvalue 'up'%)$", function() return up * 2 end)
fails("attempt to perform arithmetic on a table value %(upvalue 't'%)$", function() return -t end)
fails("attempt to sub a 'string' with a 'nil'$", function() local a, b = nil, "3" return b - a end)
fails("attempt to concatenate a nil value %(field 'x'%)$", function() return "a" .. t.x .. "b" end)
fails("attempt to concatenate a table value %(upvalue 't'%)$", function() return t .. "b" end)
fails("attempt to get length of a nil value %(upvalue 'up'%)$", function() return #up end)
fails("attempt to compare number with nil$", function() return 1 < t.x end)
fails("attempt to compare two table values$", function() return {} < {} end)
fails("attempt to compare two nil values$", function() return up < nil end)
fails("bad 'for' initial value %(number expected, got nil%)$", function() for i = nil, 2 do end end)
fails("bad 'for' limit %(number expected, got table%)$", function() for i = 1, {} do end end)
-- xpcall's handler and coroutine.wrap see the same text.
eq(select(2, xpcall(function() local x return x.y end, function(e) return e end)), "test.lua:29: attempt to index a nil value (local 'x')")
eq(select(2, pcall(coroutine.wrap(function() local x return x.y end))), "test.lua:30: attempt to index a nil value (local 'x')")
-- error's level: 1 is where error was called, 2 the caller of that function, 0 no position.
local function check(level)
	error("bad", level)
end
local function caller(level)
	check(level) -- line 36
end
eq(select(2, pcall(caller)), "test.lua:33: bad")
eq(select(2, pcall(caller, 1)), "test.lua:33: bad")
eq(select(2, pcall(caller, 2)), "test.lua:36: bad")
eq(select(2, pcall(caller, 0)), "bad")
eq(select(2, pcall(caller, 99)), "bad")
eq(select(2, pcall(error, "bad")), "bad")
eq(select(2, pcall(error)), nil)
local object = {}
eq(select(2, pcall(error, object, 2)), object)
fails("^test.lua:48: bad argument #2 to 'error' %(number expected, got table%)$", function()
	error("x", {}) end)

-- What is behind an object of Go's is out of reach: nothing else can be made to look like one.
do
	local channel = require "silly.sync.channel"
	local ch = channel.new()
	eq(getmetatable(ch), "channel")
	eq(debug.getmetatable(ch), "channel")
	fails("protected", setmetatable, ch, {})
	for k in pairs(ch) do error("a field: " .. tostring(k)) end
	local fake = debug.setmetatable({}, {__index = ch, ["\0class"] = true, __name = "channel"})
	fails("channel expected, got table", ch.push, fake, 1)
	fails("channel expected", ch.push, {}, 1)
	fails("channel expected", ch.push, coroutine.create(print), 1)
	debug.setmetatable(ch, nil)
	fails("channel expected", channel.new().push, ch, 1)
	eq(debug.getmetatable("x").__index, string)
	eq(debug.getmetatable({}), nil)
	fails("bad argument #1 to 'debug.getmetatable'", debug.getmetatable)
end
