package difftest

func init() {
	produce(production{name: "environment", weight: 3, emit: (*generator).environment, when: (*generator).impure})
}

// environment replaces _ENV.
func (g *generator) environment() {
	a := g.atom()
	switch g.n(14) {
	case 0:
		g.line("do local _ENV = {show = show, ex = %s}; ex = ex + 1; ey = ex * 2; function foo() return ex, ey end; show(%s, ex, ey, foo()) end", a, g.tag())
	case 1:
		g.line("do local function f(_ENV) return ea, eb end show(%s, f({ea = %s, eb = 'b'}), {pcall(f)}, pcall(f, 5)) end", g.tag(), a)
	case 2:
		g.line("do local env = setmetatable({}, {__index = _G}) local f = load('z1 = %s; return z1, _ENV ~= _G, tostring(z1)', '=env', 't', env) show(%s, f()) show(env.z1, z1) end", g.small(), g.tag())
	case 3:
		g.line("do local e = {} local function f() local _ENV = e; ex = %s; return ex end show(%s, f(), e) end", a, g.tag())
	case 4:
		g.line("ev(function() local _ENV = %s; return ex end)", g.one("nil", "5", "{}", "'abc'", "{ex = 1}", "print"))
	case 5:
		g.line("ev(function() local _ENV = %s; ex = 1 end)", g.one("nil", "5", "{}", "'abc'"))
	case 6:
		g.line("ev(function() local print, _ENV = show, {}; print(ex, ey) return undefinedfunction() end)")
	case 7:
		g.line("do local fs = {} for ei = 1, 3 do local _ENV = {ei = ei, gv = 0} fs[ei] = function() gv = gv + ei return gv end end show(%s, fs[1](), fs[2](), fs[2](), fs[3]()) end", g.tag())
	case 8:
		g.line("do local old = _ENV; do local _ENV = setmetatable({}, {__index = old, __newindex = function(t, k, v) old.show('set', k, v) old.rawset(t, k, v) end}) q1 = %s; q1 = 2; q2, q1 = 3, 4; show(%s, q1, q2) end show(q1) end", a, g.tag())
	case 9:
		g.line("ev(function(_ENV, ...) local function inner() return ex end ex = (ex or 0) + 1; return inner(), ... end, {ex = %s}, 'more')", a)
	case 10:
		g.line("do local _ENV = _ENV; H%d = %s; show(%s, H%d == _G.H%d) end", 1, a, g.tag(), 1, 1)
	case 11:
		g.line("ev(function() local function f() _ENV = {ex = 'inner'} return ex end local save = _ENV local r = f() _ENV = save return r, type(ex) end)")
	case 12:
		g.line("show(%s, _G._G == _G, _ENV == _G, rawget(_G, 'undefined9'), _VERSION)", g.tag())
	case 13:
		g.line("do setmetatable(_G, {__index = function(_, k) return 'global ' .. k end, __newindex = function(t, k, v) show('new global', k) rawset(t, k, v) end}) local r = unknown; N%d = %s; setmetatable(_G, nil) show(%s, r, N%d) end", g.serial, a, g.tag(), g.serial-1)
	}
}
