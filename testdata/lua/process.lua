-- silly.process.
local process, task, time = require "silly.process", require "silly.task", require "silly.time"

-- Running a program: no shell reads the arguments.
local r = assert(process.run {"printf", "%s|%s", "a b", "$HOME;`ls`'\""})
eq(list(r.ok, r.code, r.signal, r.stdout, r.stderr), "true 0 nil a b|$HOME;`ls`'\" ")
r = process.run({"sh", "-c", "cat; echo wrong >&2; exit 3"}, {stdin = "in\0put"})
eq(list(r.ok, r.code, r.stdout, r.stderr), "false 3 in\0put wrong\n")
r = process.run {"sh", "-c", "kill -TERM $$"}
eq(list(r.ok, r.code, r.signal), "false nil SIGTERM")
eq(process.run({"pwd"}, {cwd = "/"}).stdout, "/\n")
eq(process.run({"sh", "-c", "echo $ONE-$TWO-$HOME"}, {env = {ONE = "1", TWO = 2, HOME = false}}).stdout, "1-2-\n")
eq(process.run({"sh", "-c", "echo ${PATH:+kept}"}, {env = {ONE = "1"}}).stdout, "kept\n")
eq(process.run {"echo", 5, 1.5}.stdout, "5 1.5\n")
eq(process.run({"cat"}).stdout, "")

eq(list(process.run {"no-such-program"}), "nil no-such-program: program not found")
eq(list(process.run {"/no/such/program"}), "nil /no/such/program: no such file or directory")
eq(list(process.run {"/etc/passwd"}), "nil /etc/passwd: permission denied")
eq(list(process.run({"true"}, {cwd = "/none"})), "nil cwd /none: no such file or directory")

-- Limits end the program with all that it has started.
eq(list(process.run({"sh", "-c", "sleep 1000 & sleep 1000"}, {timeout = 50})), "nil timeout")
eq(list(process.run({"sh", "-c", "while :; do echo xxxxxxxxxxxxxxxx; done"}, {max_output = 100000})), "nil output is longer than 100000 bytes")
eq(#process.run({"head", "-c", "100000", "/dev/zero"}, {max_output = 100000}).stdout, 100000)

-- Other tasks run meanwhile.
local log = {}
task.fork(function() log[#log + 1] = "other" end)
process.run {"true"}
eq(log[1], "other")

-- Talking to a program.
local cat <close> = assert(process.start {"cat"})
eq(math.type(cat.pid), "integer")
eq(cat:write("one\ntwo\nthree"), true)
eq(list(cat:readline(), cat:readline()), "one two")
cat:closewrite()
eq(cat:readline(), "three")
eq(list(cat:readline()), "nil end of file")
eq(list(cat:read()), "nil end of file")
eq(list(cat:write("x")), "false closed")
local ended = assert(cat:wait())
eq(list(ended.ok, ended.code), "true 0")
eq(cat:wait(1).code, 0)
eq(list(cat:kill()), "false the process has ended")

local p = assert(process.start({"sh", "-c", "echo out; echo err >&2; read line; exit 7"}, {stderr = "pipe"}))
eq(list(p:readline(), p:readerr(3), p:readerr(3)), "out err \n")
eq(list(p:wait(1)), "nil timeout")
p:write("\n")
eq(p:wait().code, 7)
p:close()
p:close()
eq(list(p:read()), "nil closed")

p = assert(process.start({"sh", "-c", "echo out; echo err >&2"}, {stderr = "stdout", stdin = "null"}))
eq(list(p:readline(), p:readline()), "out err")
p:close()

-- A task that waits for output, and the end of the process under it.
p = assert(process.start {"sleep", "1000"})
local got
task.fork(function() got = list(p:read()) end)
time.sleep(1)
eq(list(p:read()), "nil another task uses the stream")
eq(p:kill(), true)
eventually(function() return got end)
eq(got, "nil end of file")
eq(p:wait().signal, "SIGTERM")
p:close()
do
	local killed <close> = assert(process.start {"sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done"})
	eq(killed:readline(), "ready")
	p = killed
end
eq(p:wait().signal, "SIGKILL")

fails("bad argument #1 to '[%w.]*run' %(table expected, got string%)", process.run, "ls -l")
fails("a list of the program and its arguments expected", process.run, {})
fails("string expected at index 2, got table", process.run, {"ls", {}})
fails("zero byte at index 2", process.run, {"ls", "a\0b"})
fails("unknown option 'timout', did you mean 'timeout'", process.run, {"ls"}, {timout = 1})
fails("field 'env': string or false expected for 'X'", process.run, {"ls"}, {env = {X = true}})
fails("field 'env': string or false expected for 'X'", process.run, {"ls"}, {env = {X = {}}})
fails("field 'env': names of variables expected as keys", process.run, {"ls"}, {env = {"X"}})
fails("field 'stdout': 'pipe', 'inherit' or 'null' expected, got 'file'", process.start, {"ls"}, {stdout = "file"})
fails("name of a signal expected, got 'TERM'", function()
	local q <close> = process.start {"sleep", "1000"}
	q:kill("TERM")
end)
fails("stdin of the process is no pipe", function()
	local q <close> = process.start({"sleep", "1000"}, {stdin = "null"})
	q:write("x")
end)
