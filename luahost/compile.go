package luahost

import (
	"silly/internal/lua/code"
	"silly/internal/lua/compile"
	"silly/internal/lua/syntax"
	"silly/internal/lua/vm"
)

// Compile compiles source whose first line is number line of what name stands for. It touches no VM. The error is an
// *Error whose message begins with "name:line: " and whose cause is a *syntax.Error.
func Compile(source []byte, name string, line int) (*code.Proto, error) {
	return compileWith(compile.Source, source, name, line)
}

// proto is Compile for a host, which may count what runs.
func (h *Host) proto(source []byte, name string, line int) (*code.Proto, error) {
	c := h.options.Coverage
	if !c.wants(name) {
		return Compile(source, name, line)
	}
	p, err := compileWith(compile.CoveredSource, source, name, line)
	if err == nil {
		c.add(name, p)
	}
	return p, err
}

// compileWith is Compile with one of the compilers of package compile.
func compileWith(compiler func(text []byte, name, source string, opts syntax.Options) (*code.Proto, error), source []byte, name string, line int) (*code.Proto, error) {
	chunkName := "@" + name
	p, err := compiler(source, vm.ChunkName(chunkName), chunkName, syntax.Options{File: true, FirstLine: line})
	if err != nil {
		return nil, &Error{Message: err.Error(), Cause: err}
	}
	return p, nil
}
