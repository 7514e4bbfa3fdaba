package syntax

import (
	"fmt"
	"slices"
)

// maxLevels is how deep statements, expressions and target lists may nest. Lua allows 200 nested C calls, of which
// load and what calls it use three.
const maxLevels = 197

// Options say how to parse.
type Options struct {
	// Comments asks for Chunk.Comments.
	Comments bool
	// File says that the source is a whole file: a byte order mark at the beginning and a first line that begins with
	// '#' are skipped.
	File bool
	// FirstLine is the number of the first line, if the source is part of something larger; 0 is 1.
	FirstLine int
}

// Parse reads a chunk (section 3.3.2). Messages call it name. The error, if any, is an *Error. Labels, break, assignments to constants and limits of
// the machine are left to the compiler.
//
// Operators of equal precedence may be chained without limit, and so may calls and indices: a tree can be as deep to
// the left as the source is long.
func Parse(source []byte, name string, opts Options) (chunk *Chunk, err error) {
	p := parser{
		lexer:  lexer{name: name, src: string(source), line: int32(max(1, opts.FirstLine)), keep: opts.Comments},
		vararg: true,
	}
	p.firstLine = p.line
	defer func() {
		switch e := recover().(type) {
		case nil:
		case *Error:
			e.repaired = p.repair()
			e.cut = p.cut
			chunk, err = nil, e
		default:
			panic(e)
		}
	}()
	chunk = &Chunk{Name: name, source: p.src, firstLine: p.line, file: opts.File}
	if opts.File {
		chunk.Shebang = p.skipHeader()
	}
	p.advance()
	main := &Function{Pos: Pos{1, 1}, Vararg: true, Body: p.block()}
	main.End, main.After = p.tok.pos, p.tok.pos
	p.check(tokEOF)
	chunk.Main = main
	chunk.Comments = p.comments
	return chunk, nil
}

// A parser reads statements and expressions by recursive descent. It fails as the lexer does.
//
// Lua's messages name the line that the lexer has reached, not the one in which a token begins; so does this parser.
type parser struct {
	lexer
	tok    lexeme // the current token
	ahead  lexeme // the one behind it, if peeked is set
	peeked bool
	level  int
	vararg bool // whether the current function is a vararg function

	// For Error.Repaired: what closes the blocks and brackets that are open, and behind what nothing is complete.
	open      []string
	cut       Pos
	cutOpen   []string // what was open there
	suffix    string   // completes what stands before the cut
	firstLine int32
}

// complete notes that what stands before the current token is complete.
func (p *parser) complete() { p.cut, p.cutOpen, p.suffix = p.tok.pos, p.open, "" }

// push notes that something is open, and pop that it is closed.
func (p *parser) push(closer string) {
	if len(p.open) < len(p.cutOpen) { // which must stay
		p.open = slices.Clone(p.open)
	}
	p.open = append(p.open, closer)
}

func (p *parser) pop() { p.open = p.open[:len(p.open)-1] }

// advance goes to the next token.
func (p *parser) advance() {
	if p.peeked {
		p.tok, p.peeked = p.ahead, false
		return
	}
	p.next(&p.tok)
}

// peek is the token behind the current one.
func (p *parser) peek() token {
	if !p.peeked {
		p.next(&p.ahead)
		p.peeked = true
	}
	return p.ahead.token
}

// errorNear raises an error that names the current token.
func (p *parser) errorNear(message string) {
	panic(&Error{Name: p.name, Pos: p.errorPos(), Message: message, Near: p.tok.near()})
}

// errorHere raises an error that names no token.
func (p *parser) errorHere(message string) {
	panic(&Error{Name: p.name, Pos: p.errorPos(), Message: message})
}

// errorPos is the place of the current token, or where it ends if it has several lines.
func (p *parser) errorPos() Pos {
	if p.tok.pos.Line == p.line {
		return p.tok.pos
	}
	return p.pos(p.off)
}

// enter begins a level of nesting, and leave ends it. Lua's message has no position; ours keeps it.
func (p *parser) enter() {
	p.level++
	if p.level > maxLevels {
		p.errorHere("C stack overflow")
	}
}

func (p *parser) leave() { p.level-- }

// check raises an error unless t is the current token.
func (p *parser) check(t token) {
	if p.tok.token != t {
		p.errorNear(t.quoted() + " expected")
	}
}

// expect goes past t and returns its place.
func (p *parser) expect(t token) Pos {
	p.check(t)
	pos := p.tok.pos
	p.advance()
	return pos
}

// accept goes past t, if that is the current token.
func (p *parser) accept(t token) bool {
	if p.tok.token != t {
		return false
	}
	p.advance()
	return true
}

// expectMatch goes past closing, which belongs to opening in the given line, and returns its place.
func (p *parser) expectMatch(closing, opening token, line int32) Pos {
	if p.tok.token != closing && line != p.line {
		p.errorNear(fmt.Sprintf("%s expected (to close %s at line %d)", closing.quoted(), opening.quoted(), line))
	}
	return p.expect(closing)
}

func (p *parser) expectName() *Name {
	p.check(tokName)
	n := &Name{p.tok.pos, p.tok.text}
	p.advance()
	return n
}

// nameString reads a name that is used as a key.
func (p *parser) nameString() *String {
	p.check(tokName)
	s := &String{p.tok.pos, p.tok.text, p.tok.text}
	p.advance()
	return s
}

// blockEnds reports whether the current token ends a block. Whether it is the right one is for the caller to check.
func (p *parser) blockEnds() bool {
	switch p.tok.token {
	case tokElse, tokElseif, tokEnd, tokUntil, tokEOF:
		return true
	}
	return false
}

// block reads statements up to the token that ends the block.
func (p *parser) block() *Block {
	b := &Block{Pos: p.tok.pos}
	p.complete()
	for !p.blockEnds() {
		last := p.tok.token == tokReturn
		p.enter()
		p.complete()
		s := p.statement()
		b.Stmts = append(b.Stmts, s)
		p.complete()
		if _, ok := s.(*Label); ok && !p.blockEnds() {
			p.suffix = " do end" // it is not the end of the block
		}
		p.leave()
		if last {
			break
		}
	}
	b.End = p.tok.pos
	return b
}

func (p *parser) statement() Stmt {
	pos, line := p.tok.pos, p.line
	switch p.tok.token {
	case ';':
		p.advance()
		return &Empty{pos}
	case tokIf:
		return p.ifStatement(pos, line)
	case tokWhile:
		p.advance()
		cond := p.header("do end")
		p.expect(tokDo)
		return &While{pos, cond, p.body("end", tokEnd, tokWhile, line)}
	case tokDo:
		p.advance()
		return &Do{pos, p.body("end", tokEnd, tokDo, line)}
	case tokFor:
		return p.forStatement(pos, line)
	case tokRepeat:
		p.advance()
		body := p.body("until nil", tokUntil, tokRepeat, line)
		return &Repeat{pos, body, p.expr()}
	case tokFunction:
		return p.functionStatement(pos, line)
	case tokLocal:
		p.advance()
		if p.tok.token == tokFunction {
			function := p.tok.pos
			p.advance()
			name := p.expectName()
			return &LocalFunction{pos, name, p.functionBody(function, p.line, false)}
		}
		return p.local(pos)
	case tokDoubleColon:
		p.advance()
		name := p.expectName()
		p.expect(tokDoubleColon)
		return &Label{pos, name, p.tok.pos}
	case tokReturn:
		return p.returnStatement(pos)
	case tokBreak:
		p.advance()
		return &Break{pos}
	case tokGoto:
		p.advance()
		return &Goto{pos, p.expectName()}
	}
	return p.exprStatement(pos)
}

func (p *parser) ifStatement(pos Pos, line int32) Stmt {
	n := &If{Pos: pos}
	for len(n.Clauses) == 0 || p.tok.token == tokElseif {
		c := IfClause{Pos: p.tok.pos}
		p.advance()
		c.Cond = p.header("then end")
		p.expect(tokThen)
		p.push("end")
		c.Body = p.block()
		p.pop()
		n.Clauses = append(n.Clauses, c)
	}
	p.push("end")
	if p.accept(tokElse) {
		n.Else = p.block()
	}
	p.expectMatch(tokEnd, tokIf, line)
	p.pop()
	return n
}

// header reads an expression of a statement, which closer completes.
func (p *parser) header(closer string) Expr {
	p.push(closer)
	x := p.expr()
	p.pop()
	return x
}

func (p *parser) forStatement(pos Pos, line int32) Stmt {
	p.advance()
	name := p.expectName()
	switch p.tok.token {
	case '=':
		n := &NumericFor{Pos: pos, Var: name}
		p.advance()
		n.Init = p.header(", nil do end")
		p.expect(',')
		n.Limit = p.header("do end")
		if p.accept(',') {
			n.Step = p.header("do end")
		}
		n.Body = p.forBody(line)
		return n
	case ',', tokIn:
		n := &GenericFor{Pos: pos, Names: []*Name{name}}
		for p.accept(',') {
			n.Names = append(n.Names, p.expectName())
		}
		p.expect(tokIn)
		p.push("do end")
		n.Values = p.exprs()
		p.pop()
		n.Body = p.forBody(line)
		return n
	}
	p.errorNear("'=' or 'in' expected")
	panic("unreachable")
}

func (p *parser) forBody(line int32) *Block {
	p.expect(tokDo)
	return p.body("end", tokEnd, tokFor, line)
}

// body reads a block and the token that ends it; closer completes it.
func (p *parser) body(closer string, end, start token, line int32) *Block {
	p.push(closer)
	b := p.block()
	p.expectMatch(end, start, line)
	p.pop()
	return b
}

func (p *parser) functionStatement(pos Pos, line int32) Stmt {
	p.advance()
	name := p.expectName()
	n := &FunctionStmt{Pos: pos, Target: &NameExpr{name.Pos, name.Text}}
	for !n.Method && (p.tok.token == '.' || p.tok.token == ':') {
		n.Method = p.tok.token == ':'
		at := p.tok.pos
		p.advance()
		end := p.tok.pos
		n.Target = &Index{Pos: at, X: n.Target, Key: p.nameString(), Dot: true, End: end}
	}
	n.Func = p.functionBody(pos, line, n.Method)
	return n
}

// functionBody reads a function from its parameters on. Its keyword is at pos; messages say that it begins in line.
func (p *parser) functionBody(pos Pos, line int32, self bool) *Function {
	f := &Function{Pos: pos, Self: self}
	if self {
		f.Params = append(f.Params, &Name{Text: "self"})
	}
	p.expect('(')
	for p.tok.token != ')' {
		if p.tok.token == tokDots {
			p.advance()
			f.Vararg = true
			break
		}
		if p.tok.token != tokName {
			p.errorNear("<name> or '...' expected")
		}
		f.Params = append(f.Params, p.expectName())
		if p.tok.token != ',' {
			break
		}
		p.advance()
		if p.tok.token == ')' {
			p.errorNear("<name> or '...' expected")
		}
	}
	p.expect(')')
	outer := p.vararg
	p.vararg = f.Vararg
	p.push("end")
	f.Body = p.block()
	p.vararg = outer
	f.End = p.expectMatch(tokEnd, tokFunction, line)
	p.pop()
	f.After = p.tok.pos
	p.complete()
	return f
}

func (p *parser) local(pos Pos) Stmt {
	n := &Local{Pos: pos}
	closing := false
	for {
		n.Names = append(n.Names, p.expectName())
		var attrib *Name
		if p.accept('<') {
			attrib = p.expectName()
			p.expect('>')
			switch attrib.Text {
			case "const":
			case "close":
				if closing {
					p.errorHere("multiple to-be-closed variables in local list")
				}
				closing = true
			default:
				p.errorHere(fmt.Sprintf("unknown attribute '%s'", attrib.Text))
			}
		}
		n.Attribs = append(n.Attribs, attrib)
		if !p.accept(',') {
			break
		}
	}
	if p.accept('=') {
		n.Values = p.exprs()
	}
	return n
}

func (p *parser) returnStatement(pos Pos) Stmt {
	n := &Return{Pos: pos}
	p.advance()
	if !p.blockEnds() && p.tok.token != ';' {
		n.Values = p.exprs()
	}
	p.accept(';')
	return n
}

// exprStatement reads a call or an assignment.
func (p *parser) exprStatement(pos Pos) Stmt {
	x := p.suffixed()
	if p.tok.token != '=' && p.tok.token != ',' {
		if _, ok := x.(*Call); !ok {
			p.errorNear("syntax error")
		}
		return &CallStmt{pos, x}
	}
	n := &Assign{Pos: pos, Targets: []Expr{x}}
	p.checkTarget(x)
	level := p.level
	for p.accept(',') {
		x = p.suffixed()
		n.Targets = append(n.Targets, x)
		p.enter()
		p.checkTarget(x)
	}
	n.Equals = p.tok.pos
	p.expect('=')
	p.complete()
	p.suffix = " nil"
	n.Values = p.exprs()
	p.level = level
	return n
}

// checkTarget raises an error if a value cannot be assigned to x.
func (p *parser) checkTarget(x Expr) {
	switch x.(type) {
	case *NameExpr, *Index:
	default:
		p.errorNear("syntax error")
	}
}

// exprs reads one or more expressions.
func (p *parser) exprs() []Expr {
	list := []Expr{p.expr()}
	for p.accept(',') {
		list = append(list, p.expr())
	}
	return list
}

func (p *parser) expr() Expr { return p.binary(0) }

// unaryLevel is the precedence of the unary operators.
const unaryLevel = 12

// A binaryOperator says how tightly an operator binds on its left and on its right (section 3.4.8). Those that bind
// tighter on the left associate to the right.
type binaryOperator struct {
	op          Op
	left, right uint8
}

var binaryOperators = [tokenCount]binaryOperator{
	tokOr:  {OpOr, 1, 1},
	tokAnd: {OpAnd, 2, 2},
	'<':    {OpLt, 3, 3}, '>': {OpGt, 3, 3}, tokLe: {OpLe, 3, 3}, tokGe: {OpGe, 3, 3}, tokNe: {OpNe, 3, 3}, tokEq: {OpEq, 3, 3},
	'|':       {OpBOr, 4, 4},
	'~':       {OpBXor, 5, 5},
	'&':       {OpBAnd, 6, 6},
	tokShl:    {OpShl, 7, 7},
	tokShr:    {OpShr, 7, 7},
	tokConcat: {OpConcat, 9, 8},
	'+':       {OpAdd, 10, 10}, '-': {OpSub, 10, 10},
	'*': {OpMul, 11, 11}, '/': {OpDiv, 11, 11}, tokIDiv: {OpIDiv, 11, 11}, '%': {OpMod, 11, 11},
	'^': {OpPow, 14, 13},
}

// binary reads an expression up to an operator that does not bind tighter on its left than limit.
func (p *parser) binary(limit uint8) Expr {
	p.enter()
	x := p.unary()
	for {
		b := binaryOperators[p.tok.token]
		if b.left <= limit {
			break
		}
		pos := p.tok.pos
		p.advance()
		x = &Binary{pos, b.op, x, p.binary(b.right)}
	}
	p.leave()
	return x
}

func (p *parser) unary() Expr {
	var op Op
	switch p.tok.token {
	case tokNot:
		op = OpNot
	case '-':
		op = OpNeg
	case '~':
		op = OpBNot
	case '#':
		op = OpLen
	default:
		return p.simple()
	}
	pos := p.tok.pos
	p.advance()
	return &Unary{pos, op, p.binary(unaryLevel)}
}

// simple reads an expression without operators.
func (p *parser) simple() Expr {
	pos := p.tok.pos
	var x Expr
	switch p.tok.token {
	case tokInteger:
		x = &Integer{pos, p.tok.integer, p.tok.text}
	case tokFloat:
		x = &Float{pos, p.tok.float, p.tok.text}
	case tokString:
		x = &String{pos, p.tok.value, p.tok.text}
	case tokNil:
		x = &Nil{pos}
	case tokTrue:
		x = &True{pos}
	case tokFalse:
		x = &False{pos}
	case tokDots:
		if !p.vararg {
			p.errorNear("cannot use '...' outside a vararg function")
		}
		x = &Vararg{pos}
	case '{':
		return p.table()
	case tokFunction:
		p.advance()
		return &FunctionExpr{pos, p.functionBody(pos, p.line, false)}
	default:
		return p.suffixed()
	}
	p.advance()
	return x
}

// suffixed reads a variable, a call or an expression in parentheses.
func (p *parser) suffixed() Expr {
	line := p.line
	x := p.primary()
	for {
		pos := p.tok.pos
		switch p.tok.token {
		case '.':
			p.advance()
			end := p.tok.pos
			x = &Index{Pos: pos, X: x, Key: p.nameString(), Dot: true, End: end}
		case '[':
			p.advance()
			p.push("]")
			key := p.expr()
			end := p.tok.pos
			p.expect(']')
			p.pop()
			x = &Index{Pos: pos, X: x, Key: key, End: end}
		case ':':
			p.advance()
			x = p.call(x, p.expectName(), line)
		case '(', '{', tokString:
			x = p.call(x, nil, line)
		default:
			return x
		}
	}
}

// primary reads a name or an expression in parentheses.
func (p *parser) primary() Expr {
	pos, line := p.tok.pos, p.line
	switch p.tok.token {
	case tokName:
		x := &NameExpr{pos, p.tok.text}
		p.advance()
		return x
	case '(':
		p.advance()
		p.push(")")
		x := p.expr()
		end := p.expectMatch(')', '(', line)
		p.pop()
		return &Paren{pos, x, end}
	}
	p.errorNear("unexpected symbol")
	panic("unreachable")
}

// call reads the arguments of a call. Messages say that the parenthesis is in line.
func (p *parser) call(f Expr, method *Name, line int32) Expr {
	n := &Call{Pos: p.tok.pos, Func: f, Method: method, End: p.tok.pos}
	switch p.tok.token {
	case tokString:
		n.Args = []Expr{&String{p.tok.pos, p.tok.value, p.tok.text}}
		p.advance()
	case '{':
		n.Args = []Expr{p.table()}
	case '(':
		p.advance()
		p.push(")")
		if p.tok.token != ')' {
			n.Args = p.exprs()
		}
		n.End = p.expectMatch(')', '(', line)
		p.pop()
	default:
		p.errorNear("function arguments expected")
	}
	return n
}

func (p *parser) table() Expr {
	n := &Table{Pos: p.tok.pos}
	line := p.line
	p.advance()
	p.push("}")
	for p.tok.token != '}' {
		n.Fields = append(n.Fields, p.field())
		if !p.accept(',') && !p.accept(';') {
			break
		}
	}
	n.End = p.expectMatch('}', '{', line)
	p.pop()
	return n
}

func (p *parser) field() Field {
	f := Field{Pos: p.tok.pos}
	switch {
	case p.tok.token == '[':
		p.advance()
		f.Key = p.expr()
		p.expect(']')
		p.expect('=')
	case p.tok.token == tokName && p.peek() == '=':
		f.Key, f.Dot = p.nameString(), true
		p.advance()
	}
	f.Value = p.expr()
	return f
}
