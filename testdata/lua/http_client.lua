-- silly.net.http, client: streams, total times, URLs as they are sent.
local http = require "silly.net.http"
local task = require "silly.task"
local time = require "silly.time"
local channel = require "silly.sync.channel"
local websocket = require "silly.net.websocket"

local routes = {}
local server = assert(http.listen {addr = "127.0.0.1:8080", handler = function(stream)
	local route = routes[stream.path]
	if not route then return stream:respond(404, {}, true) end
	return route(stream)
end})
local base = "http://" .. server.addr

-- URLs: what may not stand in a request is escaped, the fragment is not sent.
function routes.target(s) s:respond(200, {}) s:closewrite(s.target .. " " .. s.header.host) end
setmetatable(routes, {__index = function(t, path) if path:find("^/t") then return t.target end end})
for url, want in pairs {
	["/t?a=b c"] = "/t?a=b%20c",
	["/t b%20c?x"] = "/t%20b%20c?x",
	["/t\xc3\xbc?\xff"] = "/t%C3%BC?%FF",
	["/t%2Fu v"] = "/t%2Fu%20v",
	["/t#fragment"] = "/t",
	["/t?x#fragment?y"] = "/t?x",
	["/t?a=%zz;b"] = "/t?a=%zz;b",
	['/t"<>`{}|^\\?"<>`{}|^\\\''] = "/t%22%3C%3E%60%7B%7D%7C%5E%5C?%22%3C%3E%60%7B%7D%7C%5E%5C%27",
} do
	eq(assert(http.get(base .. url)).body, want .. " 127.0.0.1:8080", url)
	local s <close> = assert(http.request("GET", base .. url))
	eq(s:readall(), want .. " 127.0.0.1:8080", url)
end
eq(assert(http.get("http://127.0.0.1:8080/t", {Host = "other"})).body, "/t other")
for _, url in ipairs {
	"/t\n", "/t\r\nX: y", "/t\0", "/t\x7f", "/t?\t", "/t#\n", "/t%zz", "/t%",
} do
	eq(list(http.get(base .. url)), "nil Invalid url", url)
	eq(list(http.post(base .. url)), "nil Invalid url", url)
	eq(list(http.request("GET", base .. url)), "nil Invalid url", url)
end
for _, url in ipairs {"http://a b/", "http://a\u{2100}b/", "http://a\u{ff0f}b/", "http://\xff/", "http://a|b/", "http://a%2fb/", "http://[::1/", "http://h:0/"} do
	eq(list(http.get(url)), "nil Invalid url", url)
end
eq(list(http.get("http://b\u{fc}cher.invalid/")), "nil connect xn--bcher-kva.invalid:80: lookup xn--bcher-kva.invalid: no such host")
eq(list(websocket.connect("ws://b\u{fc}cher.invalid/")), "nil connect xn--bcher-kva.invalid:80: lookup xn--bcher-kva.invalid: no such host")
eq(list(http.get(base .. "/t", {Host = "a b"})), 'nil bad value of header "Host": it is not one host')

-- WebSockets: the same, but a fragment is an error (RFC 6455 section 3).
routes["/w s"] = function(s) local k = assert(websocket.upgrade(s)) k:write(s.target, "text") k:close() end
local sock = assert(websocket.connect("ws://" .. server.addr .. "/w s?a=\xff|%zz"))
eq(sock:read(), "/w%20s?a=%FF%7C%zz")
sock:close()
eq(list(websocket.connect("ws://h/#x")), "nil invalid websocket url: fragment is not allowed")
eq(list(websocket.connect("ws://h/\n")), "nil invalid websocket url: control characters are not allowed")
eq(list(websocket.connect("ws://h/%zz")), "nil invalid websocket url: path has a bad percent escape")

-- read and readall wait for the response; then its fields are set.
routes["/parts"] = function(s)
	s:respond(201, {["content-length"] = 6, ["x-y"] = "z"})
	s:write("abc")
	s:write("def")
end
local s = assert(http.request("GET", base .. "/parts"))
eq(list(s.status, s.header, s.version, s.eof, s.err), "nil nil nil false nil")
eq(list(s:read(4)), "abcd")
eq(list(s.status, s.header["x-y"], s.version, s.eof), "201 z HTTP/1.1 false")
eq(list(s:read(3)), "nil end of file")
eq(list(s.eof, s.err), "false nil")
eq(list(s:read(2)), "ef")
eq(s.eof, true)
eq(list(s:read(1)), "nil end of file")
eq(list(s:readall()), "")
eq(list(s:read(0)), "")
s:close()
eq(list(s:read(0)), "nil stream is closed")
eq(s.err, "stream is closed")
s = assert(http.request("DELETE", base .. "/parts"))
eq(list(s:readall(), s.status, s.eof), "abcdef 201 true")
s = assert(http.request("GET", base .. "/parts"))
local status, header = s:readheader()
eq(list(status, header["x-y"], s.status, s.header == header, s.eof), "201 z 201 true false")
status, header = s:readheader()
eq(list(status, header["x-y"]), "201 z")
eq(s:readall(), "abcdef")

-- A response without a body is at its end at once.
for _, how in ipairs {{"HEAD", "/parts"}, {"GET", "/none"}} do
	routes["/none"] = function(s) s:respond(204, {}, true) end
	s = assert(http.request(how[1], base .. how[2]))
	assert(s:waitresponse())
	eq(list(s.eof, s:readall(), s.eof, s.err), "true  true nil")
end

-- Chunks, and a trailer behind them.
routes["/chunks"] = function(s) s:respond(200, {}) s:write("abc") s:closewrite("", {["x-end"] = 1}) end
s = assert(http.request("GET", base .. "/chunks"))
eq(s:readall(), "abc")
eq(list(s.eof, s.trailer["x-end"]), "true 1")

-- flush is there: what was written leaves by itself.
routes["/echo"] = function(s)
	s:respond(200, {})
	s:write(s:read(3))
	s:closewrite(s:readall())
end
for _, h in ipairs {{}, {["content-length"] = 6}} do
	s = assert(http.request("POST", base .. "/echo", h))
	eq(s:write("abc"), true)
	eq(s:flush(), true)
	eq(s:read(3), "abc")
	eq(s:write("def"), true)
	if h["content-length"] then
		eq(list(s:write("g")), "false body is longer than content-length")
	end
	eq(s:closewrite(), true)
	eq(s:flush(), true)
	eq(list(s:write("g")), h["content-length"] and "false body is longer than content-length" or "false stream is closed")
	eq(list(s:readall(), s.eof), "def true")
	s:close()
	eq(list(s:flush()), "false stream is closed")
end

-- A body of declared length is complete without closewrite.
routes["/put"] = function(s)
	local body = s:readall()
	if not body then return s:close() end
	s:respond(200, {})
	s:closewrite("got " .. body)
end
do
	local stream <close>, err = http.request("PUT", base .. "/put", {["content-length"] = 12}, false, {"http/1.1", "h2"})
	eq(err, nil)
	eq(stream:write("Updated data"), true)
	eq(list((stream:readheader())), "200")
	eq(stream:readall(), "got Updated data")
end

-- A request whose body is not ended waits for an early answer, and not for ever.
routes["/early"] = function(s) s:respond(413, {}) s:closewrite("too much") end
s = assert(http.request("PUT", base .. "/early"))
s:write("begin")
eq(list(s:readall()), "too much")
eq(s.status, 413)
s:close()
local impatient = assert(http.newclient {read_timeout = 50})
s = assert(impatient:request("PUT", base .. "/put"))
s:write("begin")
eq(list(s:readall()), "nil timeout")
eq(list(s.err, s.status), "timeout nil")
eq(list(s:write("more")), "false timeout")
eq(list(s:closewrite()), "false timeout")
eq(list(s:flush()), "false timeout")
eq(list(s:waitresponse()), "false timeout")
eq(list(s:readheader()), "nil timeout")
s:close()

-- While a script writes, or thinks, nobody waits for the server.
local patient = assert(http.newclient {read_timeout = 1000})
s = assert(patient:request("PUT", base .. "/put"))
local done = channel.new()
task.fork(function() done:push(list(s:readall())) end)
for i = 1, 12 do
	time.sleep(100)
	assert(s:write("x"))
end
s:closewrite()
eq(done:pop(), "got xxxxxxxxxxxx")
s = assert(patient:request("PUT", base .. "/put"))
time.sleep(1200)
eq(s:closewrite("y"), true)
eq(s:readall(), "got y")

-- The timeout of one read leaves the stream as it is.
local go = channel.new()
routes["/slow"] = function(s) s:respond(200, {["content-length"] = 10}) s:write("12345") go:pop() s:write("67890") end
s = assert(http.request("GET", base .. "/slow"))
eq(list(s:read(10, 20)), "nil timeout")
eq(list(s.err, s.eof), "timeout false")
eq(list(s:read(5)), "12345")
go:push(true)
eq(list(s:readall(), s.eof), "67890 true")
routes["/later"] = function(s) go:pop() s:respond(200, {}) s:closewrite("later") end
s = assert(http.request("GET", base .. "/later"))
eq(list(s:read(5, 20)), "nil timeout")
eq(list(s:readheader(20)), "nil timeout")
eq(s.status, nil)
go:push(true)
eq(list(s:readall(), s.status), "later 200")

-- The total time of get and post, which a server that sends a little now and then does not prolong.
local quit
routes["/drip"] = function(s)
	s:respond(200, {})
	while not quit and s:write("x") do time.sleep(10) end
end
routes["/never"] = function(s) while not quit and s.conn:isalive() do time.sleep(10) end end
local hasty = assert(http.newclient {timeout = 300})
for _, path in ipairs {"/drip", "/never"} do
	eq(list(http.get(base .. path, nil, {timeout = 300})), path == "/drip" and "nil response body: timeout" or "nil timeout")
	eq(list(http.post(base .. path, {}, "body", {timeout = 300})), path == "/drip" and "nil response body: timeout" or "nil timeout")
	eq(list(hasty:get(base .. path)), path == "/drip" and "nil response body: timeout" or "nil timeout")
	eq(list(hasty:post(base .. path)), path == "/drip" and "nil response body: timeout" or "nil timeout")
end
eq(hasty:get(base .. "/t", nil, {timeout = 0}).status, 200)
eq(http.get(base .. "/t", nil, {timeout = 10000}).status, 200)
eq(http.get(base .. "/t", nil, {}).status, 200)

-- And of a stream, until it has ended.
for _, open in ipairs {
	function() return http.request("POST", base .. "/drip", nil, {timeout = 300}) end,
	function() return http.request("POST", base .. "/drip", nil, false, nil, {timeout = 300}) end,
	function() return http.request("POST", base .. "/drip", nil, nil, {"http/1.1"}, {timeout = 300}) end,
	function() return hasty:request("POST", base .. "/drip") end,
} do
	s = assert(open())
	eq(list(s:readall()), "nil timeout")
	eq(list(s.status, s.err), "200 timeout")
	eq(list(s:read(1)), "nil timeout")
	eq(list(s:write("x")), "false timeout")
	eq(list(s:closewrite()), "false timeout")
	s:close()
	eq(list(s:read(1)), "nil stream is closed")
end
s = assert(hasty:request("POST", base .. "/put"))
time.sleep(400) -- also when nobody waits
eq(list(s:write("x")), "false timeout")
eq(list(s:readall()), "nil timeout")
s = assert(http.request("GET", base .. "/parts", nil, {timeout = 1000}))
eq(s:readall(), "abcdef")
time.sleep(1200) -- it has ended before
eq(list(s:readall(), s.err), " nil")
quit = true

-- Options are checked.
for _, f in ipairs {
	function(opts) return http.get(base .. "/t", nil, opts) end,
	function(opts) return http.post(base .. "/t", nil, nil, opts) end,
	function(opts) return http.request("GET", base .. "/t", nil, opts) end,
	function(opts) return http.request("GET", base .. "/t", nil, false, nil, opts) end,
	function(opts) return hasty:get(base .. "/t", nil, opts) end,
} do
	fails("unknown option 'timeouts', did you mean 'timeout'", f, {timeouts = 1})
	fails("unknown option 'read_timeout', known are timeout", f, {read_timeout = 1})
	fails("field 'timeout': number of milliseconds expected, got string", f, {timeout = "1"})
	fails("field 'timeout': milliseconds of at least 0 expected, got %-1", f, {timeout = -1})
end
fails("table expected, got number", http.get, base .. "/t", nil, 1000)
fails("table expected, got number", http.post, base .. "/t", nil, "", 1000)
fails("boolean or table expected, got number", http.request, "GET", base .. "/t", nil, 1000)
fails("table expected, got string", http.request, "GET", base .. "/t", nil, true, "h2")
fails("item 1: string expected, got number", http.request, "GET", base .. "/t", nil, true, {2})
fails("field 'timeout': number of milliseconds expected, got string", http.newclient, {timeout = "1"})
eq(list(http.request("GET", base .. "/t", nil, true, {"h3"})), 'nil alpnprotos: unknown protocol "h3", known are h2 and http/1.1')

-- With close there is no body, and the connection is not kept.
routes["/close"] = function(s) s:respond(200, {}) s:closewrite(s.method .. (s.header["content-length"] or "-") .. s.header.connection .. s:readall()) end
for method, want in pairs {GET = "GET-close", POST = "POST0close"} do
	s = assert(http.request(method, base .. "/close", nil, true))
	eq(list(s:write("x")), method == "x" or "false body is longer than content-length")
	eq(list(s:readall()), want)
	s:close()
end
eq(list(http.request("PUT", base .. "/close", {["content-length"] = 2}, true)), "nil body is shorter than content-length by 2 bytes")

-- <close> ends the stream, also when the block fails.
local seen = channel.new()
routes["/cut"] = function(s) seen:push(list(s:readall())) end
local kept
pcall(function()
	local stream <close> = assert(http.request("POST", base .. "/cut"))
	stream:write("part")
	kept = stream
	error("x")
end)
eq(seen:pop(), "nil end of file")
eq(list(kept:write("x")), "false stream is closed")

-- A stream that is garbage is closed.
do http.request("POST", base .. "/cut"):write("part") end
local found
task.fork(function() found = seen:pop() end)
eventually(function() collectgarbage() return found end)
eq(found, "nil end of file")

-- An answer with 101 is an error at once: nobody has asked for another protocol, or could speak it.
local gone = channel.new()
routes["/ws"] = function(s) local k = assert(websocket.upgrade(s, {ping_interval = 0, idle_timeout = 0})) gone:push(list(k:read())) end
local upgrade = {Connection = "Upgrade", Upgrade = "websocket", ["Sec-WebSocket-Version"] = "13", ["Sec-WebSocket-Key"] = "dGhlIHNhbXBsZSBub25jZQ=="}
eq(list(http.get(base .. "/ws", upgrade)), "nil the server switched to another protocol")
eq(gone:pop(), "nil end of file ")
s = assert(http.request("GET", base .. "/ws", upgrade))
eq(list(s:waitresponse()), "false the server switched to another protocol")
eq(list(s:readall()), "nil the server switched to another protocol")
eq(gone:pop(), "nil end of file ")
s:close()

server:close()
