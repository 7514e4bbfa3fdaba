package luahost_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"silly/luahost"
	"silly/modules"
)

// TestReminder is the example of docs/embedding.md.
func TestReminder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		host, err := luahost.New(luahost.Options{Modules: modules.Standard(), Stdout: &out, Synctest: true})
		if err != nil {
			t.Fatal(err)
		}
		defer host.Close()
		begin := time.Now()
		err = host.RunString(t.Context(), "reminder", `
			local time = require "silly.time"
			time.after(24 * 3600 * 1000, function() print "a day later" end)`)
		if err != nil || out.String() != "a day later\n" || time.Since(begin) != 24*time.Hour {
			t.Errorf("after %v: %q, %v", time.Since(begin), out.String(), err)
		}
	})
}
