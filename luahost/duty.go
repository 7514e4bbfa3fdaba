package luahost

import (
	lua "github.com/yuin/gopher-lua"

	"silly/internal/sched"
)

// A duty is what a host knows about a task, beyond its scheduler. Most tasks have none.
type duty struct {
	main    bool // it is the main script
	handler bool // a graceful stop waits for it
	done    func(results []lua.LValue, err *Error)
}

// dutyOf is what the host knows about a task, which may be nothing.
func dutyOf(t *sched.Task) duty {
	if d, ok := t.Owner.(*duty); ok {
		return *d
	}
	return duty{}
}
