package difftest

import "strings"

// maxTests bounds how often Reduce asks.
const maxTests = 4000

// Reduce returns a program for which interesting still reports true, and which is as small as can be had by leaving out
// statements, blocks, list items and operands one after the other. It returns source when that is not interesting.
func Reduce(source string, interesting func(source string) bool) string {
	if !interesting(source) {
		return source
	}
	r := &reducer{interesting: interesting, seen: map[string]bool{}}
	body, generated := strings.CutPrefix(source, prelude)
	if !generated {
		return r.reduce("", source)
	}
	// The prelude stays as it is first: when parts of it are missing everything fails in ways of its own.
	source = r.reduce(prelude, body)
	body = strings.TrimPrefix(source, prelude)
	for _, budget := range []bool{false, true} {
		if short := shortPrelude(body, budget) + body; r.testText(short) {
			return r.reduce("", short)
		}
	}
	return source
}

// WithoutPrelude returns what follows the prelude in a generated program, and whether it is one.
func WithoutPrelude(source string) (string, bool) { return strings.CutPrefix(source, prelude) }

// shortPrelude defines what body uses of the prelude, as simply as can be; the budget of steps is left out if possible.
func shortPrelude(body string, budget bool) string {
	needed := map[string]bool{}
	for _, t := range scan(body) {
		needed[t.text] = true
	}
	tick, replay := "", ""
	if budget {
		tick = "tick() "
		needed["tick"] = true
	}
	if needed["try"] && needed["keep"] {
		replay = " replay(5)"
		needed["replay"] = true
	}
	needed["show"] = needed["show"] || needed["try"] || needed["ev"] || needed["replay"] || needed["closer"]
	needed["keep"] = needed["keep"] || needed["replay"]
	definitions := []struct{ name, code string }{
		{"tick", "local steps = 0\nlocal function tick() steps = steps + 1 if steps > 300 then error('budget', 0) end end\n"},
		{"show", "local function show(...) " + tick + "print(...) end\n"},
		{"keep", "local kept = {}\nlocal function keep(f) kept[#kept + 1] = f end\n"},
		{"replay", "local function replay(...) for i = 1, #kept do show(pcall(kept[i], ...)) end end\n"},
		{"try", "local function try(name, f, ...) show(pcall(f, ...))" + replay + " end\n"},
		{"ev", "local function ev(f, ...) show(pcall(f, ...)) end\n"},
		{"closer", "local function closer(name, f) return setmetatable({}, {__close = function(_, e) show('close', name, e) if f then return f(e) end end}) end\n"},
		{"num", "local function num(x) return x end\n"},
		{"str", "local function str(x) return type(x) == 'table' and 'table' or tostring(x) end\n"},
		{"clip", "local function clip(x) return x end\n"},
	}
	var b strings.Builder
	for _, d := range definitions {
		if needed[d.name] {
			b.WriteString(d.code)
		}
	}
	return b.String()
}

// reduce reduces what follows prefix.
func (r *reducer) reduce(prefix, source string) string {
	r.prefix, r.text = prefix, prefix+source
	root, err := parse(source)
	if err != nil {
		return r.reduceLines(source)
	}
	r.root = root
	if !r.test() {
		// The layout matters, for example because a message contains the number of a line.
		return r.reduceLines(source)
	}
	for {
		before := r.text
		r.statements(root)
		r.hoist(root)
		r.parts(root)
		r.expressions(root)
		r.literals(root)
		if r.text == before || r.tests > maxTests {
			return r.text
		}
	}
}

type reducer struct {
	root        *node
	prefix      string // in front of the tree
	interesting func(string) bool
	seen        map[string]bool
	tests       int
	text        string // the smallest program so far
}

// test reports whether the tree as it is now is still interesting.
func (r *reducer) test() bool {
	text := r.prefix + r.root.String()
	return text == r.text || r.testText(text)
}

func (r *reducer) testText(text string) bool {
	if r.seen[text] || r.tests > maxTests {
		return false
	}
	r.seen[text] = true
	r.tests++
	if !r.interesting(text) {
		return false
	}
	r.text = text
	return true
}

// shrink removes as many items as possible, in pieces that get smaller.
func shrink[T any](items []T, try func([]T) bool) []T {
	if len(items) > 0 && try(nil) {
		return nil
	}
	for size := (len(items) + 1) / 2; size > 0; size /= 2 {
		for from := 0; from < len(items); {
			end := min(from+size, len(items))
			rest := append(append(make([]T, 0, len(items)), items[:from]...), items[end:]...)
			if try(rest) {
				items = rest
			} else {
				from = end
			}
		}
	}
	return items
}

// shrinkNodes shrinks the children of a node.
func (r *reducer) shrinkNodes(n *node) {
	n.nodes = shrink(n.nodes, func(rest []*node) bool {
		saved := n.nodes
		n.nodes = rest
		if r.test() {
			return true
		}
		n.nodes = saved
		return false
	})
}

// statements leaves out statements, those of the outer blocks first.
func (r *reducer) statements(n *node) {
	if n.shape == block {
		r.shrinkNodes(n)
	}
	for _, c := range n.nodes {
		r.statements(c)
	}
}

// hoist replaces statements by the statements in them.
func (r *reducer) hoist(n *node) {
	if n.shape == block {
		for i := 0; i < len(n.nodes); i++ {
			for _, inner := range blocksIn(n.nodes[i]) {
				saved := n.nodes
				n.nodes = append(append(append(make([]*node, 0, len(saved)+len(inner.nodes)), saved[:i]...), inner.nodes...), saved[i+1:]...)
				if r.test() {
					break
				}
				n.nodes = saved
			}
		}
	}
	for _, c := range n.nodes {
		r.hoist(c)
	}
}

// blocksIn returns the outermost blocks in n.
func blocksIn(n *node) []*node {
	var found []*node
	for _, c := range n.nodes {
		if c.shape == block {
			if len(c.nodes) > 0 {
				found = append(found, c)
			}
			continue
		}
		found = append(found, blocksIn(c)...)
	}
	return found
}

// parts leaves out items of lists and optional parts.
func (r *reducer) parts(n *node) {
	if n.shape == list {
		r.shrinkNodes(n)
	}
	for i := 0; i < len(n.nodes); i++ {
		if n.nodes[i].shape != optional {
			continue
		}
		saved := n.nodes
		n.nodes = append(append(make([]*node, 0, len(saved)), saved[:i]...), saved[i+1:]...)
		if r.test() {
			i--
		} else {
			n.nodes = saved
		}
	}
	for _, c := range n.nodes {
		r.parts(c)
	}
}

var constants = []string{"nil", "1", "''", "{}"}

// expressions replaces expressions by smaller ones.
func (r *reducer) expressions(n *node) {
	for i, c := range n.nodes {
		if c.shape == expression {
			r.expression(n, i)
			if c = n.nodes[i]; n.shape == statement && len(n.nodes) == 1 {
				// A call is a statement; its function on its own is none.
				r.expressions(c)
				continue
			}
		}
		r.expressions(c)
	}
}

func (r *reducer) expression(parent *node, i int) {
	original := parent.nodes[i]
	if len(original.nodes) == 1 && original.nodes[0].shape == symbol && isConstant(original.nodes[0].text) {
		return
	}
	for _, c := range constants {
		parent.nodes[i] = &node{shape: expression, nodes: []*node{{text: c}}}
		if r.test() {
			return
		}
	}
	parent.nodes[i] = original
	for again := true; again; {
		again = false
		for _, inner := range expressionsIn(parent.nodes[i]) {
			saved := parent.nodes[i]
			parent.nodes[i] = inner
			if r.test() {
				again = true
				break
			}
			parent.nodes[i] = saved
		}
	}
}

// literals shortens strings: those in long brackets, which are sources mostly, by lines and words, others by characters.
func (r *reducer) literals(n *node) {
	for _, c := range n.nodes {
		r.literals(c)
	}
	if n.shape != symbol || !isString(n.text) || isConstant(n.text) {
		return
	}
	try := func(text string) bool {
		saved := n.text
		n.text = text
		if r.test() {
			return true
		}
		n.text = saved
		return false
	}
	if n.text[0] != '[' {
		quote := n.text[:1]
		shrink(characters(n.text[1:len(n.text)-1]), func(rest []string) bool { return try(quote + strings.Join(rest, "") + quote) })
		return
	}
	width := strings.IndexByte(n.text[1:], '[') + 2
	for _, separator := range []string{"\n", " "} {
		open, body, end := n.text[:width], n.text[width:len(n.text)-width], n.text[len(n.text)-width:]
		shrink(strings.Split(body, separator), func(rest []string) bool { return try(open + strings.Join(rest, separator) + end) })
	}
}

// characters splits the inside of a quoted string; an escape sequence is one character.
func characters(s string) []string {
	var list []string
	for i := 0; i < len(s); {
		start := i
		i++
		if s[start] == '\\' && i < len(s) {
			i++
			switch c := s[i-1]; {
			case c == 'x':
				i = min(i+2, len(s))
			case c == 'u':
				for i < len(s) && s[i-1] != '}' {
					i++
				}
			case isDigit(c):
				for i < len(s) && i < start+4 && isDigit(s[i]) {
					i++
				}
			}
		}
		list = append(list, s[start:i])
	}
	return list
}

func isConstant(s string) bool {
	for _, c := range constants {
		if s == c {
			return true
		}
	}
	return false
}

// expressionsIn returns the outermost expressions in n.
func expressionsIn(n *node) []*node {
	var found []*node
	for _, c := range n.nodes {
		switch c.shape {
		case expression:
			found = append(found, c)
		case list, group:
			found = append(found, expressionsIn(c)...)
		}
	}
	return found
}

// reduceLines leaves out lines.
func (r *reducer) reduceLines(source string) string {
	shrink(strings.Split(source, "\n"), func(rest []string) bool { return r.testText(r.prefix + strings.Join(rest, "\n")) })
	return r.text
}
