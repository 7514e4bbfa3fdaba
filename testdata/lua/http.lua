-- silly.net.http: what a handler sees and what the client gets.
local http = require "silly.net.http"
local task = require "silly.task"
local time = require "silly.time"

local channel = require "silly.sync.channel"
local routes = {}
local server = assert(http.listen {addr = "127.0.0.1:8080", handler = function(stream) routes[stream.path](stream) end})
eq(server.addr, "127.0.0.1:8080")
local base = "http://" .. server.addr
-- serve runs handler for one request; check looks at the stream, errors inside reach the test.
local failure
local function route(handler)
	failure = nil
	routes["/x"] = function(stream)
		local ok, err = pcall(handler, stream)
		if not ok then failure = err error(err, 0) end
	end
end
local function checked(...)
	if failure then error(failure, 2) end
	return ...
end

-- Fields of the stream.
route(function(stream)
	eq(type(stream), "table")
	eq(list(stream.method, stream.path, stream.version, stream.scheme), "POST /x HTTP/1.1 http")
	eq(stream.query.a, "1 2")
	eq(list(unpack(stream.query.b)), "x y")
	eq(stream.query.none, nil)
	eq(stream.header["x-one"], "1")
	eq(list(unpack(stream.header["x-many"])), "p q")
	eq(stream.header.host, "127.0.0.1:8080")
	assert(stream.remoteaddr:match("^127%.0%.0%.1:%d+$"), stream.remoteaddr)
	eq(stream.conn.remoteaddr, stream.remoteaddr)
	eq(stream.conn.localaddr, "127.0.0.1:8080")
	eq(stream.conn:isalive(), true)
	eq(stream.conn:unsentbytes(), 0)
	stream.mine = "my own field"
	eq(stream.mine, "my own field")
	eq(stream:read(4), "body")
	eq(list(stream:read(100)), "nil end of file")
	eq(stream:readall(), " of the request")
	eq(stream:readall(), "")
	eq(stream:respond(201, {["content-type"] = "text/plain", ["X-List"] = {"a", 2}, ["x-num"] = 3}), true)
	eq(list(stream:respond(200, {})), "false already responded")
	eq(stream:closewrite("done"), true)
	eq(list(stream:write("more")), "false stream is closed")
	eq(list(stream:closewrite()), "false stream is closed")
end)
local mine = {["X-One"] = 1, ["X-Many"] = {"p", "q"}}
local r = checked(assert(http.post(base .. "/x?a=1%202&b=x&b=y", mine, "body of the request")))
eq(list(r.status, r.body, r.header["content-type"], r.header["x-num"], r.header["content-length"]), "201 done text/plain 3 4")
eq(list(unpack(r.header["x-list"])), "a 2")
eq(mine["X-One"], 1)
eq(mine["content-length"], nil)

-- Responses that the handler leaves to the host.
local function answer(handler, method)
	route(handler)
	local s = assert(http.request(method or "GET", base .. "/x"))
	s:closewrite()
	local ok, err = s:waitresponse()
	if not ok then return err end
	local body, e = s:readall()
	s:close()
	return list(s.status, s.header["content-length"], e or ("%q"):format(body))
end
eq(answer(function() end), '200 0 ""')
eq(answer(function(s) s:respond(404, {}) end), '404 0 ""')
eq(answer(function(s) s:respond(204, {}, true) end), '204 nil ""')
eq(answer(function(s) s:respond(200, {}) s:write("a") s:write("") s:write("b") end), '200 nil "ab"')
eq(answer(function(s) s:respond(200, {["content-length"] = 3}) s:write("abc") end), '200 3 "abc"')

-- What may not be sent is refused with a reason, and the handler can go on.
eq(answer(function(s)
	eq(list(s:respond(99, {})), "false bad status 99: it must be from 200 to 999")
	eq(list(s:respond(1000, {})), "false bad status 1000: it must be from 200 to 999")
	eq(list(s:respond(200, {["a b"] = "x"})), 'false bad header name "a b"')
	eq(list(s:respond(200, {a = "x\r\nset-cookie: y"})), 'false bad value of header "A": byte 0x0d is not allowed')
	eq(list(s:respond(200, {["content-length"] = "x"})), 'false bad content-length "x"')
	eq(list(s:write("x")), "false respond comes before the body")
	eq(s:respond(200, {["content-length"] = "2"}), true)
	eq(list(s:write("abc")), "false body is longer than content-length")
	eq(s:write("ab"), true)
	eq(list(s:closewrite("c")), "false body is longer than content-length")
	eq(s:closewrite(), true)
end), '200 2 "ab"')
eq(answer(function(s)
	s:respond(304, {})
	eq(list(s:write("x")), "false a response with status 304 has no body")
end), '304 nil ""')
eq(answer(function(s)
	s:respond(200, {["content-type"] = "text/plain"})
	eq(list(s:write("x")), "false the response to HEAD has no body")
end, "HEAD"), '200 nil ""')
checked()

-- A body that is shorter than promised, or a stream given up, is cut off; never passed off as complete.
assert(answer(function(s) s:respond(200, {["content-length"] = 10}) s:write("abc") s:closewrite() end):find("before its response was complete"))
assert(answer(function(s) s:respond(200, {}) s:write("abc") s:close() end):find("before its response was complete"))
assert(answer(function(s) s:close() end):find("before its response was complete"))
eq(failure, nil)

-- Trailers, both ways.
route(function(stream)
	eq(stream:readall(), "up")
	stream:respond(200, {})
	stream:write("down")
	stream:closewrite(nil, {["x-sum"] = "42"})
end)
local s = assert(http.request("POST", base .. "/x"))
eq(s:write("u"), true)
eq(s:closewrite("p", {["x-check"] = "1"}), true)
eq(list(s:write("late")), "false stream is closed")
eq(s:waitresponse(), true)
eq(s:readall(), "down")
eq(s.trailer["x-sum"], "42")
s:close()
checked()

-- A response streams while the handler waits: the head first, then each part.
local go = channel.new()
route(function(stream)
	stream:respond(200, {})
	go:pop()
	stream:write("one")
	go:pop()
	stream:closewrite("two")
end)
s = assert(http.request("GET", base .. "/x"))
eq(s:waitresponse(), true)
eq(s.status, 200)
go:push(1)
eq(s:read(3), "one")
go:push(2)
eq(s:readall(), "two")
s:close()

-- closewrite completes the response while the handler goes on.
local finished = false
route(function(stream) stream:respond(200, {}) stream:write("a") stream:closewrite("b") go:pop() finished = true end)
eq(http.get(base .. "/x").body, "ab")
eq(finished, false)
go:push(3)
eventually(function() return finished end)

-- Timeouts of the client.
route(function(stream) go:pop() end)
s = assert(http.request("GET", base .. "/x"))
eq(list(s:waitresponse(10)), "false timeout")
go:push(4)
eq(s:waitresponse(), true)
s:close()
route(function(stream) stream:respond(200, {}) stream:write("a") go:pop() end)
s = assert(http.request("GET", base .. "/x"))
eq(s:waitresponse(), true)
eq(list(s:read(2, 10)), "nil timeout")
eq(list(s:read(1, 1000)), "a")
go:push(5)
eq(list(s:readall()), "")
s:close()

-- Timeouts of the server while it reads.
-- Reading goes on where it stopped.
for _, header in ipairs {{}, {["content-length"] = 8}} do
	route(function(stream)
		eq(list(stream:readall(20)), "nil timeout")
		eq(list(stream:read(8, 10)), "nil timeout")
		go:push("tried twice")
		eq(stream:readall(5000), "halfhalf")
		stream:respond(200, {}, true)
	end)
	s = assert(http.request("POST", base .. "/x", header))
	s:write("half")
	go:pop()
	s:closewrite("half")
	eq(s:waitresponse(), true)
	eq(checked(s.status), 200)
	s:close()
end
-- A handler may leave while a read goes on: the response is complete all the same.
route(function(stream) eq(list(stream:readall(10)), "nil timeout") stream:respond(408, {}, true) end)
s = assert(http.request("POST", base .. "/x"))
s:write("half")
eq(s:waitresponse(), true)
eq(s.status, 408)
s:close()
checked()

-- A request body has the length that its header promises.
route(function(stream) stream:readall() stream:respond(200, {}, true) end)
s = assert(http.request("POST", base .. "/x", {["content-length"] = 3}))
eq(list(s:write("abcd")), "false body is longer than content-length")
eq(s:write("abc"), true)
eq(s:closewrite(), true)
eq(s:waitresponse(), true)
s = assert(http.request("POST", base .. "/x", {["content-length"] = 3}))
eq(list(s:closewrite("ab")), "false body is shorter than content-length by 1 bytes")

-- Bad calls of the client.
eq(list(http.get("ftp://x/")), "nil Invalid url")
eq(list(http.get("nonsense")), "nil Invalid url")
eq(list(http.get("http://")), "nil Invalid url")
eq(list(http.get("http://h:99999/")), "nil Invalid url")
eq(list(http.get("http://127.0.0.1:81/")), "nil connect 127.0.0.1:81: connection refused")
eq(list(http.get("http://elsewhere.example/")), "nil connect elsewhere.example:80: lookup elsewhere.example: no such host")
eq(list(http.request("BAD METHOD", base)), 'nil bad method "BAD METHOD"')
eq(list(http.get(base, {["x"] = "a\nb"})), 'nil bad value of header "X": byte 0x0a is not allowed')
fails("bad argument #2 to 'get' %(table expected, got string%)", function() http.get(base, "x") end)
fails("header 'x': string, number or list expected, got boolean", function() http.get(base, {x = true}) end)
fails("bad argument #2 to 'write' %(", function() s.write(s, {}) end)
fails("calling 'write' on bad self %(http client stream expected, got table%)", function() ({write = s.write}):write("x") end)

-- Limits of the server.
local small = assert(http.listen {addr = ":81", max_body = 10, max_header = 8192, handler = function(stream)
	local body, err = stream:readall()
	stream:respond(body and 200 or 413, {})
	stream:closewrite(body or err)
end})
eq(http.post("http://localhost:81/", nil, "0123456789").body, "0123456789")
eq(http.post("http://localhost:81/", nil, "0123456789x").body, "request body exceeds max_body (10 bytes)")
eq(http.get("http://localhost:81/", {["x-big"] = ("x"):rep(20000)}).status, 431)
small:close()
eq(list(http.get("http://localhost:81/")), "nil connect localhost:81: connection refused")
local again = assert(http.listen {addr = ":81", handler = function() end})
again:close()
again:close()

-- Many requests at the same time, in one handler each, over few connections.
routes["/n"] = function(stream)
	local n = tonumber(stream.query.n)
	time.sleep(n % 5)
	stream:respond(200, {})
	stream:closewrite(tostring(n * 2))
end
local client = assert(http.newclient {max_idle_per_host = 4, read_timeout = 5000, idle_timeout = 1000, alpnprotos = {"http/1.1"}})
local left, me = 200, task.running()
for i = 1, 200 do
	task.fork(function()
		local response = assert(client:get(base .. "/n?n=" .. i))
		eq(response.body, tostring(i * 2))
		left = left - 1
		if left == 0 then task.wakeup(me) end
	end)
end
task.wait()
eq(list(http.newclient {alpnprotos = {"h3"}}), 'nil alpnprotos: unknown protocol "h3", known are h2 and http/1.1')
fails("unknown option 'read_timout', did you mean 'read_timeout'", function() http.newclient {read_timout = 1} end)
server:close()
