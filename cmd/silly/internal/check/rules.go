package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"silly/internal/lua/syntax"
	"silly/internal/spelling"
)

// finish judges what can be judged only now that all files have been walked.
func (f *file) finish() {
	f.undefinedGlobals()
	for _, v := range f.locals {
		f.unusedLocal(v)
		f.uncheckedResult(v)
	}
	for _, h := range f.hiding {
		f.shadowedLocal(h)
	}
	for _, m := range f.members {
		f.member(m)
	}
	for _, m := range f.methodCalls {
		f.objectMethod(m)
	}
	for _, o := range f.optionTables {
		f.unknownOptions(o)
	}
	for _, d := range f.drops {
		f.droppedResult(d)
	}
}

// undefinedGlobals: a global that is read, and that neither the host nor any file of the run defines. A file that
// looks whether a global is there may use it.
func (f *file) undefinedGlobals() {
	if f.run.dynamic || f.opaque {
		return
	}
	for _, n := range f.globals {
		if known().globals[n.Name] || f.defined[n.Name] || f.tested[n.Name] || slices.Contains(f.source.Globals, n.Name) || n.Name == "_ENV" {
			continue
		}
		if meant := f.meant(n.Name); meant != "" || !f.source.Example {
			f.add(UndefinedGlobal, n.Pos, "the global '%s' is defined nowhere%s", n.Name, meant)
		}
	}
}

// maxGuesses is how many names that are defined nowhere are compared with others, and with how many locals.
const maxGuesses = 500

// meant names the global or the local that was probably meant.
func (f *file) meant(name string) string {
	text, ok := f.guesses[name]
	if ok {
		return text
	}
	if f.guesses == nil {
		f.guesses = make(map[string]string)
		f.names = maps.Clone(known().globals)
		for _, v := range f.locals[:min(len(f.locals), maxGuesses)] {
			f.names[v.name] = true
		}
	}
	if len(f.guesses) < maxGuesses {
		text = guess(name, slices.Collect(maps.Keys(f.names)))
		f.guesses[name] = text
	}
	return text
}

// guess says which of the names was probably meant.
func guess(name string, names []string) string {
	slices.Sort(names)
	best, distance := "", max(len(name)/3, 1)+1
	for _, n := range names {
		if d := spelling.Distance(name, n); d < distance && n != name {
			best, distance = n, d
		}
	}
	if best == "" || len(name) < 3 {
		return ""
	}
	return fmt.Sprintf(", did you mean '%s'?", best)
}

// unusedLocal: a local that nobody reads. Parameters and variables of loops may be there for those behind them, and
// so may a local among others; the result of a call may be there to say what it is.
func (f *file) unusedLocal(v *variable) {
	if v.reads > 0 || v.writes > 0 || v.declared == nil || v.closes || strings.HasPrefix(v.name, "_") {
		return
	}
	used := func(s *variable) bool { return s.reads > 0 || s.writes > 0 }
	if slices.ContainsFunc(v.siblings, used) || !f.isPure(v) {
		return
	}
	f.add(UnusedLocal, v.pos, "nobody uses the local '%s'", v.name)
}

// isPure reports whether the value of a local does nothing but be there.
func (f *file) isPure(v *variable) bool {
	local, ok := v.declared.(*syntax.Local)
	if !ok {
		return true
	}
	for _, x := range local.Values {
		pure := true
		each(x, func(x syntax.Expr) {
			if call, ok := x.(*syntax.Call); ok {
				pure = pure && isRequire(call)
			}
		})
		if !pure {
			return false
		}
	}
	return true
}

// isRequire reports whether a call loads a module of silly.
func isRequire(call *syntax.Call) bool {
	f, ok := call.Func.(*syntax.NameExpr)
	if !ok || f.Name != "require" || len(call.Args) != 1 {
		return false
	}
	name, ok := call.Args[0].(*syntax.String)
	return ok && known().modules[name.Value] != nil
}

// shadowedLocal: a local that hides one of the same function, which is read again behind the block: it was probably
// meant to be assigned. The outer one must still have the value that it began with, one that says that there is nothing
// yet.
func (f *file) shadowedLocal(h *hidden) {
	outer := h.outer
	if outer.lastRead <= h.end || outer.writes > 0 || outer.declared == nil || !isConstant(outer) {
		return
	}
	f.add(ShadowedLocal, h.inner.pos,
		"the local '%s' hides the one of line %d, which is read again behind this block and still has its first value",
		h.inner.name, outer.pos.Line)
}

// isConstant reports whether a local has no value, or one that a program gives it to begin with.
func isConstant(v *variable) bool {
	local, ok := v.declared.(*syntax.Local)
	if !ok || v.value == nil && len(local.Values) > 0 {
		return false
	}
	switch x := v.value.(type) {
	case nil, *syntax.Nil, *syntax.False, *syntax.True:
		return true
	case *syntax.Integer:
		return x.Value == 0
	case *syntax.String:
		return x.Value == ""
	}
	return false
}

// member: what is read from a module that it does not have, and functions that are called with a wrong number of
// arguments.
func (f *file) member(m member) {
	key, ok := m.index.Key.(*syntax.String)
	fields := known().modules[m.module]
	if !ok || m.variable != nil && m.variable.writes > 0 || len(fields) == 0 || f.replaced[m.module+" "+key.Value] {
		return
	}
	signature, ok := fields[key.Value]
	if !ok {
		extended := m.variable != nil && m.variable.reads > m.variable.bases // by whoever it is handed to
		if !m.tested && !extended && !f.replaced[m.module+" *"] {
			names := slices.Collect(maps.Keys(fields))
			f.add(UnknownField, key.Pos, "%s has no field '%s'%s", m.module, key.Value, guess(key.Value, names))
		}
		return
	}
	if signature == "" || m.call == nil {
		return
	}
	f.arity(m.call, key.Pos, key.Value, signature)
}

// arity: a call with a number of arguments that its function does not take.
func (f *file) arity(call *syntax.Call, pos syntax.Pos, name, signature string) {
	low, high := arguments(signature)
	given, open := len(call.Args), false
	if given > 0 {
		switch call.Args[given-1].(type) {
		case *syntax.Call, *syntax.Vararg:
			given, open = given-1, true
		}
	}
	switch {
	case high >= 0 && given > high:
		f.add(Arity, pos, "%s takes at most %s, not %d: %s", name, plural(high), len(call.Args), signature)
	case given < low && !open:
		f.add(Arity, pos, "%s needs at least %s, not %d: %s", name, plural(low), given, signature)
	}
}

func plural(n int) string {
	if n == 1 {
		return "1 argument"
	}
	return fmt.Sprintf("%d arguments", n)
}

// standsFor reports whether the function of a call is still the module's.
func (f *file) standsFor(c failure) bool {
	return (c.variable == nil || c.variable.writes == 0) && !f.replaced[c.module+" "+c.field]
}

// droppedResult: a call that may fail, and nobody gets the error, nor what there is if it does not.
func (f *file) droppedResult(c failure) {
	if f.standsFor(c) {
		f.add(UnusedResult, c.call.Func.Start(), "nobody sees when %s fails: %s", c.field, known().modules[c.module][c.field])
	}
}

// uncheckedResult: the result of a call that may fail is used without a look at it or at the error.
func (f *file) uncheckedResult(v *variable) {
	if v.failing == nil || v.siblings[0] != v || v.reads > v.bases || v.writes > 0 || v.closes || v.name[0] == '_' {
		return
	}
	if len(v.siblings) > 1 && v.siblings[1].reads > 0 || !f.standsFor(*v.failing) {
		return
	}
	f.add(UnusedResult, v.pos, "'%s' is nil when %s fails, and nobody looks at it or at the error: %s",
		v.name, v.failing.field, known().modules[v.failing.module][v.failing.field])
}

// unreachable: the statement behind one that leaves, unless a label is there. It reports whether it has said so.
func (w *walker) unreachable(next syntax.Stmt) bool {
	switch next.(type) {
	case *syntax.Label, *syntax.Empty:
		return false
	}
	w.file.add(Unreachable, next.Start(), "this is never reached")
	return true
}

// isError reports whether an expression is a call of error or os.exit.
func (w *walker) isError(x syntax.Expr) bool {
	call, ok := x.(*syntax.Call)
	if !ok || call.Method != nil {
		return false
	}
	switch f := call.Func.(type) {
	case *syntax.NameExpr:
		return f.Name == "error" && w.lookUp("error") == nil && !w.file.defined["error"]
	case *syntax.Index:
		base, ok := f.X.(*syntax.NameExpr)
		key, dot := f.Key.(*syntax.String)
		return ok && dot && base.Name == "os" && key.Value == "exit" && w.lookUp("os") == nil
	}
	return false
}

// exits reports whether a break or a goto may leave the loop with such a body.
func exits(b *syntax.Block) bool { return jumps(b, true) }

// jumps reports whether there is a goto in a block, or a break of the loop around it if breaks is set.
func jumps(b *syntax.Block, breaks bool) bool {
	return slices.ContainsFunc(b.Stmts, func(s syntax.Stmt) bool {
		switch s := s.(type) {
		case *syntax.Break:
			return breaks
		case *syntax.Goto:
			return true
		case *syntax.Do:
			return jumps(s.Body, breaks)
		case *syntax.If:
			clause := func(c syntax.IfClause) bool { return jumps(c.Body, breaks) }
			return slices.ContainsFunc(s.Clauses, clause) || s.Else != nil && jumps(s.Else, breaks)
		case *syntax.While:
			return jumps(s.Body, false)
		case *syntax.Repeat:
			return jumps(s.Body, false)
		case *syntax.NumericFor:
			return jumps(s.Body, false)
		case *syntax.GenericFor:
			return jumps(s.Body, false)
		}
		return false
	})
}

// typeNames are what type returns.
var typeNames = [...]string{"nil", "number", "string", "boolean", "table", "function", "thread", "userdata"}

// compare: == and ~= of values that can never be the same.
func (w *walker) compare(n *syntax.Binary) {
	if n.Op != syntax.OpEq && n.Op != syntax.OpNe {
		return
	}
	always := map[syntax.Op]string{syntax.OpEq: "never", syntax.OpNe: "always"}[n.Op]
	x, y := w.typeOf(n.X), w.typeOf(n.Y)
	switch {
	case isNew(n.X) || isNew(n.Y):
		w.file.add(SuspiciousCompare, n.Pos, "this is %s true: a new table or function is equal to nothing else", always)
	case x != "" && y != "" && x != y:
		hint := ""
		if u, ok := n.X.(*syntax.Unary); ok && u.Op == syntax.OpNot {
			hint = fmt.Sprintf("; 'not' binds tighter than '%s'", n.Op)
		}
		w.file.add(SuspiciousCompare, n.Pos, "this is %s true: a %s is compared with a %s%s", always, x, y, hint)
	case w.isTypeCall(n.X):
		w.compareType(n, n.Y, always)
	case w.isTypeCall(n.Y):
		w.compareType(n, n.X, always)
	}
}

// compareType looks at the string that the result of type is compared with.
func (w *walker) compareType(n *syntax.Binary, x syntax.Expr, always string) {
	if s, ok := x.(*syntax.String); ok && s.Value != "cdata" && !slices.Contains(typeNames[:], s.Value) {
		w.file.add(SuspiciousCompare, n.Pos, "this is %s true: there is no type '%s'%s",
			always, s.Value, guess(s.Value, slices.Clone(typeNames[:])))
	}
}

// isNew reports whether an expression makes an empty table or a function. A table with fields may be meant for a
// metamethod.
func isNew(x syntax.Expr) bool {
	switch n := x.(type) {
	case *syntax.Table:
		return len(n.Fields) == 0
	case *syntax.FunctionExpr:
		return true
	}
	return false
}

// isTypeCall reports whether an expression is a call of the global type.
func (w *walker) isTypeCall(x syntax.Expr) bool { return w.isCallOf(x, "type") }

func (w *walker) isCallOf(x syntax.Expr, name string) bool {
	call, ok := x.(*syntax.Call)
	if !ok || call.Method != nil {
		return false
	}
	f, ok := call.Func.(*syntax.NameExpr)
	return ok && f.Name == name && w.lookUp(name) == nil && !w.file.defined[name]
}

// typeOf is the type that the value of an expression surely has; "" if it may have others.
func (w *walker) typeOf(x syntax.Expr) string {
	switch n := x.(type) {
	case *syntax.Nil:
		return "nil"
	case *syntax.True, *syntax.False:
		return "boolean"
	case *syntax.Integer, *syntax.Float:
		return "number"
	case *syntax.String:
		return "string"
	case *syntax.Paren:
		return w.typeOf(n.X)
	case *syntax.Unary:
		if n.Op == syntax.OpNot {
			return "boolean"
		}
	case *syntax.Binary:
		if n.Op >= syntax.OpEq && n.Op <= syntax.OpGe {
			return "boolean"
		}
	case *syntax.Call:
		if w.isTypeCall(x) || w.isCallOf(x, "tostring") {
			return "string"
		}
	}
	return ""
}
