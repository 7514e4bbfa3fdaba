// Package fs is the Lua module silly.fs: files and folders.
package fs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/fileerror"
	"silly/luahost"
)

// Module is silly.fs.
var Module = luahost.Module{Name: "silly.fs", Open: open}

// defaultMax is how long a file may be that fs.read reads, in bytes, unless the script says otherwise.
const defaultMax = 256 << 20

// errNotHere is why something cannot be done on a System that does not have it.
var errNotHere = errors.New("not available to this program")

// binding is the module's state in one host. The functions that work on files run in env.Block.
type binding struct {
	env      *luahost.Env
	watchers *luahost.Class[*watcher]
}

func open(env *luahost.Env, L *lua.LState) lua.LValue {
	b := &binding{env: env}
	b.openWatchers(L)
	module := L.NewTable()
	env.Install(L, module, "fs", map[string]lua.LGFunction{
		"read":   b.fsRead,
		"write":  b.fsWrite,
		"append": b.fsAppend,
		"list":   b.fsList,
		"stat":   b.fsStat,
		"mkdir":  b.fsMkdir,
		"remove": b.fsRemove,
		"rename": b.fsRename,
		"walk":   b.fsWalk,
		"watch":  b.fsWatch,
	})
	return module
}

// failed is an error about a file, "name: reason".
func failed(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %s", name, fileerror.Strerror(err))
}

// regular refuses what is no file with content: to open a FIFO would wait for its other end.
func (b *binding) regular(name string) (info fs.FileInfo, err error) {
	info, err = b.env.System().Stat(name)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, errors.New("it is a folder")
	case !info.Mode().IsRegular():
		return nil, errors.New("it is no regular file")
	}
	return info, nil
}

// fsRead implements fs.read(path [, opts]) -> data | nil, err. It suspends.
func (b *binding) fsRead(L *lua.LState) int {
	name := luahost.CheckString(L, 1)
	opts := luahost.OptFields(L, 2)
	opts.Only("max")
	limit := min(opts.Integer("max", defaultMax), math.MaxInt64-1)
	var data string
	var err error
	b.env.Block(L, "fs.read", func(context.Context) { data, err = b.read(name, limit) })
	if err != nil {
		return luahost.PushError(L, failed(name, err))
	}
	L.Push(lua.LString(data))
	return 1
}

func (b *binding) read(name string, limit int64) (string, error) {
	info, err := b.regular(name)
	if err != nil {
		return "", err
	}
	f, err := b.env.System().OpenFile(name, os.O_RDONLY, 0)
	if err != nil {
		return "", err
	}
	defer f.Close()
	var data strings.Builder
	data.Grow(int(max(0, min(info.Size(), limit+1))))
	n, err := io.Copy(&data, io.LimitReader(f, limit+1))
	if err == nil && n > limit {
		err = fmt.Errorf("it is longer than %d bytes", limit)
	}
	return data.String(), err
}

// newFileMode is the mode of files that the script makes; the process's umask takes away from it.
const newFileMode = 0o666

// fsWrite implements fs.write(path, data) -> true | false, err. It suspends. Whoever reads the file gets the old content or the new
// one.
func (b *binding) fsWrite(L *lua.LState) int {
	name, data := luahost.CheckString(L, 1), luahost.CheckString(L, 2)
	var err error
	b.env.Block(L, "fs.write", func(context.Context) { err = b.replace(name, data) })
	return luahost.PushOK(L, failed(name, err))
}

// replace puts another file in the place of one.
func (b *binding) replace(name, data string) error {
	system := b.env.System()
	mode := fs.FileMode(newFileMode)
	if info, err := system.Stat(name); err == nil {
		if !info.Mode().IsRegular() { // such as /dev/null
			return b.put(name, data, os.O_WRONLY|os.O_TRUNC)
		}
		mode = info.Mode().Perm()
	}
	f, other, err := b.createBeside(name, mode)
	if err != nil {
		return err
	}
	_, err = f.WriteString(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = system.Rename(other, name)
	}
	if err != nil {
		_ = system.Remove(other)
	}
	return err
}

// createBeside makes a file in the folder of name.
func (b *binding) createBeside(name string, mode fs.FileMode) (f *os.File, other string, err error) {
	for i := range 1000 {
		other = filepath.Join(filepath.Dir(name), fmt.Sprintf(".%s.%d.%d.tmp", filepath.Base(name), os.Getpid(), i))
		f, err = b.env.System().OpenFile(other, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
		if !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	if err == nil && mode != newFileMode {
		err = f.Chmod(mode) // the umask has taken something away
	}
	return f, other, err
}

// fsAppend implements fs.append(path, data) -> true | false, err. It suspends.
func (b *binding) fsAppend(L *lua.LState) int {
	name, data := luahost.CheckString(L, 1), luahost.CheckString(L, 2)
	var err error
	b.env.Block(L, "fs.append", func(context.Context) { err = b.put(name, data, os.O_WRONLY|os.O_CREATE|os.O_APPEND) })
	return luahost.PushOK(L, failed(name, err))
}

// put writes to a file that is opened with these flags.
func (b *binding) put(name, data string, flags int) error {
	f, err := b.env.System().OpenFile(name, flags, newFileMode)
	if err != nil {
		return err
	}
	_, err = f.WriteString(data)
	return errors.Join(err, f.Close())
}

// fsStat implements fs.stat(path) -> {type, size, mtime, mode} | nil, err. It suspends.
func (b *binding) fsStat(L *lua.LState) int {
	name := luahost.CheckString(L, 1)
	var info fs.FileInfo
	var err error
	b.env.Block(L, "fs.stat", func(context.Context) { info, err = b.env.System().Stat(name) })
	if err != nil {
		return luahost.PushError(L, failed(name, err))
	}
	t := L.CreateTable(0, 4)
	t.RawSetString("type", lua.LString(typeOf(info.Mode())))
	t.RawSetString("size", lua.LNumber(info.Size()))
	t.RawSetString("mtime", lua.LNumber(info.ModTime().UnixMilli()))
	t.RawSetString("mode", lua.LNumber(info.Mode().Perm()))
	L.Push(t)
	return 1
}

// typeOf is what lies under a name.
func typeOf(mode fs.FileMode) string {
	switch {
	case mode.IsRegular():
		return "file"
	case mode.IsDir():
		return "folder"
	case mode&fs.ModeSymlink != 0:
		return "link"
	}
	return "other"
}

// fsList implements fs.list(path) -> {{name, type}, ...} | nil, err, sorted by name. It suspends.
func (b *binding) fsList(L *lua.LState) int {
	name := luahost.CheckString(L, 1)
	var entries []fs.DirEntry
	var err error
	b.env.Block(L, "fs.list", func(context.Context) { entries, err = b.list(name) })
	if err != nil {
		return luahost.PushError(L, failed(name, err))
	}
	all := L.CreateTable(len(entries), 0)
	for i, entry := range entries {
		all.RawSetInt(i+1, entryTable(L, entry))
	}
	L.Push(all)
	return 1
}

func entryTable(L *lua.LState, entry fs.DirEntry) *lua.LTable {
	t := L.CreateTable(0, 2)
	t.RawSetString("name", lua.LString(entry.Name()))
	t.RawSetString("type", lua.LString(typeOf(entry.Type())))
	return t
}

// list is what lies in a folder, sorted by name.
func (b *binding) list(name string) ([]fs.DirEntry, error) {
	if info, err := b.env.System().Stat(name); err != nil {
		return nil, err
	} else if !info.IsDir() {
		return nil, errors.New("it is no folder")
	}
	f, err := b.env.System().OpenFile(name, os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	entries, err := f.ReadDir(-1)
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, err
}
