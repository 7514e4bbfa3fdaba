-- silly.net.dns, with nameservers that are scripts.
local dns, udp, tcp, errno = require "silly.net.dns", require "silly.net.udp", require "silly.net.tcp", require "silly.errno"
local task, time, channel = require "silly.task", require "silly.time", require "silly.sync.channel"

-- Messages (RFC 1035 section 4).
local function name(text)
	return (text:gsub("([^.]+)%.?", function(label) return string.pack("s1", label) end)) .. "\0"
end
local function rr(owner, type, data, ttl) return name(owner) .. string.pack(">I2I2I4s2", type, 1, ttl or 60, data) end
local function a(owner, ip, ttl)
	return rr(owner, 1, string.char(ip:match "(%d+)%.(%d+)%.(%d+)%.(%d+)"), ttl)
end
local function cname(owner, target, ttl) return rr(owner, 5, name(target), ttl) end
local function srv(owner, priority, weight, port, target)
	return rr(owner, 33, string.pack(">I2I2I2", priority, weight, port) .. name(target))
end
local function soa(owner, ttl)
	return rr(owner, 6, name "ns" .. name "admin" .. string.pack(">I4I4I4I4I4", 1, 2, 3, 4, ttl), ttl)
end
-- message(query, {answers}, rcode, authority, flags) answers a query.
local function message(query, answers, rcode, authority, flags)
	local head = query:sub(1, 2) .. string.pack(">I2I2I2I2I2", 0x8180 | (flags or 0) | (rcode or 0), 1, #answers, authority and 1 or 0, 0)
	local last = query:find("\0", 13, true) + 4
	return head .. query:sub(13, last) .. table.concat(answers) .. (authority or "")
end
-- question(query) is the name and the type that are asked for.
local function question(query)
	local labels, at = {}, 13
	while query:byte(at) ~= 0 do
		local label, next = string.unpack("s1", query, at)
		labels[#labels + 1], at = label, next
	end
	return table.concat(labels, "."), (string.unpack(">I2", query, at + 1))
end

-- nameserver(zone, address) answers what zone[name](query, type) returns, any number of messages; others do not exist. asked counts.
local asked = {}
local function nameserver(zone, address)
	local s = udp.bind(address)
	if not s then return end
	task.fork(function()
		while true do
			local query, from = s:recvfrom()
			if not query then return end
			local q, type = question(query)
			asked[q] = (asked[q] or 0) + 1
			for _, m in ipairs(zone[q] and {zone[q](query, type)} or {message(query, {}, 3, soa("test", 60))}) do
				s:sendto(m, from)
			end
		end
	end)
	return s
end

local zone, long = {}, {}
local server, streams
repeat -- until one port is free for both
	streams = assert(tcp.listen {addr = "127.0.0.1:0", accept = function(conn)
		local query = conn:read((string.unpack(">I2", conn:read(2))))
		conn:write(string.pack(">s2", message(query, long)))
		conn:close()
	end})
	server = nameserver(zone, streams.addr)
	if not server then streams:close() end
until server
local function use(opts)
	opts = opts or {}
	opts.nameservers = opts.nameservers or {server.localaddr}
	dns.conf(opts)
end
use()

eq(list(dns.A, dns.AAAA, dns.SRV), "1 28 33")

-- Addresses and services.
zone["www.test"] = function(q, t)
	if t == 28 then return message(q, {rr("www.test", 28, "\x20\x01\x0d\xb8" .. ("\0"):rep(11) .. "\1")}) end
	return message(q, {a("www.test", "192.0.2.1"), a("WWW.test", "192.0.2.2"), a("other.test", "192.0.2.3")})
end
eq(dns.lookup("www.test", dns.A), "192.0.2.1")
eq(table.concat(dns.resolve("WWW.Test.", dns.A), " "), "192.0.2.1 192.0.2.2")
eq(dns.lookup("www.test", dns.AAAA), "2001:db8:00:00:00:00:00:01")
eq(asked["www.test"], 2, "the second A is of the cache")
zone["_http._tcp.test"] = function(q) return message(q, {srv("_http._tcp.test", 10, 5, 80, "www.test"), srv("_http._tcp.test", 1, 0, 8080, "b.test")}) end
local s = dns.lookup("_http._tcp.test", dns.SRV)
eq(list(s.priority, s.weight, s.port, s.target), "10 5 80 www.test")
eq(#dns.resolve("_http._tcp.test", dns.SRV), 2)

-- What is an address already; names that are none.
eq(dns.lookup("192.0.2.7", dns.A), "192.0.2.7")
eq(dns.lookup("::1", dns.A), "::1")
eq(table.concat(dns.resolve("192.0.2.7", dns.AAAA)), "192.0.2.7")
eq(list(dns.isname "a.test", dns.isname "::1", dns.isname "1.2.3.4", dns.isname "1.2.3", dns.isname ""), "true false false true true")
for _, n in ipairs {"", ".", "a..b", ("x"):rep(64) .. ".test", ("abc."):rep(70), "\xff.test"} do
	eq(list(dns.lookup(n, dns.A)), "nil " .. errno.INVAL, n)
end

-- Nothing: a name that does not exist, and one without such records. Both are remembered.
eq(list(dns.lookup("gone.test", dns.A)), "nil " .. errno.RESOLVE)
eq(list(dns.resolve("gone.test", dns.A)), "nil " .. errno.RESOLVE)
eq(asked["gone.test"], 1)
zone["empty.test"] = function(q) return message(q, {}, 0, soa("test", 60)) end
eq(#dns.resolve("empty.test", dns.A), 0)
eq(list(dns.lookup("empty.test", dns.A)), "nil " .. errno.RESOLVE)
eq(asked["empty.test"], 1)
zone["short.test"] = function(q) return message(q, {a("short.test", "192.0.2.4", 0)}) end
eq(dns.lookup("short.test", dns.A), "192.0.2.4")
eq(dns.lookup("short.test", dns.A), "192.0.2.4")
eq(asked["short.test"], 2, "a time to live of 0")

-- Aliases, in one message and across several, and those without an end.
zone["alias.test"] = function(q) return message(q, {a("www.test", "192.0.2.1"), cname("alias.test", "Middle.test"), cname("middle.test", "www.test")}) end
eq(dns.lookup("alias.test", dns.A), "192.0.2.1")
zone["far.test"] = function(q) return message(q, {cname("far.test", "www.test")}) end
eq(#dns.resolve("far.test", dns.A), 2)
zone["dangling.test"] = function(q) return message(q, {cname("dangling.test", "gone.test")}) end
eq(list(dns.lookup("dangling.test", dns.A)), "nil " .. errno.RESOLVE)
zone["loop.test"] = function(q) return message(q, {cname("loop.test", "loop2.test"), cname("loop2.test", "loop.test")}) end
eq(list(dns.lookup("loop.test", dns.A)), "nil too many aliases (CNAME)")
zone["ping.test"] = function(q) return message(q, {cname("ping.test", "pong.test")}) end
zone["pong.test"] = function(q) return message(q, {cname("pong.test", "ping.test")}) end
eq(list(dns.lookup("ping.test", dns.A)), "nil too many aliases (CNAME)")
eq(asked["ping.test"] + asked["pong.test"] <= 20, true)

-- Messages that are no answer do not count: of another query, of another question, and broken ones.
zone["forged.test"] = function(q)
	local good = message(q, {a("forged.test", "192.0.2.1")})
	local wrong = message(q, {a("forged.test", "6.6.6.6")})
	local other = string.pack(">I2", (string.unpack(">I2", q) + 1) & 0xffff) .. wrong:sub(3)
	local another = wrong:gsub("forged", "foiled", 1)
	return other, another, q, "x", "", good
end
eq(dns.lookup("forged.test", dns.A), "192.0.2.1")

-- An answer that is too long for UDP comes over TCP.
for i = 1, 2000 do long[i] = a("long.test", "10.0." .. i // 256 .. "." .. i % 256) end
zone["long.test"] = function(q) return message(q, {}, 0, nil, 0x200) end
local ips = dns.resolve("long.test", dns.A)
eq(#ips, 2000)
eq(ips[2000], "10.0.7.208")
streams:close()
eq(list(dns.lookup("long.test", dns.AAAA)), "nil " .. errno.CONNREFUSED)

-- Nameservers that cannot, or do not: the next one is asked, and what one says is reported.
zone["sick.test"] = function(q) return message(q, {}, 2) end
eq(list(dns.lookup("sick.test", dns.A)), "nil the nameserver answers SERVFAIL")
eq(asked["sick.test"], 3)
zone["lame.test"] = function(q) return message(q, {}, 0):gsub("\x81\x80", "\x81\0", 1), nil end
eq(list(dns.lookup("lame.test", dns.A)), "nil the nameserver does not answer for this name")
zone["old.test"] = function(q)
	if q:byte(12) == 1 then return message(q, {}, 1) end -- which has EDNS
	return message(q, {a("old.test", "192.0.2.9")})
end
eq(dns.lookup("old.test", dns.A), "192.0.2.9")
local silent = assert(udp.bind "127.0.0.1:0")
use {nameservers = {silent.localaddr, server.localaddr}}
eq(dns.lookup("www.test", dns.A, 20), "192.0.2.1")
use {nameservers = {silent.localaddr}, attempts = 1}
local begin = time.monotonic()
eq(list(dns.lookup("www.test", dns.A, 20)), "nil " .. errno.TIMEDOUT)
eq(time.monotonic() - begin >= 55, true, "the second try has twice the time")
eq(list(dns.lookup("www.test", dns.A, 0)), "nil " .. errno.TIMEDOUT)

-- A new configuration ends what is going on, and forgets what it knew.
local ended = channel.new()
for i = 1, 3 do task.fork(function() ended:push(list(dns.lookup("n" .. i // 2 .. ".test", dns.A, 60000))) end) end
local queries = {}
repeat queries[question((silent:recvfrom()))] = true until queries["n0.test"] and queries["n1.test"]
use()
for _ = 1, 3 do eq(ended:pop(), "nil Dns reconfigured") end
local before = asked["www.test"]
eq(dns.lookup("www.test", dns.A), "192.0.2.1")
eq(asked["www.test"], before + 1)

-- Lookups of the same at the same time are one.
local release = channel.new()
zone["slow.test"] = function(q) release:pop() return message(q, {a("slow.test", "192.0.2.5")}) end
for _ = 1, 50 do task.fork(function() ended:push(dns.lookup("slow.test", dns.A, 60000)) end) end
eventually(function() return asked["slow.test"] end)
release:push(true)
for _ = 1, 50 do eq(ended:pop(), "192.0.2.5") end
eq(asked["slow.test"], 1)

-- The search list is for names with few dots.
use {search = {"example.test", "test"}}
eq(dns.lookup("www", dns.A), "192.0.2.1")
eq(asked["www.example.test"], 1)
eq(list(dns.lookup("www.", dns.A)), "nil " .. errno.RESOLVE)
use {search = {"test"}, ndots = 3}
zone["a.b.test"] = function(q) return message(q, {a("a.b.test", "192.0.2.6")}) end
eq(dns.lookup("a.b", dns.A), "192.0.2.6")
use {search = {"test"}, ndots = 0}
eq(list(dns.lookup("www", dns.A)), "nil " .. errno.RESOLVE)

-- Hosts come first; localhost needs nobody.
use {nameservers = {"127.0.0.1:1"}}
dns.sethosts "192.0.2.10 db.test DB2.test # a comment\n192.0.2.11 db.test\n::5 db.test\nnonsense\n"
eq(table.concat(dns.resolve("Db.Test", dns.A), " "), "192.0.2.10 192.0.2.11")
eq(dns.lookup("db2.test.", dns.A), "192.0.2.10")
eq(dns.lookup("db.test", dns.AAAA), "00:00:00:00:00:00:00:05")
dns.sethosts "192.0.2.12 db.test"
eq(table.concat(dns.resolve("db.test", dns.A), " "), "192.0.2.12")
eq(dns.lookup("db.test", dns.AAAA), "00:00:00:00:00:00:00:05")
eq(dns.lookup("localhost", dns.A), "127.0.0.1")
eq(dns.lookup("x.localhost", dns.AAAA), "00:00:00:00:00:00:00:01")
eq(list(dns.lookup("other.test", dns.A)), "nil " .. errno.CONNREFUSED)

fails("argument #1 to 'lookup' %(string expected", function() dns.lookup(nil, dns.A) end)
fails("argument #2 to 'resolve' %(dns.A, dns.AAAA or dns.SRV expected, got 5%)", function() dns.resolve("a", 5) end)
fails("argument #2 to 'lookup' %(number expected", function() dns.lookup("a") end)
fails("argument #3", function() dns.lookup("a", dns.A, "soon") end)
fails("table expected", function() dns.conf() end)
fails("field 'nameservers': IP address, perhaps with a port, expected, got 'localhost'", function() dns.conf {nameservers = {"localhost"}} end)
fails("field 'attempts': integer of at least 0 expected, got %-1", function() dns.conf {attempts = -1} end)
fails("unknown option 'nameserver', did you mean 'nameservers'", function() dns.conf {nameserver = {}} end)
fails("string expected", function() dns.sethosts {} end)
fails("string expected", function() dns.isname() end)
silent:close() server:close()
