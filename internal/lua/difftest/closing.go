package difftest

import "fmt"

func init() {
	produce(
		production{name: "close", weight: 5, when: func(g *generator) bool { return g.shallow() && g.impure() }, emit: (*generator).closeBlock},
		production{name: "close exits", weight: 3, closed: true, when: (*generator).impure, emit: (*generator).closeExits},
	)
}

// closing is an expression for a value that tells when it is closed. A quiet one does nothing else then.
func (g *generator) closing(quiet bool) string {
	tag := g.tag()
	if quiet || g.chance(45) {
		return fmt.Sprintf("closer(%s)", tag)
	}
	switch g.n(9) {
	case 0:
		return g.one("nil", "false")
	case 1:
		return fmt.Sprintf("closer(%s, function(e) error(%s) end)", tag, g.one("'in close'", "'in close', 0", "{}", "e", "nil", "str(e) .. '!', 0"))
	case 2:
		if g.fn.coroutine {
			return fmt.Sprintf("closer(%s, function(e) show(%s, coroutine.yield(%s)) end)", tag, g.tag(), g.one("'closing'", "e", g.atom()))
		}
	case 3:
		if v := g.assignable(integer); v != nil {
			return fmt.Sprintf("closer(%s, function() %s = %s + 1 end)", tag, v.name, v.name)
		}
	case 4:
		if v := g.of(integer); v != nil {
			return fmt.Sprintf("closer(%s, function(e) keep(function() return e, %s end) end)", tag, v.name)
		}
	case 5:
		return fmt.Sprintf("closer(%s, function(e) show(pcall(error, e)); return %s end)", tag, g.atom())
	case 6:
		return fmt.Sprintf("setmetatable({}, {__close = function(...) show(%s, select('#', ...), select(2, ...)) end})", tag)
	case 7:
		return fmt.Sprintf("closer(%s, function(e) local inner <close> = closer(%s) if e then error(e, 0) end end)", tag, g.tag())
	}
	return fmt.Sprintf("closer(%s, function(e) show(%s, e == nil) end)", tag, g.tag())
}

// closeBlock is a block with variables to close and whatever else there is.
func (g *generator) closeBlock() {
	mark := len(g.vars)
	g.line("do")
	for range 1 + g.n(3) {
		name := g.name()
		g.line("  local %s <close> = %s", name, g.closing(false))
		g.declare(variable{name: name, kind: anything, fixed: true})
		g.statements(g.n(3))
	}
	g.statements(g.body())
	g.vars = g.vars[:mark]
	g.line("end")
}

// closeExits leaves blocks with variables to close in each way that there is.
func (g *generator) closeExits() {
	c := func() string { return fmt.Sprintf("local %s <close> = %s", g.fresh("c"), g.closing(false)) }
	n := 1 + g.n(3)
	switch g.n(12) {
	case 0: // return with values, which are evaluated before
		g.line("ev(function() local x = %s; %s; local y <close> = closer(%s, function() x = x + 100 end) return x, %s end)", g.atom(), c(), g.tag(), g.one("x + 1", "(x)", "select('#', x, x)", "{x}"))
	case 1: // no tail call
		g.line("ev(function() %s; return (function(...) show(%s) return ... end)(%s) end)", c(), g.tag(), g.list(1, 3))
	case 2:
		g.line("ev(function() for i = 1, 4 do %s; %s; if i == %d then break end show(%s, i) end return 'after' end)", c(), c(), n, g.tag())
	case 3:
		g.line("ev(function() for i = 1, 3 do %s; if i == %d then goto continue end show(%s, i) ::continue:: end end)", c(), n, g.tag())
	case 4:
		g.line("ev(function() local n = 0 ::top:: do %s; n = n + 1; if n < 3 then goto top end end return n end)", c())
	case 5:
		g.line("ev(function() do %s; do %s; goto out end end ::out:: return 'out' end)", c(), c())
	case 6:
		g.line("ev(function() %s; %s; local z = nil; return z.x end)", c(), c())
	case 7:
		g.line("ev(function() %s; %s; error(%s) end)", c(), c(), g.one("'first'", "{1}", "nil", "'first', 2"))
	case 8: // a coroutine that is closed while it waits
		g.line("do local co = coroutine.create(function(...) %s; coroutine.yield(1); %s; coroutine.yield(2); return 3 end)", c(), c())
		g.line("for i = 1, %d do show(%s, coroutine.resume(co, i)) end", g.n(4), g.tag())
		g.line("show(%s, coroutine.close(co)); show(coroutine.status(co), coroutine.close(co), coroutine.resume(co)) end", g.tag())
	case 9: // the closing value of a loop
		g.line("ev(function() for i in function(_, c) if c < 4 then return c + 1 end %s end, nil, 0, %s do show(%s, i) %s end return 'end' end)",
			g.one("", "return nil", "error('iterator')"), g.closing(false), g.tag(), g.one("", fmt.Sprintf("if i == %d then break end", n), fmt.Sprintf("if i == %d then return i end", n), "error('body')"))
	case 10:
		g.line("ev(function() local a <const>, b <close> = %s, %s; return a, b ~= nil end)", g.atom(), g.closing(false))
	case 11: // values that cannot be closed
		g.line("ev(function() local good <close> = %s; local bad <close> = %s; show(%s) end)", g.closing(false), g.one("{}", "1", "'x'", "true", "print", "setmetatable({}, {})", "setmetatable({}, {__close = 1})"), g.tag())
	}
}
