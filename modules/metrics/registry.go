package metrics

import (
	"fmt"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
)

// A registry has collectors, in the order in which they were registered.
type registry struct{ collectors []value.Value }

// index is where a collector is, or -1.
func (r *registry) index(collector value.Value) int {
	for i, other := range r.collectors {
		if value.RawEqual(other, collector) {
			return i
		}
	}
	return -1
}

// registryNew implements registry.new() -> registry.
func (b *binding) registryNew(c vm.Call) int {
	return c.Return(value.OfTable(b.registries.NewBare(new(registry))))
}

// registryRegister implements registry:register(collector).
func (b *binding) registryRegister(c vm.Call) int {
	r := b.registries.CheckCall(c, 1)
	collector := value.OfTable(c.Table(2))
	if !c.Thread().Index(collector, value.String("collect")).Callable() {
		c.ArgError(2, "collector expected: a metric, or a table with a function collect")
	}
	if r.index(collector) < 0 {
		r.collectors = append(r.collectors, collector)
	}
	return 0
}

// registryUnregister implements registry:unregister(collector).
func (b *binding) registryUnregister(c vm.Call) int {
	r := b.registries.CheckCall(c, 1)
	if i := r.index(value.OfTable(c.Table(2))); i >= 0 {
		r.collectors = append(r.collectors[:i:i], r.collectors[i+1:]...)
	}
	return 0
}

// registryCollect implements registry:collect() -> list of metrics.
func (b *binding) registryCollect(c vm.Call) int {
	r := b.registries.CheckCall(c, 1)
	return b.collectAll(c, r, func(c vm.Call, buf *value.Table) int { return c.Return(buf.Value()) })
}

// A collection is one call of registry:collect. Collectors may be registered meanwhile.
type collection struct {
	collectors []value.Value
	buf        *value.Table
	then       func(c vm.Call, buf *value.Table) int
}

// collectAll lets the collectors of a registry add to a list, and goes on with it.
func (b *binding) collectAll(c vm.Call, r *registry, then func(c vm.Call, buf *value.Table) int) int {
	return collectNext(c, &collection{r.collectors[:len(r.collectors):len(r.collectors)], value.NewTable(0, 0), then})
}

// collectNext calls the next collector, or goes on.
func collectNext(c vm.Call, state any) int {
	s := state.(*collection)
	if len(s.collectors) == 0 {
		return s.then(c, s.buf)
	}
	collector := s.collectors[0]
	s.collectors = s.collectors[1:]
	method := c.Thread().Index(collector, value.String("collect"))
	if !method.Callable() {
		c.Raise("attempt to call a %s value (method 'collect')", c.VM().TypeNameOf(method))
	}
	return c.Then(collectNext, s, method, collector, s.buf.Value())
}

// gathered is the rest of prometheus.gather() -> string.
func (b *binding) gathered(c vm.Call, buf *value.Table) int {
	text := newText()
	if w := b.env.Worker(); w.Count > 1 {
		text.worker = fmt.Sprintf(`%s="%d"`, workerLabel, w.ID)
	}
	list := buf.Value().LTable()
	for i := int64(1); i <= value.Len(list); i++ {
		if problem := b.extract(text, value.Get(list, value.Int(i)), c.Poll); problem != "" {
			c.Raise("%s", problem)
		}
	}
	return c.Return(value.String(string(text.write())))
}
