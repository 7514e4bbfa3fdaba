package difftest

import (
	"fmt"
	"strings"
)

// A shape says what a reducer can do with a node.
type shape int

const (
	symbol     shape = iota // a token: stays as it is
	group                   // its children one after the other
	block                   // statements: each can go
	statement               // can be replaced by a block within
	list                    // items between commas: each can go
	optional                // can go
	expression              // can be replaced by an expression within, or by a constant
)

// A node is a part of a program, as far as a reducer has to know it.
type node struct {
	shape shape
	text  string // of a symbol
	nodes []*node
}

// parse returns the tree of a program, or an error when it is not Lua as this parser knows it.
func parse(source string) (root *node, err error) {
	p := &parser{tokens: scan(source)}
	defer func() {
		if e, ok := recover().(syntaxError); ok {
			err = e
		}
	}()
	root = p.block()
	if p.at < len(p.tokens) {
		p.fail()
	}
	return root, nil
}

type syntaxError string

func (e syntaxError) Error() string { return string(e) }

type parser struct {
	tokens []token
	at     int
}

func (p *parser) peek() string {
	if p.at < len(p.tokens) {
		return p.tokens[p.at].text
	}
	return ""
}

func (p *parser) fail() {
	line := 0
	if p.at < len(p.tokens) {
		line = p.tokens[p.at].line
	}
	panic(syntaxError(fmt.Sprintf("line %d: unexpected %q", line, p.peek())))
}

// take returns the next token as a node.
func (p *parser) take() *node {
	if p.at >= len(p.tokens) {
		p.fail()
	}
	p.at++
	return &node{text: p.tokens[p.at-1].text}
}

func (p *parser) expect(text string) *node {
	if p.peek() != text {
		p.fail()
	}
	return p.take()
}

// glued is a symbol made of several.
func (p *parser) glued(nodes ...*node) *node {
	var b strings.Builder
	for _, n := range nodes {
		b.WriteString(n.text)
	}
	return &node{text: b.String()}
}

var keywords = map[string]bool{
	"and": true, "break": true, "do": true, "else": true, "elseif": true, "end": true, "false": true, "for": true, "function": true, "goto": true, "if": true,
	"in": true, "local": true, "nil": true, "not": true, "or": true, "repeat": true, "return": true, "then": true, "true": true, "until": true, "while": true,
}

func (p *parser) name() *node {
	if s := p.peek(); s == "" || keywords[s] || !isWord(s[0]) || isDigit(s[0]) {
		p.fail()
	}
	return p.take()
}

func (p *parser) block() *node {
	b := &node{shape: block}
	for {
		switch p.peek() {
		case "", "end", "else", "elseif", "until":
			return b
		case ";":
			p.at++
			continue
		}
		b.nodes = append(b.nodes, p.statement())
	}
}

func (p *parser) statement() *node {
	s := &node{shape: statement}
	add := func(nodes ...*node) { s.nodes = append(s.nodes, nodes...) }
	switch p.peek() {
	case "if":
		add(p.take(), p.expr(), p.expect("then"), p.block())
		for p.peek() == "elseif" {
			add(&node{shape: optional, nodes: []*node{p.take(), p.expr(), p.expect("then"), p.block()}})
		}
		if p.peek() == "else" {
			add(&node{shape: optional, nodes: []*node{p.take(), p.block()}})
		}
		add(p.expect("end"))
	case "while":
		add(p.take(), p.expr(), p.expect("do"), p.block(), p.expect("end"))
	case "do":
		add(p.take(), p.block(), p.expect("end"))
	case "repeat":
		add(p.take(), p.block(), p.expect("until"), p.expr())
	case "for":
		add(p.take(), p.listOf(p.name))
		if p.peek() == "=" {
			add(p.take(), p.expr(), p.expect(","), p.expr())
			if p.peek() == "," {
				add(&node{shape: optional, nodes: []*node{p.take(), p.expr()}})
			}
		} else {
			add(p.expect("in"), p.listOf(p.expr))
		}
		add(p.expect("do"), p.block(), p.expect("end"))
	case "function":
		add(p.take(), p.name())
		for p.peek() == "." || p.peek() == ":" {
			add(p.take(), p.name())
		}
		p.functionRest(s)
	case "local":
		add(p.take())
		if p.peek() == "function" {
			add(p.take(), p.name())
			p.functionRest(s)
			break
		}
		add(p.listOf(func() *node {
			n := p.name()
			if p.peek() == "<" {
				return &node{shape: group, nodes: []*node{n, {shape: optional, nodes: []*node{p.glued(p.take(), p.name(), p.expect(">"))}}}}
			}
			return n
		}))
		if p.peek() == "=" {
			add(&node{shape: optional, nodes: []*node{p.take(), p.listOf(p.expr)}})
		}
	case "return":
		add(p.take())
		switch p.peek() {
		case "", "end", "else", "elseif", "until", ";":
		default:
			add(p.listOf(p.expr))
		}
	case "break":
		add(p.take())
	case "goto":
		add(p.take(), p.name())
	case "::":
		add(p.glued(p.take(), p.name(), p.expect("::")))
	default:
		first := p.suffixed()
		if p.peek() != "=" && p.peek() != "," {
			add(first)
			break
		}
		targets := &node{shape: list, nodes: []*node{first}}
		for p.peek() == "," {
			p.at++
			targets.nodes = append(targets.nodes, p.suffixed())
		}
		add(targets, p.expect("="), p.listOf(p.expr))
	}
	return s
}

func (p *parser) listOf(item func() *node) *node {
	l := &node{shape: list, nodes: []*node{item()}}
	for p.peek() == "," {
		p.at++
		l.nodes = append(l.nodes, item())
	}
	return l
}

// functionRest parses a function from its parameters on.
func (p *parser) functionRest(n *node) {
	n.nodes = append(n.nodes, p.expect("("))
	params := &node{shape: list}
	for p.peek() != ")" {
		if p.peek() == "..." {
			params.nodes = append(params.nodes, p.take())
		} else {
			params.nodes = append(params.nodes, p.name())
		}
		if p.peek() != ")" {
			p.expect(",")
		}
	}
	n.nodes = append(n.nodes, params, p.expect(")"), p.block(), p.expect("end"))
}

var priorities = map[string][2]int{
	"or": {1, 1}, "and": {2, 2}, "<": {3, 3}, ">": {3, 3}, "<=": {3, 3}, ">=": {3, 3}, "~=": {3, 3}, "==": {3, 3}, "|": {4, 4}, "~": {5, 5}, "&": {6, 6},
	"<<": {7, 7}, ">>": {7, 7}, "..": {9, 8}, "+": {10, 10}, "-": {10, 10}, "*": {11, 11}, "/": {11, 11}, "//": {11, 11}, "%": {11, 11}, "^": {14, 13},
}

const unaryPriority = 12

func (p *parser) expr() *node { return p.operators(0) }

func (p *parser) operators(limit int) *node {
	var left *node
	switch p.peek() {
	case "not", "-", "#", "~":
		left = &node{shape: expression, nodes: []*node{p.take(), p.operators(unaryPriority)}}
	default:
		left = p.simple()
	}
	for {
		priority, ok := priorities[p.peek()]
		if !ok || priority[0] <= limit {
			return left
		}
		left = &node{shape: expression, nodes: []*node{left, p.take(), p.operators(priority[1])}}
	}
}

func (p *parser) simple() *node {
	s := p.peek()
	switch {
	case s == "nil" || s == "true" || s == "false" || s == "..." || s != "" && (isDigit(s[0]) || s[0] == '.' && len(s) > 1 && isDigit(s[1])) || isString(s):
		return &node{shape: expression, nodes: []*node{p.take()}}
	case s == "{":
		return p.constructor()
	case s == "function":
		n := &node{shape: expression, nodes: []*node{p.take()}}
		p.functionRest(n)
		return n
	}
	return p.suffixed()
}

func isString(s string) bool {
	return s != "" && (s[0] == '"' || s[0] == '\'' || strings.HasPrefix(s, "[[") || strings.HasPrefix(s, "[="))
}

func (p *parser) constructor() *node {
	open := p.expect("{")
	fields := &node{shape: list}
	for p.peek() != "}" {
		var f *node
		switch {
		case p.peek() == "[":
			f = &node{shape: group, nodes: []*node{p.take(), p.expr(), p.expect("]"), p.expect("="), p.expr()}}
		case p.at+1 < len(p.tokens) && p.tokens[p.at+1].text == "=" && isWord(p.peek()[0]):
			f = &node{shape: group, nodes: []*node{p.name(), p.take(), p.expr()}}
		default:
			f = p.expr()
		}
		fields.nodes = append(fields.nodes, f)
		if p.peek() == "," || p.peek() == ";" {
			p.at++
		} else if p.peek() != "}" {
			p.fail()
		}
	}
	return &node{shape: expression, nodes: []*node{open, fields, p.expect("}")}}
}

func (p *parser) suffixed() *node {
	var n *node
	if p.peek() == "(" {
		n = &node{shape: expression, nodes: []*node{p.take(), p.expr(), p.expect(")")}}
	} else {
		n = &node{shape: expression, nodes: []*node{p.name()}}
	}
	for {
		s := p.peek()
		switch {
		case s == ".":
			n = &node{shape: expression, nodes: []*node{n, p.take(), p.name()}}
		case s == "[":
			n = &node{shape: expression, nodes: []*node{n, p.take(), p.expr(), p.expect("]")}}
		case s == ":":
			n = &node{shape: expression, nodes: []*node{n, p.take(), p.name()}}
			p.arguments(n)
		case s == "(" || s == "{" || isString(s):
			n = &node{shape: expression, nodes: []*node{n}}
			p.arguments(n)
		default:
			return n
		}
	}
}

func (p *parser) arguments(n *node) {
	switch s := p.peek(); {
	case s == "(":
		n.nodes = append(n.nodes, p.take())
		if p.peek() == ")" {
			n.nodes = append(n.nodes, p.take())
			return
		}
		n.nodes = append(n.nodes, p.listOf(p.expr), p.expect(")"))
	case s == "{":
		n.nodes = append(n.nodes, p.constructor())
	case isString(s):
		n.nodes = append(n.nodes, &node{shape: expression, nodes: []*node{p.take()}})
	default:
		p.fail()
	}
}

// String is the source of the tree, with each statement on a line of its own.
func (n *node) String() string {
	var w sourceWriter
	w.node(n)
	return strings.TrimLeft(w.b.String(), "\n") + "\n"
}

type sourceWriter struct {
	b      strings.Builder
	indent int
	last   string // the last token
	fresh  bool   // at the start of a line
}

func (w *sourceWriter) newline() {
	w.b.WriteString("\n" + strings.Repeat("  ", w.indent))
	w.fresh = true
}

func (w *sourceWriter) token(s string) {
	if !w.fresh && w.last != "" && spaced(w.last, s) {
		w.b.WriteByte(' ')
	}
	w.b.WriteString(s)
	w.last, w.fresh = s, false
}

// spaced reports whether a space belongs between two tokens.
func spaced(a, b string) bool {
	switch b {
	case ",", ")", "]", "}", ";", ".", ":":
		return isDigit(a[0]) && b == "."
	case "(", "[":
		return !isWord(a[0]) && a != ")" && a != "]" && a != "(" && a != "[" && a != "{" || keywords[a] && a != "function"
	}
	return a != "(" && a != "[" && a != "{" && a != "." && a != ":" && a != "#"
}

func (w *sourceWriter) node(n *node) {
	switch n.shape {
	case symbol:
		w.token(n.text)
	case block:
		w.indent++
		if w.last == "" {
			w.indent--
		}
		root := w.last == ""
		for _, s := range n.nodes {
			w.newline()
			if len(s.nodes) > 0 && startsWithBracket(s) && w.last != "" {
				w.token(";")
			}
			w.node(s)
		}
		if !root {
			w.indent--
			w.newline()
		}
	case list:
		for i, item := range n.nodes {
			if i > 0 {
				w.token(",")
			}
			w.node(item)
		}
	default:
		for _, c := range n.nodes {
			w.node(c)
		}
	}
}

func startsWithBracket(n *node) bool {
	for len(n.nodes) > 0 {
		n = n.nodes[0]
	}
	return n.text == "("
}
