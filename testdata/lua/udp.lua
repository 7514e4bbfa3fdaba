-- silly.net.udp.
local udp, errno = require "silly.net.udp", require "silly.errno"
local task, time, channel = require "silly.task", require "silly.time", require "silly.sync.channel"

-- socket() is a socket at a free port, and peer() one that is connected to it.
local function socket() return assert(udp.bind "127.0.0.1:0") end
local function peer(s, opts) return assert(udp.connect(s.localaddr, opts)) end

-- Datagrams keep their boundaries; addresses can be answered.
do
	local s = socket()
	local c = peer(s)
	eq(c.remoteaddr, s.localaddr)
	eq(c:sendto "one", true)
	eq(c:sendto {"two ", "", 2, "\0"}, true)
	eq(c:sendto "", true)
	eq(list(s:recvfrom()), "one " .. c.localaddr)
	eq(list(s:recvfrom(5000)), "two 2\0 " .. c.localaddr)
	local data, from = s:recvfrom()
	eq(data, "")
	eq(s:sendto("answer", from), true)
	eq(list(c:recvfrom()), "answer " .. s.localaddr)
	eq(s:sendto(("x"):rep(60000), from), true)
	eventually(function() return c:unreadbytes() == 60000 end)
	eq(#c:recvfrom(), 60000)
	eq(c:unreadbytes(), 0)
	eq(c:unsentbytes(), 0)
	eq(c:sendto("to the peer by name", s.localaddr), true)
	eq(s:recvfrom(), "to the peer by name")
	c:close() s:close()
end

-- A wait ends with a datagram, its timeout, or close, which wakes all; the first one to wait gets the first datagram.
do
	local s = socket()
	local c = peer(s)
	eq(list(c:recvfrom(5)), "nil " .. errno.TIMEDOUT)
	eq(list(s:recvfrom(0)), "nil " .. errno.TIMEDOUT)
	local got = channel.new()
	for i = 1, 3 do task.fork(function() got:push(i .. " " .. list(s:recvfrom())) end) end
	task.fork(function() got:push("timeout " .. list(s:recvfrom(1))) end)
	eq(got:pop(), "timeout nil " .. errno.TIMEDOUT)
	c:sendto "a"
	c:sendto "b"
	local first, second = got:pop(), got:pop()
	if first > second then first, second = second, first end
	eq(first, "1 a " .. c.localaddr)
	eq(second, "2 b " .. c.localaddr)
	task.fork(function() got:push("4 " .. list(s:recvfrom(60000))) end)
	time.sleep(1)
	eq(s:close(), true)
	first, second = got:pop(), got:pop()
	if first > second then first, second = second, first end
	eq(first, "3 nil " .. errno.CLOSED)
	eq(second, "4 nil " .. errno.CLOSED)
	eq(list(s:close()), "false " .. errno.CLOSED)
	eq(list(s:recvfrom()), "nil " .. errno.CLOSED)
	eq(list(s:sendto("x", c.localaddr)), "false " .. errno.CLOSED)
	eq(s:isalive(), false)
	c:close()
end

-- A task that receives without end lets others run.
do
	local s = socket()
	local c = peer(s)
	for i = 100, 299 do c:sendto(tostring(i)) end
	eventually(function() return s:unreadbytes() == 600 end)
	local other, ended = 0, false
	task.fork(function() while not ended do other = other + 1 time.sleep(0) end end)
	for i = 100, 299 do eq(s:recvfrom(), tostring(i)) end
	ended = true
	eq(other > 0, true)
	c:close() s:close()
end

-- Nobody at the peer's address: the error is reported once, and the socket can still be used.
do
	local s = socket()
	local address = s.localaddr
	local c = peer(s)
	s:close()
	eq(c:isalive(), true)
	eq(c:sendto "lost", true)
	eq(list(c:recvfrom(5000)), "nil " .. errno.CONNREFUSED)
	eq(c:isalive(), false)
	s = assert(udp.bind(address))
	eq(c:sendto "found", true)
	eq(s:recvfrom(5000), "found")
	s:sendto("back", c.localaddr)
	eq(c:recvfrom(5000), "back")
	s:close() c:close()
end

-- Local addresses: of a client, of all interfaces, of IPv6. Only one socket has an address.
do
	local s = assert(udp.bind ":0")
	local port = s.localaddr:match "^%[::%]:(%d+)$"
	local c = assert(udp.connect("127.0.0.1:" .. port, {bindaddr = "127.0.0.1:0"}))
	eq(c.localaddr:match "^127%.0%.0%.1:%d+$", c.localaddr)
	c:sendto "four"
	local data, from = s:recvfrom(5000)
	eq(from, c.localaddr)
	eq(s:sendto("back", from), true)
	eq(c:recvfrom(5000), "back")
	local c6 = assert(udp.connect("[::1]:" .. port, {bindaddr = ":0"}))
	c6:sendto "six"
	data, from = s:recvfrom(5000)
	eq(data .. from, "six" .. c6.localaddr)
	s:sendto("back", from)
	eq(c6:recvfrom(5000), "back")
	eq(list(udp.bind(c.localaddr)), "nil " .. errno.ADDRINUSE)
	eq(list(udp.connect("[::1]:" .. port, {bindaddr = "127.0.0.1:0"})):match "^nil ", "nil ")
	c:close() c6:close() s:close()
	local four, six = assert(udp.bind "0.0.0.0:0"), assert(udp.bind "[::1]:0")
	eq(list(four:sendto("x", "[::1]:9")):match "^false ", "false ")
	eq(list(six:sendto("x", "127.0.0.1:9")):match "^false ", "false ")
	c = assert(udp.connect("localhost:" .. four.localaddr:match "%d+$"))
	c:sendto "name"
	eq(four:recvfrom(5000), "name")
	eq(type(c.fd), "number")
	four:close() six:close() c:close()
	eq(c.fd, nil)
end

-- What cannot be sent, and addresses that are none.
do
	local s = socket()
	local c = peer(s)
	eq(list(s:sendto(("x"):rep(70000), c.localaddr)), "false " .. errno.MSGSIZE)
	eq(list(s:sendto "to nobody"), "false " .. errno.DESTADDRREQ)
	eq(list(c:sendto("x", "127.0.0.1:1")), "false " .. errno.ISCONN)
	for _, address in ipairs {"127.0.0.1", "localhost:1", "127.0.0.1:0", "127.0.0.1:65536", "::1:5", "[::1]", "x"} do
		eq(list(s:sendto("x", address)), "false " .. errno.INVAL, address)
	end
	for _, address in ipairs {"127.0.0.1", "localhost:0", "8080", "127.0.0.1:-1", "[::1:1", ""} do
		eq(list(udp.bind(address)), "nil " .. errno.INVAL, address)
	end
	eq(list(udp.connect "127.0.0.1"), "nil " .. errno.INVAL)
	eq(list(udp.connect("127.0.0.1:1", {bindaddr = "localhost:1"})), "nil " .. errno.INVAL)
	eq(list(udp.connect "no-such-host.invalid:1"), "nil " .. errno.RESOLVE)
	c:close() s:close()
end

-- <close>, and sockets that nobody can reach any more.
do
	local address
	do
		local s <close> = socket()
		address = s.localaddr
	end
	local s = assert(udp.bind(address))
	s = nil
	eventually(function()
		collectgarbage()
		local again = udp.bind(address)
		return again and again:close()
	end)
end

fails("bad argument #1 to 'bind' %(string expected, got no value%)", function() udp.bind() end)
fails("unknown option 'bindadr', did you mean 'bindaddr'", function() udp.connect("a:1", {bindadr = "x"}) end)
fails("field 'bindaddr'", function() udp.connect("a:1", {bindaddr = {}}) end)
local s = socket()
fails("string or list of strings expected", function() s:sendto(nil, "127.0.0.1:1") end)
fails("item 2: string expected, got table", function() s:sendto({"a", {}}, "127.0.0.1:1") end)
fails("#2.*string expected", function() s:sendto("x", {}) end)
fails("number expected", function() s:recvfrom "soon" end)
fails("udp socket expected", function() s.recvfrom({}) end)
s:close()
