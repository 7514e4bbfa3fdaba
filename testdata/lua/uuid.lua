-- silly.uuid.
local uuid, time = require "silly.uuid", require "silly.time"

local pattern = "^%x%x%x%x%x%x%x%x%-%x%x%x%x%-([47])%x%x%x%-[89ab]%x%x%x%-%x%x%x%x%x%x%x%x%x%x%x%x$"
local seen, last = {}, ""
for _ = 1, 1000 do
	local four, seven = uuid.v4(), uuid.v7()
	eq(four:match(pattern), "4")
	eq(seven:match(pattern), "7")
	eq(seen[four] or seen[seven], nil)
	seen[four], seen[seven] = true, true
	eq(seven > last, true)
	last = seven
end
local before = time.now()
local id = uuid.parse(uuid.v7())
eq(id.version, 7)
eq(id.time >= before - 1000 and id.time <= time.now() + 1000, true)
eq(#id.bytes, 16)
eq(uuid.frombytes(id.bytes), id.text)

-- RFC 9562, appendix A.
id = uuid.parse "919108F7-52D1-4320-9BAC-F847DB4148A8"
eq(list(id.text, id.version, id.time), "919108f7-52d1-4320-9bac-f847db4148a8 4 nil")
id = uuid.parse "017F22E2-79B0-7CC3-98C4-DC0C0C07398F"
eq(list(id.version, id.time), "7 1645557742000")
eq(uuid.parse "00000000-0000-0000-0000-000000000000".version, nil)
for _, text in ipairs {"", "919108f7", "919108f752d143209bacf847db4148a8", "{919108f7-52d1-4320-9bac-f847db4148a8}",
	"urn:uuid:919108f7-52d1-4320-9bac-f847db4148a8", "919108f7-52d1-4320-9bac-f847db4148ag", "919108f7-52d1-4320-9bac_f847db4148a8"} do
	eq(list(uuid.parse(text)), "nil 32 hexadecimal digits expected, with hyphens behind 8, 12, 16 and 20 of them")
end
fails("16 bytes expected", uuid.frombytes, "x")
fails("string expected, got no value", uuid.parse)
