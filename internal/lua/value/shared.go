package value

import (
	"unsafe"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/layout"
)

// A table that foreign Go code can reach has its contents where the methods of gopher-lua's LTable look for them: it is
// shared. So are all tables that can be reached from it. A table of ours becomes shared, with everything in it, when it
// passes to foreign code or into a shared table, and stays so. Tables made by gopher-lua are shared from the beginning.
//
// Elements lie in array, strings in strdict and the rest in dict. What removed keys leave behind in keys and k2i, which
// are for gopher-lua's Next, is dropped from time to time. An integer key that lies too far behind the elements is an
// Integer in dict, so that one assignment cannot fill an array of gigabytes; gopher-lua's methods do not find it.

// ownMark in k2i says that an LTable is the beginning of a Table that is not shared, and weakMark that the Table is weak.
var (
	ownMark  = make(map[lua.LValue]int, 1)
	weakMark = make(map[lua.LValue]int, 1)
	ownK2i   = *(*unsafe.Pointer)(unsafe.Pointer(&ownMark))
	weakK2i  = *(*unsafe.Pointer)(unsafe.Pointer(&weakMark))
)

func setK2i(t *lua.LTable, k2i map[lua.LValue]int) { layout.TableOf(t).K2i = k2i }

func init() {
	if unsafe.Offsetof(layout.Table{}.K2i) != ownOffset || unsafe.Offsetof(lua.LFunction{}.IsG) != 0 {
		panic("value: the layout of tables has changed")
	}
}

func k2i(t *lua.LTable) unsafe.Pointer {
	return *(*unsafe.Pointer)(unsafe.Pointer(&layout.TableOf(t).K2i))
}

// Own is the Table that t is the beginning of, or nil when it is shared or weak.
func Own(t *lua.LTable) *Table {
	if k2i(t) == ownK2i {
		return (*Table)(unsafe.Pointer(t))
	}
	return nil
}

// Owned is the Table that t is the beginning of, also when it is weak, or nil when it is shared.
func Owned(t *lua.LTable) *Table {
	if m := k2i(t); m == ownK2i || m == weakK2i {
		return (*Table)(unsafe.Pointer(t))
	}
	return nil
}

// weakOf is the weak table that t is, or nil.
func weakOf(t *lua.LTable) *weakTable {
	if k2i(t) == weakK2i {
		return (*Table)(unsafe.Pointer(t)).weak
	}
	return nil
}

// Own is the Table that v, a table, is, or nil when it is shared or weak.
func (v Value) Own() *Table { return Own((*lua.LTable)(v.P)) }

// Get is t[k] for any table.
func Get(t *lua.LTable, k Value) Value {
	if own := Own(t); own != nil {
		return own.Get(k)
	}
	k, ok := NormalKey(k)
	if !ok {
		return Nil
	}
	if w := weakOf(t); w != nil {
		return w.get(k)
	}
	s := layout.TableOf(t)
	if k.P == IntMark() {
		if i := k.AsInt(); uint64(i-1) < uint64(len(s.Array)) {
			return Import(s.Array[i-1])
		}
	}
	if k.IsString() {
		return Import(s.Strdict[k.Str()])
	}
	if len(s.Dict) == 0 {
		return Nil
	}
	return Import(s.Dict[sharedKey(k)])
}

// GetString is t[s] for any table.
func GetString(t *lua.LTable, s string) Value { return Get(t, String(s)) }

// Set is t[k] = v for any table; k is not nil or NaN.
func Set(t *lua.LTable, k, v Value) {
	if own := Own(t); own != nil {
		own.Set(k, v)
		return
	}
	k, _ = NormalKey(k)
	if w := weakOf(t); w != nil {
		w.set(k, v)
		return
	}
	s := layout.TableOf(t)
	if k.P == IntMark() && setElement(s, k.AsInt(), v) {
		return
	}
	if k.IsString() && !v.IsNil() {
		if _, ok := s.Strdict[k.Str()]; ok {
			s.Strdict[k.Str()] = Export(v)
			return
		}
	}
	dropRemoved(s)
	if k.IsString() {
		t.RawSetString(k.Str(), Export(v))
		return
	}
	t.RawSetH(sharedKey(k), Export(v))
}

// setElement is t[i] = v in the array of a shared table. It reports false when i does not belong there.
func setElement(s *layout.Table, i int64, v Value) bool {
	n := int64(len(s.Array))
	switch {
	case uint64(i-1) < uint64(n):
		s.Array[i-1] = Export(v)
		if v.IsNil() && i == n {
			for n > 0 && (s.Array[n-1] == nil || s.Array[n-1] == lua.LNil) {
				n--
			}
			clear(s.Array[n:])
			s.Array = s.Array[:n]
		}
		return true
	case i < 1 || i >= int64(lua.MaxArrayIndex) || i > max(256, 2*n):
		return false
	case v.IsNil():
		return len(s.Dict) == 0
	}
	if len(s.Dict) > 0 {
		if _, ok := s.Dict[Integer(i)]; ok {
			return false
		}
	}
	for ; n < i-1; n++ { // what was too far behind may lie between
		far, ok := takeFar(s, n+1)
		if !ok {
			far = lua.LNil
		}
		s.Array = append(s.Array, far)
	}
	if c := cap(s.Array); c > 64 && len(s.Array) < c/4 { // not earlier: a traversal that assigns nil goes by the capacity
		s.Array = append(make([]lua.LValue, 0, c/2), s.Array...)
	}
	s.Array = append(s.Array, Export(v))
	for { // or follow
		far, ok := takeFar(s, int64(len(s.Array))+1)
		if !ok {
			return true
		}
		s.Array = append(s.Array, far)
	}
}

// takeFar removes an integer key from dict.
func takeFar(s *layout.Table, i int64) (lua.LValue, bool) {
	if len(s.Dict) == 0 {
		return nil, false
	}
	v, ok := s.Dict[Integer(i)]
	if ok {
		delete(s.Dict, Integer(i))
		at := s.K2i[Integer(i)]
		delete(s.K2i, Integer(i))
		s.Keys[at] = lua.LNil
	}
	return v, ok
}

// sharedKey is a key that is not in array or strdict as dict has it.
func sharedKey(k Value) lua.LValue {
	if k.P == IntMark() {
		if i := k.AsInt(); i < 1 && i >= -exact || i >= int64(lua.MaxArrayIndex) && i <= exact {
			return lua.LNumber(i)
		}
		return Integer(k.AsInt())
	}
	return Export(k)
}

// dropRemoved forgets the keys that were removed when they are many.
func dropRemoved(s *layout.Table) {
	if len(s.Keys) < 32 || len(s.Keys) < 2*(len(s.Strdict)+len(s.Dict)) {
		return
	}
	keys := make([]lua.LValue, 0, len(s.Strdict)+len(s.Dict)+8)
	s.K2i = make(map[lua.LValue]int, cap(keys))
	for _, k := range s.Keys {
		if sharedHas(s, k) {
			s.K2i[k] = len(keys)
			keys = append(keys, k)
		}
	}
	s.Keys = keys
	s.Strdict, s.Dict = compactMap(s.Strdict), compactMap(s.Dict)
}

// compactMap is a copy of a map, because Go's maps never become smaller.
func compactMap[K comparable](m map[K]lua.LValue) map[K]lua.LValue {
	if m == nil {
		return nil
	}
	c := make(map[K]lua.LValue, len(m))
	for k, v := range m {
		c[k] = v
	}
	return c
}

func sharedHas(s *layout.Table, k lua.LValue) bool {
	if str, ok := k.(lua.LString); ok {
		_, ok := s.Strdict[string(str)]
		return ok
	}
	_, ok := s.Dict[k]
	return ok
}

// Len is a border of any table.
func Len(t *lua.LTable) int64 {
	if own := Own(t); own != nil {
		return own.Len()
	}
	if w := weakOf(t); w != nil {
		return w.length()
	}
	s := layout.TableOf(t)
	n := len(s.Array)
	for n > 0 && (s.Array[n-1] == nil || s.Array[n-1] == lua.LNil) {
		n--
	}
	return int64(n)
}

// Next is the entry behind key k of any table, or the first one for nil. It reports false when k is not a key of the
// table; the returned key is nil at the end.
func Next(t *lua.LTable, k Value) (key, val Value, ok bool) {
	if own := Own(t); own != nil {
		return own.Next(k)
	}
	k, ok = NormalKey(k)
	if w := weakOf(t); w != nil {
		return w.next(k)
	}
	s := layout.TableOf(t)
	at, rest := 0, 0
	switch {
	case !ok && !k.IsNil():
		return Nil, Nil, false
	case k.IsNil():
	case k.P == IntMark() && k.N-1 < uint64(len(s.Array)):
		at = int(k.N)
	default:
		at = len(s.Array)
		lk := Export(k)
		if !k.IsString() {
			lk = sharedKey(k)
		}
		i, known := s.K2i[lk]
		switch {
		case known:
			rest = i + 1
		case k.P != IntMark() || k.N-1 >= uint64(cap(s.Array)): // else it was an element when the traversal passed it
			return Nil, Nil, false
		}
	}
	for ; at < len(s.Array); at++ {
		if v := s.Array[at]; v != nil && v != lua.LNil {
			return Int(int64(at) + 1), Import(v), true
		}
	}
	for ; rest < len(s.Keys); rest++ {
		k := s.Keys[rest]
		if str, isStr := k.(lua.LString); isStr {
			if v, there := s.Strdict[string(str)]; there {
				return Import(k), Import(v), true
			}
		} else if v, there := s.Dict[k]; there {
			return Import(k), Import(v), true
		}
	}
	return Nil, Nil, true
}

// Metatable is the metatable of any table, or nil.
func Metatable(t *lua.LTable) *lua.LTable {
	if own := Owned(t); own != nil {
		return own.Meta
	}
	mt, _ := t.Metatable.(*lua.LTable)
	return mt
}

// SetMetatable sets the metatable of any table; nil is none. With __mode it makes a table of ours weak, or strong again.
func SetMetatable(t, mt *lua.LTable) {
	var lv lua.LValue = lua.LNil
	if mt != nil {
		lv = mt
	}
	own := Owned(t)
	if own == nil {
		if mt != nil {
			ShareTable(mt)
		}
		t.Metatable = lv
		return
	}
	own.Meta = mt
	keys, vals := weakMode(mt)
	own.setMode(keys, vals)
}

// Import is the value that a value of gopher-lua is.
func Import(lv lua.LValue) Value {
	switch v := lv.(type) {
	case nil, *lua.LNilType:
		return Nil
	case lua.LString:
		return Value{dataOf(lv), uint64(KindString)}
	case lua.LNumber:
		return ofNumber(float64(v))
	case *lua.LTable:
		return OfTable(v)
	case *lua.LFunction:
		return OfFunction(v)
	case lua.LBool:
		return Bool(bool(v))
	case *lua.LUserData:
		return OfUserData(v)
	case *lua.LState:
		return OfThread(v)
	case Integer:
		return Int(int64(v))
	case WholeFloat:
		return Float(float64(v))
	}
	box := new(lua.LValue)
	*box = lv
	return Value{unsafe.Pointer(box), uint64(KindOther)}
}

// dataOf is the pointer in an interface value.
func dataOf(lv lua.LValue) unsafe.Pointer { return (*layout.Iface)(unsafe.Pointer(&lv)).Data }

// stringType is the type word of a string in an lua.LValue.
var stringType = func() unsafe.Pointer {
	var lv lua.LValue = lua.LString("string")
	return (*layout.Iface)(unsafe.Pointer(&lv)).Table
}()

// NativeMark and GuestMark are what the field Upvalues of a Go function is that was written for this VM (see OfFunction).
// A guest is one with the signature of gopher-lua that reaches nothing but its arguments, its results, what it made itself,
// and global variables by LState.GetGlobal and SetGlobal. Other foreign functions may look everywhere.
var (
	NativeMark = make([]*lua.Upvalue, 0, 1)
	GuestMark  = make([]*lua.Upvalue, 0, 1)
)

// OwnProto is the bit in IsVarArg of a FunctionProto that belongs to a Lua function of ours.
const OwnProto = 1 << 7

// OfFunction is a function.
func OfFunction(fn *lua.LFunction) Value {
	kind := KindForeign
	switch {
	case fn.IsG:
		if unsafe.SliceData(fn.Upvalues) == unsafe.SliceData(NativeMark) {
			kind = KindNative
		}
	case fn.Proto.IsVarArg&OwnProto != 0:
		kind = KindFunction
	}
	return Value{unsafe.Pointer(fn), uint64(kind)}
}

// IsGuest reports whether a foreign function is a guest.
func IsGuest(fn *lua.LFunction) bool {
	return unsafe.SliceData(fn.Upvalues) == unsafe.SliceData(GuestMark)
}

// Export is a value as gopher-lua has it. A table becomes shared.
func Export(v Value) lua.LValue {
	if v.IsTable() {
		ShareTable(v.LTable())
	}
	return v.lvalue()
}

// Hold is a value as gopher-lua has it, for who only keeps it until it is imported again: a table does not become shared.
func Hold(v Value) lua.LValue { return v.lvalue() }

// ExportArgument is Export for a function that knows nothing of our types of numbers.
func ExportArgument(v Value) lua.LValue {
	switch v.P {
	case IntMark():
		return lua.LNumber(v.AsInt())
	case FloatMark():
		return lua.LNumber(v.AsFloat())
	}
	return Export(v)
}

// lvalue is Export for what is shared already.
func (v Value) lvalue() lua.LValue {
	switch v.Kind() {
	case KindNil:
		return lua.LNil
	case KindFalse:
		return lua.LFalse
	case KindTrue:
		return lua.LTrue
	case KindInt:
		return exportInt(v.AsInt())
	case KindFloat:
		return exportFloat(v.AsFloat())
	case KindString:
		var lv lua.LValue
		*(*layout.Iface)(unsafe.Pointer(&lv)) = layout.Iface{Table: stringType, Data: v.P}
		return lv
	case KindTable:
		return v.LTable()
	case KindFunction, KindNative, KindForeign:
		return v.LFunction()
	case KindUserData:
		return v.LUserData()
	case KindThread:
		return v.LState()
	}
	return *(*lua.LValue)(v.P)
}

// ShareTable makes a table, and all that can be reached from it, shared.
func ShareTable(t *lua.LTable) {
	if Owned(t) == nil {
		return
	}
	work := []*lua.LTable{t}
	visit := func(v Value) lua.LValue {
		if v.IsTable() {
			work = append(work, v.LTable())
		}
		return v.lvalue()
	}
	for len(work) > 0 {
		t := work[len(work)-1]
		work = work[:len(work)-1]
		own := Owned(t)
		if own == nil {
			continue
		}
		own.setMode(false, false)
		arr, entries, meta := own.Arr, own.Entries, own.Meta
		own.Arr, own.Entries, own.index, own.Meta, own.Absent = nil, nil, nil, nil, 0
		s := layout.TableOf(t)
		s.K2i = nil
		if len(arr) > 0 {
			s.Array = make([]lua.LValue, len(arr))
			for i, v := range arr {
				s.Array[i] = visit(v)
			}
		}
		for _, e := range entries {
			switch {
			case e.Val.IsNil():
			case e.Key.IsString():
				t.RawSetString(e.Key.Str(), visit(e.Val))
			case e.Key.P == IntMark():
				visit(e.Val)
				if !setElement(s, e.Key.AsInt(), e.Val) {
					t.RawSetH(sharedKey(e.Key), e.Val.lvalue())
				}
			default:
				t.RawSetH(visit(e.Key), visit(e.Val))
			}
		}
		t.Metatable = lua.LNil
		if meta != nil {
			t.Metatable = meta
			work = append(work, meta)
		}
	}
}
