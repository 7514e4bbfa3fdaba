-- silly.encoding.base64: the vectors of RFC 4648, section 10, and what is lenient.
local base64 = require "silly.encoding.base64"

for plain, encoded in pairs {[""] = "", f = "Zg==", fo = "Zm8=", foo = "Zm9v", foob = "Zm9vYg==", fooba = "Zm9vYmE=", foobar = "Zm9vYmFy"} do
	eq(base64.encode(plain), encoded)
	eq(base64.decode(encoded), plain)
	eq(base64.urlsafe_encode(plain), (encoded:gsub("=", "")))
	eq(base64.urlsafe_decode((encoded:gsub("=", ""))), plain)
end
eq(base64.encode("\xfb\xff\xfe"), "+//+")
eq(base64.urlsafe_encode("\xfb\xff\xfe"), "-__-")
for _, decode in ipairs {base64.decode, base64.urlsafe_decode} do
	eq(decode "+//+-__-", "\xfb\xff\xfe\xfb\xff\xfe")
	eq(decode " Zm\n9v!Yg ", "foob")
	eq(decode "Zm9v=Zm9v", "foo") -- nothing counts behind the padding
	eq(decode "Z", "") -- no whole byte
	eq(decode "====", "")
end
local all = {}
for i = 0, 255 do all[i + 1] = string.char(i) end
all = table.concat(all):rep(10)
eq(base64.decode(base64.encode(all)), all)
eq(base64.encode(12), "MTI=")
fails("bad argument #1 to 'encode' %(string expected, got nil%)", base64.encode, nil)
fails("bad argument #1 to 'decode' %(string expected, got table%)", base64.decode, {})
