-- silly.errno.
local errno = require "silly.errno"

local seen = {}
for name, text in pairs(errno) do
	eq(type(text), "string", name)
	if not text:find "^%u.+ %(%d+%)$" then error(name .. ": " .. text) end
	if seen[text] and text ~= errno.AGAIN then error(name .. " is " .. seen[text]) end
	seen[text] = name
end
eq(errno.WOULDBLOCK, errno.AGAIN)
for _, name in ipairs {"RESOLVE", "NOSOCKET", "CLOSING", "CLOSED", "EOF", "TLS", "TIMEDOUT", "CONNREFUSED", "NOPROTOOPT"} do
	eq(rawget(errno, name) ~= nil, true, name)
end

-- A name without a code is a text that is kept.
eq(rawget(errno, "NOSUCH"), nil)
eq(errno.NOSUCH, "Unknown error 'NOSUCH'")
eq(rawget(errno, "NOSUCH"), "Unknown error 'NOSUCH'")
eq(errno[1], nil)
