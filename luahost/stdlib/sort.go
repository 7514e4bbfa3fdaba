package stdlib

import (
	"sort"

	lua "github.com/yuin/gopher-lua"
)

// maxSorted is the largest number of values to sort: as many as a table's array can hold.
const maxSorted = 1 << 26

// tableSort implements table.sort(list [, comp]).
//
// It sorts a copy of the values 1 to #list and writes them back at the end. So a comparison that
// raises leaves the list as it was, and one that suspends the task, or changes the list, meets no
// half-sorted list; such changes are overwritten. An order function that contradicts itself gives
// some order.
func tableSort(c call) int {
	l := c.list(1, "__index", "__newindex", "__len")
	var comp lua.LValue
	if !c.isNoneOrNil(2) {
		comp = c.function(2)
	}
	length := l.len()
	if length > maxSorted {
		c.argError(1, "array too big")
	}
	var values []lua.LValue
	if l.raw != nil {
		values = make([]lua.LValue, 0, length)
	}
	for i := int64(1); i <= length; i++ {
		values = append(values, l.get(i))
	}
	sort.Sort(&sorter{c, values, comp})
	for i, value := range values {
		l.set(int64(i+1), value)
	}
	return 0
}

// sorter is the sort.Interface of tableSort.
type sorter struct {
	c      call
	values []lua.LValue
	comp   lua.LValue
}

func (s *sorter) Len() int {
	return len(s.values)
}

func (s *sorter) Swap(i, j int) {
	s.values[i], s.values[j] = s.values[j], s.values[i]
}

func (s *sorter) Less(i, j int) bool {
	if s.comp == nil {
		return s.c.L.LessThan(s.values[i], s.values[j])
	}
	s.c.L.Push(s.comp)
	s.c.L.Push(s.values[i])
	s.c.L.Push(s.values[j])
	return lua.LVAsBool(s.c.callPushed(2))
}
