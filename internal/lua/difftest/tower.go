package difftest

import (
	"fmt"
	"strings"
)

func init() {
	produce(production{name: "tower", weight: 5, when: func(g *generator) bool { return g.nesting <= 3 && g.impure() }, emit: (*generator).tower})
}

// A storey is one of the constructs of a tower.
type storey struct {
	loop     bool   // break leaves it
	tight    bool   // a loop with a closing value, which lua5.4 5.4.4 does not always close at a break
	function bool   // return leaves it, and nothing else but an error goes through
	label    string // goto leaves it
	open     string
	close    string
}

// tower nests constructs that interfere with control flow, with a way out at the bottom. Every level has a variable that a
// closure keeps, so that it is seen whether leaving the level closed the right ones.
func (g *generator) tower() {
	var stack []storey
	yields := true // whether no function of the library that cannot be continued is in between
	g.line("do")
	g.indent++
	n := g.fresh("n")
	g.line("local %s = 0", n)
	height := 2 + g.n(4)
	var names []string
	for range height {
		v := g.fresh("v")
		names = append(names, v)
		g.line("local %s = %s", v, g.one("0", "1", n, "{}", "'s'"))
		g.line("keep(function() %s = %s return %s, %s end)", v, g.one(n+" + 1", "str("+v+") .. 'k'", v), v, n)
		s := g.storey(n, v, &yields)
		stack = append(stack, s)
		g.line("%s", s.open)
		g.indent++
		g.line("%s = %s + 1; tick()", n, n)
		if g.chance(25) {
			g.line("%s", g.wayOut(n, names, stack, yields))
		}
		if g.chance(20) {
			g.fuelled(2, func() { g.statementInTower(stack, yields) })
		}
	}
	g.line("show(%s, %s, %s)", g.tag(), n, strings.Join(names, ", "))
	for range 1 + g.n(2) {
		g.line("%s", g.wayOut(n, names, stack, yields))
	}
	for i := height - 1; i >= 0; i-- {
		s := stack[i]
		stack = stack[:i+1]
		if g.chance(40) {
			g.line("%s = %s; show(%s, %s)", names[i], g.one(n, "str("+names[i]+") .. 'e'", "{"+names[i]+"}"), g.tag(), names[i])
		}
		if g.chance(15) && (s.label == "" || s.close == "") {
			g.line("%s", g.wayOut(n, names[:i+1], stack, false))
		}
		if s.label != "" {
			g.line("::%s::", s.label)
		}
		g.indent--
		g.line("%s", s.close)
	}
	g.line("show(%s, %s, %s)", g.tag(), n, names[0])
	g.indent--
	g.line("end")
}

// statementInTower writes a statement without ways out, which would not know the constructs of the tower.
func (g *generator) statementInTower(stack []storey, yields bool) {
	saved := *g.fn
	mark := len(g.vars)
	g.fn.free, g.fn.results, g.fn.targets, g.fn.loops = true, nil, nil, 0
	g.fn.continues++ // the name of the label is taken, as far as can be known here
	g.fn.inner++
	g.fn.coroutine = false
	g.fn.loops = 0
	g.line("do")
	g.indent++
	g.overlap()
	if g.chance(50) {
		g.closeExits()
	}
	g.indent--
	g.line("end")
	g.vars = g.vars[:mark]
	*g.fn = saved
}

// storey chooses a construct.
func (g *generator) storey(n, v string, yields *bool) storey {
	i := g.fresh("i")
	tag := g.tag()
	event := g.one("__index", "__add", "__call", "__lt", "__concat", "__unm", "__len", "__newindex", "__eq", "__close")
	use := map[string]string{
		"__index": "o.x", "__add": "o + 1", "__call": "o(1, 2)", "__lt": "o < o", "__concat": "o .. 'x'", "__unm": "-o", "__len": "#o",
		"__newindex": "(function() o.x = 1 return o end)() == o", "__eq": "o == setmetatable({}, getmetatable(o))", "__close": "(function() local c <close> = o return 'body' end)()",
	}
	switch g.n(22) {
	case 0:
		return storey{loop: true, open: fmt.Sprintf("for %s = 1, 2 do", i), close: "end"}
	case 1:
		return storey{tight: true, open: fmt.Sprintf("for %s in function(_, c) c = (c or 0) + 1 if c < 4 then return c end end, nil, nil, %s do", i, g.closing(false)), close: "end"}
	case 2:
		return storey{loop: true, open: "repeat", close: fmt.Sprintf("until (function() return %s > 3 end)()", n)}
	case 3, 4, 5:
		return storey{open: fmt.Sprintf("do local %s <close> = %s", i, g.closing(false)), close: "end"}
	case 6, 7:
		return storey{function: true, open: fmt.Sprintf("show(%s, pcall(function(...)", tag), close: g.one("end))", "end, "+v+", nil))")}
	case 8:
		return storey{function: true, open: fmt.Sprintf("show(%s, (function(...)", tag), close: "end)(" + v + "))"}
	case 9, 10:
		return storey{function: true, open: fmt.Sprintf("local %s = coroutine.create(function(...)", i),
			close: fmt.Sprintf("end)\n%sfor k = 1, %d do show(%s, k, coroutine.resume(%s, k)) end show(coroutine.close(%s))", strings.Repeat("  ", g.indent), 1+g.n(5), tag, i, i)}
	case 11:
		return storey{function: true, open: fmt.Sprintf("for %s, y in coroutine.wrap(function(...)", i), close: fmt.Sprintf("end) do tick() show(%s, %s, y) end", tag, i)}
	case 12, 13:
		return storey{function: true, open: fmt.Sprintf("do local o = setmetatable({}, {%s = function(...)", event), close: fmt.Sprintf("end}) show(%s, pcall(function() return %s end)) end", tag, use[event])}
	case 14:
		*yields = false // what protect says about coroutine.close
		return storey{function: true, open: fmt.Sprintf("show(%s, xpcall(function(...)", tag), close: fmt.Sprintf("end, function(e) %s = str(e) return e end, %s))", v, n)}
	case 15, 16:
		label := g.label("out")
		return storey{label: label, open: "do", close: "end"}
	case 17:
		return storey{loop: true, open: fmt.Sprintf("while %s < 6 do", n), close: "end"}
	case 18: // a function of the library that calls back
		*yields = false
		return storey{function: true, open: fmt.Sprintf("show(%s, pcall(string.gsub, 'ab', '.', function(...)", tag), close: "end))"}
	case 19:
		return storey{function: true, open: fmt.Sprintf("for _, %s in ipairs {1, 2} do show(%s, pcall(function(...)", i, tag), close: "end, 1)) end"}
	case 20:
		return storey{loop: true, open: fmt.Sprintf("for %s = 3, 1, -1 do local y = %s * 2; keep(function() y = y + 1 return %s, y end)", i, i, i), close: "end"}
	}
	return storey{function: true, open: "ev(function(...)", close: "end)"}
}

// wayOut is a statement that leaves some of the constructs, most of the time.
func (g *generator) wayOut(n string, names []string, stack []storey, yields bool) string {
	condition := g.one("true", n+" > 2", n+" % 2 == 0", n+" ~= 4", "... == 1", n+" == 3 or "+n+" == 5")
	inFunction := false
	for _, s := range stack {
		inFunction = inFunction || s.function
	}
	if strings.HasPrefix(condition, "...") && !inFunction {
		condition = "not nil"
	}
	v := names[g.n(len(names))]
	exit := ""
	for range 8 {
		if exit != "" {
			break
		}
		switch g.n(8) {
		case 0, 1:
			for i := len(stack) - 1; i >= 0 && !stack[i].function && !stack[i].tight; i-- {
				if stack[i].loop {
					exit = "break"
					break
				}
			}
		case 2, 3:
			for i := len(stack) - 1; i >= 0 && !stack[i].function; i-- {
				if stack[i].label != "" {
					exit = "goto " + stack[i].label
				}
			}
		case 4:
			if inFunction {
				exit = "do return " + g.one("", v, v+", "+n, "1, nil, "+n, "(function() return "+v+" end)()", "select(2, 1, "+v+")") + " end"
			}
		case 5:
			if inFunction {
				exit = g.one("error("+v+")", "error('e' .. "+n+")", "error({"+n+"})", "error('lvl', 2)", "error()", "local z = nil; z.x = "+v, "local z = "+v+" + {}", "assert(nil, "+v+")", "coroutine.wrap(error)('wrapped')")
			}
		case 6, 7:
			if yields && inFunction {
				exit = g.one(fmt.Sprintf("coroutine.yield(%s, %s)", n, v), "show(coroutine.yield("+v+"))", v+" = coroutine.yield('y')")
			}
		}
	}
	if exit == "" {
		return fmt.Sprintf("%s = %s", v, n)
	}
	return fmt.Sprintf("if %s then %s end", condition, exit)
}
