local test = require "silly.test"
local http = require "silly.net.http"
local websocket = require "silly.net.websocket"
local chat = require "chat"

-- serve starts a server for a test, and returns its address. The network is that of the test, in memory.
local function serve(t)
	local server = chat.listen "127.0.0.1:8080"
	t:cleanup(function() server:close() end)
	return server.addr
end

-- enter connects a user, and waits until the room says so.
local function enter(t, addr, name, room)
	local url = "ws://" .. addr .. "/chat?room=" .. room .. "&name=" .. name
	local sock = t:ok(websocket.connect(url))
	t:cleanup(function() sock:close() end)
	t:equal(sock:read(), [[{"name":"]] .. name .. [["}]])
	return sock
end

test("what one says, all in the room hear", function(t)
	local addr = serve(t)
	local ann = enter(t, addr, "ann", "tea")
	local bob = enter(t, addr, "bob", "tea")
	local eve = enter(t, addr, "eve", "coffee")
	t:equal(ann:read(), [[{"name":"bob"}]])

	ann:write("  hello\n\"bob\"  ", "text")
	t:equal(ann:read(), [[{"name":"ann","text":"hello \"bob\""}]])
	t:equal(bob:read(), [[{"name":"ann","text":"hello \"bob\""}]])

	ann:close()
	t:equal(bob:read(), [[{"left":true,"name":"ann"}]])
	t:equal({eve:read(100)}, {nil, "timeout", ""}) -- another room; the time is virtual
end)

test("what is no message is not passed on", function(t)
	local ann = enter(t, serve(t), "ann", "tea")
	ann:write("   ", "text")
	ann:write(("x"):rep(2001), "text")
	ann:write("bytes", "binary")
	ann:write("last", "text")
	t:equal(ann:read(), [[{"name":"ann","text":"last"}]])
end)

local bad = {"/chat", "/chat?name=%20", "/chat?name=ann&room=a*"}

test.each("who has no name or no room stays outside", bad, function(t, path)
	local sock, err = websocket.connect("ws://" .. serve(t) .. path)
	t:equal(sock, nil)
	t:match(err, "400 Bad Request")
end)

test("the page", function(t)
	local addr = serve(t)
	local page = t:ok(http.get("http://" .. addr .. "/"))
	t:equal(page.status, 200)
	t:match(page.body, "new WebSocket")
	t:equal(t:ok(http.get("http://" .. addr .. "/elsewhere")).status, 404)
end)
