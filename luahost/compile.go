package luahost

import (
	"silly/luahost/stdlib"

	lua "github.com/yuin/gopher-lua"
)

// compile makes a function prototype of source. It touches no VM. The error is an *Error whose message
// begins with "name:line: ".
func compile(source []byte, name string) (*lua.FunctionProto, error) {
	proto, err := stdlib.Compile(source, "="+name)
	if err != nil {
		return nil, &Error{Message: err.Error(), Cause: err}
	}
	return proto, nil
}
