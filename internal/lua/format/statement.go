package format

// statement writes a statement.
func (p *printer) statement() {
	callee := false
	switch p.text() {
	case "if":
		p.ifStatement()
	case "while":
		p.whileStatement()
	case "for":
		p.forStatement()
	case "repeat":
		p.repeatStatement()
		callee = true
	case "do":
		oneLine := p.isOneLine(p.next, p.statement)
		p.emit()
		p.body(oneLine, p.base)
		p.emit()
	case "function":
		p.functionStatement()
	case "local":
		callee = p.localStatement()
	case "return":
		p.emit()
		if !p.blockEnds() && !p.is(";") {
			p.space()
			p.exprs()
		}
	case "goto":
		p.emit()
		p.space()
		p.emit()
	case "break":
		p.emit()
	case "::":
		p.emit()
		p.emit()
		p.emit()
	default:
		p.exprs()
		if p.is("=") {
			p.values()
		}
		callee = true
	}
	p.callee = callee
}

// values writes an equals sign and the expressions behind it.
func (p *printer) values() {
	p.equals()
	p.exprs()
}

// equals writes an equals sign. A line that ends with it stays, unless what follows can be broken itself.
func (p *printer) equals() {
	p.space()
	p.emit()
	if next := &p.tokens[p.next]; len(next.Comments) == 0 && (p.is("{") || p.is("function")) {
		p.space()
	} else {
		p.spaceOrBreak()
	}
}

// body writes a block whose opening has been written. If it gets lines of its own, what closes it is at the indentation
// outer.
func (p *printer) body(oneLine bool, outer int) {
	base := p.base
	switch {
	case p.dry:
		p.lookBody()
	case oneLine:
		p.space()
		for !p.blockEnds() {
			if p.is(";") {
				p.skip()
				continue
			}
			p.statement()
			p.space()
		}
	case p.isEmpty():
		for p.is(";") {
			p.skip()
		}
		if p.space(); p.is("else") || p.is("elseif") {
			p.breakLine(outer, false)
		}
	default:
		p.base = outer + 1
		p.statements(false)
		p.base = base
		p.breakLine(outer, false)
	}
}

// isEmpty reports whether the block that is next has neither statements nor comments.
func (p *printer) isEmpty() bool {
	for i := p.next; len(p.tokens[i].Comments) == 0; i++ {
		switch t := &p.tokens[i]; {
		case t.Text == ";":
		case t.Text == "end", t.Text == "else", t.Text == "elseif", t.Text == "until":
			return true
		default:
			return false
		}
	}
	return false
}

func (p *printer) ifStatement() {
	oneLine := p.isOneLine(p.next, p.statement)
	end, several := p.brackets.match[p.next], false
	for p.next < end {
		hasCondition := !p.is("else")
		p.emit()
		if hasCondition {
			p.space()
			p.expr()
			p.space()
			p.emit() // then
		}
		if p.body(oneLine, p.base); !oneLine && several {
			p.breakLine(p.base, false)
		}
		several = true
	}
	p.emit()
}

func (p *printer) whileStatement() {
	oneLine := p.isOneLine(p.next, p.statement)
	p.emit()
	p.space()
	p.expr()
	p.space()
	p.emit() // do
	p.body(oneLine, p.base)
	p.emit()
}

func (p *printer) forStatement() {
	oneLine := p.isOneLine(p.next, p.statement)
	p.emit()
	p.space()
	p.names()
	p.space()
	p.emit() // = or in
	p.space()
	p.exprs()
	p.space()
	p.emit() // do
	p.body(oneLine, p.base)
	p.emit()
}

func (p *printer) repeatStatement() {
	oneLine := p.isOneLine(p.next, p.statement)
	p.emit()
	p.body(oneLine, p.base)
	p.emit()
	p.space()
	p.expr()
}

func (p *printer) functionStatement() {
	at := p.next
	p.emit()
	p.space()
	for !p.is("(") {
		p.emit()
	}
	p.function(at)
}

// localStatement reports whether the statement ends with an expression.
func (p *printer) localStatement() bool {
	p.emit()
	p.space()
	if p.is("function") {
		at := p.next
		p.emit()
		p.space()
		p.emit()
		p.function(at)
		return false
	}
	p.names()
	if !p.is("=") {
		return false
	}
	p.values()
	return true
}

// names writes names with their attributes.
func (p *printer) names() {
	p.emit()
	for {
		switch p.text() {
		case "<":
			p.space()
			p.emit()
			p.emit()
			p.emit()
		case ",":
			p.comma()
			p.emit()
		default:
			return
		}
	}
}

// comma writes a comma between things that have no brackets around them.
func (p *printer) comma() {
	p.emitBare()
	lines := breaks(&p.tokens[p.next-1]) || breaks(&p.tokens[p.next])
	if p.space(); lines {
		p.breakLine(p.base+1, false)
	}
}

// function writes a function from its parameters on. Its keyword is at the given token.
func (p *printer) function(at int) {
	oneLine := p.isOneLine(at, func() { p.function(at) })
	p.list(func() { p.emit() }, false)
	p.body(oneLine, p.line)
	p.emit()
}

// list writes the brackets that are next and the items in them. Tables have a comma at the end of their last line.
func (p *printer) list(item func(), table bool) {
	open := p.next
	end := p.brackets.match[open]
	forced := p.brackets.forced[open] && (end > open+1 || len(p.tokens[end].Comments) > 0)
	broken := !p.dry && (forced || end > open+2 && !p.fits(open, p.end(open))) // one token stays in its line
	filled := forced || broken && table && p.isPlain(open)
	p.emit()
	base, outer := p.base, p.line
	if broken {
		p.base = outer + 1
		p.breakLine(p.base, false)
	}
	for p.next < end {
		item()
		switch {
		case p.next == end && broken && table:
			p.write(",")
		case p.next == end:
		case p.next+1 == end:
			p.skip()
			if broken && table {
				p.write(",")
			}
		default:
			p.separator(broken, filled, table)
		}
	}
	if broken {
		p.breakLine(p.base, false)
		p.flush(end)
		p.base = base
		p.breakLine(outer, false)
	}
	p.emit()
}

// separator writes what is between two items of a list. In a list that is filled, lines end where the author has ended
// them, and before what does not fit.
func (p *printer) separator(broken, filled, table bool) {
	p.emitBare()
	lines := breaks(&p.tokens[p.next-1]) || breaks(&p.tokens[p.next])
	p.space()
	switch {
	case !broken:
	case !filled, lines, !p.fits(p.next, p.itemEnd()):
		p.breakLine(p.base, table)
	}
}

// itemEnd returns the token behind the item that begins with the next one, if it is not too far to fit into a line.
func (p *printer) itemEnd() int {
	owner := p.brackets.owner[p.next]
	for i := p.next; i < min(p.next+Width, len(p.tokens)); i++ {
		if p.brackets.owner[i] != owner {
			continue
		}
		if p.tokens[i].Text == "," || p.brackets.match[owner] == i {
			return i
		}
	}
	return min(p.next+Width, len(p.tokens))
}
