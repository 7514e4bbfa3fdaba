package difftest

import "fmt"

func init() {
	deep := func(g *generator) bool { return g.shallow() && g.impure() }
	produce(
		production{name: "coroutine", weight: 6, core: true, when: deep, emit: (*generator).coroutine},
		production{name: "wrap", weight: 3, when: deep, emit: (*generator).wrap},
		production{name: "yield", weight: 5, core: true, when: func(g *generator) bool { return g.fn.coroutine && g.impure() }, emit: (*generator).yield},
		production{name: "yield across", weight: 3, when: (*generator).impure, emit: (*generator).yieldAcross},
		production{name: "coroutine state", weight: 2, when: (*generator).impure, emit: (*generator).coroutineState},
	)
}

// coroutineBody is a function with statements that yield now and then.
func (g *generator) coroutineBody() string {
	f := &function{vararg: g.chance(50), free: true, coroutine: true, protected: 1}
	params := make([]string, 0, 2)
	for range g.n(3) {
		f.params = append(f.params, anything)
		params = append(params, g.fresh("p"))
	}
	return g.functionBody(f, params, min(g.fuel, g.body()+3))
}

func (g *generator) coroutine() {
	co := g.fresh("co")
	g.line("local %s = coroutine.create(%s)", co, g.coroutineBody())
	if g.chance(20) {
		g.statements(1)
	}
	g.line("for i = 1, %d do", 1+g.n(6))
	g.line("  show(%s, i, coroutine.resume(%s%s))", g.tag(), co, g.one(", i", ", i, i * 2", "", ", nil, i", ", "+g.atom()))
	g.line("  if coroutine.status(%s) == 'dead' then break end", co)
	if g.chance(30) {
		g.statements(1)
	}
	g.line("end")
	switch g.n(4) {
	case 0:
		g.line("show(%s, coroutine.status(%s))", g.tag(), co)
	case 1:
		g.line("show(%s, coroutine.resume(%s, 'more'))", g.tag(), co)
	default:
		g.line("show(%s, coroutine.status(%s), coroutine.close(%s))", g.tag(), co, co)
		g.line("show(%s, coroutine.status(%s), coroutine.resume(%s))", g.tag(), co, co)
	}
	g.declare(variable{name: co, kind: anything, fixed: true})
}

func (g *generator) wrap() {
	w := g.fresh("w")
	g.line("local %s = coroutine.wrap(%s)", w, g.coroutineBody())
	switch g.n(3) {
	case 0:
		g.line("for i = 1, %d do ev(%s, i) end", 1+g.n(5), w)
	case 1:
		g.line("for a, b in %s do", w)
		g.line("  tick()")
		g.line("  show(%s, a, b)", g.tag())
		g.fn.loops++
		g.statements(g.n(3))
		g.fn.loops--
		g.line("end")
	case 2:
		g.line("show(%s, pcall(function() return %s(1), {%s(2)}, %s(3) end))", g.tag(), w, w, w)
		g.line("ev(%s)", w)
	}
}

// yield hands values to whoever resumed the coroutine.
func (g *generator) yield() {
	list := g.list(2, 3)
	switch g.n(9) {
	case 0:
		g.line("coroutine.yield(%s)", list)
	case 1:
		x, y := g.fresh("x"), g.fresh("y")
		g.line("local %s, %s = coroutine.yield(%s)", x, y, list)
		g.declare(variable{name: x, kind: anything})
		g.declare(variable{name: y, kind: anything})
	case 2:
		g.line("show(%s, coroutine.yield(%s))", g.tag(), list)
	case 3:
		g.line("show(%s, pcall(coroutine.yield, %s))", g.tag(), list)
	case 4:
		g.line("show(%s, {coroutine.yield(%s), coroutine.yield()})", g.tag(), list)
	case 5:
		if v := g.assignable(integer); v != nil {
			g.line("%s = (tonumber((coroutine.yield(%s))) or 0) // 1", v.name, v.name)
			return
		}
		g.line("coroutine.yield()")
	case 6:
		g.line("if coroutine.yield(%s) then show(%s) else show(%s) end", list, g.tag(), g.tag())
	case 7:
		g.line("show(%s, pcall(function(...) local c <close> = %s; show(coroutine.yield(%s)); %s end))", g.tag(), g.closing(false), g.list(1, 2), g.one("", "error('after yield')", "return 'r'", "coroutine.yield('twice')"))
	case 8:
		g.line("show(%s, (function(...) return coroutine.yield(...) end)(%s))", g.tag(), list)
	}
}

// yieldAcross yields inside of what calls functions behind the scenes.
func (g *generator) yieldAcross() {
	y := func() string { return g.one("coroutine.yield('y')", "coroutine.yield(1, 2)", "coroutine.yield()") }
	bodies := []string{
		"return pcall(function() return %[1]s end)",
		"return pcall(function() %[1]s error('e') end)",
		"return xpcall(function(...) return ..., %[1]s end, str, 'arg')",
		"return xpcall(function() %[1]s local x = nil; return x.y end, function(e) return 'H ' .. str(e) end)",
		"for k, v in function(_, c) %[1]s if (c or 0) < 2 then return (c or 0) + 1, 'v' end end do show(k, v) end",
		"local m = setmetatable({}, {__index = function(t, k) return %[1]s end}) return m.foo, m[1]",
		"local m = setmetatable({}, {__newindex = function(t, k, v) rawset(t, k, %[1]s or v) end}) m.foo = 5 m[1], m.x = 6, 7 return m",
		"local mt = {__add = function(a, b) return %[1]s end} mt.__concat, mt.__unm, mt.__idiv = mt.__add, mt.__add, mt.__add local m = setmetatable({}, mt) return m + 1, 1 + m, -m, m // 2, 'x' .. m, m .. 'x' .. 'y', 1 .. 2 .. m",
		"local mt = {__lt = function() return %[1]s end, __le = function() return %[1]s end, __eq = function() return %[1]s end} local a, b = setmetatable({}, mt), setmetatable({}, mt) return a < b, a <= b, a == b, a ~= b, not (a < b), a > 1, 1 <= a",
		"local mt = {__eq = function() return %[1]s end} local a, b = setmetatable({}, mt), setmetatable({}, mt) if a == b then show('equal') else show('different') end while a ~= b do show('loop') break end return a == b and 1 or 2",
		"local m = setmetatable({}, {__call = function(self, ...) return ..., %[1]s end}) return m(1), (m(2)), {m(3)}",
		"local m = setmetatable({}, {__len = function() return %[1]s end}) return #m, -#m == 1",
		"do local c <close> = setmetatable({}, {__close = function(_, e) show('closing', e) %[1]s show('closed') end}) show('in') end return 'end'",
		"local function f() local c <close> = setmetatable({}, {__close = function() %[1]s end}) return 'r1', 'r2' end return f()",
		"return pcall(function() local c <close> = setmetatable({}, {__close = function(_, e) show(e) %[1]s end}) error('body') end)",
		"for i in function(_, c) c = (c or 0) + 1 if c < 3 then return c end end, nil, nil, setmetatable({}, {__close = function() %[1]s end}) do if i == 2 then break end end return 'left'",
		"local co = coroutine.wrap(function() for i = 1, 2 do %[1]s coroutine.yield('inner', i) end end) for i = 1, 5 do show(pcall(co)) coroutine.yield('outer') end",
		"local t = {%[1]s, %[1]s, x = %[1]s} return t",
		"local a, b, c = %[1]s, (%[1]s) return a, b, c",
		"return %[1]s, select('#', %[1]s)",
		"local function f(n) if n == 0 then return %[1]s end return f(n - 1) end return f(5)",
		"for i = 1, 2 do local x = i keep(function() x = x + 1 return x end) %[1]s end return 'done'",
		"for _, v in pairs(setmetatable({}, {__pairs = function(t) %[1]s return next, {1}, nil end})) do show(v) end",
		"local mt = {__add = function(a, b) return pcall(function() %[1]s error('in add') end) end} return setmetatable({}, mt) + 1",
		"return pcall(pcall, pcall, function() return %[1]s end)",
		"return pcall(coroutine.yield, 'direct')",
		"return (function(...) return select('#', ...), ... end)(pcall(function() return %[1]s end))",
		"local ok, e = pcall(function() for i = 1, 3 do if i == 2 then %[1]s error({i}) end end end) return ok, e",
		"local t = setmetatable({}, {__index = setmetatable({}, {__index = function(_, k) %[1]s return k .. '!' end})}) return t.a .. t.b",
	}
	body := bodies[g.n(len(bodies))]
	co := g.fresh("co")
	text := body
	if countVerb(body) > 0 {
		text = fmt.Sprintf(body, y())
	}
	if g.chance(20) {
		text = "return pcall(function() " + text + " end)"
	}
	if g.chance(20) {
		text = fmt.Sprintf("local c <close> = %s; do %s end", g.closing(true), text)
	}
	g.line("do local %s = coroutine.%s(function(...) %s end)", co, "create", text)
	switch g.n(5) {
	case 0:
		g.line("  for i = 1, %d do show(%s, coroutine.resume(%s, %s)) end", 1+g.n(3), g.tag(), co, g.one("true", "i", "nil"))
		g.line("  show(%s, coroutine.close(%s))", g.tag(), co)
	case 1:
		if g.fn.coroutine { // through another coroutine
			g.line("  local outer = coroutine.wrap(function() while coroutine.status(%s) ~= 'dead' do tick() coroutine.yield(coroutine.resume(%s, 1)) end end)", co, co)
			g.line("  for i = 1, 3 do show(%s, outer()) end", g.tag())
			break
		}
		fallthrough
	default:
		g.line("  repeat show(%s, coroutine.resume(%s, %s)) until coroutine.status(%s) == 'dead'", g.tag(), co, g.one("true", "7", "nil", "false", "'s', 2"), co)
	}
	g.line("end")
}

func countVerb(s string) int {
	n := 0
	for i := 0; i+1 < len(s); i++ {
		if s[i] == '%' && s[i+1] == '[' {
			n++
		}
	}
	return n
}

// coroutineState looks at coroutines from all sides.
func (g *generator) coroutineState() {
	list := []string{
		"local co; co = coroutine.create(function() show(coroutine.status(co), coroutine.running() == co, coroutine.isyieldable(co)) show(coroutine.resume(co)) show(pcall(coroutine.close, co)) end) show(coroutine.resume(co)) show(coroutine.status(co))",
		"local outer; outer = coroutine.create(function() local inner = coroutine.create(function() show(coroutine.status(outer)) show(coroutine.resume(outer)) show(pcall(coroutine.close, outer)) end) show(coroutine.resume(inner)) end) show(coroutine.resume(outer))",
		"local w; w = coroutine.wrap(function() return pcall(w) end) show(pcall(w)) show(pcall(w))",
		"show(select(2, coroutine.running()))",
		"local w = coroutine.wrap(function() error({1}) end) show(pcall(w)) show(pcall(w))",
		"local w = coroutine.wrap(function() error('msg') end) show(pcall(w)) show(pcall(w))",
		"local w = coroutine.wrap(function() local x <close> = closer('w') error('msg', 0) end) show(pcall(w)) show(pcall(w))",
		"local co = coroutine.create(function() local x = nil; x() end) show(coroutine.resume(co)) show(coroutine.status(co), coroutine.close(co)) show(coroutine.close(co))",
		"local co = coroutine.create(function(...) local n = select('#', ...) while true do n = n + select('#', coroutine.yield(n)) end end) show(coroutine.resume(co, 1, 2)) show(coroutine.resume(co)) show(coroutine.resume(co, nil, nil)) show(coroutine.close(co))",
		"local co = coroutine.create(function() return 1, 2, 3 end) show(coroutine.close(co)) show(coroutine.status(co), coroutine.resume(co))",
		"local w1 = coroutine.wrap(function() local w2 = coroutine.wrap(function() coroutine.yield(1) error('in w2') end) coroutine.yield(w2()) w2() end) show(pcall(w1)) show(pcall(w1)) show(pcall(w1))",
		"local function gen(n) return coroutine.wrap(function() for i = 1, n do coroutine.yield(i) end end) end local function filter(f, it) return coroutine.wrap(function() for x in it do if f(x) then coroutine.yield(x) end end end) end for x in filter(function(x) return x % 2 == 1 end, gen(7)) do show(x) end",
		"local co = coroutine.create(function() for i = 1, 3 do pcall(function() coroutine.yield(i) error('x') end) end return 'end' end) while coroutine.status(co) == 'suspended' do show(coroutine.resume(co)) end",
		"local x = 0; local co = coroutine.wrap(function() local y = 0; while true do x, y = x + 1, y + 2 coroutine.yield(function() y = y + 10 return x, y end) end end) local f, f2 = co(), co() show(f()) show(f2()) co() show(f())",
		"local cos = {} for i = 1, 3 do cos[i] = coroutine.wrap(function(a) for j = 1, 2 do a = a + coroutine.yield(i * 10 + j + a) end return 'end', i end) end for round = 1, 3 do for i = 1, 3 do show(cos[i](round)) end end",
		"show(pcall(coroutine.yield, 'from here'))",
		"local co = coroutine.wrap(function() return pcall(pcall, error, 'e') end) show(co()) show(pcall(co))",
		"local co = coroutine.create(function() coroutine.yield(coroutine.running()) end) local ok, self = coroutine.resume(co) show(ok, self == co)",
		"local co = coroutine.create(function() local a <close> = closer('a', function() error('ca', 0) end) local b <close> = closer('b', function() error('cb', 0) end) coroutine.yield() end) coroutine.resume(co) show(coroutine.close(co)) show(coroutine.status(co))",
		"local co = coroutine.wrap(function(...) return select('#', ...), ... end) show(co(nil, nil, nil))",
		"local co = coroutine.create(function() error() end) show(coroutine.resume(co)) show(coroutine.close(co))",
		"local co = coroutine.create(function() error(setmetatable({}, {__tostring = function() return 'obj' end})) end) local ok, e = coroutine.resume(co) show(ok, tostring(e))",
	}
	g.line("do %s end", list[g.n(len(list))])
}
