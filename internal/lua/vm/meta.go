package vm

import (
	"math"
	"strconv"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/code"
	"silly/internal/lua/value"
)

// An event names a metamethod. Tables remember by its bit that they do not have it.
type event struct {
	name value.Value
	bit  uint32
}

func newEvent(name string, bit int) event { return event{value.String(name).Hashed(), 1 << bit} }

// The events.
var (
	evIndex    = newEvent("__index", 0)
	evNewIndex = newEvent("__newindex", 1)
	evCall     = newEvent("__call", 2)
	evEq       = newEvent("__eq", 3)
	evLt       = newEvent("__lt", 4)
	evLe       = newEvent("__le", 5)
	evLen      = newEvent("__len", 6)
	evConcat   = newEvent("__concat", 7)
	evClose    = newEvent("__close", 8)
	evName     = newEvent("__name", 9)
	evArith    = func() (events [len(value.Events)]event) {
		for i, name := range value.Events {
			events[i] = newEvent(name, 10+i)
		}
		return events
	}()
)

// metatable is the metatable of a value, or nil.
func (vm *VM) metatable(v value.Value) *lua.LTable {
	switch k := v.Kind(); k {
	case value.KindTable:
		return value.Metatable(v.LTable())
	case value.KindUserData:
		mt, _ := v.LUserData().Metatable.(*lua.LTable)
		return mt
	case value.KindTrue:
		return vm.metas[value.KindFalse]
	case value.KindFloat:
		return vm.metas[value.KindInt]
	case value.KindNative, value.KindForeign:
		return vm.metas[value.KindFunction]
	default:
		return vm.metas[k]
	}
}

// Metatable is the metatable of a value, or nil.
func (vm *VM) Metatable(v value.Value) *lua.LTable { return vm.metatable(v) }

// SetTypeMetatable sets the metatable of all values of the type of v, which is no table and no userdata.
func (vm *VM) SetTypeMetatable(v value.Value, mt *lua.LTable) {
	k := v.Kind()
	switch k {
	case value.KindTrue:
		k = value.KindFalse
	case value.KindFloat:
		k = value.KindInt
	case value.KindNative, value.KindForeign:
		k = value.KindFunction
	}
	vm.metas[k] = mt
}

// field is the metamethod of a metatable for an event.
func (ev *event) field(mt *lua.LTable) value.Value {
	if mt == nil {
		return value.Nil
	}
	own := value.Own(mt)
	if own == nil {
		return value.Get(mt, ev.name)
	}
	if own.Absent&ev.bit != 0 {
		return value.Nil
	}
	v := own.GetStr(ev.name)
	if v.IsNil() {
		own.Absent |= ev.bit
	}
	return v
}

// meta is the metamethod of a value for an event.
func (vm *VM) meta(v value.Value, ev *event) value.Value { return ev.field(vm.metatable(v)) }

// MetaField is the field of the metatable of a value, or nil.
func (vm *VM) MetaField(v value.Value, name string) value.Value {
	mt := vm.metatable(v)
	if mt == nil {
		return value.Nil
	}
	return value.GetString(mt, name)
}

// maxChain is how many tables an __index or __newindex may refer to one after the other.
const maxChain = 2000

// callMeta1 calls a metamethod with the frame as it is; its first result goes to finish.
func (vm *VM) callMeta1(th *Thread, f value.Value, args ...value.Value) action {
	fr := th.frame
	idx := fr.base + fr.fn.Proto.MaxStack
	if fr.saved > 0 {
		idx = max(idx, th.top)
	}
	th.need(idx + 1 + len(args))
	th.stack[idx] = f
	copy(th.stack[idx+1:], args)
	return vm.call(th, idx, len(args), 1, kindMeta)
}

// method is own[key] or what a chain of __index tables has, for the instruction i at place. It reports false if that
// needs more than looking into tables.
func (vm *VM) method(own *value.Table, key value.Value, i code.Instr, place *code.Instr) (value.Value, bool) {
	for range 32 {
		if d := i.D(); d < len(own.Entries) && own.Entries[d].Key.P == key.P {
			if v := own.Entries[d].Val; !v.IsNil() {
				return v, true
			}
		} else if at := own.Find(key); at >= 0 {
			if v := own.Entries[at].Val; !v.IsNil() {
				if at <= math.MaxUint16 {
					*place = i.WithD(at)
				}
				return v, true
			}
		}
		if own.Meta == nil {
			return value.Nil, true
		}
		index := evIndex.field(own.Meta)
		if !index.IsTable() {
			return value.Nil, index.IsNil()
		}
		if own = index.Own(); own == nil {
			return value.Nil, false
		}
	}
	return value.Nil, false
}

// getIndex is t[key] for an instruction that wants it in register dst.
func (vm *VM) getIndex(th *Thread, t, key value.Value, dst int) action {
	for slot := range maxChain {
		var f value.Value
		if t.IsTable() {
			v := value.Get(t.LTable(), key)
			if !v.IsNil() {
				th.stack[dst] = v
				return goOn
			}
			if f = evIndex.field(value.Metatable(t.LTable())); f.IsNil() {
				th.stack[dst] = value.Nil
				return goOn
			}
		} else if f = vm.meta(t, &evIndex); f.IsNil() {
			th.indexError(t, -slot)
		}
		if f.Callable() {
			return vm.callMeta1(th, f, t, key)
		}
		t = f
	}
	th.runtimeError("'__index' chain too long; possible loop")
	return leave
}

// setIndex is t[key] = v for an instruction.
func (vm *VM) setIndex(th *Thread, t, key, v value.Value) action {
	for slot := range maxChain {
		var f value.Value
		if t.IsTable() {
			lt := t.LTable()
			mt := value.Metatable(lt)
			if mt != nil {
				f = evNewIndex.field(mt)
			}
			if f.IsNil() || !value.Get(lt, key).IsNil() {
				th.rawSet(lt, key, v)
				return goOn
			}
		} else if f = vm.meta(t, &evNewIndex); f.IsNil() {
			th.indexError(t, -slot)
		}
		if f.Callable() {
			return vm.callMeta1(th, f, t, key, v)
		}
		t = f
	}
	th.runtimeError("'__newindex' chain too long; possible loop")
	return leave
}

// rawSet is t[key] = v without metamethods; it raises errors about the key.
func (th *Thread) rawSet(t *lua.LTable, key, v value.Value) {
	if key.IsNil() {
		th.runtimeError("table index is nil")
	}
	if key.IsFloat() && math.IsNaN(key.AsFloat()) {
		th.runtimeError("table index is NaN")
	}
	value.Set(t, key, v)
}

// arith is x op y for an instruction that wants it in register dst; the fast cases are done.
func (vm *VM) arith(th *Thread, op value.ArithOp, x, y value.Value, dst int) action {
	if x.IsNumber() && y.IsNumber() {
		if v, ok := value.Arith(op, x, y); ok {
			th.stack[dst] = v
			return goOn
		}
	}
	ev := &evArith[op]
	f := vm.meta(x, ev)
	if f.IsNil() {
		f = vm.meta(y, ev)
	}
	if !f.IsNil() {
		return vm.callMeta1(th, f, x, y)
	}
	th.arithError(op, x, y)
	return leave
}

// length is #v for an instruction that wants it in register dst.
func (vm *VM) length(th *Thread, v value.Value, dst int) action {
	f := vm.meta(v, &evLen)
	switch {
	case !f.IsNil():
		return vm.callMeta1(th, f, v, v)
	case v.IsTable():
		th.stack[dst] = value.Int(value.Len(v.LTable()))
		return goOn
	}
	th.typeError("get length of", v, 0)
	return leave
}

// concatStrings concatenates values that are strings or numbers into the first one. It reports false, and does nothing, if
// others are among them.
func concatStrings(vs []value.Value) bool {
	size := 0
	for i := range vs {
		v := &vs[i]
		switch {
		case v.IsString():
			size += len(v.Str())
		case v.IsNumber():
			size += 24
		default:
			return false
		}
	}
	if len(vs) == 2 && vs[0].IsString() && vs[1].IsString() {
		switch {
		case len(vs[1].Str()) == 0:
			return true
		case len(vs[0].Str()) == 0:
			vs[0] = vs[1]
			return true
		}
	}
	b := make([]byte, 0, size)
	for i := range vs {
		b = appendText(b, vs[i])
	}
	vs[0] = value.Bytes(b)
	return true
}

// appendText appends a string or a number.
func appendText(b []byte, v value.Value) []byte {
	switch {
	case v.IsString():
		return append(b, v.Str()...)
	case v.IsInt():
		return strconv.AppendInt(b, v.AsInt(), 10)
	}
	return append(b, value.NumberText(v)...)
}

// concat concatenates the fr.saved values from a register on, from the right, with metamethods.
func (vm *VM) concat(th *Thread, from int, fr *Frame) action {
	for fr.saved > 1 {
		n := fr.saved
		vs := th.stack[from : from+n]
		// The strings and numbers at the end go together.
		first := n
		for first > 0 && (vs[first-1].IsString() || vs[first-1].IsNumber()) {
			first--
		}
		if n-first >= 2 {
			concatStrings(vs[first:])
			fr.saved = first + 1
			continue
		}
		x, y := vs[n-2], vs[n-1]
		f := vm.meta(x, &evConcat)
		if f.IsNil() {
			f = vm.meta(y, &evConcat)
		}
		if f.IsNil() {
			slot := n - 2
			if x.IsString() || x.IsNumber() {
				slot = n - 1
			}
			v := vs[slot]
			fr.saved = 0
			th.typeError("concatenate", v, slot)
		}
		return vm.callMeta1(th, f, x, y)
	}
	fr.saved = 0
	return goOn
}

// finish goes on with the instruction of the innermost frame that has called a metamethod: v is its result.
func (vm *VM) finish(th *Thread, v value.Value) action {
	fr := th.frame
	i := fr.fn.Proto.Code[fr.lf.Pc-1]
	if fr.saved == negated {
		fr.saved = 0
		v = value.Bool(v.Falsy())
	}
	switch op := i.Op(); op {
	case code.SetTabUp, code.SetTable, code.SetI, code.SetField:
	case code.Concat:
		fr.saved--
		th.stack[fr.base+i.A()+fr.saved-1] = v
		return vm.concat(th, fr.base+i.A(), fr)
	case code.EQ, code.LT, code.LE, code.EQK, code.LTK, code.LEK, code.GTK, code.GEK:
		if !v.Falsy() {
			fr.lf.Pc += i.J()
		}
	case code.NEQ, code.NLT, code.NLE, code.NEQK, code.NLTK, code.NLEK, code.NGTK, code.NGEK:
		if v.Falsy() {
			fr.lf.Pc += i.J()
		}
	default:
		th.stack[fr.base+i.A()] = v
	}
	return goOn
}

// equalObjects compares two different tables or userdata by __eq. known says that they have none and are not equal.
func (vm *VM) equalObjects(th *Thread, a, b value.Value) (act action, known bool) {
	f := vm.meta(a, &evEq)
	if f.IsNil() {
		f = vm.meta(b, &evEq)
	}
	if f.IsNil() {
		return goOn, true
	}
	return vm.callMeta1(th, f, a, b), false
}

// The results of less.
const (
	no = iota
	yes
	pushed // a metamethod was called
)

// less is a < b, or a <= b, for an instruction.
func (vm *VM) less(th *Thread, a, b value.Value, orEqual bool) (action, int) {
	if a.IsString() && b.IsString() {
		if a.Str() < b.Str() || orEqual && a.Str() == b.Str() {
			return goOn, yes
		}
		return goOn, no
	}
	if a.IsNumber() && b.IsNumber() {
		if orEqual && value.LessEqualNumber(a, b) || !orEqual && value.LessNumber(a, b) {
			return goOn, yes
		}
		return goOn, no
	}
	ev := &evLt
	if orEqual {
		ev = &evLe
	}
	f := vm.meta(a, ev)
	if f.IsNil() {
		f = vm.meta(b, ev)
	}
	if f.IsNil() && orEqual {
		// Lua 5.4 is built with the compatibility that a <= b is not (b < a).
		if f = vm.meta(b, &evLt); f.IsNil() {
			f = vm.meta(a, &evLt)
		}
		if !f.IsNil() {
			th.frame.saved = negated
			return vm.callMeta1(th, f, b, a), pushed
		}
	}
	if f.IsNil() {
		th.compareError(a, b)
	}
	return vm.callMeta1(th, f, a, b), pushed
}

// negated is saved in the frame when an instruction wants the opposite of the result of its metamethod.
const negated = -1

// callMeta puts the metamethod __call of what lies at idx in front of it, and returns the new number of arguments.
func (vm *VM) callMeta(th *Thread, idx, n int) int {
	v := th.stack[idx]
	f := vm.meta(v, &evCall)
	if f.IsNil() {
		th.callError(v, idx)
	}
	th.need(idx + 2 + n)
	copy(th.stack[idx+1:], th.stack[idx:idx+1+n])
	th.stack[idx] = f
	if th.top < idx+2+n {
		th.top = idx + 2 + n
	}
	return n + 1
}

// toBeClosed notes that a register is a variable to be closed.
func (th *Thread) toBeClosed(reg int, p *code.Proto) {
	v := th.stack[reg]
	if v.Falsy() {
		return
	}
	if th.vm.meta(v, &evClose).IsNil() {
		name := "?"
		for _, l := range p.Locals {
			if l.Reg == reg-th.frame.base && l.From <= th.frame.lf.Pc && l.Until == 0 || l.Reg == reg-th.frame.base && l.From < th.frame.lf.Pc && th.frame.lf.Pc <= l.Until {
				name = l.Name
			}
		}
		th.runtimeError("variable '" + name + "' got a non-closable value")
	}
	th.tbc = append(th.tbc, reg)
}

// closeMethod is __close of a variable, which had one when it was declared.
func (vm *VM) closeMethod(th *Thread, v value.Value, reg int) value.Value {
	f := vm.meta(v, &evClose)
	if f.IsNil() {
		return v // calling it is the error
	}
	return f
}

// setList stores values behind the elements of a new table.
func setList(t *value.Table, after int64, vs []value.Value) {
	t.SetElements(int(after), vs)
}

// forPrep prepares a numeric loop: r is start, limit, step and the variable. It reports false if there is nothing to do.
func (th *Thread) forPrep(r []value.Value) bool {
	start, limit, step := r[0], r[1], r[2]
	if start.IsInt() && step.IsInt() {
		if step.AsInt() == 0 {
			th.runtimeError("'for' step is zero")
		}
		end, ok := th.forLimit(start.AsInt(), limit, step.AsInt())
		if !ok {
			return false
		}
		count := uint64(end) - uint64(start.AsInt())
		if s := step.AsInt(); s > 0 {
			count /= uint64(s)
		} else {
			count = (uint64(start.AsInt()) - uint64(end)) / (uint64(-(s + 1)) + 1)
		}
		r[1] = value.Int(int64(count))
		r[3] = start
		return true
	}
	end := th.forNumber(limit, "limit")
	by := th.forNumber(step, "step")
	x := th.forNumber(start, "initial value")
	if by == 0 {
		th.runtimeError("'for' step is zero")
	}
	if by > 0 && end < x || !(by > 0) && x < end {
		return false
	}
	r[0], r[1], r[2], r[3] = value.Float(x), value.Float(end), value.Float(by), value.Float(x)
	return true
}

// forLimit is the limit of an integer loop as an integer. It reports false if the loop does not run.
func (th *Thread) forLimit(start int64, limit value.Value, step int64) (int64, bool) {
	var end int64
	if n, ok := value.ToNumber(limit); ok {
		limit = n
	}
	switch {
	case limit.IsInt():
		end = limit.AsInt()
	case limit.IsFloat():
		f := limit.AsFloat()
		switch {
		case f != f:
			if step > 0 {
				return 0, false
			}
			end = math.MinInt64
		case f >= 1<<63:
			if step < 0 {
				return 0, false
			}
			end = math.MaxInt64
		case f < -(1 << 63):
			if step > 0 {
				return 0, false
			}
			end = math.MinInt64
		case step > 0:
			end = int64(math.Floor(f))
		default:
			end = int64(math.Ceil(f))
		}
	default:
		th.forNumber(limit, "limit")
	}
	if step > 0 {
		return end, start <= end
	}
	return end, start >= end
}

func (th *Thread) forNumber(v value.Value, what string) float64 {
	f, ok := value.ToFloat(v)
	if !ok {
		th.runtimeError("bad 'for' " + what + " (number expected, got " + th.vm.TypeNameOf(v) + ")")
	}
	return f
}

// forIn prepares a generic loop whose state begins at a register.
func (vm *VM) forIn(th *Thread, reg int, p *code.Proto) {
	r := th.stack[reg : reg+5]
	r[4] = value.Nil
	if !r[3].Falsy() {
		if vm.meta(r[3], &evClose).IsNil() {
			th.runtimeError("variable '(for state)' got a non-closable value")
		}
		th.tbc = append(th.tbc, reg+3)
		return
	}
	if !r[1].IsTable() || !r[0].IsNative() {
		return
	}
	own := r[1].Own()
	switch {
	case own == nil:
	case r[0].P == vm.next.P && r[2].IsNil():
		r[4] = value.Int(0)
		// The traversal ends where the table ends now, so that it ends also if new keys come.
		r[3] = value.Value{P: value.IntMark(), N: uint64(len(own.Arr))<<32 | uint64(len(own.Entries))}
	case r[0].P == vm.ipairs.P && r[2].IsInt():
		r[4] = value.Int(0)
	}
}

// forNext is the next step of a traversal from a place.
func forNext(t *value.Table, at int, ends uint64) (place int, key, val value.Value) {
	if at < value.EntryPlace {
		arr := t.Arr
		for n := min(len(arr), int(ends>>32)); at < n; at++ {
			if !arr[at].IsNil() {
				return at + 1, value.Int(int64(at) + 1), arr[at]
			}
		}
		at = value.EntryPlace
	}
	i := at &^ value.EntryPlace
	for n := min(len(t.Entries), int(uint32(ends))); i < n; i++ {
		if e := &t.Entries[i]; !e.Val.IsNil() {
			return value.EntryPlace | i + 1, e.Key, e.Val
		}
	}
	return at, value.Nil, value.Nil
}
