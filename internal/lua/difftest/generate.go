// Package difftest holds a Lua 5.4 engine against a reference, Debian's lua5.4: it generates random programs, runs them on
// both, and reduces those whose output differs. The command is in cmd/luafuzz.
package difftest

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
)

// prelude defines what the generated programs print with and what bounds their time.
//
//go:embed prelude.lua
var prelude string

// Options select a program.
type Options struct {
	Seed    uint64
	Size    int      // number of statements, roughly
	Only    []string // names of productions (see Productions); empty is all
	Without []string // names of productions to leave out
}

// Program returns a random Lua 5.4 program of about size statements. It is the same for the same seed and size, it ends, and
// a correct engine prints exactly what lua5.4 prints when it runs it under the name p.lua.
func Program(seed uint64, size int) string {
	return Generate(Options{Seed: seed, Size: size})
}

// Check reports a name in the options that is not one of a production.
func (o Options) Check() error {
	for _, name := range append(slices.Clone(o.Only), o.Without...) {
		if !slices.Contains(Productions(), name) {
			return fmt.Errorf("there is no production %q", name)
		}
	}
	return nil
}

// Generate returns the program that the options select.
func Generate(o Options) string {
	g := newGenerator(o)
	return g.program(o.Size)
}

// Productions returns the names of the kinds of statement that the generator knows.
func Productions() []string {
	var names []string
	for _, p := range productions {
		names = append(names, p.name)
	}
	return names
}

// A production writes one statement, or a few that belong together.
type production struct {
	name   string
	weight int
	core   bool                  // what other statements need in order to be interesting: never left out by chance
	closed bool                  // writes expressions into functions without varargs
	when   func(*generator) bool // nil is always
	emit   func(*generator)
}

// productions is filled by init, since productions use the table themselves.
var productions []production

func produce(list ...production) { productions = append(productions, list...) }

type generator struct {
	random
	only, without []string

	out    *strings.Builder
	indent int

	fuel    int   // statements left to write in this segment
	weights []int // of the productions, in this segment
	wild    int   // percentage of expressions that use a value of the wrong type

	vars    []variable
	fn      *function
	serial  int // numbers tags and labels
	nesting int // blocks around the current statement
	sources int // texts for load around it
	used    map[string]int
}

func newGenerator(o Options) *generator {
	g := &generator{only: o.Only, without: o.Without, out: &strings.Builder{}, used: map[string]int{}}
	g.state = o.Seed
	g.fn = &function{vararg: true}
	return g
}

// program writes the prelude and then segments, each of which has its own mixture of productions.
func (g *generator) program(size int) string {
	g.out.WriteString(prelude)
	for left := max(size, 1); left > 0; {
		segment := min(left, g.between(3, 14))
		left -= segment
		g.mix()
		g.segment(segment)
	}
	if g.chance(20) {
		g.line("error(%s)", g.one(`"the end"`, `"the end", 0`, `{}`, `nil`, `42`, `"the end", 2`))
	}
	return g.out.String()
}

// mix chooses the weights of the productions for a segment. Leaving many out brings those that are left closer together than
// the average mixture does.
func (g *generator) mix() {
	g.weights = make([]int, len(productions))
	for i, p := range productions {
		if len(g.only) > 0 && !slices.Contains(g.only, p.name) || slices.Contains(g.without, p.name) {
			continue
		}
		factor := []int{0, 0, 1, 1, 2, 6}[g.n(6)]
		if p.core {
			factor = []int{1, 1, 2, 3}[g.n(4)]
		}
		g.weights[i] = p.weight * factor
	}
	g.wild = []int{0, 0, 0, 1, 4}[g.n(5)]
}

// segment writes statements that share a budget of steps and whose error does not end the program, most of the time.
func (g *generator) segment(fuel int) {
	g.fuel = fuel
	g.serial++
	if g.chance(12) {
		g.line("do")
		g.block(fuel)
		g.line("end")
		g.line("replay(1)")
		return
	}
	mark := len(g.vars)
	f := &function{outer: g.fn, vararg: g.chance(60), free: true}
	params := g.params(f, g.n(3))
	args := make([]string, 0, 4)
	for _, p := range f.params {
		args = append(args, g.expr(p, 1))
	}
	if f.vararg {
		for range g.n(4) {
			args = append(args, g.expr(integer, 1))
		}
	}
	g.line("try(%s)", strings.Join(append([]string{
		fmt.Sprintf("%q", fmt.Sprintf("s%d", g.serial)),
		g.functionBody(f, params, fuel),
	}, args...), ", "))
	g.vars = g.vars[:mark]
}

// line writes one line of the program, or several when a part of it is a function.
func (g *generator) line(format string, args ...any) {
	text := format
	if len(args) > 0 {
		text = fmt.Sprintf(format, args...)
	}
	g.out.WriteString(strings.Repeat("  ", g.indent))
	g.out.WriteString(text)
	g.out.WriteByte('\n')
}

// capture returns what write writes.
func (g *generator) capture(write func()) string {
	saved := g.out
	g.out = &strings.Builder{}
	write()
	text := g.out.String()
	g.out = saved
	return text
}

// block writes at most n statements as the body of something, in a scope of its own.
func (g *generator) block(n int) {
	mark := len(g.vars)
	g.statements(n)
	g.vars = g.vars[:mark]
}

// statements writes at most n statements, whose variables stay in scope.
func (g *generator) statements(n int) {
	g.indent++
	g.nesting++
	for range n {
		if g.fuel <= 0 {
			break
		}
		g.statement()
	}
	g.nesting--
	g.indent--
}

// maxNesting bounds the depth of blocks.
const maxNesting = 6

// body is the size of a nested block.
func (g *generator) body() int {
	if g.nesting >= maxNesting {
		return 1
	}
	return g.between(1, 4)
}

func (g *generator) statement() {
	g.fuel--
	total := 0
	for i, w := range g.weights {
		if w > 0 && g.possible(i) {
			total += w
		}
	}
	if total == 0 {
		g.showVariables()
		return
	}
	at := g.n(total)
	for i, w := range g.weights {
		if w == 0 || !g.possible(i) {
			continue
		}
		if at -= w; at < 0 {
			g.used[productions[i].name]++
			if fn := g.fn; productions[i].closed {
				fn.inner++
				defer func() { fn.inner-- }()
			}
			productions[i].emit(g)
			return
		}
	}
}

func (g *generator) possible(i int) bool {
	return productions[i].when == nil || productions[i].when(g)
}

// tag returns a string literal that is unique in the program, to find the statement that printed a line.
func (g *generator) tag() string {
	g.serial++
	return fmt.Sprintf("%q", fmt.Sprint("t", g.serial))
}

// label returns a new name for a label.
func (g *generator) label(stem string) string {
	g.serial++
	return fmt.Sprint(stem, g.serial)
}
