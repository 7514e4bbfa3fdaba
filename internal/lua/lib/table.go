package lib

import (
	"math"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
)

// openTable makes the library table (manual, section 6.6).
func (l *library) openTable() {
	t := l.global("table", []function{
		{"concat", l.tableConcat},
		{"insert", tableInsert},
		{"move", tableMove},
		{"pack", l.tablePack},
		{"remove", tableRemove},
		{"sort", tableSort},
		{"unpack", tableUnpack},
	})
	// Its name in Lua 5.1.
	value.Set(l.vm.Globals(), value.String("unpack"), t.Get(value.String("unpack")))
}

// A list is an argument that is used as a list. It honours the metamethods __index, __newindex and __len, any of which may
// change it.
type list struct {
	c vm.Call
	v value.Value
}

// listArg is argument n, a table or an object with these metamethods.
func listArg(c vm.Call, n int, metamethods ...string) list {
	v := c.Arg(n)
	if !v.IsTable() {
		if c.VM().Metatable(v) == nil {
			c.TypeError(n, "table")
		}
		for _, name := range metamethods {
			if c.VM().MetaField(v, name).IsNil() {
				c.TypeError(n, "table")
			}
		}
	}
	return list{c, v}
}

// own is the table that the list is if nothing intervenes and its contents are where value.Table has them, or nil. It may
// be another thing after any metamethod or function that a script has passed.
func (l list) own() *value.Table {
	if l.v.IsTable() {
		if t := l.v.Own(); t != nil && t.Meta == nil {
			return t
		}
	}
	return nil
}

func (l list) len() int64 {
	if t := l.own(); t != nil {
		return t.Len()
	}
	n, ok := value.ToInt(l.c.Thread().Length(l.v))
	if !ok {
		l.c.Raise("object length is not an integer")
	}
	return n
}

func (l list) get(i int64) value.Value {
	if t := l.own(); t != nil {
		return t.GetInt(i)
	}
	return l.c.Thread().Index(l.v, value.Int(i))
}

func (l list) set(i int64, v value.Value) {
	if t := l.own(); t != nil {
		t.SetInt(i, v)
		return
	}
	l.c.Thread().SetIndex(l.v, value.Int(i), v)
}

// tableConcat implements table.concat(list [, sep [, i [, j]]]) -> string.
func (l *library) tableConcat(c vm.Call) int {
	values := listArg(c, 1, "__index", "__len")
	n := values.len()
	sep := c.OptStr(2, "")
	i, j := c.OptInt(3, 1), c.OptInt(4, n)
	if i > j {
		return c.Return(value.String(""))
	}
	if t := values.own(); t != nil && i >= 1 && j <= int64(len(t.Arr)) {
		if s, ok := concatStrings(c, t.Arr[i-1:j], sep); ok {
			return c.Return(s)
		}
	}
	b := l.buffer()
	for k := i; ; k++ {
		switch v := values.get(k); {
		case v.IsString():
			b = append(b, v.Str()...)
		case v.IsNumber():
			b = appendNumber(b, v)
		default:
			c.Raise("invalid value (%s) at index %d in table for 'concat'", v.TypeName(), k)
		}
		if k == j { // it may be the largest integer
			break
		}
		b = append(b, sep...)
		if len(b) > maxString {
			c.Raise(tooLarge)
		}
		if k%pollSteps == 0 {
			c.Poll()
		}
	}
	l.pushBuffer(c, b)
	return 1
}

// concatStrings is table.concat for values that all are strings.
func concatStrings(c vm.Call, values []value.Value, sep string) (s value.Value, ok bool) {
	size := len(sep) * (len(values) - 1)
	for i := range values {
		if !values[i].IsString() {
			return value.Nil, false
		}
		size += len(values[i].Str())
		if size > maxString {
			c.Raise(tooLarge)
		}
	}
	if len(values) == 1 {
		return values[0], true
	}
	b := make([]byte, 0, size)
	for i := range values {
		if i > 0 {
			b = append(b, sep...)
			if i%pollSteps == 0 {
				c.Poll()
			}
		}
		b = append(b, values[i].Str()...)
	}
	return value.Bytes(b), true
}

// tableInsert implements table.insert(list, [pos,] value).
func tableInsert(c vm.Call) int {
	if v := c.Arg(1); c.Len() == 2 && v.IsTable() {
		if t := v.Own(); t != nil && t.Meta == nil {
			t.SetInt(t.Len()+1, c.Arg(2))
			return 0
		}
	}
	l := listArg(c, 1, "__index", "__newindex", "__len")
	end := int64(uint64(l.len()) + 1)
	switch c.Len() {
	case 2:
		l.set(end, c.Arg(2))
		return 0
	case 3:
	default:
		c.Raise("%s", "wrong number of arguments to 'insert'")
	}
	pos, v := c.Int(2), c.Arg(3)
	if uint64(pos)-1 >= uint64(end) {
		c.ArgError(2, "position out of bounds")
	}
	if pos < end {
		if t := l.own(); t != nil && end == t.Len()+1 && shiftUp(t, int(pos)) {
			t.Arr[pos-1] = v
			return 0
		}
	}
	for i := end; i > pos; i-- {
		l.set(i, l.get(i-1))
		if i%pollSteps == 0 {
			c.Poll()
		}
	}
	l.set(pos, v)
	return 0
}

// shiftUp moves the elements from pos on, of which there is one at least, a place up. It reports false if it did not.
func shiftUp(t *value.Table, pos int) bool {
	n := len(t.Arr)
	t.SetInt(int64(n)+1, t.Arr[n-1])
	if len(t.Arr) <= n {
		return false // it is not dense and became another kind of table
	}
	copy(t.Arr[pos:n], t.Arr[pos-1:n-1])
	return true
}

// tableMove implements table.move(a1, f, e, t [, a2]) -> a2.
func tableMove(c vm.Call) int {
	first, last, target := c.Int(2), c.Int(3), c.Int(4)
	destination := 1
	if !c.Arg(5).IsNil() {
		destination = 5
	}
	from, to := listArg(c, 1, "__index"), listArg(c, destination, "__newindex")
	if last < first {
		return c.Return(to.v)
	}
	if first <= 0 && last >= math.MaxInt64+first {
		c.ArgError(3, "too many elements to move")
	}
	count := last - first + 1
	if target > math.MaxInt64-count+1 {
		c.ArgError(4, "destination wrap around")
	}
	if target > last || target <= first || destination != 1 && !c.Thread().Equal(from.v, to.v) {
		moveUp(c, from, to, first, target, count)
		return c.Return(to.v)
	}
	// The end of the source would be overwritten before it is read.
	for i := count - 1; i >= 0; i-- {
		to.set(target+i, from.get(first+i))
		if i%pollSteps == 0 {
			c.Poll()
		}
	}
	return c.Return(to.v)
}

// moveUp copies elements in increasing order.
func moveUp(c vm.Call, from, to list, first, target, count int64) {
	src, dst := from.own(), to.own()
	if src != nil && dst != nil && first >= 1 && first+count-1 <= int64(len(src.Arr)) {
		if src != dst && target == 1 && len(dst.Arr) == 0 {
			dst.Reserve(int(count), 0)
		}
		if target >= 1 && target+count-1 < int64(len(dst.Arr)) {
			copy(dst.Arr[target-1:], src.Arr[first-1:first-1+count])
			return
		}
	}
	for i := range count {
		to.set(target+i, from.get(first+i))
		if i%pollSteps == 0 {
			c.Poll()
		}
	}
}

// tablePack implements table.pack(...) -> table with field n.
func (l *library) tablePack(c vm.Call) int {
	n := c.Len()
	t := value.NewTable(n, 1)
	last := n
	for last > 0 && c.Arg(last).IsNil() {
		last--
	}
	if last > 0 {
		t.Arr = t.Arr[:last-1] // it may have nils, but the last one is none
		for i := range t.Arr {
			t.Arr[i] = c.Arg(i + 1)
		}
		t.SetInt(int64(last), c.Arg(last))
	}
	t.SetStr(l.n, value.Int(int64(n)))
	return c.Return(t.Value())
}

// tableRemove implements table.remove(list [, pos]) -> the value that was there.
func tableRemove(c vm.Call) int {
	if v := c.Arg(1); c.Len() == 1 && v.IsTable() {
		if t := v.Own(); t != nil && t.Meta == nil && len(t.Arr) > 0 {
			last := t.Arr[len(t.Arr)-1]
			t.SetInt(t.Len(), value.Nil)
			return c.Return(last)
		}
	}
	l := listArg(c, 1, "__index", "__newindex", "__len")
	size := l.len()
	pos := c.OptInt(2, size)
	if pos != size && uint64(pos)-1 > uint64(size) {
		c.ArgError(1, "position out of bounds") // 5.4.4 says 1
	}
	removed := l.get(pos)
	if t := l.own(); t != nil && size == t.Len() && pos >= 1 && pos < size {
		copy(t.Arr[pos-1:size-1], t.Arr[pos:size])
		pos = size
	}
	for ; pos < size; pos++ {
		l.set(pos, l.get(pos+1))
		if pos%pollSteps == 0 {
			c.Poll()
		}
	}
	l.set(pos, value.Nil)
	return c.Return(removed)
}

// tableUnpack implements table.unpack(list [, i [, j]]) -> list[i], ..., list[j].
func tableUnpack(c vm.Call) int {
	if v := c.Arg(1); c.Len() == 1 && v.IsTable() {
		if t := v.Own(); t != nil && t.Meta == nil && len(t.Arr) < 100 {
			c.Room(len(t.Arr), "too many results to unpack")
			for _, v := range t.Arr {
				c.Push(v)
			}
			return len(t.Arr)
		}
	}
	l := list{c, c.Arg(1)}
	i := c.OptInt(2, 1)
	var j int64
	if c.Arg(3).IsNil() {
		j = l.len()
	} else {
		j = c.Int(3)
	}
	if i > j {
		return 0
	}
	// The difference of far ends overflows; as an unsigned number it is right.
	if uint64(j)-uint64(i) >= maxResults {
		c.Raise("too many results to unpack")
	}
	n := int(j-i) + 1
	c.Room(n, "too many results to unpack")
	if t := l.own(); t != nil && i >= 1 && j <= t.Len() {
		for _, v := range t.Arr[i-1 : j] {
			c.Push(v)
		}
		return n
	}
	for k := range int64(n) {
		c.Push(l.get(i + k))
	}
	return n
}
