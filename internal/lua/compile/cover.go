package compile

import (
	"silly/internal/lua/code"
	"silly/internal/lua/syntax"
)

// count has the statement that begins at a line counted when it runs, or the function if line is 0, and returns the place of the
// count. It does nothing if the code is not to count.
func (f *function) count(line int32) int {
	c := f.coverage
	if c == nil {
		return 0
	}
	n := len(c.Counts)
	c.Counts = append(c.Counts, 0)
	c.Lines = append(c.Lines, line)
	if line == 0 {
		line = int32(f.proto.Line)
	}
	f.append(code.ABJ(code.Cover, 0, 0, n), line)
	return n
}

// entitle notes that a value is assigned to a target: if it is a function, that names it.
func (f *function) entitle(v syntax.Expr, target syntax.Expr) {
	if f.coverage == nil {
		return
	}
	if fn, ok := v.(*syntax.FunctionExpr); ok {
		f.titles[fn.Func] = f.title(target, false)
	}
}

// title is what an assignment to target names a function: "M.f" or, if it is a method, "M:f". It is "" without coverage.
func (f *function) title(target syntax.Expr, method bool) string {
	if f.coverage == nil {
		return ""
	}
	switch e := target.(type) {
	case *syntax.NameExpr:
		return e.Name
	case *syntax.Index:
		key, ok := e.Key.(*syntax.String)
		table := f.title(e.X, false)
		switch {
		case !ok || table == "":
			return ""
		case method:
			return table + ":" + key.Value
		}
		return table + "." + key.Value
	}
	return ""
}
