package value

import (
	"testing"

	lua "github.com/yuin/gopher-lua"
)

func shared(entries ...Value) *lua.LTable {
	t := &NewTable(0, 0).LTable
	ShareTable(t)
	for i := 0; i < len(entries); i += 2 {
		Set(t, entries[i], entries[i+1])
	}
	return t
}

// TestSharedTraversalEndsAfterTheArrayShrank: a key within the capacity of the array may lie in dict.
func TestSharedTraversalEndsAfterTheArrayShrank(t *testing.T) {
	table := shared()
	for i := range int64(1000) {
		Set(table, Int(i+1), True)
	}
	for i := int64(1000); i > 0; i-- {
		Set(table, Int(i), Nil)
	}
	Set(table, Int(900), True)
	if keys, _ := traverse(t, table); len(keys) != 1 {
		t.Errorf("%d keys", len(keys))
	}
}
