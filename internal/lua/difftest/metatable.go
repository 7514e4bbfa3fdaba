package difftest

import (
	"fmt"
	"strings"
)

func init() {
	produce(
		production{name: "metamethods", weight: 5, when: (*generator).impure, emit: (*generator).metamethods},
		production{name: "index chain", weight: 3, when: (*generator).impure, emit: (*generator).indexChain},
		production{name: "metatable rules", weight: 2, when: (*generator).impure, emit: (*generator).metatableRules},
	)
}

var arithmeticEvents = []string{"add", "sub", "mul", "div", "mod", "pow", "unm", "idiv", "band", "bor", "bxor", "shl", "shr", "bnot", "concat"}

// metamethods makes objects with some of the metamethods and applies operators to them.
func (g *generator) metamethods() {
	mt, o, p, v := g.fresh("mt"), g.fresh("o"), g.fresh("p"), g.fresh("val")
	g.line("do")
	g.indent++
	g.line("local %s = {}", mt)
	g.line("local function %s(x) if type(x) == 'table' then return rawget(x, 'v') end return x end", v)
	events := append([]string{}, arithmeticEvents...)
	events = append(events, "len", "eq", "lt", "le", "call", "tostring", "name", "index", "newindex", "close")
	for _, event := range events {
		if g.chance(45) {
			continue
		}
		switch event {
		case "len":
			g.line("%s.__len = function(a, b) show('len', %s(a), %s(b)) return %s end", mt, v, v, g.one("3", "2.5", "'long'", "nil", "a.v"))
		case "eq", "lt", "le":
			g.line("%s.__%s = function(a, b) show('%s', %s(a), %s(b)) return %s end", mt, event, event, v, v, g.one("true", "false", "nil", "1", v+"(a) == "+v+"(b)", "rawequal(a, b)", "{}"))
		case "call":
			g.line("%s.__call = function(self, ...) return %s end", mt, g.one("'called', ...", "select('#', ...)", "self, ...", "..."))
		case "tostring":
			g.line("%s.__tostring = function(a) return %s end", mt, g.one("'obj' .. str(a.v)", "'obj'", "5", "nil", "{}"))
		case "name":
			g.line("%s.__name = %s", mt, g.one("'My.Type'", "'T'", "5"))
		case "index":
			g.line("%s.__index = function(t, k) show('index', k) return %s end", mt, g.one("k", "nil", "'dflt'", "rawget(t, 'v')", "7, 8"))
		case "newindex":
			g.line("%s.__newindex = function(t, k, x) show('newindex', k, %s(x)) %s end", mt, v, g.one("", "rawset(t, k, x)", "return 1"))
		case "concat":
			// lua5.4 5.4.4 concatenates wrongly when the metamethod makes the stack grow, so it must not call anything.
			g.line("%s.__concat = function(a, b) return %s end", mt, g.one("'c'", v+"(b)", "setmetatable({v = 'cc'}, "+mt+")", "nil", "rawequal(a, b)", "1, 2", "type(a) .. type(b)", "b"))
		case "close":
			g.line("%s.__close = function(t, e) show('close', t.v, e) end", mt)
		default:
			result := g.one("%[1]s(a)", "setmetatable({v = 'new'}, "+mt+")", "1, 2", "nil", "false", "'r'")
			if strings.Contains(result, "%[1]s") {
				result = fmt.Sprintf(result, v)
			}
			if g.chance(8) {
				result = "error('in metamethod')"
			}
			if g.chance(5) && g.fn.coroutine {
				result = "coroutine.yield('in metamethod')"
			}
			g.line("%s.__%s = function(a, b, ...) show('%s', %s(a), %s(b), ...) return %s end", mt, event, event, v, v, result)
		}
	}
	other := mt
	if g.chance(25) {
		other = fmt.Sprintf("{__add = function() return 'other add' end, __eq = function() return true end, __lt = function() return false end, __concat = function() return 'other' end, __index = %s}", g.one("string", "{z = 1}", "function() return 0 end"))
	}
	g.line("local %s, %s = setmetatable({v = 1}, %s), setmetatable({v = 2}, %s)", o, p, mt, other)
	for range 2 + g.n(5) {
		g.line("%s", g.useOfObject(o, p))
	}
	g.indent--
	g.line("end")
}

// useOfObject is a statement with an operator on an object.
func (g *generator) useOfObject(o, p string) string {
	x := g.one(p, o, "1", "2", "-1", "1.5", "'10'", "'s'", "nil", "{}", "300", "true", g.atom(), "2.0", "'x' .. 'y'")
	l, r := o, x
	if g.chance(40) {
		l, r = x, o
	}
	switch g.n(16) {
	case 0, 1, 2:
		return fmt.Sprintf("ev(function() return %s %s %s end)", l, g.one("+", "-", "*", "/", "%", "^", "//"), r)
	case 3, 4:
		return fmt.Sprintf("ev(function() return %s %s %s end)", l, g.one("&", "|", "~", "<<", ">>"), r)
	case 5:
		return fmt.Sprintf("ev(function() return %s %s end)", g.one("-", "~", "#", "not"), o)
	case 6:
		return fmt.Sprintf("ev(function() show('concat') return %s .. %s end)", l, r)
	case 7:
		return fmt.Sprintf("ev(function() show('concat') return 'a' .. %s .. %s .. 1 end)", l, r)
	case 8, 9:
		return fmt.Sprintf("ev(function() return %s %s %s end)", l, g.comparison(), r)
	case 10:
		return fmt.Sprintf("ev(function() if %s %s %s then return 'then' end return 'else' end)", l, g.comparison(), r)
	case 11:
		return fmt.Sprintf("ev(function() local n = 0 while %s(%s %s %s) and n < 2 do n = n + 1 end return n end)", g.one("", "not "), l, g.comparison(), r)
	case 12:
		return fmt.Sprintf("ev(function() return %s(%s) end)", o, g.one("", "1, nil", x, "table.unpack({1, 2})"))
	case 13:
		return fmt.Sprintf("ev(function() %s.%s = %s return rawget(%s, 'v'), %s.%s end)", o, g.one("v", "new", "x"), g.one("5", "nil", "'s'"), o, o, g.one("v", "new", "x", "y"))
	case 14:
		return fmt.Sprintf("ev(function() return %s, %s end)", g.one("#"+o+" == 3", o+" and 1", "not "+o, o+" or 2", "tostring("+o+"):match('^[%w.]+')"), g.one("rawlen("+o+")", "rawequal("+o+", "+p+")", "getmetatable("+o+") == nil"))
	}
	return fmt.Sprintf("ev(function() local t = {%s, %s} return %s end)", o, p, g.one(
		"t[1] == t[2], t[1] ~= t[2]", "t[1] < t[2] or t[2] < t[1]", "t[1] + t[2] == nil", "(t[1] .. t[2]) .. 'z'", "#t[1], -t[2]", "t[1].foo, t[2][1]", "t[1]:method()", "t[1](t[2])", "t[1][nil], t[1][1.0]",
		"string.format('%s|%d', t[1].v, 3)", "table.concat({t[1].v, t[2].v}, ',')", "select('#', t[1](), t[2]())", "t[1] == 1, 1 == t[1], t[1] == nil, t[1] == 's'"))
}

// indexChain follows __index and __newindex through tables and functions.
func (g *generator) indexChain() {
	base := g.fresh("base")
	g.line("do")
	g.indent++
	g.line("local %s = {%s}", base, g.one("x = 1", "x = 1, [1] = 'one'", "f = function(self, ...) return self ~= nil, ... end, x = false"))
	current := base
	for range 1 + g.n(4) {
		next := g.fresh("layer")
		index := g.one(current, current, "function(t, k) show('fn', k) return "+current+"[k] end", "function(_, k) return rawget("+current+", k) end")
		newindex := g.one("", "", ", __newindex = "+current, ", __newindex = function(t, k, v) show('set', k, v) rawset(t, k, v) end", ", __newindex = function(_, k, v) "+current+"[k] = v end")
		g.line("local %s = setmetatable({%s}, {__index = %s%s})", next, g.one("", "y = 2", "x = nil", "[2] = 'two'"), index, newindex)
		current = next
	}
	for range 2 + g.n(3) {
		key := g.one(".x", ".y", "[1]", "[2]", ".none", "[1.0]", "['x']", "[nil]", ".f")
		switch g.n(5) {
		case 0, 1:
			g.line("ev(function() return %s%s end)", current, key)
		case 2:
			g.line("ev(function() %s%s = %s return %s%s, rawget(%s, 'x'), %s.x end)", current, key, g.one("nil", "10", "'v'"), current, key, current, base)
		case 3:
			g.line("ev(function() return %s:f(1, 2) end)", current)
		case 4:
			g.line("ev(function() %s.x = (%s.x or 0) + 1 return %s.x, %s.x end)", current, current, current, base)
		}
	}
	g.indent--
	g.line("end")
}

// metatableRules are single rules about metatables.
func (g *generator) metatableRules() {
	list := []string{
		"local t = setmetatable({}, {__metatable = 'locked'}) show(getmetatable(t), pcall(setmetatable, t, {}))",
		"show({pcall(setmetatable, {}, 1)}, {pcall(setmetatable, 1, {})}, pcall(setmetatable, {}))",
		"local t = setmetatable({}, {__index = function(_, k) return k .. '?' end}) show(t.a, t[1], rawget(t, 'a'), t.b.c)",
		"local t = setmetatable({}, {__index = 5}) show(pcall(function() return t.x end))",
		"local t = setmetatable({}, {__newindex = 5}) show(pcall(function() t.x = 1 end))",
		"local t = {} setmetatable(t, {__index = t}) t[t] = t show({pcall(function() return t.x end)}, t[t] == t)",
		"local f = setmetatable({}, {__call = setmetatable({}, {__call = function(...) return select('#', ...), type((...)) end})}) show(pcall(f, 1, 2))",
		"local f = setmetatable({}, {__call = 5}) show(pcall(function() return f(1) end))",
		"local t = setmetatable({}, {__tostring = function() return 'T!' end}) show(tostring(t), ('%s|%5s'):format(t, t))",
		"local t = setmetatable({}, {__tostring = function() return 1 end}) show(pcall(tostring, t))",
		"local t = setmetatable({}, {__name = 'Named'}) show((tostring(t):gsub('0x%x+', 'A')), {pcall(function() return t + 1 end)}, {pcall(function() return #t < t end)}, pcall(function() return t .. 'x' end))",
		"local t = setmetatable({}, {__name = 'Named'}) show({pcall(string.rep, t)}, {pcall(ipairs)}, {pcall(function() return t() end)}, pcall(function() for i = 1, t do end end))",
		"local t = setmetatable({}, {__len = function() return 5 end, __index = function(_, i) return i * i end}) show(#t, table.concat(t, ','), table.unpack(t))",
		"local log = {} local t = setmetatable({}, {__len = function() return 2 end, __index = function(_, i) log[#log + 1] = i return i end, __newindex = function(_, k, v) log[#log + 1] = k .. '=' .. v end}) table.insert(t, 9) table.insert(t, 1, 8) show(table.remove(t, 1), log)",
		"local t = setmetatable({}, {__len = function() return 'x' end}) show(#t, {pcall(table.concat, t)}, pcall(table.insert, t, 1))",
		"local t = setmetatable({}, {__pairs = function(t) return function(_, k) if not k then return 'only', 1 end end, t, nil end}) for k, v in pairs(t) do show(k, v) end",
		"local t = setmetatable({}, {__eq = function() return true end}) show(t == {}, t ~= {}, {} == t, t == 1, rawequal(t, {}))",
		"local mt = {__lt = function(a, b) return 'yes' end} local a, b = setmetatable({}, mt), setmetatable({}, mt) show(a < b, a > b, pcall(function() return a <= b end))",
		"local mt = {__concat = function(a, b) return (type(a) == 'table' and 'T' or a) .. '+' .. (type(b) == 'table' and 'T' or b) end} local t = setmetatable({}, mt) show(pcall(show, 'grow')) show('a' .. t, t .. 'b', 'x' .. 'y' .. t .. 1 .. 2, t .. t)",
		"local mt = {__unm = function(a, b) return rawequal(a, b) end, __bnot = function(a, b) return rawequal(a, b) end, __len = function(a, b) return rawequal(a, b), b == nil end} local t = setmetatable({}, mt) show(-t, ~t, #t)",
		"local mt = {} mt.__index = mt; mt.__newindex = function(t, k, v) rawset(t, k, v * 2) end local t = setmetatable({}, mt) t.x = 4 t.x = 5 show(t.x, rawget(t, 'x')) mt.y = 1 show(t.y)",
		"local t = setmetatable({}, {__div = function() return 'div' end, __idiv = function() return 'idiv' end, __mod = function() return 'mod' end}) show(t / 2, 2 // t, t % t, pcall(function() return t * 2 end))",
		"local t = setmetatable({}, {__shl = function(a, b) return 'shl' end, __shr = function() return 'shr' end, __band = function() return 'and' end}) show(t << 1, 1 >> t, t & 1.5, 'x' & t, pcall(function() return t | 1 end))",
		"local s = 'abc' show(s.len, s.x, ('x').rep == string.rep, #s, pcall(function() s.x = 1 end))",
		"show(getmetatable('').__index == string, getmetatable('').__name, ('%d'):format(3), pcall(function() return ('x').y.z end))",
		"local mt = {__index = function(t, k) error('no ' .. k, 2) end} local t = setmetatable({}, mt) show(pcall(function() return t.field end))",
		"local a, b = {}, {} setmetatable(a, {__newindex = b}) setmetatable(b, {__newindex = a}) show(pcall(function() a.x = 1 end))",
		"local t = {[print] = 1, [string.rep] = 2} t[print] = t[print] + 1 show(t[print], t[string.rep], t[type])",
		"local t = setmetatable({1, 2, 3}, {__index = table}) t:insert(4) show(t:concat('-'), t:unpack(2))",
		"local a = setmetatable({}, {__add = function(x, y) return 'first' end}) local b = setmetatable({}, {__add = function(x, y) return 'second' end}) show(a + b, b + a, 1 + b)",
		"local mt = {__le = function(a, b) show('le') return nil end} local a = setmetatable({}, mt) show(a <= 1, 1 >= a, not (a <= a))",
		"local t = setmetatable({}, {__close = 'nope'}) show(pcall(function() local x <close> = t end))",
		"local deep = {} for i = 1, 50 do deep = setmetatable({}, {__index = deep}) end show(deep.x) ",
		"local t <const> = setmetatable({}, {__call = function(_, ...) return ... end}) show(t(1, 2), (t(1, 2)), {t(1, 2), t(3, 4)}, t{5}[1], t'str')",
		"show({pcall(next, {}, 'nokey')}, next({}), next({10}), rawlen({1, 2}), rawlen('abc'), pcall(rawlen, 5))",
		"show(rawequal('a', 'a'), rawequal(1, 1.0), rawequal(0, -0), {pcall(rawset, {}, nil, 1)}, pcall(rawget, 1, 2))",
		"getmetatable('').__add = function(a, b) return 'added ' .. str(a) .. str(b) end show(pcall(function() return 'x' + 1, 1 + 'y', '1' + '2' end)) getmetatable('').__add = nil show(pcall(function() return '1' + 2 end))",
		"getmetatable('').__index = function(s, k) if type(k) == 'number' then return s:sub(k, k) end return string[k] end show(('hello')[2], ('x'):rep(2)) getmetatable('').__index = string",
		"local t = setmetatable({}, {__index = function(t, k) local v = k * 2 rawset(t, k, v) return v end}) show(t[1] + t[2], t[1], t)",
	}
	g.line("do %s end", list[g.n(len(list))])
}
