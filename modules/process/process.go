// Package process is the Lua module silly.process: other programs, without a shell in between.
package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/orphan"
	"silly/luahost"
)

// Module is silly.process.
var Module = luahost.Module{Name: "silly.process", Open: open}

const (
	// defaultMaxOutput is how much of each stream process.run collects, in bytes, unless the script says otherwise.
	defaultMaxOutput = 16 << 20
	// drainTime is how long the streams of a process are read on when it has ended: what it has started may hold them open.
	drainTime = time.Second
)

// binding is the module's state in one host.
type binding struct {
	env      *luahost.Env
	children *luahost.Class[*child]
}

func open(env *luahost.Env, L *lua.LState) lua.LValue {
	b := &binding{env: env}
	b.openChildren(L)
	module := L.NewTable()
	env.Install(L, module, "process", map[string]lua.LGFunction{"run": b.processRun, "start": b.processStart})
	return module
}

// command prepares the program in argument 1, a list of it and its arguments, with the options cwd and env.
func (b *binding) command(L *lua.LState, ctx context.Context, opts luahost.Fields) (*exec.Cmd, error) {
	argv := luahost.CheckTable(L, 1)
	words := make([]string, 0, argv.Len())
	for i := 1; i <= argv.Len(); i++ {
		switch word := argv.RawGetInt(i).(type) {
		case lua.LString:
			words = append(words, string(word))
		case lua.LNumber:
			words = append(words, word.String())
		default:
			luahost.ArgumentError(L, 1, fmt.Sprintf("string expected at index %d, got %s", i, word.Type()))
		}
		if strings.Contains(words[i-1], "\x00") {
			luahost.ArgumentError(L, 1, fmt.Sprintf("zero byte at index %d", i))
		}
	}
	if len(words) == 0 || words[0] == "" {
		luahost.ArgumentError(L, 1, "a list of the program and its arguments expected")
	}
	system, ok := b.env.System().(luahost.Processes)
	if !ok {
		return nil, errors.New("not available to this program")
	}
	cmd, err := system.Process(ctx, words[0], words[1:])
	if err != nil {
		return nil, err
	}
	if cwd := opts.String("cwd", ""); cwd != "" {
		cmd.Dir = cwd
	}
	if opts.Has("env") {
		variables, ok := opts.Get("env").(*lua.LTable)
		if !ok {
			opts.Wrong("env", "table")
		}
		environment(L, cmd, variables)
	}
	cmd.WaitDelay = drainTime
	ownGroup(cmd)
	cmd.Cancel = func() error { return killGroup(cmd) }
	return cmd, nil
}

// environment changes the variables of a process: false takes one away.
func environment(L *lua.LState, cmd *exec.Cmd, variables *lua.LTable) {
	all := make(map[string]string)
	for _, variable := range cmd.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		all[name] = value
	}
	variables.ForEach(func(key, v lua.LValue) {
		name, ok := key.(lua.LString)
		if !ok || name == "" || strings.ContainsAny(string(name), "=\x00") {
			luahost.ArgumentError(L, 2, "field 'env': names of variables expected as keys")
		}
		switch v := v.(type) {
		case lua.LString, lua.LNumber:
			all[string(name)] = v.String()
		case lua.LBool:
			if !v {
				delete(all, string(name))
				return
			}
		}
		if _, isText := v.(lua.LBool); isText || v.Type() == lua.LTTable || strings.Contains(all[string(name)], "\x00") {
			luahost.ArgumentError(L, 2, "field 'env': string or false expected for '"+string(name)+"'")
		}
	})
	cmd.Env = nil
	for _, name := range slices.Sorted(maps.Keys(all)) {
		cmd.Env = append(cmd.Env, name+"="+all[name])
	}
}

// failure is why a program could not be started.
func failure(cmd *exec.Cmd, err error) error {
	program := cmd.Args[0]
	var search *exec.Error
	var path *os.PathError
	if cmd.Dir != "" {
		if _, problem := os.Stat(cmd.Dir); errors.As(problem, &path) { // the system says this of the program
			return fmt.Errorf("cwd %s: %v", cmd.Dir, path.Err)
		}
	}
	switch {
	case errors.As(err, &search):
		err = search.Err
		if errors.Is(err, exec.ErrNotFound) {
			err = errors.New("program not found")
		}
	case errors.As(err, &path):
		err = path.Err
	}
	return errors.New(program + ": " + err.Error())
}

// processRun implements process.run(argv [, opts]) -> {ok, code, signal, stdout, stderr} | nil, err. It suspends until the program
// has ended.
func (b *binding) processRun(L *lua.LState) int {
	opts := luahost.OptFields(L, 2)
	opts.Only("cwd", "env", "stdin", "timeout", "max_output")
	input := opts.String("stdin", "")
	timeout := opts.Milliseconds("timeout", 0)
	limit := opts.Integer("max_output", defaultMaxOutput)
	ctx, cancel := context.WithCancelCause(b.env.Context())
	defer cancel(nil)
	cmd, err := b.command(L, ctx, opts)
	if err != nil {
		return luahost.PushError(L, err)
	}
	if input != "" {
		cmd.Stdin = strings.NewReader(input)
	}
	stdout, stderr := &collected{limit: limit, over: cancel}, &collected{limit: limit, over: cancel}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	b.env.Block(L, "process.run", func(context.Context) {
		if timeout > 0 {
			timer := time.AfterFunc(timeout, func() { cancel(errors.New("timeout")) })
			defer timer.Stop()
		}
		err = orphan.Run(cmd)
	})
	switch {
	case cmd.ProcessState == nil:
		return luahost.PushError(L, failure(cmd, err))
	case context.Cause(ctx) != nil:
		return luahost.PushError(L, context.Cause(ctx))
	}
	result := ended(L, cmd.ProcessState)
	result.RawSetString("stdout", lua.LString(stdout.data.Bytes()))
	result.RawSetString("stderr", lua.LString(stderr.data.Bytes()))
	L.Push(result)
	return 1
}

// collected is what a program has written to a stream.
type collected struct {
	data  bytes.Buffer
	limit int64
	over  func(why error) // ends the program
}

// Write implements io.Writer.
func (c *collected) Write(p []byte) (int, error) {
	if int64(c.data.Len()+len(p)) > c.limit {
		err := fmt.Errorf("output is longer than %d bytes", c.limit)
		c.over(err)
		return 0, err
	}
	return c.data.Write(p)
}

var _ io.Writer = (*collected)(nil)

// ended is how a process ended: {ok, code} or {ok, signal}.
func ended(L *lua.LState, state *os.ProcessState) *lua.LTable {
	t := L.CreateTable(0, 4)
	if name := signalOf(state); name != "" {
		t.RawSetString("ok", lua.LFalse)
		t.RawSetString("signal", lua.LString(name))
		return t
	}
	t.RawSetString("ok", lua.LBool(state.ExitCode() == 0))
	t.RawSetString("code", lua.LNumber(state.ExitCode()))
	return t
}
