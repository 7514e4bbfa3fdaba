-- silly.topic in one host: publish, subscribe, rooms, requests, what is kept.
local topic, task, time = require "silly.topic", require "silly.task", require "silly.time"
local websocket, http = require "silly.net.websocket", require "silly.net.http"
local waitgroup = require "silly.sync.waitgroup"

local function raises(f, pattern) fails(pattern, f) end

-- Publish and subscribe.
local sub = assert(topic.subscribe "room.*")
local all <close> = topic.subscribe ">"
eq(list(topic.publish("room.1", "one")), "true")
eq(list(topic.publish("room.1.x", "two", {header = {kind = "text", n = 5}})), "true")
eq(list(topic.publish("nobody", "three")), "true")
local msg = sub:read()
eq(list(msg.topic, msg.data, next(msg.header), msg.id), "room.1 one nil nil")
eq(msg.origin, topic.status().origin)
eq(list(sub:read(0)), "nil timeout")
eq(list(sub:read(5)), "nil timeout")
eq(all:read().data .. " " .. all:read().data .. " " .. all:read().data, "one two three")
eq(sub.dropped, 0)
task.fork(function() time.sleep(5) topic.publish("room.2", "later") end)
eq(sub:read(10000).data, "later")
task.fork(function()
	for i = 1, 3 do topic.publish("room." .. i, i) time.sleep(0) end
	sub:close()
end)
local got = {}
for m in sub do got[#got + 1] = m.topic .. "=" .. m.data end
eq(table.concat(got, " "), "room.1=1 room.2=2 room.3=3")
eq(list(sub:read()), "nil subscription is closed")
sub:close()
eq(tostring(sub):match "^topic subscription: ", "topic subscription: ")

-- A header comes along; binary data, and none.
topic.publish("h", "\0\xff", {header = {a = "b", n = 1.5}})
topic.publish("h", "")
repeat msg = all:read() until msg.topic == "h"
eq(list(msg.data == "\0\xff", msg.header.a, msg.header.n), "true b 1.5")
eq(all:read().data, "")

-- A queue: each message to one of its members.
local q1, q2, q3 = topic.subscribe("job", {queue = "q"}), topic.subscribe("job", {queue = "q"}), topic.subscribe("job", {queue = "other"})
for i = 1, 10 do topic.publish("job", i) end
local counts = {}
for i, q in ipairs {q1, q2, q3} do
	counts[i] = 0
	while q:read(0) do counts[i] = counts[i] + 1 end
	q:close()
end
eq(list(counts[1] + counts[2], counts[1] > 0 and counts[2] > 0, counts[3]), "10 true 10")

-- More than is read: the oldest are dropped, or the subscription ends.
local small, strict = topic.subscribe("fast", {buffer = 3}), topic.subscribe("fast", {buffer = 3, overflow = "close"})
for i = 1, 5 do topic.publish("fast", i) end
eq(list(small.dropped, small:read().data, small:read().data, small:read().data), "2 3 4 5")
for i = 1, 4 do assert(strict:read(), i) end
eq(list(strict:read()), "nil overflow: messages came faster than they were read")
small:close()

-- Names.
for _, c in ipairs {
	{"", "the name of a topic is empty"}, {"a..b", 'bad topic "a..b": a token is empty'},
	{"a b", 'bad topic "a b": a token has a space or a control character'}, {"a.*", [[bad topic "a.*": '*' is for patterns]]},
	{"$SYS.x", [[bad topic "$SYS.x": names that begin with '$', '_silly.' and '_INBOX.' are not for scripts]]},
} do
	eq(list(topic.check(c[1])), "false " .. c[2])
	local ok, err = pcall(topic.publish, c[1], "x")
	eq(list(ok, (err:find("bad argument #1 to 'publish' (" .. c[2] .. ")", 1, true) ~= nil)), "false true")
end
eq(list(topic.check "room.42"), "true")
raises(function() topic.subscribe "a.>.b" end, "bad argument #1 to 'subscribe' %(bad topic \"a.>.b\": '>' is not the last token%)")
raises(function() topic.subscribe(">", {queu = "x"}) end, "unknown option 'queu', did you mean 'queue'%?")
raises(function() topic.subscribe(">", {queue = "a b"}) end, "field 'queue': bad topic")
raises(function() topic.subscribe(">", {buffer = 0}) end, "number from 1 to 1000000 expected")
raises(function() topic.subscribe(">", {overflow = "x"}) end, "drop_oldest or close expected, got 'x'")
raises(function() topic.publish("a") end, "bad argument #2 to 'publish'")
raises(function() topic.publish("a", "b", {except = {}}) end, "field 'except': websocket socket or http stream expected, got table")
raises(function() topic.publish("a", "b", {header = "x"}) end, "field 'header': table expected, got string")
raises(function() topic.publish("a", "b", {header = {x = true}}) end, "field 'header': 'x' is a boolean, not a string")
raises(function() topic.join("a", {}) end, "bad argument #2 to 'join' %(websocket socket or http stream expected, got table%)")
eq(list(topic.publish("a", ("x"):rep(1048577))), "false a message has at most 1048576 bytes, this one has 1048577")
local many = {}
for i = 1, 65 do many["n" .. i] = i end
eq(select(2, topic.publish("a", "b", {header = many})):match "^a header has at most 64 fields", "a header has at most 64 fields")

-- Rooms: sockets and event streams get the messages, no Lua runs for it.
local left = 0
local options = {["/binary"] = {type = "binary", id = "bin"}, ["/a"] = {id = "a"}}
local sockets = {}
local server = assert(http.listen {addr = "127.0.0.1:0", handler = function(stream)
	if stream.path == "/events" then
		eq(list(topic.join("room.42", stream)), "false respond comes before the body")
		stream:respond(200, {["content-type"] = "text/event-stream"})
		eq(list(topic.join("room.42", stream, {id = "sse"})), "true")
		while stream:flush() and not stopped do time.sleep(5) end
		return
	end
	local sock = assert(websocket.upgrade(stream))
	sockets[stream.path] = sock
	eq(list(topic.join("room.42", sock, options[stream.path])), "true")
	eq(list(topic.join("room.43", sock)), "true")
	eq(list(topic.join("news.js", sock, {type = "json"})), "true")
	fails("field 'type': text, binary or json expected, got 'x'", topic.join, "a", sock, {type = "x"})
	fails("field 'slow': close or drop expected, got 'x'", topic.join, "a", sock, {slow = "x"})
	fails("field 'max_unsent': number from 1 to 2^30 expected", topic.join, "a", sock, {max_unsent = 0})
	while true do
		local data, type = sock:read()
		if not data or type == "close" then break end
	end
	sock:close()
	eq(list(topic.join("room.44", sock)), "false socket closed")
	left = left + 1
end})
local base = server.addr
local a, binary = assert(websocket.connect("ws://" .. base .. "/a")), assert(websocket.connect("ws://" .. base .. "/binary"))
local events = assert(http.request("GET", "http://" .. base .. "/events"))
eventually(function() return topic.count "room.42" == 3 and topic.count "room.43" == 2 end)
eq(list(topic.count "room.42", topic.count "room.43", topic.count "empty", topic.count("room.42", 100)), "3 2 0 3")
local ids = {}
for _, m in ipairs(topic.members "room.42") do ids[#ids + 1] = m.id assert(m.sock) end
table.sort(ids)
eq(table.concat(ids, " "), "a bin sse")
eq(#topic.members("room.42", 100), 3)
eq(topic.members("room.43")[1].origin, topic.status().origin)
topic.publish("room.42", "hello")
eq(list(a:read()), "hello text")
eq(list(binary:read()), "hello binary")
eq(events:read(13), "data: hello\n\n")
topic.publish("room.42", "two\nlines\r\nx", {header = {event = "news"}, except = sockets["/a"]})
eq(events:read(43), "event: news\ndata: two\ndata: lines\ndata: x\n\n")
eq(list(binary:read()), "two\nlines\r\nx binary")
topic.publish("room.42", "\xff")
eq(list(a:read()), "\xff binary") -- it is no text
topic.publish("news.js", '<"\xff>', {header = {a = "b"}})
eq(list(a:read()), [[{"topic":"news.js","data":"<\"\ufffd>","header":{"a":"b"}} text]])
topic.publish("room.43", ("x"):rep(200000))
eq(#a:read(), 200000)
topic.publish("room.43", "after")
eq(list(a:read()), "after text")
eq(list(topic.leave("room.43", sockets["/a"]), topic.leave("room.43", sockets["/a"]), topic.leave("nowhere", sockets["/a"])), "true false false")
eq(topic.count "room.43", 1)
a:close()
binary:close()
eventually(function() return left == 2 end)
eventually(function() return list(topic.count "room.42", topic.count "room.43") == "1 0" end)
stopped = true
events:close()
server:close()

-- Requests.
eq(list(topic.request("sum", "1 2", 1000)), "nil nobody serves the topic")
local adder = topic.serve("sum", function(m)
	if m.data == "fail" then error "no" end
	if m.data == "nothing" then return nil, "nothing to add" end
	if m.data == "slow" then time.sleep(50) end
	time.sleep(1)
	local sum = 0
	for n in m.data:gmatch "%d+" do sum = sum + n end
	return sum .. (m.header.unit or "")
end)
eq(topic.request("sum", "1 2 3", 10000).data, "6")
eq(topic.request("sum", "1 2", 10000, {header = {unit = "kg"}}).data, "3kg")
eq(list(topic.request("sum", "nothing", 10000)), "nil nothing to add")
eq(list(topic.request("sum", "slow", 5)), "nil timeout")
local wg = waitgroup.new()
for i = 1, 50 do wg:fork(function() eq(topic.request("sum", i .. " " .. i, 10000).data, tostring(2 * i)) end) end
wg:wait()
local second = topic.serve("sum", function() return "second" end)
local answers = {}
for _ = 1, 20 do answers[topic.request("sum", "1", 10000).data] = true end
eq(list(answers["1"], answers.second), "true true")
adder:close()
second:close()
eq(list(topic.request("sum", "1 2", 1000)), "nil nobody serves the topic")
raises(function() topic.request("sum", "x") end, "bad argument #3 to 'request'")
raises(function() topic.serve("sum", 1) end, "bad argument #2 to 'serve'")

-- What is kept.
eq(list(topic.keep("news.>", {count = 2, age = 60000})), "true")
for _, data in ipairs {"a", "b", "c"} do topic.publish("news.x", data) end
local kept = topic.since "news.x"
eq(list(#kept, kept[1].data, kept[2].data, kept[2].id > kept[1].id), "2 b c true")
eq(list(#topic.since("news.x", kept[1].id), #topic.since("news.x", kept[2].id), #topic.since "other"), "1 0 0")
repeat msg = all:read() until msg.topic == "news.x" and msg.data == "c"
eq(msg.id, kept[2].id)
raises(function() topic.keep("x", {}) end, "count or age expected")
eq(list(topic.keep("news.*", {count = 1})), 'false the pattern "news.*" overlaps with "news.>", which is kept already')
for _, count in ipairs {0, 10001, 1e9, 1 << 62} do
	raises(function() topic.keep("x", {count = count}) end, "field 'count': number from 1 to 10000 expected")
end
for _, age in ipairs {0, 366 * 24 * 3600 * 1000} do
	raises(function() topic.keep("x", {age = age}) end, "field 'age': time above 0, and of 365 days at most, expected")
end
raises(function() topic.keep("x", {age = 1e300}) end, "field 'age'")
raises(function() topic.since("x", -1) end, "number of a message expected")
local status = topic.status()
eq(list(status.kind, status.connected, #status.servers, status.dropped), "memory true 0 0")

-- A server that returns what is no answer has failed; who has no answer may say why.
local odd = topic.serve("odd", function(m)
	if m.data == "table" then return {} end
	if m.data == "error" then return nil, {} end
	return false, m.data ~= "" and m.data or nil
end)
eq(list(topic.request("odd", "table", 10000)), "nil the server has failed")
eq(list(topic.request("odd", "error", 10000)), "nil the server has failed")
eq(list(topic.request("odd", "why", 10000)), "nil why")
eq(list(topic.request("odd", "", 10000)), "nil the server has no answer")
odd:close()
