-- silly.trace.
local trace, task, time = require "silly.trace", require "silly.task", require "silly.time"

-- A trace is a root and a node; each new one has another root.
eq(trace.attach(0), 0)
trace.setnode(1001)
eq(trace.spawn(), 0)
local first = trace.propagate()
eq(first & 0xffff, 1001)
eq(math.type(first), "integer")
eq(first > 0, true)
eq(trace.spawn(), first)
local second = trace.propagate()
eq(second >> 16 ~= first >> 16, true)
eq(trace.attach(first), second)
local roots = {}
for _ = 1, 1000 do
	trace.spawn()
	local root = trace.propagate() >> 16
	eq(roots[root], nil)
	eq(root > 0 and root < 1 << 47, true)
	roots[root] = true
end

-- What comes from another node keeps its root, and is passed on with the own node.
trace.attach(0x1234567890ab0007)
eq(trace.propagate(), 0x1234567890ab0000 | 1001)
trace.setnode(65535)
eq(trace.propagate(), 0x1234567890abffff)
trace.setnode(0)
eq(trace.propagate(), 0x1234567890ab0000)
eq(trace.attach(-1), 0x1234567890ab0007)
eq(trace.attach(tostring(math.maxinteger)), -1)
eq(trace.attach(0), math.maxinteger)
eq(trace.propagate(), 0)

-- Each task has its own, coroutines have that of their task, and it stays over waits.
trace.attach(0x10000)
local seen
task.fork(function()
	seen = trace.attach(0x20000)
	time.sleep(1)
	seen = list(seen, trace.attach(0))
end)
eventually(function() return type(seen) == "string" end)
eq(seen, "0 131072")
eq(coroutine.wrap(function() return trace.attach(0x30000) end)(), 0x10000)
eq(trace.attach(0), 0x30000)

fails("bad argument #1 to 'trace.setnode' %(number from 0 to 65535 expected%)", trace.setnode, 65536)
fails("number from 0 to 65535 expected", trace.setnode, -1)
fails("bad argument #1 to 'trace.setnode' %(number expected, got no value%)", trace.setnode)
fails("number has no integer representation", trace.attach, 1.5)
fails("number expected, got nil", trace.attach, nil)
