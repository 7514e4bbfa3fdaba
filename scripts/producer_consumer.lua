-- Two producers and one consumer share a channel. The last producer closes it, the consumer takes what is
-- left, and the program ends by itself.
--
--   silly scripts/producer_consumer.lua
--
-- Tasks run in a fixed order, so the output is always the same:
--
--   apple 1
--   pear 1
--   apple 2
--   pear 2
--   apple 3
--   5 items, then: sold out
local task = require "silly.task"
local time = require "silly.time"
local channel = require "silly.sync.channel"

local items = channel.new()
local producing = 0

local function produce(name, count)
	producing = producing + 1
	task.fork(function()
		for i = 1, count do
			items:push(name .. " " .. i) -- never waits: the queue grows as needed
			time.sleep(0) -- lets the others run once
		end
		producing = producing - 1
		if producing == 0 then
			items:close("sold out")
		end
	end)
end

produce("apple", 3)
produce("pear", 2)

-- The main script consumes. pop waits while the channel is empty; after close it returns nil and the reason.
local count = 0
while true do
	local item, reason = items:pop()
	if item == nil then
		print(count .. " items, then: " .. reason)
		break
	end
	count = count + 1
	print(item)
end
