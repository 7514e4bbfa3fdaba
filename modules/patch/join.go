package patch

import (
	"cmp"
	"slices"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
)

// join implements patch:join(new tree, old tree) and patch:join(new, its tree, old, its tree) -> paths that only the new one has.
func join(c vm.Call) int {
	newTree, oldTree := c.Arg(2), c.Arg(3)
	if c.Len() > 3 {
		newTree, oldTree = value.OfTable(c.Table(3)), value.OfTable(c.Table(5))
	} else {
		c.Table(2)
		c.Table(3)
	}
	j := joiner{
		vm:        c.VM(),
		globals:   vm.NewVariable(value.OfTable(c.VM().Globals())),
		variables: make(map[*vm.Upval]*vm.Upval),
		seen:      make(map[*vm.Upval]bool),
	}
	j.trees(newTree, oldTree)
	return c.Return(j.finish())
}

// A joiner finds for the variables of new functions those of old ones: by the path of names that leads to them. A variable is
// the same in all functions that share it, so one path is enough.
type joiner struct {
	vm        *vm.VM
	globals   *vm.Upval
	variables map[*vm.Upval]*vm.Upval // new to old
	seen      map[*vm.Upval]bool      // new ones with functions whose variables were looked at
	met       []vm.Upvalue
	absent    []missing
}

// A missing variable is one that a path does not lead to in the old functions.
type missing struct {
	path     string
	variable *vm.Upval
}

// field is a field of what should be a table; nil if it is none.
func field(t value.Value, name string) value.Value {
	if !t.IsTable() {
		return value.Nil
	}
	return value.GetString(t.LTable(), name)
}

// trees looks at what collectupval has returned.
func (j *joiner) trees(newTree, oldTree value.Value) {
	if field(newTree, "val").Callable() {
		j.function(newTree, oldTree, "")
		return
	}
	t := newTree.LTable()
	for key, node, ok := value.Next(t, value.Nil); ok && !key.IsNil(); key, node, ok = value.Next(t, key) {
		j.function(node, value.Get(oldTree.LTable(), key), j.vm.Text(key)+".")
	}
}

// function looks at the variables of a new function that has a node or an entry, and at those of the old one, if there is one.
func (j *joiner) function(node, before value.Value, path string) {
	entries := field(node, "upvals")
	for _, u := range vm.Upvalues(field(node, "val")) {
		entry := field(entries, u.Name())
		if !entry.IsTable() || u.Name() == "" {
			continue // the script has taken it out
		}
		j.met = append(j.met, u)
		if u.Name() == "_ENV" {
			j.variables[u.Variable()] = j.globals
			continue
		}
		old, oldEntry := variableOf(before, u.Name())
		switch {
		case old == nil:
			j.absent = append(j.absent, missing{path + u.Name(), u.Variable()})
		case !u.Value().Callable():
			if j.variables[u.Variable()] == nil {
				j.variables[u.Variable()] = old
			}
		}
		if u.Value().Callable() && !j.seen[u.Variable()] { // code stays new, and keeps its own variables
			j.seen[u.Variable()] = true
			j.function(entry, oldEntry, path+u.Name()+".")
		}
	}
}

// variableOf is the variable of that name of the function of a node, and its entry; nil if there is none.
func variableOf(node value.Value, name string) (*vm.Upval, value.Value) {
	entry := field(field(node, "upvals"), name)
	if entry.IsTable() {
		for _, u := range vm.Upvalues(field(node, "val")) {
			if u.Name() == name {
				return u.Variable(), entry
			}
		}
	}
	return nil, value.Nil
}

// finish joins what was found, and returns the paths of what was not, sorted.
func (j *joiner) finish() value.Value {
	slices.SortFunc(j.absent, func(a, b missing) int { return cmp.Compare(a.path, b.path) })
	absent := value.NewTable(len(j.absent), 0)
	n := int64(0)
	for _, m := range j.absent {
		if j.variables[m.variable] == nil { // else another path leads there
			n++
			absent.SetInt(n, value.String(m.path))
		}
	}
	for _, u := range j.met {
		if old := j.variables[u.Variable()]; old != nil {
			u.Join(old)
		}
	}
	return absent.Value()
}
