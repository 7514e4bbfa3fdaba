// Package syntax reads Lua 5.4 source text into a tree (reference manual, sections 3 and 9).
//
// The tree keeps positions, comments and blank lines, so that a formatter, a linter or a coverage tool can
// work on it as well as the compiler. It knows nothing of code or of values.
package syntax

// A Pos is a place in the source: line and column count from 1, the column in bytes. The zero Pos is no place.
type Pos struct {
	Line, Col int32
}

// A Chunk is a whole source text: the body of a vararg function.
type Chunk struct {
	// Name is the source's name as messages show it, such as "server.lua" or `[string "x = 1"]`.
	Name string
	// Main is the function whose body the chunk is. It is a vararg function with no parameters.
	Main *Function
	// Comments are all comments in the order of the source, if the parser was asked to keep them.
	Comments []Comment
	// Shebang is the first line without its end, if that begins with '#'.
	Shebang string

	source    string
	firstLine int32
	file      bool
}

// A Comment is one comment with its dashes and without the end of its line.
type Comment struct {
	Pos  Pos
	End  Pos // just behind its last byte
	Text string
}

// A Function is the body of a function.
type Function struct {
	Pos    Pos // of the keyword function
	End    Pos // of the keyword end, or of the end of the source
	After  Pos // of the token behind it
	Params []*Name
	// Vararg says that the parameter list ends in "...".
	Vararg bool
	// Self says that a parameter self was added in front because the function was declared with a colon.
	Self bool
	Body *Block
}

// A Block is a list of statements. A return statement is its last one.
type Block struct {
	Pos   Pos // of its first token
	End   Pos // of the token behind its last statement: end, else, elseif, until or the end of the source
	Stmts []Stmt
}

// A Name is an identifier.
type Name struct {
	Pos  Pos
	Text string
}

// Stmt is a statement.
type Stmt interface{ Start() Pos }

// The statements. Pos is the place of the first token, unless it says more.
type (
	// Assign is "a.b, c = x, y".
	Assign struct {
		Pos     Pos
		Targets []Expr // each a *NameExpr or an *Index
		Equals  Pos    // of the equals sign
		Values  []Expr
	}
	// Local is "local a <const>, b <close> = x, y".
	Local struct {
		Pos     Pos
		Names   []*Name
		Attribs []*Name // one for each name; nil where there is none; "const" and "close" are known
		Values  []Expr
	}
	// CallStmt is a function call as a statement: Call is a *Call.
	CallStmt struct {
		Pos  Pos
		Call Expr
	}
	// Do is "do … end".
	Do struct {
		Pos  Pos
		Body *Block
	}
	// While is "while cond do … end".
	While struct {
		Pos  Pos
		Cond Expr
		Body *Block
	}
	// Repeat is "repeat … until cond"; cond sees the locals of the body.
	Repeat struct {
		Pos  Pos
		Body *Block
		Cond Expr
	}
	// If is "if c1 then … elseif c2 then … else … end".
	If struct {
		Pos     Pos
		Clauses []IfClause // one for if and for each elseif
		Else    *Block     // nil without else
	}
	// NumericFor is "for v = start, limit, step do … end".
	NumericFor struct {
		Pos               Pos
		Var               *Name
		Init, Limit, Step Expr // Step may be nil
		Body              *Block
	}
	// GenericFor is "for a, b in x, y do … end".
	GenericFor struct {
		Pos    Pos
		Names  []*Name
		Values []Expr
		Body   *Block
	}
	// FunctionStmt is "function a.b.c:d() … end". Target is a *NameExpr or an *Index; Method says that the last
	// name was behind a colon.
	FunctionStmt struct {
		Pos    Pos
		Target Expr
		Method bool
		Func   *Function
	}
	// LocalFunction is "local function f() … end".
	LocalFunction struct {
		Pos  Pos
		Name *Name
		Func *Function
	}
	// Return is "return x, y".
	Return struct {
		Pos    Pos
		Values []Expr
	}
	// Break is "break".
	Break struct {
		Pos Pos
	}
	// Goto is "goto label".
	Goto struct {
		Pos   Pos
		Label *Name
	}
	// Label is "::name::".
	Label struct {
		Pos   Pos
		Name  *Name
		After Pos // of the token behind it
	}
	// Empty is a lone semicolon.
	Empty struct {
		Pos Pos
	}
)

// An IfClause is a condition and what follows its then.
type IfClause struct {
	Pos  Pos // of if or elseif
	Cond Expr
	Body *Block
}

// Expr is an expression.
type Expr interface{ Start() Pos }

// The expressions. Pos is the place of the first token, unless it says more.
type (
	// Nil, True, False and Vararg are "nil", "true", "false" and "...".
	Nil    struct{ Pos Pos }
	True   struct{ Pos Pos }
	False  struct{ Pos Pos }
	Vararg struct{ Pos Pos }
	// Integer is a numeral without a fraction that fits 64 bits (hexadecimal ones wrap around).
	Integer struct {
		Pos   Pos
		Value int64
		Text  string // as in the source
	}
	// Float is any other numeral.
	Float struct {
		Pos   Pos
		Value float64
		Text  string
	}
	// String is a literal string.
	String struct {
		Pos   Pos
		Value string
		Text  string // as in the source, with its quotes
	}
	// FunctionExpr is "function() … end".
	FunctionExpr struct {
		Pos  Pos
		Func *Function
	}
	// NameExpr is a variable.
	NameExpr struct {
		Pos  Pos
		Name string
	}
	// Index is "x.name" or "x[key]". Dot says which; Key is a *String then.
	Index struct {
		Pos Pos // of the dot or of the bracket
		X   Expr
		Key Expr
		Dot bool
		End Pos // of the name or of the closing bracket
	}
	// Call is "f(args)", "f{…}", `f"…"`, or with Method "x:name(args)".
	Call struct {
		Pos    Pos // of the token that begins the arguments
		Func   Expr
		Method *Name // nil without a colon
		Args   []Expr
		End    Pos // of the closing parenthesis, or of the only argument
	}
	// Table is a table constructor.
	Table struct {
		Pos    Pos
		Fields []Field
		End    Pos // of the closing brace
	}
	// Unary is "op x".
	Unary struct {
		Pos Pos
		Op  Op // OpNeg, OpNot, OpLen, OpBNot
		X   Expr
	}
	// Binary is "x op y", And and Or among them.
	Binary struct {
		Pos  Pos // of the operator
		Op   Op
		X, Y Expr
	}
	// Paren is "(x)": it cuts a list of results to one.
	Paren struct {
		Pos Pos
		X   Expr
		End Pos
	}
)

// A Field is one field of a table constructor: "x", "name = x" (Dot) or "[key] = x".
type Field struct {
	Pos   Pos
	Key   Expr // nil for a positional one
	Value Expr
	Dot   bool
}

// An Op is an operator.
type Op uint8

// The operators (section 3.4). The arithmetic and bitwise binary ones come first.
const (
	OpAdd Op = iota
	OpSub
	OpMul
	OpMod
	OpPow
	OpDiv
	OpIDiv
	OpBAnd
	OpBOr
	OpBXor
	OpShl
	OpShr
	OpConcat
	OpEq
	OpNe
	OpLt
	OpLe
	OpGt
	OpGe
	OpAnd
	OpOr
	OpNeg
	OpNot
	OpLen
	OpBNot
)

var opText = [...]string{
	OpAdd: "+", OpSub: "-", OpMul: "*", OpMod: "%", OpPow: "^", OpDiv: "/", OpIDiv: "//",
	OpBAnd: "&", OpBOr: "|", OpBXor: "~", OpShl: "<<", OpShr: ">>", OpConcat: "..",
	OpEq: "==", OpNe: "~=", OpLt: "<", OpLe: "<=", OpGt: ">", OpGe: ">=", OpAnd: "and", OpOr: "or",
	OpNeg: "-", OpNot: "not", OpLen: "#", OpBNot: "~",
}

// String is the operator as in the source.
func (op Op) String() string { return opText[op] }

// Start is the place of the node.
func (n *Assign) Start() Pos        { return n.Pos }
func (n *Local) Start() Pos         { return n.Pos }
func (n *CallStmt) Start() Pos      { return n.Pos }
func (n *Do) Start() Pos            { return n.Pos }
func (n *While) Start() Pos         { return n.Pos }
func (n *Repeat) Start() Pos        { return n.Pos }
func (n *If) Start() Pos            { return n.Pos }
func (n *NumericFor) Start() Pos    { return n.Pos }
func (n *GenericFor) Start() Pos    { return n.Pos }
func (n *FunctionStmt) Start() Pos  { return n.Pos }
func (n *LocalFunction) Start() Pos { return n.Pos }
func (n *Return) Start() Pos        { return n.Pos }
func (n *Break) Start() Pos         { return n.Pos }
func (n *Goto) Start() Pos          { return n.Pos }
func (n *Label) Start() Pos         { return n.Pos }
func (n *Empty) Start() Pos         { return n.Pos }
func (n *Nil) Start() Pos           { return n.Pos }
func (n *True) Start() Pos          { return n.Pos }
func (n *False) Start() Pos         { return n.Pos }
func (n *Vararg) Start() Pos        { return n.Pos }
func (n *Integer) Start() Pos       { return n.Pos }
func (n *Float) Start() Pos         { return n.Pos }
func (n *String) Start() Pos        { return n.Pos }
func (n *FunctionExpr) Start() Pos  { return n.Pos }
func (n *NameExpr) Start() Pos      { return n.Pos }
func (n *Index) Start() Pos         { return n.Pos }
func (n *Call) Start() Pos          { return n.Pos }
func (n *Table) Start() Pos         { return n.Pos }
func (n *Unary) Start() Pos         { return n.Pos }
func (n *Binary) Start() Pos        { return n.Pos }
func (n *Paren) Start() Pos         { return n.Pos }
