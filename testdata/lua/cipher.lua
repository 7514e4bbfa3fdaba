-- silly.crypto.cipher and silly.crypto.utils. (modules/cipher compares all algorithms with openssl.)
local cipher, utils, task = require "silly.crypto.cipher", require "silly.crypto.utils", require "silly.task"
local function hex(s) return (s:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end
local key, iv = "1234567890123456", "abcdefghijklmnop"

-- In pieces and at once, with and without padding; names are those of OpenSSL.
local enc = cipher.encryptor("aes-128-cbc", key, iv)
local sealed = enc:update("hello, ") .. enc:update("") .. enc:update("world of many bytes") .. enc:final()
eq(#sealed, 32)
eq(cipher.encryptor("AES-128-CBC", key, iv):final("hello, world of many bytes"), sealed)
eq(cipher.encryptor("aes128", key, iv):final("hello, world of many bytes"), sealed)
local dec = cipher.decryptor("aes-128-cbc", key, iv)
eq(dec:update(sealed:sub(1, 20)) .. dec:final(sealed:sub(21)), "hello, world of many bytes")
eq(#cipher.encryptor("aes-128-cbc", key, iv):final(), 16)
eq(cipher.decryptor("aes-128-cbc", key, iv):final(cipher.encryptor("aes-128-cbc", key, iv):final("")), "")
for _, off in ipairs {0, false} do
	enc = cipher.encryptor("aes-128-cbc", key, iv)
	enc:setpadding(off)
	eq(#enc:final(key), 16)
	enc:reset(key, iv)
	eq(#enc:final(key), 16) -- stays off
	enc:reset(key, iv)
	eq(list(enc:final("x")), "nil the data are no whole number of blocks")
end
enc:setpadding(1)
enc:reset(key, iv)
eq(#enc:final(key), 32)
enc:setpadding(true)

-- What was changed is not decrypted; the reason is always the same.
for _, wrong in ipairs {sealed:sub(1, -2), sealed:sub(1, -17) .. ("x"):rep(16), "", "x"} do
	local result, err = cipher.decryptor("aes-128-cbc", key, iv):final(wrong)
	eq(result, nil)
	eq(err == "decryption failed" or err == "the data are no whole number of blocks", true, err)
end

-- One object for many messages.
enc, dec = cipher.encryptor("aes-256-ctr", key .. key, iv), cipher.decryptor("aes-256-ctr", key .. key, iv)
for i = 1, 10 do
	local nonce = ("%016d"):format(i)
	enc:reset(key .. key, nonce)
	dec:reset(key .. key, nonce)
	eq(dec:final(enc:final("message " .. i)), "message " .. i)
end
fails("cipher update error: final was called already, reset the cipher", enc.update, enc, "x")
fails("cipher final error: final was called already", enc.final, enc)

-- Authenticated encryption.
local nonce = utils.randomkey(12)
for _, name in ipairs {"aes-128-gcm", "chacha20-poly1305"} do
	local k = name == "aes-128-gcm" and key or key .. key
	local e = cipher.encryptor(name, k, nonce)
	e:setaad "head"
	e:setaad "er"
	fails("cipher tag error: final was not called yet", e.tag, e)
	local out = e:update "secret " .. e:final "message"
	eq(#out, 14)
	eq(#e:tag(), 16)
	local function open(aad, tag, data)
		local d = cipher.decryptor(name, k, nonce)
		if aad then d:setaad(aad) end
		if tag then d:settag(tag) end
		local got = d:update(data:sub(1, 3))
		eq(got, "") -- nothing that may be false
		return d:final(data:sub(4))
	end
	eq(open("header", e:tag(), out), "secret message")
	eq(list(open("Header", e:tag(), out)), "nil decryption failed")
	eq(list(open(nil, e:tag(), out)), "nil decryption failed")
	eq(list(open("header", ("x"):rep(16), out)), "nil decryption failed")
	eq(list(open("header", e:tag(), out:sub(1, -2) .. string.char(out:byte(-1) ~ 1))), "nil decryption failed")
	eq(list(open("header", nil, out)), "nil no tag was set")
	fails("cipher tag error: an encryptor makes the tag", e.settag, e, ("x"):rep(16))
	fails("cipher aad error: the message has begun", e.setaad, e, "late")
	local d = cipher.decryptor(name, k, nonce)
	fails("cipher tag error: tag length need:16 got:4", d.settag, d, "abcd")
	fails("cipher tag error: a decryptor is given the tag", d.tag, d)
	d:final()
	fails("cipher tag error: final was called already", d.settag, d, ("x"):rep(16))
end
fails("cipher aad error: the algorithm does not authenticate", enc.setaad, enc, "x")
fails("cipher tag error: the algorithm does not authenticate", enc.settag, enc, ("x"):rep(16))
fails("cipher tag error: the algorithm does not authenticate", enc.tag, enc)

-- Much data: other tasks run meanwhile, and one task at a time uses a cipher.
local much = ("x"):rep(8 << 20)
local others, errors = 0, 0
task.fork(function() others = others + 1 end)
eq(#cipher.encryptor("aes-256-cbc", key .. key, iv):final(much), #much + 16)
eq(others, 1)
local shared = cipher.encryptor("aes-128-ctr", key, iv)
for _ = 1, 2 do
	task.fork(function() if not pcall(shared.update, shared, much) then errors = errors + 1 end others = others + 1 end)
end
eventually(function() return others == 3 end)
eq(errors, 1)

fails("bad argument #1 to 'encryptor' %(unknown algorithm: aes%-129%-cbc, did you mean 'aes%-128%-cbc'%?%)", cipher.encryptor, "aes-129-cbc", key, iv)
fails("unknown algorithm: nonsense, known are aes%-128%-ecb, .*chacha20%-poly1305%)", cipher.encryptor, "nonsense", key, iv)
for _, name in ipairs {"aes-128-ccm", "sm4-cbc", "camellia-128-cbc", "aes-256-xts", "rc4"} do
	fails("unknown algorithm: " .. name:gsub("%-", "%%-") .. ", silly does not have it", cipher.decryptor, name, key, iv)
end
for _, name in ipairs {"", "-", "aes", "aes-128", "cbc", "des-gcm", "aes-128-", "-cbc"} do fails("unknown algorithm: ", cipher.encryptor, name, key) end
fails("bad argument #2 to 'encryptor' %(key length need:16 got:5%)", cipher.encryptor, "aes-128-cbc", "short", iv)
fails("bad argument #3 to 'encryptor' %(iv length need:16 got:0%)", cipher.encryptor, "aes-128-cbc", key)
fails("iv length need:0 got:16", cipher.encryptor, "aes-128-ecb", key, iv)
fails("iv length need:12 got:16", cipher.encryptor, "aes-128-gcm", key, iv)
fails("bad argument #3 to 'reset' %(iv length need:16 got:1%)", enc.reset, enc, key .. key, "x")
fails("bad argument #2 to 'encryptor' %(string expected, got nil%)", cipher.encryptor, "aes-128-cbc", nil)
fails("true, false, 1 or 0 expected", enc.setpadding, enc, 2)
fails("number expected, got string", enc.setpadding, enc, "on")
fails("cipher expected, got table", enc.update, {}, "x")

-- utils
eq(#utils.randomkey(0), 0)
local seen = {}
for _ = 1, 1000 do
	local k = utils.randomkey(8)
	eq(#k, 8)
	eq(seen[k], nil)
	seen[k] = true
end
local bytes = {}
for c in utils.randomkey(20000):gmatch "." do bytes[c] = true end
local n = 0
for _ in pairs(bytes) do n = n + 1 end
eq(n, 256)
fails("bad argument #1 to 'randomkey' %(number from 0 to 1048576 expected%)", utils.randomkey, -1)
fails("number from 0 to 1048576 expected", utils.randomkey, 1 << 40)
