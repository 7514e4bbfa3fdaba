package fs

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"

	lua "github.com/yuin/gopher-lua"

	"silly/luahost"
)

// newFolderMode is the mode of folders that the script makes; the process's umask takes away from it.
const newFolderMode = 0o777

// fsMkdir implements fs.mkdir(path [, opts]) -> true | false, err. It suspends.
func (b *binding) fsMkdir(L *lua.LState) int {
	name := luahost.CheckString(L, 1)
	opts := luahost.OptFields(L, 2)
	opts.Only("parents")
	parents := opts.Bool("parents", false)
	var err error
	b.env.Block(L, "fs.mkdir", func(context.Context) { err = b.mkdir(name, parents) })
	return luahost.PushOK(L, failed(name, err))
}

// mkdir makes a folder. With parents, those above it are made as well, and one that is there is no error.
func (b *binding) mkdir(name string, parents bool) error {
	system, ok := b.env.System().(luahost.Folders)
	if !ok {
		return errNotHere
	}
	if !parents {
		return system.Mkdir(name, newFolderMode)
	}
	if info, err := b.env.System().Stat(name); err == nil && info.IsDir() {
		return nil
	}
	if above := filepath.Dir(name); above != name && above != "." {
		if err := b.mkdir(above, true); err != nil {
			return err
		}
	}
	err := system.Mkdir(name, newFolderMode)
	if errors.Is(err, fs.ErrExist) {
		if info, failed := b.env.System().Stat(name); failed == nil && info.IsDir() {
			return nil // somebody else was faster
		}
	}
	return err
}

// fsRemove implements fs.remove(path [, opts]) -> true | false, err. It suspends.
func (b *binding) fsRemove(L *lua.LState) int {
	name := luahost.CheckString(L, 1)
	opts := luahost.OptFields(L, 2)
	opts.Only("recursive")
	recursive := opts.Bool("recursive", false)
	var err error
	b.env.Block(L, "fs.remove", func(ctx context.Context) {
		if recursive {
			err = b.removeAll(ctx, name)
		} else {
			err = b.env.System().Remove(name)
		}
	})
	return luahost.PushOK(L, failed(name, err))
}

// removeAll removes a folder with everything in it. Links are removed, and what they lead to is not. Nothing there is no error.
func (b *binding) removeAll(ctx context.Context, name string) error {
	err := b.env.System().Remove(name) // a file, a link, or an empty folder
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	entries, unreadable := b.list(name)
	if unreadable != nil {
		return err
	}
	for _, entry := range entries {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		below := filepath.Join(name, entry.Name())
		if entry.IsDir() {
			err = b.removeAll(ctx, below)
		} else {
			err = b.env.System().Remove(below)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return b.env.System().Remove(name)
}

// fsRename implements fs.rename(from, to) -> true | false, err. It suspends.
func (b *binding) fsRename(L *lua.LState) int {
	from, to := luahost.CheckString(L, 1), luahost.CheckString(L, 2)
	var err error
	b.env.Block(L, "fs.rename", func(context.Context) { err = b.env.System().Rename(from, to) })
	return luahost.PushOK(L, failed(from, err))
}

// A walk is on its way through a folder: what is still to be visited, the next one last.
type walk struct{ rest []visit }

type visit struct {
	path  string
	entry fs.DirEntry
}

// push adds what lies in a folder.
func (w *walk) push(folder string, entries []fs.DirEntry) {
	for i := len(entries) - 1; i >= 0; i-- {
		w.rest = append(w.rest, visit{filepath.Join(folder, entries[i].Name()), entries[i]})
	}
}

// fsWalk implements fs.walk(path) -> iterator of path, {name, type, err}: all that lies below a folder, in the order of the names, a
// folder before what is in it. Links are not followed. The iterator suspends.
func (b *binding) fsWalk(L *lua.LState) int {
	root := luahost.CheckString(L, 1)
	w := new(walk)
	begun := false
	L.Push(b.env.Function(L, "fs.walk", func(L *lua.LState) int {
		if !begun {
			begun = true
			if err := b.enter(L, w, root); err != nil {
				luahost.Raise(L, "%s", failed(root, err))
			}
		}
		n := len(w.rest)
		if n == 0 {
			L.Push(lua.LNil)
			return 1
		}
		v := w.rest[n-1]
		w.rest = w.rest[:n-1]
		t := entryTable(L, v.entry)
		if v.entry.IsDir() {
			if err := b.enter(L, w, v.path); err != nil {
				t.RawSetString("err", lua.LString(failed(v.path, err).Error()))
			}
		}
		L.Push(lua.LString(v.path))
		L.Push(t)
		return 2
	}))
	return 1
}

// enter lists a folder, while others run.
func (b *binding) enter(L *lua.LState, w *walk, folder string) error {
	var entries []fs.DirEntry
	var err error
	b.env.Block(L, "fs.walk", func(context.Context) { entries, err = b.list(folder) })
	if err == nil {
		w.push(folder, entries)
	}
	return err
}
