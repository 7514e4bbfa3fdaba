-- silly.compress.zlib, gzip, lz4, snappy. (modules/compress compares with other programs.)
local zlib, gzip, lz4, snappy = require "silly.compress.zlib", require "silly.compress.gzip", require "silly.compress.lz4", require "silly.compress.snappy"
local task = require "silly.task"

local text = ("some text, "):rep(1000)
for name, m in pairs {zlib = zlib, gzip = gzip, lz4 = lz4, snappy = snappy} do
	for _, data in ipairs {"", "x", text, ("\0"):rep(1 << 20)} do
		local packed = m.compress(data)
		eq(#data < 100 or #packed < #data / 10, true, name)
		eq(m.decompress(packed), data, name)
		eq(m.decompress(packed, #data), data, name)
		if #data > 0 then
			eq(list(m.decompress(packed, #data - 1)), ("nil the data become more than %d bytes"):format(#data - 1), name)
			local broken, err = m.decompress(packed:sub(1, -2))
			eq(broken, nil, name)
			eq(err == "the data are cut off" or err == "the data are corrupt", true, err)
		end
	end
	eq(m.decompress "nonsense" == nil, true, name)
	eq(m.decompress "" == nil, true, name)
	fails("bad argument #1 to 'compress' %(string expected, got nil%)", m.compress, nil)
	fails("bad argument #1 to 'decompress' %(string expected, got table%)", m.decompress, {})
	fails("bad argument #2 to 'decompress' %(number from 0 to 1099511627776 expected%)", m.decompress, "x", -1)
end
for _, m in ipairs {zlib, gzip} do
	eq(#m.compress(text, 0) > #text, true)
	eq(m.decompress(m.compress(text, 9)), text)
	fails("bad argument #2 to 'compress' %(level from 0 to 9 expected%)", m.compress, "x", 10)
end
fails("level from 0 to 9 expected", lz4.compress, "x", -1)
fails("level from 0 to 0 expected", snappy.compress, "x", 1)

-- A bomb of 64 KiB that would be 64 MiB and a byte.
local bomb = gzip.compress(("\0"):rep((64 << 20) + 1))
eq(list(gzip.decompress(bomb)), "nil the data become more than 67108864 bytes")
eq(#gzip.decompress(bomb, 1 << 30), (64 << 20) + 1)

-- Formats.
eq(zlib.compress("x", 6, zlib.GZIP):sub(1, 2), "\x1f\x8b")
eq(zlib.decompress(gzip.compress "x", nil, zlib.GZIP), "x")
eq(zlib.decompress(zlib.compress("x", nil, zlib.RAW), nil, zlib.RAW), "x")
eq(zlib.compress "x":byte(), 0x78)
eq(zlib.decompress(gzip.compress "x"), nil)
fails("bad argument #3 to 'compress' %(zlib.ZLIB, zlib.GZIP or zlib.RAW expected%)", zlib.compress, "x", 6, 1)
fails("zlib.ZLIB, zlib.GZIP or zlib.RAW expected", zlib.decompress, "x", nil, 16)

-- Streams.
for _, format in ipairs {zlib.ZLIB, zlib.GZIP, zlib.RAW} do
	local stream = zlib.deflate(format)
	local out, ended, taken, given = stream "some "
	eq(ended, false)
	eq(taken, 5)
	local more = stream("text", "sync")
	eq(#more > 0, true)
	local rest
	rest, ended, taken, given = stream(", and more", "finish")
	eq(ended, true)
	eq(list(taken, given), list(19, #out + #more + #rest))
	eq(zlib.decompress(out .. more .. rest, nil, format), "some text, and more")
	fails("the stream has ended", stream, "x")
end
eq(gzip.decompress((zlib.deflate(zlib.GZIP)(text, "finish"))), text) -- the framework's way
eq(zlib.decompress((zlib.deflate()("", "finish"))), "")
eq(zlib.decompress((zlib.deflate(nil, 9)(nil, "finish"))), "")
eq(#(zlib.deflate(zlib.ZLIB, 0)(text, "finish")) > #text, true)
for _ = 1, 50 do zlib.deflate()(text) end -- given up
fails("'none', 'sync', 'full' or 'finish' expected", zlib.deflate(), "x", "end")
fails("string expected, got table", zlib.deflate(), {})
fails("bad argument #1 to 'deflate' %(zlib.ZLIB, zlib.GZIP or zlib.RAW expected%)", zlib.deflate, 5)
fails("bad argument #2 to 'deflate' %(level from 0 to 9 expected%)", zlib.deflate, zlib.ZLIB, 11)

-- Much data: other tasks run meanwhile, and one task at a time uses a stream.
local others, errors = 0, 0
task.fork(function() others = others + 1 end)
local much = text:rep(100)
eq(gzip.decompress(gzip.compress(much)), much)
eq(others, 1)
local stream = zlib.deflate()
for _ = 1, 2 do
	task.fork(function() if not pcall(stream, much) then errors = errors + 1 end others = others + 1 end)
end
eventually(function() return others == 3 end)
eq(errors, 1)
