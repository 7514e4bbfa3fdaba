package compile

import (
	"silly/internal/lua/code"
	"silly/internal/lua/syntax"
)

// scope compiles a block with a scope of its own.
func (f *function) scope(b *syntax.Block) {
	f.enter()
	f.stmts(b)
	f.leave()
}

// stmts compiles the statements of a block.
func (f *function) stmts(b *syntax.Block) {
	for i, s := range b.Stmts {
		if l, ok := s.(*syntax.Label); ok {
			f.label(l, b, i, onlyVoid(b.Stmts[i+1:]))
			continue
		}
		f.stmt(s)
		f.free = f.level(len(f.vars))
	}
}

// lineAfter is the line of the first statement behind number i that does something, or of the end of the block: Lua has
// reached it when it looks at a label.
func lineAfter(b *syntax.Block, i int) int32 {
	for _, s := range b.Stmts[i+1:] {
		switch s.(type) {
		case *syntax.Label, *syntax.Empty:
		default:
			return s.Start().Line
		}
	}
	return b.End.Line
}

// lastVoid is the last of the void statements that follow statement number i, or that statement.
func lastVoid(b *syntax.Block, i int) syntax.Stmt {
	n := i + 1
	for n < len(b.Stmts) && onlyVoid(b.Stmts[n:n+1]) {
		n++
	}
	return b.Stmts[n-1]
}

// onlyVoid reports whether statements do nothing.
func onlyVoid(stmts []syntax.Stmt) bool {
	for _, s := range stmts {
		switch s.(type) {
		case *syntax.Label, *syntax.Empty:
		default:
			return false
		}
	}
	return true
}

func (f *function) stmt(s syntax.Stmt) {
	if _, empty := s.(*syntax.Empty); !empty {
		f.count(s.Start().Line)
	}
	switch s := s.(type) {
	case *syntax.Empty:
	case *syntax.Assign:
		if len(s.Targets) == len(s.Values) {
			for i, v := range s.Values {
				f.entitle(v, s.Targets[i])
			}
		}
		f.assign(s)
	case *syntax.Local:
		for i, v := range s.Values {
			if i < len(s.Names) {
				f.entitle(v, &syntax.NameExpr{Name: s.Names[i].Text})
			}
		}
		f.local(s)
	case *syntax.CallStmt:
		call := s.Call.(*syntax.Call)
		f.call(call, 0)
	case *syntax.Do:
		f.scope(s.Body)
	case *syntax.While:
		f.while(s)
	case *syntax.Repeat:
		f.repeat(s)
	case *syntax.If:
		f.ifThen(s)
	case *syntax.NumericFor:
		f.numericFor(s)
	case *syntax.GenericFor:
		f.genericFor(s)
	case *syntax.FunctionStmt:
		t := f.target(s.Target, s.Pos.Line)
		reg := f.alloc(s.Pos.Line)
		f.closure(s.Func, reg, f.title(s.Target, s.Method))
		f.store(t, reg, s.Pos.Line)
	case *syntax.LocalFunction:
		v := f.declare(s.Name, f.alloc(s.Pos.Line))
		f.closure(s.Func, v.reg, s.Name.Text)
		f.proto.Locals[v.local].From = f.pc()
	case *syntax.Return:
		f.ret(s)
	case *syntax.Break:
		f.goTo(breakLabel, s.Pos.Line)
	case *syntax.Goto:
		f.goTo(s.Label.Text, s.Pos.Line)
	default:
		panic("compile: unknown statement")
	}
}

// A target is the left side of an assignment, as far as it is evaluated beforehand.
type target struct {
	expr  syntax.Expr
	v     *variable // a local variable or an upvalue; nil for the others
	table int       // the register of the table, or -1: the upvalue up
	up    int
	key   int // the register of the key, or a constant
	kind  targetKind
}

type targetKind uint8

const (
	toVariable targetKind = iota
	toField               // key is the number of a constant string
	toInteger             // key is a small integer
	toKey                 // key is a register
)

// target evaluates what is in front of and between the brackets of the left side of an assignment, whose equals sign
// stands in a line.
func (f *function) target(e syntax.Expr, line int32) target {
	switch e := e.(type) {
	case *syntax.NameExpr:
		v := f.find(e.Name)
		if v != nil {
			if v.readonly {
				f.fail(line, "attempt to assign to const variable '%s'", e.Name)
			}
			if v.owner != f {
				return target{expr: e, v: v, up: f.upvalue(v, e.Pos)}
			}
			return target{expr: e, v: v}
		}
		env := f.find("_ENV")
		key := f.stringIndex(e.Name)
		t := target{expr: e, table: -1, key: key, kind: toField}
		switch {
		case env.owner != f && !env.isConstant && key <= code.MaxOperand:
			t.up = f.upvalue(env, e.Pos)
			return t
		case key > code.MaxOperand:
			t.key, t.kind = f.alloc(e.Pos.Line), toKey
			f.append(code.ABJ(code.LoadK, t.key, 0, key), e.Pos.Line)
		}
		t.table = f.anyReg(&syntax.NameExpr{Pos: e.Pos, Name: "_ENV"})
		return t
	case *syntax.Index:
		t := target{expr: e, table: f.anyReg(e.X)}
		if k, ok := f.constOf(e.Key); ok {
			if k.IsString() {
				if t.key, t.kind = f.stringIndex(k.Str()), toField; t.key <= code.MaxOperand {
					return t
				}
			} else if k.IsInt() && uint64(k.AsInt()) <= code.MaxOperand {
				t.key, t.kind = int(k.AsInt()), toInteger
				return t
			}
		}
		t.key, t.kind = f.anyReg(e.Key), toKey
		return t
	}
	panic("compile: unknown target")
}

// store assigns a register to a target.
func (f *function) store(t target, reg int, line int32) { f.storeRK(t, reg, line) }

// storeRK assigns a register or, unless the target is a variable, a constant.
func (f *function) storeRK(t target, rk int, line int32) {
	switch t.kind {
	case toVariable:
		if t.v.owner == f {
			if t.v.reg != rk {
				f.emit(code.Move, t.v.reg, rk, 0, line)
			}
			return
		}
		f.emit(code.SetUpval, rk, t.up, 0, line)
		return
	case toField:
		if t.table < 0 {
			f.emit(code.SetTabUp, t.up, t.key, rk, line)
			f.noteName(0, code.OfUpvalue, "_ENV")
			return
		}
		f.emit(code.SetField, t.table, t.key, rk, line)
	case toInteger:
		f.emit(code.SetI, t.table, t.key, rk, line)
	case toKey:
		f.emit(code.SetTable, t.table, t.key, rk, line)
	}
	switch e := t.expr.(type) {
	case *syntax.Index:
		f.note(0, e.X)
	case *syntax.NameExpr:
		f.note(0, &syntax.NameExpr{Name: "_ENV"})
	}
}

func (f *function) assign(s *syntax.Assign) {
	if len(s.Targets) == 1 && len(s.Values) == 1 {
		t := f.target(s.Targets[0], s.Equals.Line)
		line := s.Pos.Line
		switch {
		case t.kind != toVariable:
			rk := f.rk(s.Values[0])
			f.storeRK(t, rk, f.endLine(s.Values[0]))
		case t.v.owner == f && direct(s.Values[0]):
			f.expr(s.Values[0], t.v.reg)
		default:
			f.store(t, f.anyReg(s.Values[0]), line)
		}
		return
	}
	targets := make([]target, len(s.Targets))
	for i, e := range s.Targets {
		targets[i] = f.target(e, s.Equals.Line)
		if t := targets[i]; t.kind == toVariable {
			f.protect(targets[:i], t)
		}
	}
	first := f.free
	f.exprList(s.Values, len(targets), s.Pos.Line)
	line := s.Pos.Line
	if n := len(s.Values); n > 0 {
		line = f.endLine(s.Values[n-1])
	}
	for i := len(targets) - 1; i >= 0; i-- {
		f.store(targets[i], first+i, line)
	}
}

// protect copies a local variable that is assigned before the targets in which it stands.
func (f *function) protect(targets []target, assigned target) {
	v := assigned.v
	reg := -1
	copied := func() int {
		if reg < 0 {
			reg = f.alloc(assigned.expr.Start().Line)
			if v.owner == f {
				f.emit(code.Move, reg, v.reg, 0, assigned.expr.Start().Line)
			} else {
				f.emit(code.GetUpval, reg, assigned.up, 0, assigned.expr.Start().Line)
			}
		}
		return reg
	}
	for i := range targets {
		t := &targets[i]
		switch {
		case t.kind == toVariable:
		case v.owner != f:
			if t.table < 0 && t.up == assigned.up {
				t.table = copied()
			}
		default:
			if t.table == v.reg {
				t.table = copied()
			}
			if t.kind == toKey && t.key == v.reg {
				t.key = copied()
			}
		}
	}
}

// direct reports whether an expression may be evaluated right into the register of a variable that it may use.
func direct(e syntax.Expr) bool {
	switch e := e.(type) {
	case *syntax.Paren:
		return direct(e.X)
	case *syntax.Table, *syntax.Call:
		return false
	case *syntax.Binary:
		return e.Op != syntax.OpAnd && e.Op != syntax.OpOr && e.Op != syntax.OpConcat
	}
	return true
}

func (f *function) local(s *syntax.Local) {
	n := len(s.Names)
	if have := len(f.vars); have+n > maxLocals {
		f.limit(s.Names[maxLocals-have].Pos, "local variables", maxLocals)
	}
	readonly, closed := make([]bool, n), -1
	for i, a := range s.Attribs {
		if a == nil {
			continue
		}
		readonly[i] = true
		switch a.Text {
		case "const":
		case "close":
			if closed >= 0 {
				f.fail(a.Pos.Line, "multiple to-be-closed variables in local list")
			}
			closed = i
		default:
			f.fail(a.Pos.Line, "unknown attribute '%s'", a.Text)
		}
	}
	// The last variable needs no register if it is a constant.
	if n == len(s.Values) && readonly[n-1] && closed != n-1 {
		if k, ok := f.constOf(s.Values[n-1]); ok {
			regs := f.free
			f.exprList(s.Values[:n-1], n-1, s.Pos.Line)
			f.bind(s.Names[:n-1], regs, readonly)
			f.addVar(&variable{name: s.Names[n-1].Text, owner: f, block: f.block, readonly: true, constant: k, isConstant: true}, s.Names[n-1].Pos)
			f.toClose(closed, n-1, s.Pos.Line)
			return
		}
	}
	regs := f.free
	f.exprList(s.Values, n, s.Names[n-1].Pos.Line)
	f.bind(s.Names, regs, readonly)
	line := s.Names[n-1].Pos.Line
	if v := len(s.Values); v > 0 {
		line = f.endLine(s.Values[v-1])
	}
	f.toClose(closed, n, line)
}

// bind declares variables whose values are in registers.
func (f *function) bind(names []*syntax.Name, regs int, readonly []bool) {
	for i, name := range names {
		f.declare(name, regs+i).readonly = readonly[i]
	}
}

// toClose makes the variable number i of the last n ones one to be closed.
func (f *function) toClose(i, n int, line int32) {
	if i < 0 {
		return
	}
	var v *variable
	for at := len(f.vars) - 1; n > i; at-- {
		if !f.vars[at].isConstant {
			v = f.vars[at]
			n--
		}
	}
	f.block.captured, f.block.tbc = true, true
	f.emit(code.TBC, v.reg, 0, 0, line)
}

func (f *function) while(s *syntax.While) {
	f.enter()
	start := f.pc()
	exits := f.jumpIf(s.Cond, false)
	f.scope(s.Body)
	f.patch(f.jump(code.Jmp, 0, 0, s.Body.End.Line), start)
	f.patchAll(exits)
	f.breaks(s.Body.End.Line)
	f.abandon()
}

func (f *function) repeat(s *syntax.Repeat) {
	f.enter()
	start := f.pc()
	body := f.enter()
	f.repeatBody(s.Body)
	line := s.Body.End.Line
	done := f.jumpIf(s.Cond, true)
	level := f.level(body.vars)
	if body.captured {
		f.emit(code.Close, level, 0, 0, line)
	}
	f.patch(f.jump(code.Jmp, 0, 0, line), start)
	f.patchAll(done)
	f.leave()
	f.breaks(max(line, s.Cond.Start().Line))
	f.abandon()
}

// repeatBody compiles the body of a repeat loop. A label at its end is in the scope of its variables, because the
// condition is.
func (f *function) repeatBody(b *syntax.Block) {
	for i, s := range b.Stmts {
		if l, ok := s.(*syntax.Label); ok {
			f.label(l, b, i, false)
			continue
		}
		f.stmt(s)
		f.free = f.level(len(f.vars))
	}
}

func (f *function) ifThen(s *syntax.If) {
	var ends []int
	for i, c := range s.Clauses {
		if i > 0 {
			f.count(c.Pos.Line)
		}
		next := f.jumpIf(c.Cond, false)
		f.free = f.level(len(f.vars))
		f.scope(c.Body)
		if i < len(s.Clauses)-1 || s.Else != nil {
			ends = append(ends, f.jump(code.Jmp, 0, 0, c.Body.End.Line))
		}
		f.patchAll(next)
	}
	if s.Else != nil {
		f.scope(s.Else)
	}
	f.patchAll(ends)
}

func (f *function) numericFor(s *syntax.NumericFor) {
	f.enter()
	line := s.Pos.Line
	base := f.free
	f.expr(s.Init, f.alloc(line))
	f.expr(s.Limit, f.alloc(line))
	if s.Step != nil {
		f.expr(s.Step, f.alloc(line))
	} else {
		f.append(code.ABJ(code.LoadI, f.alloc(line), 0, 1), line)
	}
	f.free = base
	f.hide(3, line)
	prep := f.jump(code.ForPrep, base, 0, line)
	f.enter()
	f.declare(s.Var, f.alloc(line))
	f.stmts(s.Body)
	f.leave()
	loop := f.jump(code.ForLoop, base, 0, line)
	f.patch(loop, prep+1)
	f.patch(prep, f.pc())
	f.breaks(s.Body.End.Line)
	f.abandon()
}

func (f *function) genericFor(s *syntax.GenericFor) {
	b := f.enter()
	line := s.Pos.Line
	base := f.free
	f.exprList(s.Values, 4, s.Pos.Line)
	f.free = base
	f.hide(5, line)
	b.captured, b.tbc = true, true // the closing value
	prep := f.jump(code.TForPrep, base, 0, line)
	f.enter()
	for _, name := range s.Names {
		f.declare(name, f.alloc(line))
	}
	first := f.pc()
	f.stmts(s.Body)
	f.leave()
	f.patch(prep, f.pc())
	f.allocN(3, line) // the iterator is called there
	f.emit(code.TForCall, base, 0, len(s.Names), line)
	f.patch(f.jump(code.TForLoop, base, 0, line), first)
	f.breaks(s.Body.End.Line)
	f.leave()
}

func (f *function) ret(s *syntax.Return) {
	line := s.Pos.Line
	switch len(s.Values) {
	case 0:
		f.emit(code.Return0, 0, 0, 0, line)
		return
	case 1:
		if call, ok := s.Values[0].(*syntax.Call); ok {
			if f.block.tbc {
				base := f.call(call, -1)
				f.emit(code.Return, base, 0, 0, line)
				return
			}
			f.tailCall(call)
			return
		}
		if _, ok := s.Values[0].(*syntax.Vararg); !ok {
			f.emit(code.Return1, f.anyReg(s.Values[0]), 0, 0, f.endLine(s.Values[0]))
			return
		}
	}
	base := f.free
	n, open := f.openList(s.Values)
	if open {
		n = -1
	}
	f.emit(code.Return, base, n+1, 0, f.endLine(s.Values[len(s.Values)-1]))
}
