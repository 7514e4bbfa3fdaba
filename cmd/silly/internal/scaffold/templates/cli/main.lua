-- A command that counts words.
--
--   silly main.lua [--top=N] [file...]
--
-- Without a file it reads standard input. It prints the N words that occur most often, 10 by default.
local silly = require "silly"
local words = require "words"

local usage = "Usage: silly main.lua [--top=N] [file...]\n"

-- fail ends the program with a message.
local function fail(status, message)
	io.stderr:write(message)
	silly.exit(status)
end

local top, files = 10, {}
for _, argument in ipairs(arg) do
	local number = argument:match "^%-%-top=(%d+)$"
	if argument == "--help" then
		io.write(usage)
		silly.exit(0)
	elseif number then
		top = math.tointeger(number)
	elseif argument:sub(1, 1) == "-" then
		fail(2, "unknown option " .. argument .. "\n" .. usage)
	else
		files[#files + 1] = argument
	end
end

local counts = {}
if #files == 0 then
	words.count(io.lines(), counts)
end
for _, name in ipairs(files) do
	local file, err = io.open(name)
	if not file then
		fail(1, err .. "\n")
	end
	words.count(file:lines(), counts)
	file:close()
end
for _, entry in ipairs(words.top(counts, top)) do
	print(entry.count, entry.word)
end
