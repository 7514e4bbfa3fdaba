package value

import (
	"runtime"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// weakTableOf makes a weak table.
func weakTableOf(mode string) *Table {
	t, mt := NewTable(0, 0), NewTable(0, 0)
	mt.Set(String("__mode"), String(mode))
	SetMetatable(&t.LTable, &mt.LTable)
	return t
}

// collected reports whether a condition holds after some collections.
func collected(condition func() bool) bool {
	for range 20 {
		runtime.GC()
		if condition() {
			return true
		}
	}
	return false
}

func count(t *testing.T, table *Table) int {
	keys, _ := traverse(t, &table.LTable)
	return len(keys)
}

// fill stores objects that nothing else refers to, as keys or as values.
func fill(table *Table, n int, asKeys bool) {
	for i := range int64(n) {
		var object Value
		switch i % 3 {
		case 0:
			object = NewTable(0, 0).Value()
		case 1:
			object = OfUserData(&lua.LUserData{})
		default:
			object = OfFunction(&lua.LFunction{IsG: true})
		}
		if asKeys {
			Set(&table.LTable, object, Int(i))
		} else {
			Set(&table.LTable, Int(i+1), object)
		}
	}
}

func TestWeakTablesLetGo(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		mode         string
		keys, values bool
	}{{"k", true, false}, {"v", false, true}, {"kv", true, true}, {"vk", true, true}, {"", false, false}, {"x", false, false}} {
		keys, values := weakTableOf(test.mode), weakTableOf(test.mode)
		fill(keys, 99, true)
		fill(values, 99, false)
		for name, table := range map[string]*Table{"keys": keys, "values": values} {
			weak := map[string]bool{"keys": test.keys, "values": test.values}[name]
			if !weak {
				runtime.GC()
				if n := count(t, table); n != 99 {
					t.Errorf("mode %q: %d of 99 %s are left", test.mode, n, name)
				}
			} else if !collected(func() bool { return count(t, table) == 0 }) {
				t.Errorf("mode %q: %d %s are kept", test.mode, count(t, table), name)
			}
		}
	}
}

func TestWeakTablesKeepWhatIsInUse(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"k", "v", "kv"} {
		table, object := weakTableOf(mode), NewTable(0, 0).Value()
		Set(&table.LTable, String("object"), object)
		Set(&table.LTable, object, String("value"))
		Set(&table.LTable, Int(1), String("strings are values"))
		Set(&table.LTable, Float(0.5), Int(1<<60))
		Set(&table.LTable, True, True)
		runtime.GC()
		runtime.GC()
		if n := count(t, table); n != 5 {
			t.Errorf("mode %q: %d entries, want 5", mode, n)
		}
		if got := Get(&table.LTable, object); got.Kind() != KindString {
			t.Errorf("mode %q: [object] is %s", mode, text(got))
		}
		if n := Len(&table.LTable); n != 1 {
			t.Errorf("mode %q: length %d", mode, n)
		}
		runtime.KeepAlive(object)
	}
}

// TestEphemeronsLetGo: the value of a weak key may refer to the key.
func TestEphemeronsLetGo(t *testing.T) {
	t.Parallel()
	table := weakTableOf("k")
	held := NewTable(0, 0)
	func() {
		for range 50 {
			key, val := NewTable(0, 0), NewTable(0, 0)
			val.Set(String("key"), key.Value())
			Set(&table.LTable, key.Value(), val.Value())
		}
		val := NewTable(0, 0)
		val.Set(String("key"), held.Value())
		val.Set(String("data"), String("still there"))
		Set(&table.LTable, held.Value(), val.Value())
	}()
	if !collected(func() bool { return count(t, table) == 1 }) {
		t.Errorf("%d of 1 entries are left", count(t, table))
	}
	v := Get(&table.LTable, held.Value())
	if !v.IsTable() || GetString(v.LTable(), "data").Str() != "still there" {
		t.Errorf("the value of a key in use is %s", text(v))
	}
	runtime.KeepAlive(held)
}

// TestWeakTablesGoThemselves: what hangs on a key must not hang there for ever when the weak table is gone.
func TestWeakTablesGoThemselves(t *testing.T) {
	key := NewTable(0, 0)
	before := heap()
	for i := range 5000 {
		table, val := weakTableOf("k"), NewTable(1000, 0)
		Set(&table.LTable, key.Value(), val.Value())
		if i%500 == 0 {
			runtime.GC()
		}
	}
	if after := heap(); after > before+10<<20 {
		t.Errorf("%d KB are kept", (after-before)>>10)
	}
	runtime.KeepAlive(key)
}

func TestModeMayChange(t *testing.T) {
	t.Parallel()
	table, object := weakTableOf("v"), NewTable(0, 0).Value()
	for i := range int64(10) {
		Set(&table.LTable, Int(i+1), object)
	}
	SetMetatable(&table.LTable, nil)
	if Own(&table.LTable) == nil || table.Len() != 10 {
		t.Errorf("strong again: length %d", Len(&table.LTable))
	}
	mt := NewTable(0, 0)
	mt.Set(String("__mode"), String("k"))
	SetMetatable(&table.LTable, &mt.LTable)
	if Own(&table.LTable) != nil || Len(&table.LTable) != 10 {
		t.Errorf("weak again: length %d", Len(&table.LTable))
	}
	Export(table.Value()) // foreign code does not know weak tables
	if Owned(&table.LTable) != nil || table.LTable.Len() != 10 || table.LTable.RawGetInt(3) != lua.LValue(object.LTable()) {
		t.Error("a weak table loses its contents when it becomes shared")
	}
	runtime.KeepAlive(object)
}

// TestWeakTraversalBearsCollections: an entry that goes away meanwhile does not end it.
func TestWeakTraversalBearsCollections(t *testing.T) {
	t.Parallel()
	table := weakTableOf("k")
	held := make([]Value, 100)
	for i := range held {
		held[i] = NewTable(0, 0).Value()
		Set(&table.LTable, held[i], True)
		fill(table, 3, true)
	}
	n := 0
	var k Value
	for {
		next, _, ok := Next(&table.LTable, k)
		if !ok {
			t.Fatal("next does not know its key")
		}
		if next.IsNil() {
			break
		}
		if n++; n%10 == 0 {
			runtime.GC()
		}
		Set(&table.LTable, next, Nil)
		k = next
	}
	if n < len(held) {
		t.Errorf("%d keys, %d are held", n, len(held))
	}
	runtime.KeepAlive(held)
}

// TestWeakTablesDoNotGrow: entries that went away make room.
func TestWeakTablesDoNotGrow(t *testing.T) {
	table := weakTableOf("k")
	fill(table, 1000, true)
	before := heap()
	for range 200 {
		fill(table, 1000, true)
		runtime.GC()
	}
	if after := heap(); after > before+1<<20 {
		t.Errorf("%d KB are kept", (after-before)>>10)
	}
	runtime.KeepAlive(table)
}
