package format

import (
	"strings"

	"silly/internal/lua/syntax"
)

// exprs writes expressions with commas between.
func (p *printer) exprs() {
	p.expr()
	for p.is(",") {
		p.comma()
		p.expr()
	}
}

// expr writes an expression. What binds how tightly does not matter: parentheses stay.
func (p *printer) expr() {
	for {
		p.unary()
		p.operand()
		if !p.isBinary() {
			return
		}
		lines := breaks(&p.tokens[p.next]) || breaks(&p.tokens[p.next+1])
		if p.space(); lines {
			p.breakLine(p.base+1, false)
			p.flush(p.next + 1) // what stands behind the operator at the end of its line stays there
		}
		p.emit()
		p.space()
	}
}

// unary writes unary operators.
func (p *printer) unary() {
	for {
		switch operator := p.text(); operator {
		case "not":
			p.emit()
			p.space()
		case "-", "#", "~":
			p.emit()
			if operator == "-" && p.is("-") {
				p.space() // "--" would be a comment
			}
		default:
			return
		}
	}
}

func (p *printer) isBinary() bool {
	switch p.text() {
	case "+", "-", "*", "/", "//", "%", "^", "..", "==", "~=", "<", "<=", ">", ">=",
		"and", "or", "&", "|", "~", "<<", ">>":
		return true
	}
	return false
}

// operand writes an operand with its indices and calls.
func (p *printer) operand() {
	switch {
	case p.is("function"):
		at := p.next
		p.emit()
		p.function(at)
		return
	case p.is("{"):
		p.table()
		return
	case p.is("("):
		p.parens()
	case p.tokens[p.next].Kind != syntax.KindName:
		p.emit() // a literal or ...
		return
	default:
		p.emit()
	}
	p.suffixes()
}

// suffixes writes indices and calls.
func (p *printer) suffixes() {
	for {
		switch t := &p.tokens[p.next]; {
		case t.Kind == syntax.KindString:
			p.space()
			p.emit()
		case t.Kind != syntax.KindSymbol:
			return
		case t.Text == "." || t.Text == ":":
			if breaks(t) {
				p.breakLine(p.base+1, false)
			}
			p.emit()
			p.emit()
		case t.Text == "[":
			p.key()
		case t.Text == "(":
			p.list(p.expr, false)
		case t.Text == "{":
			p.space()
			p.table()
		default:
			return
		}
	}
}

// key writes an expression in square brackets, with spaces between if it begins with a long string.
func (p *printer) key() {
	p.emit()
	first := &p.tokens[p.next]
	long := first.Kind == syntax.KindString && strings.HasPrefix(first.Text, "[")
	if long {
		p.space()
	}
	p.expr()
	if long {
		p.space()
	}
	p.emit()
}

// parens writes an expression in parentheses, which are on lines of their own if one of them ends a line or begins one.
func (p *printer) parens() {
	open := p.next
	end := p.brackets.match[open]
	broken := p.brackets.forced[open]
	p.emit()
	base, outer := p.base, p.line
	if broken {
		p.base = outer + 1
		p.breakLine(p.base, false)
	}
	p.expr()
	if broken {
		p.breakLine(p.base, false)
		p.flush(end)
		p.base = base
		p.breakLine(outer, false)
	}
	p.emit()
}

func (p *printer) table() { p.list(p.field, true) }

// field writes a field of a table.
func (p *printer) field() {
	switch {
	case p.is("["):
		p.key()
		p.equals()
		p.expr()
	case p.tokens[p.next].Kind == syntax.KindName && p.tokens[p.next+1].Text == "=":
		p.emit()
		p.equals()
		p.expr()
	default:
		p.expr()
	}
}
