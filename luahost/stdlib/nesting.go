package stdlib

const (
	// maxLevels bounds how deeply blocks and brackets may be nested, as in the reference
	// implementation.
	maxLevels = 200
	// maxDepth bounds the depth of the syntax tree, to which long chains such as a.b.c.d or
	// a + b + c + d add as well. The compiler recurses that deep, and takes quadratic time for it.
	maxDepth = 2_000
)

// nesting follows the tokens of a chunk and keeps an upper bound of the depth of its syntax tree. It
// does not check the syntax: what the parser refuses anyway may be counted wrongly from there on.
type nesting struct {
	levels []level
	// depth is the sum of elseifs and chain over the open levels.
	depth int
}

// level is an open block or bracket.
type level struct {
	// elseifs counts those of an if block: the tree holds each inside of the one before.
	elseifs int
	// chain counts the operators, calls and indices of the current expression or statement; inner
	// is the depth of the deepest bracket or function in it.
	chain, inner int
	// deepest is the depth of the deepest expression or statement that has ended.
	deepest int
}

func newNesting() *nesting {
	return &nesting{levels: make([]level, 1, 16)}
}

// add takes the next token, which follows last, and returns what is wrong with it.
func (n *nesting) add(t, last token) (message string) {
	switch t.kind {
	case tokenName, tokenNumber, tokenConstant:
		n.begin(last)
	case tokenString:
		if last.endsOperand() { // f"string"
			n.grow()
		}
	case tokenKeyword:
		n.addKeyword(t.text, last)
	case tokenSymbol:
		switch t.text {
		case "(", "[", "{":
			n.grow()
			n.open()
		case ")", "]", "}":
			n.close()
		case ",", ";", "=", "::":
			n.separate()
		default:
			n.grow()
		}
	}
	switch {
	case len(n.levels) > maxLevels:
		return "chunk has too many syntax levels"
	case n.depth+n.top().inner > maxDepth:
		return "expression or statement too complex"
	}
	return ""
}

func (n *nesting) addKeyword(word string, last token) {
	switch word {
	case "and", "or", "not":
		n.grow()
	case "function":
		n.begin(last)
		n.grow()
		n.open()
	case "if", "do", "repeat":
		n.separate()
		n.open()
	case "elseif":
		n.separate()
		n.top().elseifs++
		n.depth++
	case "end", "until":
		n.close()
	default:
		n.separate()
	}
}

func (n *nesting) top() *level {
	return &n.levels[len(n.levels)-1]
}

// begin takes the first token of an operand. Behind another operand it begins a new statement.
func (n *nesting) begin(last token) {
	if last.endsOperand() {
		n.separate()
	}
}

func (n *nesting) grow() {
	n.top().chain++
	n.depth++
}

// separate ends the current expression or statement.
func (n *nesting) separate() {
	top := n.top()
	top.deepest = max(top.deepest, top.chain+top.inner)
	n.depth -= top.chain
	top.chain, top.inner = 0, 0
}

func (n *nesting) open() {
	n.levels = append(n.levels, level{})
}

func (n *nesting) close() {
	if len(n.levels) == 1 {
		return
	}
	n.separate()
	closed := *n.top()
	n.depth -= closed.elseifs
	n.levels = n.levels[:len(n.levels)-1]
	top := n.top()
	top.inner = max(top.inner, closed.elseifs+closed.deepest)
}
