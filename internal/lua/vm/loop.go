package vm

import (
	"math"
	"unsafe"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/code"
	"silly/internal/lua/value"
)

// An action says how the loop goes on after something has been called.
type action int

const (
	goOn    action = iota // with the innermost frame of vm.running
	leave                 // the call that execute has made has returned
	suspend               // the task waits
	fail                  // vm.raised was raised
)

// set sets a register to a number; mostly it is one of the kind already, and no pointer is written.
func set(r *value.Value, n uint64, mark unsafe.Pointer) {
	r.N = n
	if r.P != mark {
		r.P = mark
	}
}

// setInt is set for an integer.
func setInt(r *value.Value, i int64) {
	r.N = uint64(i)
	if r.P != value.IntMark() {
		r.P = value.IntMark()
	}
}

// floats are two numbers as floats.
func floats(a, b *value.Value) (x, y float64, ok bool) {
	x, okX := toFloat(a)
	y, okY := toFloat(b)
	return x, y, okX && okY
}

// toFloat is a number as a float.
func toFloat(v *value.Value) (float64, bool) {
	switch v.P {
	case value.FloatMark():
		return math.Float64frombits(v.N), true
	case value.IntMark():
		return float64(int64(v.N)), true
	}
	return 0, false
}

// isString is a method of Value in a form that the compiler inlines in the loop.
func isString(v *value.Value) bool {
	return uint8(v.N) == uint8(value.KindString) && v.P != value.IntMark() && v.P != value.FloatMark()
}

// loop runs the innermost frame of the running thread, a Lua function, and what it calls, until the call that execute has
// made returns or the task waits. It begins anew at outer whenever the frame or the thread has changed, and when the stack
// may have moved.
//
// The place of the next instruction is stored in the frame before anything that can raise an error or change frames.
func (vm *VM) loop() action {
outer:
	for {
		th := vm.running
		fr := th.frame
		fn := fr.fn
		p := fn.Proto
		ins := p.Code
		consts := p.Consts
		base := fr.base
		regs := th.stack[base : base+p.MaxStack]
		pc := fr.lf.Pc
		for {
			i := ins[pc]
			pc++
			switch i.Op() {
			case code.Move:
				regs[i.A()] = regs[i.B()]
			case code.LoadI:
				setInt(&regs[i.A()], int64(i.J()))
			case code.LoadK:
				regs[i.A()] = consts[i.X()]
			case code.LoadNil:
				a := i.A()
				clear(regs[a : a+i.B()+1])
			case code.LoadFalse:
				regs[i.A()] = value.False
			case code.LoadTrue:
				regs[i.A()] = value.True
			case code.LoadFalseSkip:
				regs[i.A()] = value.False
				pc++
			case code.GetUpval:
				regs[i.A()] = *fn.Upvals[i.B()].v
			case code.SetUpval:
				*fn.Upvals[i.B()].v = regs[i.A()]
			case code.GetTabUp:
				t := fn.Upvals[i.B()].v
				if value.IsOwn(t) {
					own := (*value.Table)(t.P)
					key := consts[i.C()]
					if d := i.D(); d < len(own.Entries) && own.Entries[d].Key.P == key.P {
						if v := own.Entries[d].Val; !v.IsNil() {
							regs[i.A()] = v
							continue
						}
					} else if at := own.Find(key); at >= 0 {
						if at <= math.MaxUint16 {
							ins[pc-1] = i.WithD(at)
						}
						if v := own.Entries[at].Val; !v.IsNil() {
							regs[i.A()] = v
							continue
						}
					}
					if own.Meta == nil {
						regs[i.A()] = value.Nil
						continue
					}
				}
				fr.lf.Pc = pc
				if act := vm.getIndex(th, *t, consts[i.C()], base+i.A()); act != goOn {
					return act
				}
				continue outer
			case code.GetField:
				t := &regs[i.B()]
				if value.IsOwn(t) {
					own := (*value.Table)(t.P)
					key := consts[i.C()]
					if d := i.D(); d < len(own.Entries) && own.Entries[d].Key.P == key.P {
						if v := own.Entries[d].Val; !v.IsNil() {
							regs[i.A()] = v
							continue
						}
					} else if at := own.Find(key); at >= 0 {
						if at <= math.MaxUint16 {
							ins[pc-1] = i.WithD(at)
						}
						if v := own.Entries[at].Val; !v.IsNil() {
							regs[i.A()] = v
							continue
						}
					}
					if own.Meta == nil {
						regs[i.A()] = value.Nil
						continue
					}
				}
				fr.lf.Pc = pc
				if act := vm.getIndex(th, *t, consts[i.C()], base+i.A()); act != goOn {
					return act
				}
				continue outer
			case code.Self:
				obj := regs[i.B()]
				key := consts[i.C()]
				a := i.A()
				if value.IsOwn(&obj) {
					own := (*value.Table)(obj.P)
					if v, ok := vm.method(own, key, i, &ins[pc-1]); ok {
						regs[a+1] = obj
						regs[a] = v
						continue
					}
				}
				fr.lf.Pc = pc
				regs[a+1] = obj
				if act := vm.getIndex(th, obj, key, base+a); act != goOn {
					return act
				}
				continue outer
			case code.GetTable:
				t, key := &regs[i.B()], &regs[i.C()]
				if value.IsOwn(t) {
					own := (*value.Table)(t.P)
					var v value.Value
					if key.P == value.IntMark() {
						if at := key.N - 1; at < uint64(len(own.Arr)) {
							v = own.Arr[at]
						} else {
							v = own.GetInt(int64(key.N))
						}
					} else if isString(key) {
						*key = key.Hashed()
						v = own.GetStr(*key)
					} else {
						v = own.Get(*key)
					}
					if !v.IsNil() || own.Meta == nil {
						regs[i.A()] = v
						continue
					}
				}
				fr.lf.Pc = pc
				if act := vm.getIndex(th, *t, *key, base+i.A()); act != goOn {
					return act
				}
				continue outer
			case code.GetI:
				t := &regs[i.B()]
				if value.IsOwn(t) {
					own := (*value.Table)(t.P)
					v := own.GetInt(int64(i.C()))
					if !v.IsNil() || own.Meta == nil {
						regs[i.A()] = v
						continue
					}
				}
				fr.lf.Pc = pc
				if act := vm.getIndex(th, *t, value.Int(int64(i.C())), base+i.A()); act != goOn {
					return act
				}
				continue outer
			case code.SetTabUp, code.SetField:
				var t *value.Value
				if i.Op() == code.SetField {
					t = &regs[i.A()]
				} else {
					t = fn.Upvals[i.A()].v
				}
				var v value.Value
				if c := i.C(); c&code.Const == 0 {
					v = regs[c]
				} else {
					v = consts[c&^code.Const]
				}
				key := consts[i.B()]
				if value.IsOwn(t) {
					own := (*value.Table)(t.P)
					if d := i.D(); d < len(own.Entries) && own.Entries[d].Key.P == key.P {
						if e := &own.Entries[d]; !e.Val.IsNil() {
							if !v.IsNil() {
								e.Val = v
							} else {
								own.SetEntry(d, v)
							}
							continue
						}
					} else if at := own.Find(key); at >= 0 {
						if at <= math.MaxUint16 {
							ins[pc-1] = i.WithD(at)
						}
						if e := &own.Entries[at]; !e.Val.IsNil() {
							own.SetEntry(at, v)
							continue
						}
					}
					if own.Meta == nil {
						own.SetStr(key, v)
						continue
					}
				}
				fr.lf.Pc = pc
				if act := vm.setIndex(th, *t, key, v); act != goOn {
					return act
				}
				continue outer
			case code.SetTable:
				t, key := &regs[i.A()], &regs[i.B()]
				var v value.Value
				if c := i.C(); c&code.Const == 0 {
					v = regs[c]
				} else {
					v = consts[c&^code.Const]
				}
				if value.IsOwn(t) {
					own := (*value.Table)(t.P)
					if key.P == value.IntMark() {
						if at := key.N - 1; at < uint64(len(own.Arr)) {
							if e := &own.Arr[at]; !e.IsNil() || own.Meta == nil {
								if !v.IsNil() {
									*e = v
								} else {
									own.SetInt(int64(key.N), v)
								}
								continue
							}
						} else if own.Meta == nil {
							own.SetInt(int64(key.N), v)
							continue
						}
					} else if own.Meta == nil && isString(key) {
						*key = key.Hashed()
						own.SetStr(*key, v)
						continue
					}
				}
				fr.lf.Pc = pc
				if act := vm.setIndex(th, *t, *key, v); act != goOn {
					return act
				}
				continue outer
			case code.SetI:
				t := &regs[i.A()]
				var v value.Value
				if c := i.C(); c&code.Const == 0 {
					v = regs[c]
				} else {
					v = consts[c&^code.Const]
				}
				if value.IsOwn(t) {
					if own := (*value.Table)(t.P); own.Meta == nil {
						own.SetInt(int64(i.B()), v)
						continue
					}
				}
				fr.lf.Pc = pc
				if act := vm.setIndex(th, *t, value.Int(int64(i.B())), v); act != goOn {
					return act
				}
				continue outer
			case code.NewTable:
				regs[i.A()] = value.NewTable(i.B(), i.C()).Value()
			case code.SetList:
				a, n := i.A(), i.B()
				if n == 0 {
					n = th.top - (base + a + 1)
				}
				setList(regs[a].Own(), int64(i.X()), th.stack[base+a+1:base+a+1+n])

			case code.Add:
				b, c := &regs[i.B()], &regs[i.C()]
				if b.P == value.IntMark() && c.P == value.IntMark() {
					setInt(&regs[i.A()], int64(b.N)+int64(c.N))
					continue
				}
				if b.P == value.FloatMark() && c.P == value.FloatMark() {
					x, y := math.Float64frombits(b.N), math.Float64frombits(c.N)
					set(&regs[i.A()], math.Float64bits(x+y), value.FloatMark())
					continue
				}
				if x, y, ok := floats(b, c); ok {
					set(&regs[i.A()], math.Float64bits(x+y), value.FloatMark())
					continue
				}
				fr.lf.Pc = pc
				if act := vm.arith(th, value.OpAdd, *b, *c, base+i.A()); act != goOn {
					return act
				}
				continue outer
			case code.Sub:
				b, c := &regs[i.B()], &regs[i.C()]
				if b.P == value.IntMark() && c.P == value.IntMark() {
					setInt(&regs[i.A()], int64(b.N)-int64(c.N))
					continue
				}
				if b.P == value.FloatMark() && c.P == value.FloatMark() {
					x, y := math.Float64frombits(b.N), math.Float64frombits(c.N)
					set(&regs[i.A()], math.Float64bits(x-y), value.FloatMark())
					continue
				}
				if x, y, ok := floats(b, c); ok {
					set(&regs[i.A()], math.Float64bits(x-y), value.FloatMark())
					continue
				}
				fr.lf.Pc = pc
				if act := vm.arith(th, value.OpSub, *b, *c, base+i.A()); act != goOn {
					return act
				}
				continue outer
			case code.Mul:
				b, c := &regs[i.B()], &regs[i.C()]
				if b.P == value.IntMark() && c.P == value.IntMark() {
					setInt(&regs[i.A()], int64(b.N)*int64(c.N))
					continue
				}
				if b.P == value.FloatMark() && c.P == value.FloatMark() {
					x, y := math.Float64frombits(b.N), math.Float64frombits(c.N)
					set(&regs[i.A()], math.Float64bits(x*y), value.FloatMark())
					continue
				}
				if x, y, ok := floats(b, c); ok {
					set(&regs[i.A()], math.Float64bits(x*y), value.FloatMark())
					continue
				}
				fr.lf.Pc = pc
				if act := vm.arith(th, value.OpMul, *b, *c, base+i.A()); act != goOn {
					return act
				}
				continue outer
			case code.Div:
				b, c := &regs[i.B()], &regs[i.C()]
				if b.P == value.FloatMark() && c.P == value.FloatMark() {
					x, y := math.Float64frombits(b.N), math.Float64frombits(c.N)
					set(&regs[i.A()], math.Float64bits(x/y), value.FloatMark())
					continue
				}
				if x, y, ok := floats(b, c); ok {
					set(&regs[i.A()], math.Float64bits(x/y), value.FloatMark())
					continue
				}
				fr.lf.Pc = pc
				if act := vm.arith(th, value.OpDiv, *b, *c, base+i.A()); act != goOn {
					return act
				}
				continue outer
			case code.Pow:
				b, c := &regs[i.B()], &regs[i.C()]
				if x, y, ok := floats(b, c); ok {
					set(&regs[i.A()], math.Float64bits(value.Pow(x, y)), value.FloatMark())
					continue
				}
				fr.lf.Pc = pc
				if act := vm.arith(th, value.OpPow, *b, *c, base+i.A()); act != goOn {
					return act
				}
				continue outer
			case code.Mod:
				b, c := &regs[i.B()], &regs[i.C()]
				if b.P == value.IntMark() && c.P == value.IntMark() {
					if c.N != 0 {
						setInt(&regs[i.A()], value.Mod(int64(b.N), int64(c.N)))
						continue
					}
				} else if x, y, ok := floats(b, c); ok {
					set(&regs[i.A()], math.Float64bits(value.FloatMod(x, y)), value.FloatMark())
					continue
				}
				fr.lf.Pc = pc
				if act := vm.arith(th, value.OpMod, *b, *c, base+i.A()); act != goOn {
					return act
				}
				continue outer
			case code.IDiv:
				b, c := &regs[i.B()], &regs[i.C()]
				if b.P == value.IntMark() && c.P == value.IntMark() {
					if c.N != 0 {
						setInt(&regs[i.A()], value.IDiv(int64(b.N), int64(c.N)))
						continue
					}
				} else if x, y, ok := floats(b, c); ok {
					set(&regs[i.A()], math.Float64bits(math.Floor(x/y)), value.FloatMark())
					continue
				}
				fr.lf.Pc = pc
				if act := vm.arith(th, value.OpIDiv, *b, *c, base+i.A()); act != goOn {
					return act
				}
				continue outer
			case code.BAnd:
				b, c := &regs[i.B()], &regs[i.C()]
				if b.P == value.IntMark() && c.P == value.IntMark() {
					setInt(&regs[i.A()], int64(b.N&c.N))
					continue
				}
				fr.lf.Pc = pc
				if act := vm.arith(th, value.OpBAnd, *b, *c, base+i.A()); act != goOn {
					return act
				}
				continue outer
			case code.BOr:
				b, c := &regs[i.B()], &regs[i.C()]
				if b.P == value.IntMark() && c.P == value.IntMark() {
					setInt(&regs[i.A()], int64(b.N|c.N))
					continue
				}
				fr.lf.Pc = pc
				if act := vm.arith(th, value.OpBOr, *b, *c, base+i.A()); act != goOn {
					return act
				}
				continue outer
			case code.BXor:
				b, c := &regs[i.B()], &regs[i.C()]
				if b.P == value.IntMark() && c.P == value.IntMark() {
					setInt(&regs[i.A()], int64(b.N^c.N))
					continue
				}
				fr.lf.Pc = pc
				if act := vm.arith(th, value.OpBXor, *b, *c, base+i.A()); act != goOn {
					return act
				}
				continue outer
			case code.Shl:
				b, c := &regs[i.B()], &regs[i.C()]
				if b.P == value.IntMark() && c.P == value.IntMark() {
					setInt(&regs[i.A()], value.Shl(int64(b.N), int64(c.N)))
					continue
				}
				fr.lf.Pc = pc
				if act := vm.arith(th, value.OpShl, *b, *c, base+i.A()); act != goOn {
					return act
				}
				continue outer
			case code.Shr:
				b, c := &regs[i.B()], &regs[i.C()]
				if b.P == value.IntMark() && c.P == value.IntMark() {
					setInt(&regs[i.A()], value.Shl(int64(b.N), -int64(c.N)))
					continue
				}
				fr.lf.Pc = pc
				if act := vm.arith(th, value.OpShr, *b, *c, base+i.A()); act != goOn {
					return act
				}
				continue outer
			case code.AddK:
				b, c := &regs[i.B()], &consts[i.C()]
				if b.P == value.IntMark() && c.P == value.IntMark() {
					setInt(&regs[i.A()], int64(b.N)+int64(c.N))
					continue
				}
				if b.P == value.FloatMark() && c.P == value.FloatMark() {
					x, y := math.Float64frombits(b.N), math.Float64frombits(c.N)
					set(&regs[i.A()], math.Float64bits(x+y), value.FloatMark())
					continue
				}
				if x, y, ok := floats(b, c); ok {
					set(&regs[i.A()], math.Float64bits(x+y), value.FloatMark())
					continue
				}
				fr.lf.Pc = pc
				if act := vm.arith(th, value.OpAdd, *b, *c, base+i.A()); act != goOn {
					return act
				}
				continue outer
			case code.SubK:
				b, c := &regs[i.B()], &consts[i.C()]
				if b.P == value.IntMark() && c.P == value.IntMark() {
					setInt(&regs[i.A()], int64(b.N)-int64(c.N))
					continue
				}
				if b.P == value.FloatMark() && c.P == value.FloatMark() {
					x, y := math.Float64frombits(b.N), math.Float64frombits(c.N)
					set(&regs[i.A()], math.Float64bits(x-y), value.FloatMark())
					continue
				}
				if x, y, ok := floats(b, c); ok {
					if y == 0 && c.P == value.IntMark() {
						y = math.Copysign(0, -1) // lua5.4 adds the negated integer: -0.0 - 0 is 0.0
					}
					set(&regs[i.A()], math.Float64bits(x-y), value.FloatMark())
					continue
				}
				fr.lf.Pc = pc
				if act := vm.arith(th, value.OpSub, *b, *c, base+i.A()); act != goOn {
					return act
				}
				continue outer
			case code.MulK:
				b, c := &regs[i.B()], &consts[i.C()]
				if b.P == value.IntMark() && c.P == value.IntMark() {
					setInt(&regs[i.A()], int64(b.N)*int64(c.N))
					continue
				}
				if b.P == value.FloatMark() && c.P == value.FloatMark() {
					x, y := math.Float64frombits(b.N), math.Float64frombits(c.N)
					set(&regs[i.A()], math.Float64bits(x*y), value.FloatMark())
					continue
				}
				if x, y, ok := floats(b, c); ok {
					set(&regs[i.A()], math.Float64bits(x*y), value.FloatMark())
					continue
				}
				fr.lf.Pc = pc
				if act := vm.arith(th, value.OpMul, *b, *c, base+i.A()); act != goOn {
					return act
				}
				continue outer
			case code.DivK:
				b, c := &regs[i.B()], &consts[i.C()]
				if b.P == value.FloatMark() && c.P == value.FloatMark() {
					x, y := math.Float64frombits(b.N), math.Float64frombits(c.N)
					set(&regs[i.A()], math.Float64bits(x/y), value.FloatMark())
					continue
				}
				if x, y, ok := floats(b, c); ok {
					set(&regs[i.A()], math.Float64bits(x/y), value.FloatMark())
					continue
				}
				fr.lf.Pc = pc
				if act := vm.arith(th, value.OpDiv, *b, *c, base+i.A()); act != goOn {
					return act
				}
				continue outer
			case code.PowK:
				b, c := &regs[i.B()], &consts[i.C()]
				if x, y, ok := floats(b, c); ok {
					set(&regs[i.A()], math.Float64bits(value.Pow(x, y)), value.FloatMark())
					continue
				}
				fr.lf.Pc = pc
				if act := vm.arith(th, value.OpPow, *b, *c, base+i.A()); act != goOn {
					return act
				}
				continue outer
			case code.ModK:
				b, c := &regs[i.B()], &consts[i.C()]
				if b.P == value.IntMark() && c.P == value.IntMark() {
					if c.N != 0 {
						setInt(&regs[i.A()], value.Mod(int64(b.N), int64(c.N)))
						continue
					}
				} else if x, y, ok := floats(b, c); ok {
					set(&regs[i.A()], math.Float64bits(value.FloatMod(x, y)), value.FloatMark())
					continue
				}
				fr.lf.Pc = pc
				if act := vm.arith(th, value.OpMod, *b, *c, base+i.A()); act != goOn {
					return act
				}
				continue outer
			case code.IDivK:
				b, c := &regs[i.B()], &consts[i.C()]
				if b.P == value.IntMark() && c.P == value.IntMark() {
					if c.N != 0 {
						setInt(&regs[i.A()], value.IDiv(int64(b.N), int64(c.N)))
						continue
					}
				} else if x, y, ok := floats(b, c); ok {
					set(&regs[i.A()], math.Float64bits(math.Floor(x/y)), value.FloatMark())
					continue
				}
				fr.lf.Pc = pc
				if act := vm.arith(th, value.OpIDiv, *b, *c, base+i.A()); act != goOn {
					return act
				}
				continue outer
			case code.BAndK:
				b, c := &regs[i.B()], &consts[i.C()]
				if b.P == value.IntMark() && c.P == value.IntMark() {
					setInt(&regs[i.A()], int64(b.N&c.N))
					continue
				}
				fr.lf.Pc = pc
				if act := vm.arith(th, value.OpBAnd, *b, *c, base+i.A()); act != goOn {
					return act
				}
				continue outer
			case code.BOrK:
				b, c := &regs[i.B()], &consts[i.C()]
				if b.P == value.IntMark() && c.P == value.IntMark() {
					setInt(&regs[i.A()], int64(b.N|c.N))
					continue
				}
				fr.lf.Pc = pc
				if act := vm.arith(th, value.OpBOr, *b, *c, base+i.A()); act != goOn {
					return act
				}
				continue outer
			case code.BXorK:
				b, c := &regs[i.B()], &consts[i.C()]
				if b.P == value.IntMark() && c.P == value.IntMark() {
					setInt(&regs[i.A()], int64(b.N^c.N))
					continue
				}
				fr.lf.Pc = pc
				if act := vm.arith(th, value.OpBXor, *b, *c, base+i.A()); act != goOn {
					return act
				}
				continue outer
			case code.ShlK:
				b, c := &regs[i.B()], &consts[i.C()]
				if b.P == value.IntMark() && c.P == value.IntMark() {
					setInt(&regs[i.A()], value.Shl(int64(b.N), int64(c.N)))
					continue
				}
				fr.lf.Pc = pc
				if act := vm.arith(th, value.OpShl, *b, *c, base+i.A()); act != goOn {
					return act
				}
				continue outer
			case code.ShrK:
				b, c := &regs[i.B()], &consts[i.C()]
				if b.P == value.IntMark() && c.P == value.IntMark() {
					setInt(&regs[i.A()], value.Shl(int64(b.N), -int64(c.N)))
					continue
				}
				fr.lf.Pc = pc
				if act := vm.arith(th, value.OpShr, *b, *c, base+i.A()); act != goOn {
					return act
				}
				continue outer
			case code.Unm:
				b := &regs[i.B()]
				switch b.P {
				case value.IntMark():
					setInt(&regs[i.A()], -int64(b.N))
					continue
				case value.FloatMark():
					set(&regs[i.A()], math.Float64bits(-b.AsFloat()), value.FloatMark())
					continue
				}
				fr.lf.Pc = pc
				if act := vm.arith(th, value.OpUnm, *b, *b, base+i.A()); act != goOn {
					return act
				}
				continue outer
			case code.BNot:
				b := &regs[i.B()]
				if b.P == value.IntMark() {
					setInt(&regs[i.A()], ^int64(b.N))
					continue
				}
				fr.lf.Pc = pc
				if act := vm.arith(th, value.OpBNot, *b, *b, base+i.A()); act != goOn {
					return act
				}
				continue outer
			case code.Not:
				regs[i.A()] = value.Bool(regs[i.B()].Falsy())
			case code.Len:
				b := &regs[i.B()]
				if isString(b) {
					setInt(&regs[i.A()], int64(len(b.Str())))
					continue
				}
				if value.IsOwn(b) {
					if own := (*value.Table)(b.P); own.Meta == nil {
						setInt(&regs[i.A()], own.Len())
						continue
					}
				}
				fr.lf.Pc = pc
				if act := vm.length(th, *b, base+i.A()); act != goOn {
					return act
				}
				continue outer
			case code.Concat:
				fr.lf.Pc = pc
				a, n := i.A(), i.B()
				if concatStrings(regs[a : a+n]) {
					continue
				}
				fr.saved = n
				if act := vm.concat(th, base+a, fr); act != goOn {
					return act
				}
				continue outer
			case code.Close:
				fr.lf.Pc = pc
				th.closeUpvals(base + i.A())
				if th.closing(base + i.A()) {
					if act := vm.closeNext(th, value.Nil, base+p.MaxStack, kindClose); act != goOn {
						return act
					}
					continue outer
				}
			case code.TBC:
				fr.lf.Pc = pc
				th.toBeClosed(base+i.A(), p)
			case code.Jmp:
				if a := i.A(); a != 0 {
					fr.lf.Pc = pc
					th.closeUpvals(base + a - 1)
					if th.closing(base + a - 1) {
						if act := vm.closeNext(th, value.Nil, base+p.MaxStack, kindClose); act != goOn {
							return act
						}
						continue outer
					}
				}
				j := i.J()
				if j < 0 && vm.stop.Load() != 0 {
					fr.lf.Pc = pc
					vm.poll()
				}
				pc += j
			case code.Test:
				if !regs[i.A()].Falsy() {
					pc += i.J()
				}
			case code.TestN:
				if regs[i.A()].Falsy() {
					pc += i.J()
				}
			case code.TestSet:
				if v := regs[i.A()]; !v.Falsy() {
					regs[i.B()] = v
					pc += i.J()
				}
			case code.TestSetN:
				if v := regs[i.A()]; v.Falsy() {
					regs[i.B()] = v
					pc += i.J()
				}
			case code.EQ:
				a, b := &regs[i.A()], &regs[i.B()]
				equal := a.P == b.P && a.N == b.N && a.P != value.FloatMark()
				if !equal && (a.P != value.IntMark() || b.P != value.IntMark()) {
					equal = value.RawEqual(*a, *b)
				}
				if !equal && a.N == b.N && a.P != nil && !a.IsNumber() && !b.IsNumber() && (a.IsTable() || uint8(a.N) == uint8(value.KindUserData)) {
					fr.lf.Pc = pc
					act, known := vm.equalObjects(th, *a, *b)
					if act != goOn {
						return act
					}
					if !known {
						continue outer
					}
				}
				if equal {
					pc += i.J()
				}
			case code.EQK:
				a, b := &regs[i.A()], &consts[i.B()]
				if a.P == b.P && a.N == b.N && a.P != value.FloatMark() || value.RawEqual(*a, *b) {
					pc += i.J()
				}
			case code.NEQ:
				a, b := &regs[i.A()], &regs[i.B()]
				equal := a.P == b.P && a.N == b.N && a.P != value.FloatMark()
				if !equal && (a.P != value.IntMark() || b.P != value.IntMark()) {
					equal = value.RawEqual(*a, *b)
				}
				if !equal && a.N == b.N && a.P != nil && !a.IsNumber() && !b.IsNumber() && (a.IsTable() || uint8(a.N) == uint8(value.KindUserData)) {
					fr.lf.Pc = pc
					act, known := vm.equalObjects(th, *a, *b)
					if act != goOn {
						return act
					}
					if !known {
						continue outer
					}
				}
				if !equal {
					pc += i.J()
				}
			case code.NEQK:
				a, b := &regs[i.A()], &consts[i.B()]
				if !(a.P == b.P && a.N == b.N && a.P != value.FloatMark() || value.RawEqual(*a, *b)) {
					pc += i.J()
				}
			case code.LT:
				a, b := &regs[i.A()], &regs[i.B()]
				if a.P == value.IntMark() && b.P == value.IntMark() {
					if int64(a.N) < int64(b.N) {
						pc += i.J()
					}
					continue
				}
				if a.P == value.FloatMark() && b.P == value.FloatMark() {
					if a.AsFloat() < b.AsFloat() {
						pc += i.J()
					}
					continue
				}
				if a.IsNumber() && b.IsNumber() {
					if value.LessNumber(*a, *b) {
						pc += i.J()
					}
					continue
				}
				fr.lf.Pc = pc
				act, res := vm.less(th, *a, *b, false)
				if act != goOn {
					return act
				}
				if res == pushed {
					continue outer
				}
				if res == yes {
					pc += i.J()
				}
			case code.LE:
				a, b := &regs[i.A()], &regs[i.B()]
				if a.P == value.IntMark() && b.P == value.IntMark() {
					if int64(a.N) <= int64(b.N) {
						pc += i.J()
					}
					continue
				}
				if a.P == value.FloatMark() && b.P == value.FloatMark() {
					if a.AsFloat() <= b.AsFloat() {
						pc += i.J()
					}
					continue
				}
				if a.IsNumber() && b.IsNumber() {
					if value.LessEqualNumber(*a, *b) {
						pc += i.J()
					}
					continue
				}
				fr.lf.Pc = pc
				act, res := vm.less(th, *a, *b, true)
				if act != goOn {
					return act
				}
				if res == pushed {
					continue outer
				}
				if res == yes {
					pc += i.J()
				}
			case code.LTK:
				a, b := &regs[i.A()], &consts[i.B()]
				if a.P == value.IntMark() && b.P == value.IntMark() {
					if int64(a.N) < int64(b.N) {
						pc += i.J()
					}
					continue
				}
				if a.P == value.FloatMark() && b.P == value.FloatMark() {
					if a.AsFloat() < b.AsFloat() {
						pc += i.J()
					}
					continue
				}
				if a.IsNumber() && b.IsNumber() {
					if value.LessNumber(*a, *b) {
						pc += i.J()
					}
					continue
				}
				fr.lf.Pc = pc
				act, res := vm.less(th, *a, *b, false)
				if act != goOn {
					return act
				}
				if res == pushed {
					continue outer
				}
				if res == yes {
					pc += i.J()
				}
			case code.LEK:
				a, b := &regs[i.A()], &consts[i.B()]
				if a.P == value.IntMark() && b.P == value.IntMark() {
					if int64(a.N) <= int64(b.N) {
						pc += i.J()
					}
					continue
				}
				if a.P == value.FloatMark() && b.P == value.FloatMark() {
					if a.AsFloat() <= b.AsFloat() {
						pc += i.J()
					}
					continue
				}
				if a.IsNumber() && b.IsNumber() {
					if value.LessEqualNumber(*a, *b) {
						pc += i.J()
					}
					continue
				}
				fr.lf.Pc = pc
				act, res := vm.less(th, *a, *b, true)
				if act != goOn {
					return act
				}
				if res == pushed {
					continue outer
				}
				if res == yes {
					pc += i.J()
				}
			case code.GTK:
				a, b := &regs[i.A()], &consts[i.B()]
				if a.P == value.IntMark() && b.P == value.IntMark() {
					if int64(b.N) < int64(a.N) {
						pc += i.J()
					}
					continue
				}
				if a.P == value.FloatMark() && b.P == value.FloatMark() {
					if b.AsFloat() < a.AsFloat() {
						pc += i.J()
					}
					continue
				}
				if a.IsNumber() && b.IsNumber() {
					if value.LessNumber(*b, *a) {
						pc += i.J()
					}
					continue
				}
				fr.lf.Pc = pc
				act, res := vm.less(th, *b, *a, false)
				if act != goOn {
					return act
				}
				if res == pushed {
					continue outer
				}
				if res == yes {
					pc += i.J()
				}
			case code.GEK:
				a, b := &regs[i.A()], &consts[i.B()]
				if a.P == value.IntMark() && b.P == value.IntMark() {
					if int64(b.N) <= int64(a.N) {
						pc += i.J()
					}
					continue
				}
				if a.P == value.FloatMark() && b.P == value.FloatMark() {
					if b.AsFloat() <= a.AsFloat() {
						pc += i.J()
					}
					continue
				}
				if a.IsNumber() && b.IsNumber() {
					if value.LessEqualNumber(*b, *a) {
						pc += i.J()
					}
					continue
				}
				fr.lf.Pc = pc
				act, res := vm.less(th, *b, *a, true)
				if act != goOn {
					return act
				}
				if res == pushed {
					continue outer
				}
				if res == yes {
					pc += i.J()
				}
			case code.NLT:
				a, b := &regs[i.A()], &regs[i.B()]
				if a.P == value.IntMark() && b.P == value.IntMark() {
					if !(int64(a.N) < int64(b.N)) {
						pc += i.J()
					}
					continue
				}
				if a.P == value.FloatMark() && b.P == value.FloatMark() {
					if !(a.AsFloat() < b.AsFloat()) {
						pc += i.J()
					}
					continue
				}
				if a.IsNumber() && b.IsNumber() {
					if !value.LessNumber(*a, *b) {
						pc += i.J()
					}
					continue
				}
				fr.lf.Pc = pc
				act, res := vm.less(th, *a, *b, false)
				if act != goOn {
					return act
				}
				if res == pushed {
					continue outer
				}
				if !(res == yes) {
					pc += i.J()
				}
			case code.NLE:
				a, b := &regs[i.A()], &regs[i.B()]
				if a.P == value.IntMark() && b.P == value.IntMark() {
					if !(int64(a.N) <= int64(b.N)) {
						pc += i.J()
					}
					continue
				}
				if a.P == value.FloatMark() && b.P == value.FloatMark() {
					if !(a.AsFloat() <= b.AsFloat()) {
						pc += i.J()
					}
					continue
				}
				if a.IsNumber() && b.IsNumber() {
					if !value.LessEqualNumber(*a, *b) {
						pc += i.J()
					}
					continue
				}
				fr.lf.Pc = pc
				act, res := vm.less(th, *a, *b, true)
				if act != goOn {
					return act
				}
				if res == pushed {
					continue outer
				}
				if !(res == yes) {
					pc += i.J()
				}
			case code.NLTK:
				a, b := &regs[i.A()], &consts[i.B()]
				if a.P == value.IntMark() && b.P == value.IntMark() {
					if !(int64(a.N) < int64(b.N)) {
						pc += i.J()
					}
					continue
				}
				if a.P == value.FloatMark() && b.P == value.FloatMark() {
					if !(a.AsFloat() < b.AsFloat()) {
						pc += i.J()
					}
					continue
				}
				if a.IsNumber() && b.IsNumber() {
					if !value.LessNumber(*a, *b) {
						pc += i.J()
					}
					continue
				}
				fr.lf.Pc = pc
				act, res := vm.less(th, *a, *b, false)
				if act != goOn {
					return act
				}
				if res == pushed {
					continue outer
				}
				if !(res == yes) {
					pc += i.J()
				}
			case code.NLEK:
				a, b := &regs[i.A()], &consts[i.B()]
				if a.P == value.IntMark() && b.P == value.IntMark() {
					if !(int64(a.N) <= int64(b.N)) {
						pc += i.J()
					}
					continue
				}
				if a.P == value.FloatMark() && b.P == value.FloatMark() {
					if !(a.AsFloat() <= b.AsFloat()) {
						pc += i.J()
					}
					continue
				}
				if a.IsNumber() && b.IsNumber() {
					if !value.LessEqualNumber(*a, *b) {
						pc += i.J()
					}
					continue
				}
				fr.lf.Pc = pc
				act, res := vm.less(th, *a, *b, true)
				if act != goOn {
					return act
				}
				if res == pushed {
					continue outer
				}
				if !(res == yes) {
					pc += i.J()
				}
			case code.NGTK:
				a, b := &regs[i.A()], &consts[i.B()]
				if a.P == value.IntMark() && b.P == value.IntMark() {
					if !(int64(b.N) < int64(a.N)) {
						pc += i.J()
					}
					continue
				}
				if a.P == value.FloatMark() && b.P == value.FloatMark() {
					if !(b.AsFloat() < a.AsFloat()) {
						pc += i.J()
					}
					continue
				}
				if a.IsNumber() && b.IsNumber() {
					if !value.LessNumber(*b, *a) {
						pc += i.J()
					}
					continue
				}
				fr.lf.Pc = pc
				act, res := vm.less(th, *b, *a, false)
				if act != goOn {
					return act
				}
				if res == pushed {
					continue outer
				}
				if !(res == yes) {
					pc += i.J()
				}
			case code.NGEK:
				a, b := &regs[i.A()], &consts[i.B()]
				if a.P == value.IntMark() && b.P == value.IntMark() {
					if !(int64(b.N) <= int64(a.N)) {
						pc += i.J()
					}
					continue
				}
				if a.P == value.FloatMark() && b.P == value.FloatMark() {
					if !(b.AsFloat() <= a.AsFloat()) {
						pc += i.J()
					}
					continue
				}
				if a.IsNumber() && b.IsNumber() {
					if !value.LessEqualNumber(*b, *a) {
						pc += i.J()
					}
					continue
				}
				fr.lf.Pc = pc
				act, res := vm.less(th, *b, *a, true)
				if act != goOn {
					return act
				}
				if res == pushed {
					continue outer
				}
				if !(res == yes) {
					pc += i.J()
				}
			case code.Call:
				if vm.stop.Load() != 0 {
					fr.lf.Pc = pc - 1
					vm.poll()
				}
				fr.lf.Pc = pc
				idx := base + i.A()
				n := i.B() - 1
				if n < 0 {
					n = th.top - idx - 1
				}
				f := &th.stack[idx]
				if value.IsLua(f) {
					th.enter(functionOf(*f), idx, n, i.C()-1, kindCall)
					continue outer
				}
				if uint8(f.N) == uint8(value.KindNative) && f.P != value.IntMark() && f.P != value.FloatMark() {
					top := idx + 1 + n
					if top+stackSlack > len(th.stack) {
						th.grow(top + stackSlack)
					}
					th.top = top
					want := i.C() - 1
					r := nativeOf((*lua.LFunction)(th.stack[idx].P)).fn(Call{th, idx + 1, n, idx, want, kindCall, false})
					if r >= 0 {
						// It has changed no frame.
						if want == 1 && r > 0 {
							th.stack[idx] = th.stack[th.top-r]
						} else {
							th.place(idx, want, th.top-r, r)
						}
						regs = th.stack[base : base+p.MaxStack]
						continue
					}
					act, again := vm.give(th, r, idx, want, kindCall)
					if again {
						act = vm.callPending()
					}
					if act != goOn {
						return act
					}
					continue outer
				}
				if act := vm.call(th, idx, n, i.C()-1, kindCall); act != goOn {
					return act
				}
				continue outer
			case code.TailCall:
				if vm.stop.Load() != 0 {
					fr.lf.Pc = pc - 1
					vm.poll()
				}
				fr.lf.Pc = pc
				idx := base + i.A()
				n := i.B() - 1
				if n < 0 {
					n = th.top - idx - 1
				}
				for !value.IsLua(&th.stack[idx]) && !th.stack[idx].Callable() {
					n = vm.callMeta(th, idx, n)
				}
				if !value.IsLua(&th.stack[idx]) {
					// The results are returned by the next instruction.
					if act := vm.call(th, idx, n, -1, kindCall); act != goOn {
						return act
					}
					continue outer
				}
				th.closeUpvals(base)
				copy(th.stack[fr.ret:], th.stack[idx:idx+1+n])
				th.begin(fr, functionOf(th.stack[fr.ret]), fr.ret, n)
				fr.tail = true
				continue outer
			case code.Return1:
				if th.open != nil && th.open.index >= base {
					th.closeUpvals(base)
				}
				if th.closing(base) {
					fr.lf.Pc = pc
					if act := vm.closeNext(th, value.Nil, base+p.MaxStack, kindClose); act != goOn {
						return act
					}
					continue outer
				}
				if fr.kind == kindCall {
					ret := fr.ret
					switch fr.want {
					case 1:
						th.stack[ret] = regs[i.A()]
					case 0:
					case -1:
						th.stack[ret] = regs[i.A()]
						th.top = ret + 1
					default:
						th.stack[ret] = regs[i.A()]
						clear(th.stack[ret+1 : ret+fr.want])
					}
					th.frame = fr.prev
					continue outer
				}
				if act := vm.ret(th, fr, base+i.A(), 1); act != goOn {
					return act
				}
				continue outer
			case code.Return0:
				if th.open != nil && th.open.index >= base {
					th.closeUpvals(base)
				}
				if th.closing(base) {
					fr.lf.Pc = pc
					if act := vm.closeNext(th, value.Nil, base+p.MaxStack, kindClose); act != goOn {
						return act
					}
					continue outer
				}
				if fr.kind == kindCall {
					ret := fr.ret
					if fr.want < 0 {
						th.top = ret
					} else {
						clear(th.stack[ret : ret+fr.want])
					}
					th.frame = fr.prev
					continue outer
				}
				if act := vm.ret(th, fr, base, 0); act != goOn {
					return act
				}
				continue outer
			case code.Return:
				from := base + i.A()
				n := i.B() - 1
				if fr.saved > 0 {
					n = fr.saved - 1
				} else if n < 0 {
					n = th.top - from
				}
				if th.open != nil && th.open.index >= base {
					th.closeUpvals(base)
				}
				if th.closing(base) {
					fr.lf.Pc = pc
					fr.saved = n + 1
					if act := vm.closeNext(th, value.Nil, max(base+p.MaxStack, from+n), kindClose); act != goOn {
						return act
					}
					continue outer
				}
				if act := vm.ret(th, fr, from, n); act != goOn {
					return act
				}
				continue outer
			case code.ForPrep:
				fr.lf.Pc = pc
				if !th.forPrep(regs[i.A() : i.A()+4]) {
					pc += i.J()
				}
			case code.ForLoop:
				r := regs[i.A() : i.A()+4 : i.A()+4]
				if r[2].P == value.IntMark() {
					if r[1].N == 0 {
						continue
					}
					r[1].N--
					n := r[0].N + r[2].N
					r[0].N = n
					setInt(&r[3], int64(n))
				} else {
					step := r[2].AsFloat()
					x := r[0].AsFloat() + step
					if limit := r[1].AsFloat(); step > 0 && !(x <= limit) || !(step > 0) && !(limit <= x) {
						continue
					}
					r[0].N = math.Float64bits(x)
					set(&r[3], math.Float64bits(x), value.FloatMark())
				}
				if vm.stop.Load() != 0 {
					fr.lf.Pc = pc
					vm.poll()
				}
				pc += i.J()
			case code.TForPrep:
				fr.lf.Pc = pc
				vm.forIn(th, base+i.A(), p)
				pc += i.J()
			case code.TForCall:
				a := i.A()
				r := regs[a : a+7 : a+7]
				if at := r[4]; at.P == value.IntMark() {
					own := r[1].Own()
					if own == nil { // it has become shared or weak
						r[4] = value.Nil
						pc--
						continue
					}
					if r[0].P == vm.next.P {
						place, key, val := forNext(own, int(at.N), r[3].N)
						r[4].N = uint64(place)
						r[5], r[6] = key, val
					} else {
						n := r[2].N + 1
						v := own.GetInt(int64(n))
						if v.IsNil() && own.Meta != nil {
							r[4] = value.Nil
							pc--
							continue
						}
						r[6] = v
						if v.IsNil() {
							r[5] = value.Nil
						} else {
							setInt(&r[5], int64(n))
						}
					}
					if c := i.C(); c > 2 {
						clear(regs[a+7 : a+5+c])
					}
					continue
				}
				fr.lf.Pc = pc
				r[5], r[6] = r[0], r[1]
				regs[a+7] = r[2]
				idx := base + a + 5
				if value.IsLua(&r[0]) {
					th.enter(functionOf(r[0]), idx, 2, i.C(), kindCall)
					continue outer
				}
				if act := vm.call(th, idx, 2, i.C(), kindCall); act != goOn {
					return act
				}
				continue outer
			case code.TForLoop:
				r := regs[i.A() : i.A()+6 : i.A()+6]
				if !r[5].IsNil() {
					r[2] = r[5]
					if vm.stop.Load() != 0 {
						fr.lf.Pc = pc
						vm.poll()
					}
					pc += i.J()
				}
			case code.Closure:
				proto := p.Protos[i.X()]
				c := vm.closure(proto)
				for j := range proto.Upvals {
					if u := &proto.Upvals[j]; u.FromStack {
						c.Upvals[j] = th.findUpval(base + u.Index)
					} else {
						c.Upvals[j] = fn.Upvals[u.Index]
					}
				}
				regs[i.A()] = value.Object(unsafe.Pointer(c), value.KindFunction)
			case code.Cover:
				if n := &p.Coverage.Counts[i.X()]; *n < math.MaxUint32 {
					*n++
				}
			case code.Vararg:
				a, n := base+i.A(), i.C()-1
				from := fr.ret + 1 + p.NumParams
				if n < 0 {
					n = fr.lf.NArgs
					fr.lf.Pc = pc
					th.need(a + n)
					th.top = a + n
					regs = th.stack[base : base+p.MaxStack]
				}
				have := min(n, fr.lf.NArgs)
				copy(th.stack[a:a+have], th.stack[from:])
				clear(th.stack[a+have : a+n])
			default:
				panic("vm: unknown instruction")
			}
		}
	}
}
