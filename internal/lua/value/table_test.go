package value

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// A model is what a table should have, in the plainest way.
type model struct {
	keys []Value
	vals []Value
}

func (m *model) find(k Value) int {
	return slices.IndexFunc(m.keys, func(v Value) bool { return RawEqual(v, k) })
}

func (m *model) set(k, v Value) {
	switch i := m.find(k); {
	case v.IsNil() && i >= 0:
		m.keys = slices.Delete(m.keys, i, i+1)
		m.vals = slices.Delete(m.vals, i, i+1)
	case v.IsNil():
	case i >= 0:
		m.vals[i] = v
	default:
		m.keys = append(m.keys, k)
		m.vals = append(m.vals, v)
	}
}

func (m *model) get(k Value) Value {
	if i := m.find(k); i >= 0 {
		return m.vals[i]
	}
	return Nil
}

// text is a value for messages.
func text(v Value) string {
	switch v.Kind() {
	case KindNil, KindFalse, KindTrue:
		return [...]string{"nil", "false", "true"}[v.Kind()]
	case KindInt, KindFloat:
		return NumberText(v)
	case KindString:
		return fmt.Sprintf("%q", v.Str())
	}
	return v.TypeName()
}

// traverse is all entries as Next has them. It fails if a key comes twice or the traversal does not end.
func traverse(t testing.TB, table *lua.LTable) (keys, vals []Value) {
	t.Helper()
	var k Value
	for {
		next, v, ok := Next(table, k)
		if !ok {
			t.Fatalf("next does not know the key %s", text(k))
		}
		if next.IsNil() {
			return keys, vals
		}
		if v.IsNil() {
			t.Fatalf("next returned nil for %s", text(next))
		}
		if len(keys) < 2000 && slices.ContainsFunc(keys, func(k Value) bool { return RawEqual(k, next) }) || len(keys) > 1<<22 {
			t.Fatalf("next returned the key %s twice", text(next))
		}
		keys, vals, k = append(keys, next), append(vals, v), next
	}
}

// compare compares a table with its model.
func compare(t testing.TB, table *lua.LTable, m *model) {
	t.Helper()
	keys, vals := traverse(t, table)
	if len(keys) != len(m.keys) {
		t.Fatalf("%d keys, want %d", len(keys), len(m.keys))
	}
	for i, k := range keys {
		if got, want := vals[i], m.get(k); !RawEqual(got, want) {
			t.Fatalf("[%s] is %s to next, want %s", text(k), text(got), text(want))
		}
	}
	for i, k := range m.keys {
		if got := Get(table, k); !RawEqual(got, m.vals[i]) {
			t.Fatalf("[%s] is %s, want %s", text(k), text(got), text(m.vals[i]))
		}
	}
	n := Len(table)
	if n < 0 || n > 0 && m.get(Int(n)).IsNil() || !m.get(Int(n+1)).IsNil() {
		t.Fatalf("%d is no border", n)
	}
}

// randomKey is a key out of few.
func randomKey(r *rand.Rand, objects []Value) Value {
	switch r.IntN(12) {
	case 0:
		return String(fmt.Sprint("k", r.IntN(20)))
	case 1:
		return Float(float64(r.IntN(10)) + 0.5)
	case 2:
		return Float(float64(r.IntN(20)))
	case 3:
		return Bool(r.IntN(2) == 0)
	case 4:
		return objects[r.IntN(len(objects))]
	case 5:
		return Int(int64(1) << r.IntN(63))
	case 6:
		return Int(-int64(r.IntN(5)))
	case 7:
		return Int(int64(r.IntN(1000)))
	case 8:
		return Int(math.MaxInt64 - int64(r.IntN(3)))
	}
	return Int(int64(1 + r.IntN(24)))
}

func someObjects() []Value {
	L := &lua.LState{}
	return []Value{
		NewTable(0, 0).Value(), NewTable(0, 0).Value(), OfUserData(&lua.LUserData{}), OfThread(L),
		OfFunction(&lua.LFunction{IsG: true}),
	}
}

// TestTablesAreLikeTheirModel sets and removes at random, in tables of ours, shared and weak ones. All values are numbers.
func TestTablesAreLikeTheirModel(t *testing.T) {
	t.Parallel()
	kinds := map[string]func() *lua.LTable{
		"own":            func() *lua.LTable { return &NewTable(0, 0).LTable },
		"becomes shared": func() *lua.LTable { return &NewTable(0, 0).LTable },
		"made with room": func() *lua.LTable { return &NewTable(10, 10).LTable },
		"shared": func() *lua.LTable {
			t := &NewTable(0, 0).LTable
			ShareTable(t)
			return t
		},
		"weak": func() *lua.LTable {
			t := &NewTable(0, 0).LTable
			mt := NewTable(0, 0)
			mt.Set(String("__mode"), String("k"))
			SetMetatable(t, &mt.LTable)
			return t
		},
	}
	for name, make := range kinds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(150) {
				r := rand.New(rand.NewPCG(seed, 1))
				objects := someObjects()
				table, m := make(), &model{}
				removals := 1 + r.IntN(4)
				for i := range 400 {
					k, v := randomKey(r, objects), Int(int64(i))
					if r.IntN(5) < removals {
						v = Nil
					}
					Set(table, k, v)
					m.set(k, v)
					if got := Get(table, k); !RawEqual(got, v) {
						t.Fatalf("seed %d: [%s] is %s after it was set to %s", seed, text(k), text(got), text(v))
					}
					if i%20 == 0 {
						compare(t, table, m)
					}
					if name == "becomes shared" && i == 300 {
						ShareTable(table)
					}
				}
				runtime.KeepAlive(objects)
			}
		})
	}
}

// TestNilMayBeAssignedDuringATraversal clears fields at random, with next, and expects every key that was there at its turn.
func TestNilMayBeAssignedDuringATraversal(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 2))
		objects := someObjects()
		table, m := &NewTable(0, 0).LTable, &model{}
		for i := range r.IntN(60) {
			k, v := randomKey(r, objects), Int(int64(i))
			if r.IntN(4) == 0 {
				v = Nil
			}
			Set(table, k, v)
			m.set(k, v)
		}
		if seed%3 == 0 {
			ShareTable(table)
		}
		mode := r.IntN(3)
		seen := 0
		var k Value
		for {
			next, v, ok := Next(table, k)
			if !ok {
				t.Fatalf("seed %d: next does not know %s", seed, text(k))
			}
			if next.IsNil() {
				break
			}
			if want := m.get(next); !RawEqual(v, want) {
				t.Fatalf("seed %d: [%s] is %s, want %s", seed, text(next), text(v), text(want))
			}
			seen++
			k = next
			Set(table, k, Nil) // so that no key can come twice
			m.set(k, Nil)
			if mode > 0 && len(m.keys) > 0 && r.IntN(2) == 0 {
				other := m.keys[r.IntN(len(m.keys))]
				v := Nil
				if mode == 2 {
					v = Int(7)
				}
				Set(table, other, v)
				m.set(other, v)
			}
		}
		if len(m.keys) > 0 {
			t.Fatalf("seed %d: next did not come to %s and %d others", seed, text(m.keys[0]), len(m.keys)-1)
		}
	}
}

// TestTraversalGoesOnBehindAClearedArray: an entry that became an element is gone from where it was.
func TestTraversalGoesOnBehindAClearedArray(t *testing.T) {
	t.Parallel()
	table := NewTable(0, 0)
	table.Set(String("x"), True)
	table.SetInt(2, True)
	table.Set(String("y"), True)
	table.SetInt(1, True)
	var got []string
	for k, _, _ := table.Next(Nil); !k.IsNil(); k, _, _ = table.Next(k) {
		got = append(got, text(k))
		table.Set(k, Nil)
	}
	if want := `1 2 "x" "y"`; strings.Join(got, " ") != want {
		t.Errorf("keys %s, want %s", strings.Join(got, " "), want)
	}
}

func TestNextRefusesUnknownKeys(t *testing.T) {
	t.Parallel()
	table := NewTable(0, 0)
	for i := range int64(10) {
		table.SetInt(i+1, True)
	}
	table.Set(String("a"), True)
	shared := NewTable(0, 0)
	shared.Set(String("a"), True)
	shared.SetInt(1, True)
	ShareTable(&shared.LTable)
	for _, k := range []Value{
		String("b"), Int(100), Int(0), Int(-1), Float(1.5), Float(math.NaN()), True, NewTable(0, 0).Value(), Int(math.MinInt64),
	} {
		for _, table := range []*lua.LTable{&table.LTable, &shared.LTable, &NewTable(0, 0).LTable} {
			if key, _, ok := Next(table, k); ok {
				t.Errorf("next(t, %s) is %s", text(k), text(key))
			}
		}
	}
	if k, v, ok := table.Next(Float(2)); !ok || k != Int(3) || v != True {
		t.Errorf("next(t, 2.0) is %s, %s, %v", text(k), text(v), ok)
	}
}

func TestKeysAreNormal(t *testing.T) {
	t.Parallel()
	table := NewTable(0, 0)
	table.Set(Float(1), String("one"))
	table.Set(Float(math.Copysign(0, -1)), String("zero"))
	table.Set(Float(1<<62), String("large"))
	table.Set(Float(1<<63), String("float"))
	for want, keys := range map[string][]Value{
		"one": {Int(1), Float(1)}, "zero": {Int(0), Float(0)}, "large": {Int(1 << 62), Float(1 << 62)}, "float": {Float(1 << 63)},
	} {
		for _, k := range keys {
			if got := table.Get(k); !got.IsString() || got.Str() != want {
				t.Errorf("[%s] is %s, want %s", text(k), text(got), want)
			}
		}
	}
	if got := table.Get(Int(math.MinInt64)); !got.IsNil() {
		t.Errorf("2^63 is the smallest integer: %s", text(got))
	}
	for _, k := range []Value{Nil, Float(math.NaN())} {
		if got := table.Get(k); !got.IsNil() {
			t.Errorf("[%s] is %s", text(k), text(got))
		}
	}
	keys, _ := traverse(t, &table.LTable)
	for _, k := range keys {
		if k.IsFloat() && k.AsFloat() != 1<<63 {
			t.Errorf("the key %s is a float", text(k))
		}
	}
}

// heap is the memory in use.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// ownAndShared runs a test that measures memory, and so not in parallel, with a table of ours and with a shared one.
func ownAndShared(t *testing.T, test func(t *testing.T, table *lua.LTable, count int)) {
	t.Run("own", func(t *testing.T) { test(t, &NewTable(0, 0).LTable, 1_000_000) })
	t.Run("shared", func(t *testing.T) { test(t, sharedTable(), 100_000) })
}

// checkHeap fails when more than a megabyte is kept since before.
func checkHeap(t *testing.T, before uint64) {
	t.Helper()
	if after := heap(); after > before+1<<20 {
		t.Errorf("%d KB are kept", (after-before)>>10)
	}
}

// checkOneKey traverses a table that has one key left of many.
func checkOneKey(t *testing.T, table *lua.LTable) {
	t.Helper()
	start := time.Now()
	const rounds = 100
	for range rounds {
		if keys, _ := traverse(t, table); len(keys) != 1 {
			t.Fatalf("%d keys", len(keys))
		}
	}
	if d := time.Since(start) / rounds; d > 5*time.Millisecond {
		t.Errorf("pairs over one live key takes %v", d)
	}
}

// TestKeysThatComeAndGoLeaveNoMemory has 100 keys at a time.
func TestKeysThatComeAndGoLeaveNoMemory(t *testing.T) {
	for kind, key := range map[string]func(i int) Value{
		"strings": func(i int) Value { return String(fmt.Sprint("key ", i)) },
		"numbers": func(i int) Value { return Int(int64(i) * 1000003) },
		"floats":  func(i int) Value { return Float(float64(i) + 0.5) },
		"objects": func(int) Value { return NewTable(0, 0).Value() },
	} {
		t.Run(kind, func(t *testing.T) {
			ownAndShared(t, func(t *testing.T, table *lua.LTable, count int) {
				Set(table, String("stays"), True)
				before := heap()
				var live [100]Value
				for i := range count {
					if old := live[i%100]; !old.IsNil() {
						Set(table, old, Nil)
					}
					live[i%100] = key(i)
					Set(table, live[i%100], True)
				}
				for _, k := range live {
					Set(table, k, Nil)
				}
				clear(live[:])
				checkHeap(t, before)
				checkOneKey(t, table)
			})
		})
	}
}

// TestKeysAtOnceLeaveNoMemory has all keys at the same time; room is made at an insertion.
func TestKeysAtOnceLeaveNoMemory(t *testing.T) {
	ownAndShared(t, func(t *testing.T, table *lua.LTable, count int) {
		Set(table, String("stays"), True)
		before := heap()
		for i := range count {
			Set(table, String(fmt.Sprint(i)), True)
		}
		for i := range count {
			Set(table, String(fmt.Sprint(i)), Nil)
		}
		Set(table, String("another"), True)
		Set(table, String("another"), Nil)
		checkHeap(t, before)
		checkOneKey(t, table)
	})
}

func TestStacksGiveMemoryBack(t *testing.T) {
	ownAndShared(t, func(t *testing.T, table *lua.LTable, count int) {
		before := heap()
		start := time.Now()
		for i := range int64(count) {
			if n := Len(table); n != i {
				t.Fatalf("length %d, want %d", n, i)
			}
			Set(table, Int(i+1), Int(i))
		}
		for i := int64(count); i > 0; i-- {
			Set(table, Int(Len(table)), Nil)
		}
		if n := Len(table); n != 0 {
			t.Errorf("length %d of an empty stack", n)
		}
		if d := time.Since(start); d > 10*time.Second {
			t.Errorf("took %v", d)
		}
		Set(table, Int(1), True) // room is given back at an insertion
		checkHeap(t, before)
		runtime.KeepAlive(table)
	})
}

func TestQueuesGiveMemoryBack(t *testing.T) {
	ownAndShared(t, func(t *testing.T, table *lua.LTable, count int) {
		if Own(table) == nil {
			t.Skip("a shared table keeps 16 bytes for each value that passed through a queue (docs/embedding.md)")
		}
		before := heap()
		start := time.Now()
		head, tail := int64(1), int64(1)
		for range count { // up to 100 values
			Set(table, Int(tail), Int(tail))
			tail++
			if tail-head > 100 {
				if got := Get(table, Int(head)); got != Int(head) {
					t.Fatalf("[%d] is %s", head, text(got))
				}
				Set(table, Int(head), Nil)
				head++
			}
		}
		if d := time.Since(start); d > 10*time.Second {
			t.Errorf("took %v", d)
		}
		checkHeap(t, before)
		runtime.KeepAlive(table)
	})
}

func TestSparseKeysTakeTheirOwnMemory(t *testing.T) {
	for name, share := range map[string]bool{"own": false, "shared": true} {
		before := heap()
		table := &NewTable(0, 0).LTable
		if share {
			ShareTable(table)
		}
		keys := []int64{67_000_000, 1 << 40, math.MaxInt64, math.MinInt64, -1, 1 << 53, 1<<53 + 1, 3000, 66_999_999}
		for _, k := range keys {
			Set(table, Int(k), Int(k))
		}
		for i := range int64(1000) { // powers, squares, rows of a matrix
			Set(table, Int(i*100_003), Int(i))
		}
		if after := heap(); after > before+1<<20 {
			t.Errorf("%s: %d KB", name, (after-before)>>10)
		}
		for _, k := range keys {
			if got := Get(table, Int(k)); got != Int(k) {
				t.Errorf("%s: [%d] is %s", name, k, text(got))
			}
		}
		if found, _ := traverse(t, table); len(found) != len(keys)+1000 {
			t.Errorf("%s: %d keys", name, len(found))
		}
		runtime.KeepAlive(table)
	}
}

// TestArraysFilledBackwardsBecomeArrays: an element takes 16 bytes, an entry more than 32.
func TestArraysFilledBackwardsBecomeArrays(t *testing.T) {
	before := heap()
	table := NewTable(0, 0)
	const count = 100_000
	for i := int64(count); i > 0; i-- {
		table.SetInt(i, Int(i))
	}
	table.Set(String("a"), True)
	if n := table.Len(); n != count {
		t.Errorf("length %d", n)
	}
	for i := range int64(count) {
		if got := table.GetInt(i + 1); got != Int(i+1) {
			t.Fatalf("[%d] is %s", i+1, text(got))
		}
	}
	t.Logf("%d bytes for each element", (heap()-before)/count)
	runtime.KeepAlive(table)
}

func TestSetElementsComesAfterNamedFields(t *testing.T) {
	t.Parallel()
	// {[1] = "a", [2] = "b", [4] = "d", "x", nil, "z"}
	table := NewTable(3, 3)
	for i, s := range map[int64]string{1: "a", 2: "b", 4: "d"} {
		table.SetInt(i, String(s))
	}
	table.SetElements(0, []Value{String("x"), Nil, String("z")})
	var got []string
	for i := range int64(5) {
		got = append(got, text(table.GetInt(i+1)))
	}
	if want := `"x" nil "z" "d" nil`; strings.Join(got, " ") != want {
		t.Errorf("%s, want %s", strings.Join(got, " "), want)
	}
	if keys, _ := traverse(t, &table.LTable); len(keys) != 3 {
		t.Errorf("%d keys", len(keys))
	}
}
