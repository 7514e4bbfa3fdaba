package suite

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"silly/cmd/silly/internal/layout"
	"silly/cmd/silly/internal/linediff"
	"silly/cmd/silly/internal/results"
	"silly/internal/lua/value"
	"silly/internal/lua/vm"
	"silly/internal/sched"
	"silly/luahost"
)

const (
	// diffWidth is how wide the values of a comparison are laid out: narrow, so that a line has little more than one entry.
	diffWidth = 40
	// showWidth is how wide a value in a message may be.
	showWidth = 100_000
)

// A failureKey is the field of a failure's table that says which it is.
var failureKey = value.String("\x00failure").Hashed()

// open makes the functions that the driver calls.
func (s *session) open(env *luahost.Env, L *lua.LState) lua.LValue {
	n := &native{s, env}
	module := L.NewTable()
	for name, fn := range map[string]vm.Func{
		"failure": n.failure, "caught": n.caught, "plain": n.plain, "describe": n.describe, "show": n.show,
		"line": n.line, "print": n.print, "sort": n.sort,
		"broken": n.broken, "found": n.found, "order": n.order,
		"begin": n.begin, "enter": n.enter, "leave": n.leave, "mark": n.mark, "leaks": n.leaks, "finish": n.finish, "stop": n.stop,
	} {
		module.RawSetString(name, sched.Of(env).Native(name, fn))
	}
	module.RawSetString("file", lua.LString(s.runner.job.Path))
	if folder := filepath.Dir(s.runner.job.Path); folder != "." {
		module.RawSetString("path", lua.LString(filepath.Join(folder, "?.lua")+";"+filepath.Join(folder, "?", "init.lua")+";"))
	} else {
		module.RawSetString("path", lua.LString(""))
	}
	module.RawSetString("virtual", lua.LBool(!s.realtime))
	return module
}

// native are the functions of a session that the driver calls.
type native struct {
	*session
	env *luahost.Env
}

// frames are the calls that are active, innermost first.
func (n *native) frames(c vm.Call) []luahost.Frame { return luahost.Traceback(c.Thread().LState(), 0) }

// keep returns a table that stands for a failure.
func (n *native) keep(c vm.Call, f *results.Failure) int {
	n.failures = append(n.failures, f)
	t := value.NewTable(0, 2)
	t.Set(failureKey, value.Int(int64(len(n.failures))))
	text := f.Message
	if f.Line > 0 {
		text = fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Message)
	}
	t.Set(value.String("text"), value.String(text))
	return c.Return(t.Value())
}

// failure implements failure(message [, got, want [, last]]) -> failure | nil: one at the place of the call. It is nil for tables
// that differ in what is not shown, unless last is true.
func (n *native) failure(c vm.Call) int {
	f := n.session.failure("", n.frames(c))
	f.Message = c.Str(1)
	if c.Len() >= 3 {
		want, got := layout.Value(c, c.Arg(3), diffWidth), layout.Value(c, c.Arg(2), diffWidth)
		if want == got { // they differ in what is not shown
			switch {
			case c.Arg(2).IsTable() && c.Arg(4) != value.True:
				return c.Return(value.Nil)
			case c.Arg(2).IsString() && c.Arg(3).IsString():
				from := commonPrefix(c.Arg(2).Str(), c.Arg(3).Str())
				f.Message += fmt.Sprintf(" from byte %d", from+1)
				want = "..." + layout.Value(c, value.String(c.Arg(3).Str()[from:]), diffWidth)
				got = "..." + layout.Value(c, value.String(c.Arg(2).Str()[from:]), diffWidth)
			default:
				want, got = detailed(c.Arg(3), want), detailed(c.Arg(2), got)
			}
		}
		if strings.Contains(want+got, "\n") {
			f.Diff = linediff.Lines(strings.Split(want, "\n"), strings.Split(got, "\n"), nil)
		} else {
			f.Diff = []string{"-" + want, "+" + got}
		}
	}
	return n.keep(c, f)
}

// commonPrefix is how many bytes two strings begin with that are the same.
func commonPrefix(a, b string) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// detailed is the text of a value with its type.
func detailed(v value.Value, text string) string { return text + " (" + v.TypeName() + ")" }

// caught implements caught(err): the failure that a raised value is. It is called by the handler of xpcall.
func (n *native) caught(c vm.Call) int {
	return n.keep(c, n.session.failure(luahost.Describe(c.Thread().LState(), value.Export(c.Arg(1))), n.frames(c)))
}

// plain implements plain(message): a failure without a traceback.
func (n *native) plain(c vm.Call) int { return n.keep(c, n.session.failure(c.Str(1), nil)) }

// describe implements describe(err): the text of a raised value.
func (n *native) describe(c vm.Call) int {
	return c.Return(value.String(luahost.Describe(c.Thread().LState(), value.Export(c.Arg(1)))))
}

// show implements show(value): the value on a line.
func (n *native) show(c vm.Call) int {
	const most = 500
	text := layout.Value(c, c.Arg(1), showWidth)
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "..."
	}
	return c.Return(value.String(text))
}

// line implements line(): the line of the test file that is active.
func (n *native) line(c vm.Call) int {
	for _, f := range n.frames(c) {
		if f.Source == n.runner.source && f.Line > 0 {
			return c.Return(value.Int(int64(f.Line)))
		}
	}
	return c.Return(value.Int(1))
}

// print implements print(text): into the output of the test.
func (n *native) print(c vm.Call) int {
	_, _ = n.Write([]byte(c.Str(1)))
	return 0
}

// sort implements sort(keys): numbers first, then strings, then others as they are.
func (n *native) sort(c vm.Call) int {
	t := c.Table(1)
	keys := make([]value.Value, value.Len(t))
	for i := range keys {
		keys[i] = value.Get(t, value.Int(int64(i+1)))
	}
	slices.SortStableFunc(keys, layout.CompareKeys)
	for i, k := range keys {
		value.Set(t, value.Int(int64(i+1)), k)
	}
	return 0
}

// taken are the failures that a table lists.
func (n *native) taken(c vm.Call, arg int) []*results.Failure {
	var all []*results.Failure
	t := c.Table(arg)
	for i := range value.Len(t) {
		if f := n.of(value.Get(t, value.Int(i+1))); f != nil {
			all = append(all, f)
		}
	}
	return all
}

// of is the failure that a value stands for, or nil.
func (n *native) of(v value.Value) *results.Failure {
	if !v.IsTable() {
		return nil
	}
	if i := value.Get(v.LTable(), failureKey); i.IsInt() && i.AsInt() >= 1 && i.AsInt() <= int64(len(n.failures)) {
		return n.failures[i.AsInt()-1]
	}
	return nil
}

// isFailure reports whether an error is one that silly.test has raised.
func isFailure(e *luahost.Error) bool {
	t, ok := e.Value.(*lua.LTable)
	return ok && !value.Get(t, failureKey).IsNil()
}

// broken implements broken(failure): the file cannot be loaded.
func (n *native) broken(c vm.Call) int {
	n.fail(n.of(c.Arg(1)))
	return n.stop(c)
}

// found implements found(index, name, line, realtime): the file has registered a test.
func (n *native) found(c vm.Call) int {
	if n.first {
		line := int(c.Arg(3).AsInt())
		n.runner.tests = append(n.runner.tests, found{c.Str(2), line, c.Arg(4) == value.True})
	}
	return 0
}

// order implements order() -> {index}: which tests are to run, in which order.
func (n *native) order(c vm.Call) int {
	if n.first {
		if n.runner.tests == nil {
			n.runner.tests = []found{}
		}
		all := len(n.runner.left(false)) + len(n.runner.left(true))
		n.runner.tell(event{Kind: foundTests, Index: all})
		if n.runner.job.List {
			n.list()
		}
	}
	order := n.runner.left(n.realtime)
	t := value.NewTable(len(order), 0)
	for i, index := range order {
		t.SetInt(int64(i+1), value.Int(int64(index)))
	}
	return c.Return(t.Value())
}

// list tells of all tests, as if they had run.
func (n *native) list() {
	for _, realtime := range []bool{false, true} {
		for _, i := range n.runner.left(realtime) {
			t := n.runner.tests[i-1]
			n.runner.done = append(n.runner.done, i)
			n.runner.tell(event{Kind: ended, Result: results.Result{File: n.runner.job.Name, Line: t.line, Heading: t.name}})
		}
	}
}

// begin implements begin(index, name, line): a test begins.
func (n *native) begin(c vm.Call) int {
	n.index = int(c.Arg(1).AsInt())
	n.session.enter(c.Str(2), int(c.Arg(3).AsInt()))
	n.failures = n.failures[:0]
	n.runner.tell(event{Kind: begun, Index: n.index, Realtime: n.realtime, Result: n.result(n.test)})
	return 0
}

// enter implements enter(name, line) -> number: a part of a test begins.
func (n *native) enter(c vm.Call) int {
	n.session.enter(c.Str(1), int(c.Arg(2).AsInt()))
	return c.Return(value.Int(n.test.number))
}

// leave implements leave(number, failures, skip, parts): a part of a test has ended.
func (n *native) leave(c vm.Call) int {
	for p := n.test; p != nil; p = p.outer { // it is not there if its test is over
		if p.number == c.Arg(1).AsInt() {
			n.session.leave(p, n.taken(c, 2), skipped(c, 3), int(c.Arg(4).AsInt()))
			break
		}
	}
	return 0
}

// skipped is the reason why a test was skipped, nil if it was not.
func skipped(c vm.Call, arg int) *string {
	if v := c.Arg(arg); v.IsString() {
		reason := v.Str()
		return &reason
	}
	return nil
}

// finish implements finish(failures, skip, parts, leaks): the test has ended.
func (n *native) finish(c vm.Call) int {
	failures := n.taken(c, 1)
	if leak := n.of(c.Arg(4)); leak != nil {
		failures = append(failures, leak)
	}
	n.session.finish(failures, skipped(c, 2), int(c.Arg(3).AsInt()))
	return 0
}

// mark implements mark(): what there is now does not count as left by the test.
func (n *native) mark(vm.Call) int {
	n.before = make(map[itemKey]struct{})
	for _, item := range n.env.Inventory() {
		n.before[itemKey{item.Kind, item.Number}] = struct{}{}
	}
	return 0
}

// leaks implements leaks() -> failure | nil: what the test has left; leaks(true) is how many things these are.
func (n *native) leaks(c vm.Call) int {
	var left []luahost.Item
	me := sched.Of(n.env).Current().ID()
	for _, item := range n.env.Inventory() {
		if _, ok := n.before[itemKey{item.Kind, item.Number}]; !ok && (item.Kind != "task" || item.Number != me) {
			left = append(left, item)
		}
	}
	if c.Arg(1) == value.True {
		return c.Return(value.Int(int64(len(left))))
	}
	if len(left) == 0 {
		return c.Return(value.Nil)
	}
	f := n.session.failure("", left[0].Origin)
	f.Message = "it has left behind what it should have ended:"
	const most = 10
	for i, item := range left {
		if i == most {
			f.Message += fmt.Sprintf("\nand %d more", len(left)-most)
			break
		}
		f.Message += "\n" + item.Text
		for _, call := range item.Origin {
			if call.Line > 0 {
				f.Message += fmt.Sprintf(", made at %s:%d", n.file(call.Source), call.Line)
				break
			}
		}
	}
	return n.keep(c, f)
}

// stop implements stop(): nothing more runs in the host, whatever it has open.
func (n *native) stop(vm.Call) int {
	n.over = true
	n.cancel(nil)
	return 0
}
