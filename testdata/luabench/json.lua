-- A JSON encoder and decoder in Lua.
local N = tonumber((...) or (arg and arg[1])) or 600

local escapes = {['"'] = '\\"', ["\\"] = "\\\\", ["\b"] = "\\b", ["\f"] = "\\f", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t"}

local function escape(c)
	return escapes[c] or string.format("\\u%04x", string.byte(c))
end

local function quote(s)
	local quoted = string.gsub(s, '[%c"\\]', escape)
	return '"' .. quoted .. '"'
end

local encode

local function encode_table(t, out)
	if #t > 0 then
		out[#out + 1] = "["
		for i = 1, #t do
			if i > 1 then out[#out + 1] = "," end
			encode(t[i], out)
		end
		out[#out + 1] = "]"
		return
	end
	local keys = {}
	for k in pairs(t) do keys[#keys + 1] = k end
	table.sort(keys)
	out[#out + 1] = "{"
	for i = 1, #keys do
		if i > 1 then out[#out + 1] = "," end
		out[#out + 1] = quote(keys[i])
		out[#out + 1] = ":"
		encode(t[keys[i]], out)
	end
	out[#out + 1] = "}"
end

function encode(value, out)
	local kind = type(value)
	if kind == "table" then
		encode_table(value, out)
	elseif kind == "string" then
		out[#out + 1] = quote(value)
	elseif kind == "number" then
		out[#out + 1] = string.format("%.14g", value)
	else
		out[#out + 1] = tostring(value)
	end
end

local unescapes = {b = "\b", f = "\f", n = "\n", r = "\r", t = "\t", ['"'] = '"', ["\\"] = "\\", ["/"] = "/"}

local decode

local function skip(s, at)
	return string.find(s, "[^ \n\r\t]", at) or #s + 1
end

local function decode_string(s, at)
	local parts, from = {}, at + 1
	while true do
		local stop = string.find(s, '["\\]', from)
		if not stop then error("unfinished string") end
		parts[#parts + 1] = string.sub(s, from, stop - 1)
		if string.byte(s, stop) == 34 then return table.concat(parts), stop + 1 end
		local c = string.sub(s, stop + 1, stop + 1)
		if c == "u" then
			parts[#parts + 1] = string.char(tonumber(string.sub(s, stop + 2, stop + 5), 16) % 256)
			from = stop + 6
		else
			parts[#parts + 1] = unescapes[c]
			from = stop + 2
		end
	end
end

local function decode_array(s, at)
	local t, n = {}, 0
	at = skip(s, at + 1)
	if string.sub(s, at, at) == "]" then return t, at + 1 end
	while true do
		local value
		value, at = decode(s, at)
		n = n + 1
		t[n] = value
		at = skip(s, at)
		local c = string.sub(s, at, at)
		if c == "]" then return t, at + 1 end
		if c ~= "," then error("expected , or ]") end
		at = at + 1
	end
end

local function decode_object(s, at)
	local t = {}
	at = skip(s, at + 1)
	if string.sub(s, at, at) == "}" then return t, at + 1 end
	while true do
		local key, value
		key, at = decode_string(s, skip(s, at))
		at = skip(s, at)
		if string.sub(s, at, at) ~= ":" then error("expected :") end
		value, at = decode(s, at + 1)
		t[key] = value
		at = skip(s, at)
		local c = string.sub(s, at, at)
		if c == "}" then return t, at + 1 end
		if c ~= "," then error("expected , or }") end
		at = at + 1
	end
end

function decode(s, at)
	at = skip(s, at)
	local c = string.sub(s, at, at)
	if c == "{" then return decode_object(s, at) end
	if c == "[" then return decode_array(s, at) end
	if c == '"' then return decode_string(s, at) end
	if string.sub(s, at, at + 3) == "true" then return true, at + 4 end
	if string.sub(s, at, at + 4) == "false" then return false, at + 5 end
	local number = string.match(s, "^-?%d+%.?%d*[eE]?[+-]?%d*", at)
	return tonumber(number), at + #number
end

local document = {users = {}, title = "A \"quoted\" title\nwith lines", total = 12345, ratio = 0.25, ready = true}
for i = 1, 60 do
	document.users[i] = {id = i, name = "user " .. i, mail = "user" .. i .. "@example.org", tags = {"a", "b\t" .. i, "c"}, active = i % 2 == 0, score = i * 1.5}
end
local length, users, score = 0, 0, 0
for round = 1, N do
	local out = {}
	encode(document, out)
	local text = table.concat(out)
	length = length + #text
	document = decode(text, 1)
	users = users + #document.users
	score = score + document.users[60].score
end
print(string.format("json %d %d %.1f %s", length, users, score, document.users[7].mail))
