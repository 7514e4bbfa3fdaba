package compile

import (
	"math"
	"strings"

	"silly/internal/lua/code"
	"silly/internal/lua/syntax"
	"silly/internal/lua/value"
)

// constOf is the value of an expression that is the same whenever it is evaluated.
func (f *function) constOf(e syntax.Expr) (value.Value, bool) {
	switch e := e.(type) {
	case *syntax.Nil:
		return value.Nil, true
	case *syntax.True:
		return value.True, true
	case *syntax.False:
		return value.False, true
	case *syntax.Integer:
		return value.Int(e.Value), true
	case *syntax.Float:
		return value.Float(e.Value), true
	case *syntax.String:
		return value.String(e.Value), true
	case *syntax.Paren:
		return f.constOf(e.X)
	case *syntax.NameExpr:
		if v := f.find(e.Name); v != nil && v.isConstant {
			return v.constant, true
		}
	case *syntax.Unary:
		if e.Op == syntax.OpNot {
			x, ok := f.constOf(e.X)
			return value.Bool(x.Falsy()), ok
		}
		if e.Op == syntax.OpNeg || e.Op == syntax.OpBNot {
			if x, ok := f.numberOf(e.X); ok {
				return fold(e.Op, x, x)
			}
		}
	case *syntax.Binary:
		if e.Op > syntax.OpShr {
			return value.Nil, false
		}
		if _, not := f.variables[e]; not {
			return value.Nil, false
		}
		if y, ok := f.numberOf(e.Y); ok {
			if x, ok := f.numberOf(e.X); ok {
				if v, ok := fold(e.Op, x, y); ok {
					return v, true
				}
			}
		}
		f.variables[e] = struct{}{}
	}
	return value.Nil, false
}

// numberOf is constOf for numbers.
func (f *function) numberOf(e syntax.Expr) (value.Value, bool) {
	v, ok := f.constOf(e)
	return v, ok && v.IsNumber()
}

// fold is the result of an operation on constants, unless it raises an error or is a zero or a NaN that a constant
// cannot be told apart by.
func fold(op syntax.Op, x, y value.Value) (value.Value, bool) {
	switch op {
	case syntax.OpDiv, syntax.OpIDiv, syntax.OpMod:
		if f, _ := value.ToFloat(y); f == 0 {
			return value.Nil, false
		}
	}
	v, ok := value.Arith(Arith(op), x, y)
	if ok && v.IsFloat() && (v.AsFloat() == 0 || math.IsNaN(v.AsFloat())) {
		return v, false
	}
	return v, ok
}

// Arith is an operator of the tree as one of values.
func Arith(op syntax.Op) value.ArithOp {
	switch op {
	case syntax.OpNeg:
		return value.OpUnm
	case syntax.OpBNot:
		return value.OpBNot
	}
	return value.ArithOp(op) // they come in the same order
}

// endLine is the line of the end of an expression, as far as it is known.
func (f *function) endLine(e syntax.Expr) int32 {
	switch e := e.(type) {
	case *syntax.Call:
		return e.End.Line
	case *syntax.Table:
		return e.End.Line
	case *syntax.Paren:
		return e.End.Line
	case *syntax.String:
		return e.Pos.Line + int32(strings.Count(e.Text, "\n"))
	case *syntax.FunctionExpr:
		return e.Func.End.Line
	case *syntax.Binary:
		return f.endLine(e.Y)
	case *syntax.Unary:
		return f.endLine(e.X)
	case *syntax.Index:
		return e.End.Line
	}
	return e.Start().Line
}

// startLine is the line where a chain of calls and indices begins.
func startLine(e syntax.Expr) int32 {
	for range 64 {
		switch x := e.(type) {
		case *syntax.Call:
			e = x.Func
		case *syntax.Index:
			e = x.X
		default:
			return e.Start().Line
		}
	}
	return e.Start().Line
}

// multiple reports whether an expression may have any number of values.
func multiple(e syntax.Expr) bool {
	switch e.(type) {
	case *syntax.Call, *syntax.Vararg:
		return true
	}
	return false
}

// expr evaluates an expression into a register.
func (f *function) expr(e syntax.Expr, dst int) {
	if k, ok := f.constOf(e); ok {
		f.load(k, dst, e.Start().Line)
		return
	}
	switch e := e.(type) {
	case *syntax.Vararg:
		f.emit(code.Vararg, dst, 0, 2, e.Pos.Line)
	case *syntax.FunctionExpr:
		f.closure(e.Func, dst, f.titles[e.Func])
	case *syntax.NameExpr:
		f.variable(e, dst)
	case *syntax.Index:
		f.index(e, dst)
	case *syntax.Call:
		if dst == f.free-1 {
			f.free = dst // the call can begin there
			f.call(e, 1)
			f.free = dst + 1
			return
		}
		free := f.free
		base := f.call(e, 1)
		f.emit(code.Move, dst, base, 0, e.End.Line)
		f.free = free
	case *syntax.Table:
		f.table(e, dst)
	case *syntax.Unary:
		f.unary(e, dst)
	case *syntax.Binary:
		f.binary(e, dst)
	case *syntax.Paren:
		f.expr(e.X, dst)
	default:
		panic("compile: unknown expression")
	}
}

// load loads a constant into a register.
func (f *function) load(k value.Value, dst int, line int32) {
	switch k.Kind() {
	case value.KindNil:
		f.emit(code.LoadNil, dst, 0, 0, line)
	case value.KindTrue:
		f.emit(code.LoadTrue, dst, 0, 0, line)
	case value.KindFalse:
		f.emit(code.LoadFalse, dst, 0, 0, line)
	case value.KindInt:
		if i := k.AsInt(); i == int64(int32(i)) {
			f.append(code.ABJ(code.LoadI, dst, 0, int(i)), line)
			return
		}
		fallthrough
	default:
		f.append(code.ABJ(code.LoadK, dst, 0, f.constantIndex(k)), line)
	}
}

// anyReg evaluates an expression and returns the register where its value is: that of a local variable, or a new one.
func (f *function) anyReg(e syntax.Expr) int {
	switch x := e.(type) {
	case *syntax.NameExpr:
		if v := f.find(x.Name); v != nil && v.owner == f && !v.isConstant {
			return v.reg
		}
	case *syntax.Paren:
		if !multiple(x.X) {
			return f.anyReg(x.X)
		}
	}
	return f.nextReg(e)
}

// operand is anyReg for the first operand of an operation whose result goes to dst: it may lie there itself.
func (f *function) operand(e syntax.Expr, dst int) int {
	if dst != f.free-1 || dst < f.level(len(f.vars)) {
		return f.anyReg(e)
	}
	f.free = dst
	return f.anyRegFrom(e)
}

// anyRegFrom is anyReg that leaves the next register taken.
func (f *function) anyRegFrom(e syntax.Expr) int {
	dst := f.free
	x := f.anyReg(e)
	f.free = dst + 1
	return x
}

// nextReg evaluates an expression into the next register.
func (f *function) nextReg(e syntax.Expr) int {
	f.col = e.Start().Col
	dst := f.alloc(e.Start().Line)
	f.expr(e, dst)
	f.free = dst + 1
	return dst
}

// rk is a constant operand, or the register where the value of an expression is.
func (f *function) rk(e syntax.Expr) int {
	if k, ok := f.constOf(e); ok {
		if i := f.constantIndex(k); i <= code.MaxOperand {
			return i | code.Const
		}
	}
	return f.anyReg(e)
}

// exprList evaluates expressions into the next n registers. What is too much is evaluated and dropped. before is the line in
// which they would begin.
func (f *function) exprList(es []syntax.Expr, n int, before int32) {
	first := f.free
	for i, e := range es {
		if i == len(es)-1 && multiple(e) && n >= i {
			f.openExpr(e, max(0, n-i))
			break
		}
		f.nextReg(e)
	}
	if have := f.free - first; have < n {
		line := before
		if len(es) > 0 {
			line = f.endLine(es[len(es)-1])
		}
		f.emit(code.LoadNil, f.allocN(n-have, line), n-have-1, 0, line)
	}
	f.free = first + n
}

// openExpr evaluates a call or "..." into the next n registers, or for -1 into all that it needs. It allocates them,
// but for -1.
func (f *function) openExpr(e syntax.Expr, n int) {
	switch e := e.(type) {
	case *syntax.Call:
		base := f.call(e, n)
		f.free = base
	case *syntax.Vararg:
		f.emit(code.Vararg, f.free, 0, n+1, e.Pos.Line)
		f.proto.MaxStack = max(f.proto.MaxStack, f.free+1)
	}
	if n > 0 {
		f.allocN(n, e.Start().Line)
	}
}

// openList evaluates expressions into the next registers and returns how many, and whether the last one was
// evaluated up to top.
func (f *function) openList(es []syntax.Expr) (n int, open bool) {
	for i, e := range es {
		if i == len(es)-1 && multiple(e) {
			f.openExpr(e, -1)
			return i, true
		}
		f.nextReg(e)
	}
	return len(es), false
}

// variable evaluates a variable.
func (f *function) variable(e *syntax.NameExpr, dst int) {
	line := e.Pos.Line
	switch v := f.find(e.Name); {
	case v == nil:
		env := f.find("_ENV")
		key := f.stringIndex(e.Name)
		if env.owner != f && !env.isConstant && key <= code.MaxOperand {
			f.emit(code.GetTabUp, dst, f.upvalue(env, e.Pos), key, line)
			f.noteName(0, code.OfUpvalue, "_ENV")
			return
		}
		name := &syntax.String{Pos: e.Pos, Value: e.Name}
		f.index(&syntax.Index{Pos: e.Pos, X: &syntax.NameExpr{Pos: e.Pos, Name: "_ENV"}, Key: name, Dot: true, End: e.Pos}, dst)
	case v.owner == f:
		if v.reg != dst {
			f.emit(code.Move, dst, v.reg, 0, line)
		}
	default:
		f.emit(code.GetUpval, dst, f.upvalue(v, e.Pos), 0, line)
	}
}

func (f *function) index(e *syntax.Index, dst int) {
	free := f.free
	x := f.operand(e.X, dst)
	f.indexReg(e, x, dst, e.End.Line)
	f.free = free
}

func (f *function) indexReg(e *syntax.Index, x, dst int, line int32) {
	if k, ok := f.constOf(e.Key); ok {
		if k.IsString() {
			if i := f.stringIndex(k.Str()); i <= code.MaxOperand {
				f.emit(code.GetField, dst, x, i, line)
				f.note(0, e.X)
				return
			}
		} else if k.IsInt() && uint64(k.AsInt()) <= code.MaxOperand {
			f.emit(code.GetI, dst, x, int(k.AsInt()), line)
			f.note(0, e.X)
			return
		}
	}
	f.emit(code.GetTable, dst, x, f.anyReg(e.Key), line)
	f.note(0, e.X)
}

// callee evaluates the function and the arguments of a call into the next registers. It returns the first one and
// how many arguments there are, -1 for up to top.
func (f *function) callee(e *syntax.Call) (base, args int) {
	if e.Method != nil {
		line := e.Method.Pos.Line
		free := f.free
		x := f.anyReg(e.Func)
		f.free = free
		base = f.allocN(2, line)
		if i := f.stringIndex(e.Method.Text); i <= code.MaxOperand {
			f.emit(code.Self, base, x, i, line)
		} else {
			// The object first: x may be base.
			key := f.alloc(line)
			f.append(code.ABJ(code.LoadK, key, 0, i), line)
			f.emit(code.Move, base+1, x, 0, line)
			f.emit(code.GetTable, base, base+1, key, line)
			f.free = base + 2
		}
		f.note(0, e.Func)
		args = 1
	} else {
		base = f.nextReg(e.Func)
	}
	n, open := f.openList(e.Args)
	if open {
		return base, -1
	}
	return base, args + n
}

// noteCall records what the last instruction calls.
func (f *function) noteCall(e *syntax.Call) {
	if e.Method != nil {
		f.noteName(0, code.OfMethod, e.Method.Text)
		return
	}
	f.note(0, e.Func)
}

// call compiles a call whose results are wanted results from the returned register, or all up to top for -1. It
// leaves the registers free.
func (f *function) call(e *syntax.Call, results int) int {
	base, args := f.callee(e)
	f.emit(code.Call, base, args+1, results+1, startLine(e))
	f.noteCall(e)
	f.free = base
	if results > 0 {
		f.proto.MaxStack = max(f.proto.MaxStack, base+results)
	}
	return base
}

// tailCall compiles "return call".
func (f *function) tailCall(e *syntax.Call) {
	base, args := f.callee(e)
	f.emit(code.TailCall, base, args+1, 0, startLine(e))
	f.noteCall(e)
	f.emit(code.Return, base, 0, 0, startLine(e)) // of what a Go function has returned
}

func (f *function) closure(tree *syntax.Function, dst int, title string) {
	inner := f.newFunction(f, tree)
	inner.called = title
	inner.body(int(tree.Pos.Line))
	f.proto.Protos = append(f.proto.Protos, inner.proto)
	f.append(code.ABJ(code.Closure, dst, 0, len(f.proto.Protos)-1), tree.End.Line)
}

// fieldsPerFlush is how many positional fields of a constructor are stored at a time.
const fieldsPerFlush = 50

func (f *function) table(e *syntax.Table, dst int) {
	free := f.free
	t := dst
	if dst != f.free-1 {
		t = f.alloc(e.Pos.Line) // the fields may use what is in dst
	}
	elements, entries := 0, 0
	for _, field := range e.Fields {
		if field.Key == nil {
			elements++
		} else {
			entries++
		}
	}
	f.emit(code.NewTable, t, min(elements, math.MaxUint16), min(entries, math.MaxUint16), e.Pos.Line)
	stored, waiting := 0, 0
	flush := func(n int) {
		f.append(code.ABJ(code.SetList, t, n, stored), e.End.Line)
		stored += waiting
		waiting = 0
		f.free = t + 1
	}
	for i, field := range e.Fields {
		if field.Key != nil {
			reg := f.free
			tg := f.fieldTarget(t, field.Key)
			f.storeRK(tg, f.rk(field.Value), f.endLine(field.Value))
			f.free = reg
			continue
		}
		if i == len(e.Fields)-1 && multiple(field.Value) {
			f.openExpr(field.Value, -1)
			flush(0)
			break
		}
		f.nextReg(field.Value)
		if waiting++; waiting == fieldsPerFlush {
			flush(waiting)
		}
	}
	if waiting > 0 {
		flush(waiting)
	}
	if t != dst {
		f.emit(code.Move, dst, t, 0, e.End.Line)
	}
	f.free = free
}

// fieldTarget is the target of a field of a constructor.
func (f *function) fieldTarget(t int, key syntax.Expr) target {
	if k, ok := f.constOf(key); ok {
		if k.IsString() {
			if i := f.stringIndex(k.Str()); i <= code.MaxOperand {
				return target{table: t, key: i, kind: toField}
			}
		} else if k.IsInt() && uint64(k.AsInt()) <= code.MaxOperand {
			return target{table: t, key: int(k.AsInt()), kind: toInteger}
		}
	}
	return target{table: t, key: f.anyReg(key), kind: toKey}
}

var unaryOps = [...]code.Op{syntax.OpNeg: code.Unm, syntax.OpBNot: code.BNot, syntax.OpNot: code.Not, syntax.OpLen: code.Len}

func (f *function) unary(e *syntax.Unary, dst int) {
	if e.Op == syntax.OpNot {
		f.condition(e, dst)
		return
	}
	free := f.free
	x := f.operand(e.X, dst)
	f.emit(unaryOps[e.Op], dst, x, 0, e.Pos.Line)
	f.note(0, e.X)
	f.free = free
}

func (f *function) binary(e *syntax.Binary, dst int) {
	switch {
	case e.Op == syntax.OpAnd || e.Op == syntax.OpOr:
		f.logical(e, dst)
		return
	case e.Op == syntax.OpConcat:
		f.concat(e, dst)
		return
	case e.Op > syntax.OpConcat:
		f.condition(e, dst)
		return
	}
	free := f.free
	x := f.operand(e.X, dst)
	op := code.Add + code.Op(e.Op)
	y, isConst := f.numberOf(e.Y)
	i := 0
	if isConst {
		i = f.constantIndex(y)
	}
	if isConst && i <= code.MaxOperand {
		f.emit(op+code.AddK-code.Add, dst, x, i, e.Pos.Line)
	} else {
		f.emit(op, dst, x, f.anyReg(e.Y), e.Pos.Line)
	}
	f.note(1, e.X)
	f.note(2, e.Y)
	f.free = free
}

// concat compiles a chain of concatenations as one.
func (f *function) concat(e *syntax.Binary, dst int) {
	free := f.free
	base := f.free
	if dst == f.free-1 {
		base = dst
		f.free = dst
	}
	var parts []syntax.Expr
	for {
		parts = append(parts, e.X)
		right, ok := e.Y.(*syntax.Binary)
		if !ok || right.Op != syntax.OpConcat {
			break
		}
		e = right
	}
	parts = append(parts, e.Y)
	for _, p := range parts {
		f.nextReg(p)
	}
	f.emit(code.Concat, base, len(parts), 0, e.Pos.Line)
	for i, p := range parts {
		f.note(i, p)
	}
	if base != dst {
		f.emit(code.Move, dst, base, 0, e.Pos.Line)
	}
	f.free = free
}

// logical compiles "x and y" and "x or y" for their value.
func (f *function) logical(e *syntax.Binary, dst int) {
	if dst != f.free-1 {
		// A variable may be used behind the place where it would be set.
		free := f.free
		f.emit(code.Move, dst, f.nextReg(e), 0, f.endLine(e))
		f.free = free
		return
	}
	isOr := e.Op == syntax.OpOr
	line := e.Pos.Line
	if k, ok := f.constOf(e.X); ok {
		if k.Falsy() == isOr {
			f.expr(e.Y, dst)
		} else {
			f.load(k, dst, line)
		}
		return
	}
	if isCondition(e.X) {
		// The value of x is a boolean, and only one of both is the result.
		skip := f.jumpIf(e.X, isOr)
		f.free = dst + 1
		f.expr(e.Y, dst)
		f.free = dst + 1
		end := f.jump(code.Jmp, 0, 0, line)
		f.patchAll(skip)
		f.load(value.Bool(isOr), dst, line)
		f.patchAll([]int{end})
		return
	}
	test, set := code.TestN, code.TestSetN
	if isOr {
		test, set = code.Test, code.TestSet
	}
	var end int
	if x := f.operand(e.X, dst); x < dst {
		end = f.jump(set, x, dst, line)
	} else {
		if x != dst {
			f.emit(code.Move, dst, x, 0, line)
		}
		end = f.jump(test, dst, 0, line)
	}
	f.free = dst + 1
	f.expr(e.Y, dst)
	f.free = dst + 1
	f.patchAll([]int{end})
}

// isCondition reports whether an expression has a boolean value by its form.
func isCondition(e syntax.Expr) bool {
	switch e := e.(type) {
	case *syntax.Unary:
		return e.Op == syntax.OpNot
	case *syntax.Binary:
		return e.Op >= syntax.OpEq && e.Op <= syntax.OpGe
	case *syntax.Paren:
		return isCondition(e.X)
	}
	return false
}

// condition evaluates a comparison or a negation.
func (f *function) condition(e syntax.Expr, dst int) {
	free := f.free
	yes := f.jumpIf(e, true)
	line := e.Start().Line
	f.emit(code.LoadFalseSkip, dst, 0, 0, line)
	f.patchAll(yes)
	f.emit(code.LoadTrue, dst, 0, 0, line)
	f.free = free
}

// jumpIf compiles jumps that are taken if an expression is true, or for want == false if it is false or nil. It
// returns them; otherwise the next instruction follows.
func (f *function) jumpIf(e syntax.Expr, want bool) []int {
	if k, ok := f.constOf(e); ok {
		if k.Falsy() == want {
			return nil
		}
		return []int{f.jump(code.Jmp, 0, 0, e.Start().Line)}
	}
	free := f.free
	defer func() { f.free = free }()
	switch x := e.(type) {
	case *syntax.Paren:
		if !multiple(x.X) {
			return f.jumpIf(x.X, want)
		}
	case *syntax.Unary:
		if x.Op == syntax.OpNot {
			return f.jumpIf(x.X, !want)
		}
	case *syntax.Binary:
		switch {
		case x.Op == syntax.OpAnd && !want, x.Op == syntax.OpOr && want:
			jumps := f.jumpIf(x.X, want)
			f.free = free
			return append(jumps, f.jumpIf(x.Y, want)...)
		case x.Op == syntax.OpAnd || x.Op == syntax.OpOr:
			over := f.jumpIf(x.X, !want)
			f.free = free
			jumps := f.jumpIf(x.Y, want)
			f.patchAll(over)
			return jumps
		case x.Op >= syntax.OpEq:
			return []int{f.compare(x, want)}
		}
	}
	op := code.TestN
	if want {
		op = code.Test
	}
	return []int{f.jump(op, f.anyReg(e), 0, e.Start().Line)}
}

// compare compiles a comparison that jumps if its result is want.
func (f *function) compare(e *syntax.Binary, want bool) int {
	line := f.endLine(e)
	not := code.Op(0)
	if !want {
		not = 1 // the negated comparison follows the plain one
	}
	x, y := e.X, e.Y
	if e.Op == syntax.OpEq || e.Op == syntax.OpNe {
		if e.Op == syntax.OpNe {
			not = 1 - not
		}
		if _, ok := f.constOf(x); ok {
			x, y = y, x
		}
		if k, ok := f.constOf(y); ok {
			if i := f.constantIndex(k); i <= math.MaxUint16 {
				return f.jump(code.EQK+not, f.anyReg(x), i, line)
			}
		}
		rx := f.anyReg(x)
		return f.jump(code.EQ+not, rx, f.anyReg(y), line)
	}
	withConst := func(op code.Op, x syntax.Expr, k value.Value) (int, bool) {
		i := f.constantIndex(k)
		if i > math.MaxUint16 {
			return 0, false
		}
		return f.jump(op+not, f.anyReg(x), i, line), true
	}
	if k, ok := f.numberOf(y); ok {
		ops := [...]code.Op{syntax.OpLt: code.LTK, syntax.OpLe: code.LEK, syntax.OpGt: code.GTK, syntax.OpGe: code.GEK}
		if j, ok := withConst(ops[e.Op], x, k); ok {
			return j
		}
	} else if k, ok := f.numberOf(x); ok {
		ops := [...]code.Op{syntax.OpLt: code.GTK, syntax.OpLe: code.GEK, syntax.OpGt: code.LTK, syntax.OpGe: code.LEK}
		if j, ok := withConst(ops[e.Op], y, k); ok {
			return j
		}
	}
	rx := f.anyReg(x)
	ry := f.anyReg(y)
	switch e.Op {
	case syntax.OpLt:
		return f.jump(code.LT+not, rx, ry, line)
	case syntax.OpLe:
		return f.jump(code.LE+not, rx, ry, line)
	case syntax.OpGt:
		return f.jump(code.LT+not, ry, rx, line)
	}
	return f.jump(code.LE+not, ry, rx, line)
}
