package check

import (
	"maps"
	"slices"

	"silly/cmd/silly/internal/api"
	"silly/internal/lua/syntax"
)

// An origin is where the value of a variable surely comes from: an object that a function of a module has returned,
// or that one was called with.
type origin struct {
	class string // see api.Class; "" is no object
	// through are the functions by which it is of that class: nobody may have replaced them.
	through []through
}

// A through is a function of a module, and the variable that has the module.
type through struct {
	module, field string
	variable      *variable // nil for require "silly.time".sleep
}

// A methodCall is a call of a method of an object.
type methodCall struct {
	variable *variable
	call     *syntax.Call
}

// An optionTable is a table of options in a call of a function.
type optionTable struct {
	function through
	table    *syntax.Table
}

// originOf is where an expression comes from.
func (w *walker) originOf(x syntax.Expr) (o origin) {
	switch n := x.(type) {
	case *syntax.Paren:
		return w.originOf(n.X)
	case *syntax.Call:
		if n.Method != nil {
			return w.returnedBy(n)
		}
		if f, ok := n.Func.(*syntax.NameExpr); ok && f.Name == "assert" && w.lookUp("assert") == nil && len(n.Args) > 0 {
			return w.originOf(n.Args[0])
		}
		if f, ok := w.functionOf(n); ok {
			o.class = api.Returned(f.module, known().modules[f.module][f.field])
			o.through = []through{f}
		}
	}
	return o
}

// returnedBy is what a method returns of an object that is known.
func (w *walker) returnedBy(n *syntax.Call) (o origin) {
	name, ok := n.Func.(*syntax.NameExpr)
	if !ok {
		return o
	}
	if v := w.lookUp(name.Name); v != nil && v.origin.class != "" {
		o.class = api.Returned(v.origin.class, api.Known().Classes[v.origin.class][n.Method.Text].Signature)
		o.through = append(slices.Clone(v.origin.through), through{variable: v})
	}
	return o
}

// functionOf is the function of a module that a call calls.
func (w *walker) functionOf(n *syntax.Call) (f through, ok bool) {
	index, ok := n.Func.(*syntax.Index)
	if !ok {
		return f, false
	}
	key, ok := index.Key.(*syntax.String)
	if f.module = w.moduleOf(index.X); !ok || f.module == "" {
		return f, false
	}
	f.field = key.Value
	if name, ok := index.X.(*syntax.NameExpr); ok {
		f.variable = w.lookUp(name.Name)
	}
	return f, true
}

// options notes the table of options of a call, and what the functions in it are called with.
func (w *walker) options(n *syntax.Call) {
	f, ok := w.functionOf(n)
	if w.moduleOf(n.Func) == "silly.test" || ok && f.module == "silly.test" {
		w.tests(n, f)
	}
	if !ok {
		return
	}
	m := api.Known().Modules[f.module][f.field]
	if m.OptionsAt == 0 || len(n.Args) < m.OptionsAt {
		return
	}
	table, ok := n.Args[m.OptionsAt-1].(*syntax.Table)
	if !ok {
		return
	}
	w.optionTables = append(w.optionTables, optionTable{f, table})
	if f.module != "silly.net.http" || f.field != "listen" {
		return
	}
	for _, field := range table.Fields {
		key, named := field.Key.(*syntax.String)
		handler, ok := field.Value.(*syntax.FunctionExpr)
		if named && ok && key.Value == "handler" && len(handler.Func.Params) > 0 {
			w.streams[handler.Func] = origin{"silly.net.http.Stream", []through{f}}
		}
	}
}

// tests notes what the functions of tests are called with.
func (w *walker) tests(n *syntax.Call, f through) {
	if name, ok := n.Func.(*syntax.NameExpr); ok {
		f.variable = w.lookUp(name.Name)
	}
	if len(n.Args) == 0 || f.field == "describe" {
		return
	}
	if x, ok := n.Args[len(n.Args)-1].(*syntax.FunctionExpr); ok && len(x.Func.Params) > 0 {
		w.streams[x.Func] = origin{"silly.test.Test", []through{f}}
	}
}

// method notes a call of a method.
func (w *walker) method(n *syntax.Call) {
	if name, ok := n.Func.(*syntax.NameExpr); ok && n.Method != nil {
		if v := w.lookUp(name.Name); v != nil && v.origin.class != "" {
			w.methodCalls = append(w.methodCalls, methodCall{v, n})
		}
	}
}

// certain reports whether an origin is still what it was when it was noted.
func (f *file) certain(o origin) bool {
	return !slices.ContainsFunc(o.through, func(t through) bool {
		return t.variable != nil && (t.variable.writes > 0 || t.variable.extended) || f.replaced[t.module+" "+t.field]
	})
}

// objectMethod: a method that an object does not have, and one that is called with a wrong number of arguments.
// Scripts may give objects fields: a name that any file assigns to, or reads, as a field may be one.
func (f *file) objectMethod(m methodCall) {
	class := m.variable.origin.class
	methods := api.Known().Classes[class]
	if len(methods) == 0 || m.variable.writes > 0 || m.variable.extended || !f.certain(m.variable.origin) {
		return
	}
	name := m.call.Method
	if f.fields[name.Text] {
		return
	}
	method, ok := methods[name.Text]
	if !ok {
		names := slices.Collect(maps.Keys(methods))
		f.add(UnknownField, name.Pos, "%s has no method '%s'%s", class, name.Text, guess(name.Text, names))
		return
	}
	if method.Signature != "" {
		f.arity(m.call, name.Pos, name.Text, method.Signature)
	}
}

// unknownOptions: an option that a function does not have.
func (f *file) unknownOptions(o optionTable) {
	m := api.Known().Modules[o.function.module][o.function.field]
	if !f.certain(origin{through: []through{o.function}}) {
		return
	}
	for _, field := range o.table.Fields {
		if key, ok := field.Key.(*syntax.String); ok && !slices.Contains(m.Options, key.Value) {
			f.add(UnknownField, key.Pos, "%s has no option '%s'%s",
				o.function.field, key.Value, guess(key.Value, slices.Clone(m.Options)))
		}
	}
}
