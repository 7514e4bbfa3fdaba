package luahost

import (
	"context"
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"time"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/compile"
	"silly/internal/lua/syntax"
	"silly/internal/lua/value"
	"silly/internal/lua/vm"
	"silly/internal/sched"
)

// A Session runs pieces of code in a host, one after the other, as a prompt does: each as a task of its own, while
// the tasks and servers that earlier ones have started go on. Its program ends when [Session.End] is called, a script
// calls silly.exit, or the host stops; not when tasks wait for each other. One goroutine at a time runs pieces.
type Session struct {
	host    *Host
	program *program
	// locals are the variables that the pieces have declared outside of blocks. The VM lock guards it.
	locals map[string]*vm.Upval
}

// Begin begins a session in the place of a main script. args are the script's in the table arg, with name as index 0.
func (h *Host) Begin(name string, args ...string) (*Session, error) {
	s := &Session{host: h, program: &program{done: make(chan struct{}), session: true}, locals: make(map[string]*vm.Upval)}
	busy := false
	ran := h.Do(func(L *lua.LState) {
		if busy = h.program != nil; !busy {
			h.program = s.program
			h.setArguments(L, name, args)
		}
	})
	switch {
	case !ran:
		return nil, closedError
	case busy:
		return nil, errBusyHost
	}
	return s, nil
}

// Done is closed when the session has ended. Any goroutine may call it.
func (s *Session) Done() <-chan struct{} { return s.program.done }

// Err is why the session has ended, as Run returns it; it is called after Done is closed.
func (s *Session) Err() error { return s.program.err }

// End ends the session, and what it has started. Any goroutine may call it.
func (s *Session) End() { s.host.end(nil) }

// RunFile runs a file with the arguments of the session. Its locals are its own. The error is as for Run.
func (s *Session) RunFile(ctx context.Context, path string) error {
	source, err := readScript(path)
	if err != nil {
		return err
	}
	proto, err := Compile(source, path, 1)
	if err != nil {
		return err
	}
	return s.run(ctx, func() *sched.Task {
		s.host.setScriptPath(filepath.Dir(path))
		return s.host.scriptTask(proto)
	}, func() {})
}

// Run runs a chunk, whose variables outside of blocks later pieces see, if it ends without an error. The chunk
// becomes the session's. results is called with what the chunk returns, in its task; nil is nobody. The error is an
// *Error, whose cause is that of ctx when that ended first: the task was ended then, or ends when what it waits for
// comes.
func (s *Session) Run(ctx context.Context, chunk *syntax.Chunk, results vm.Func) error {
	locals, kept := keepLocals(chunk)
	proto, err := compile.Within(chunk, "@"+chunk.Name, s.visible(ctx))
	if err != nil && kept { // there is no room for what keeps them
		*chunk.Main.Body = *locals.without
		proto, err = compile.Within(chunk, "@"+chunk.Name, s.visible(ctx))
	}
	if err != nil {
		return &Error{Message: err.Error(), Cause: err}
	}
	found := make(map[string]*vm.Upval)
	return s.run(ctx, func() *sched.Task {
		h := s.host
		fn := h.engine.NewFunction(proto, value.OfTable(h.engine.Globals()))
		for _, u := range vm.Upvalues(fn)[1:] {
			if u.Name() == keeper {
				u.Join(vm.NewVariable(value.OfFunction(h.native(keeper, locals.keep(found)))))
			} else {
				u.Join(s.locals[u.Name()])
			}
		}
		if results == nil {
			return h.sched.NewTask(fn.LFunction())
		}
		return h.sched.NewTask(h.native(resultsName, func(c vm.Call) int {
			return c.Then(func(c vm.Call, _ any) int { return results(c) }, nil, fn)
		}))
	}, func() { maps.Copy(s.locals, found) })
}

// A View is what a session has, for who holds the VM lock.
type View struct {
	Globals *lua.LTable
	Locals  map[string]value.Value
}

// Look calls f with the VM lock held, also while a task computes, and reports whether it has done so within patience;
// otherwise f may run later. f must neither wait nor run script functions. Any goroutine may call it.
func (s *Session) Look(patience time.Duration, f func(View)) bool {
	return s.host.inspectWithin(patience, func() {
		locals := make(map[string]value.Value, len(s.locals))
		for name, variable := range s.locals {
			locals[name] = vm.ValueOf(variable)
		}
		f(View{s.host.engine.Globals(), locals})
	})
}

// visible are the names of the locals.
func (s *Session) visible(ctx context.Context) []string {
	names := []string{keeper}
	s.enter(ctx, func() { names = slices.AppendSeq(names, maps.Keys(s.locals)) })
	return names
}

// enter calls f with the VM lock held, and reports whether it did. If ctx ends while a task computes and holds the
// VM, that task is ended: nothing could run any more.
func (s *Session) enter(ctx context.Context, f func()) bool {
	h := s.host
	done := make(chan bool, 1)
	go func() { done <- h.Do(func(*lua.LState) { f() }) }()
	for {
		select {
		case ran := <-done:
			return ran
		case <-ctx.Done():
		}
		turns := make(chan uint64, 1)
		if !h.inspectWithin(endPatience, func() { turns <- h.sched.Turns() }) {
			continue // a native function computes
		}
		turn := <-turns
		abort := &vm.Abort{Reason: errInterrupted, Concerns: func() bool { return h.sched.Turns() == turn }}
		h.engine.Interrupt(abort)
		select {
		case ran := <-done:
			h.engine.TakeBack(abort)
			return ran
		case <-time.After(endPatience): // others compute, too
			h.engine.TakeBack(abort)
		}
	}
}

var errInterrupted = errors.New("interrupted")

// How long Run waits for a task that was interrupted: for its variables to be closed, and if it waits for the outside
// world, which may take long.
const (
	endPatience = time.Second
	ioPatience  = 50 * time.Millisecond
)

// run runs the task that start makes, until it ends or ctx does, and calls well if it has ended without an error. Both
// are called with the VM lock held.
func (s *Session) run(ctx context.Context, start func() *sched.Task, well func()) error {
	h := s.host
	ended := make(chan *Error, 1)
	var t *sched.Task
	ran := s.enter(ctx, func() {
		if ctx.Err() == nil {
			t = start()
			t.Owner = &duty{done: func(_ []lua.LValue, err *Error) {
				if err == nil {
					well()
				}
				ended <- err
			}}
			h.sched.Start(t)
		}
	})
	switch {
	case !ran:
		return closedError
	case t == nil:
		return &Error{Message: "interrupted", Cause: ctx.Err()}
	}
	select {
	case err := <-ended:
		if err == nil {
			return nil
		}
		return err
	case <-ctx.Done():
	}
	why := &Error{Message: "interrupted", Cause: ctx.Err()}
	traces := make(chan []Frame, 1)
	if h.inspectWithin(endPatience, func() { traces <- h.reportTask(t).Traceback }) {
		why.Traceback = <-traces
	}
	abort := &vm.Abort{Reason: ctx.Err(), Concerns: func() bool { return h.sched.Current() == t }}
	h.engine.Interrupt(abort) // it may be computing, and hold the VM
	defer h.engine.TakeBack(abort)
	patience := endPatience
	inIO := make(chan bool, 1)
	if h.inspectWithin(endPatience, func() { // another task may compute
		inIO <- t.Status() == sched.InIO
		h.sched.Kill(t)
	}) && <-inIO {
		patience = ioPatience
	}
	select {
	case <-ended:
	case <-time.After(patience):
	}
	return why
}

// resultsName is the function that calls a chunk for its results; tracebacks do not have it.
const resultsName = "(results)"

// keeper is the name of the function that keeps variables; no script can write it.
const keeper = "(keep)"

// A keeping is the variables of a chunk that later ones see.
type keeping struct {
	names   []string      // of those outside of blocks, each once
	without *syntax.Block // the body as it was written
}

// keepLocals adds a call at the end of a chunk that hands its variables to the keeper. Those that end there, because
// they are declared with <close>, are not kept. It reports whether there are any.
func keepLocals(chunk *syntax.Chunk) (k keeping, any bool) {
	body := chunk.Main.Body
	without := *body
	k.without = &without
	add := func(name *syntax.Name) {
		if name.Text != "_ENV" && !slices.Contains(k.names, name.Text) {
			k.names = append(k.names, name.Text)
		}
	}
	for _, s := range body.Stmts {
		switch s := s.(type) {
		case *syntax.LocalFunction:
			add(s.Name)
		case *syntax.Local:
			for i, name := range s.Names {
				if s.Attribs[i] == nil || s.Attribs[i].Text != "close" {
					add(name)
				}
			}
		}
	}
	if len(k.names) == 0 {
		return k, false
	}
	end := len(body.Stmts)
	for ; end > 0; end-- { // a label at the end stays there: a goto to it may pass declarations
		switch body.Stmts[end-1].(type) {
		case *syntax.Label, *syntax.Empty, *syntax.Return:
			continue
		}
		break
	}
	pos := body.End
	result := &syntax.Return{Pos: pos}
	for _, name := range k.names {
		result.Values = append(result.Values, &syntax.NameExpr{Pos: pos, Name: name})
	}
	inner := &syntax.Block{Pos: pos, End: pos, Stmts: []syntax.Stmt{result}}
	closure := &syntax.FunctionExpr{Pos: pos, Func: &syntax.Function{Pos: pos, End: pos, After: pos, Body: inner}}
	call := &syntax.Call{Pos: pos, Func: &syntax.NameExpr{Pos: pos, Name: keeper}, Args: []syntax.Expr{closure}, End: pos}
	body.Stmts = slices.Insert(slices.Clone(body.Stmts), end, syntax.Stmt(&syntax.CallStmt{Pos: pos, Call: call}))
	return k, true
}

// keep is the keeper: it finds the variables in the function that returns them. Those whose values the compiler has
// put in their place are its results.
func (k keeping) keep(found map[string]*vm.Upval) vm.Func {
	return func(c vm.Call) int {
		f := c.Arg(1)
		for _, u := range vm.Upvalues(f) {
			found[u.Name()] = u.Variable()
		}
		return c.Then(func(c vm.Call, _ any) int {
			for i, name := range k.names {
				if found[name] == nil {
					found[name] = vm.NewVariable(c.Arg(i + 1))
				}
			}
			return 0
		}, nil, f)
	}
}
