package difftest

import (
	"fmt"
	"strings"
)

func init() {
	produce(
		production{name: "table functions", weight: 3, emit: (*generator).tableFunctions, when: (*generator).impure},
		production{name: "sort", weight: 2, emit: (*generator).sort, when: (*generator).impure},
		production{name: "constructor", weight: 3, emit: (*generator).constructor, when: (*generator).impure},
		production{name: "queue", weight: 1, emit: (*generator).queue, when: (*generator).impure},
	)
}

func (g *generator) tableFunctions() {
	t := g.fresh("t")
	g.line("local %s = %s", t, g.filled(1))
	for range 2 + g.n(5) {
		switch g.n(11) {
		case 0:
			g.line("ev(table.insert, %s, %s)", t, g.one("7", "1, 8", "2, 9", fmt.Sprintf("#%s + 1, 10", t), fmt.Sprintf("#%s + 2, 11", t), "0, 12", "-1, 13", "'1', 14", "1.0, 15", "1.5, 16"))
		case 1:
			g.line("ev(table.remove, %s%s)", t, g.one("", ", 1", ", 2", fmt.Sprintf(", #%s", t), fmt.Sprintf(", #%s + 1", t), ", 100", ", 0", ", -1"))
		case 2:
			g.line("ev(table.concat, %s%s)", t, g.one("", ", ','", ", '', 2", ", ';', 1, 2", ", '', 2, 1", ", 5", ", ',', 1, #"+t))
		case 3:
			g.line("ev(table.unpack, %s%s)", t, g.one("", ", 2", ", 1, 2", ", -1, 1", ", 3, 2", ", 1, 10", ", math.maxinteger", ", math.maxinteger, math.maxinteger", ", math.mininteger, math.mininteger + 1"))
		case 4:
			g.line("show(table.pack(%s))", g.one("", "nil", "1, nil, 3", "nil, nil", "table.unpack("+t+")"))
		case 5:
			g.line("ev(table.move, %s, %s)", t, g.one("1, 2, 2", "2, 3, 1", "1, #"+t+", #"+t+" + 1", "1, 0, 5", "1, 2, 1, {}", "1, 3, 2, {9, 9, 9, 9}", "math.mininteger, 0, 2", "1, math.maxinteger, 2", "1, 2, math.maxinteger"))
			g.line("%s = {table.unpack(%s, 1, 3)}", t, t)
			g.line("for i = 1, 3 do if %s[i] == nil then %s = {1, 2, 3} end end", t, t)
		case 6:
			g.line("%s[#%s + 1] = %s", t, t, g.integer(1))
		case 7:
			g.line("%s[#%s] = nil", t, t)
		case 8:
			g.line("show(#%s, next(%s) ~= nil, %s[#%s], %s[0], %s['1'], rawlen(%s))", t, t, t, t, t, t, t)
		case 9:
			g.line("for i = 1, %d do %s[#%s + 1] = i %s end", 1+g.n(40), t, t, g.one("", "% 7", "* 1.0"))
			g.line("show(#%s, %s[#%s])", t, t, t)
		case 10:
			g.line("while #%s > %d do %s end", t, g.n(4), g.one("table.remove("+t+")", "table.remove("+t+", 1)", t+"[#"+t+"] = nil"))
		}
	}
	g.line("show(%s, %s)", g.tag(), t)
}

func (g *generator) sort() {
	n := g.n(20)
	items := make([]string, 0, n)
	letters := g.chance(30)
	for range n {
		if letters {
			items = append(items, g.one("'b'", "'a'", "'Z'", "''", "'10'", "'9'", "'aa'", "'é'"))
		} else {
			items = append(items, g.one(g.small(), fmt.Sprint(g.n(100)), fmt.Sprintf("%d.5", g.n(10)), "-1", "2^53", "math.mininteger", "-0.0", "1e10"))
		}
	}
	t := g.fresh("t")
	// Equal elements must look the same, since the order in which they end up is not defined.
	g.line("do local %s = {%s}", t, strings.Join(items, ", "))
	if !letters {
		g.line("  for i = 1, #%s do if %s[i] == 0 then %s[i] = 0 elseif math.type(%s[i]) == 'float' and %s[i] %% 1 == 0 then %s[i] = %s[i] // 1 | 0 end end", t, t, t, t, t, t, t)
	}
	switch g.n(7) {
	case 0, 1:
		g.line("  table.sort(%s)", t)
	case 2:
		g.line("  table.sort(%s, function(x, y) return x > y end)", t)
	case 3:
		g.line("  local u = {} for i, x in ipairs(%s) do u[i] = {k = x, i = i} end", t)
		g.line("  table.sort(u, function(x, y) if x.k ~= y.k then return x.k < y.k end return x.i < y.i end)")
		g.line("  for i, x in ipairs(u) do %s[i] = x.i end", t)
	case 4:
		g.line("  local mt = {__lt = function(x, y) return x.k < y.k end}")
		g.line("  local u = {} for i, x in ipairs(%s) do u[i] = setmetatable({k = x}, mt) end table.sort(u)", t)
		g.line("  for i, x in ipairs(u) do %s[i] = x.k end", t)
	case 5:
		g.line("  show((pcall(table.sort, {3, 'x', 1, {}})), (pcall(table.sort, {1, 2, 3}, function() error('cmp') end)), (pcall(table.sort, {1, 2, nil}, 5)))")
	case 6:
		g.line("  show(select(2, pcall(table.sort, {2, 1}, function(x, y) error({1}) end)))")
	}
	g.line("  show(%s, %s)", g.tag(), t)
	g.line("end")
}

// constructor writes constructors of many shapes.
func (g *generator) constructor() {
	n := []int{0, 1, 2, 3, 5, 10, 49, 50, 51, 52, 100, 101, 127, 150, 256, 300}[g.n(16)]
	if n > 10 && g.chance(50) {
		n = g.n(10)
	}
	var items []string
	for i := range n {
		switch {
		case g.chance(8):
			items = append(items, fmt.Sprintf("k%d = %s", g.n(9), g.atom()))
		case g.chance(3):
			items = append(items, fmt.Sprintf("[%s] = %s", g.one("1", "2", "'x'", "#'ab'", "1.0", "true", "2^53"), g.atom()))
		case g.chance(5):
			items = append(items, g.several(1))
		case g.chance(4):
			items = append(items, "{"+g.list(0, 3)+"}")
		case g.chance(5):
			items = append(items, g.one("nil", "false", "1.5", "'s'"))
		default:
			items = append(items, fmt.Sprint(i+1))
		}
	}
	switch g.n(5) {
	case 0:
		items = append(items, "(function(...) return ... end)(1, nil, 3)")
	case 1:
		items = append(items, "(select(2, 'a', 'b', 'c'))")
	case 2:
		items = append(items, "table.unpack({1, 2, 3, 4}, 1, "+fmt.Sprint(g.n(60))+")")
	case 3:
		items = append(items, g.several(1))
	}
	// A positional item and the same key in brackets: which one stays is not defined.
	for i := range items {
		if strings.HasPrefix(items[i], "[") && !strings.HasPrefix(items[i], "['x']") && !strings.HasPrefix(items[i], "[true]") && !strings.HasPrefix(items[i], "[2^53]") {
			items[i] = "[-1] = 1"
		}
	}
	if g.chance(10) {
		items = append(items, "["+g.one("print", "string.rep", "coroutine.create(print)", "{}", "function() end", "1.5", "-0.0", "'a' .. 'b'")+"] = "+g.atom())
	}
	g.line("do local t = {%s%s} show(%s, t) end", strings.Join(items, g.one(", ", ", ", "; ")), g.trailing(len(items)), g.tag())
}

func (g *generator) trailing(n int) string {
	if n == 0 {
		return ""
	}
	return g.one("", "", ",", ";")
}

// queue adds and removes at both ends.
func (g *generator) queue() {
	q := g.fresh("q")
	g.line("do local %s, head, tail = {}, 1, 0", q)
	for range 2 + g.n(3) {
		switch g.n(3) {
		case 0:
			g.line("  for i = 1, %d do tail = tail + 1 %s[tail] = i end", 1+g.n(60), q)
		case 1:
			g.line("  while head <= tail %s do %s[head] = nil head = head + 1 end", g.one("", "and head % 10 ~= 0", "and head < tail"), q)
		case 2:
			g.line("  for i = 1, %d do if tail >= head then %s[tail] = nil tail = tail - 1 end end", 1+g.n(20), q)
		}
	}
	g.line("  local n, sum = 0, 0 for k, v in pairs(%s) do n, sum = n + 1, sum + k * v end show(%s, n, sum, head, tail, %s[head], %s[tail], next(%s) == nil)", q, g.tag(), q, q, q)
	g.line("end")
}
