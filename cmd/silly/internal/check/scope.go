package check

import "silly/internal/lua/syntax"

// A variable is a local variable.
type variable struct {
	name     string
	pos      syntax.Pos
	declared syntax.Stmt // *syntax.Local or *syntax.LocalFunction; nil for parameters and the variables of loops
	value    syntax.Expr // that it gets where it is declared; nil if there is none, or not one of its own
	closes   bool        // <close>
	function *function
	siblings []*variable // of the same statement, with itself

	reads    int
	writes   int // but that of the declaration
	bases    int // reads that only index it, or call its methods
	lastRead int // the walker's clock

	module   string // that its value is: require "silly.time"
	origin   origin // of its value
	extended bool   // it gets fields with names that are computed
	// failing is the call whose first or second result it is, if that may fail.
	failing *failure
}

// A function is a function while it is walked.
type function struct{ outer *function }

// A scope is a block with its variables.
type scope struct {
	outer    *scope
	function *function
	names    map[string]*variable // the last one of each name
	all      []*variable
	hiding   []*hidden // by them
}

// open begins a block.
func (w *walker) open() {
	w.scope = &scope{outer: w.scope, function: w.function, names: make(map[string]*variable)}
}

// close ends a block.
func (w *walker) close() {
	w.locals = append(w.locals, w.scope.all...)
	for _, h := range w.scope.hiding {
		h.end = w.clock
	}
	w.hiding = append(w.hiding, w.scope.hiding...)
	w.scope = w.scope.outer
}

// declare adds a variable to the block.
func (w *walker) declare(name *syntax.Name, statement syntax.Stmt, value syntax.Expr) *variable {
	v := &variable{
		name: name.Text, pos: name.Pos, declared: statement, value: value, function: w.function,
	}
	w.scope.names[name.Text] = v
	w.scope.all = append(w.scope.all, v)
	return v
}

// lookUp finds the local variable of a name; nil if there is none.
func (w *walker) lookUp(name string) *variable {
	for s := w.scope; s != nil; s = s.outer {
		if v := s.names[name]; v != nil {
			return v
		}
	}
	return nil
}

// hidden is a local variable that hides another one of the same function, in a block around its own.
type hidden struct {
	inner, outer *variable
	end          int // the clock at the end of the inner one's block
}
