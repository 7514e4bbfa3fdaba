-- Arguments of the modules' functions are read as those of the standard library are.
local channel = require "silly.sync.channel"
local http = require "silly.net.http"
local silly = require "silly"
local task = require "silly.task"
local time = require "silly.time"
local websocket = require "silly.net.websocket"

-- What an error says behind the position and the name of the function.
local function reason(f, ...)
	local ok, message = pcall(f, ...)
	return ok and "fine" or message:match("%((.*)%)$") or message
end

-- Text is a number to a module if it is one to the library.
local named = setmetatable({}, {__name = "My.Type"})
for _, v in ipairs {
	"10", " 10 ", "0x10", "0x1p4", "1e1", ".5", "5.", "0x.8", "-0", "\t1\n",
	"", " ", "inf", "nan", "-inf", "infinity", "NaN", "1_0", "0b1", "0o17", "1e", "0x", "1 0", "10\0", "1,5", "१",
	{}, named, print, true, coroutine.create(print), io.stdout, channel.new(),
} do
	eq(reason(time.sleep, v), reason(math.abs, v))
	eq(reason(silly.error and time.cancel, v), reason(string.char, v):gsub("value out of range", "fine"))
end
eq(reason(time.sleep), reason(math.abs))
eq(reason(time.sleep, nil), reason(math.abs, nil))
for _, v in ipairs {1.5, 1 / 0, -1 / 0, 0 / 0, 2 ^ 63, "1.5", "1e400", -2 ^ 64} do
	eq(reason(time.cancel, v), reason(string.rep, "", v))
end
for _, v in ipairs {{}, named, print, true, io.stdout} do
	eq(reason(http.get, v), reason(string.len, v))
	eq(reason(io.open, v), reason(string.len, v))
end
eq(reason(io.open), reason(string.len))
for _, v in ipairs {{}, named, 1, "x", io.stdout, true} do
	eq(reason(time.after, 1, v), reason(xpcall, print, v):gsub("^value", "function"))
	eq(reason(task.fork, v), reason(time.after, 1, v))
end
eq(reason(time.after, 1), "function expected, got no value")

-- Function and position are named, and the object of a method is not counted.
local line = debug.getinfo(1, "l").currentline
for call, want in pairs {
	[function() time.sleep() end] = "bad argument #1 to 'sleep' (number expected, got no value)",
	[function() time.sleep(named) end] = "bad argument #1 to 'sleep' (number expected, got My.Type)",
	[function() io.stdout:seek("set", "x") end] = "bad argument #2 to 'seek' (number expected, got string)",
	[function() io.stdout.seek("set") end] = "bad argument #1 to 'seek' (FILE* expected, got string)",
	[function() io.stdout:read(1.5) end] = "bad argument #1 to 'read' (number has no integer representation)",
	[function() io.stdout:setvbuf("x") end] = "bad argument #1 to 'setvbuf' (invalid option 'x')",
	[function() io.stdout:write(named) end] = "bad argument #1 to 'write' (string expected, got My.Type)",
	[function() local c = channel.new() c.push(named) end] = "bad argument #1 to 'push' (channel expected, got My.Type)",
	[function() channel.new().push(setmetatable({}, {__name = "channel"})) end] = "bad argument #1 to 'push' (channel expected, got table)",
	[function() channel.new().close(setmetatable({}, {__name = "channel"})) end] = "bad argument #1 to 'close' (channel expected, got table)",
} do
	local ok, message = pcall(call)
	eq(ok, false)
	local at, text = message:match(":(%d+): (.*)")
	eq(text, want)
	eq(tonumber(at), debug.getinfo(call, "S").linedefined)
end

-- A time is finite.
for text, v in pairs {inf = 1 / 0, ["-inf"] = -1 / 0, ["-nan"] = 0 / 0, nan = -(0 / 0)} do
	local want = "finite number expected, got " .. text
	eq(reason(time.sleep, v), want)
	eq(reason(time.after, v, print), want)
	for _, option in ipairs {"header_timeout", "idle_timeout"} do
		eq(reason(http.listen, {addr = "127.0.0.1:0", handler = print, [option] = v}), "field '" .. option .. "': " .. want)
	end
	for _, option in ipairs {"read_timeout", "idle_timeout"} do
		eq(reason(http.newclient, {[option] = v}), "field '" .. option .. "': " .. want)
	end
	for _, option in ipairs {"timeout", "ping_interval", "idle_timeout", "write_timeout"} do
		eq(reason(websocket.connect, "ws://127.0.0.1:1", nil, {[option] = v}), "field '" .. option .. "': " .. want)
	end
	eq(reason(http.listen, {addr = "127.0.0.1:0", handler = print, max_header = v}),
		"field 'max_header': integer of at least 0 expected, got " .. text)
	eq(reason(silly.exit, v), "number has no integer representation")
	eq(reason(os.exit, v), "number has no integer representation")
end
eq(reason(time.sleep, "1e400"), "finite number expected, got inf")
eq(reason(time.sleep, -1e308), "fine")

-- Values in messages are written as Lua writes them.
local function listen(options)
	options.addr, options.handler = options.addr or "127.0.0.1:0", print
	return reason(http.listen, options)
end
eq(listen {addr = named}, "field 'addr': string expected, got My.Type")
eq(listen {addr = 1.0}, "field 'addr': string expected, got number")
eq(listen {max_header = -1}, "field 'max_header': integer of at least 0 expected, got -1")
eq(listen {max_header = 1e100}, "field 'max_header': integer of at least 0 expected, got 1e+100")
eq(listen {max_header = -2 ^ 53}, "field 'max_header': integer of at least 0 expected, got -9.007199254741e+15")
eq(listen {alpnprotos = {1.5}}, "field 'alpnprotos': item 1: string expected, got number")
eq(listen {[1.5] = 1}:match("^[^,]*"), "unknown option '1.5'")
eq(listen {[named] = 1}:match("^[^,]*"), "unknown option 'My.Type'")
eq(listen {[true] = 1}:match("^[^,]*"), "unknown option 'boolean'")
eq(reason(http.get, "http://127.0.0.1:1", {[1] = "x"}), "header names are strings, got number")
eq(reason(http.get, "http://127.0.0.1:1", {x = {named}}), "header 'x': string, number or list expected, got My.Type")

for _, v in ipairs {1, 1.0, 2 ^ 63, 1e15, 1e100, -0.0, 1 / 0, -1 / 0, 0 / 0, math.mininteger, true} do
	eq(silly.tostring(v), tostring(v))
end
