-- Talks to scripts/wss_server.lua, whose certificate only this client trusts.
--
--   silly scripts/wss_client.lua [url]               (default wss://127.0.0.1:8443)
--
-- It prints:
--
--   without the certificate: certificate of the server is not trusted: signed by unknown authority
--   Secure connection established
--   Echo: Hello over TLS
local silly = require "silly"
local websocket = require "silly.net.websocket"
local certificate = require "test_certificate"

local url = ... or "wss://127.0.0.1:8443"

local function fail(text)
	io.stderr:write("wss_client: ", text, "\n")
	silly.exit(1)
end

-- Certificates are verified: one that no known authority has signed is refused.
local stranger, err = websocket.connect(url)
if stranger then
	fail("the test certificate was trusted without being named")
elseif not err:find("certificate", 1, true) then
	fail(err)
end
print("without the certificate: " .. err:match("certificate.*"))

-- ca names the authorities to trust instead of the system's; here the certificate is its own.
local sock
sock, err = websocket.connect(url, nil, {tls = {ca = certificate.cert}})
if not sock then
	fail(err)
end

local function expect_text()
	local data, typ = sock:read(10000)
	if not data then
		fail("read: " .. typ)
	elseif typ ~= "text" then
		fail("a text message expected, got " .. typ)
	end
	return data
end

print(expect_text())
local ok
ok, err = sock:write("Hello over TLS", "text")
if not ok then
	fail("write: " .. err)
end
print(expect_text())
sock:close()
