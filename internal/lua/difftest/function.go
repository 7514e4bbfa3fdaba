package difftest

import (
	"fmt"
	"strings"
)

func init() {
	produce(
		production{name: "function", weight: 7, core: true, when: func(g *generator) bool { return g.shallow() && g.impure() }, emit: (*generator).function},
		production{name: "call", weight: 7, core: true, when: (*generator).impure, emit: (*generator).callStatement},
		production{name: "method", weight: 3, when: (*generator).impure, emit: (*generator).method},
		production{name: "recursion", weight: 2, when: (*generator).impure, emit: (*generator).recursion},
		production{name: "tail call", weight: 2, when: (*generator).impure, emit: (*generator).tailCalls},
		production{name: "pcall", weight: 8, core: true, when: func(g *generator) bool { return g.shallow() && g.impure() }, emit: (*generator).protect},
	)
}

// function declares a function in one of the ways that there are.
func (g *generator) function() {
	f := &function{vararg: g.chance(30), coroutine: g.chance(15), protected: 1}
	for range g.n(4) {
		f.results = append(f.results, []kind{integer, integer, text, boolean, anything, float, integers}[g.n(7)])
	}
	params := g.params(f, g.n(4))
	fuel := min(g.fuel, g.body()+1)
	sig := &signature{params: f.params, vararg: f.vararg, results: f.results}
	name := g.name()
	switch g.n(6) {
	case 0:
		g.line("local %s = %s", name, g.functionBody(f, params, fuel))
	case 1:
		name = fmt.Sprintf("F%d", g.n(6))
		if g.visible(name) {
			name = g.label("F")
		}
		g.line("function %s%s", name, g.functionRest(f, params, fuel))
		g.declare(variable{name: name, kind: callable, sig: sig, fixed: true, global: true})
		return
	case 2:
		v := g.of(record)
		if v == nil || v.name == "self" {
			g.line("local function %s%s", name, g.functionRest(f, params, fuel))
			break
		}
		field := v.name + "." + g.label("f")
		g.line("function %s%s", field, g.functionRest(f, params, fuel))
		// It is called through a local, as the record's variable may be assigned.
		g.line("local %s = %s", name, field)
	default:
		g.line("local function %s%s", name, g.functionRest(f, params, fuel))
	}
	g.declare(variable{name: name, kind: callable, sig: sig, fixed: true})
	if g.chance(60) {
		g.line("show(%s, %s)", g.tag(), g.call(&g.vars[len(g.vars)-1], 1))
	}
}

// callStatement calls a function, with the results in all positions that there are.
func (g *generator) callStatement() {
	v := g.choose(func(v *variable) bool { return v.kind == callable && v.sig != nil })
	if v == nil {
		g.function()
		return
	}
	call := g.call(v, 2)
	switch g.n(10) {
	case 0:
		g.line("%s", call)
	case 1:
		g.line("show(%s, (%s))", g.tag(), call)
	case 2:
		g.line("show(%s, %s, %s)", g.tag(), call, g.call(v, 1))
	case 3:
		g.line("show(%s, {%s, %s})", g.tag(), call, g.call(v, 1))
	case 4:
		g.line("show(%s, {n = %s, %s})", g.tag(), g.call(v, 1), call)
	case 5:
		g.line("ev(%s%s)", v.name, strings.TrimSuffix(", "+g.list(1, 3), ", "))
	case 6:
		g.line("if %s then show(%s) else show(%s) end", call, g.tag(), g.tag())
	case 7:
		g.line("show(%s, select('#', %s))", g.tag(), call)
	case 8:
		g.line("show(%s, %s == %s, not %s, %s and 1 or 2)", g.tag(), call, g.call(v, 1), g.call(v, 1), call)
	default:
		g.line("show(%s, %s)", g.tag(), call)
	}
}

// method makes an object with methods and calls them.
func (g *generator) method() {
	class, o := g.fresh("C"), g.fresh("o")
	g.line("local %s = {}; %s.__index = %s", class, class, class)
	g.line("function %s.new(v) return setmetatable({v = v}, %s) end", class, class)
	g.line("function %s:inc(n, ...) self.v = self.v + (n or 1) return self, ... end", class)
	g.line("function %s:get(...) return self.v, select('#', ...) end", class)
	if g.shallow() {
		f := &function{vararg: g.chance(30), results: []kind{integer}, coroutine: g.chance(10)}
		params := g.params(f, g.n(3))
		mark := len(g.vars)
		rest := ""
		for i, p := range params {
			if p == "self" {
				params[i] = g.fresh("p")
			}
		}
		rest = g.functionRest(f, params, min(g.fuel, g.body()))
		g.vars = g.vars[:mark]
		g.line("function %s:work%s", class, rest)
		var args []string
		for _, p := range f.params {
			args = append(args, g.expr(p, 1))
		}
		g.line("local %s = %s.new(%s)", o, class, g.integer(1))
		g.line("show(%s, %s:work(%s))", g.tag(), o, strings.Join(args, ", "))
	} else {
		g.line("local %s = %s.new(%s)", o, class, g.integer(1))
	}
	for range 1 + g.n(3) {
		switch g.n(8) {
		case 0:
			g.line("show(%s, %s:inc():inc(%s).v)", g.tag(), o, g.integer(1))
		case 1:
			g.line("show(%s, %s:inc(2):get(1, nil, %s))", g.tag(), o, g.atom())
		case 2:
			g.line("show(%s, %s.get(%s, 1), %s['get'](%s))", g.tag(), o, o, class, o)
		case 3:
			g.line("ev(function() return %s:missing() end)", o)
		case 4:
			g.line("ev(%s.inc, %s, {})", o, o)
		case 5:
			g.line("%s:inc(%s)", o, g.integer(1))
		case 6:
			d := g.fresh("D")
			g.line("local %s = setmetatable({}, {__index = %s}); %s.__index = %s", d, class, d, d)
			g.line("function %s:get() return 'sub', %s.get(self) end", d, class)
			g.line("show(%s, setmetatable({v = %s}, %s):inc(3):get())", g.tag(), g.atom(), d)
		case 7:
			g.line("show(%s, (%s:inc 'x' == nil))", g.tag(), `("x"):rep(3):upper()`)
			_ = o
		}
	}
}

// recursion defines functions that call themselves or each other.
func (g *generator) recursion() {
	f := g.fresh("f")
	switch g.n(6) {
	case 0:
		g.line("local function %s(n) if n <= 1 then return 1 end return n * %s(n - 1) end", f, f)
		g.line("show(%s, %s(%d))", g.tag(), f, g.n(30))
	case 1:
		g.line("local function %s(n) if n < 2 then return n end return %s(n - 1) + %s(n - 2) end", f, f, f)
		g.line("show(%s, %s(%d))", g.tag(), f, g.n(12))
	case 2:
		g.line("local %s, odd", f)
		g.line("function %s(n) if n == 0 then return true end return odd(n - 1) end", f)
		g.line("function odd(n) if n == 0 then return false end return %s(n - 1) end", f)
		g.line("show(%s, %s(%d), odd(%d))", g.tag(), f, g.n(400), g.n(400))
	case 3: // permutations by a coroutine
		g.line("local function %s(t, n) if n <= 1 then coroutine.yield(table.concat(t, ',')) else for i = 1, n do", f)
		g.line("  t[n], t[i] = t[i], t[n]; %s(t, n - 1); t[n], t[i] = t[i], t[n] end end end", f)
		g.line("for p in coroutine.wrap(function() %s(%s, %d) end) do show(%s, p) end", f, "{1, 2, 3}", 2+g.n(2), g.tag())
	case 4: // every level has variables of its own
		g.line("local fs = {}")
		g.line("local function %s(n) local x = n * 10; fs[n] = function() x = x + 1 return n, x end if n > 1 then %s(n - 1) end %s end", f, f,
			g.one("", "x = -x", "n = n + 100", "if n == 2 then error('deep') end"))
		g.line("ev(%s, %d)", f, 2+g.n(3))
		g.line("for i = 1, #fs do show(%s, fs[i](), fs[i]()) end", g.tag())
	case 5: // nested protected calls
		g.line("local function %s(n) if n == 0 then %s end local r = table.pack(pcall(%s, n - 1)) %s return n, table.unpack(r, 1, r.n) end", f,
			g.one("error('bottom')", "error({n})", "return 'ok'", "local x = nil; x.y = 1", "error()"), f, g.one("", "if n == 2 then error(r[2], 0) end", "if not r[1] then error(r[2]) end"))
		g.line("ev(%s, %d)", f, 1+g.n(8))
	}
}

// tailCalls runs more calls than a stack has room for.
func (g *generator) tailCalls() {
	f := g.fresh("f")
	n := 300 + g.n(2000)
	if g.chance(3) {
		n = 250000
	}
	switch g.n(6) {
	case 0:
		g.line("local function %s(n, a) if n == 0 then return a, 'done' end return %s(n - 1, a + n) end", f, f)
		g.line("show(%s, %s(%d, %s))", g.tag(), f, n, g.small())
	case 1:
		g.line("local function %s(n, ...) if n == 0 then return select('#', ...), ... end return %s(n - 1, n, (...)) end", f, f)
		g.line("show(%s, %s(%d))", g.tag(), f, n)
	case 2:
		g.line("local o = {n = %d}", n)
		g.line("function o:%s(a) self.n = self.n - 1 if self.n <= 0 then return a end return self:%s(a %s) end", f, f, g.one("+ 1", "~ self.n", "* 3"))
		g.line("show(%s, o:%s(1))", g.tag(), f)
	case 3:
		g.line("local %s; %s = setmetatable({}, {__call = function(self, n, a) if n == 0 then return a end return self(n - 1, a + 1) end})", f, f)
		g.line("show(%s, %s(%d, 0))", g.tag(), f, n)
	case 4:
		g.line("local function %s(n) if n == 0 then %s end return %s(n - 1) end", f, g.one("error('end')", "return nil + 1", "return"), f)
		g.line("ev(%s, %d)", f, n)
	case 5: // through coroutines
		g.line("local function %s(n) if n %% 100 == 0 then coroutine.yield(n) end if n == 0 then return 'end' end return %s(n - 1) end", f, f)
		g.line("local co = coroutine.wrap(%s) for i = 1, 4 do show(%s, co(350)) end", f, g.tag())
	}
}

// protect runs statements under pcall or xpcall.
func (g *generator) protect() {
	body := func(vararg, yields bool) string {
		return g.closure(func(f *function) {
			f.protected++
			f.vararg = vararg
			f.coroutine = f.coroutine && yields
		}, func() {
			g.statements(g.body() + 1)
			g.indent++
			if g.chance(40) {
				g.line("%s", g.capturedRaise())
			} else if g.chance(40) {
				g.line("%s", g.returning())
			}
			g.indent--
		})
	}
	handler := g.one(
		"function(e) return 'handled', e end", "function(e) show('handler', e) return e end", "function(...) return select('#', ...) end", "print", "type",
		"function(e) error('in handler') end, 1", "str", "function(e) return end", "function(e) return pcall(error, e) end",
	)
	if strings.Contains(handler, "in handler") {
		handler = "(function() local n = 0 return function(e) n = n + 1 if n == 1 then error('in handler') end return str(e) .. n end end)()"
	}
	if handler == "print" {
		handler = "tostring"
		if g.wild > 0 {
			handler = "str"
		}
	}
	// coroutine.close of lua5.4 calls what stands where the handler of an xpcall was when __close fails, so no yield leaves one.
	switch g.n(8) {
	case 0, 1, 2:
		g.line("ev(%s)", body(false, true))
	case 3:
		vararg := g.chance(50)
		g.line("show(%s, pcall(%s%s))", g.tag(), body(vararg, true), g.one("", ", 1", ", nil, 'x'"))
	case 4:
		g.line("show(%s, xpcall(%s, str%s))", g.tag(), body(true, false), g.one("", ", 1, 2", ", nil"))
	case 5:
		ok, e := g.fresh("ok"), g.fresh("e")
		g.line("local %s, %s = pcall(%s)", ok, e, body(false, true))
		g.line("if not %s then show(%s, type(%s), %s) end", ok, g.tag(), e, e)
		g.declare(variable{name: ok, kind: boolean})
		g.declare(variable{name: e, kind: anything})
	case 6:
		g.line("show(%s, xpcall(%s, %s))", g.tag(), body(false, false), handler)
	case 7:
		g.line("show(%s, select('#', pcall(%s)), pcall(pcall, %s))", g.tag(), body(false, true), g.one("error", "error, 'x'", "pcall, error, 1", "nil", "select, '#'"))
	}
}

// capturedRaise is a statement that raises an error somewhere below.
func (g *generator) capturedRaise() string {
	if v := g.choose(func(v *variable) bool { return v.kind == callable && v.sig != nil }); v != nil && g.chance(20) {
		return g.call(v, 1) + "; " + g.raise()
	}
	return g.raise()
}
