-- silly.crypto.pkey and silly.security.jwt. (modules/internal/keys compares with openssl.)
local pkey, jwt, task = require "silly.crypto.pkey", require "silly.security.jwt", require "silly.task"
local json, base64 = require "silly.encoding.json", require "silly.encoding.base64"
-- Keys of openssl, made for this test.
local pem = {
	rsa = [[
-----BEGIN PRIVATE KEY-----
MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQCsUpGZFlOMt/B1
E1PpmBl0jKYW1LIYibNYKALPimAsZJ4MsZybVOGn6KUcggiV+ATNnw6dLQkTduXW
OSy0ZlOH/dkZ/Cwg5HhlVI9vn+eQY0jnptHHUH2G6Htw/4/sJhgOnp8Wtwkz4h+n
1Lhao8xg6u+68vLz9gR2jf34ImQcwxq9ddkQeWDvMYOCqvGPRgrdaI/ST4IaREIp
nMFbgtlaCSTR4ENn7zef5/iRmCyJH8XXv7llBBlWwfY6UxQQcEfCNjT24DiuG8V/
DJXQGXgwbg/pFk8DfDtxyPPfG83GuIZfPoPxvwGWWhGHX29N6xAYPaL3HcUyb3Gp
8kUFCwfZAgMBAAECggEACC+pTbB11PWCrXfMQLNCYlBcLjF51G3riys7bEiSkQlR
SMvB43nWI801gB6H8eKPt9pFLh+kPWckkVdd/E6ay+xkkotxko5ypGhZTWA3S/Cr
gfW2ztUlYXH3Ne2uFKB//BHPqkXqYKtD/bZpRkUJwdY8qpDoDGw012efbQOVO0Ml
XYP1XQEfD+9ZrjB1S73/44TniAMQ4ITZGIHjRclUsxTuXV38uSWN+6CoBeblOvJJ
B1LJp+etri4b0V80lJd/OGoCZxuGCCs+fYDGihuaTFMbVe4O03DCUm5I5KzYCyhU
YnH35b/v9kMskRE8yT92nhT4G+cyUcVvVQBpAL0fEQKBgQDvbULlv80ToK2iflm4
36lYUmb9M1DQCWqeRCkR2rhxOEB+L2gERhkvwQWU+I8N1x3jV6zgBHpiQwgZc46V
xpSXWxWCZ0mltjN0sO16oz166PZ9GY0wAVd/OWvPnrhlqEHjJ1lwvRlFRX4VdyVK
bAfonz3jTwC7g83L6gW8iybu7wKBgQC4QDFl6km717DOeK84x3YGumnOE/txaivY
FMngpZQm3Vi0CmAskLXCe8aR+5PhegXxf25QjJyNQzc7NzmInGheEtOAXYugXogO
Tehk8UKvVX6ePLplKW1je00wudTuNCQCe6z30eEEfqYHxks0Wx/LQFnolr0IgZdc
UAG/Ty11twKBgHqHPPwc2xOXYCTPapU9CQolKYWctFey6fhSw33apBd1BTROiHnf
cdZJftTNG1Cm7SnCXbtLL2KIEWYNCERIGxUWTPyuZTdD9jNatD3VuonjHPnKkMGn
fiKivTTEcnO71vQr2A7lB0C3Hp5XmiLrBGUc0Ww5qxNLkY8wlXz27ZbLAoGARdrY
n6ofAF+7QdyRmjZNMinU2XPL/ejh7I+dJlXAgKek7MWORvcqYizpUQmPvIm13SSS
H2ngJNKaCxJZ9shN7XS3yVAuEsQkU0AIXtT1kmIYmket55K4TWI/Fr0t1I3iJSrc
nixtYnXd3s64ToZJ3JZuP/d+fc4cI7yVnQGY26sCgYApdLQzu2KcXwzXBsGV8Y9B
4h4ZJg9OtLdsKEmpM99zmGksuvIM1E6n5+ypUNCkKuqkB6rzZggJ9ZOditY7kf2N
oWPETV4STXxbNNtZo63jamfI74xcQJOxgUWpd57oZPrirJuVVViv64IWEkqOtT2i
3NvLRhacXeiEGanuv8DSnA==
-----END PRIVATE KEY-----
]],
	rsapublic = [[
-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEArFKRmRZTjLfwdRNT6ZgZ
dIymFtSyGImzWCgCz4pgLGSeDLGcm1Thp+ilHIIIlfgEzZ8OnS0JE3bl1jkstGZT
h/3ZGfwsIOR4ZVSPb5/nkGNI56bRx1B9huh7cP+P7CYYDp6fFrcJM+Ifp9S4WqPM
YOrvuvLy8/YEdo39+CJkHMMavXXZEHlg7zGDgqrxj0YK3WiP0k+CGkRCKZzBW4LZ
Wgkk0eBDZ+83n+f4kZgsiR/F17+5ZQQZVsH2OlMUEHBHwjY09uA4rhvFfwyV0Bl4
MG4P6RZPA3w7ccjz3xvNxriGXz6D8b8BlloRh19vTesQGD2i9x3FMm9xqfJFBQsH
2QIDAQAB
-----END PUBLIC KEY-----
]],
	encrypted = [[
-----BEGIN ENCRYPTED PRIVATE KEY-----
MIIFLTBXBgkqhkiG9w0BBQ0wSjApBgkqhkiG9w0BBQwwHAQIN0gTZbSSgB4CAggA
MAwGCCqGSIb3DQIJBQAwHQYJYIZIAWUDBAEqBBB954V6kzbLECB2eH4BFWoIBIIE
0DO6duzW7fiWb3H74U9FZDI7p6RxecEG30XFHZdN3/FgoEMCYAoUGuP1obSKuB4K
aaM/xqmByMRq3+eJCsFP9iaUcbrUZn8dmjrC9bWeFgzcJj2HaohjZUx//JCwvYt7
2waHJHwpQdBM93Njd2uLdzhLxjvYb8HH1g1HxZ5o4wc6Xubn9pV7Ii+50GBIibyx
szTXtOMx4G/nZ7Zbut3ptJhGg+txCYgm/6MJ5S6zFDEnzEHH0aJd3jt481jEPsLS
w1pBuRgkZK+i7gmDt3kv71cIzwwSK/QFqRs/OKQrGMPuhSiMMcFlhrVS/2bfYmA8
fT6Kwdn68xzvIOgt2JMZGK/N40Y7EkbFTSbVg4qM4fzY/NPWK4kH5MgZfeclb/Cf
XsBYXSx3b94M98SDHQbSIG+yOHtx4s/Eumfdj0Um3NNBMbFHyIW3K3qDEcb/b3eJ
CFfvW0XVsw/2hqu0OSQD/49LKqa+MME3FiKvBOQZfJ1RsEOnCNPjeLW9UT13+LxC
QXeW1ge8CgdzLo10eXsIu9am2Iv9D7fAHztQPG8p61/VHY8/YH79mkYHFzGnTnLj
jfTxo0N9jHQeYVq1BTicoo261l+6ycW/D6UFleIwrFcw+NeXRlSsZT0zQtcEREBl
I2cmQRlwVYj0vjd8kut4vcseMLIcevQgIbM5pozw7W5SuWdYDLp1ZDuy9LPlR5qp
gSkZ8lW8yP+gjxBBHxwS4/r5D2MZBiaWdTILSRG9o6SoZ0oU22FmnKh9hqEoZwiu
KIxWKnwDCB5DkSd32KlxgTmdHNcFVoO3jbOHU6xWYY7/O6TrdMTM9jGF9QHUTU2h
BVO3zZYO7lqkJYx7p+8ZJvlRkeRW/9gUPenmGflz8JsAuG2C1fWNV2AMzjzAj9VY
mxEFcPai4l3uSKU2M/txbRuDN0qpywUmb9m7Exmu7z/k698vLfkwQ/ie4rhipd3C
alg+m5buTqVhpmJoPMnXKWOAI4KAPrr8oieqeVtk0w/hoLAhdpVvkFCIYyHycybZ
FJhuuGYwiKrRSiWJtrTX++C14voxXNcPPNvDHImziPuYMOZM/0zn9s+vqEcqCLs9
zx4u1JThlt3iBzWJHSdDe7VOR5uhqrIjSgFxByE0p/8qbk2yl0pQKsMJAjIQKFSK
GYr4bxFN8xS3iFLv+7UoOpDCwCRyUkqG9ha6yfQx/wkw4G9/yfp733jxmNBLPu3o
xgrD4fCPPQ7Ry8vHDJ3j2l1ucWj+akUl2ar5iw01IstjG0TMmyUf48o0qaGTw5qU
y4gUzrd5ybFHv7slTyVtFh9/mjrvBiy0agOlQlWd8n0sb0TfC+3HqXp09ynhr4BD
mdh2++jT2iONCrXdXRi16+m38Zf32zQjtR7XucY3Skf6pbq1QmaUwYUQ/nTfhVtQ
JLNdPRl3XBzHJnmV6P7BplYpxmot/NU+ZjfiIR+33F0lOFDH6j+eDKsopDxPTJGL
7yOVkpiARHu9vMthWakdC6uom24dnwv5IiWSh5MDnnH1N/XJWo7j5+fQFQv+F1q4
lm3PLiBoEle+NRBxoHyL2HgMC/4DWHBW8jQ8AwtY3bDAuWPJHjCk3TCLvLdyynGV
nLAPyWcKE+Cv8i6+APboTiysZD7BJwSafiJfT+/v2cvi
-----END ENCRYPTED PRIVATE KEY-----
]], -- "secret"
	p256 = [[
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgMkzTYAe6jmVhH3Z9
MaeYesBCsEFZCgm4SO7hUUY43YShRANCAARCmygVoCQMMy1/DJO17fFMZgSCVR2B
ZtA4nr3QCa69leBk8U4tjLcFZaaVcKGRtfDB6X9X4IXPIDIuqKKOONd4
-----END PRIVATE KEY-----
]],
	p256public = [[
-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEQpsoFaAkDDMtfwyTte3xTGYEglUd
gWbQOJ690AmuvZXgZPFOLYy3BWWmlXChkbXwwel/V+CFzyAyLqiijjjXeA==
-----END PUBLIC KEY-----
]],
	p384 = [[
-----BEGIN PRIVATE KEY-----
MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDDptM8VR15nXJSRUM/K
k+dFGRMlifvUX2OGOZcTje7EE6YTqyjF+2b3Qr1lmlbBkqGhZANiAASbDY1x7+nN
vOO9SwaS757B3QucjWE+0beAp8EtTlp+yGzELF7AhsgrrQfJop29HlE3u27WcWMs
MlenDmznch7HuZ8nSP42EOz3EElJSTE2LCY5+HW27isAiaipzWThHhs=
-----END PRIVATE KEY-----
]],
	p521 = [[
-----BEGIN PRIVATE KEY-----
MIHuAgEAMBAGByqGSM49AgEGBSuBBAAjBIHWMIHTAgEBBEIBXFyyPd6zpO6mmwBo
+w3ygAehCuCgLEIHdFeaudhCsnzEPsFwoBNjWAwn5jhCQUoIpgNFW7qSjeraj9kh
Z16rgZahgYkDgYYABAHYNpPeUwLjwn18mITP5lnPxqqvST0fqOovGz1QMKwccTHy
49Se9pFrPOViRz4k8QKq9982S6+EnCNJSV1DULfvTgFHNi83e/gou9PXtid9dNj3
U//eh5WpLsENIxU7Lqs+qC21ydIYF0SYN80WJ/aiGLMc2x04+dn0rJ8e2qMgbkXK
mg==
-----END PRIVATE KEY-----
]],
	k1 = [[
-----BEGIN PRIVATE KEY-----
MIGEAgEAMBAGByqGSM49AgEGBSuBBAAKBG0wawIBAQQgV9SOfwospElSv2JOCrnF
sI4zm6Zy57S3Y2KEGV6SmM+hRANCAARxs4NQB/eruJB7iUbkLkfEzs50KIRh+JQy
UPUn8DOke9oAT2VvrAqizO+NhPs82jw6L+nQjulqC4vDcqOU4d/E
-----END PRIVATE KEY-----
]],
	k1public = [[
-----BEGIN PUBLIC KEY-----
MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAEcbODUAf3q7iQe4lG5C5HxM7OdCiEYfiU
MlD1J/AzpHvaAE9lb6wKoszvjYT7PNo8Oi/p0I7paguLw3KjlOHfxA==
-----END PUBLIC KEY-----
]],
}
local keys = {}
for name, text in pairs(pem) do
	keys[name] = assert(pkey.new(text, name == "encrypted" and "secret" or nil), name)
end
eq(list(pkey.RSA_PKCS1, pkey.RSA_NO, pkey.RSA_PKCS1_OAEP, pkey.RSA_X931), "1 3 4 5")

-- Signatures.
for private, public in pairs {rsa = "rsapublic", encrypted = "rsapublic", p256 = "p256public", k1 = "k1public", p384 = "p384"} do
	for _, hash in ipairs {"sha256", "SHA-512", "sha1", "md5"} do
		local signature = keys[private]:sign("message", hash)
		eq(keys[public]:verify("message", signature, hash), true, private .. hash)
		eq(keys[private]:verify("message", signature, hash), true, private .. hash)
		eq(keys[public]:verify("messagf", signature, hash), false)
		eq(keys[public]:verify("message", signature:sub(2), hash), false)
		eq(keys[public]:verify("message", "", hash), false)
	end
end
eq(keys.rsa:sign("x", "sha256"), keys.encrypted:sign("x", "sha256"))
eq(keys.p256public:verify("x", keys.k1:sign("x", "sha256"), "sha256"), false)
eq(#keys.rsa:sign(("x"):rep(1 << 20), "sha256"), 256)
fails("a private key is needed", keys.rsapublic.sign, keys.rsapublic, "x", "sha256")
fails("RSA does not sign digests of blake2b512", keys.rsa.sign, keys.rsa, "x", "blake2b512")
eq(keys.p256public:verify("x", keys.p256:sign("x", "blake2b512"), "blake2b512"), true)
fails("bad argument #2 to 'sign' %(unknown algorithm 'sha255', did you mean", function() keys.rsa:sign("x", "sha255") end)
fails("silly has no algorithm 'sm3'", keys.rsa.verify, keys.rsa, "x", "y", "sm3")
fails("bad argument #3 to 'verify' %(string expected, got nil%)", function() keys.rsa:verify("x", "y", nil) end)

-- Encryption.
for _, how in ipairs {{}, {pkey.RSA_PKCS1}, {pkey.RSA_PKCS1_OAEP}, {pkey.RSA_PKCS1_OAEP, "sha256"}, {pkey.RSA_PKCS1_OAEP, "sha512"}} do
	local sealed = keys.rsapublic:encrypt("secret", table.unpack(how))
	eq(#sealed, 256)
	eq(keys.rsa:decrypt(sealed, table.unpack(how)), "secret")
	eq(list(keys.rsa:decrypt(sealed:reverse(), table.unpack(how))), "nil decryption failed")
	eq(keys.rsa:decrypt(keys.rsa:encrypt("", table.unpack(how)), table.unpack(how)), "")
end
eq(list(keys.rsa:decrypt(keys.rsa:encrypt("x", pkey.RSA_PKCS1_OAEP, "sha256"), pkey.RSA_PKCS1_OAEP, "sha1")), "nil decryption failed")
eq(list(keys.rsapublic:encrypt(("x"):rep(246))), "nil the message is too long for the key")
eq(list(keys.rsapublic:decrypt(("x"):rep(256))), "nil a private key is needed")
eq(list(keys.p256:encrypt("x")), "nil an RSA key is needed")
eq(list(keys.p256:decrypt("x")), "nil an RSA key is needed")
eq(select(2, keys.rsa:encrypt("x", pkey.RSA_NO)), "silly does not have RSA without padding: it hides nothing")
eq(select(2, keys.rsa:decrypt("x", pkey.RSA_X931)), "silly does not have the padding of X9.31, which is for signatures")
fails("bad argument #2 to 'encrypt' %(pkey.RSA_PKCS1 or pkey.RSA_PKCS1_OAEP expected%)", function() keys.rsa:encrypt("x", 2) end)
fails("RSA does not use blake2b512", keys.rsa.encrypt, keys.rsa, "x", 4, "blake2b512")

-- What is no key.
for text, why in pairs {
	[""] = "there is no PEM text", ["x"] = "there is no PEM text", [pem.encrypted] = "the key is encrypted: a password is needed",
	["-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"] = "the PUBLIC KEY is malformed, or of a kind that silly does not have",
} do
	eq(list(pkey.new(text)), "nil " .. why)
end
eq(list(pkey.new(pem.encrypted, "wrong")), "nil wrong password, or the key is malformed")
fails("bad argument #1 to 'new' %(string expected, got nil%)", pkey.new, nil)
fails("pkey expected, got table", keys.rsa.sign, {}, "x", "sha256")

-- Slow keys let others run.
local others = 0
task.fork(function() others = others + 1 end)
keys.rsa:sign("x", "sha256")
eq(others, 1)

-- Tokens: what was encoded is decoded, with the key that fits.
local claims = {sub = "1234567890", big = math.maxinteger, real = 1.5, list = {1, "two"}, nested = {ok = true}}
local function same(t)
	return t.sub == claims.sub and t.big == claims.big and t.real == 1.5 and t.list[2] == "two" and t.nested.ok == true
end
for _, c in ipairs {
	{"HS256", "secret"}, {"HS384", "secret"}, {"HS512", "secret"},
	{"RS256", keys.rsa, keys.rsapublic}, {"RS384", keys.rsa, keys.rsapublic}, {"RS512", keys.encrypted, keys.rsapublic},
	{"ES256", keys.p256, keys.p256public}, {"ES384", keys.p384}, {"ES512", keys.p521}, {"ES256", keys.k1, keys.k1public},
} do
	local name, private, public = c[1], c[2], c[3] or c[2]
	local token = assert(jwt.encode(claims, private, name))
	eq(json.decode(base64.decode(token:match "^[^.]+")).alg, name)
	eq(same(assert(jwt.decode(token, public))), true)
	local head, body, signature = token:match "^(.*)%.(.*)%.(.*)$"
	for _, wrong in ipairs {
		head .. "." .. body .. "." .. signature:reverse(), head .. "." .. body .. ".", jwt.encode({sub = "other"}, "other secret"),
		head .. "." .. body:sub(1, 5) .. (body:sub(6, 6) == "A" and "B" or "A") .. body:sub(7) .. "." .. signature,
	} do
		local payload, err = jwt.decode(wrong, public)
		eq(payload, nil)
		eq(err == "signature verification failed" or err == "invalid signature" or err == "unsupported algorithm: HS256 with this key", true, err)
	end
end
eq(jwt.decode(jwt.encode({a = 1}, "s"), "s").a, 1)
eq(next(jwt.decode(jwt.encode({}, "s"), "s")), nil)
eq(jwt.decode(jwt.encode({n = json.null, x = 1}, "s"), "s").n, nil)

-- RFC 7515 appendix A.1.
local rfc = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
local secret = base64.decode "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
local payload = assert(jwt.decode(rfc, secret))
eq(list(payload.iss, payload.exp, payload["http://example.com/is_root"]), "joe 1300819380 true") -- expired: that is the caller's to see

-- The key says which algorithm is allowed, not the token.
local function made(header, body, signature)
	local enc = base64.urlsafe_encode
	return enc(header) .. "." .. enc(body) .. "." .. (signature or "")
end
local hmac = require "silly.crypto.hmac"
for _, public in ipairs {pem.rsapublic, pem.p256public} do -- signed with the public key as a secret
	local signed = made([[{"alg":"HS256"}]], [[{"admin":true}]]):sub(1, -2)
	local forged = signed .. "." .. base64.urlsafe_encode(hmac.digest(public, signed, "sha256"))
	eq(jwt.decode(forged, public).admin, true) -- as a secret it is one
	eq(list(jwt.decode(forged, pkey.new(public))), "nil unsupported algorithm: HS256 with this key")
end
eq(list(jwt.decode(jwt.encode({}, keys.rsa, "RS256"), "secret")), "nil unsupported algorithm: RS256 with this key")
eq(list(jwt.decode(jwt.encode({}, keys.p384, "ES384"), keys.p256public)), "nil unsupported algorithm: ES384 with this key")
eq(list(jwt.decode(jwt.encode({}, keys.k1, "ES256"), keys.p256public)), "nil signature verification failed")
eq(list(jwt.encode({}, keys.p256, "ES384")), "nil unsupported algorithm: ES384 with this key")
eq(list(jwt.encode({}, "secret", "RS256")), "nil unsupported algorithm: RS256 with this key")
eq(list(jwt.encode({}, keys.rsapublic, "RS256")), "nil a private key is needed")
for _, name in ipairs {"none", "None", "", "HS255", "PS256", "EdDSA", "hs256"} do
	eq(list(jwt.decode(made(('{"alg":"%s"}'):format(name), "{}"), "secret")), "nil unsupported algorithm: " .. name)
	eq(list(jwt.encode({}, "secret", name)), "nil unsupported algorithm: " .. name)
end

-- What is no token.
for text, why in pairs {
	[""] = "token format", ["a.b"] = "token format", ["a.b.c.d"] = "token format", ["..."] = "token format", [".."] = "header",
	["!.e30.x"] = "header", ["e30.e30."] = "header", [made("[]", "{}")] = "header", [made("1", "{}")] = "header", [made([[{"alg":1}]], "{}")] = "header",
	[made([[{"ALG":"HS256"}]], "{}")] = "header", [made([[{"alg":"HS256","crit":["exp"]}]], "{}")] = "header", [made([[{"alg":"HS256"}]], "{}") .. "x"] = "signature",
	[made([[{"alg":"HS256"}]], "{}"):gsub("%.", ".=", 1)] = "payload", [made([[{"alg":"HS256"}]], "{}") .. "A\nA"] = "signature",
} do
	eq(list(jwt.decode(text, "secret")), "nil invalid " .. why, text)
end
local signed = made([[{"alg":"HS256"}]], "[1]"):sub(1, -2)
eq(list(jwt.decode(signed .. "." .. base64.urlsafe_encode(hmac.digest("s", signed, "sha256")), "s")), "nil invalid payload")
eq(list(jwt.encode({1, 2}, "s")), "nil invalid payload: an object is needed, not an array")
eq(list(jwt.encode({a = {f = print}}, "s")), "nil invalid payload: a function cannot be encoded at .a.f")

fails("bad argument #1 to 'encode' %(table expected, got nil%)", jwt.encode, nil, "s")
fails("bad argument #2 to 'encode' %(secret or key expected, got nil%)", jwt.encode, {}, nil)
fails("bad argument #2 to 'decode' %(the secret is empty%)", jwt.decode, "a.b.c", "")
fails("secret or key expected, got number", jwt.decode, "a.b.c", 1)
fails("bad argument #1 to 'decode' %(string expected, got table%)", jwt.decode, {}, "s")
