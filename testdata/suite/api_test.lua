-- The tests of silly test that pass: the module, and what a test has around it.
local test = require "silly.test"
local task = require "silly.task"
local time = require "silly.time"
local http = require "silly.net.http"
local websocket = require "silly.net.websocket"
local channel = require "silly.sync.channel"

local loaded = (loaded or 0) + 1

test("equal compares deeply", function(t)
	t:equal(1, 1.0)
	t:equal("a", "a")
	t:equal(0 / 0, 0 / 0)
	t:equal({1, {2, x = {}}}, {1, {2, x = {}}})
	local a, b = {1}, {1}
	a.self, b.self = a, b
	t:equal(a, b)
	local set = setmetatable({1}, {__eq = function() return true end})
	t:equal(set, setmetatable({2}, getmetatable(set)))
	for _, pair in ipairs {
		{1, 2},
		{{}, {1}},
		{{1}, {}},
		{1, "1"},
		{{x = false}, {}},
		{{a = {1}}, {a = {2}}},
	} do
		local ok, err = pcall(
			t.equal,
			setmetatable({failures = {}}, getmetatable(t)),
			pair[1],
			pair[2]
		)
		assert(not ok and tostring(err):find "not equal")
	end
end)

test("the other checks", function(t)
	t:differ(1, 2)
	t:differ({1}, {2})
	t:ok(1)
	local value, second = t:ok("value", "second")
	t:equal({value, second}, {"value", "second"})
	t:near(0.1 + 0.2, 0.3)
	t:near(10, 11, 1)
	t:near(math.huge, math.huge)
	t:match("hello world", "^hello")
	t:equal(t:error(function() error({code = 3}) end), {code = 3})
	t:error(function() error "oops" end, "oops$")
	t:error(function() error({code = 3}) end, {code = 3})
	t:log("a line", 1, {2})
end)

test("cleanup runs backwards, also what it registers", function(t)
	local order = {}
	t:run("part", function(p)
		p:cleanup(function()
			order[#order + 1] = "first"
			p:cleanup(function() order[#order + 1] = "last" end)
		end)
		p:cleanup(function() order[#order + 1] = "second" end)
	end)
	t:equal(order, {"second", "first", "last"})
end)

test("time is virtual", function(t)
	local day = 24 * 3600 * 1000
	local before, clock = time.monotonic(), os.time()
	time.sleep(365 * day)
	t:equal(time.monotonic() - before, 365 * day)
	t:equal(os.time() - clock, 365 * day // 1000)
	local order = {}
	for i = 5, 1, -1 do
		task.fork(function()
			time.sleep(i * day)
			order[#order + 1] = i
		end)
	end
	time.sleep(6 * day)
	t:equal(order, {1, 2, 3, 4, 5})
end)

test("timeouts of clients are in virtual time", function(t)
	local server = t:ok(http.listen {addr = "127.0.0.1:8080", handler = function()
		time.sleep(3600000)
	end})
	t:cleanup(function() server:close() end)
	local before = time.monotonic()
	local client = t:ok(http.newclient {timeout = 30000})
	local response, err = client:get("http://127.0.0.1:8080/")
	t:equal(response, nil)
	t:match(err, "timeout")
	t:near(time.monotonic() - before, 30000, 50)
	time.sleep(3600000) -- the handler ends
end)

test("websockets are pinged in virtual time", function(t)
	local server = t:ok(http.listen {addr = "127.0.0.1:8080", handler = function(stream)
		local sock = t:ok(websocket.upgrade(stream))
		while sock:read() do end
		sock:close()
	end})
	t:cleanup(function() server:close() end)
	local sock = t:ok(websocket.connect("ws://127.0.0.1:8080/"))
	time.sleep(3600000)
	t:ok(sock:write("still there", "text"))
	sock:close()
end)

test("each file has a network of its own", function(t)
	local server = t:ok(http.listen {addr = ":8080", handler = function(stream)
		stream:respond(200, {})
		stream:closewrite("from " .. stream.path)
	end})
	t:cleanup(function() server:close() end)
	t:equal(t:ok(http.get("http://127.0.0.1:8080/here")).body, "from /here")
end)

test("other hosts are out of reach", function(t)
	local response, err = http.get("http://example.com/")
	t:equal(response, nil)
	t:match(err, "network is unreachable: a test in virtual time has a network of its own")
end)

test.realtime("also in real time", function(t)
	local response, err = http.get("http://192.0.2.1/")
	t:equal(response, nil)
	t:match(err, "without %-%-allow%-net")
end)

test.each("each", {one = {1, 1}, two = {2, 4}, {name = "third", 3, 9}}, function(t, case)
	t:equal(case[1] * case[1], case[2])
end)

test.realtime("real time passes by itself, and commands run", function(t)
	local before = time.monotonic()
	local pipe = t:ok(io.popen "echo hello")
	t:cleanup(function() pipe:close() end)
	t:equal(pipe:read "a", "hello\n")
	time.sleep(5)
	local passed = time.monotonic() - before
	t:ok(passed >= 5 and passed < 60000, passed)
end)

test("commands need real time", function(t)
	local pipe, err = io.popen "echo hello"
	t:equal(pipe, nil)
	t:match(err, "test.realtime")
end)

test.skip("skipped", function() error "it must not run" end)

test("skip ends it", function(t)
	t:skip "not today"
	error "it must not come here"
end)

describe("the words of luassert", function()
	it("work", function()
		assert(true)
		assert.are.equal(1, 1)
		assert.equal(1, 1)
		assert.are.same({1, {2}}, {1, {2}})
		assert.are_not.same({1}, {2})
		assert.is_true(1 == 1)
		assert.is.truthy(1)
		assert.is_nil(nil)
		assert.is_not_nil(1)
		assert.has_error(function() error("x", 0) end, "x")
		assert.has_no.errors(function() end)
	end)
	it("leave assert as it was", function(t)
		t:equal({assert(1, 2, 3)}, {1, 2, 3})
		t:error(function() assert(false, "said") end, "api_test.lua:%d+: said$")
		t:error(function() assert(nil) end, "assertion failed!$")
		t:equal(t:error(function() assert(nil, {1}) end), {1})
	end)
end)

test("a shared thing made by the file is no leak", function(t)
	local c = channel.new()
	task.fork(function() c:push(1) end)
	t:equal(c:pop(), 1)
	t:equal(loaded, 1)
end)
