package luahost

import (
	"io"
	"strings"
	"sync"

	"silly/luahost/stdlib"

	lua "github.com/yuin/gopher-lua"
)

// openLibraries makes Lua's own libraries fit for tasks: what gopher-lua gets wrong or leaves out, what
// must go through the host, and what would end the process.
func (h *Host) openLibraries() {
	L := h.root
	stdlib.Open(L)
	h.openPackage(L)
	h.openCoroutine(L)
	h.openBase(L)
	for _, name := range []string{"newproxy", "_printregs", "_GOPHER_LUA_VERSION", "channel"} {
		L.SetGlobal(name, lua.LNil)
	}
	h.packageTable(L, "loaded").RawSetString("channel", lua.LNil)
}

// openModule opens a library and makes it a global.
func (h *Host) openModule(m Module) {
	h.vm.Lock()
	defer h.pass()
	library := m.Open(h, h.root)
	h.root.SetGlobal(m.Name, library)
	h.packageTable(h.root, "loaded").RawSetString(m.Name, library)
}

func (h *Host) openBase(L *lua.LState) {
	h.pcallGuard = h.newGuard(L, nil)
	var mu sync.Mutex
	h.options.Stdout = &lockedWriter{mu: &mu, w: h.options.Stdout}
	h.options.Stderr = &lockedWriter{mu: &mu, w: h.options.Stderr}
	for name, fn := range map[string]lua.LGFunction{
		"dofile":   h.baseDoFile,
		"error":    h.baseError,
		"loadfile": h.baseLoadFile,
		"pcall":    h.basePCall,
		"print":    h.basePrint,
		"xpcall":   h.baseXPCall,
	} {
		L.SetGlobal(name, h.Function(L, name, fn))
	}
	h.Install(L, L.GetGlobal("debug").(*lua.LTable), "debug", map[string]lua.LGFunction{
		"getmetatable": debugGetMetatable,
		"traceback":    h.debugTraceback,
	})
}

// lockedWriter lets tasks and the host's log write to the same stream.
type lockedWriter struct {
	mu *sync.Mutex
	w  io.Writer
}

func (lw *lockedWriter) Write(p []byte) (int, error) {
	lw.mu.Lock()
	defer lw.mu.Unlock()
	return lw.w.Write(p)
}

// Stdin is the script's standard input.
func (h *Host) Stdin() io.Reader { return h.options.Stdin }

// Stdout is the script's standard output. Any goroutine may write to it.
func (h *Host) Stdout() io.Writer { return h.options.Stdout }

// Stderr is the script's standard error. Any goroutine may write to it.
func (h *Host) Stderr() io.Writer { return h.options.Stderr }

// basePrint implements print(...): one write per call, so that lines of tasks and processes do not mix.
func (h *Host) basePrint(L *lua.LState) int {
	var b strings.Builder
	for i := 1; i <= L.GetTop(); i++ {
		if i > 1 {
			b.WriteByte('\t')
		}
		b.WriteString(stdlib.ToString(L, L.Get(i)))
	}
	b.WriteByte('\n')
	_, _ = io.WriteString(h.options.Stdout, b.String())
	return 0
}

// debugTraceback implements debug.traceback([thread,] [message [, level]]) -> string.
func (h *Host) debugTraceback(L *lua.LState) int {
	var task *Task
	thread, n, level := L, 1, int64(1)
	if th, ok := L.Get(1).(*lua.LState); ok {
		thread, n, level = th, 2, 0
		task = h.TaskOf(th)
	}
	message := L.Get(n)
	switch message.(type) {
	case lua.LString, lua.LNumber, *lua.LNilType:
	default:
		L.Push(message)
		return 1
	}
	level = OptInteger(L, n+1, level)
	var frames []Frame
	switch {
	case task != nil && task.calling != nil:
		frames = task.traceback(int(level))
	case !isHandle(thread):
		frames = Traceback(thread, int(level))
	}
	text := FormatTraceback(frames)
	if message != lua.LNil {
		text = message.String() + "\n" + text
	}
	L.Push(lua.LString(text))
	return 1
}
