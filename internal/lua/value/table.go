package value

import (
	"unsafe"
	"weak"

	lua "github.com/yuin/gopher-lua"
)

// A Table is a table made by Lua code. It begins with gopher-lua's table, which has only the metatable while foreign
// Go code cannot reach it; when it can, Share moves the contents over, and the other fields are out of use (see
// shared.go).
//
// The values of 1, 2, … lie in Arr, everything else in Entries in the order in which it came. A removed entry stays,
// so that a traversal can go on, until the next insertion that finds no room.
type Table struct {
	lua.LTable

	// Arr has the values of the keys from 1. The last one is not nil, and Entries does not have the key behind it.
	Arr []Value
	// Entries are keys and values; nil is the value of a removed key.
	Entries []Entry
	index   []uint32    // of 1 + the place in Entries, by hash; nil for up to smallTable entries
	Meta    *lua.LTable // the metatable
	live    int         // entries that are not removed
	ints    int         // entries with integer keys, also removed ones
	passed  int         // the longest that Arr was
	// Absent has a bit for each metamethod that this table, as a metatable, is known not to have.
	Absent uint32
	// Finalized is not 0 if the table has a finalizer: later ones have larger numbers.
	Finalized uint64
	// attached are the values that weak tables have for this table as a key: they live as long as it does.
	attached map[weak.Pointer[weakTable]]Value
	emptied  bool       // all entries were removed, and dropped at once
	weak     *weakTable // the contents of a weak table
}

// An Entry is a key and its value.
type Entry struct{ Key, Val Value }

const (
	// smallTable is how many entries are searched one after the other.
	smallTable = 8
	// largeTable is the capacity from which a table shrinks when nearly all of its entries are removed.
	largeTable = 32
)

// NewTable makes a table with room for so many elements and other entries.
func NewTable(elements, entries int) *Table {
	t := &Table{}
	t.Metatable = lua.LNil
	setK2i(&t.LTable, ownMark)
	if elements > 0 {
		t.Arr = make([]Value, 0, elements)
	}
	if entries > 0 {
		t.reserve(entries)
	}
	return t
}

// Value is the table as a value.
func (t *Table) Value() Value { return Value{unsafe.Pointer(t), uint64(KindTable)} }

// reserve makes Entries and index anew, empty, with room for n.
func (t *Table) reserve(n int) {
	if n <= smallTable {
		t.Entries, t.index = make([]Entry, 0, n), nil
		return
	}
	size := 16
	for size*3/4 < n {
		size *= 2
	}
	t.Entries, t.index = make([]Entry, 0, size*3/4), make([]uint32, size)
}

// hash is the place where the search for a key begins. A string must be hashed.
func (t *Table) hash(k Value) int {
	var h uint64
	switch {
	case k.P == IntMark() || k.P == FloatMark():
		h = k.N
	case uint8(k.N) == uint8(KindString):
		return int(k.N>>8) & (len(t.index) - 1)
	case k.P == nil:
		h = k.N
	case k.P == deadMark():
		h = k.N >> 3
	default:
		h = uint64(uintptr(k.P)) >> 3
	}
	h *= hashFactor
	return int(h>>32) & (len(t.index) - 1)
}

// hashFactor spreads numbers and addresses.
var hashFactor = hashOf("factor") | 1

// find is the place of a normalised key in Entries, or -1.
func (t *Table) find(k Value) int {
	if t.index == nil {
		for i := range t.Entries {
			if e := &t.Entries[i]; e.Key.N == k.N && sameKey(e.Key, k) {
				return i
			}
		}
		return -1
	}
	for at := t.hash(k); ; at = (at + 1) & (len(t.index) - 1) {
		i := int(t.index[at]) - 1
		if i < 0 {
			return -1
		}
		if e := &t.Entries[i]; e.Key.N == k.N && sameKey(e.Key, k) {
			return i
		}
	}
}

// sameKey compares keys with the same N.
func sameKey(a, b Value) bool {
	if a.P == b.P {
		return true
	}
	return a.is(KindString) && b.is(KindString) && a.Str() == b.Str() || a.is(KindOther) && b.is(KindOther) && RawEqual(a, b)
}

// NormalKey makes a value a key as tables have it: a float with an integral value is an integer, a string is hashed. It
// reports false for nil and NaN, which are not keys.
func NormalKey(k Value) (Value, bool) {
	switch {
	case k.P == IntMark():
		return k, true
	case k.P == FloatMark():
		f := k.AsFloat()
		if i, ok := FloatToInt(f); ok {
			return Int(i), true
		}
		return k, f == f
	case k.P == nil:
		return k, k.N != 0
	case uint8(k.N) == uint8(KindString):
		return k.Hashed(), true
	}
	return k, true
}

// Get is t[k].
func (t *Table) Get(k Value) Value {
	k, ok := NormalKey(k)
	if !ok {
		return Nil
	}
	return t.get(k)
}

// get is Get of a normalised key.
func (t *Table) get(k Value) Value {
	if k.P == IntMark() {
		return t.GetInt(k.AsInt())
	}
	if i := t.find(k); i >= 0 {
		return t.Entries[i].Val
	}
	return Nil
}

// GetInt is t[i].
func (t *Table) GetInt(i int64) Value {
	if uint64(i-1) < uint64(len(t.Arr)) {
		return t.Arr[i-1]
	}
	if t.ints == 0 {
		return Nil
	}
	if j := t.find(Int(i)); j >= 0 {
		return t.Entries[j].Val
	}
	return Nil
}

// GetStr is t[k] for a hashed string.
func (t *Table) GetStr(k Value) Value {
	if i := t.find(k); i >= 0 {
		return t.Entries[i].Val
	}
	return Nil
}

// Find is the place in Entries of a hashed string, or -1.
func (t *Table) Find(k Value) int { return t.find(k) }

// Set is t[k] = v for a key that is not nil or NaN.
func (t *Table) Set(k, v Value) {
	k, _ = NormalKey(k)
	if k.P == IntMark() {
		t.SetInt(k.AsInt(), v)
		return
	}
	t.setEntry(k, v)
}

// SetStr is t[k] = v for a hashed string.
func (t *Table) SetStr(k, v Value) { t.setEntry(k, v) }

// SetInt is t[i] = v.
func (t *Table) SetInt(i int64, v Value) {
	n := len(t.Arr)
	switch {
	case uint64(i-1) < uint64(n):
		t.Arr[i-1] = v
		if v.IsNil() && int(i) == n {
			t.shrinkArr()
		}
		return
	case i == int64(n)+1:
		if v.IsNil() {
			return // the key behind the last element is never an entry
		}
		if n == cap(t.Arr) && n >= 4 && t.sparse() {
			t.rehash(t.live+1, true, 0)
			t.SetInt(i, v)
			return
		}
		t.append(v)
		return
	}
	t.setEntry(Int(i), v)
}

// SetElements stores values behind the first n elements of a new table. Nils among them do not end the elements.
func (t *Table) SetElements(n int, vs []Value) {
	if cap(t.Arr) < n+len(vs) {
		t.Arr = append(make([]Value, 0, n+len(vs)), t.Arr...)
	}
	if have := len(t.Arr); have < n+len(vs) {
		t.Arr = t.Arr[:n+len(vs)]
		clear(t.Arr[have:])
	}
	copy(t.Arr[n:], vs)
	t.passed = max(t.passed, len(t.Arr))
	t.shrinkArr()
	if t.ints > 0 {
		// Keys that were given by themselves come second.
		for i := 0; i < len(t.Entries); i++ {
			if e := &t.Entries[i]; e.Key.P == IntMark() && !e.Val.IsNil() && uint64(e.Key.N-1) < uint64(n+len(vs)) {
				t.bury(i)
			}
		}
		t.absorb()
	}
}

// append adds a value behind the last element.
func (t *Table) append(v Value) {
	if cap(t.Arr) == 0 {
		t.Arr = make([]Value, 0, 4)
	}
	t.Arr = append(t.Arr, v)
	if t.ints > 0 {
		t.absorb()
	}
	t.passed = max(t.passed, len(t.Arr))
}

// absorb moves what follows the last element from Entries to Arr.
func (t *Table) absorb() {
	for {
		i := t.find(Int(int64(len(t.Arr)) + 1))
		if i < 0 || t.Entries[i].Val.IsNil() {
			return
		}
		t.Arr = append(t.Arr, t.Entries[i].Val)
		t.bury(i)
	}
}

// bury removes the entry at i, whose integer key is an element now: a traversal must not take its place for that of the
// element.
func (t *Table) bury(i int) {
	t.Entries[i] = Entry{Key: Value{deadMark(), 0}}
	t.live--
	t.ints--
}

// sparse reports whether no more than half of the elements are there, as in the array of a queue.
func (t *Table) sparse() bool {
	used := 0
	for i := range t.Arr {
		if !t.Arr[i].IsNil() {
			used++
		}
	}
	return used*2 <= len(t.Arr)
}

// shrinkArr drops the nils at the end of Arr.
func (t *Table) shrinkArr() {
	n := len(t.Arr)
	for n > 0 && t.Arr[n-1].IsNil() {
		n--
	}
	t.Arr = t.Arr[:n]
	if c := cap(t.Arr); c > 64 && n < c/4 {
		t.Arr = append(make([]Value, 0, c/2), t.Arr...)
	}
}

// setEntry sets a key that does not belong into Arr.
func (t *Table) setEntry(k, v Value) {
	i := t.find(k)
	if v.IsNil() {
		if i >= 0 && !t.Entries[i].Val.IsNil() {
			t.remove(i)
		}
		return
	}
	if i >= 0 {
		e := &t.Entries[i]
		if e.Val.IsNil() {
			t.live++
		}
		e.Val = v
		t.Absent = 0
		return
	}
	t.insert(k, v)
}

// remove removes the entry at i.
func (t *Table) remove(i int) {
	e := &t.Entries[i]
	e.Val = Nil
	t.live--
	t.Absent = 0
	if t.live == 0 && cap(t.Entries) >= largeTable {
		t.Entries, t.index, t.ints, t.emptied = nil, nil, 0, true
		return
	}
	if k := e.Key; k.P != nil && !k.IsNumber() && uint8(k.N) != uint8(KindString) && uint8(k.N) != uint8(KindOther) {
		// The object must not be kept by the key.
		e.Key = Value{deadMark(), uint64(uintptr(k.P))}
	}
}

// SetEntry sets the value of the entry at i, which is not a removed one.
func (t *Table) SetEntry(i int, v Value) {
	if v.IsNil() {
		t.remove(i)
		return
	}
	t.Entries[i].Val = v
}

// insert adds an entry whose key is not there.
func (t *Table) insert(k, v Value) {
	if n := cap(t.Entries); len(t.Entries) == n || n >= largeTable && t.live < n/8 {
		key := int64(0)
		ints := t.ints
		if k.P == IntMark() {
			key = k.AsInt()
			ints++
		}
		t.rehash(t.live+1, ints*8 > len(t.Arr), key)
		switch n := int64(len(t.Arr)); {
		case uint64(key-1) < uint64(n): // the key belongs into the array now
			t.Arr[key-1] = v
			t.absorb()
			return
		case key == n+1:
			t.append(v)
			return
		}
	}
	t.place(k, v)
	t.live++
	t.Absent = 0
	t.emptied = false
	if k.P == IntMark() {
		t.ints++
	}
}

// place puts an entry into Entries, which has room, and into the index.
func (t *Table) place(k, v Value) {
	t.Entries = append(t.Entries, Entry{k, v})
	if t.index == nil {
		return
	}
	at := t.hash(k)
	for t.index[at] != 0 {
		at = (at + 1) & (len(t.index) - 1)
	}
	t.index[at] = uint32(len(t.Entries))
}

// rehash makes room for n entries or more, without the removed ones, and may decide anew which integer keys are elements.
// If key, an integer that comes, is one of them, Arr ends with it or behind it.
func (t *Table) rehash(n int, elements bool, key int64) {
	old, arr := t.Entries, t.Arr
	limit := len(arr)
	if elements {
		limit = t.arrayLimit(key)
	}
	if n <= smallTable {
		room := 4
		if n > 4 {
			room = smallTable
		}
		t.reserve(room)
	} else {
		t.reserve(n + n/2)
	}
	t.live, t.ints = 0, 0
	if limit < len(arr) {
		t.Arr = nil
		if limit > 0 {
			t.Arr = append(make([]Value, 0, limit+limit/2), arr[:limit]...)
		}
		for i := limit; i < len(arr); i++ {
			if !arr[i].IsNil() {
				t.keep(Int(int64(i)+1), arr[i])
			}
		}
	} else if limit > len(arr) {
		t.Arr = append(make([]Value, 0, limit+limit/2), arr...)[:limit]
	}
	for i := range old {
		e := &old[i]
		switch {
		case e.Val.IsNil():
		case e.Key.P == IntMark() && uint64(e.Key.N-1) < uint64(len(t.Arr)):
			t.Arr[e.Key.N-1] = e.Val
		default:
			t.keep(e.Key, e.Val)
		}
	}
	if limit != len(arr) {
		if uint64(key-1) < uint64(len(t.Arr)) {
			t.Arr[key-1] = True // for now
		}
		t.shrinkArr()
		if t.ints > 0 {
			t.absorb()
		}
		t.passed = max(t.passed, len(t.Arr))
	}
}

// keep is place during rehash.
func (t *Table) keep(k, v Value) {
	if len(t.Entries) == cap(t.Entries) {
		// Elements became entries: make more room.
		old := t.Entries
		t.reserve(2*len(old) + 1)
		for _, e := range old {
			t.place(e.Key, e.Val)
		}
	}
	t.place(k, v)
	t.live++
	if k.P == IntMark() {
		t.ints++
	}
}

// arrayLimit is the largest n so that more than half of the keys from 1 to n are there, or come.
func (t *Table) arrayLimit(key int64) int {
	var counts [48]int // of keys from 2^(i-1)+1 to 2^i
	total := 0
	count := func(i uint64) {
		if i-1 < 1<<40 {
			b := 0
			for 1<<b < i {
				b++
			}
			counts[b]++
			total++
		}
	}
	count(uint64(key)) // 0 does not count
	for i := range t.Arr {
		if !t.Arr[i].IsNil() {
			count(uint64(i) + 1)
		}
	}
	for i := range t.Entries {
		if e := &t.Entries[i]; e.Key.P == IntMark() && !e.Val.IsNil() {
			count(e.Key.N)
		}
	}
	limit, below := 0, 0
	for b := 0; b < len(counts) && total > 1<<b/2; b++ {
		below += counts[b]
		if below > 1<<b/2 {
			limit = 1 << b
		}
	}
	return limit
}

// Len is a border of the table (manual, section 3.4.7).
func (t *Table) Len() int64 { return int64(len(t.Arr)) }

// Next is the entry behind key k, or the first one for nil. It reports false when k is not a key of the table; the
// returned key is nil at the end.
func (t *Table) Next(k Value) (key, val Value, ok bool) {
	at, ok := t.Position(k)
	if !ok {
		return Nil, Nil, false
	}
	key, val, _ = t.From(at)
	return key, val, true
}

// Position is the place from which a traversal goes on behind key k. Places in Arr come first, and those of Entries
// have the bit EntryPlace.
func (t *Table) Position(k Value) (at int, ok bool) {
	if k.IsNil() {
		return 0, true
	}
	k, ok = NormalKey(k)
	if !ok {
		return 0, false
	}
	if k.P == IntMark() {
		if i := k.AsInt(); uint64(i-1) < uint64(len(t.Arr)) {
			return int(i), true
		}
	}
	i := t.find(k)
	if i < 0 && k.P != nil && !k.IsNumber() {
		i = t.find(Value{deadMark(), uint64(uintptr(k.P))})
	}
	switch {
	case i >= 0:
		return EntryPlace | i + 1, true
	case k.P == IntMark() && uint64(k.N-1) < uint64(t.passed):
		return EntryPlace, true // it was an element when the traversal passed it
	case t.emptied:
		return EntryPlace, true
	}
	return 0, false
}

// EntryPlace marks places in Entries.
const EntryPlace = 1 << 62

// From is the first entry at or behind a place, and the place behind it; the key is nil at the end.
func (t *Table) From(at int) (key, val Value, next int) {
	if at < EntryPlace {
		for ; at < len(t.Arr); at++ {
			if !t.Arr[at].IsNil() {
				return Int(int64(at) + 1), t.Arr[at], at + 1
			}
		}
		at = EntryPlace
	}
	for i := at &^ EntryPlace; i < len(t.Entries); i++ {
		if e := &t.Entries[i]; !e.Val.IsNil() {
			return e.Key, e.Val, EntryPlace | i + 1
		}
	}
	return Nil, Nil, at
}

// Reserve makes room for elements and entries that will come.
func (t *Table) Reserve(elements, entries int) {
	if elements > cap(t.Arr) {
		t.Arr = append(make([]Value, 0, elements), t.Arr...)
	}
	if entries > cap(t.Entries) && len(t.Entries) == 0 {
		t.reserve(entries)
	}
}
