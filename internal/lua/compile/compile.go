// Package compile turns the tree of a Lua chunk into code.
package compile

import (
	"fmt"
	"math"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/code"
	"silly/internal/lua/syntax"
	"silly/internal/lua/value"
)

// The limits of a function (lua5.4 has the same).
const (
	maxLocals    = 200
	maxUpvalues  = 255
	maxRegisters = 254
)

// Compile makes the function whose body is the chunk. Its only upvalue is _ENV. source is what load was told, such as
// "@server.lua". The error is a *syntax.Error.
func Compile(chunk *syntax.Chunk, source string) (proto *code.Proto, err error) {
	return compileTo(&compiler{chunk: chunk, source: source})
}

// Within is Compile for a chunk that stands where variables are visible that are not its own. Those that it uses are
// its upvalues behind _ENV, by name.
func Within(chunk *syntax.Chunk, source string, outer []string) (proto *code.Proto, err error) {
	c := &compiler{chunk: chunk, source: source}
	for _, name := range outer {
		c.outer = append(c.outer, &variable{name: name})
	}
	return compileTo(c)
}

// Covered is Compile of code that counts how often it runs, in the function's Coverage.
func Covered(chunk *syntax.Chunk, source string) (proto *code.Proto, err error) {
	return compileTo(&compiler{chunk: chunk, source: source, coverage: new(code.Coverage), titles: make(map[*syntax.Function]string)})
}

func compileTo(c *compiler) (proto *code.Proto, err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *syntax.Error:
			proto, err = nil, r
		default:
			panic(r)
		}
	}()
	c.env.name = "_ENV"
	f := c.newFunction(nil, c.chunk.Main)
	f.proto.Upvals = []code.Upval{{Name: "_ENV", FromStack: true}}
	f.upvals[&c.env] = 0
	f.body(0)
	return f.proto, nil
}

// Source compiles a source text. The error is the first one in the text, whether it is the parser's or the compiler's.
func Source(text []byte, name, source string, opts syntax.Options) (*code.Proto, error) {
	return parseAndCompile(text, name, source, opts, Compile)
}

// CoveredSource is Source with Covered.
func CoveredSource(text []byte, name, source string, opts syntax.Options) (*code.Proto, error) {
	return parseAndCompile(text, name, source, opts, Covered)
}

type compileFunc = func(chunk *syntax.Chunk, source string) (*code.Proto, error)

func parseAndCompile(text []byte, name, source string, opts syntax.Options, compile compileFunc) (*code.Proto, error) {
	chunk, err := syntax.Parse(text, name, opts)
	if err == nil {
		return compile(chunk, source)
	}
	failure := err.(*syntax.Error)
	if part := failure.Repaired(); part != "" {
		if chunk, err := syntax.Parse([]byte(part), name, opts); err == nil {
			chunk.Main.After.Line = math.MaxInt32 // the chunk does not end
			if _, err := Compile(chunk, source); err != nil {
				// What is missing in a function that was cut may stand behind the cut, where the repair begins with a space.
				first, cut := err.(*syntax.Error), failure.Cut()
				if first.Pos.Line < cut.Line || first.Pos.Line == cut.Line && first.Pos.Col <= cut.Col+1 {
					return nil, first
				}
			}
		}
	}
	return nil, failure
}

// A compiler compiles one chunk.
type compiler struct {
	chunk  *syntax.Chunk
	source string
	env    variable    // _ENV of the chunk
	outer  []*variable // visible around the chunk
	// coverage is what the code counts, nil for nothing.
	coverage *code.Coverage
	titles   map[*syntax.Function]string // what assignments name functions, for coverage
}

// fail ends the compilation with an error at a line.
func (c *compiler) fail(line int32, format string, args ...any) {
	c.failAt(syntax.Pos{Line: line}, format, args...)
}

// failAt ends the compilation with an error at a place.
func (c *compiler) failAt(pos syntax.Pos, format string, args ...any) {
	panic(&syntax.Error{Name: c.chunk.Name, Pos: pos, Message: fmt.Sprintf(format, args...)})
}

// A function is a function that is being compiled.
type function struct {
	*compiler
	parent *function
	tree   *syntax.Function
	called string // what its definition names it, for coverage
	proto  *code.Proto
	block  *block
	vars   []*variable // that are visible
	free   int         // the first free register
	col    int32       // the column of the expression that is evaluated, for errors
	consts map[constant]int
	upvals map[*variable]int
	// variables says which binary expressions were found not to be constants.
	variables map[*syntax.Binary]struct{}
}

// A variable is a local variable.
type variable struct {
	name     string
	owner    *function
	block    *block
	reg      int
	local    int // its number in Proto.Locals
	readonly bool
	// constant is its value if it needs no register.
	constant   value.Value
	isConstant bool
}

// A constant identifies a constant.
type constant struct {
	kind value.Kind
	bits uint64
	text string
}

func (c *compiler) newFunction(parent *function, tree *syntax.Function) *function {
	return &function{
		compiler: c, parent: parent, tree: tree,
		proto:     &code.Proto{Source: c.source, Chunk: c.chunk.Name, LastLine: int(tree.End.Line), Coverage: c.coverage},
		consts:    make(map[constant]int),
		upvals:    make(map[*variable]int),
		variables: make(map[*syntax.Binary]struct{}),
	}
}

// body compiles the whole function. line is where it begins, 0 for a chunk.
func (f *function) body(line int) {
	p := f.proto
	p.Line = line
	p.NumParams = len(f.tree.Params)
	p.IsVararg = f.tree.Vararg
	f.enter()
	for _, name := range f.tree.Params {
		f.declare(name, f.alloc(name.Pos.Line))
	}
	if line > 0 && f.coverage != nil {
		f.coverage.Functions = append(f.coverage.Functions, code.CoveredFunction{Name: f.called, Line: line, Count: f.count(0)})
	}
	f.stmts(f.tree.Body)
	f.leave()
	f.undefined()
	end := f.tree.End.Line
	if line == 0 {
		end = f.lastLine() // a chunk has no end
		if stmts := f.tree.Body.Stmts; len(stmts) > 0 {
			switch last := stmts[len(stmts)-1].(type) {
			case *syntax.Label, *syntax.Empty:
				end = last.Start().Line
			}
		}
	}
	f.emit(code.Return0, 0, 0, 0, end)
	f.finish()
}

// finish fills what gopher-lua reads.
func (f *function) finish() {
	p := f.proto
	p.MaxStack = max(p.MaxStack, 2)
	p.SourceName = p.Chunk
	p.LineDefined, p.LastLineDefined = p.Line, p.LastLine
	p.NumUpvalues = uint8(len(p.Upvals))
	p.FunctionProto.IsVarArg = value.OwnProto | lua.VarArgIsVarArg
	p.DbgSourcePositions = make([]int, len(p.Lines))
	for i, line := range p.Lines {
		p.DbgSourcePositions[i] = int(line)
	}
	for _, o := range p.Operands {
		if op := p.Code[o.PC].Op(); op == code.Call || op == code.TailCall {
			p.DbgCalls = append(p.DbgCalls, lua.DbgCall{Name: o.Name, Pc: int(o.PC)})
		}
	}
	p.SetTrampoline()
	p.DbgUpvalues = make([]string, len(p.Upvals))
	for i, u := range p.Upvals {
		p.DbgUpvalues[i] = u.Name
	}
}

// name is the function as limits name it.
func (f *function) name() string {
	if f.proto.Line == 0 {
		return "main function"
	}
	return fmt.Sprintf("function at line %d", f.proto.Line)
}

// limit fails because there is too much of something at a place.
func (f *function) limit(pos syntax.Pos, what string, most int) {
	panic(f.chunk.Failure(fmt.Sprintf("too many %s (limit is %d) in %s", what, most, f.name()), pos, 1))
}

// emit appends an instruction and returns its place.
func (f *function) emit(op code.Op, a, b, c int, line int32) int {
	return f.append(code.ABC(op, a, b, c), line)
}

func (f *function) append(i code.Instr, line int32) int {
	p := f.proto
	p.Code = append(p.Code, i)
	p.Lines = append(p.Lines, line)
	return len(p.Code) - 1
}

// jump appends a jump whose target is not known yet.
func (f *function) jump(op code.Op, a, b int, line int32) int {
	return f.append(code.ABJ(op, a, b, 0), line)
}

// pc is the place of the next instruction.
func (f *function) pc() int { return len(f.proto.Code) }

// patch lets a jump go to a place.
func (f *function) patch(jump, to int) {
	f.proto.Code[jump] = f.proto.Code[jump].WithJ(to - jump - 1)
}

// patchAll lets jumps go to the next instruction.
func (f *function) patchAll(jumps []int) {
	for _, j := range jumps {
		f.patch(j, f.pc())
	}
}

// alloc takes the next register.
func (f *function) alloc(line int32) int { return f.allocN(1, line) }

// allocN takes n registers and returns the first.
func (f *function) allocN(n int, line int32) int {
	first := f.free
	f.free += n
	if f.free > maxRegisters {
		panic(f.chunk.Failure("function or expression needs too many registers", syntax.Pos{Line: line, Col: f.col}, 2))
	}
	f.proto.MaxStack = max(f.proto.MaxStack, f.free)
	return first
}

// constantIndex is the number of a constant.
func (f *function) constantIndex(v value.Value) int {
	key := constant{kind: v.Kind()}
	switch key.kind {
	case value.KindString:
		key.text = v.Str()
	case value.KindInt, value.KindFloat:
		key.bits = v.N
	}
	i, ok := f.consts[key]
	if !ok {
		i = len(f.proto.Consts)
		if key.kind == value.KindString {
			key.text = strings.Clone(key.text) // the source is not kept
			v = value.String(key.text).Hashed()
		}
		f.consts[key] = i
		f.proto.Consts = append(f.proto.Consts, v)
	}
	return i
}

// stringIndex is the number of a constant string.
func (f *function) stringIndex(s string) int { return f.constantIndex(value.String(s)) }

// note records where the value of an expression came from that the last instruction uses.
func (f *function) note(slot int, e syntax.Expr) {
	kind, name := f.describe(e)
	if kind != 0 && slot < 256 {
		f.noteName(slot, kind, name)
	}
}

func (f *function) noteName(slot int, kind uint8, name string) {
	p := f.proto
	p.Operands = append(p.Operands, code.Operand{PC: int32(len(p.Code) - 1), Slot: uint8(slot), Kind: kind, Name: name})
}

// describe says what an expression is to the person who wrote it, or returns 0.
func (f *function) describe(e syntax.Expr) (kind uint8, name string) {
	switch e := e.(type) {
	case *syntax.Paren:
		return f.describe(e.X)
	case *syntax.Binary:
		if k, ok := f.constOf(e.X); ok && (e.Op == syntax.OpOr && k.Falsy() || e.Op == syntax.OpAnd && !k.Falsy()) {
			return f.describe(e.Y) // it is the value
		}
	case *syntax.String:
		return code.OfConstant, e.Value
	case *syntax.NameExpr:
		switch v := f.find(e.Name); {
		case v == nil:
			return code.OfGlobal, e.Name
		case v.isConstant:
			if v.constant.IsString() {
				return code.OfConstant, v.constant.Str()
			}
			return 0, ""
		case v.owner == f:
			return code.OfLocal, e.Name
		}
		return code.OfUpvalue, e.Name
	case *syntax.Index:
		key, ok := f.constOf(e.Key)
		switch {
		case ok && key.IsInt() && uint64(key.AsInt()) < 256:
			return code.OfField, "integer index"
		case !ok || !key.IsString():
			return code.OfField, "?"
		}
		if env, ok := e.X.(*syntax.NameExpr); ok && env.Name == "_ENV" {
			return code.OfGlobal, key.Str()
		}
		return code.OfField, key.Str()
	}
	return 0, ""
}

// find is the variable that a name means, nil for a global one.
func (f *function) find(name string) *variable {
	for g := f; g != nil; g = g.parent {
		for i := len(g.vars) - 1; i >= 0; i-- {
			if g.vars[i].name == name {
				return g.vars[i]
			}
		}
	}
	for _, v := range f.outer {
		if v.name == name {
			return v
		}
	}
	if name == "_ENV" {
		return &f.env
	}
	return nil
}

// upvalue is the number of the upvalue that v, a variable of an enclosing function, is here.
func (f *function) upvalue(v *variable, pos syntax.Pos) int {
	if i, ok := f.upvals[v]; ok {
		return i
	}
	u := code.Upval{Name: v.name, Const: v.readonly}
	switch {
	case f.parent == nil: // it is around the chunk
		u.FromStack = true
	case v.owner == f.parent:
		u.FromStack, u.Index = true, v.reg
		v.block.captured = true
	default:
		u.Index = f.parent.upvalue(v, pos)
	}
	if len(f.proto.Upvals) >= maxUpvalues {
		f.limit(pos, "upvalues", maxUpvalues)
	}
	i := len(f.proto.Upvals)
	f.proto.Upvals = append(f.proto.Upvals, u)
	f.upvals[v] = i
	return i
}

// declare makes a local variable visible that has a register.
func (f *function) declare(name *syntax.Name, reg int) *variable {
	v := &variable{name: name.Text, owner: f, block: f.block, reg: reg, local: len(f.proto.Locals)}
	f.proto.Locals = append(f.proto.Locals, code.Local{Name: name.Text, Reg: reg, From: f.pc()})
	f.addVar(v, name.Pos)
	return v
}

// hide declares n variables that the script cannot name.
func (f *function) hide(n int, line int32) {
	for range n {
		f.declare(&syntax.Name{Pos: syntax.Pos{Line: line}, Text: "(for state)"}, f.alloc(line))
	}
}

func (f *function) addVar(v *variable, pos syntax.Pos) {
	f.vars = append(f.vars, v)
	if len(f.vars) > maxLocals {
		f.limit(pos, "local variables", maxLocals)
	}
}

// level is the first register behind the variables that are visible.
func (f *function) level(vars int) int {
	for vars > 0 {
		if v := f.vars[vars-1]; !v.isConstant {
			return v.reg + 1
		}
		vars--
	}
	return 0
}
