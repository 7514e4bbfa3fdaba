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
	p, err := compile.Source(source, vm.ChunkName(chunkName), chunkName, syntax.Options{File: true, FirstLine: line})
	if err != nil {
		return nil, &Error{Message: err.Error(), Cause: err}
	}
	return p, nil
}
