// Package io is Lua's library io on the host's standard streams. Reading from a terminal or a pipe
// suspends the task, so that others run meanwhile; regular files are read and written at once.
package io

import (
	"bufio"
	"errors"
	"os"

	"silly/internal/fileerror"
	"silly/luahost"

	lua "github.com/yuin/gopher-lua"
)

// Module is the global library io.
var Module = luahost.Module{Name: "io", Library: true, Open: open}

// binding is the library's state in one host.
type binding struct {
	env    *luahost.Env
	meta   *lua.LTable
	input  *lua.LUserData // default of io.read
	output *lua.LUserData // default of io.write
}

func open(env *luahost.Env, L *lua.LState) lua.LValue {
	b := &binding{env: env, meta: L.NewTable()}
	methods := L.NewTable()
	env.Install(L, methods, "file", map[string]lua.LGFunction{
		"close":   b.fileClose,
		"flush":   b.fileFlush,
		"lines":   b.fileLines,
		"read":    b.fileRead,
		"seek":    b.fileSeek,
		"setvbuf": b.fileSetVBuf,
		"write":   b.fileWrite,
	})
	b.meta.RawSetString("__index", methods)
	closes := env.Function(L, "io.close", b.fileCloses)
	b.meta.RawSetString("__close", closes)
	b.meta.RawSetString("__gc", closes)
	b.meta.RawSetString("__name", lua.LString("FILE*"))
	b.meta.RawSetString("__metatable", lua.LString("FILE*"))
	b.meta.RawSetString("__tostring", env.Function(L, "file.__tostring", b.fileToString))

	module := L.NewTable()
	env.Install(L, module, "io", map[string]lua.LGFunction{
		"close":   b.ioClose,
		"flush":   b.ioFlush,
		"input":   b.ioInput,
		"lines":   b.ioLines,
		"open":    b.ioOpen,
		"output":  b.ioOutput,
		"popen":   b.ioPopen,
		"read":    b.ioRead,
		"tmpfile": b.ioTmpFile,
		"type":    b.ioType,
		"write":   b.ioWrite,
	})
	b.input = b.newFile(L, &file{name: "stdin", reader: bufio.NewReader(newStdin(env.Context(), env.Stdin())), waits: true, standard: true})
	b.output = b.newFile(L, &file{name: "stdout", writer: env.Stdout(), standard: true})
	module.RawSetString("stdin", b.input)
	module.RawSetString("stdout", b.output)
	module.RawSetString("stderr", b.newFile(L, &file{name: "stderr", writer: env.Stderr(), standard: true}))
	return module
}

func (b *binding) newFile(L *lua.LState, f *file) *lua.LUserData {
	ud := L.NewUserData()
	ud.Value = f
	ud.Metatable = b.meta
	return ud
}

// track closes the file when the host stops before the script has closed it.
func (b *binding) track(f *file) {
	f.closer = b.env.Track(false, nil, func() { _ = f.close() })
	f.closer.Describe(f.describe)
}

// ioOpen implements io.open(name [, mode]) -> file | nil, err, errno.
func (b *binding) ioOpen(L *lua.LState) int {
	name := luahost.CheckString(L, 1)
	mode := luahost.OptString(L, 2, "r")
	flags, ok := openFlags(mode)
	if !ok {
		luahost.ArgumentError(L, 2, "invalid mode '"+mode+"'")
	}
	f, err := openFile(b.env, name, flags)
	if err != nil {
		return failed(L, name, err)
	}
	b.track(f)
	L.Push(b.newFile(L, f))
	return 1
}

// openFlags reads a mode of C's fopen.
func openFlags(mode string) (flags int, ok bool) {
	switch mode {
	case "r", "rb":
		return os.O_RDONLY, true
	case "r+", "r+b", "rb+":
		return os.O_RDWR, true
	case "w", "wb":
		return os.O_WRONLY | os.O_CREATE | os.O_TRUNC, true
	case "w+", "w+b", "wb+":
		return os.O_RDWR | os.O_CREATE | os.O_TRUNC, true
	case "a", "ab":
		return os.O_WRONLY | os.O_CREATE | os.O_APPEND, true
	case "a+", "a+b", "ab+":
		return os.O_RDWR | os.O_CREATE | os.O_APPEND, true
	}
	return 0, false
}

// failed returns nil, "name: reason", errno to the script.
func failed(L *lua.LState, name string, err error) int {
	reason := fileerror.Strerror(err)
	if name != "" {
		reason = name + ": " + reason
	}
	L.Push(lua.LNil)
	L.Push(lua.LString(reason))
	L.Push(lua.LNumber(fileerror.Number(err)))
	return 3
}

// ioPopen implements io.popen(command [, mode]) -> file | nil, err, errno. The command is run by the
// shell; the script reads its output or, with mode "w", writes its input.
func (b *binding) ioPopen(L *lua.LState) int {
	command := luahost.CheckString(L, 1)
	mode := luahost.OptString(L, 2, "r")
	if mode != "r" && mode != "w" {
		luahost.ArgumentError(L, 2, "invalid mode '"+mode+"'")
	}
	f, err := startCommand(b.env, command, mode == "w")
	if err != nil {
		return failed(L, command, err)
	}
	b.track(f)
	L.Push(b.newFile(L, f))
	return 1
}

// ioTmpFile implements io.tmpfile() -> file. The file is gone when it is closed.
func (b *binding) ioTmpFile(L *lua.LState) int {
	osFile, err := b.env.System().CreateTemp()
	if err != nil {
		return failed(L, "", err)
	}
	_ = b.env.System().Remove(osFile.Name())
	f := newDiskFile(osFile)
	b.track(f)
	L.Push(b.newFile(L, f))
	return 1
}

// ioType implements io.type(x) -> "file" | "closed file" | nil.
func (b *binding) ioType(L *lua.LState) int {
	if L.GetTop() == 0 {
		luahost.ArgumentError(L, 1, "value expected")
	}
	ud, ok := L.Get(1).(*lua.LUserData)
	if !ok {
		L.Push(lua.LNil)
		return 1
	}
	f, ok := ud.Value.(*file)
	switch {
	case !ok:
		L.Push(lua.LNil)
	case f.closed:
		L.Push(lua.LString("closed file"))
	default:
		L.Push(lua.LString("file"))
	}
	return 1
}

// ioInput implements io.input([file]) -> file: the default of io.read and io.lines.
func (b *binding) ioInput(L *lua.LState) int { return b.redirect(L, &b.input, os.O_RDONLY) }

// ioOutput implements io.output([file]) -> file: the default of io.write.
func (b *binding) ioOutput(L *lua.LState) int {
	return b.redirect(L, &b.output, os.O_WRONLY|os.O_CREATE|os.O_TRUNC)
}

func (b *binding) redirect(L *lua.LState, which **lua.LUserData, flags int) int {
	switch v := L.Get(1).(type) {
	case *lua.LNilType:
	case lua.LString:
		f, err := openFile(b.env, string(v), flags)
		if err != nil {
			luahost.Raise(L, "%s", describe(string(v), err))
		}
		b.track(f)
		*which = b.newFile(L, f)
	default:
		checkFile(L, 1)
		*which = L.Get(1).(*lua.LUserData)
	}
	L.Push(*which)
	return 1
}

func describe(name string, err error) string { return name + ": " + fileerror.Strerror(err) }

// ioClose implements io.close([file]): without a file, the default output.
func (b *binding) ioClose(L *lua.LState) int {
	if L.GetTop() == 0 {
		L.Push(b.output)
	}
	return b.fileClose(L)
}

// ioFlush implements io.flush() -> file.
func (b *binding) ioFlush(L *lua.LState) int {
	L.Push(b.output)
	return 1
}

// ioRead implements io.read(formats...).
func (b *binding) ioRead(L *lua.LState) int {
	return b.read(L, openedFile(L, b.input), formats(L, 1))
}

// ioWrite implements io.write(values...) -> file.
func (b *binding) ioWrite(L *lua.LState) int {
	return write(L, b.output, 1)
}

// ioLines implements io.lines([name, formats...]) -> iterator. A file opened by name is closed at its
// end.
func (b *binding) ioLines(L *lua.LState) int {
	if L.Get(1) == lua.LNil {
		return b.pushLines(L, openedFile(L, b.input), formats(L, 2), false)
	}
	name := luahost.CheckString(L, 1)
	f, err := openFile(b.env, name, os.O_RDONLY)
	if err != nil {
		luahost.Raise(L, "%s", describe(name, err))
	}
	b.track(f)
	return b.pushLines(L, f, formats(L, 2), true)
}

var errNotReadable = errors.New("file is not open for reading")
