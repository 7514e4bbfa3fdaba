-- silly.net.tls. What both have in common is tested in tcp.lua.
local tls, tcp, errno = require "silly.net.tls", require "silly.net.tcp", require "silly.errno"
local task, time, channel = require "silly.task", require "silly.time", require "silly.sync.channel"

local cert, key = certificate("one.test", "localhost")
local cert2, key2 = certificate("two.test")
local accepted = channel.new()
local function listen(conf)
	conf.addr = conf.addr or "127.0.0.1:0"
	conf.certs = conf.certs or {{cert = cert, key = key}}
	conf.accept = function(conn) accepted:push(conn) end
	return assert(tls.listen(conf))
end
local listener = listen {alpnprotos = {"h2", "echo/1"}}

-- pair() is both ends of a connection.
local function pair(opts, l)
	opts = opts or {}
	opts.ca = opts.ca or cert
	local client = assert(tls.connect((l or listener).addr, opts))
	return client, accepted:pop()
end

-- Bytes, lines, pieces, half-close, the end, timeouts.
do
	local a, b = pair()
	eq(a.remoteaddr, listener.addr)
	eq(a:write {"one\n", ("x"):rep(300000), "\n"}, true)
	eq(b:read "\n", "one\n")
	eq(#b:read(300000), 300000)
	eq(b:readline(), "\n")
	eq(list(b:read(1, 5)), "nil " .. errno.TIMEDOUT)
	eq(a:isalive() and b:isalive(), true)
	a:write "rest"
	eventually(function() return b:unreadbytes() == 4 end)
	a:closewrite()
	eq(list(b:read(5)), "nil " .. errno.EOF)
	eq(b:read(4), "rest")
	b:write "answer"
	b:close()
	eq(a:read(6), "answer")
	eq(list(a:read(1)), "nil " .. errno.EOF)
	eq(a:isalive(), false)
	eq(a:close(), true)
	eq(list(a:close()), "false " .. errno.CLOSED)
	eq(list(a:read(1)), "nil " .. errno.CLOSED)
end
do
	local a, b = pair()
	b:limit(1000)
	task.fork(function() while a:write(("x"):rep(65536)) do end end)
	eq(list(b:read "\n"), "nil " .. errno.MSGSIZE)
	eq(b:unreadbytes() <= 1000, true)
	a:close() b:close()
end

-- ALPN.
do
	local a, b = pair {alpnprotos = {"echo/1", "x"}}
	eq(a:alpnproto(), "echo/1")
	eq(b:alpnproto(), "echo/1")
	a:close() b:close()
	a, b = pair()
	eq(a:alpnproto(), nil)
	eq(b:alpnproto(), nil)
	a:close() b:close()
	local conn, err, reason = tls.connect(listener.addr, {ca = cert, alpnprotos = {"other"}})
	eq(list(conn, err, reason), "nil " .. errno.TLS .. " the peer refused tls (no application protocol)")
end

-- Trust: not without the authority, not for another name, for the name of the option, or for anyone.
do
	local conn, err, reason = tls.connect(listener.addr)
	eq(list(conn, err), "nil " .. errno.TLS)
	eq(reason, "certificate of the server is not trusted: signed by unknown authority")
	conn, err, reason = tls.connect(listener.addr, {ca = cert, hostname = "other.test"})
	eq(err, errno.TLS)
	eq(reason:find("not other.test", 1, true) ~= nil, true, reason)
	for _, opts in ipairs {{hostname = "one.test"}, {insecure = true, ca = cert2}, {hostname = "localhost"}} do
		local a, b = pair(opts)
		eq(a:peercert().dnsnames[1], "one.test")
		eq(b:peercert(), nil)
		a:close() b:close()
	end
	local l = listen {addr = ":0"}
	local a = assert(tls.connect("localhost" .. l.addr:match ":%d+$", {ca = cert}))
	a:close() accepted:pop():close() l:close()
end

-- Several certificates: the name decides. reload changes them for handshakes to come.
do
	local l = listen {certs = {{cert = cert, key = key}, {cert = cert2, key = key2}}}
	local function served(name)
		local a, b = pair({hostname = name, ca = cert .. cert2}, l)
		local names = a:peercert().dnsnames[1]
		a:close() b:close()
		return names
	end
	eq(served "two.test", "two.test")
	eq(served "one.test", "one.test")
	local a, b = pair({hostname = "one.test"}, l)
	eq(l:reload {certs = {{cert = cert2, key = key2}}, alpnprotos = {"new"}}, true)
	eq(served "two.test", "two.test")
	local conn, err = tls.connect(l.addr, {ca = cert, hostname = "one.test"})
	eq(list(conn, err), "nil " .. errno.TLS)
	a:write "old"
	eq(b:read(3), "old")
	a:close() b:close()
	eq(l:reload(), true)
	eq(list(l:reload {certs = {{cert = cert2, key = key}}}), "false " .. errno.TLS .. " bad certificate 1: private key does not match public key")
	eq(list(l:reload {ciphers = "nonsense"}), "false " .. errno.TLS .. " no cipher suite matches the list")
	eq(served "two.test", "two.test")
	a, b = pair({ca = cert2, hostname = "two.test", alpnprotos = {"new"}}, l)
	eq(a:alpnproto(), "new")
	a:close() b:close()
	eq(l:close(), true)
	eq(list(l:close()), "false " .. errno.CLOSED)
	eq(list(l:reload {}), "false " .. errno.CLOSED)
end

-- Certificates of clients.
do
	local l = listen {client_ca = cert2}
	local a, b = pair({cert = cert2, key = key2}, l)
	eq(b:peercert().dnsnames[1], "two.test")
	eq(b:peercert().pem, cert2)
	eq(#b:peercert().sha256, 64)
	eq(b:peercert().notafter > time.now() // 1000, true)
	a:close() b:close()
	for _, opts in ipairs {{ca = cert}, {ca = cert, cert = cert, key = key}} do
		local conn, err, reason = tls.connect(l.addr, opts)
		if conn then -- TLS 1.3 tells the client afterwards
			conn, err, reason = conn:read(1)
		end
		eq(list(conn, err), "nil " .. errno.TLS)
		eq(reason:match "^the peer refused tls", "the peer refused tls")
	end
	eq(l:reload {client_auth = "optional"}, true)
	a, b = pair({}, l)
	eq(b:peercert(), nil)
	a:close() b:close()
	eq(l:reload {client_auth = "none"}, true)
	a, b = pair({cert = cert, key = key}, l)
	eq(b:peercert(), nil)
	a:close() b:close() l:close()
end

-- A peer that does not speak TLS, or says nothing, or cuts the stream off.
do
	local l = listen {handshake_timeout = 30}
	local plain = assert(tcp.connect(l.addr))
	plain:write "GET / HTTP/1.1\r\n\r\n"
	eq(list(plain:read "\n"):match "^nil ", "nil ")
	plain:close()
	plain = assert(tcp.connect(l.addr))
	eq(list(plain:read(1)):match "^nil ", "nil ")
	plain:close() l:close()
	local server = assert(tcp.listen {addr = "127.0.0.1:0", accept = function(c) c:write "220 hello\r\n" c:read(1000) c:close() end})
	local conn, err, reason = tls.connect(server.addr)
	eq(list(conn, err, reason), "nil " .. errno.TLS .. " the peer does not speak tls")
	server:close()
	server = assert(tcp.listen {addr = "127.0.0.1:0", accept = function(c) c:read(100000) c:close() end})
	eq(list(tls.connect(server.addr, {timeout = 30})), "nil " .. errno.TIMEDOUT)
	server:close()
	local back
	local front = assert(tcp.listen {addr = "127.0.0.1:0", accept = function(c) -- which cuts off after a while
		local to = assert(tcp.connect(listener.addr))
		task.fork(function()
			while true do
				local data = to:read(1)
				if not data then break end
				c:write(data .. to:read(to:unreadbytes()))
			end
		end)
		while true do
			local data = c:read(1)
			if not data then break end
			to:write(data .. c:read(c:unreadbytes()))
			if back then to:close() c:close() end
		end
	end})
	local a = assert(tls.connect(front.addr, {ca = cert}))
	local b = accepted:pop()
	back = true
	a:write "go"
	eq(list(a:read(1)), "nil " .. errno.TLS .. " the stream ends without the peer having said so")
	a:close() b:close() front:close()
end

-- What is wrong with a configuration is said at once.
do
	local function refused(conf)
		conf.addr, conf.accept = "127.0.0.1:0", print
		return (list(tls.listen(conf)):gsub("^nil TLS error %(%d+%) ", ""))
	end
	eq(refused {certs = {{cert = "...", key = "..."}}}, "bad certificate 1: failed to find any PEM data in certificate input")
	eq(refused {certs = {}}, "certs is empty: a list of {cert = PEM, key = PEM} expected")
	eq(refused {certs = {{cert = cert, key = key2}}}, "bad certificate 1: private key does not match public key")
	eq(refused {certs = {{cert = cert, key = key}}, ciphers = "aNULL"}, "no cipher suite matches the list")
	eq(refused {certs = {{cert = cert, key = key}}, client_ca = "x"}, "client_ca has no certificate in PEM form")
	eq(refused {certs = {{cert = cert, key = key}}, client_auth = "required"}, "client_auth needs client_ca")
	eq(list(tls.connect("127.0.0.1:1", {ca = "x"})), "nil " .. errno.TLS .. " ca has no certificate in PEM form")
	eq(list(tls.connect("127.0.0.1:1", {cert = cert, key = key2})), "nil " .. errno.TLS .. " bad certificate: private key does not match public key")
	eq(list(tls.connect "127.0.0.1:1"), "nil " .. errno.CONNREFUSED)
	eq(list(tls.connect "127.0.0.1"), "nil " .. errno.INVAL)
end
fails("field 'certs': list of {cert = PEM, key = PEM} expected, got nil", function() tls.listen {addr = ":0", accept = print} end)
fails("field 'addr': string such as", function() tls.listen {certs = {{cert = cert, key = key}}, accept = print} end)
fails("field 'accept': function expected", function() tls.listen {certs = {{cert = cert, key = key}}, addr = ":0"} end)
fails("field 'client_auth': 'required', 'optional' or 'none' expected, got 'x'", function()
	tls.listen {certs = {{cert = cert, key = key}}, addr = ":0", accept = print, client_auth = "x"}
end)
fails("field 'alpnprotos': names of 1 to 255 bytes", function() tls.connect("a:1", {alpnprotos = {""}}) end)
fails("unknown option 'hostnam', did you mean 'hostname'", function() tls.connect("a:1", {hostnam = "x"}) end)
fails("unknown option 'cert'", function() listener:reload {cert = 1} end)
fails("tls connection expected", function() tls.connect(listener.addr, {ca = cert}).alpnproto({}) end)
accepted:pop():close()
listener:close()
