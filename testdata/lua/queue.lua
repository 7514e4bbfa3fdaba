-- silly.adt.queue.
local queue = require "silly.adt.queue"

local q = queue.new()
eq(q:pop(), nil)
eq(q:size(), 0)
local t = {}
for i, v in ipairs {"a", t, print, 1.5, "a"} do eq(q:push(v), i) end
eq(q:push(false), 6)
eq(list(q:pop(), q:pop() == t, q:pop() == print, q:pop(), q:pop(), q:pop(), q:pop()), "a true true 1.5 a false nil")
for i = 1, 1000 do q:push(i) end
for i = 1, 900 do eq(q:pop(), i) end
eq(q:size(), 100)
q:clear()
eq(list(q:size(), q:pop()), "0 nil")
eq(q:push "again", 1)

-- What was taken is not kept alive.
local weak = setmetatable({}, {__mode = "v"})
do
	local object = {}
	weak[1] = object
	q:clear()
	q:push(object)
	q:pop()
end
collectgarbage() collectgarbage()
eq(weak[1], nil)

fails("bad argument #1 to 'push' %(value expected, got nil%)", function() q:push(nil) end)
fails("queue expected, got table", q.pop, {})
