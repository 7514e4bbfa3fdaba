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
