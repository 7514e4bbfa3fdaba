package syntax

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// Print writes c as source that parses to the same tree, apart from positions and comments, which are dropped. Literals
// are written as they stood in the source, and calls without parentheses keep their form. A tree that was not made by
// Parse may lack the text of its literals, and gets the parentheses and semicolons that its meaning needs.
func Print(w io.Writer, c *Chunk) error {
	p := printer{w: bufio.NewWriter(w)}
	if c.Shebang != "" {
		p.print(c.Shebang, "\n")
	}
	p.stmts(c.Main.Body)
	return p.w.Flush()
}

// A printer writes a tree. Errors of the writer are kept by its buffer.
type printer struct {
	w      *bufio.Writer
	indent int
	// spine is a stack of the nodes between an expression and its leftmost operand. Chains of operators and calls
	// can be too long for recursion.
	spine []Expr
}

func (p *printer) print(parts ...string) {
	for _, s := range parts {
		p.w.WriteString(s)
	}
}

// newLine ends a line and indents the next.
func (p *printer) newLine() {
	p.w.WriteByte('\n')
	p.margin()
}

func (p *printer) margin() {
	for range p.indent {
		p.w.WriteByte('\t')
	}
}

// block writes an indented block and what closes it.
func (p *printer) block(b *Block, closing string) {
	if len(b.Stmts) == 0 && closing == "end" {
		p.print(" end")
		return
	}
	p.print("\n")
	p.indent++
	p.stmts(b)
	p.indent--
	p.margin()
	p.print(closing)
}

// stmts writes statements on lines of their own, but a lone semicolon behind the statement before it.
func (p *printer) stmts(b *Block) {
	for i := 0; i < len(b.Stmts); i++ {
		s := b.Stmts[i]
		p.margin()
		p.stmt(s)
		for ; i+1 < len(b.Stmts) && isEmpty(b.Stmts[i+1]); i++ {
			p.print(";")
			s = b.Stmts[i+1]
		}
		if i+1 < len(b.Stmts) && takesArguments(s) && beginsWithParen(b.Stmts[i+1]) {
			p.print(";")
		}
		p.print("\n")
	}
}

func isEmpty(s Stmt) bool {
	_, ok := s.(*Empty)
	return ok
}

// takesArguments reports whether s ends in an expression to which a parenthesis behind it would belong.
func takesArguments(s Stmt) bool {
	var last Expr
	switch s := s.(type) {
	case *CallStmt:
		return true
	case *Assign:
		last = lastExpr(s.Values)
	case *Local:
		last = lastExpr(s.Values)
	case *Repeat:
		last = s.Cond
	}
	for {
		right, parens := rightOperand(last)
		switch {
		case parens:
			return true
		case right != nil:
			last = right
		default:
			f, ok := last.(*Float)
			return isPrefix(last) || ok && floatText(f)[0] == '('
		}
	}
}

func lastExpr(list []Expr) Expr {
	if len(list) == 0 {
		return nil
	}
	return list[len(list)-1]
}

// beginsWithParen reports whether the first token of s is a parenthesis.
func beginsWithParen(s Stmt) bool {
	var first Expr
	switch s := s.(type) {
	case *CallStmt:
		first = s.Call
	case *Assign:
		first = s.Targets[0]
	default:
		return false
	}
	_, name := leftmost(first).(*NameExpr)
	return !name
}

func (p *printer) stmt(s Stmt) {
	switch s := s.(type) {
	case *Do, *While, *Repeat, *If, *NumericFor, *GenericFor:
		p.blockStmt(s)
	case *Assign:
		p.exprs(s.Targets)
		p.print(" = ")
		p.exprs(s.Values)
	case *Local:
		p.print("local ")
		for i, name := range s.Names {
			if i > 0 {
				p.print(", ")
			}
			p.print(name.Text)
			if i < len(s.Attribs) && s.Attribs[i] != nil {
				p.print(" <", s.Attribs[i].Text, ">")
			}
		}
		if len(s.Values) > 0 {
			p.print(" = ")
			p.exprs(s.Values)
		}
	case *CallStmt:
		p.expr(s.Call)
	case *FunctionStmt:
		p.print("function ")
		if target, ok := s.Target.(*Index); ok && s.Method {
			p.expr(target.X)
			p.print(":", target.Key.(*String).Value)
		} else {
			p.expr(s.Target)
		}
		p.function(s.Func)
	case *LocalFunction:
		p.print("local function ", s.Name.Text)
		p.function(s.Func)
	case *Return:
		p.print("return")
		if len(s.Values) > 0 {
			p.print(" ")
			p.exprs(s.Values)
		}
	case *Break:
		p.print("break")
	case *Goto:
		p.print("goto ", s.Label.Text)
	case *Label:
		p.print("::", s.Name.Text, "::")
	case *Empty:
		p.print(";")
	default:
		panic(fmt.Sprintf("syntax: no statement: %T", s))
	}
}

// blockStmt prints a statement that consists of blocks.
func (p *printer) blockStmt(s Stmt) {
	switch s := s.(type) {
	case *Do:
		p.print("do")
		p.block(s.Body, "end")
	case *While:
		p.print("while ")
		p.expr(s.Cond)
		p.print(" do")
		p.block(s.Body, "end")
	case *Repeat:
		p.print("repeat")
		p.block(s.Body, "until ")
		p.expr(s.Cond)
	case *If:
		p.ifStmt(s)
	case *NumericFor:
		p.print("for ", s.Var.Text, " = ")
		p.expr(s.Init)
		p.print(", ")
		p.expr(s.Limit)
		if s.Step != nil {
			p.print(", ")
			p.expr(s.Step)
		}
		p.print(" do")
		p.block(s.Body, "end")
	case *GenericFor:
		p.print("for ")
		p.names(s.Names)
		p.print(" in ")
		p.exprs(s.Values)
		p.print(" do")
		p.block(s.Body, "end")
	}
}

func (p *printer) ifStmt(s *If) {
	for i, c := range s.Clauses {
		if i > 0 {
			p.print("else")
		}
		p.print("if ")
		p.expr(c.Cond)
		p.print(" then")
		closing := ""
		if i == len(s.Clauses)-1 && s.Else == nil {
			closing = "end"
		}
		p.block(c.Body, closing)
	}
	if s.Else != nil {
		p.print("else")
		p.block(s.Else, "end")
	}
}

// function writes a function from its parameters on.
func (p *printer) function(f *Function) {
	params := f.Params
	if f.Self {
		params = params[1:]
	}
	p.print("(")
	p.names(params)
	if f.Vararg {
		if len(params) > 0 {
			p.print(", ")
		}
		p.print("...")
	}
	p.print(")")
	p.block(f.Body, "end")
}

func (p *printer) names(names []*Name) {
	for i, name := range names {
		if i > 0 {
			p.print(", ")
		}
		p.print(name.Text)
	}
}

func (p *printer) exprs(list []Expr) {
	for i, x := range list {
		if i > 0 {
			p.print(", ")
		}
		p.expr(x)
	}
}

// operators are the binary operators by what they do.
var operators = func() (list [len(opText)]binaryOperator) {
	for _, b := range binaryOperators {
		if b.left > 0 {
			list[b.op] = b
		}
	}
	return list
}()

// isPrefix reports whether x can be called or indexed without parentheses around it.
func isPrefix(x Expr) bool {
	switch x.(type) {
	case *NameExpr, *Index, *Call, *Paren:
		return true
	}
	return false
}

// leftOperand returns what x begins with, and whether that stands in parentheses that are not in the tree.
// It is nil if x begins with a token of its own.
func leftOperand(x Expr) (left Expr, parens bool) {
	switch x := x.(type) {
	case *Index:
		return x.X, !isPrefix(x.X)
	case *Call:
		return x.Func, !isPrefix(x.Func)
	case *Binary:
		switch left := x.X.(type) {
		case *Binary:
			return left, operators[x.Op].left > operators[left.Op].right
		case *Unary:
			return left, operators[x.Op].left > unaryLevel
		}
		return x.X, false
	}
	return nil, false
}

// rightOperand returns the operand that an operation x ends with, and whether that stands in parentheses that are not
// in the tree. It is nil if x is no operation.
func rightOperand(x Expr) (right Expr, parens bool) {
	limit := uint8(unaryLevel)
	switch x := x.(type) {
	case *Binary:
		right, limit = x.Y, operators[x.Op].right
	case *Unary:
		right = x.X
	}
	b, ok := right.(*Binary)
	return right, ok && operators[b.Op].left <= limit
}

// leftmost is the expression whose first token is that of x. It is nil if that is a parenthesis not in the tree.
func leftmost(x Expr) Expr {
	for {
		left, parens := leftOperand(x)
		switch {
		case parens:
			return nil
		case left == nil:
			return x
		}
		x = left
	}
}

func (p *printer) expr(x Expr) {
	base := len(p.spine)
	for {
		left, parens := leftOperand(x)
		if left == nil {
			p.operand(x)
			break
		}
		p.spine = append(p.spine, x)
		x = left
		if parens {
			p.parens(x)
			break
		}
	}
	for len(p.spine) > base {
		x := p.spine[len(p.spine)-1]
		p.spine = p.spine[:len(p.spine)-1]
		p.behind(x)
	}
}

func (p *printer) parens(x Expr) {
	p.print("(")
	p.expr(x)
	p.print(")")
}

// behind writes the part of x that is behind its left operand.
func (p *printer) behind(x Expr) {
	switch x := x.(type) {
	case *Index:
		if x.Dot {
			p.print(".", x.Key.(*String).Value)
			return
		}
		p.key(x.Key)
	case *Call:
		if x.Method != nil {
			p.print(":", x.Method.Text)
		}
		if withoutParens(x) {
			p.print(" ")
			p.expr(x.Args[0])
			return
		}
		p.print("(")
		p.exprs(x.Args)
		p.print(")")
	case *Binary:
		p.print(" ", x.Op.String(), " ")
		p.rightOperand(x)
	}
}

func (p *printer) rightOperand(x Expr) {
	right, parens := rightOperand(x)
	if parens {
		p.parens(right)
		return
	}
	p.expr(right)
}

// withoutParens reports whether the only argument of x, a string or a table, stood without parentheses in the source.
func withoutParens(x *Call) bool {
	if len(x.Args) != 1 || x.Pos == (Pos{}) || x.Args[0].Start() != x.Pos {
		return false
	}
	switch x.Args[0].(type) {
	case *String, *Table:
		return true
	}
	return false
}

// key writes "[x]", with a space if x begins with a bracket itself.
func (p *printer) key(x Expr) {
	p.print("[")
	if s, ok := leftmost(x).(*String); ok && strings.HasPrefix(s.Text, "[") {
		p.print(" ")
	}
	p.expr(x)
	p.print("]")
}

// operand writes an expression that begins with a token of its own.
func (p *printer) operand(x Expr) {
	switch x := x.(type) {
	case *Nil:
		p.print("nil")
	case *True:
		p.print("true")
	case *False:
		p.print("false")
	case *Vararg:
		p.print("...")
	case *Integer:
		p.print(integerText(x))
	case *Float:
		p.print(floatText(x))
	case *String:
		p.print(stringText(x))
	case *NameExpr:
		p.print(x.Name)
	case *FunctionExpr:
		p.print("function")
		p.function(x.Func)
	case *Table:
		p.table(x)
	case *Paren:
		p.parens(x.X)
	case *Unary:
		p.unary(x)
	default:
		panic(fmt.Sprintf("syntax: no expression: %T", x))
	}
}

func (p *printer) unary(x *Unary) {
	p.print(x.Op.String())
	inner, ok := x.X.(*Unary)
	if x.Op == OpNot || ok && x.Op == OpNeg && inner.Op == OpNeg { // "--" would begin a comment
		p.print(" ")
	}
	p.rightOperand(x)
}

// table writes a constructor, with a field in each line if its first field was not in the line of the brace.
func (p *printer) table(x *Table) {
	lines := len(x.Fields) > 0 && x.Fields[0].Pos.Line > x.Pos.Line
	p.print("{")
	if lines {
		p.indent++
	}
	for i, f := range x.Fields {
		switch {
		case lines:
			p.newLine()
		case i > 0:
			p.print(" ")
		}
		switch {
		case f.Dot:
			p.print(f.Key.(*String).Value, " = ")
		case f.Key != nil:
			p.key(f.Key)
			p.print(" = ")
		}
		p.expr(f.Value)
		if lines || i < len(x.Fields)-1 {
			p.print(",")
		}
	}
	if lines {
		p.indent--
		p.newLine()
	}
	p.print("}")
}

func integerText(x *Integer) string {
	switch {
	case x.Text != "":
		return x.Text
	case x.Value < 0:
		return fmt.Sprintf("%#x", uint64(x.Value)) // only hexadecimal numerals wrap around
	}
	return strconv.FormatInt(x.Value, 10)
}

func floatText(x *Float) string {
	switch {
	case x.Text != "":
		return x.Text
	case math.IsNaN(x.Value):
		return "(0 / 0)"
	case math.IsInf(x.Value, 0):
		if x.Value < 0 {
			return "(-1e999)"
		}
		return "1e999"
	}
	s := strconv.FormatFloat(x.Value, 'g', -1, 64)
	if !strings.ContainsAny(s, ".e") {
		s += ".0"
	}
	if math.Signbit(x.Value) {
		s = "(" + s + ")"
	}
	return s
}

func stringText(x *String) string {
	if x.Text != "" {
		return x.Text
	}
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(x.Value) {
		switch c := x.Value[i]; {
		case c == '"', c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c < ' ', c == 0x7F:
			fmt.Fprintf(&b, `\%03d`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
