-- silly.net.addr.
local addr = require "silly.net.addr"

local function parsed(s) return list(addr.parse(s)) end
eq(parsed "127.0.0.1:8080", "127.0.0.1 8080")
eq(parsed "[::1]:443", "::1 443")
eq(parsed "example.com:80", "example.com 80")
eq(parsed "example.com", "example.com nil")
eq(parsed ":8080", "nil 8080")
eq(parsed "[]:8080", "nil 8080")
eq(parsed "::1:8080", "nil :1:8080")
eq(parsed "", "nil nil")
eq(parsed "[::1", "nil nil")
eq(parsed "[::1]8080", "nil nil")
eq(select("#", addr.parse "a"), 2)

eq(addr.join("127.0.0.1", "8080"), "127.0.0.1:8080")
eq(addr.join("::1", "443"), "[::1]:443")
eq(addr.join("", "8080"), ":8080")
eq(addr.join(nil, 8080), ":8080")
eq(addr.join("a"), "a")
eq(addr.join("[::1]", "1"), "[::1]:1")

for host, kind in pairs {["1.2.3.4"] = 4, ["::"] = 6, ["::ffff:1.2.3.4"] = 6, ["fe80::1%lo"] = 0, ["01.2.3.4"] = 0, [":1"] = 0, a = 0} do
	eq(addr.iptype(host), kind, host)
	eq(math.type(addr.iptype(host)), "integer")
	eq(addr.isv4(host), kind == 4, host)
	eq(addr.isv6(host), kind == 6, host)
	eq(addr.ishost(host), kind == 0, host)
end
eq(addr.iptype "", 0)
eq(addr.ishost "", false)

fails("bad argument #1 to 'parse' %(string expected, got nil%)", function() addr.parse(nil) end)
fails("bad argument #2 to 'join' %(string expected, got table%)", function() addr.join("a", {}) end)
for _, name in ipairs {"iptype", "isv4", "isv6", "ishost"} do
	fails("bad argument #1 to '%?' %(string expected, got boolean%)", function() addr[name](true) end)
end
