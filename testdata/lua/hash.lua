-- silly.crypto.hash and silly.crypto.hmac. (modules/hash compares all algorithms with openssl.)
local hash, hmac = require "silly.crypto.hash", require "silly.crypto.hmac"
local function hex(s) return (s:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end

-- FIPS 180-4 and RFC 1321, 4231: one shot, in pieces, again.
local abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
eq(hex(hash.hash("sha256", "abc")), abc)
eq(hex(hash.hash("SHA-256", "abc")), abc)
eq(hex(hash.hash("md5", "")), "d41d8cd98f00b204e9800998ecf8427e")
local h = hash.new "sha256"
h:update "a" h:update "" h:update "bc"
eq(hex(h:final()), abc)
eq(hex(h:final()), abc)
h:update "d"
eq(h:final(), hash.hash("sha256", "abcd"))
h:reset()
eq(h:final(), hash.hash("sha256", ""))
h:update "x"
eq(hex(h:digest "abc"), abc)
eq(hash.hash("sha1", "a\0b\xff"), hash.hash("sha1", "a\0b\255"))
eq(hash.hash("sha1", 12), hash.hash("sha1", "12"))
for name, size in pairs {md5 = 16, sha1 = 20, sha224 = 28, sha384 = 48, sha512 = 64, ["sha512-256"] = 32, ["sha3-256"] = 32, blake2b512 = 64, blake2s256 = 32} do
	eq(#hash.hash(name, "x"), size, name)
	eq(#hmac.digest("k", "x", name), size, name)
end

-- Much data: other tasks run meanwhile, and one task at a time uses a hash.
local task, time = require "silly.task", require "silly.time"
local much = ("x"):rep(8 << 20)
local others = 0
task.fork(function() others = others + 1 end)
local digest = hash.hash("sha512", much)
eq(others, 1)
local shared, errors = hash.new "sha512", 0
for _ = 1, 2 do
	task.fork(function() if not pcall(shared.update, shared, much) then errors = errors + 1 end others = others + 1 end)
end
eventually(function() return others == 3 end)
eq(errors, 1)
eq(shared:final(), digest)

eq(hex(hmac.digest(("\x0b"):rep(20), "Hi There", "sha256")), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
eq(hex(hmac.digest("Jefe", "what do ya want for nothing?", "sha256")), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
eq(hex(hmac.digest(("\xaa"):rep(131), "Test Using Larger Than Block-Size Key - Hash Key First", "sha512")):sub(1, 32), "80b24263c7c1a3ebb71493c1dd7be8b4")
eq(#hmac.digest("", "", "sha1"), 20)
local mac = hmac.digest("key", "data", "sha256")
eq(hmac.verify("key", "data", "sha256", mac), true)
eq(hmac.verify("key", "data", "sha256", mac:sub(1, -2)), false)
eq(hmac.verify("key", "date", "sha256", mac), false)

fails("bad argument #1 to 'new' %(unknown algorithm 'sha255', did you mean 'sha25?6?", hash.new, "sha255")
fails("unknown algorithm 'nonsense', known are blake2b512, .*sha512%-256", hash.new, "nonsense")
fails("silly has no algorithm 'sm3'", hash.hash, "SM3", "x")
fails("bad argument #2 to 'hash' %(string expected, got nil%)", hash.hash, "md5", nil)
fails("bad argument #3 to 'digest' %(unknown algorithm", hmac.digest, "k", "d", "none")
fails("hash expected, got table", h.update, {}, "x")
