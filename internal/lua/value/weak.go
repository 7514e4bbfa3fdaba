package value

import (
	"unsafe"
	"weak"

	lua "github.com/yuin/gopher-lua"
)

// A weakTable has the contents of a table with weak keys or weak values (manual, section 2.5.4). The collector takes
// tables, functions, userdata and threads out of it that nothing else refers to.
//
// Go has no ephemerons. So the value of a weak key that is a table of ours hangs on that table, and may refer to it; another
// weak key whose value refers to it is kept for ever.
type weakTable struct {
	self       weak.Pointer[weakTable]
	keys, vals bool // which are weak
	entries    []weakEntry
	index      map[weakKey]int
	swept      int // how many entries were there after the last sweep
}

// A weakKey identifies a key without keeping it.
type weakKey struct {
	bits uint64 // of a number, or the address of an object
	kind Kind
	text string
}

// A weakEntry is a key and its value; a removed one has no value.
type weakEntry struct {
	id       weakKey
	key      reference
	val      reference
	attached bool // the value hangs on the key
}

// value is the value of an entry, nil when it or its key is gone.
func (w *weakTable) value(e *weakEntry) (key, val Value) {
	key = e.key.value()
	switch {
	case key.IsNil():
		return key, key
	case e.attached:
		return key, (*Table)(key.P).attached[w.self]
	}
	return key, e.val.value()
}

// fill sets key and value of an entry.
func (w *weakTable) fill(e *weakEntry, k, v Value) {
	if e.key.value().IsNil() {
		e.attached = false // the key is gone, and k has its address
	}
	e.key = refer(k, w.keys)
	e.attached = e.attached || w.keys && !w.vals && k.IsTable() && Owned(k.LTable()) != nil
	if !e.attached {
		e.val = refer(v, w.vals)
		return
	}
	t := (*Table)(k.P)
	if v.IsNil() {
		delete(t.attached, w.self)
		return
	}
	if t.attached == nil {
		t.attached = make(map[weak.Pointer[weakTable]]Value)
	}
	if n := len(t.attached); n >= 8 && n&(n-1) == 0 { // forget weak tables that are gone
		for p := range t.attached {
			if p.Value() == nil {
				delete(t.attached, p)
			}
		}
	}
	t.attached[w.self] = v
}

// A reference is a value that it keeps, or an object that it does not keep.
type reference struct {
	kept     Value
	kind     Kind // of the object, or KindNil
	table    weak.Pointer[lua.LTable]
	function weak.Pointer[lua.LFunction]
	userdata weak.Pointer[lua.LUserData]
	thread   weak.Pointer[lua.LState]
}

// refer makes a reference.
func refer(v Value, weakly bool) (r reference) {
	k := v.Kind()
	if !weakly {
		k = KindNil
	}
	r.kind = k
	switch k {
	case KindTable:
		r.table = weak.Make(v.LTable())
	case KindFunction, KindNative, KindForeign:
		r.function = weak.Make(v.LFunction())
	case KindUserData:
		r.userdata = weak.Make(v.LUserData())
	case KindThread:
		r.thread = weak.Make(v.LState())
	default:
		r.kept, r.kind = v, KindNil
	}
	return r
}

// value is what r refers to, nil when it is gone.
func (r *reference) value() Value {
	var p unsafe.Pointer
	switch r.kind {
	case KindNil:
		return r.kept
	case KindTable:
		p = unsafe.Pointer(r.table.Value())
	case KindUserData:
		p = unsafe.Pointer(r.userdata.Value())
	case KindThread:
		p = unsafe.Pointer(r.thread.Value())
	default:
		p = unsafe.Pointer(r.function.Value())
	}
	if p == nil {
		return Nil
	}
	return Value{p, uint64(r.kind)}
}

// identify makes the weakKey of a normalised key.
func identify(k Value) weakKey {
	kind := k.Kind()
	switch kind {
	case KindInt, KindFloat:
		return weakKey{bits: k.N, kind: kind}
	case KindString:
		return weakKey{kind: kind, text: k.Str()}
	case KindNil, KindFalse, KindTrue:
		return weakKey{kind: kind}
	}
	return weakKey{bits: uint64(uintptr(k.P)), kind: kind}
}

func (w *weakTable) get(k Value) Value {
	if w.keys && !w.vals && k.IsTable() {
		if own := Owned(k.LTable()); own != nil { // also while its finalizer runs, when the reference is empty
			if v, ok := own.attached[w.self]; ok {
				return v
			}
		}
	}
	if i, ok := w.index[identify(k)]; ok {
		_, v := w.value(&w.entries[i])
		return v
	}
	return Nil
}

func (w *weakTable) set(k, v Value) {
	id := identify(k)
	i, ok := w.index[id]
	switch {
	case ok:
		w.fill(&w.entries[i], k, v)
	case !v.IsNil():
		if len(w.entries) >= 2*w.swept+16 {
			w.sweep()
		}
		w.index[id] = len(w.entries)
		w.entries = append(w.entries, weakEntry{id: id})
		w.fill(&w.entries[len(w.entries)-1], k, v)
	}
}

// sweep drops the entries that are gone.
func (w *weakTable) sweep() {
	n := 0
	for _, e := range w.entries {
		if _, v := w.value(&e); v.IsNil() {
			delete(w.index, e.id)
			continue
		}
		w.index[e.id] = n
		w.entries[n] = e
		n++
	}
	clear(w.entries[n:])
	w.entries, w.swept = w.entries[:n], n
}

func (w *weakTable) next(k Value) (key, val Value, ok bool) {
	at := 0
	if !k.IsNil() {
		i, known := w.index[identify(k)]
		if !known {
			return Nil, Nil, false
		}
		at = i + 1
	}
	for ; at < len(w.entries); at++ {
		e := &w.entries[at]
		if key, val = w.value(e); !val.IsNil() {
			return key, val, true
		}
	}
	return Nil, Nil, true
}

// length is a border.
func (w *weakTable) length() int64 {
	n := int64(0)
	for !w.get(Int(n + 1)).IsNil() {
		n++
	}
	return n
}

var modeKey = String("__mode").Hashed()

// weakMode is what __mode of a metatable says.
func weakMode(mt *lua.LTable) (keys, vals bool) {
	if mt == nil {
		return false, false
	}
	var mode Value
	if own := Own(mt); own != nil {
		mode = own.GetStr(modeKey)
	} else {
		mode = Get(mt, modeKey)
	}
	if !mode.IsString() {
		return false, false
	}
	for _, c := range mode.Str() {
		keys = keys || c == 'k'
		vals = vals || c == 'v'
	}
	return keys, vals
}

// setMode makes a table of ours weak or strong.
func (t *Table) setMode(keys, vals bool) {
	switch w := t.weak; {
	case w == nil && !keys && !vals, w != nil && w.keys == keys && w.vals == vals:
		return
	case w != nil: // first make it strong
		t.weak = nil
		setK2i(&t.LTable, ownMark)
		for i := range w.entries {
			e := &w.entries[i]
			if k, v := w.value(e); !v.IsNil() {
				t.Set(k, v)
			}
		}
		t.setMode(keys, vals)
		return
	}
	w := &weakTable{keys: keys, vals: vals, index: make(map[weakKey]int)}
	w.self = weak.Make(w)
	for at := 0; ; {
		var k, v Value
		if k, v, at = t.From(at); k.IsNil() {
			break
		}
		w.set(k, v)
	}
	t.Arr, t.Entries, t.index, t.live, t.ints, t.passed = nil, nil, nil, 0, 0, 0
	t.weak = w
	setK2i(&t.LTable, weakMark)
}
