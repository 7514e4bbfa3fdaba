-- Makes requests to scripts/http_server.lua: whole responses with get and post, a streamed one with request.
--
--   silly scripts/http_client.lua [base url]         (default http://127.0.0.1:8080)
--
-- It prints the status and body of each response, then the pieces of the stream as they arrive.
local silly = require "silly"
local http = require "silly.net.http"

local base = (... or "http://127.0.0.1:8080"):gsub("/$", "")

-- check returns its first argument, or ends the program with the error.
local function check(value, err)
	if not value then
		io.stderr:write("http_client: ", err, "\n")
		silly.exit(1)
	end
	return value
end

local function show(what, response)
	io.write(what, " -> ", response.status, "\n", response.body)
end

show("GET /", check(http.get(base .. "/")))
show("GET /json", check(http.get(base .. "/json")))
show("GET /query", check(http.get(base .. "/query?name=ann%20b&n=1&n=2")))
show(
	"POST /echo",
	check(http.post(base .. "/echo", {["content-type"] = "text/plain"}, "what was posted\n"))
)
show("GET /nowhere", check(http.get(base .. "/nowhere")))

-- A stream hands out the body while it arrives. Here a piece has 8 bytes; the rest is shorter.
local stream = check(http.request("GET", base .. "/stream"))
check(stream:waitresponse(10000))
print("GET /stream -> " .. stream.status)
while true do
	local piece, err = stream:read(8, 10000)
	if not piece then
		if err ~= "end of file" then
			check(nil, err)
		end
		break
	end
	io.write(piece)
end
io.write(check(stream:readall())) -- what is left
stream:close()

-- And upwards: a request body in pieces.
stream = check(http.request("POST", base .. "/echo", {["content-type"] = "text/plain"}))
check(stream:write("first part, "))
check(stream:closewrite("last part\n"))
check(stream:waitresponse(10000))
io.write("POST /echo -> ", stream.status, "\n", check(stream:readall()))
stream:close()
