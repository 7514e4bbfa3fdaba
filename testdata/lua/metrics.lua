-- silly.metrics.*. (modules/metrics has a parser of Prometheus read what gather writes.)
local counter, gauge, histogram = require "silly.metrics.counter", require "silly.metrics.gauge", require "silly.metrics.histogram"
local labels, registry = require "silly.metrics.labels", require "silly.metrics.registry"
local prometheus = require "silly.metrics.prometheus"
local task, time = require "silly.task", require "silly.time"

-- sample is the value of a line of a text, or nil.
local function sample(text, line)
	for l in text:gmatch "[^\n]+" do
		if l:sub(1, #line + 1) == line .. " " then return l:sub(#line + 2) end
	end
end

-- Counters.
do
	local c = counter("requests_total", "Requests.")
	eq(list(c.name, c.help, c.kind, c.value), "requests_total Requests. counter 0")
	eq(list(c:inc()), "")
	c:add(2)
	eq(c.value, 3)
	eq(math.type(c.value), "integer")
	c:add(0.5)
	c:add "1"
	eq(c.value, 4.5)
	fails("bad argument #1 to 'add' %(Counter can only increase%)", function() c:add(-1) end)
	fails("Counter can only increase", c.add, c, 0 / 0)
	fails("bad argument #1 to 'add' %(number expected, got nil%)", function() c:add(nil) end)
	fails("bad argument #1 to 'counter:inc' %(counter expected, got table%)", c.inc, {})
	fails("counter expected, got no value", c.inc)
	fails("counter expected, got gauge", c.inc, gauge("g", ""))
	eq(c.value, 4.5)
	c.value = math.maxinteger
	c:inc()
	eq(c.value, 2 ^ 63)
	c.value = "x"
	fails("field 'value' of the metric has a string, not a number", function() c:inc() end)
	eq(c.set, nil)
	eq(c.labels, nil)
end

-- Gauges.
do
	local g = gauge("temperature", "")
	g:set(10)
	g:inc()
	g:dec()
	g:add(5)
	g:add(-1)
	g:sub(0.5)
	eq(g.value, 13.5)
	g:set(-5.25)
	eq(g.value, -5.25)
	g:set(math.mininteger)
	g:dec()
	eq(g.value, -2.0 ^ 63)
	g:set(0)
	g:sub(math.mininteger)
	eq(g.value, 2.0 ^ 63)
	for _, method in ipairs {"set", "add", "sub"} do
		fails("number expected, got table", g[method], g, {})
		fails("bad argument #1 to 'gauge:" .. method .. "' %(gauge expected, got string%)", g[method], "x", 1)
	end
	fails("gauge expected", g.inc, 1)
	fails("gauge expected", g.dec, 1)
end

-- Histograms.
do
	local h = histogram("latency_seconds", "Latency.")
	eq(table.concat(h.buckets, " "), "0.005 0.01 0.025 0.05 0.075 0.1 0.25 0.5 0.75 1.0 2.5 5.0 7.5 10.0")
	h = histogram("size", "", nil, {10, 1, 5.5, math.huge})
	eq(table.concat(h.buckets, " "), "1 5.5 10")
	for _, v in ipairs {1, 0.5, 5.5, 7, 100, -1} do h:observe(v) end
	eq(table.concat(h.bucketcounts, " "), "3 4 5")
	eq(list(h.sum, h.count), "113.0 6")
	fails("bad argument #1 to 'observe' %(the value is NaN%)", function() h:observe(0 / 0) end)
	fails("bad argument #1 to 'observe' %(number expected, got boolean%)", function() h:observe(true) end)
	fails("histogram expected, got number", h.observe, 1, 1)
	fails("bad argument #4 to 'histogram' %(numbers expected as buckets, got string%)", histogram, "h", "", nil, {"x"})
	fails("buckets of at least 0 expected, got %-1", histogram, "h", "", nil, {-1})
	fails("buckets of at least 0 expected", histogram, "h", "", nil, {0 / 0})
	fails("bucket 1 twice", histogram, "h", "", nil, {2, 1, 1})
	fails("bad argument #4 to 'histogram' %(table expected, got number%)", histogram, "h", "", nil, 5)
	fails("the label 'le' is that of the buckets", histogram, "h", "", {"le"})
	local vec = histogram("v", "", {"a"}, {1})
	vec:labels "x":observe(0.5)
	vec:labels "y":observe(2)
	eq(list(vec:labels "x".bucketcounts[1], vec:labels "y".bucketcounts[1]), "1 0")
	h.bucketcounts = nil
	fails("field 'bucketcounts' of the metric is a nil, not a table", function() h:observe(1) end)
end

-- Names.
for _, new in ipairs {counter, gauge, histogram} do
	for _, bad in ipairs {"", "1a", "a-b", "a b", "a\n", "é"} do
		fails("bad argument #1 to '%a+' %(name of a metric expected", new, bad, "")
	end
	for _, bad in ipairs {"", "1a", "a-b", "a:b", "__a", 5, {}} do
		fails("bad argument #3 to '%a+' %(names of labels expected", new, "m", "", {bad})
	end
	fails("bad argument #3 to '%a+' %(label 'a' twice%)", new, "m", "", {"a", "a"})
	fails("bad argument #1 to '%a+' %(string expected, got no value%)", new)
	fails("bad argument #2 to '%a+' %(string expected, got table%)", new, "m", {})
	fails("bad argument #3 to '%a+' %(table expected, got string%)", new, "m", "", "x")
	eq(new("a:b_1", "", {}).labelnames, nil)
end

-- Labels.
do
	local c = counter("hits_total", "", {"method", "status"})
	local one = c:labels("GET", 200)
	one:inc()
	eq(c:labels("GET", "200"), one)
	eq(c:labels("POST", 200) ~= one, true)
	eq(c:labels("GET", 200.0) ~= one, true) -- its text is 200.0
	eq(c.metrics['method="GET",status="200"'], one)
	eq(#c.labelnames, 2)
	fails("2 label values expected, got 1", c.labels, c, "GET")
	fails("2 label values expected, got 3", c.labels, c, "GET", 1, 2)
	fails("1 label value expected, got 2", function() counter("n", "", {"a"}):labels(1, 2) end)
	fails("a counter with labels has no value of its own: metric:labels%(...%):inc%(...%)", function() c:inc() end)
	fails("bad argument #2 to 'labels' %(label value that is a string or a number expected, got nil%)", function() c:labels("GET", nil) end)
	fails("bad argument #1 to 'labels' %(label value .* got table%)", function() c:labels({}, 1) end)
	fails("counter with labels expected", c.labels, counter("x", ""), 1)

	local cache = {}
	local key = labels.key(cache, {"a", "b"}, {'q"\\\n', 8})
	eq(key, [[a="q\"\\\n",b="8"]])
	eq(labels.key(cache, {"a", "b"}, {'q"\\\n', "8"}), key)
	eq(labels.key({}, {"a"}, {"\xff"}), 'a="\u{fffd}"')
	eq(labels.key({}, {}, {}), "")
	eq(labels.key({}, {"a"}, {0 / 0}):match '^a="%-?nan"$' ~= nil, true)
	fails("2 label values expected, got 1", labels.key, {}, {"a", "b"}, {1})
	fails("bad argument #3 to 'labels.key' %(label value .* got boolean%)", labels.key, {}, {"a"}, {true})
	fails("name 1 of the labels is a number, not a string", labels.key, {}, {1}, {1})
	fails("the cache is one of other labels", labels.key, {x = 5}, {"a", "b"}, {"x", "y"})
	for i = 1, 3 do
		local args = {{}, {}, {}}
		args[i] = "x"
		fails("bad argument #" .. i .. " to 'labels.key' %(table expected, got string%)", labels.key, table.unpack(args))
	end
end

-- Values from strangers: long ones are cut off between characters, and a metric has an end.
do
	local c = counter("paths_total", "", {"path"})
	eq(c:labels(("x"):rep(300)), c:labels(("x"):rep(256)))
	eq(next(c.metrics), 'path="' .. ("x"):rep(256) .. '"')
	eq(labels.key({}, {"a"}, {("é"):rep(150)}), 'a="' .. ("é"):rep(128) .. '"')
	eq(labels.key({}, {"a"}, {("x"):rep(255) .. "é"}), 'a="' .. ("x"):rep(255) .. '"')
	eq(#labels.key({}, {"a"}, {("\x80"):rep(1e6)}) < 1000, true)
	local known = c:labels "known"
	for i = 1, 20000 do c:labels(i):inc() end
	local n, cached = 0, 0
	for _ in pairs(c.metrics) do n = n + 1 end
	for _ in pairs(c.labelcache) do cached = cached + 1 end
	eq(list(n, cached), "10001 10001")
	eq(c:labels "known", known)
	eq(c:labels(1).value, 1)
	eq(c:labels(20001), c:labels "other")
	eq(c:labels "other".value, 20000 - 9998)
end

-- Registries.
do
	local r, other = registry.new(), registry.new()
	local b, a = counter("b", ""), gauge("a", "")
	r:register(b)
	r:register(a)
	r:register(b)
	local all = r:collect()
	eq(#all, 2)
	eq(all[1], b)
	eq(all[2], a)
	eq(#other:collect(), 0)
	r:unregister(b)
	r:unregister(b)
	eq(r:collect()[1], a)
	eq(#r:collect(), 1)
	fails("bad argument #1 to 'register' %(collector expected: a metric, or a table with a function collect%)", function() r:register {name = "none"} end)
	local changed = {collect = function() end}
	r:register(changed)
	changed.collect = nil
	fails("attempt to call a nil value %(method 'collect'%)", r.collect, r)
	fails("bad argument #1 to 'register' %(table expected, got nil%)", function() r:register(nil) end)
	fails("bad argument #1 to 'unregister' %(table expected, got number%)", function() r:unregister(1) end)
	fails("registry expected, got table", r.register, {}, {})
	fails("registry expected", r.collect, 5)
	-- A collector may wait, raise, and change the registry.
	local waits = {}
	function waits:collect(buf)
		time.sleep(1)
		buf[#buf + 1] = a
		other:register(waits)
		other:unregister(b)
	end
	other:register(waits)
	other:register(b)
	eq(#other:collect(), 2)
	eq(#other:collect(), 1)
	other:register {collect = function() error "no data" end}
	fails("no data", other.collect, other)
	fails("bad argument #1 to 'counter:collect' %(counter expected", b.collect, a, {})
	fails("bad argument #1 to 'collect' %(table expected, got no value%)", function() b:collect() end)
end

-- gather.
do
	local c = prometheus.counter("app_requests_total", "Requests\nby \\path.", {"path"})
	eq(sample(prometheus.gather(), "# TYPE app_requests_total"), nil) -- it has no series
	c:labels 'b"\n':inc()
	c:labels "a":add(2)
	prometheus.gauge("app_users", "Users."):set(1.5)
	local h = prometheus.histogram("app_seconds", "Time.", {"m"}, {1, 0.5})
	h:labels "x":observe(0.75)
	local text = prometheus.gather()
	eq(text:find([[
# HELP app_requests_total Requests\nby \\path.
# TYPE app_requests_total counter
app_requests_total{path="a"} 2
app_requests_total{path="b\"\n"} 1
# HELP app_users Users.
# TYPE app_users gauge
app_users 1.5
# HELP app_seconds Time.
# TYPE app_seconds histogram
app_seconds_bucket{m="x",le="0.5"} 0
app_seconds_bucket{m="x",le="1"} 1
app_seconds_bucket{m="x",le="+Inf"} 1
app_seconds_sum{m="x"} 0.75
app_seconds_count{m="x"} 1
]], 1, true) ~= nil, true, text)

	-- What a collector makes is checked: one that does not fit raises, and says which it is.
	local bad = {
		{5, "a metric is a number, not a table"},
		{{}, "a metric has the name 'nil', which Prometheus does not take"},
		{{name = "a-b"}, "a metric has the name 'a%-b'"},
		{{name = "x"}, "metric 'x': its kind is missing"},
		{{name = "x", kind = "summary"}, "its kind is 'summary', not counter, gauge, histogram or untyped"},
		{{name = "x", kind = "gauge"}, "field 'value' is a nil, not a number"},
		{{name = "x", kind = "gauge", metrics = 5}, "field 'metrics' is a number, not a table"},
		{{name = "x", kind = "gauge", metrics = {5}}, "something else than a table for each text of labels"},
		{{name = "x", kind = "gauge", metrics = {["a=b"] = {value = 1}}}, "the labels 'a=b' are not what Prometheus takes"},
		{{name = "x", kind = "gauge", metrics = {['a="b"\nc 1'] = {value = 1}}}, "are not what Prometheus takes"},
		{{name = "x", kind = "gauge", metrics = {['a="",a=""'] = {value = 1}}}, "are not what Prometheus takes"},
		{{name = "x", kind = "histogram", metrics = {['le="1"'] = {}}}, "are not what Prometheus takes"},
		{{name = "x", kind = "histogram"}, "fields 'buckets' and 'bucketcounts' are not lists of the same length"},
		{{name = "x", kind = "histogram", buckets = {1}, bucketcounts = {{}}}, "have something else than numbers"},
		{{name = "x", kind = "histogram", buckets = {}, bucketcounts = {}, sum = 1}, "field 'count' is a nil"},
		{{name = "app_users", kind = "counter", value = 1}, "metric 'app_users': there is a gauge of this name, too"},
		{{name = "app_seconds_sum", kind = "counter", value = 1}, "histogram 'app_seconds' has lines of this name"},
	}
	local made
	local r = prometheus.registry()
	eq(r, prometheus.registry())
	local collector = {collect = function(_, buf) buf[#buf + 1] = made end}
	r:register(collector)
	for i, case in ipairs(bad) do
		made = case[1]
		fails(case[2], prometheus.gather)
	end
	made = {name = "app_new", kind = "untyped", value = math.huge, help = 5}
	eq(sample(prometheus.gather(), "app_new"), "+Inf")
	made = {name = "app_users", kind = "gauge", value = 3} -- the later one counts
	eq(sample(prometheus.gather(), "app_users"), "3")
	r:unregister(collector)
	eq(sample(prometheus.gather(), "app_users"), "1.5")
end

-- What the program itself has.
do
	local function now(name) return math.tointeger(tonumber(sample(prometheus.gather(), name))) end
	local names = {"silly_tasks", "silly_timer_pending", "silly_timer_scheduled_total", "silly_timer_fired_total", "silly_timer_canceled_total"}
	local before = {}
	for i, name in ipairs(names) do before[i] = now(name) end
	local function since()
		local out = {}
		for i, name in ipairs(names) do out[i] = now(name) - before[i] end
		return table.concat(out, " ")
	end
	local one, two = time.after(60000, print), time.after(60000, print)
	eq(since(), "0 2 2 0 0")
	time.cancel(one)
	time.cancel(two)
	time.cancel(two)
	eq(since(), "0 0 2 0 2")
	local me = task.running()
	time.after(0, function() task.wakeup(me) end)
	task.wait()
	eq(since(), "0 0 3 1 2")
	local waiting = task.fork(function() task.wait() end)
	task.fork(function() end)
	eq(since():match "^%d+", "2")
	eq(now "silly_tasks_runnable", 2)
	eq(now "silly_worker_backlog", 2)
	time.sleep(0)
	eq(since():match "^%d+", "1")
	task.wakeup(waiting)
	time.sleep(0)
	eq(since():match "^%d+", "0")

	for _, name in ipairs {"process_heap_bytes", "process_goroutines"} do eq(now(name) > 0, true, name) end
	collectgarbage()
	local text = prometheus.gather()
	eq(tonumber(sample(text, "process_gc_cycles_total")) > 0, true)
	eq(tonumber(sample(text, "process_gc_pause_seconds_count")) > 0, true)
	eq(tonumber(sample(text, "process_gc_pause_seconds_sum")) > 0, true)
	if sample(text, "process_cpu_seconds_user") then
		eq(tonumber(sample(text, "process_cpu_seconds_user")) > 0, true)
		eq(tonumber(sample(text, "process_cpu_seconds_system")) >= 0, true)
	end
	for _, name in ipairs {"silly", "process"} do
		local module = require("silly.metrics.collector." .. name)
		local collector = module.new()
		eq(collector.name, name)
		local buf, again = {}, {}
		collector:collect(buf)
		collector.new():collect(again)
		eq(#buf > 3 and #buf == #again, true)
		fails("table expected, got no value", function() collector:collect() end)
	end
end
