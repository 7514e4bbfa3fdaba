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
	chunkName := "@" + name
	chunk, err := syntax.Parse(source, vm.ChunkName(chunkName), syntax.Options{File: true, FirstLine: line})
	if err == nil {
		var p *code.Proto
		if p, err = compile.Compile(chunk, chunkName); err == nil {
			return p, nil
		}
	}
	return nil, &Error{Message: err.Error(), Cause: err}
}
