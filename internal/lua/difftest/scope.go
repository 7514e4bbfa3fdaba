package difftest

import (
	"fmt"
	"strings"
)

// A kind is what the generator knows about a value. It keeps most operations from failing: a variable of a kind is only
// ever assigned values of that kind.
type kind int

const (
	anything kind = iota
	integer
	float
	text
	boolean
	integers // a sequence of integers
	texts    // a sequence of strings
	record   // integers in the fields a and b, a string in the field s
	callable
)

// valueKinds are those that an expression can be asked for without more ado.
var valueKinds = []kind{integer, integer, integer, float, text, text, boolean, integers, texts, record, anything}

func (g *generator) kind() kind { return valueKinds[g.n(len(valueKinds))] }

// A variable is one that the statement being written can see, unless a later one of the same name hides it.
type variable struct {
	name   string
	kind   kind
	fixed  bool // cannot be assigned
	global bool
	sig    *signature // of a callable
	fn     *function  // where it is local
}

// A signature says how a function can be called without an error.
type signature struct {
	params  []kind
	vararg  bool
	results []kind
}

// A function is one whose body is being written.
type function struct {
	outer     *function
	params    []kind
	vararg    bool
	results   []kind // what return statements have to give
	free      bool   // return statements may give anything
	loops     int    // loops around the current statement
	continues int    // those of them that have a label named continue in sight
	targets   []target
	coroutine bool // runs in a coroutine, so that it may yield
	pure      bool // must not yield, call functions of the program, or print
	protected int  // calls of pcall around it, as far as can be seen
	inner     int  // functions inside it that have no varargs and in which an expression is being written
}

// dots reports whether an expression can use the arguments of a function with any number of them.
func (g *generator) dots() bool { return g.fn.vararg && g.fn.inner == 0 }

// closed returns an expression that stands in a function of its own, without varargs.
func (g *generator) closed(write func() string) string {
	g.fn.inner++
	s := write()
	g.fn.inner--
	return s
}

// A target is a label that goto can reach.
type target struct {
	label string
	guard string // condition under which jumping there ends sometime; empty if always
}

var names = []string{
	"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "m", "n", "p", "q", "r", "s", "t", "u", "v", "w", "x", "y", "z",
	"acc", "item", "key", "left", "list", "node", "right", "total", "value", "self",
}

// name returns a name for a variable, which may hide another.
func (g *generator) name() string {
	for range 4 {
		name := names[g.n(len(names))]
		if g.chance(15) || !g.visible(name) {
			return name
		}
	}
	return g.label(names[g.n(24)])
}

// fresh returns a name that hides nothing.
func (g *generator) fresh(stem string) string { return g.label(stem) }

func (g *generator) visible(name string) bool {
	for i := range g.vars {
		if g.vars[i].name == name {
			return true
		}
	}
	return false
}

// declare puts a variable into scope.
func (g *generator) declare(v variable) {
	v.fn = g.fn
	g.vars = append(g.vars, v)
}

// find returns the variables in sight that match.
func (g *generator) find(match func(v *variable) bool) []*variable {
	seen := make(map[string]bool, len(g.vars))
	var found []*variable
	for i := len(g.vars) - 1; i >= 0; i-- {
		v := &g.vars[i]
		if seen[v.name] {
			continue
		}
		seen[v.name] = true
		if match(v) {
			found = append(found, v)
		}
	}
	return found
}

// choose returns one of the variables that match, mostly a recent one, or nil.
func (g *generator) choose(match func(v *variable) bool) *variable {
	found := g.find(match)
	if len(found) == 0 {
		return nil
	}
	if g.chance(40) {
		found = found[:min(len(found), 3)]
	}
	return found[g.n(len(found))]
}

// of returns a variable of a kind, or nil.
func (g *generator) of(k kind) *variable {
	return g.choose(func(v *variable) bool { return v.kind == k })
}

// assignable returns a variable of a kind that can be assigned, or nil.
func (g *generator) assignable(k kind) *variable {
	return g.choose(func(v *variable) bool { return v.kind == k && !v.fixed })
}

// params chooses the parameters of f and returns their names, for functionBody.
func (g *generator) params(f *function, n int) []string {
	list := make([]string, 0, n)
	for range n {
		f.params = append(f.params, g.kind())
		name := g.name()
		for contains(list, name) {
			name = g.fresh("p")
		}
		list = append(list, name)
	}
	return list
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// functionBody returns the text of a function from the keyword on, with at most fuel statements.
func (g *generator) functionBody(f *function, params []string, fuel int) string {
	return "function" + g.functionRest(f, params, fuel)
}

// functionRest is functionBody without the keyword.
func (g *generator) functionRest(f *function, params []string, fuel int) string {
	f.outer = g.fn
	f.protected += g.fn.protected
	mark, nesting := len(g.vars), g.nesting
	g.fn = f
	for i, name := range params {
		g.declare(variable{name: name, kind: f.params[i]})
	}
	if f.vararg {
		params = append(params[:len(params):len(params)], "...")
	}
	text := g.capture(func() {
		g.indent++
		if !f.pure && !f.free && !g.chance(10) {
			g.line("tick()")
		}
		g.indent--
		g.statements(fuel)
		if len(f.results) > 0 || f.free && g.chance(60) {
			g.indent++
			g.line("%s", g.returning())
			g.indent--
		}
	})
	g.fn = f.outer
	g.vars = g.vars[:mark]
	g.nesting = nesting
	return "(" + strings.Join(params, ", ") + ")\n" + text + strings.Repeat("  ", g.indent) + "end"
}

// closure returns a function without parameters around what write writes; ready may change the function first.
func (g *generator) closure(ready func(f *function), write func()) string {
	f := &function{outer: g.fn, free: true, coroutine: g.fn.coroutine, protected: g.fn.protected}
	var params string
	if ready != nil {
		ready(f)
	}
	if f.vararg {
		params = "..."
	}
	mark := len(g.vars)
	g.fn = f
	text := g.capture(func() {
		g.nesting++
		write()
		g.nesting--
	})
	g.fn = f.outer
	g.vars = g.vars[:mark]
	return "function(" + params + ")\n" + text + strings.Repeat("  ", g.indent) + "end"
}

// returning is a return statement that suits the function.
func (g *generator) returning() string {
	f := g.fn
	if f.free {
		if g.chance(10) {
			return "return"
		}
		if call := g.tailCall(nil); call != "" && g.chance(25) {
			return "return " + call
		}
		var list []string
		for range g.n(4) {
			list = append(list, g.expr(g.kind(), 2))
		}
		if g.dots() && g.chance(20) {
			list = append(list, "...")
		}
		return strings.TrimRight("return "+strings.Join(list, ", "), " ")
	}
	if call := g.tailCall(f.results); call != "" && g.chance(40) {
		return "return " + call
	}
	var list []string
	for _, k := range f.results {
		list = append(list, g.expr(k, 2))
	}
	return strings.TrimRight("return "+strings.Join(list, ", "), " ")
}

// tailCall is a call whose results are of the kinds wanted (nil: whatever they are), or empty.
func (g *generator) tailCall(results []kind) string {
	if g.fn.pure {
		return ""
	}
	v := g.choose(func(v *variable) bool {
		if v.kind != callable || v.sig == nil || results != nil && len(v.sig.results) != len(results) {
			return false
		}
		for i, k := range results {
			if v.sig.results[i] != k && k != anything {
				return false
			}
		}
		return true
	})
	if v == nil {
		return ""
	}
	return g.call(v, 1)
}

// call is a call of a function with arguments that suit it.
func (g *generator) call(v *variable, depth int) string {
	var args []string
	for _, p := range v.sig.params {
		args = append(args, g.expr(p, depth))
	}
	if v.sig.vararg {
		for range g.n(3) {
			args = append(args, g.expr(g.kind(), depth))
		}
		if g.dots() && g.chance(25) {
			args = append(args, "...")
		} else if g.chance(15) {
			args = append(args, g.several(depth))
		}
	}
	if len(args) == 1 {
		if s := args[0]; strings.HasPrefix(s, "{") && strings.HasSuffix(s, "}") && isPrimary(s) && g.chance(30) {
			return fmt.Sprintf("%s%s", v.name, s)
		}
	}
	return fmt.Sprintf("%s(%s)", v.name, strings.Join(args, ", "))
}

// isPrimary reports whether s is one constructor and not, for example, the sum of two.
func isPrimary(s string) bool {
	depth := 0
	for i, c := range s {
		switch c {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 && i < len(s)-1 {
				return false
			}
		case '"', '\'', '[':
			return false
		}
	}
	return true
}

// several is an expression of any number of values.
func (g *generator) several(depth int) string {
	for range 4 {
		switch g.n(6) {
		case 0:
			if g.dots() {
				return "..."
			}
		case 1:
			if call := g.tailCall(nil); call != "" {
				return call
			}
		case 2:
			if v := g.of(integers); v != nil {
				return g.one("table.unpack(", "table.unpack(") + v.name + g.one("", ", 1, 2", ", 2", ", -1, 1", ", 1, 0") + ")"
			}
		case 3:
			return fmt.Sprintf("select(%s, %s, %s, %s)", g.one("1", "2", "3", "-1", "-2", "'#'"), g.expr(integer, depth-1),
				g.expr(text, depth-1), g.expr(g.kind(), depth-1))
		case 4:
			if !g.fn.pure {
				return fmt.Sprintf("pcall(%s)", g.one("error", "error, nil", "error, 5", "select, 2, 3, 4, 5", "tick"))
			}
		case 5:
			return fmt.Sprintf("(%s):byte(1, %d)", g.expr(text, depth-1), g.n(4))
		}
	}
	return g.expr(anything, depth-1)
}
