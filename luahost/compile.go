package luahost

import (
	"bytes"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"
)

// compile makes a function prototype of source. It touches no VM. The error is an *Error.
func compile(source []byte, name string) (*lua.FunctionProto, error) {
	chunk, err := parse.Parse(bytes.NewReader(source), name)
	if err != nil {
		return nil, &Error{Message: err.Error(), Cause: err}
	}
	proto, err := lua.Compile(chunk, name)
	if err != nil {
		return nil, &Error{Message: err.Error(), Cause: err}
	}
	return proto, nil
}
