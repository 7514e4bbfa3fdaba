-- silly.logger. (testdata/script/log.txtar has levels and files of the command line.)
local logger, env, task, trace = require "silly.logger", require "silly.env", require "silly.task", require "silly.trace"
local path = os.tmpname()
env.set("logpath", path)

-- lines is what was logged since the last call, without time.
local read = 0
local function lines()
	local f = assert(io.open(path))
	f:seek("set", read)
	local text = f:read "a"
	read = f:seek()
	f:close()
	return (text:gsub("%f[^\n\0]%d%d%d%d%-%d%d%-%d%d %d%d:%d%d:%d%d ", ""))
end
local zero = ("0"):rep(16)

eq(list(logger.DEBUG, logger.INFO, logger.WARN, logger.ERROR), "0 1 2 3")
eq(logger.getlevel(), logger.INFO)
logger.debug "no"
logger.info("text", 1, 2.0, -0.5, nil, true, false, "")
eq(lines(), zero .. " I test.lua:21 text 1 2.0 -0.5 nil true false \n")
logger.info()
eq(lines(), zero .. " I test.lua:23 \n")

-- Levels.
for number, name in pairs {[0] = "debug", "info", "warn", "error"} do
	logger.setlevel(number)
	eq(logger.getlevel(), number)
	for _, which in ipairs {"debug", "info", "warn", "error"} do
		logger[which](which)
		logger[which .. "f"]("%s", which)
	end
	local out = lines()
	for i, which in ipairs {"debug", "info", "warn", "error"} do
		eq(select(2, out:gsub(" " .. which .. "\n", "")), i > number and 2 or 0, name .. " " .. which)
	end
end
logger.setlevel(logger.INFO)

-- Values.
local function shown(...)
	logger.info(...)
	return lines():match " I test.lua:%d+ (.*)\n$"
end
eq(shown {}, "{}")
eq(shown {1, "two", {3}}, "{[1]=1, [2]=two, [3]={[1]=3}}")
eq(shown {id = 42}, "{id=42}")
eq(shown {[true] = false, [1.5] = 2}:gsub("%[true%]=false", "X"), shown {[true] = false, [1.5] = 2}:gsub("%[true%]=false", "X"))
eq(shown {[{1}] = 1, [{}] = nil}, "{[{...}]=1}")
eq(shown {{{{{1}}}}}, "{[1]={[1]={[1]={[1]={[1]=1}}}}}")
eq(shown {{{{{{1}}}}}}, "{[1]={[1]={[1]={[1]={[1]={...}}}}}}")
eq(shown {{{{{{}}}}}}, "{[1]={[1]={[1]={[1]={[1]={}}}}}}")
eq(shown(print):match "^function: ", "function: ")
eq(shown(setmetatable({1}, {__tostring = error, __pairs = error})), "{[1]=1}")
eq(shown(require "silly.sync.channel".new()):match "^channel: ", "channel: ")
local cycle = {}
cycle.cycle = cycle
eq(shown(cycle), "{cycle={cycle={cycle={cycle={cycle={...}}}}}}")

-- A line is one line: what comes from strangers cannot pretend to be another, nor command a terminal.
eq(shown "a\n2026-01-01 00:00:00 0000000000000000 E fake", "a\n\t2026-01-01 00:00:00 0000000000000000 E fake")
eq(shown "\27[31m\r\0\xff\u{202e}", [[\x1b[31m\x0d\x00\xff\u202e]])

-- Cost is bounded: tables that share parts would have 10^15 elements.
local wide = {}
for i = 1, 1000 do wide[i] = wide end
local text = shown(wide)
if #text > 1.1 * 2^20 or not text:find "%.%.%.$" then error(#text) end
eq(#shown(("x"):rep(3 << 20)), (1 << 20) + 3)

-- Formats.
local function formatted(...)
	logger.warnf(...)
	return lines():match " W test.lua:%d+ (.*)\n$"
end
eq(formatted("%s%%|%s|%s|%s", 42, {a = 1}, nil, "x"), "42%|{a=1}|nil|x")
eq(formatted "none", "none")
eq(formatted("one", "too many"), "one")
fails("invalid option '%%d' to 'format', only support '%%s'", logger.infof, "%d", 1)
fails("invalid option '%%%.' to 'format', only support '%%s'", logger.infof, "%.2f", 1)
fails("invalid option '%%' to 'format'", logger.infof, "100%")
fails("bad argument #3 to 'logger.infof' %(value expected%)", logger.infof, "%s %s", 1)
fails("bad argument #1 to 'logger.infof' %(string expected, got nil%)", logger.infof, nil)
logger.debugf("%d", 1) -- is not looked at

-- The trace is that of the task.
trace.attach(0x1234567890ab0001)
logger.info "mine"
eq(lines():match "^%x+", "1234567890ab0001")
local own
task.fork(function() logger.info "its own" own = lines():match "^%x+" end)
eventually(function() return own end)
eq(own, zero)
trace.attach(-1)
require "silly".error "message"
eq(lines():match "^%x+ E message\n\tstack traceback:\n\t\ttest.lua:%d+: in main chunk\n$" ~= nil, true)
logger.info "all bits"
eq(lines():match "^%x+", ("f"):rep(16))
trace.attach(0)

-- Settings of the log: at once; what is wrong with them is logged.
env.set("loglevel", "warn")
eq(logger.getlevel(), logger.WARN)
env.set("loglevel", "loud")
eq(lines():match "unknown level 'loud' of the log" ~= nil, true)
env.set("logpath", "/missing/folder/log")
eq(lines():match "cannot log to /missing/folder/log: no such file or directory" ~= nil, true)
env.set("loglevel", "info")
env.set("logformat", "json")
logger.info "json"
eq(lines():match '"level":"INFO","msg":"json","trace":"0000000000000000","source":"test.lua:%d+"}' ~= nil, true)
env.set("logpath", nil)
os.remove(path)

fails("bad argument #1 to 'logger.setlevel' %(level from 0 %(logger.DEBUG%) to 3 %(logger.ERROR%) expected%)", logger.setlevel, 4)
fails("level from 0", logger.setlevel, -1)
fails("number expected, got nil", logger.setlevel, nil)
fails("info is called with a dot, not with a colon", function() logger:info "x" end)
fails("is called with a dot", function() logger:errorf("%d", 1) end)
