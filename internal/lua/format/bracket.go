package format

import "silly/internal/lua/syntax"

// brackets say how brackets and the keywords of blocks belong together, by the indices of tokens.
type brackets struct {
	match  []int  // the other end of a bracket or of a block
	owner  []int  // the innermost bracket or block that a token is in; -1 for none
	forced []bool // of an opening bracket: there is the end of a line between two of its items, or at its ends
}

// findBrackets finds the brackets of a source that parses.
func findBrackets(tokens []syntax.Token) brackets {
	b := brackets{make([]int, len(tokens)), make([]int, len(tokens)), make([]bool, len(tokens))}
	var open []int
	waiting := make(map[int]bool) // loops that have no do yet
	for i := range tokens {
		t := &tokens[i]
		b.match[i], b.owner[i] = -1, -1
		if len(open) > 0 {
			b.owner[i] = open[len(open)-1]
		}
		if t.Kind != syntax.KindKeyword && t.Kind != syntax.KindSymbol {
			b.atItem(tokens, i)
			continue
		}
		switch t.Text {
		case "do":
			if b.owner[i] >= 0 && waiting[b.owner[i]] {
				delete(waiting, b.owner[i])
				break
			}
			open = append(open, i)
		case "while", "for":
			waiting[i] = true
			open = append(open, i)
		case "function", "if", "repeat":
			b.atItem(tokens, i)
			open = append(open, i)
		case "(", "{", "[":
			b.atItem(tokens, i)
			open = append(open, i)
		case ")", "}", "]", "end", "until":
			b.atItem(tokens, i)
			b.match[i] = b.owner[i]
			b.match[b.owner[i]] = i
			open = open[:len(open)-1]
			b.owner[i] = -1
			if len(open) > 0 {
				b.owner[i] = open[len(open)-1]
			}
		default:
			b.atItem(tokens, i)
		}
	}
	return b
}

// atItem notes that the bracket around a token is forced, if the token is at an end of an item and begins a line.
func (b *brackets) atItem(tokens []syntax.Token, i int) {
	o := b.owner[i]
	if o < 0 || tokens[o].Kind != syntax.KindSymbol {
		return
	}
	if tokens[i].Text == ";" {
		tokens[i].Text = "," // between the fields of a table
	}
	if !breaks(&tokens[i]) {
		return
	}
	at := i == o+1
	switch tokens[i].Text {
	case ",", ")", "}", "]":
		at = true
	}
	at = at || tokens[i-1].Text == "," && b.owner[i-1] == o
	b.forced[o] = b.forced[o] || at
}

// fits reports whether the tokens from one up to another, or up to the first line that must end, fit into the line.
func (p *printer) fits(from, to int) bool {
	if p.measuring || p.dry {
		return true
	}
	p.flush(p.next) // comments before it are in the line, too
	columns := p.column()
	for i := from; i < to; i++ {
		if i > from {
			if p.gaps[i].broken {
				break
			}
			columns += p.gaps[i].width
		}
		if p.gaps[i].absent {
			continue
		}
		line, more := firstLine(p.tokens[i].Text)
		if columns += width(line); columns > Width {
			return false
		}
		if more {
			break
		}
	}
	return true
}

// column is where the next token would begin.
func (p *printer) column() int {
	switch {
	case p.isInline():
		return p.col + 1
	case p.pending.kind == newLine:
		return p.pending.indent * tabWidth
	case p.pending.kind == space:
		return p.col + 1
	}
	return p.col
}

// isInline reports whether the next token stays in the line of the comment before it.
func (p *printer) isInline() bool {
	return p.pending.inline && max(p.carry, p.tokens[p.next].Lines) == 0
}

// isOneLine reports whether what f writes from the next token on, a block that ends with the match of a token, may
// stay in one line: it stood in one, it fits, and no block in it has more than one statement, which has no blocks of
// its own.
func (p *printer) isOneLine(block int, f func()) bool {
	end := p.brackets.match[block]
	if p.dry || p.tokens[block].Line != p.tokens[end].Line || !p.fits(p.next, end+1) {
		return false
	}
	before := *p
	defer func() { *p = before }()
	p.dry, p.manifold = true, false
	f()
	return !p.manifold
}

// lookBody walks the block that is next, and notes if it is not simple.
func (p *printer) lookBody() {
	count := 0
	for ; !p.blockEnds(); count++ {
		switch p.text() {
		case "if", "while", "for", "repeat", "do", "function", ";", "::":
			p.manifold = true
		case "local":
			p.manifold = p.manifold || p.tokens[p.next+1].Text == "function"
		}
		if p.statement(); p.is(";") && p.tokens[p.next-1].Text != ";" {
			p.next++
		}
	}
	p.manifold = p.manifold || count > 1
}

// lastOf returns the last token of the items in a bracket.
func (p *printer) lastOf(open int) int {
	last := p.brackets.match[open] - 1
	if p.tokens[last].Text == "," && p.brackets.owner[last] == open {
		last--
	}
	return last
}

// end returns the token up to which the items of a bracket must fit into a line. When the last one ends with something
// that can be broken itself, that is where it begins.
func (p *printer) end(open int) int {
	for {
		last := p.lastOf(open)
		begin := p.brackets.match[last]
		call := p.tokens[open].Text == "("
		switch {
		case begin <= open:
			return p.brackets.match[open] + 1
		case p.tokens[last].Text == "end":
			return p.brackets.match[begin+1] + 1 // behind the parameters of a function
		case p.tokens[last].Text == "}" && call:
			return begin + 1
		case p.tokens[last].Text == ")" && call && begin+1 < last && p.isCall(begin) && !p.hasSeveral(open):
			open = begin
		default:
			return p.brackets.match[open] + 1
		}
	}
}

// isPlain reports whether the items of a bracket are numbers, strings and names alone.
func (p *printer) isPlain(open int) bool {
	for i := open + 1; i < p.brackets.match[open]; i++ {
		switch t := &p.tokens[i]; t.Kind {
		case syntax.KindNumber, syntax.KindString, syntax.KindName:
			if next := p.tokens[i+1].Text; next != "," && next != "}" {
				return false
			}
		default:
			if t.Text != "," && t.Text != "-" {
				return false
			}
		}
	}
	return true
}

// isCall reports whether a parenthesis holds arguments.
func (p *printer) isCall(open int) bool {
	switch t := &p.tokens[open-1]; t.Kind {
	case syntax.KindName, syntax.KindString:
		return true
	case syntax.KindSymbol:
		return t.Text == ")" || t.Text == "]" || t.Text == "}"
	}
	return false
}

// hasSeveral reports whether a bracket has more than one item. It looks at no more tokens than a line has.
func (p *printer) hasSeveral(open int) bool {
	for i := open + 1; i < min(p.brackets.match[open], open+Width); i++ {
		if p.brackets.owner[i] == open && p.tokens[i].Text == "," {
			return true
		}
	}
	return false
}

func firstLine(text string) (line string, more bool) {
	for i := range len(text) {
		if text[i] == '\n' || text[i] == '\r' {
			return text[:i], true
		}
	}
	return text, false
}
