package value

import (
	"fmt"
	"math"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// sharedTable is a shared table with these keys and values.
func sharedTable(entries ...Value) *lua.LTable {
	t := &NewTable(0, 0).LTable
	ShareTable(t)
	for i := 0; i < len(entries); i += 2 {
		Set(t, entries[i], entries[i+1])
	}
	return t
}

// numbers are those at the edges of what gopher-lua's numbers can tell apart.
var numbers = []Value{
	Int(0), Int(1), Int(-1), Int(1 << 53), Int(1<<53 + 1), Int(-1 << 53), Int(-1<<53 - 1), Int(math.MaxInt64), Int(math.MinInt64),
	Float(0), Float(math.Copysign(0, -1)), Float(1), Float(-1), Float(0.5), Float(1 << 53), Float(1<<53 + 2), Float(1 << 62),
	Float(1 << 63), Float(-1 << 63), Float(1e300), Float(math.Inf(1)), Float(math.Inf(-1)), Float(math.NaN()), Float(math.SmallestNonzeroFloat64),
}

// same reports whether two values are the same, of the same kind of number too.
func same(a, b Value) bool {
	if a.IsNumber() || b.IsNumber() {
		return a == b
	}
	return a.Kind() == b.Kind() && RawEqual(a, b)
}

func TestValuesSurviveExportAndImport(t *testing.T) {
	t.Parallel()
	values := append([]Value{
		Nil, False, True, String(""), String("a"), String("\x00\xff"), String("a longer string"), String("hashed").Hashed(),
	}, numbers...)
	values = append(values, someObjects()...)
	for _, v := range values {
		lv := Export(v)
		if got := Import(lv); !same(got, v) {
			t.Errorf("%s (%d) came back as %s (%d) from %T", text(v), v.Kind(), text(got), got.Kind(), lv)
		}
		if lv.Type().String() != v.TypeName() {
			t.Errorf("%s is a %s for gopher-lua, want %s", text(v), lv.Type(), v.TypeName())
		}
		if _, theirs := lv.(lua.LNumber); (v.IsInt() || v.IsFloat() && !theirs) && lv.String() != NumberText(v) {
			t.Errorf("%s is %q for gopher-lua", NumberText(v), lv.String())
		}
	}
	for _, lv := range []lua.LValue{
		lua.LNil, lua.LTrue, lua.LFalse, lua.LNumber(1), lua.LNumber(-0.5), lua.LString("x"), &lua.LTable{Metatable: lua.LNil}, &lua.LUserData{},
		&lua.LFunction{IsG: true}, make(lua.LChannel), Integer(1<<53 + 1), WholeFloat(3),
	} {
		if got := Export(Import(lv)); got != lv {
			t.Errorf("%T %s came back as %T %s", lv, lv, got, got)
		}
	}
	if v := Import(nil); !v.IsNil() {
		t.Errorf("nil is %s", text(v))
	}
}

func TestArgumentsOfForeignFunctionsAreTheirNumbers(t *testing.T) {
	t.Parallel()
	for _, v := range numbers {
		lv, ok := ExportArgument(v).(lua.LNumber)
		f, _ := ToFloat(v)
		if !ok || math.Float64bits(float64(lv)) != math.Float64bits(f) {
			t.Errorf("%s is %v", text(v), lv)
		}
	}
}

func TestNumbersSurviveInSharedTables(t *testing.T) {
	t.Parallel()
	for i, v := range numbers {
		for _, k := range []Value{String("k"), Int(1), Int(1 << 40), Float(0.5), True} {
			own := NewTable(0, 0)
			own.Set(k, v)
			ShareTable(&own.LTable)
			if got := Get(&own.LTable, k); !same(got, v) {
				t.Errorf("number %d, %s, became %s", i, text(v), text(got))
			}
			if got := Get(sharedTable(k, v), k); !same(got, v) {
				t.Errorf("number %d, %s, was stored as %s", i, text(v), text(got))
			}
		}
		k, ok := NormalKey(v)
		if !ok {
			continue
		}
		own := NewTable(0, 0)
		own.Set(v, True)
		ShareTable(&own.LTable)
		for _, table := range []*lua.LTable{&own.LTable, sharedTable(v, True)} {
			if got := Get(table, v); got != True {
				t.Errorf("the key %s has %s", text(v), text(got))
			}
			if keys, _ := traverse(t, table); len(keys) != 1 || !same(keys[0], k) {
				t.Errorf("the key %s became %s", text(v), text(keys[0]))
			}
			Set(table, v, Nil)
			if keys, _ := traverse(t, table); len(keys) != 0 {
				t.Errorf("the key %s is still there", text(v))
			}
		}
	}
}

// TestSharingReachesEverything: keys, values and metatables, in depth and in circles.
func TestSharingReachesEverything(t *testing.T) {
	t.Parallel()
	root, key, meta, deep, far := NewTable(0, 0), NewTable(0, 0), NewTable(0, 0), NewTable(0, 0), NewTable(0, 0)
	root.Set(key.Value(), True)
	root.SetInt(1, deep.Value())
	root.SetInt(1_000_000, far.Value())
	deep.Set(String("root"), root.Value())
	meta.Set(String("__index"), meta.Value())
	key.Set(String("meta"), meta.Value())
	SetMetatable(&deep.LTable, &meta.LTable)
	Export(root.Value())
	for name, table := range map[string]*Table{"root": root, "key": key, "metatable": meta, "value": deep, "far": far} {
		if Owned(&table.LTable) != nil {
			t.Errorf("the %s is not shared", name)
		}
	}
	if Get(&root.LTable, key.Value()) != True || Get(&deep.LTable, String("root")).LTable() != &root.LTable {
		t.Error("contents are lost")
	}
	if Metatable(&deep.LTable) != &meta.LTable || deep.LTable.Metatable != lua.LValue(&meta.LTable) {
		t.Error("the metatable is lost")
	}
	if root.LTable.Metatable != lua.LNil {
		t.Errorf("no metatable is %v", root.LTable.Metatable)
	}

	// What is stored in a shared table becomes shared.
	late := NewTable(0, 0)
	Set(&root.LTable, String("late"), late.Value())
	lateKey := NewTable(0, 0)
	Set(&root.LTable, lateKey.Value(), True)
	lateMeta := NewTable(0, 0)
	SetMetatable(&root.LTable, &lateMeta.LTable)
	if Owned(&late.LTable) != nil || Owned(&lateKey.LTable) != nil || Owned(&lateMeta.LTable) != nil {
		t.Error("what was stored later is not shared")
	}
	ShareTable(&root.LTable) // changes nothing
	if Get(&root.LTable, String("late")).LTable() != &late.LTable {
		t.Error("sharing twice loses contents")
	}
}

func TestSharingALongListTakesNoStack(t *testing.T) {
	t.Parallel()
	const tables = 100_000
	for name, key := range map[string]Value{"fields": String("next"), "elements": Int(1), "far elements": Int(1000)} {
		first := NewTable(0, 0)
		last := first
		for range tables {
			next := NewTable(0, 0)
			last.Set(key, next.Value())
			last = next
		}
		last.Set(String("end"), True)
		Export(first.Value())
		n := 0
		table := &first.LTable
		for v := Get(table, key); v.IsTable(); v = Get(table, key) {
			table = v.LTable()
			n++
		}
		if n != tables || Get(table, String("end")) != True {
			t.Errorf("%s: %d tables", name, n)
		}
	}
}

// TestGopherLuaSeesWhatLuaStored calls gopher-lua's own methods on a table that Lua code has filled.
func TestGopherLuaSeesWhatLuaStored(t *testing.T) {
	t.Parallel()
	own := NewTable(0, 0)
	for i := range int64(100) {
		own.SetInt(i+1, Int(i*i))
	}
	own.Set(String("name"), String("value"))
	own.Set(Float(0.5), String("half"))
	own.Set(Int(0), String("zero"))
	own.Set(Int(-7), String("minus seven"))
	own.Set(True, String("yes"))
	own.Set(String("removed"), True)
	own.Set(String("removed"), Nil)
	later := sharedTable()
	for k, v, _ := own.Next(Nil); !k.IsNil(); k, v, _ = own.Next(k) {
		Set(later, k, v)
	}
	exported := Export(own.Value()).(*lua.LTable)
	for name, table := range map[string]*lua.LTable{"stored before": exported, "stored after": later} {
		t.Run(name, func(t *testing.T) {
			if n := table.Len(); n != 100 {
				t.Errorf("Len is %d", n)
			}
			if n := table.MaxN(); n != 100 {
				t.Errorf("MaxN is %d", n)
			}
			for want, got := range map[lua.LValue]lua.LValue{
				lua.LNumber(81):            table.RawGetInt(10),
				lua.LNumber(64):            table.RawGet(lua.LNumber(9)),
				lua.LString("value"):       table.RawGetString("name"),
				lua.LString("half"):        table.RawGet(lua.LNumber(0.5)),
				lua.LString("zero"):        table.RawGet(lua.LNumber(0)),
				lua.LString("minus seven"): table.RawGetH(lua.LNumber(-7)),
				lua.LString("yes"):         table.RawGet(lua.LTrue),
				lua.LNil:                   table.RawGetString("removed"),
			} {
				if got != want {
					t.Errorf("%v, want %v", got, want)
				}
			}
			count := 0
			table.ForEach(func(k, v lua.LValue) {
				count++
				if table.RawGet(k) != v {
					t.Errorf("ForEach: [%v] is %v", k, v)
				}
			})
			if count != 105 {
				t.Errorf("ForEach has %d entries", count)
			}
			seen := make(map[lua.LValue]bool)
			for k, v := table.Next(lua.LNil); k != lua.LNil; k, v = table.Next(k) {
				if seen[k] {
					t.Fatalf("Next returns %v twice", k)
				}
				seen[k] = true
				if table.RawGet(k) != v {
					t.Errorf("Next: [%v] is %v", k, v)
				}
			}
			if len(seen) != 105 {
				t.Errorf("Next has %d entries", len(seen))
			}
		})
	}
}

// TestLuaSeesWhatGopherLuaStored fills a table by gopher-lua's own methods.
func TestLuaSeesWhatGopherLuaStored(t *testing.T) {
	t.Parallel()
	L := lua.NewState(lua.Options{SkipOpenLibs: true})
	t.Cleanup(L.Close)
	for name, table := range map[string]*lua.LTable{"of ours": sharedTable(), "of gopher-lua": L.NewTable()} {
		t.Run(name, func(t *testing.T) {
			table.Append(lua.LString("one"))
			table.Append(lua.LNumber(2))
			table.RawSetInt(3, lua.LTrue)
			table.RawSetInt(6, lua.LString("six"))
			table.RawSetString("name", lua.LNumber(1.5))
			table.RawSet(lua.LNumber(-1), lua.LString("minus one"))
			table.RawSet(lua.LNumber(2.5), lua.LString("two and a half"))
			table.RawSetH(lua.LTrue, lua.LFalse)
			table.Insert(1, lua.LString("zero"))
			m := &model{}
			for _, e := range [][2]Value{
				{Int(1), String("zero")}, {Int(2), String("one")}, {Int(3), Int(2)}, {Int(4), True}, {Int(7), String("six")},
				{String("name"), Float(1.5)}, {Int(-1), String("minus one")}, {Float(2.5), String("two and a half")}, {True, False},
			} {
				m.set(e[0], e[1])
			}
			compare(t, table, m)
			table.Remove(1)
			table.RawSetString("name", lua.LNil)
			table.RawSetInt(6, lua.LNil)
			m = &model{}
			for _, e := range [][2]Value{
				{Int(1), String("one")}, {Int(2), Int(2)}, {Int(3), True}, {Int(-1), String("minus one")},
				{Float(2.5), String("two and a half")}, {True, False},
			} {
				m.set(e[0], e[1])
			}
			compare(t, table, m)
		})
	}
}

// TestBothSidesMayWriteASharedTable lets Lua and gopher-lua set keys of one table in turn.
func TestBothSidesMayWriteASharedTable(t *testing.T) {
	t.Parallel()
	table, m := sharedTable(), &model{}
	for i := range 1000 {
		k := int64(i*7919%200 + 1)
		v := Int(int64(i))
		if i%3 == 0 {
			v = Nil
		}
		if i%2 == 0 {
			Set(table, Int(k), v)
			Set(table, String(fmt.Sprint(k)), v)
		} else {
			table.RawSetInt(int(k), Export(v))
			table.RawSetString(fmt.Sprint(k), Export(v))
		}
		m.set(Int(k), v)
		m.set(String(fmt.Sprint(k)), v)
		if got := table.RawGetInt(int(k)); Import(got) != v {
			t.Fatalf("RawGetInt(%d) is %v, want %s", k, got, text(v))
		}
		if got := Get(table, String(fmt.Sprint(k))); got != v {
			t.Fatalf("[%d] is %s, want %s", k, text(got), text(v))
		}
	}
	compare(t, table, m)
}

// TestSharedTraversalEndsAfterTheArrayShrank: a key within the capacity of the array may lie in dict.
func TestSharedTraversalEndsAfterTheArrayShrank(t *testing.T) {
	t.Parallel()
	table := sharedTable()
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

// TestSharedKeysBehindTheArrayStay: an array that grows by more than one element takes over what dict has between.
func TestSharedKeysBehindTheArrayStay(t *testing.T) {
	t.Parallel()
	table := sharedTable(Int(300), String("kept"), Int(200), True, Int(350), True)
	if got := Get(table, Int(300)); !got.IsString() {
		t.Errorf("[300] is %s", text(got))
	}
	if keys, _ := traverse(t, table); len(keys) != 3 {
		t.Errorf("%d keys, want 3", len(keys))
	}
}
