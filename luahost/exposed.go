package luahost

import (
	"fmt"
	"math"
	"reflect"

	lua "github.com/yuin/gopher-lua"
	luar "layeh.com/gopher-luar"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
)

// gopher-luar converts numbers as Go converts a float64: 300 becomes the int8 44, 1.5 the int 1, and an int64 above 2^53 is
// rounded. So the functions that it makes for an exposed value, and for the types that can be reached from it, get a guard: it
// hands them numbers as Go values of the type that is wanted, and refuses what does not fit.

// exposed are the types whose metatables have guards already.
type exposed map[reflect.Type]bool

// guardType gives guards to the functions of a type and of those that its values lead to. The caller holds the VM lock.
func (h *Host) guardType(L *lua.LState, t reflect.Type) {
	if t == nil || h.exposed[t] {
		return
	}
	h.exposed[t] = true
	switch t.Kind() {
	case reflect.Func:
		for i := range t.NumIn() {
			h.guardType(L, t.In(i))
		}
		for i := range t.NumOut() {
			h.guardType(L, t.Out(i))
		}
		return
	case reflect.Map:
		h.guardType(L, t.Key())
		h.guardType(L, t.Elem())
	case reflect.Array, reflect.Chan, reflect.Slice, reflect.Pointer:
		h.guardType(L, t.Elem())
		if t.Kind() == reflect.Array {
			h.guardType(L, reflect.PointerTo(t)) // in a struct behind a pointer it is one
		}
	case reflect.Struct:
		for i := range t.NumField() {
			if f := t.Field(i); f.IsExported() || f.Anonymous {
				h.guardType(L, f.Type)
			}
		}
		h.guardType(L, reflect.PointerTo(t))
	}
	meta := luar.MT(L, reflect.Zero(t).Interface())
	if meta == nil {
		return
	}
	if methods, ok := meta.RawGetString("methods").(*lua.LTable); ok {
		methods.ForEach(func(name, method lua.LValue) {
			if fn, ok := method.(*lua.LFunction); ok {
				h.guardFunction(L, fn, name.String())
			}
		})
	}
	for _, event := range []string{"__index", "__newindex", "__add", "__pow", "__call", "__unm"} {
		if fn, ok := meta.RawGetString(event).(*lua.LFunction); ok {
			inner := fn.GFunction
			fn.GFunction = h.function(event[2:], func(L *lua.LState) int { return h.access(L, event[2:], inner) }).GFunction
		}
	}
}

// guardFunction gives a guard to a function or method that gopher-luar has made.
func (h *Host) guardFunction(L *lua.LState, fn *lua.LFunction, name string) {
	inner := fn.GFunction
	var t reflect.Type
	if len(fn.Upvalues) > 0 {
		if ud, ok := fn.Upvalues[0].Value().(*lua.LUserData); ok {
			if f, ok := ud.Value.(reflect.Value); ok && !takesState(f.Type()) {
				t = f.Type()
				h.guardType(L, t)
				ud.Value = exactResults(f)
			}
		}
	}
	fn.GFunction = h.function(name, func(L *lua.LState) int {
		if t != nil {
			for i := 1; i <= L.GetTop(); i++ {
				if want := parameter(t, i-1); want != nil {
					fitArgument(L, i, want, name)
				}
			}
		}
		n := inner(L)
		for i := 1; i <= n; i++ {
			h.checkResult(L, i-n-1, i, name)
		}
		return n
	}).GFunction
}

// takesState reports whether a function has gopher-luar's signature for those that read their arguments themselves.
func takesState(t reflect.Type) bool {
	n := t.NumIn()
	return n > 0 && t.In(n-1) == reflect.TypeFor[*luar.LState]()
}

// parameter is the type of argument i of a function, nil if it takes none.
func parameter(t reflect.Type, i int) reflect.Type {
	switch last := t.NumIn() - 1; {
	case t.IsVariadic() && i >= last:
		return t.In(last).Elem()
	case i <= last:
		return t.In(i)
	}
	return nil
}

// checkResult raises an error for a result that does not fit, and gives guards to the type of one that nobody knew before.
func (h *Host) checkResult(L *lua.LState, at, number int, name string) {
	ud, ok := L.Get(at).(*lua.LUserData)
	if !ok {
		return
	}
	if m, ok := ud.Value.(misfit); ok {
		Raise(L, "result #%d of '%s': %s", number, calledName(L, name), string(m))
	}
	h.guardType(L, reflect.TypeOf(ud.Value))
}

// A misfit is in the place of a result that does not fit, and says so.
type misfit string

// calledName is what the script calls the function that runs.
func calledName(L *lua.LState, otherwise string) string {
	if name := vm.CallOf(L).Name(); name != "?" {
		return name
	}
	return otherwise
}

// fitArgument makes argument n a value that gopher-luar takes for the type as it is, or raises an error.
func fitArgument(L *lua.LState, n int, t reflect.Type, name string) {
	given := Argument(L, n)
	v, problem := fit(L, given, t, map[*lua.LTable]*lua.LTable{})
	if problem != "" {
		c := vm.CallOf(L)
		if c.Name() != "?" {
			c.ArgError(n, problem)
		}
		Raise(L, "bad argument #%d to '%s' (%s)", n, name, problem)
	}
	if v != given {
		L.Replace(n, v)
	}
}

// fit returns a Lua value whose numbers are Go values of the types that t wants. What is no number, and in no table, is left
// to gopher-luar.
func fit(L *lua.LState, lv lua.LValue, t reflect.Type, seen map[*lua.LTable]*lua.LTable) (_ lua.LValue, problem string) {
	if v := value.Import(lv); v.IsNumber() {
		return fitNumber(lv, v, t)
	}
	table, ok := lv.(*lua.LTable)
	if !ok {
		return lv, ""
	}
	var key reflect.Type
	element := func(lua.LValue) reflect.Type { return t.Elem() }
	switch kind := t.Kind(); {
	case kind == reflect.Slice || kind == reflect.Array:
	case kind == reflect.Map:
		key = t.Key()
	case kind == reflect.Struct || kind == reflect.Pointer && t.Elem().Kind() == reflect.Struct:
		if kind == reflect.Pointer {
			t = t.Elem()
		}
		element = func(name lua.LValue) reflect.Type {
			if index := fieldIndex(luar.MT(L, reflect.Zero(t).Interface()), name); index != nil {
				return t.FieldByIndex(index).Type
			}
			return nil
		}
	case t == reflect.TypeFor[any]():
		key = t
		element = func(lua.LValue) reflect.Type { return t }
	default:
		return lv, ""
	}
	if copied := seen[table]; copied != nil {
		return copied, ""
	}
	copied := L.NewTable()
	seen[table] = copied
	table.ForEach(func(k, v lua.LValue) {
		if problem != "" {
			return
		}
		place := text(L, k)
		if key != nil {
			if k, problem = fit(L, k, key, seen); problem != "" {
				problem = "key " + place + ": " + problem
				return
			}
		}
		if want := element(k); want != nil {
			if v, problem = fit(L, v, want, seen); problem != "" {
				problem = "field " + place + ": " + problem
				return
			}
		}
		copied.RawSet(k, v)
	})
	return copied, problem
}

// fitNumber is fit of a number.
func fitNumber(lv lua.LValue, v value.Value, t reflect.Type) (_ lua.LValue, problem string) {
	target := reflect.New(t).Elem()
	kind := t.Kind()
	switch {
	case target.CanInt() || target.CanUint():
		i, ok := value.ToInt(v)
		if !ok {
			return nil, "number has no integer representation"
		}
		if target.CanInt() && !target.OverflowInt(i) {
			target.SetInt(i)
		} else if target.CanUint() && i >= 0 && !target.OverflowUint(uint64(i)) {
			target.SetUint(uint64(i))
		} else {
			return nil, fmt.Sprintf("%d does not fit into %s", i, t)
		}
	case target.CanFloat():
		f, _ := value.ToFloat(v)
		if !math.IsInf(f, 0) && target.OverflowFloat(f) {
			return nil, fmt.Sprintf("%s does not fit into %s", value.NumberText(v), t)
		}
		target.SetFloat(f)
	case kind == reflect.Interface && t.NumMethod() == 0:
		f, _ := value.ToFloat(v)
		target.Set(reflect.ValueOf(f)) // as gopher-luar has it
	default:
		return lv, ""
	}
	return &lua.LUserData{Value: target.Interface()}, ""
}

// fieldIndex is the path to the field of a struct that scripts know by a name.
func fieldIndex(meta *luar.Metatable, name lua.LValue) []int {
	key, ok := name.(lua.LString)
	if !ok || meta == nil {
		return nil
	}
	fields, _ := meta.RawGetString("fields").(*lua.LTable)
	if fields == nil {
		return nil
	}
	if ud, ok := fields.RawGetString(string(key)).(*lua.LUserData); ok {
		index, _ := ud.Value.([]int)
		return index
	}
	return nil
}

// exactResults is a function with results that gopher-luar does not round: Lua values in the place of integers.
func exactResults(f reflect.Value) reflect.Value {
	t := f.Type()
	ins, outs := make([]reflect.Type, t.NumIn()), make([]reflect.Type, t.NumOut())
	for i := range ins {
		ins[i] = t.In(i)
	}
	changed := false
	for i := range outs {
		if outs[i] = t.Out(i); isInteger(outs[i].Kind()) {
			outs[i], changed = reflect.TypeFor[lua.LValue](), true
		}
	}
	if !changed {
		return f
	}
	return reflect.MakeFunc(reflect.FuncOf(ins, outs, t.IsVariadic()), func(args []reflect.Value) []reflect.Value {
		call := f.Call
		if t.IsVariadic() {
			call = f.CallSlice
		}
		results := call(args)
		for i, r := range results {
			if isInteger(r.Kind()) {
				exact := reflect.New(outs[i]).Elem()
				exact.Set(reflect.ValueOf(exactInteger(r)))
				results[i] = exact
			}
		}
		return results
	})
}

func isInteger(kind reflect.Kind) bool { return kind >= reflect.Int && kind <= reflect.Uintptr }

// exactInteger is a Go integer as a Lua value, or a misfit.
func exactInteger(v reflect.Value) lua.LValue {
	if v.CanInt() {
		return value.Export(value.Int(v.Int()))
	}
	if v.Uint() > math.MaxInt64 {
		return &lua.LUserData{Value: misfit(fmt.Sprintf("%d does not fit into an integer of Lua", v.Uint()))}
	}
	return value.Export(value.Int(int64(v.Uint())))
}

// access is a metamethod of an exposed value: inner, with what goes in and out made to fit.
func (h *Host) access(L *lua.LState, event string, inner lua.LGFunction) int {
	ud, ok := L.Get(1).(*lua.LUserData)
	if !ok || ud.Value == nil {
		return inner(L)
	}
	ref := reflect.ValueOf(ud.Value)
	key := Argument(L, 2)
	holder := ref
	if holder.Kind() == reflect.Pointer {
		holder = holder.Elem()
	}
	if !holder.IsValid() {
		return inner(L)
	}
	t := holder.Type()
	switch event {
	case "index", "newindex":
		fitKey(L, t, key)
		if want := elementType(L, t, key); event == "newindex" && want != nil && L.Get(3) != lua.LNil {
			fitArgument(L, 3, want, event)
		}
	case "add":
		if t.Kind() == reflect.Slice {
			fitArgument(L, 2, t.Elem(), event)
		}
	case "pow":
		if ref.Kind() == reflect.Pointer {
			fitArgument(L, 2, t, event)
		}
	case "call":
		if t.Kind() == reflect.Chan && L.GetTop() > 1 {
			fitArgument(L, 2, t.Elem(), event)
		}
	}
	n := inner(L)
	if n == 1 && L.Get(-1).Type() == lua.LTNumber {
		var element reflect.Value
		switch event {
		case "index":
			element = elementOf(L, holder, key)
		case "unm":
			if ref.Kind() == reflect.Pointer {
				element = holder
			}
		}
		if element.IsValid() && isInteger(element.Kind()) {
			L.Pop(1)
			L.Push(exactInteger(element))
		}
	}
	for i := 1; i <= n; i++ {
		what := event
		if event == "index" {
			what = text(L, key)
		}
		h.checkResult(L, i-n-1, i, what)
	}
	return n
}

// fitKey makes the key of a map fit, and refuses an index that is no integer.
func fitKey(L *lua.LState, t reflect.Type, key lua.LValue) {
	switch t.Kind() {
	case reflect.Map:
		if key.Type() != lua.LTString || t.Key().Kind() != reflect.Interface {
			fitArgument(L, 2, t.Key(), "index")
		}
	case reflect.Slice, reflect.Array:
		if key.Type() == lua.LTNumber {
			if _, ok := value.ToInt(value.Import(key)); !ok {
				ArgumentError(L, 2, "number has no integer representation")
			}
		}
	}
}

// elementType is the type of what lies at a key in a value of a type, nil where nothing does.
func elementType(L *lua.LState, t reflect.Type, key lua.LValue) reflect.Type {
	switch t.Kind() {
	case reflect.Map, reflect.Slice, reflect.Array:
		return t.Elem()
	case reflect.Struct:
		if index := fieldIndex(luar.MT(L, reflect.Zero(t).Interface()), key); index != nil {
			return t.FieldByIndex(index).Type
		}
	}
	return nil
}

// elementOf is what lies at a key in a value, an invalid one where nothing does.
func elementOf(L *lua.LState, v reflect.Value, key lua.LValue) reflect.Value {
	switch v.Kind() {
	case reflect.Slice, reflect.Array:
		if i, ok := value.ToInt(value.Import(key)); ok && i >= 1 && i <= int64(v.Len()) {
			return v.Index(int(i - 1))
		}
	case reflect.Map:
		k, problem := fit(L, key, v.Type().Key(), nil)
		if ud, ok := k.(*lua.LUserData); problem == "" && ok {
			return v.MapIndex(reflect.ValueOf(ud.Value).Convert(v.Type().Key()))
		}
		if s, ok := k.(lua.LString); ok && v.Type().Key().Kind() == reflect.String {
			return v.MapIndex(reflect.ValueOf(string(s)).Convert(v.Type().Key()))
		}
	case reflect.Struct:
		if index := fieldIndex(luar.MT(L, reflect.Zero(v.Type()).Interface()), key); index != nil {
			return v.FieldByIndex(index)
		}
	}
	return reflect.Value{}
}
