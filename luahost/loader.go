package luahost

import (
	"path/filepath"
	"strings"

	"silly/internal/fileerror"
	"silly/internal/spelling"

	lua "github.com/yuin/gopher-lua"
)

// A load is a module being loaded. Its code may suspend, so another task can ask for the same module
// meanwhile; it waits.
type load struct {
	by      *Task
	waiting []*Task
}

// openPackage replaces require and the file search. Modules come, in this order, from package.loaded,
// package.preload, the host's own modules, and files by package.path, in which the folder of the main
// script stands first.
func (h *Host) openPackage(L *lua.LState) {
	lib := L.GetGlobal("package").(*lua.LTable)
	h.packageLib = lib
	L.SetGlobal("require", h.Function(L, "require", h.require))
	for _, gone := range []string{"loadlib", "seeall", "loaders", "cpath"} {
		lib.RawSetString(gone, lua.LNil)
	}
	lib.RawSetString("searchpath", h.Function(L, "package.searchpath", h.searchPath))
	L.SetGlobal("module", lua.LNil)
	h.setScriptPath(".")
}

// setScriptPath puts the script's folder in front of package.path.
func (h *Host) setScriptPath(folder string) {
	path := filepath.Join(folder, "?.lua") + ";" + filepath.Join(folder, "?", "init.lua")
	if folder != "." {
		path += ";./?.lua;./?/init.lua"
	}
	if more, _ := h.system.Getenv("LUA_PATH"); more != "" {
		path += ";" + strings.Trim(strings.ReplaceAll(more, ";;", ";"), ";")
	}
	h.packageLib.RawSetString("path", lua.LString(path))
}

// require implements require(name) -> module. It suspends while the file is read, and while another
// task loads the same module.
func (h *Host) require(L *lua.LState) int {
	name := CheckString(L, 1)
	loaded := h.packageTable(L, "loaded")
	for {
		if v := loaded.RawGetString(name); v != lua.LNil {
			L.Push(v)
			return 1
		}
		other := h.loading[name]
		if other == nil {
			break
		}
		if h.loadsFor(other.by, h.current) {
			Raise(L, "loop while loading module '%s'", name)
		}
		other.waiting = append(other.waiting, h.current)
		h.current.loads = other
		h.Park(L, "require of '"+name+"', which another task loads")
		h.current.loads = nil
	}
	this := &load{by: h.current}
	h.loading[name] = this
	defer func() {
		delete(h.loading, name)
		for _, t := range this.waiting {
			h.Wake(t, lua.LNil, this)
		}
	}()
	t := h.nest(L)
	defer func() { t.nesting-- }()
	loader, extra := h.findModule(L, name)
	L.Push(loader)
	L.Push(lua.LString(name))
	L.Push(extra)
	L.Call(2, 1)
	module := L.Get(-1)
	if module == lua.LNil {
		module = loaded.RawGetString(name) // the module may have entered itself
	}
	if module == lua.LNil {
		module = lua.LTrue
	}
	loaded.RawSetString(name, module)
	L.Push(module)
	L.Push(extra)
	return 2
}

// loadsFor reports whether t is task, or waits (through any number of others) for a module that task
// loads: waiting for t would never end.
func (h *Host) loadsFor(t, task *Task) bool {
	for range len(h.tasks) + 1 {
		if t == task {
			return true
		}
		if t == nil || t.loads == nil {
			return false
		}
		t = t.loads.by
	}
	return false
}

// packageTable returns package.loaded or package.preload.
func (h *Host) packageTable(L *lua.LState, field string) *lua.LTable {
	t, ok := h.packageLib.RawGetString(field).(*lua.LTable)
	if !ok {
		Raise(L, "package.%s must be a table", field)
	}
	return t
}

// findModule returns the function that loads a module and its second argument, or raises an error that
// lists where the module was looked for.
func (h *Host) findModule(L *lua.LState, name string) (loader *lua.LFunction, extra lua.LValue) {
	if fn, ok := h.packageTable(L, "preload").RawGetString(name).(*lua.LFunction); ok {
		return fn, lua.LString(":preload:")
	}
	if m, ok := h.modules[name]; ok {
		open := h.Function(L, name, func(L *lua.LState) int {
			L.Push(m.Open(h, L))
			return 1
		})
		return open, lua.LString(":builtin:")
	}
	path, tried := h.findFile(L, name, h.packagePath(L))
	if path == "" {
		var known string
		if near := h.nearestModule(name); near != "" {
			known = "\n\tdid you mean '" + near + "'?"
		}
		Raise(L, "module '%s' not found:\n\tno built-in module '%s'%s%s", name, name, tried, known)
	}
	fn, err := h.loadFile(L, path)
	if err != nil {
		Raise(L, "error loading module '%s' from file '%s':\n\t%s", name, path, err)
	}
	return fn, lua.LString(path)
}

// loadFile reads and compiles a file. It suspends while it reads.
func (h *Host) loadFile(L *lua.LState, path string) (*lua.LFunction, error) {
	var source []byte
	var err error
	h.Block(L, "reading "+path, func() { source, err = h.readFile(path) })
	if err != nil {
		return nil, &Error{Message: describePathError("cannot open", path, err), Cause: err}
	}
	proto, err := compile(source, path)
	if err != nil {
		return nil, err
	}
	return L.NewFunctionFromProto(proto), nil
}

// baseLoadFile implements loadfile(name [, mode [, env]]) -> function | nil, err. There is only source
// text, so a mode without "t" is refused.
func (h *Host) baseLoadFile(L *lua.LState) int {
	path := CheckString(L, 1)
	if mode := OptString(L, 2, "bt"); !strings.Contains(mode, "t") {
		L.Push(lua.LNil)
		L.Push(lua.LString("attempt to load a text chunk (mode is '" + mode + "')"))
		return 2
	}
	env := OptTable(L, 3)
	fn, err := h.loadFile(L, path)
	if err != nil {
		L.Push(lua.LNil)
		L.Push(lua.LString(err.Error()))
		return 2
	}
	if env != nil {
		fn.Env = env
	}
	L.Push(fn)
	return 1
}

// baseDoFile implements dofile(name) -> what the file returns.
func (h *Host) baseDoFile(L *lua.LState) int {
	fn, err := h.loadFile(L, CheckString(L, 1))
	if err != nil {
		L.Error(lua.LString(err.Error()), 0)
	}
	t := h.nest(L)
	defer func() { t.nesting-- }()
	top := L.GetTop()
	L.Push(fn)
	L.Call(0, lua.MultRet)
	return L.GetTop() - top
}

func (h *Host) packagePath(L *lua.LState) string {
	path, ok := h.packageLib.RawGetString("path").(lua.LString)
	if !ok {
		Raise(L, "package.path must be a string")
	}
	return string(path)
}

// findFile looks a module up by a search path. tried lists the files that do not exist, one a line.
func (h *Host) findFile(L *lua.LState, name, path string) (file, tried string) {
	name = strings.ReplaceAll(name, ".", string(filepath.Separator))
	templates := strings.Split(path, ";")
	h.Block(L, "looking for a module", func() {
		var b strings.Builder
		for _, template := range templates {
			if template == "" {
				continue
			}
			candidate := strings.ReplaceAll(template, "?", name)
			if info, err := h.system.Stat(candidate); err == nil && !info.IsDir() {
				file = candidate
				return
			}
			b.WriteString("\n\tno file '" + candidate + "'")
		}
		tried = b.String()
	})
	return file, tried
}

// searchPath implements package.searchpath(name, path) -> file | nil, tried.
func (h *Host) searchPath(L *lua.LState) int {
	file, tried := h.findFile(L, CheckString(L, 1), CheckString(L, 2))
	if file == "" {
		L.Push(lua.LNil)
		L.Push(lua.LString(strings.TrimPrefix(tried, "\n\t")))
		return 2
	}
	L.Push(lua.LString(file))
	return 1
}

// nearestModule finds a built-in module whose name differs little from a mistyped one, or "".
func (h *Host) nearestModule(name string) string {
	best, bestDistance := "", 3
	for known := range h.modules {
		if strings.HasSuffix(known, "."+name) {
			return known
		}
		if d := spelling.Distance(name, known); d < bestDistance {
			best, bestDistance = known, d
		}
	}
	return best
}

// describePathError says why a file could not be used.
func describePathError(doing, path string, err error) string {
	return doing + " " + path + ": " + fileerror.Reason(err)
}
