package stdlib

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// baseLoad implements load(chunk [, chunkname [, mode [, env]]]) -> function | nil, message. The
// chunk is a string or a function that returns its pieces.
func baseLoad(c call) int {
	var source, name string
	switch chunk := c.L.Get(1).(type) {
	case lua.LString, lua.LNumber:
		source = c.string(1)
		name = source
	case *lua.LFunction:
		var err error
		source, err = c.readChunk(chunk)
		if err != nil {
			c.L.Push(lua.LNil)
			c.L.Push(errorValue(err))
			return 2
		}
		name = "=(load)"
	default:
		c.typeError(1, "string or function")
	}
	name = c.optString(2, name)
	if mode := c.optString(3, "bt"); !strings.Contains(mode, "t") {
		c.L.Push(lua.LNil)
		c.pushString("attempt to load a text chunk (mode is '" + mode + "')")
		return 2
	}
	env := c.L.Env
	if c.top() >= 4 {
		env = c.environment(4)
	}
	return c.pushChunk(source, name, env)
}

// baseLoadString implements loadstring(s [, chunkname]) -> function | nil, message, of Lua 5.1.
func baseLoadString(c call) int {
	source := c.string(1)
	return c.pushChunk(source, c.optString(2, source), c.L.Env)
}

func (c call) pushChunk(source, name string, env *lua.LTable) int {
	proto, err := Compile([]byte(source), name)
	if err != nil {
		c.L.Push(lua.LNil)
		c.pushString(SyntaxError(err))
		return 2
	}
	f := c.L.NewFunctionFromProto(proto)
	f.Env = env
	c.L.Push(f)
	return 1
}

// environment returns argument n as the globals of a chunk. Lua lets a chunk run without any, which
// a sandbox may rely on: it gets a table that nothing can be read from or written to.
func (c call) environment(n int) *lua.LTable {
	if c.L.Get(n) != lua.LNil {
		return c.table(n)
	}
	refuse := c.L.NewFunction(func(L *lua.LState) int {
		L.RaiseError("attempt to index a nil value (upvalue '_ENV')")
		return 0
	})
	metatable := c.L.NewTable()
	metatable.RawSetString("__index", refuse)
	metatable.RawSetString("__newindex", refuse)
	env := c.L.NewTable()
	env.Metatable = metatable
	return env
}

// readChunk calls the reader until it returns nil or an empty string and returns all pieces. As in
// Lua an error in the reader is an error of load, which returns it.
func (c call) readChunk(reader *lua.LFunction) (string, error) {
	var source strings.Builder
	for {
		c.L.Push(reader)
		if err := c.L.PCall(0, 1, nil); err != nil {
			return "", err
		}
		piece := c.L.Get(-1)
		c.L.Pop(1)
		switch piece := piece.(type) {
		case *lua.LNilType:
			return source.String(), nil
		case lua.LString, lua.LNumber:
			text := piece.String()
			if text == "" {
				return source.String(), nil
			}
			source.WriteString(text)
		default:
			return "", &syntaxError{message: "reader function must return a string"}
		}
		if source.Len() > maxString {
			return "", &syntaxError{message: "chunk too large"}
		}
	}
}

// errorValue returns the value that was raised, or the text of an error that was not raised by a
// script.
func errorValue(err error) lua.LValue {
	if raised, ok := err.(*lua.ApiError); ok {
		return raised.Object
	}
	return lua.LString(err.Error())
}
