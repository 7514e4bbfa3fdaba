-- Strings byte by byte: byte, sub, char, comparing, hashing, a Caesar cipher, hexadecimal.
local N = tonumber((...) or (arg and arg[1])) or 1800

local text = string.rep("The quick brown fox jumps over the lazy dog. ", 40)
local hash, spaces, upper = 5381, 0, 0
for round = 1, N do
	for i = 1, #text do
		local byte = string.byte(text, i)
		hash = (hash * 33 + byte) % 4294967296
		if byte == 32 then spaces = spaces + 1 end
		local char = string.sub(text, i, i)
		if char >= "A" and char <= "Z" then upper = upper + 1 end
	end
end

local function rotate(s, by)
	local out = {}
	for i = 1, #s do
		local byte = s:byte(i)
		if byte >= 97 and byte <= 122 then byte = (byte - 97 + by) % 26 + 97 end
		out[i] = string.char(byte)
	end
	return table.concat(out)
end

local secret = text
for round = 1, N do secret = rotate(secret, 7) end

local digits = "0123456789abcdef"
local hex = {}
for i = 1, #text do
	local byte = text:byte(i)
	local low = byte % 16
	local high = (byte - low) / 16
	hex[#hex + 1] = digits:sub(high + 1, high + 1) .. digits:sub(low + 1, low + 1)
end
hex = table.concat(hex)
print(string.format("string_bytes %d %d %d %s %s", hash, spaces, upper, secret:sub(1, 9), hex:sub(-8)))
