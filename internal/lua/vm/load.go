package vm

import (
	"strings"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/compile"
	"silly/internal/lua/syntax"
	"silly/internal/lua/value"
)

// idSize is how long the name of a chunk may be in messages, as in lua5.4.
const idSize = 59

// ChunkName is the name of a chunk as messages show it: source is "@" and a file, "=" and any name, or the text itself.
func ChunkName(source string) string {
	if source == "" {
		return `[string ""]`
	}
	switch source[0] {
	case '=':
		return source[1:min(len(source), idSize+1)]
	case '@':
		if len(source)-1 <= idSize {
			return source[1:]
		}
		return "..." + source[len(source)-(idSize-3):]
	}
	const before, after, dots = `[string "`, `"]`, "..."
	line, _, more := strings.Cut(source, "\n")
	room := idSize - len(before) - len(dots) - len(after)
	if !more && len(line) < room {
		return before + line + after
	}
	return before + line[:min(len(line), room)] + dots + after
}

// Load compiles a chunk. The error is a *syntax.Error.
func (vm *VM) Load(text []byte, source string, env value.Value) (value.Value, error) {
	p, err := compile.Source(text, ChunkName(source), source, syntax.Options{})
	if err != nil {
		return value.Nil, err
	}
	return vm.NewFunction(p, env), nil
}

// baseLoad implements load(chunk [, chunkname [, mode [, env]]]) -> function | nil, err.
func baseLoad(c Call) int {
	chunk := c.Arg(1)
	l := &loading{mode: c.OptStr(3, "bt"), env: value.OfTable(c.th.vm.globals)}
	if c.n >= 4 {
		l.env = c.Arg(4)
	}
	if chunk.IsString() || chunk.IsNumber() {
		text := c.Str(1)
		l.name = shown(c.OptStr(2, text))
		return l.finish(c, []byte(text))
	}
	l.reader = c.Function(1)
	l.name = shown(c.OptStr(2, "=(load)"))
	fr := c.Then(l.read, nil, l.reader)
	c.th.frame.catch = true
	c.th.frame.state = &protection{}
	return fr
}

// A loading is one call of load.
type loading struct {
	name, mode string
	env        value.Value
	reader     value.Value
	text       []byte
}

// read takes a piece of the chunk and asks for the next one.
func (l *loading) read(c Call, _ any) int {
	piece := c.Arg(1)
	if piece.IsNil() || piece.IsString() && piece.Str() == "" {
		return l.finish(c, l.text)
	}
	if piece.IsNumber() {
		piece = value.String(value.NumberText(piece))
	}
	if !piece.IsString() {
		return c.Return2(value.Nil, value.String("reader function must return a string"))
	}
	l.text = append(l.text, piece.Str()...)
	fr := c.Then(l.read, nil, l.reader)
	c.th.frame.catch = true
	c.th.frame.state = &protection{}
	return fr
}

// finish compiles the text.
func (l *loading) finish(c Call, text []byte) int {
	kind := "text"
	if len(text) > 0 && text[0] == '\x1b' {
		kind = "binary"
	}
	if !strings.Contains(l.mode, kind[:1]) {
		return c.Return2(value.Nil, value.String("attempt to load a "+kind+" chunk (mode is '"+l.mode+"')"))
	}
	if kind == "binary" {
		return c.Return2(value.Nil, value.String(ChunkName(l.name)+": bad binary format (there are no binary chunks)"))
	}
	f, err := c.th.vm.Load(text, l.name, l.env)
	if err != nil {
		return c.Return2(value.Nil, value.String(err.Error()))
	}
	return c.Return(f)
}

// environment is the number of the upvalue _ENV of a Lua function, or -1.
func (f *Function) environment() int {
	for i, u := range f.Proto.Upvals {
		if u.Name == "_ENV" {
			return i
		}
	}
	return -1
}

// functionArg is the function that argument 1 is, or that runs at the level that it is.
func (c Call) functionArg() value.Value {
	v := c.Arg(1)
	if v.Callable() {
		return v
	}
	level := c.OptInt(1, 1)
	if level < 0 {
		c.ArgError(1, "level must be non-negative")
	}
	fr := c.th.caller(int(min(level, maxFrames)))
	if fr == nil {
		c.ArgError(1, "invalid level")
	}
	return fr.function()
}

// SetEnvironment makes env what _ENV of a Lua function is, for this function alone. It does nothing if the function has no
// _ENV.
func (vm *VM) SetEnvironment(f *lua.LFunction, env value.Value) {
	fn := functionOf(value.OfFunction(f))
	if i := fn.environment(); i >= 0 {
		u := &Upval{own: env}
		u.v = &u.own
		fn.Upvals[i] = u
	}
}

// baseGetFEnv implements getfenv([f]) -> table: what _ENV of a function is, as in Lua 5.1.
func baseGetFEnv(c Call) int {
	if v := c.Arg(1); v.IsInt() && v.AsInt() == 0 {
		return c.Return(value.OfTable(c.th.vm.globals))
	}
	if f := c.functionArg(); f.IsFunction() {
		fn := functionOf(f)
		if i := fn.environment(); i >= 0 {
			return c.Return(*fn.Upvals[i].v)
		}
	}
	return c.Return(value.OfTable(c.th.vm.globals))
}

// baseSetFEnv implements setfenv(f, table) -> f: it gives a function an _ENV of its own, as in Lua 5.1.
func baseSetFEnv(c Call) int {
	c.Table(2)
	f := c.functionArg()
	if !f.IsFunction() {
		c.Raise("'setfenv' cannot change environment of given object")
	}
	c.th.vm.SetEnvironment(f.LFunction(), c.Arg(2))
	return c.Return(f)
}

// function is the function of a frame, as a value.
func (fr *Frame) function() value.Value {
	if fr.lf.Fn == nil {
		return value.Nil
	}
	return value.OfFunction(fr.lf.Fn)
}
