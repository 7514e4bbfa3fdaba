local test = require "silly.test"
local http = require "silly.net.http"
local json = require "silly.encoding.json"
local notes = require "notes"

-- serve starts a server for a test, and returns its URL. The network is that of the test, in memory.
local function serve(t)
	local server = notes.listen "127.0.0.1:8080"
	t:cleanup(function() server:close() end)
	return "http://" .. server.addr
end

test("notes are made, found and removed", function(t)
	local url = serve(t)
	local made = t:ok(http.post(url .. "/notes", nil, [[{"text": "milk"}]]))
	t:equal(made.status, 201)
	t:equal(json.decode(made.body), {id = 1, text = "milk"})
	t:ok(http.post(url .. "/notes", nil, [[{"text": "bread"}]]))

	t:equal(json.decode(t:ok(http.get(url .. "/notes/1")).body), {id = 1, text = "milk"})
	t:equal(#json.decode(t:ok(http.get(url .. "/notes")).body), 2)

	local stream <close> = t:ok(http.request("DELETE", url .. "/notes/1", nil, true))
	t:equal(t:ok(stream:readheader()), 204)
	t:equal(t:ok(http.get(url .. "/notes/1")).status, 404)
end)

test.each("what is no note is refused", {
	["no JSON"] = "milk",
	["no object"] = [["milk"]],
	["no text"] = "{}",
	["empty"] = [[{"text": ""}]],
	["too long"] = json.encode {text = ("x"):rep(10001)},
}, function(t, body)
	local response = t:ok(http.post(serve(t) .. "/notes", nil, body))
	t:equal(response.status, 400)
	t:match(response.body, [["error":]])
end)

test("other paths and methods", function(t)
	local url = serve(t)
	t:equal(t:ok(http.get(url .. "/health")).body, "{\"ok\":true}\n")
	t:equal(t:ok(http.get(url .. "/elsewhere")).status, 404)
	t:equal(t:ok(http.post(url .. "/health", nil, "")).status, 405)
end)
