package hive

import (
	"errors"
	"fmt"

	"silly/internal/lua/value"
	"silly/luahost"
)

// maxDepth is how deep tables may lie in each other that pass from one host to another.
const maxDepth = 1000

// A copier copies values so that another host can have them: nil, booleans, numbers, strings, and tables of them, without their
// metatables. What is one table stays one, so that a table may contain itself.
type copier struct {
	tables map[any]*value.Table
}

func newCopier() *copier { return &copier{make(map[any]*value.Table)} }

// copyAll copies values. The caller holds the VM lock of their host.
func copyAll(vs []value.Value) ([]value.Value, error) {
	c := newCopier()
	all := make([]value.Value, len(vs))
	for i, v := range vs {
		var err error
		if all[i], err = c.copy(v, 0); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (c *copier) copy(v value.Value, depth int) (value.Value, error) {
	switch v.Kind() {
	case value.KindNil, value.KindFalse, value.KindTrue, value.KindInt, value.KindFloat, value.KindString:
		return v, nil
	case value.KindTable:
		return c.copyTable(v, depth+1)
	}
	return value.Nil, fmt.Errorf("a %s cannot be passed to another thread", v.TypeName())
}

func (c *copier) copyTable(v value.Value, depth int) (value.Value, error) {
	from := v.LTable()
	if to := c.tables[from]; to != nil {
		return to.Value(), nil
	}
	switch {
	case luahost.ValueOf(from) != nil:
		return value.Nil, errors.New("an object cannot be passed to another thread")
	case depth > maxDepth:
		return value.Nil, errors.New("tables lie too deep in each other to be passed to another thread")
	}
	to := value.NewTable(int(value.Len(from)), 0)
	c.tables[from] = to
	for key, val, ok := value.Next(from, value.Nil); ok && !key.IsNil(); key, val, ok = value.Next(from, key) {
		k, err := c.copy(key, depth)
		if err != nil {
			return value.Nil, err
		}
		copied, err := c.copy(val, depth)
		if err != nil {
			return value.Nil, err
		}
		to.Set(k, copied)
	}
	return to.Value(), nil
}
