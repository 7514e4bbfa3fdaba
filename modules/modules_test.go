package modules_test

import (
	"testing"

	"silly/internal/luatest"
	"silly/luahost"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestScripts runs the Lua test scripts on an in-memory network.
func TestScripts(t *testing.T) {
	luatest.Scripts(t, "../testdata/lua/*.lua", luahost.Options{})
}

// TestScriptsInVirtualTime runs them once more where nobody waits for the clock. Some are about what has no part in that: child
// processes, files that are watched, and tasks that compute until it is late.
func TestScriptsInVirtualTime(t *testing.T) {
	luatest.VirtualScripts(t, "../testdata/lua/*.lua", luahost.Options{},
		"fs.lua", "io.lua", "perf.lua", "process.lua", "scheduler_order.lua", "websocket_time.lua")
}
