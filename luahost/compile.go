package luahost

import (
	"bytes"

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

// compileAt compiles source whose first line is number line of what name stands for.
func compileAt(source []byte, name string, line int) (*lua.FunctionProto, error) {
	proto, err := compile(source, name)
	switch {
	case line <= 1:
		return proto, err
	case err != nil:
		// The message has the number in it.
		return compile(append(bytes.Repeat([]byte{'\n'}, line-1), source...), name)
	}
	moveLines(proto, line-1)
	return proto, nil
}

// moveLines adds n to the line numbers of a function and of those in it.
func moveLines(proto *lua.FunctionProto, n int) {
	if proto.LineDefined > 0 { // 0 is the main chunk
		proto.LineDefined += n
		proto.LastLineDefined += n
	}
	for i := range proto.DbgSourcePositions {
		proto.DbgSourcePositions[i] += n
	}
	for _, inner := range proto.FunctionPrototypes {
		moveLines(inner, n)
	}
}
