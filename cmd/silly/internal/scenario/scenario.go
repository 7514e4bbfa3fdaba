// Package scenario loads a server with operations that are Lua functions.
package scenario

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/load"
	"silly/internal/lua/value"
	"silly/internal/lua/vm"
	"silly/internal/sched"
	"silly/luahost"
	"silly/modules"
)

// Options say what to run.
type Options struct {
	Path           string // of a Lua file that returns a function of a connection
	URL            string // which it gets
	Connections    int    // how many run it at the same time
	WarmUp, Window time.Duration
	Network        luahost.Network
	Stdout, Stderr io.Writer
	// Progress is told each second how it goes; nil is nobody.
	Progress func(elapsed time.Duration, operations int64)
}

//go:embed scenario.lua
var driver string

// driverName is the name of the main script.
const driverName = "silly.bench"

// A run is one run of a scenario.
type run struct {
	Options
	recorder load.Recorder
	within   context.Context // of the host's program
	cancel   context.CancelFunc
	over     atomic.Bool // the window has passed
	timing   sync.WaitGroup
	start    time.Time
}

// Run runs a scenario. The end of ctx ends the window early. The error is a *luahost.Error, or another one of a run of a host, when
// the scenario cannot be run.
func Run(ctx context.Context, o Options) (load.Result, error) {
	r := &run{Options: o, start: time.Now()}
	host, err := luahost.New(luahost.Options{
		Modules: append(modules.Standard(), luahost.Module{Name: "silly.bench.native", Open: r.open}),
		Network: o.Network, Stdin: strings.NewReader(""), Stdout: o.Stdout, Stderr: o.Stderr,
	})
	if err != nil {
		return load.Result{}, err
	}
	defer host.Close()
	var within context.Context
	within, r.cancel = context.WithCancel(ctx)
	defer r.cancel()
	r.within = within
	ticked := make(chan struct{})
	go func() {
		defer close(ticked)
		r.tick(within)
	}()
	err = host.RunString(within, driverName, driver)
	r.cancel()
	<-ticked
	r.timing.Wait()
	if r.over.Load() || ctx.Err() != nil {
		err = nil
	}
	return r.recorder.Result(), err
}

// tick tells of the progress.
func (r *run) tick(ctx context.Context) {
	if r.Progress == nil {
		return
	}
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if elapsed, operations := r.recorder.Progress(); elapsed > 0 {
				r.Progress(elapsed, operations)
			}
		}
	}
}

// time begins and ends the window, also when the scenario never waits.
func (r *run) time() {
	wait := func(d time.Duration) {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-r.within.Done():
		case <-timer.C:
		}
	}
	wait(r.WarmUp)
	if r.within.Err() != nil {
		return
	}
	r.recorder.Begin()
	wait(r.Window)
	if r.within.Err() == nil {
		r.over.Store(true)
		r.cancel()
	}
}

// open makes the functions that the driver calls.
func (r *run) open(env *luahost.Env, L *lua.LState) lua.LValue {
	module := L.NewTable()
	for name, fn := range map[string]vm.Func{
		"now":    func(c vm.Call) int { return c.Return(value.Int(int64(time.Since(r.start)))) },
		"done":   r.done,
		"failed": r.failed,
		"begin":  func(vm.Call) int { r.timing.Go(r.time); return 0 },
	} {
		module.RawSetString(name, sched.Of(env).Native(name, fn))
	}
	folder := filepath.Dir(r.Path)
	for name, text := range map[string]string{
		"file": r.Path, "url": r.URL,
		"path": filepath.Join(folder, "?.lua") + ";" + filepath.Join(folder, "?", "init.lua") + ";",
	} {
		module.RawSetString(name, lua.LString(text))
	}
	for name, n := range map[string]int64{
		"connections": int64(r.Connections),
	} {
		module.RawSetString(name, lua.LNumber(n))
	}
	return module
}

// done implements done(began): an operation has ended well.
func (r *run) done(c vm.Call) int {
	if r.over.Load() {
		return 0
	}
	r.recorder.Done(time.Since(r.start) - time.Duration(c.Arg(1).AsInt()))
	return 0
}

// failed implements failed(err): an operation has failed.
func (r *run) failed(c vm.Call) int {
	if r.over.Load() { // it may have failed because of the end
		return 0
	}
	r.recorder.Failed(fmt.Sprint(luahost.Describe(c.Thread().LState(), value.Export(c.Arg(1)))))
	return 0
}
