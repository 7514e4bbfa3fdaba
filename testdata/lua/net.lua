-- silly.net: sockets whose events call functions.
local net, silly, errno = require "silly.net", require "silly", require "silly.errno"
local tcp, udp, buffer = require "silly.net.tcp", require "silly.net.udp", require "silly.adt.buffer"
local task, time, channel = require "silly.task", require "silly.time", require "silly.sync.channel"

-- on(ch) is functions that put events into a channel, as texts.
local function on(ch, more)
	local functions = {
		accept = function(fd, listenfd, addr) ch:push(list("accept", fd, listenfd, addr)) end,
		data = function(fd, ptr, size, addr) ch:push(list("data", fd, silly.tostring(ptr, size), addr)) end,
		close = function(fd, err) ch:push(list("close", fd, err)) end,
	}
	for k, v in pairs(more or {}) do functions[k] = v end
	return functions
end
-- listen(functions) is a listener, and its address.
local port = 20000
local function listen(functions)
	while true do
		port = port + 1
		local addr = "127.0.0.1:" .. port
		local fd, err = net.tcplisten(addr, functions, 10)
		if fd then return fd, addr end
		eq(err, errno.ADDRINUSE)
	end
end

-- A connection: accept comes first, then data, then the end. Numbers are not used again.
do
	local at, from = channel.new(), channel.new()
	local l, addr = listen(on(at))
	local c = assert(net.tcpconnect(addr, on(from), "127.0.0.1:0", 10000))
	eq(c > l, true)
	local s, lfd = at:pop():match "^accept (%d+) (%d+) 127%.0%.0%.1:%d+$"
	s = tonumber(s)
	eq(tonumber(lfd), l)
	eq(net.tcpsend(c, "hello"), true)
	eq(at:pop(), "data " .. s .. " hello nil")
	eq(net.tcpsend(s, {"a", "", 1, "b"}), true)
	eq(from:pop(), "data " .. c .. " a1b nil")
	eventually(function() return net.sendsize(c) == 0 end)
	eq(net.close(c), true)
	eq(at:pop(), "close " .. s .. " " .. errno.EOF)
	eq(list(net.close(s)), "false " .. errno.CLOSED)
	eq(list(net.tcpsend(s, "x")), "false " .. errno.CLOSED)
	eq(list(net.tcpsend(c, "x")), "false " .. errno.CLOSED)
	eq(net.close(l), true)
	eq(list(net.close(l)), "false " .. errno.CLOSED)
	eq(list(net.tcpconnect(addr, on(at))), "nil " .. errno.CONNREFUSED)
end

-- Pointers: what they are for, and their sizes.
do
	local at = channel.new()
	local got, text
	local b = buffer.new()
	local l, addr = listen(on(at, {data = function(fd, ptr, size)
		eq(type(ptr), "userdata")
		eq(silly.tostring(ptr):match "^userdata", "userdata")
		eq(silly.tostring(ptr, 2), "li")
		buffer.append(b, ptr, size)
		b:append("[", ptr, 4, "]")
		fails("size of 0 to 8 expected, got 9", silly.tostring, ptr, size + 1)
		fails("size of 0 to 8 expected, got %-1", b.append, b, ptr, -1)
		fails("number expected", b.append, b, ptr)
		fails("number expected", net.tcpsend, fd, ptr)
		eq(net.tcpsend(fd, ptr, size), true)
		task.fork(function() time.sleep(1) at:push("later " .. silly.tostring(ptr, size)) end)
	end}))
	local conn = assert(tcp.connect(addr))
	at:pop()
	conn:write "line one"
	eq(conn:read(8), "line one")
	eq(at:pop(), "later line one")
	eq(buffer.read(b, "["), "line one[")
	eq(b:readall(), "line]")
	local ptr, size = net.multipack({"for ", "all"}, 2)
	eq(size, 7)
	local fds = {}
	conn:close()
	at:pop()
	local conns = {}
	for i = 1, 2 do
		conns[i] = assert(tcp.connect(addr))
		fds[i] = tonumber(at:pop():match "^accept (%d+)")
	end
	for i = 1, 2 do eq(net.tcpmulticast(fds[i], ptr, size), true) end
	for i = 1, 2 do eq(conns[i]:read(7), "for all") conns[i]:close() end
	fails("pointer of net.multipack expected, got string", net.tcpmulticast, fds[1], "x", 1)
	net.close(l)
end

-- Functions may wait: others of the same socket go on, so that one can wait for the next data; but not without end.
do
	local at, wake = channel.new(), channel.new()
	local waiting, most = {}, 0
	local l, addr = listen {
		accept = function(fd) at:push("first " .. wake:pop()) end,
		data = function(fd, ptr, size)
			local data = silly.tostring(ptr, size)
			if data == "wake" then wake:push "data" return end
			waiting[#waiting + 1] = task.running()
			most = math.max(most, #waiting)
			task.wait()
		end,
		close = function(fd, err) at:push "closed" end,
	}
	local conn = assert(tcp.connect(addr))
	conn:write "wake"
	eq(at:pop(), "first data")
	local closed
	task.fork(function()
		for i = 1, 200 do
			conn:write(tostring(i))
			time.sleep(0)
			if i % 10 == 0 then time.sleep(1) end
		end
		conn:close()
		repeat
			local tasks = waiting
			waiting = {}
			for _, t in ipairs(tasks) do task.wakeup(t) end
			time.sleep(1)
		until closed
	end)
	eq(at:pop(), "closed")
	closed = true
	eq(most <= 64 and most > 1, true, most)
	net.close(l)
end

-- A peer that does not read does not fill the memory.
do
	local at = channel.new()
	local l, addr = listen(on(at))
	local conn = assert(tcp.connect(addr))
	local s = tonumber(at:pop():match "^accept (%d+)")
	local chunk, sent, ok, err = ("x"):rep(1 << 20), 0
	repeat
		ok, err = net.tcpsend(s, chunk)
		sent = sent + 1
	until not ok or sent > 100
	eq(err, errno.NOBUFS)
	eq(net.sendsize(s) <= 18 << 20, true)
	net.close(s)
	conn:close()
	net.close(l)
end

-- Datagrams.
do
	local at, from = channel.new(), channel.new()
	local s
	repeat
		port = port + 1
		s = net.udpbind("127.0.0.1:" .. port, on(at))
	until s
	local addr = "127.0.0.1:" .. port
	local c = assert(net.udpconnect(addr, on(from), "127.0.0.1:0"))
	eq(net.udpsend(c, "one"), true)
	local text, peer = at:pop():match "^(data %d+ one) (127%.0%.0%.1:%d+)$"
	eq(text, "data " .. s .. " one")
	eq(net.udpsend(s, {"t", "wo"}, peer), true)
	eq(from:pop(), "data " .. c .. " two " .. addr)
	local ptr, size = net.multipack "three!"
	eq(net.udpsend(s, ptr, size - 1, peer), true)
	eq(from:pop(), "data " .. c .. " three " .. addr)
	eq(net.udpsend(c, ptr, size), true)
	eq(at:pop():match "three!", "three!")
	eq(list(net.udpsend(s, "x")), "false " .. errno.DESTADDRREQ)
	eq(list(net.udpsend(s, "x", "nowhere")), "false " .. errno.INVAL)
	eq(list(net.tcpsend(s, "x")), "false " .. errno.CLOSED)
	eq(net.sendsize(s), 0)
	eq(net.close(s), true)
	eq(net.udpsend(c, "lost"), true)
	eq(from:pop(), "close " .. c .. " " .. errno.CONNREFUSED)
	eq(list(net.udpsend(c, "x")), "false " .. errno.CLOSED)
	eq(list(net.udpbind("localhost:1", on(at))), "nil " .. errno.INVAL)
end

eq(list(net.close(1000000)), "false " .. errno.BADF)
eq(list(net.tcpsend(-1, "x")), "false " .. errno.BADF)
eq(net.sendsize(1000000), 0)
fails("argument #1 to 'tcplisten' %(string expected", function() net.tcplisten(1 == 1, {}) end)
fails("field 'data': function expected, got nil", function() net.tcplisten("a:1", {close = print}) end)
fails("field 'close': function expected, got nil", function() net.udpbind("a:1", {data = print}) end)
fails("argument #2 to 'tcpconnect' %(table expected", function() net.tcpconnect "a:1" end)
fails("argument #3 to 'tcplisten' %(backlog of at least 0", function() net.tcplisten("a:1", {data = print, close = print}, -1) end)
fails("argument #2 to 'tcpsend' %(string or list of strings expected", function() net.tcpsend(1) end)
fails("item 1: string expected", function() net.udpsend(1, {{}}) end)

fails("unknown option 'acept', did you mean 'accept'%?", net.tcplisten, "127.0.0.1:0", {acept = print, data = print, close = print})
fails("unknown option 'dta', did you mean 'data'%?", net.udpbind, "127.0.0.1:0", {dta = print, close = print})
