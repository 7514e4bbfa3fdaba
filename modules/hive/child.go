package hive

import (
	"context"
	"errors"
	"sync"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
	"silly/internal/sched"
	"silly/luahost"
)

// A child is the host of a worker.
type child struct {
	host     *luahost.Host
	function value.Value // what the worker's code has returned
	closer   *luahost.Closer
	closing  sync.Once
}

// newChild makes a host beside that of env.
func newChild(env *luahost.Env) (*child, *failure) {
	host, err := env.NewHost()
	if err != nil {
		return nil, &failure{message: err.Error()}
	}
	return &child{host: host}, nil
}

// close ends what runs in the host. It waits for that.
func (ch *child) close() {
	ch.closing.Do(func() { _ = ch.host.Close() })
}

// source is what stands in messages for a worker's code.
const source = "=hive"

// load runs the code of a worker, which returns its function.
func (ch *child) load(ctx context.Context, code string, arguments []value.Value) *failure {
	failed := ch.run(ctx, func(c vm.Call) int {
		chunk, err := c.VM().Load([]byte(code), source, value.OfTable(c.VM().Globals()))
		if err != nil {
			c.RaiseValue(value.String(err.Error()))
		}
		return c.Then(func(c vm.Call, _ any) int {
			if c.Len() > 0 {
				ch.function = c.Arg(1)
			}
			return 0
		}, nil, chunk, arguments...)
	})
	if failed == nil && !ch.function.Callable() {
		return &failure{message: "the code of a worker must return a function, not a " + ch.function.TypeName()}
	}
	return failed
}

// call calls the function and returns copies of its results.
func (ch *child) call(ctx context.Context, arguments []value.Value) (results []value.Value, failed *failure) {
	failed = ch.run(ctx, func(c vm.Call) int {
		return c.Then(func(c vm.Call, _ any) int {
			all := make([]value.Value, c.Len())
			for i := range all {
				all[i] = c.Arg(i + 1)
			}
			var err error
			if results, err = copyAll(all); err != nil {
				c.RaiseValue(value.String("result: " + err.Error()))
			}
			return 0
		}, nil, ch.function, arguments...)
	})
	return results, failed
}

// run runs a native function as a task of the host and waits for its end. When ctx ends before, the host closes.
func (ch *child) run(ctx context.Context, f vm.Func) *failure {
	ended := make(chan *failure, 1)
	env := ch.host.Env()
	ran := env.Do(func(*lua.LState) {
		env.Fork(sched.Of(env).Native("hive worker", f), nil, func(err *luahost.Error) { ended <- failureOf(err) })
	})
	if !ran {
		return &failure{message: workerEnded}
	}
	select {
	case failed := <-ended:
		return failed
	case <-ctx.Done():
		ch.close()
		return &failure{message: workerEnded}
	}
}

// workerEnded is what a task gets whose worker has ended under it: the host stops, or the worker has called os.exit.
const workerEnded = "the worker has ended"

// A failure is an error of a worker, for the task that waits for it.
type failure struct {
	message string
	value   value.Value // nil if the message is all
}

// failureOf is the failure of a task; nil if there was none. The caller holds the VM lock of its host.
func failureOf(err *luahost.Error) *failure {
	if err == nil {
		return nil
	}
	f := &failure{message: err.Message}
	if err.Value != nil {
		if copies, failed := copyAll([]value.Value{value.Import(err.Value)}); failed == nil {
			f.value = copies[0]
		}
	}
	if errors.Is(err, luahost.ErrClosed) {
		f.message = workerEnded
	}
	return f
}

// raise raises the failure in the calling task.
func (f *failure) raise(L *lua.LState) {
	v := f.value
	if v.IsNil() {
		v = value.String(f.message)
	}
	vm.ThreadOf(L).Raise(v)
}
