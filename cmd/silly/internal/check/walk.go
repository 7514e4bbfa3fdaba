package check

import (
	"silly/internal/lua/syntax"
)

// A walker walks a tree in the order in which the parser read it.
type walker struct {
	file     *file
	ignore   map[ignoring]bool
	scope    *scope
	function *function
	clock    int // counts reads

	locals  []*variable        // of blocks that have ended
	hiding  []*hidden          // in blocks that have ended
	globals []*syntax.NameExpr // that are read
	tested  map[string]bool    // globals of which the file looks whether they are there
	opaque  bool               // the file gets globals in ways that cannot be followed
	members []member
	drops   []failure

	requires []string // modules that are not silly's
	computed []int    // lines of calls of require whose module is not known

	methodCalls  []methodCall
	optionTables []optionTable
	streams      map[*syntax.Function]origin // of the first parameters of functions
}

// A member is a field of a module that is read, and called if call is set.
type member struct {
	variable *variable // whose value is the module; nil for require "silly.time".sleep
	module   string
	index    *syntax.Index
	call     *syntax.Call
	tested   bool // a condition looks whether it is there
}

// A failure is the call of a module's function that returns nil and an error when it fails.
type failure struct {
	call     *syntax.Call
	module   string
	field    string
	variable *variable // whose value is the module; nil for require "silly.fs".read
}

func (w *walker) walk(f *file, chunk *syntax.Chunk) {
	w.file, w.tested, w.streams = f, make(map[string]bool), make(map[*syntax.Function]origin)
	w.body(chunk.Main)
}

// body walks a function.
func (w *walker) body(f *syntax.Function) {
	w.function = &function{outer: w.function}
	w.open()
	for i, p := range f.Params {
		v := w.declare(p, nil, nil)
		if i == 0 {
			v.origin = w.streams[f]
		}
	}
	w.stmts(f.Body)
	w.close()
	w.function = w.function.outer
}

// block walks a block of its own. Like stmt, it reports whether what is behind it is never reached.
func (w *walker) block(b *syntax.Block) (leaves bool) {
	w.open()
	defer w.close()
	return w.stmts(b)
}

func (w *walker) stmts(b *syntax.Block) (leaves bool) {
	labels, told := false, false
	for i, s := range b.Stmts {
		leaves = w.stmt(s)
		if _, ok := s.(*syntax.Label); ok {
			labels = true
		}
		if leaves && !told && i+1 < len(b.Stmts) {
			told = w.unreachable(b.Stmts[i+1])
		}
	}
	return leaves && !labels
}

// stmt walks a statement, and reports whether what is behind it is never reached.
func (w *walker) stmt(s syntax.Stmt) (leaves bool) {
	switch s := s.(type) {
	case *syntax.Do:
		return w.block(s.Body)
	case *syntax.While:
		w.expr(s.Cond, isTest)
		w.block(s.Body)
		_, forever := s.Cond.(*syntax.True)
		return forever && !exits(s.Body)
	case *syntax.Repeat:
		w.open()
		w.stmts(s.Body)
		w.expr(s.Cond, isTest)
		w.close()
	case *syntax.If:
		return w.ifStmt(s)
	case *syntax.NumericFor:
		w.exprs([]syntax.Expr{s.Init, s.Limit, s.Step})
		w.loop([]*syntax.Name{s.Var}, s.Body)
	case *syntax.GenericFor:
		w.exprs(s.Values)
		w.loop(s.Names, s.Body)
	default:
		return w.simpleStmt(s)
	}
	return false
}

func (w *walker) ifStmt(s *syntax.If) (leaves bool) {
	leaves = s.Else != nil
	for _, c := range s.Clauses {
		w.expr(c.Cond, isTest)
		leaves = w.block(c.Body) && leaves
	}
	if s.Else != nil {
		leaves = w.block(s.Else) && leaves
	}
	return leaves
}

// simpleStmt is stmt for a statement without blocks.
func (w *walker) simpleStmt(s syntax.Stmt) (leaves bool) {
	switch s := s.(type) {
	case *syntax.Assign:
		w.assign(s)
	case *syntax.Local:
		w.local(s)
	case *syntax.CallStmt:
		if f := w.failingCall(s.Call); f != nil {
			w.drops = append(w.drops, *f)
		}
		w.expr(s.Call, 0)
		return w.isError(s.Call)
	case *syntax.FunctionStmt:
		w.target(s.Target)
		w.body(s.Func)
	case *syntax.LocalFunction:
		w.declare(s.Name, s, nil)
		w.body(s.Func)
	case *syntax.Return:
		w.exprs(s.Values)
		return true
	case *syntax.Break, *syntax.Goto:
		return true
	}
	return false
}

func (w *walker) loop(names []*syntax.Name, body *syntax.Block) {
	w.open()
	for _, name := range names {
		w.declare(name, nil, nil)
	}
	w.stmts(body)
	w.close()
}

func (w *walker) assign(s *syntax.Assign) {
	for _, target := range s.Targets {
		w.target(target)
	}
	w.exprs(s.Values)
}

// target walks what is assigned to.
func (w *walker) target(x syntax.Expr) {
	switch x := x.(type) {
	case *syntax.NameExpr:
		if v := w.lookUp(x.Name); v != nil {
			v.writes++
			return
		}
		w.assignGlobal(x.Name)
	case *syntax.Index:
		if name, ok := w.environmentField(x); ok {
			w.file.defined[name] = true
			return
		}
		key, named := x.Key.(*syntax.String)
		if m := w.moduleOf(x.X); m != "" {
			field := "*" // any
			if named {
				field = key.Value
			}
			w.file.replaced[m+" "+field] = true
		}
		if named {
			w.file.run.fields[key.Value] = true
		} else if base, ok := x.X.(*syntax.NameExpr); ok {
			if v := w.lookUp(base.Name); v != nil {
				v.extended = true
			}
		}
		w.expr(x.X, isBase)
		if !x.Dot {
			w.expr(x.Key, 0)
		}
	}
}

func (w *walker) assignGlobal(name string) {
	if name == "_ENV" {
		w.opaque = true
	}
	w.file.defined[name] = true
}

// environmentField returns the name of the global that _G.name is.
func (w *walker) environmentField(x *syntax.Index) (name string, ok bool) {
	base, ok := x.X.(*syntax.NameExpr)
	if !ok || base.Name != "_G" && base.Name != "_ENV" || w.lookUp(base.Name) != nil {
		return "", false
	}
	key, ok := x.Key.(*syntax.String)
	if !ok {
		return "", false
	}
	return key.Value, true
}

func (w *walker) local(s *syntax.Local) {
	w.exprs(s.Values)
	var all []*variable
	var failing *failure
	if len(s.Values) == 1 {
		failing = w.failingCall(s.Values[0])
	}
	for i, name := range s.Names {
		if name.Text == "_ENV" {
			w.opaque = true
		}
		var value syntax.Expr
		if i < len(s.Values) {
			value = s.Values[i]
		}
		outer := w.hides(name.Text)
		v := w.declare(name, s, value)
		if outer != nil && !mentions(s.Values, name.Text) {
			w.scope.hiding = append(w.scope.hiding, &hidden{inner: v, outer: outer})
		}
		v.closes = s.Attribs[i] != nil && s.Attribs[i].Text == "close"
		if value != nil {
			v.module = w.moduleOf(value)
			v.origin = w.originOf(value)
		}
		if i < 2 {
			v.failing = failing
		}
		all = append(all, v)
	}
	for _, v := range all {
		v.siblings = all
	}
}

// hides finds the variable of the same function that a local of this name would hide; nil if it is in the same block.
func (w *walker) hides(name string) *variable {
	if w.scope.names[name] != nil {
		return nil
	}
	if v := w.lookUp(name); v != nil && v.function == w.function {
		return v
	}
	return nil
}

// Flags of expr.
const (
	isTest = 1 << iota // the value is only looked at: is it there
	isBase             // the value is indexed, or its method called
	isCall             // the value is called
)

func (w *walker) exprs(list []syntax.Expr) {
	for _, x := range list {
		if x != nil {
			w.expr(x, 0)
		}
	}
}

// expr walks an expression. Chains of operators and calls can be too long for recursion: their left sides are walked
// in a loop.
func (w *walker) expr(x syntax.Expr, use int) {
	type step struct {
		x   syntax.Expr
		use int
	}
	var spine []step
	for left := x; left != nil; {
		spine = append(spine, step{left, use})
		switch n := left.(type) {
		case *syntax.Binary:
			left, use = n.X, 0
			switch n.Op {
			case syntax.OpAnd, syntax.OpOr, syntax.OpEq, syntax.OpNe:
				use = isTest
			}
		case *syntax.Index:
			left, use = n.X, isBase
		case *syntax.Call:
			left, use = n.Func, isCall
			if n.Method != nil {
				use = isBase
			}
		default:
			left = nil
		}
	}
	for i := len(spine) - 1; i >= 0; i-- {
		var called *syntax.Call
		if i > 0 {
			if call, ok := spine[i-1].x.(*syntax.Call); ok && call.Method == nil {
				called = call
			}
		}
		w.node(spine[i].x, spine[i].use, called)
	}
}

// node walks an expression without its left side. called is the call of its value.
func (w *walker) node(x syntax.Expr, use int, called *syntax.Call) {
	switch n := x.(type) {
	case *syntax.NameExpr:
		w.name(n, use)
	case *syntax.Index:
		w.index(n, use, called)
	case *syntax.Call:
		w.call(n)
	case *syntax.Binary:
		right := 0
		switch n.Op {
		case syntax.OpAnd, syntax.OpOr, syntax.OpEq, syntax.OpNe:
			right = isTest
		}
		w.expr(n.Y, right)
		w.compare(n)
	case *syntax.Unary:
		if n.Op == syntax.OpNot {
			use = isTest
		} else {
			use = 0
		}
		w.expr(n.X, use)
	case *syntax.Paren:
		w.expr(n.X, use&^isCall)
	case *syntax.FunctionExpr:
		w.body(n.Func)
	case *syntax.Table:
		for _, f := range n.Fields {
			if f.Key != nil && !f.Dot {
				w.expr(f.Key, 0)
			}
			w.expr(f.Value, 0)
		}
	}
}

func (w *walker) name(n *syntax.NameExpr, use int) {
	w.clock++
	if v := w.lookUp(n.Name); v != nil {
		v.reads++
		v.lastRead = w.clock
		if use&isBase != 0 {
			v.bases++
		}
		return
	}
	switch n.Name {
	case "_ENV", "load", "loadstring", "loadfile", "dofile", "setfenv":
		w.opaque = true
	case "_G":
		w.file.run.dynamic = w.file.run.dynamic || use&isBase == 0
	}
	if use&isTest != 0 {
		w.tested[n.Name] = true
	}
	w.globals = append(w.globals, n)
}

func (w *walker) index(n *syntax.Index, use int, called *syntax.Call) {
	if !n.Dot {
		w.expr(n.Key, 0)
	}
	if key, ok := n.Key.(*syntax.String); ok && w.moduleOf(n.X) == "" {
		w.file.run.fields[key.Value] = true
	}
	if base, ok := n.X.(*syntax.NameExpr); ok && base.Name == "_G" && w.lookUp("_G") == nil {
		if _, ok := n.Key.(*syntax.String); !ok {
			w.file.run.dynamic = true
		}
	}
	if m := w.moduleOf(n.X); m != "" {
		v, _ := n.X.(*syntax.NameExpr)
		found := member{module: m, index: n, call: called, tested: use&isTest != 0}
		if v != nil {
			found.variable = w.lookUp(v.Name)
		}
		w.members = append(w.members, found)
	}
}

func (w *walker) call(n *syntax.Call) {
	use := 0
	if f, ok := n.Func.(*syntax.NameExpr); ok && f.Name == "type" && w.lookUp("type") == nil {
		use = isTest
	}
	w.method(n)
	w.options(n)
	for _, x := range n.Args {
		w.expr(x, use)
	}
	w.require(n)
	if f, ok := n.Func.(*syntax.NameExpr); ok && f.Name == "rawset" && len(n.Args) > 1 {
		if key, ok := n.Args[1].(*syntax.String); ok {
			w.file.defined[key.Value] = true
		}
	}
}

// require notes what a call of require loads.
func (w *walker) require(n *syntax.Call) {
	if f, ok := n.Func.(*syntax.NameExpr); !ok || f.Name != "require" || w.lookUp("require") != nil || n.Method != nil {
		return
	}
	if len(n.Args) == 1 {
		if name, ok := n.Args[0].(*syntax.String); ok {
			if known().modules[name.Value] == nil && !known().globals[name.Value] {
				w.requires = append(w.requires, name.Value)
			}
			return
		}
	}
	w.opaque = true
	w.computed = append(w.computed, int(n.Start().Line))
}

// moduleOf is the name of the module that an expression surely is; "" for others.
func (w *walker) moduleOf(x syntax.Expr) string {
	switch n := x.(type) {
	case *syntax.NameExpr:
		if v := w.lookUp(n.Name); v != nil {
			return v.module
		}
	case *syntax.Call:
		f, ok := n.Func.(*syntax.NameExpr)
		if !ok || f.Name != "require" || n.Method != nil || len(n.Args) != 1 || w.lookUp("require") != nil {
			return ""
		}
		if name, ok := n.Args[0].(*syntax.String); ok && known().modules[name.Value] != nil {
			return name.Value
		}
	case *syntax.Paren:
		return w.moduleOf(n.X)
	}
	return ""
}

// failingCall is an expression as a call that may fail; nil for others.
func (w *walker) failingCall(x syntax.Expr) *failure {
	call, ok := x.(*syntax.Call)
	if !ok || call.Method != nil {
		return nil
	}
	f, ok := w.functionOf(call)
	if !ok || !failing(known().modules[f.module][f.field]) {
		return nil
	}
	return &failure{call: call, module: f.module, field: f.field, variable: f.variable}
}

// mentions reports whether one of the expressions has a variable of that name.
func mentions(list []syntax.Expr, name string) bool {
	found := false
	for _, x := range list {
		each(x, func(x syntax.Expr) {
			if n, ok := x.(*syntax.NameExpr); ok && n.Name == name {
				found = true
			}
		})
	}
	return found
}

// each calls f with an expression and those in it, but for the bodies of functions.
func each(x syntax.Expr, f func(syntax.Expr)) {
	stack := []syntax.Expr{x}
	for len(stack) > 0 {
		x := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if x == nil {
			continue
		}
		f(x)
		switch n := x.(type) {
		case *syntax.Binary:
			stack = append(stack, n.X, n.Y)
		case *syntax.Unary:
			stack = append(stack, n.X)
		case *syntax.Paren:
			stack = append(stack, n.X)
		case *syntax.Index:
			stack = append(stack, n.X, n.Key)
		case *syntax.Call:
			stack = append(append(stack, n.Func), n.Args...)
		case *syntax.Table:
			for _, field := range n.Fields {
				stack = append(stack, field.Key, field.Value)
			}
		}
	}
}
