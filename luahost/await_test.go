package luahost_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"silly/internal/luatest"
	"silly/internal/poll"
	"silly/internal/sched"
	"silly/luahost"

	lua "github.com/yuin/gopher-lua"
)

// defective is an operation of a module with a defect.
type defective struct{ source poll.Source }

func (d *defective) Start(p *poll.Poller, owner any) (*poll.Source, time.Time) {
	d.source.Attach(p)
	d.source.Owner = owner
	d.source.MarkReady()
	return &d.source, time.Time{}
}

func (d *defective) Proceed() (bool, time.Time) { panic("defect") }

func (d *defective) Continue(*lua.LState, *sched.Task) int { return 0 }

// TestPanicInAnOperationFailsItsTask and no other.
func TestPanicInAnOperationFailsItsTask(t *testing.T) {
	module := luahost.Module{Name: "defective", Open: func(env *luahost.Env, L *lua.LState) lua.LValue {
		return env.Function(L, "defective.wait", func(L *lua.LState) int {
			return sched.Of(env).Await(L, "defective.wait", new(sched.WaitSlot), new(defective))
		})
	}}
	var log luatest.Output
	h, err := luahost.New(luahost.Options{Modules: []luahost.Module{module}, Stderr: &log})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	err = h.RunString(context.Background(), "main.lua", "local wait = require 'defective'\n\nwait()")
	if err == nil || !strings.Contains(err.Error(), "main.lua:3: internal error") {
		t.Errorf("the script returned %v", err)
	}
	if !strings.Contains(log.String(), "defect\n") {
		t.Errorf("the log has %q", log.String())
	}
}
