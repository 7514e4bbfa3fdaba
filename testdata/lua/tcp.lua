-- silly.net.tcp.
local tcp, errno = require "silly.net.tcp", require "silly.errno"
local task, time, channel = require "silly.task", require "silly.time", require "silly.sync.channel"

local accepted = channel.new()
local listener = assert(tcp.listen {addr = "127.0.0.1:0", backlog = 10, accept = function(conn) accepted:push(conn) end})
eq(listener.addr:match "^127%.0%.0%.1:%d+$", listener.addr)

-- pair() is both ends of a connection.
local function pair(opts)
	local client = assert(tcp.connect(listener.addr, opts))
	return client, accepted:pop()
end

-- Addresses, sizes, delimiters, pieces.
do
	local a, b = pair()
	eq(a.remoteaddr, listener.addr)
	eq(b.localaddr, listener.addr)
	eq(a.localaddr, b.remoteaddr)
	eq(a:write "one\ntwo\r\nthree", true)
	eq(b:read "\n", "one\n")
	eq(b:read "\r\n", "two\r\n")
	eq(b:read(0), "")
	eq(b:read(2), "th")
	eq(b:unreadbytes(), 3)
	eq(b:read(b:unreadbytes()), "ree")
	eq(b:write {"a", "", 1, ("x"):rep(100000), "\n"}, true)
	eq(#a:read(100002), 100002)
	eq(a:readline(), "\n")
	b:write "last\0line;"
	eq(a:readline ";", "last\0line;")
	eq(a:write "", true)
	eq(a:unsentbytes() >= 0, true)
	eq(a:close(), true)
	eq(list(a:close()), "false " .. errno.CLOSED)
	eq(list(a:read(1)), "nil " .. errno.CLOSED)
	eq(list(a:write "x"), "false " .. errno.CLOSED)
	eq(list(b:read(1)), "nil " .. errno.EOF)
	b:close()
end

-- A read waits, for as long as its timeout allows; what has arrived stays.
do
	local a, b = pair()
	eq(list(b:read(1, 5)), "nil " .. errno.TIMEDOUT)
	a:write "mid-"
	eq(list(b:read("\n", 20)), "nil " .. errno.TIMEDOUT)
	eq(b:unreadbytes(), 4)
	task.fork(function() time.sleep(5) a:write "line\nrest" end)
	eq(b:read("\n", 10000), "mid-line\n")
	eq(b:read "st", "rest")
	eq(list(b:read(1, 0)), "nil " .. errno.TIMEDOUT)
	a:close() b:close()
end

-- One task reads at a time; close ends its wait.
do
	local a, b = pair()
	local got
	task.fork(function() got = list(b:read(1)) end)
	time.sleep(1)
	eq(list(b:read(1)), "nil " .. errno.ALREADY)
	eq(b:unreadbytes(), 0)
	eq(b:isalive(), true)
	b:close()
	eventually(function() return got end)
	eq(got, "nil " .. errno.CLOSED)
	eq(b:isalive(), false)
	eventually(function() return not a:isalive() end)
	a:close()
end

-- Half-close: the peer gets the end, and its answer still comes.
do
	local a, b = pair()
	a:write "question"
	eq(a:closewrite(), true)
	eq(list(a:write "x"), "false " .. errno.PIPE)
	eq(a:closewrite(), true)
	eq(b:read(8), "question")
	eq(list(b:read "\n"), "nil " .. errno.EOF)
	eq(b:isalive(), false)
	eq(b:write "answer", true)
	b:close()
	eq(a:read(6), "answer")
	eq(list(a:read(1)), "nil " .. errno.EOF)
	a:close()
	eq(list(a:closewrite()), "false " .. errno.CLOSED)
end

-- What came before the end can be read when it is less than was asked for.
do
	local a, b = pair()
	a:write "partial"
	a:close()
	eq(list(b:read(8)), "nil " .. errno.EOF)
	eq(b:unreadbytes(), 7)
	eq(b:read(b:unreadbytes()), "partial")
	b:close()
end

-- Limits: an endless line, a size that is too large; the rest stays readable. nil is no limit.
do
	local a, b = pair()
	b:limit(10)
	a:write(("x"):rep(25))
	eq(list(b:read "\n"), "nil " .. errno.MSGSIZE)
	eq(b:unreadbytes(), 10)
	eq(list(b:read(11)), "nil " .. errno.MSGSIZE)
	eq(b:read(10), ("x"):rep(10))
	b:limit(1)
	eq(b:read(1), "x")
	b:limit(nil)
	a:write "\n"
	eq(b:read "\n", ("x"):rep(14) .. "\n")
	b:limit(5)
	a:write "1234\n12345\n"
	eq(b:read "\n", "1234\n")
	eq(list(b:read "\n"), "nil " .. errno.MSGSIZE)
	eq(b:read(6 - 1), "12345")
	a:close() b:close()
end
do
	local a, b = pair()
	task.fork(function() while a:write(("x"):rep(65536)) do end end)
	eq(list(b:read "\n"), "nil " .. errno.MSGSIZE)
	eq(b:unreadbytes() <= 16 << 20, true)
	eq(list(b:read((16 << 20) + 1)), "nil " .. errno.MSGSIZE)
	b:close() a:close()
end

-- A peer that does not read: writes wait from 1 MiB on, and closing ends the wait.
do
	local a, b = pair()
	local result
	task.fork(function() result = list(a:write(("x"):rep(8 << 20))) end)
	eventually(function() return a:unsentbytes() > 1 << 20 end)
	time.sleep(5)
	eq(result, nil)
	a:close()
	eventually(function() return result end)
	eq(result, "false " .. errno.CLOSED)
	b:close()
end
do
	local a, b = pair {write_timeout = 20}
	eq(list(a:write(("x"):rep(8 << 20))), "false " .. errno.TIMEDOUT)
	eq(list(a:read(1)), "nil " .. errno.TIMEDOUT)
	eq(a:isalive(), false)
	a:close() b:close()
end

-- Large pieces both ways at once, with everything that was written before close.
do
	local a, b = pair()
	local size = 5 << 20
	local big = ("0123456789abcdef"):rep(size // 16)
	task.fork(function() a:write(big) a:write {big, "\n"} a:close() end)
	eq(b:read(size) == big, true)
	eq(b:read "\n" == big .. "\n", true)
	eq(list(b:read(1)), "nil " .. errno.EOF)
	b:close()
end

-- connect: from an address, refused, out of time, and what is no address.
do
	local conn = assert(tcp.connect(listener.addr, {bind = "127.0.0.1:0", timeout = 1000}))
	accepted:pop():close() conn:close()
	eq(list(tcp.connect(listener.addr, {bind = "127.0.0.1:" .. listener.addr:match ":(%d+)"})):match "^nil ", "nil ")
	eq(list(tcp.connect(listener.addr, {bind = "localhost:0"})), "nil " .. errno.INVAL)
	eq(list(tcp.connect(listener.addr, {timeout = 0})), "nil " .. errno.TIMEDOUT)
	eq(list(tcp.connect "127.0.0.1:1"), "nil " .. errno.CONNREFUSED)
	for _, addr in ipairs {"127.0.0.1", "[::1", "127.0.0.1:", "::1:80", "127.0.0.1:65536", "127.0.0.1:http", "127.0.0.1:+1", ""} do
		eq(list(tcp.connect(addr)), "nil " .. errno.INVAL, addr)
	end
	eq(list(tcp.listen {addr = "nonsense", accept = print}), "nil " .. errno.INVAL)
	eq(list(tcp.listen {addr = listener.addr, accept = print}), "nil " .. errno.ADDRINUSE)
end

-- <close> closes; all loopback addresses are listened on without a host.
do
	local l <close> = assert(tcp.listen {addr = ":0", accept = function(conn)
		local c <close> = conn
		c:write(c:read "\n")
	end})
	for _, host in ipairs {"127.0.0.1", "[::1]", "localhost"} do
		local c <close> = assert(tcp.connect(host .. l.addr:match ":%d+$"))
		c:write "go\n"
		eq(c:read "\n", "go\n")
		eq(list(c:read(1)), "nil " .. errno.EOF)
	end
end

-- A connection that nobody can reach any more is closed at some time.
do
	local a, b = pair()
	a:write "x"
	a = nil
	eventually(function() collectgarbage() return not b:isalive() end)
	eq(b:read(1), "x")
	b:close()
end

-- Wrong arguments of methods.
do
	local a, b = pair()
	fails("bad argument #1 to 'read' %(number expected, got no value%)", function() a:read() end)
	fails("bad argument #1 to 'read' %(number has no integer representation%)", function() a:read(1.5) end)
	fails("bad argument #1 to 'read' %(size of at least 0 expected, got %-1%)", function() a:read(-1) end)
	fails("bad argument #1 to 'read' %(the delimiter is empty%)", function() a:read "" end)
	fails("bad argument #2 to 'read' %(number expected, got string%)", function() a:read(1, "x") end)
	fails("bad argument #1 to 'readline' %(the delimiter is empty%)", function() a:readline "" end)
	fails("bad argument #1 to 'write' %(string or list of strings expected, got no value%)", function() a:write() end)
	fails("bad argument #1 to 'write' %(item 2: string expected, got boolean%)", function() a:write {"a", true} end)
	fails("bad argument #1 to 'limit' %(limit of at least 1 expected, got 0%)", function() a:limit(0) end)
	fails("tcp connection expected", function() a.read({}, 1) end)
	fails("tcp listener expected", function() listener.close(a) end)
	a:close() b:close()
end

eq(listener:close(), true)
eq(list(listener:close()), "false " .. errno.CLOSED)
eq(list(tcp.connect(listener.addr)), "nil " .. errno.CONNREFUSED)

-- Wrong arguments.
fails("bad argument #1 to 'listen' %(table expected, got no value%)", function() tcp.listen() end)
fails("field 'addr': string such as .* expected, got nil", function() tcp.listen {accept = print} end)
fails("field 'accept': function expected, got nil", function() tcp.listen {addr = ":0"} end)
fails("unknown option 'backlogs', did you mean 'backlog'", function() tcp.listen {addr = ":0", accept = print, backlogs = 1} end)
fails("bad argument #1 to 'connect' %(string expected, got nil%)", function() tcp.connect(nil) end)
fails("unknown option 'time_out'", function() tcp.connect("a:1", {time_out = 1}) end)
fails("field 'timeout': milliseconds of at least 0", function() tcp.connect("a:1", {timeout = -1}) end)
