package stdlib

import (
	"math"
	"strconv"

	lua "github.com/yuin/gopher-lua"
)

func openTable(L *lua.LState, library, globals *lua.LTable) {
	install(L, library, map[string]function{
		"concat": tableConcat,
		"insert": tableInsert,
		"move":   tableMove,
		"pack":   tablePack,
		"remove": tableRemove,
		"sort":   tableSort,
		"unpack": tableUnpack,
	})
	globals.RawSetString("unpack", library.RawGetString("unpack"))
}

// list is an argument that is used as a list. It honours the metamethods __index, __newindex and
// __len, any of which may change the list or suspend the task.
type list struct {
	c     call
	value lua.LValue
	// raw is the table if it has no metatable: nothing can intervene then.
	raw *lua.LTable
}

// list returns argument n, a table or an object with these metamethods.
func (c call) list(n int, metamethods ...string) list {
	value := c.L.Get(n)
	switch value := value.(type) {
	case *lua.LTable:
		if value.Metatable == lua.LNil {
			return list{c: c, value: value, raw: value}
		}
	case *lua.LUserData:
		for _, name := range metamethods {
			if c.L.GetMetaField(value, name) == lua.LNil {
				c.typeError(n, "table")
			}
		}
	default:
		c.typeError(n, "table")
	}
	return list{c: c, value: value}
}

func (l list) len() int64 {
	if l.raw != nil {
		return int64(l.raw.Len())
	}
	handler := l.c.L.GetMetaField(l.value, "__len")
	if handler == lua.LNil {
		if table, ok := l.value.(*lua.LTable); ok {
			return int64(table.Len())
		}
		return 0
	}
	if f, ok := toNumber(l.c.callValue(handler, l.value)); ok {
		if length, ok := toInteger(f); ok {
			return length
		}
	}
	l.c.raise("object length is not an integer")
	return 0
}

func (l list) get(i int64) lua.LValue {
	if l.raw == nil {
		return l.c.L.GetTable(l.value, lua.LNumber(i))
	}
	if value := l.raw.RawGetInt(int(i)); value != lua.LNil {
		return value
	}
	return l.raw.RawGet(lua.LNumber(i))
}

func (l list) set(i int64, value lua.LValue) {
	if l.raw == nil {
		l.c.L.SetTable(l.value, lua.LNumber(i), value)
		return
	}
	// gopher-lua would make room for a nil.
	if value != lua.LNil || l.get(i) != lua.LNil {
		l.raw.RawSet(lua.LNumber(i), value)
	}
}

// tableConcat implements table.concat(list [, sep [, i [, j]]]) -> string.
func tableConcat(c call) int {
	values := c.list(1, "__index", "__len")
	sep := c.optString(2, "")
	i := c.optInteger(3, 1)
	var j int64
	if c.isNoneOrNil(4) {
		j = values.len()
	} else {
		j = c.integer(4)
	}
	var result []byte
	for ; i <= j; i++ {
		switch v := values.get(i).(type) {
		case lua.LString:
			result = append(result, v...)
		case lua.LNumber:
			result = append(result, numberText(float64(v))...)
		default:
			c.raise("invalid value (at index " + strconv.FormatInt(i, 10) + ") in table for 'concat'")
		}
		// The second condition also ends the loop before i overflows.
		if i == j {
			break
		}
		result = append(result, sep...)
		if len(result) > maxString {
			c.raise("resulting string too large")
		}
	}
	c.pushString(string(result))
	return 1
}

// tableInsert implements table.insert(list, [pos,] value).
func tableInsert(c call) int {
	l := c.list(1, "__index", "__newindex", "__len")
	switch c.top() {
	case 2:
		if l.raw != nil {
			l.raw.Append(c.L.Get(2))
			return 0
		}
		l.set(l.len()+1, c.L.Get(2))
		return 0
	case 3:
	default:
		c.raise("wrong number of arguments to 'insert'")
	}
	pos, value, end := c.integer(2), c.L.Get(3), l.len()+1
	if pos < 1 || pos > end {
		c.argError(2, "position out of bounds")
	}
	if l.raw != nil && pos < end {
		trim(l.raw)
		l.raw.Insert(int(pos), value)
		return 0
	}
	for i := end; i > pos; i-- {
		l.set(i, l.get(i-1))
	}
	l.set(pos, value)
	return 0
}

// tableMove implements table.move(a1, f, e, t [, a2]) -> a2.
func tableMove(c call) int {
	destination := 1
	if !c.isNoneOrNil(5) {
		destination = 5
	}
	from, to := c.list(1, "__index"), c.list(destination, "__newindex")
	first, last, target := c.integer(2), c.integer(3), c.integer(4)
	if last >= first {
		if first <= 0 && last >= math.MaxInt64+first {
			c.argError(3, "too many elements to move")
		}
		count := last - first + 1
		if target > math.MaxInt64-count+1 {
			c.argError(4, "destination wrap around")
		}
		// Backwards if the end of the source would otherwise be overwritten before it is read.
		backwards := target > first && target <= last && from.value == to.value
		for i := range count {
			if i%pollInterval == 0 {
				c.poll()
			}
			if backwards {
				i = count - 1 - i
			}
			to.set(target+i, from.get(first+i))
		}
	}
	c.L.Push(to.value)
	return 1
}

// tablePack implements table.pack(...) -> table with field n.
func tablePack(c call) int {
	n := c.top()
	table := c.L.CreateTable(n, 1)
	for i := 1; i <= n; i++ {
		if value := c.L.Get(i); value != lua.LNil {
			table.RawSetInt(i, value)
		}
	}
	table.RawSetString("n", lua.LNumber(n))
	c.L.Push(table)
	return 1
}

// tableRemove implements table.remove(list [, pos]) -> the value that was there.
func tableRemove(c call) int {
	l := c.list(1, "__index", "__newindex", "__len")
	size := l.len()
	pos := c.optInteger(2, size)
	if pos != size && (pos < 1 || pos > size+1) {
		c.argError(2, "position out of bounds")
	}
	if l.raw != nil && pos >= 1 && pos <= size {
		trim(l.raw)
		c.L.Push(l.raw.Remove(int(pos)))
		return 1
	}
	removed := l.get(pos)
	for ; pos < size; pos++ {
		l.set(pos, l.get(pos+1))
	}
	l.set(pos, lua.LNil)
	c.L.Push(removed)
	return 1
}

// trim drops the nils behind the last value of a table that is not empty. gopher-lua leaves them in the table's array
// when a script assigns nil to the last place, and takes them for values when it inserts and
// removes.
func trim(table *lua.LTable) {
	// Remove(-1) takes whatever is in the last place of the array.
	last := table.Remove(-1)
	for last == lua.LNil {
		last = table.Remove(-1)
	}
	table.Append(last)
}

// tableUnpack implements table.unpack(list [, i [, j]]) -> list[i], ..., list[j].
func tableUnpack(c call) int {
	l := c.list(1, "__index")
	i := c.optInteger(2, 1)
	var j int64
	if c.isNoneOrNil(3) {
		j = l.len()
	} else {
		j = c.integer(3)
	}
	if i > j {
		return 0
	}
	const tooMany = "too many results to unpack"
	// The difference of far ends overflows; as an unsigned number it is right.
	if uint64(j)-uint64(i) >= maxResults {
		c.raise(tooMany)
	}
	return c.results(int(j-i+1), tooMany, func(k int) lua.LValue {
		return l.get(i + int64(k))
	})
}
