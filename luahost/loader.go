package luahost

import (
	"io"
	"os"
	"path/filepath"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/fileerror"
	"silly/internal/lua/value"
	"silly/internal/lua/vm"
	"silly/internal/sched"
	"silly/internal/spelling"
)

// A load is a module being loaded. Its code may suspend, so another task can ask for the same module
// meanwhile; it waits.
type load struct {
	host  *Host
	name  string
	extra value.Value // the second argument of the loader
	by    *sched.Task

	searchers *lua.LTable
	asked     int64 // searchers
	tried     strings.Builder
	waiting   []*sched.Task
}

// openPackage makes the library package and require. Modules come, in this order, from package.loaded,
// package.preload, the host's own modules, and files by package.path, in which the folder of the main
// script stands first.
func (h *Host) openPackage() {
	globals := h.engine.Globals()
	lib := value.NewTable(0, 8)
	h.packageLib = &lib.LTable
	set := func(t *value.Table, name string, v value.Value) { t.Set(value.String(name), v) }
	native := func(name string, fn vm.Func) value.Value { return value.OfFunction(h.native(name, fn)) }
	set(lib, "config", value.String("/\n;\n?\n!\n-\n"))
	set(lib, "preload", value.NewTable(0, 0).Value())
	set(lib, "searchpath", native("package.searchpath", h.searchPath))
	set(lib, "cpath", value.String("")) // there are no modules in C
	searchers := value.NewTable(4, 0)
	for i, fn := range h.searchers() {
		searchers.SetInt(int64(i)+1, native("package.searchers", fn))
	}
	set(lib, "searchers", searchers.Value())
	value.Set(globals, value.String("package"), lib.Value())
	loaded := value.NewTable(0, 32)
	for k, v, _ := value.Next(globals, value.Nil); !k.IsNil(); k, v, _ = value.Next(globals, k) {
		if v.IsTable() {
			loaded.Set(k, v)
		}
	}
	set(lib, "loaded", loaded.Value())
	h.engine.Loaded = &loaded.LTable
	for name, fn := range map[string]vm.Func{"require": h.require, "dofile": h.baseDoFile, "loadfile": h.baseLoadFile} {
		value.Set(globals, value.String(name), native(name, fn))
	}
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
	value.Set(h.packageLib, value.String("path"), value.String(path))
}

// require implements require(name) -> module. It suspends while the file is read, and while another
// task loads the same module.
func (h *Host) require(c vm.Call) int {
	name := c.Str(1)
	if v := value.GetString(h.packageTable(c, "loaded"), name); !v.IsNil() {
		return c.Return(v)
	}
	if other := h.loading[name]; other != nil {
		return h.await(c, other)
	}
	this := &load{host: h, name: name, by: h.sched.Current()}
	h.loading[name] = this
	searchers := value.GetString(h.packageLib, "searchers")
	if !searchers.IsTable() {
		this.Unwound()
		c.Raise("'package.searchers' must be a table")
	}
	this.searchers = searchers.LTable()
	return this.search(c)
}

// await is require of a module that another task loads: the rest of it is require again.
func (h *Host) await(c vm.Call, other *load) int {
	t := h.sched.Current()
	if h.loadsFor(other.by, t) {
		c.Raise("loop while loading module '%s'", other.name)
	}
	other.waiting = append(other.waiting, t)
	h.awaits[t] = other
	return h.sched.ParkCall(c, "require of '"+other.name+"', which another task loads", func(c vm.Call, t *sched.Task) int {
		delete(h.awaits, t)
		t.TakeWakeup()
		return c.Then(func(c vm.Call, _ any) int { return c.ReturnArgs(1) }, nil,
			value.GetString(h.engine.Globals(), "require"), value.String(other.name))
	})
}

// search asks the next searcher.
func (l *load) search(c vm.Call) int {
	l.asked++
	searcher := value.Get(l.searchers, value.Int(l.asked))
	if searcher.IsNil() {
		var known string
		if near := l.host.nearestModule(l.name); near != "" {
			known = "\n\tdid you mean '" + near + "'?"
		}
		l.Unwound()
		c.Raise("module '%s' not found:%s%s", l.name, l.tried.String(), known)
	}
	return c.Then(searched, l, searcher, value.String(l.name))
}

// searched is what require does with the answer of a searcher: a loader, or why there is none.
func searched(c vm.Call, state any) int {
	this := state.(*load)
	answer := c.Arg(1)
	if answer.Callable() {
		this.extra = c.Arg(2)
		return c.Then(loadedModule, this, answer, value.String(this.name), this.extra)
	}
	if answer.IsString() {
		text := answer.Str()
		if !strings.HasPrefix(text, "\n") {
			text = "\n\t" + text
		}
		this.tried.WriteString(text)
	}
	return this.search(c)
}

// loadedModule is what require does when the loader has returned.
func loadedModule(c vm.Call, state any) int {
	this := state.(*load)
	this.Unwound()
	loaded := this.host.packageTable(c, "loaded")
	module := c.Arg(1)
	if module.IsNil() {
		module = value.GetString(loaded, this.name) // the module may have entered itself
	}
	if module.IsNil() {
		module = value.True
	}
	value.Set(loaded, value.String(this.name), module)
	return c.Return2(module, this.extra)
}

// Unwound says that the module is not being loaded any more.
func (l *load) Unwound() {
	delete(l.host.loading, l.name)
	for _, t := range l.waiting {
		l.host.sched.Wake(t, lua.LNil, l)
	}
	l.waiting = nil
}

// loadsFor reports whether t is task, or waits (through any number of others) for a module that task
// loads: waiting for t would never end.
func (h *Host) loadsFor(t, task *sched.Task) bool {
	for range h.sched.Len() + 1 {
		if t == task {
			return true
		}
		other := h.awaits[t]
		if other == nil {
			return false
		}
		t = other.by
	}
	return false
}

// packageTable returns package.loaded or package.preload.
func (h *Host) packageTable(c vm.Call, field string) *lua.LTable {
	t := value.GetString(h.packageLib, field)
	if !t.IsTable() {
		c.Raise("package.%s must be a table", field)
	}
	return t.LTable()
}

// searchers are the functions that package.searchers has.
func (h *Host) searchers() []vm.Func {
	return []vm.Func{
		func(c vm.Call) int {
			if fn := value.GetString(h.packageTable(c, "preload"), c.Str(1)); !fn.IsNil() {
				return c.Return2(fn, value.String(":preload:"))
			}
			return c.Return(value.String("no field package.preload['" + c.Str(1) + "']"))
		},
		func(c vm.Call) int {
			name := c.Str(1)
			m, ok := h.modules[name]
			if !ok {
				return c.Return(value.String("no built-in module '" + name + "'"))
			}
			open := h.function(name, func(L *lua.LState) int {
				L.Push(m.Open(h.env, L))
				return 1
			})
			return c.Return2(value.OfFunction(open), value.String(":builtin:"))
		},
		func(c vm.Call) int {
			name := c.Str(1)
			file := strings.ReplaceAll(name, ".", string(filepath.Separator))
			path, tried := h.findFile(c, file, h.packagePath(c))
			if path == "" {
				return c.Return(value.String(tried))
			}
			fn, err := h.loadFile(c, path)
			if err != nil {
				c.Raise("error loading module '%s' from file '%s':\n\t%s", name, path, err)
			}
			return c.Return2(value.OfFunction(fn), value.String(path))
		},
	}
}

// loadFile reads and compiles a file. It suspends while it reads.
func (h *Host) loadFile(c vm.Call, path string) (*lua.LFunction, error) {
	var source []byte
	var err error
	h.sched.Block(c.Thread().LState(), "reading "+path, func() { source, err = h.readFile(path) })
	if err != nil {
		return nil, &Error{Message: describePathError("cannot open", path, err), Cause: err}
	}
	return h.compile(source, path, 1)
}

// baseLoadFile implements loadfile(name [, mode [, env]]) -> function | nil, err. There is only source
// text, so a mode without "t" is refused.
func (h *Host) baseLoadFile(c vm.Call) int {
	path := c.Str(1)
	if mode := c.OptStr(2, "bt"); !strings.Contains(mode, "t") {
		return c.Return2(value.Nil, value.String("attempt to load a text chunk (mode is '"+mode+"')"))
	}
	fn, err := h.loadFile(c, path)
	if err != nil {
		return c.Return2(value.Nil, value.String(err.Error()))
	}
	if c.Len() >= 3 {
		h.engine.SetEnvironment(fn, c.Arg(3))
	}
	return c.Return(value.OfFunction(fn))
}

// baseDoFile implements dofile(name) -> what the file returns.
func (h *Host) baseDoFile(c vm.Call) int {
	fn, err := h.loadFile(c, c.Str(1))
	if err != nil {
		c.RaiseValue(value.String(err.Error()))
	}
	return c.TailCall(value.OfFunction(fn))
}

func (h *Host) packagePath(c vm.Call) string {
	path := value.GetString(h.packageLib, "path")
	if !path.IsString() {
		c.Raise("'package.path' must be a string")
	}
	return path.Str()
}

// findFile looks a file up by a search path. tried lists the files that do not exist, one a line.
func (h *Host) findFile(c vm.Call, name, path string) (file, tried string) {
	templates := strings.Split(path, ";")
	h.sched.Block(c.Thread().LState(), "looking for a module", func() {
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

// searchPath implements package.searchpath(name, path [, sep [, rep]]) -> file | nil, tried.
func (h *Host) searchPath(c vm.Call) int {
	name := c.Str(1)
	if sep := c.OptStr(3, "."); sep != "" {
		name = strings.ReplaceAll(name, sep, c.OptStr(4, string(filepath.Separator)))
	}
	file, tried := h.findFile(c, name, c.Str(2))
	if file == "" {
		return c.Return2(value.Nil, value.String(strings.TrimPrefix(tried, "\n\t")))
	}
	return c.Return(value.String(file))
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

// readFile reads a file of the system.
func (h *Host) readFile(name string) ([]byte, error) {
	f, err := h.system.OpenFile(name, os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}
