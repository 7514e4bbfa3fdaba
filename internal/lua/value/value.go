// Package value has the values of Lua: how they lie in registers and tables, and how they pass to and from
// gopher-lua, whose functions see them as lua.LValue.
//
// A Value is two words and owns no memory of its own: numbers lie in it, everything else is a pointer. The types of
// gopher-lua stay what objects are: a string is a *lua.LString, a function a *lua.LFunction, a thread a *lua.LState.
// A table is a *lua.LTable too, but one made here keeps its contents in parts of its own (see Table) until foreign
// Go code can reach it.
//
// The holder of the VM lock of a host owns all values of the host.
package value

import (
	"hash/maphash"
	"math"
	"unsafe"

	lua "github.com/yuin/gopher-lua"
)

// A Value is a Lua value. Its zero value is nil.
//
// P says what it is: nil for nil and booleans, IntMark or FloatMark for numbers, and otherwise the pointer to the
// object. N is 0, 1, 2 for nil, false and true, the bits of a number, or the Kind of an object in the lowest byte.
// Above that byte a string may have its hash, which is never 0.
type Value struct {
	P unsafe.Pointer
	N uint64
}

// A Kind is a type as the VM tells values apart.
type Kind uint8

// The kinds.
const (
	KindNil Kind = iota
	KindFalse
	KindTrue
	KindInt
	KindFloat
	KindString
	KindTable
	KindFunction // a Lua function of ours
	KindNative   // a Go function written for this VM
	KindForeign  // any other *lua.LFunction
	KindUserData
	KindThread
	KindOther // another type that implements lua.LValue, in a box
)

// marks are what P of numbers points to. They are as large as a table and look like none of ours, nor like a Lua function,
// so that IsOwn and IsLua need not look at P.
var marks = struct{ integer, float, dead header }{header{native: true}, header{native: true}, header{native: true}}

// A header is the beginning of a table or of a function.
type header struct {
	native bool // IsG of lua.LFunction
	_      [ownOffset - 1]byte
	own    unsafe.Pointer // k2i of lua.LTable
}

const ownOffset = 80

// IntMark is P of an integer.
func IntMark() unsafe.Pointer { return unsafe.Pointer(&marks.integer) }

// FloatMark is P of a float.
func FloatMark() unsafe.Pointer { return unsafe.Pointer(&marks.float) }

// deadMark is P of the key of a removed entry: N is the address of the object that it was.
func deadMark() unsafe.Pointer { return unsafe.Pointer(&marks.dead) }

// Nil is nil.
var Nil = Value{}

// False and True are the booleans.
var (
	False = Value{N: uint64(KindFalse)}
	True  = Value{N: uint64(KindTrue)}
)

// Bool is a boolean.
func Bool(b bool) Value {
	if b {
		return True
	}
	return False
}

// Int is an integer.
func Int(i int64) Value { return Value{IntMark(), uint64(i)} }

// Float is a float.
func Float(f float64) Value { return Value{FloatMark(), math.Float64bits(f)} }

// IsNil reports whether v is nil.
func (v Value) IsNil() bool { return v.P == nil && v.N == 0 }

// Falsy reports whether v is nil or false.
func (v Value) Falsy() bool { return v.P == nil && v.N < uint64(KindTrue) }

// IsInt reports whether v is an integer.
func (v Value) IsInt() bool { return v.P == IntMark() }

// IsFloat reports whether v is a float.
func (v Value) IsFloat() bool { return v.P == FloatMark() }

// IsNumber reports whether v is a number.
func (v Value) IsNumber() bool { return v.P == IntMark() || v.P == FloatMark() }

// AsInt is the integer that v is.
func (v Value) AsInt() int64 { return int64(v.N) }

// AsFloat is the float that v is.
func (v Value) AsFloat() float64 { return math.Float64frombits(v.N) }

// Kind is the kind of v.
func (v Value) Kind() Kind {
	switch v.P {
	case IntMark():
		return KindInt
	case FloatMark():
		return KindFloat
	}
	return Kind(uint8(v.N))
}

// is reports whether v is an object of a kind.
func (v Value) is(k Kind) bool {
	return uint8(v.N) == uint8(k) && v.P != IntMark() && v.P != FloatMark()
}

// IsString reports whether v is a string.
func (v Value) IsString() bool { return v.is(KindString) }

// IsTable reports whether v is a table.
func (v Value) IsTable() bool { return v.is(KindTable) }

// IsOwn reports whether v is a table that is not shared or weak: P is a *Table then.
func IsOwn(v *Value) bool {
	return uint8(v.N) == uint8(KindTable) && (*header)(v.P).own == ownK2i
}

// IsLua reports whether v is a Lua function of ours.
func IsLua(v *Value) bool {
	return uint8(v.N) == uint8(KindFunction) && !(*header)(v.P).native
}

// IsFunction reports whether v is a Lua function of ours.
func (v Value) IsFunction() bool { return v.is(KindFunction) }

// IsNative reports whether v is a Go function written for this VM.
func (v Value) IsNative() bool { return v.is(KindNative) }

// Callable reports whether v is a function of any kind.
func (v Value) Callable() bool {
	k := v.Kind()
	return k == KindFunction || k == KindNative || k == KindForeign
}

// stringsOfOneByte are ready-made, because scripts take strings apart.
var stringsOfOneByte [256]string

var emptyString string

func init() {
	var all [256]byte
	for i := range all {
		all[i] = byte(i)
	}
	bytes := string(all[:])
	for i := range stringsOfOneByte {
		stringsOfOneByte[i] = bytes[i : i+1]
	}
}

// String is a string.
func String(s string) Value {
	switch len(s) {
	case 0:
		return Value{unsafe.Pointer(&emptyString), uint64(KindString)}
	case 1:
		return Value{unsafe.Pointer(&stringsOfOneByte[s[0]]), uint64(KindString)}
	}
	p := new(string)
	*p = s
	return Value{unsafe.Pointer(p), uint64(KindString)}
}

// Bytes is a string of b, which nobody may change any more.
func Bytes(b []byte) Value { return String(unsafe.String(unsafe.SliceData(b), len(b))) }

// Str is the string that v is.
func (v Value) Str() string { return *(*string)(v.P) }

// Hashed is the string v with its hash, which makes it quick to find in tables.
func (v Value) Hashed() Value {
	if v.N>>8 == 0 {
		v.N |= hashOf(*(*string)(v.P))
	}
	return v
}

// seed makes the order of hashes different in every process, so that nobody can prepare keys that collide.
var seed = maphash.MakeSeed()

// hashOf is the hash of a string as N has it.
func hashOf(s string) uint64 {
	h := maphash.String(seed, s) << 8
	if h == 0 {
		h = 1 << 8
	}
	return h
}

// Object makes a value of a pointer to an object.
func Object(p unsafe.Pointer, k Kind) Value { return Value{p, uint64(k)} }

// OfTable is a table.
func OfTable(t *lua.LTable) Value { return Value{unsafe.Pointer(t), uint64(KindTable)} }

// LTable is the table that v is.
func (v Value) LTable() *lua.LTable { return (*lua.LTable)(v.P) }

// LFunction is the function that v is, of any kind.
func (v Value) LFunction() *lua.LFunction { return (*lua.LFunction)(v.P) }

// OfUserData is a userdata.
func OfUserData(u *lua.LUserData) Value { return Value{unsafe.Pointer(u), uint64(KindUserData)} }

// LUserData is the userdata that v is.
func (v Value) LUserData() *lua.LUserData { return (*lua.LUserData)(v.P) }

// OfThread is a thread.
func OfThread(th *lua.LState) Value { return Value{unsafe.Pointer(th), uint64(KindThread)} }

// LState is the thread that v is.
func (v Value) LState() *lua.LState { return (*lua.LState)(v.P) }

// TypeName is the name of v's type as type() has it.
func (v Value) TypeName() string {
	switch v.Kind() {
	case KindNil:
		return "nil"
	case KindFalse, KindTrue:
		return "boolean"
	case KindInt, KindFloat:
		return "number"
	case KindString:
		return "string"
	case KindTable:
		return "table"
	case KindFunction, KindNative, KindForeign:
		return "function"
	case KindThread:
		return "thread"
	case KindOther:
		return (*(*lua.LValue)(v.P)).Type().String()
	}
	return "userdata"
}

// RawEqual is equality without metamethods (manual, section 3.4.4).
func RawEqual(a, b Value) bool {
	if a.P == b.P {
		switch {
		case a.P == FloatMark():
			return a.AsFloat() == b.AsFloat()
		case a.P == nil || a.P == IntMark():
			return a.N == b.N
		}
		return true
	}
	switch {
	case a.P == nil || b.P == nil:
		return false
	case a.P == IntMark():
		return b.P == FloatMark() && intEqualsFloat(a.AsInt(), b.AsFloat())
	case b.P == IntMark():
		return a.P == FloatMark() && intEqualsFloat(b.AsInt(), a.AsFloat())
	case a.P == FloatMark() || b.P == FloatMark():
		return false
	case uint8(a.N) != uint8(b.N):
		return false
	case uint8(a.N) == uint8(KindString):
		if a.N != b.N && a.N>>8 != 0 && b.N>>8 != 0 {
			return false
		}
		return a.Str() == b.Str()
	case uint8(a.N) == uint8(KindOther):
		return *(*lua.LValue)(a.P) == *(*lua.LValue)(b.P)
	}
	return false
}

// intEqualsFloat compares exactly.
func intEqualsFloat(i int64, f float64) bool {
	j, ok := FloatToInt(f)
	return ok && i == j
}

// FloatToInt converts a float that has an exact integer representation.
func FloatToInt(f float64) (int64, bool) {
	if f >= -(1<<63) && f < 1<<63 {
		if i := int64(f); float64(i) == f {
			return i, true
		}
	}
	return 0, false
}
