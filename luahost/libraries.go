package luahost

import (
	"io"
	"strings"
	"sync"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
	"silly/internal/visible"
)

// openLibraries adds to the standard library what needs the host.
func (h *Host) openLibraries() {
	h.SetGlobal("print", h.native("print", h.basePrint))
	h.SetGlobal("warn", h.native("warn", h.baseWarn))
	h.openPackage()
}

// lockStreams lets any goroutine write to the standard streams.
func (h *Host) lockStreams() {
	var mu sync.Mutex
	h.options.Stdout = &lockedWriter{mu: &mu, w: h.options.Stdout}
	h.options.Stderr = &lockedWriter{mu: &mu, w: h.options.Stderr}
}

// openModule opens a library and makes it a global.
func (h *Host) openModule(m Module) {
	h.sched.Lock()
	defer h.sched.Unlock()
	library := m.Open(h.env, h.root)
	h.SetGlobal(m.Name, library)
	value.Set(value.GetString(h.packageLib, "loaded").LTable(), value.String(m.Name), value.Import(library))
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

// basePrint implements print(...): one write per call, so that lines of tasks and processes do not mix.
func (h *Host) basePrint(c vm.Call) int {
	var b strings.Builder
	for i := 1; i <= c.Len(); i++ {
		if i > 1 {
			b.WriteByte('\t')
		}
		b.WriteString(c.Thread().ToString(c.Arg(i)))
	}
	b.WriteByte('\n')
	_, _ = io.WriteString(h.options.Stdout, b.String())
	return 0
}

// baseWarn implements warn(msg1, ...): "@on" and "@off" turn warnings on and off; at first they are off.
func (h *Host) baseWarn(c vm.Call) int {
	c.Str(1)
	var b strings.Builder
	for i := 1; i <= c.Len(); i++ {
		b.WriteString(c.Str(i))
	}
	switch message := b.String(); {
	case c.Len() == 1 && strings.HasPrefix(message, "@"):
		switch message {
		case "@on":
			h.warnings = true
		case "@off":
			h.warnings = false
		}
	case h.warnings:
		_, _ = io.WriteString(h.options.Stderr, visible.Text("Lua warning: "+message+"\n"))
	}
	return 0
}
