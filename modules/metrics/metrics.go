// Package metrics has the Lua modules silly.metrics.*: what a program counts, in the text format of Prometheus.
//
// Metrics are Lua tables whose fields scripts may read and set, as the framework has it: what a method or gather finds
// there is checked each time.
package metrics

import (
	"fmt"
	"log/slog"
	"math"
	"slices"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
)

// A kind is a kind of metric. Its objects have one of three metatables: metrics without labels; those with labels,
// which have a metric for each combination of values; and these.
type kind struct {
	name             string
	plain, vec, part *lua.LTable
}

// newKind makes a kind with the methods of its metrics.
func (b *binding) newKind(name string, methods map[string]vm.Func) *kind {
	k := &kind{name: name}
	metatable := func(name string, functions map[string]vm.Func) *lua.LTable {
		index := value.NewTable(0, len(functions))
		for key, fn := range functions {
			index.Set(value.String(key), value.OfFunction(b.tasks.Native(k.name+":"+key, fn)))
		}
		meta := value.NewTable(0, 3)
		meta.Set(value.String("__index"), index.Value())
		meta.Set(value.String("__name"), value.String(name))
		meta.Set(value.String("__metatable"), value.String(name))
		return meta.Value().LTable()
	}
	collect := func(c vm.Call) int { return b.collect(c, k) }
	withLabels := map[string]vm.Func{
		"collect": collect,
		"labels":  func(c vm.Call) int { return b.labels(c, k) },
	}
	for method := range methods {
		withLabels[method] = func(c vm.Call) int {
			c.Raise("a %s with labels has no value of its own: metric:labels(...):%s(...)", name, method)
			return 0
		}
	}
	k.vec = metatable(name+" with labels", withLabels)
	k.part = metatable(name, methods)
	methods["collect"] = collect
	k.plain = metatable(name, methods)
	return k
}

// self is argument 1, a metric of a kind with a value of its own.
func (k *kind) self(c vm.Call) *lua.LTable {
	if v := c.Arg(1); v.IsTable() {
		if meta := value.Metatable(v.LTable()); meta == k.plain || meta == k.part {
			return v.LTable()
		}
	}
	c.TypeError(1, k.name)
	return nil
}

// constructor is the function that a module of a kind is.
func (b *binding) constructor(k *kind) *lua.LFunction {
	return b.tasks.Native(k.name, func(c vm.Call) int { return c.Return(b.newMetric(c, k).Value()) })
}

// newMetric implements counter(name, help [, labelnames]) -> metric, and those of gauge and histogram.
func (b *binding) newMetric(c vm.Call, k *kind) *value.Table {
	name, help := c.Str(1), c.Str(2)
	if !validName(name) {
		c.ArgError(1, "name of a metric expected: letters, digits, '_' and ':', and no digit first")
	}
	names := b.labelNamesOf(c, k)
	t := value.NewTable(0, 8)
	t.Set(b.name, value.String(name))
	t.Set(b.help, value.String(help))
	t.Set(b.kindKey, value.String(k.name))
	var buckets value.Value
	if k == b.histogram {
		buckets = bucketsOf(c).Value()
		t.Set(b.buckets, buckets)
	}
	if names == nil {
		b.zero(t, k, buckets)
		value.SetMetatable(t.Value().LTable(), k.plain)
		return t
	}
	t.Set(b.labelNames, names.Value())
	t.Set(b.labelCache, value.NewTable(0, 0).Value())
	t.Set(b.metrics, value.NewTable(0, 0).Value())
	value.SetMetatable(t.Value().LTable(), k.vec)
	return t
}

// labelNamesOf is a copy of the list of names in argument 3; nil when there are none.
func (b *binding) labelNamesOf(c vm.Call, k *kind) *value.Table {
	if c.Arg(3).IsNil() || value.Len(c.Table(3)) == 0 {
		return nil
	}
	names := value.NewTable(int(value.Len(c.Table(3))), 0)
	var seen []string
	for i := int64(1); i <= value.Len(c.Table(3)); i++ {
		name := value.Get(c.Table(3), value.Int(i))
		switch {
		case !name.IsString() || !validLabelName(name.Str()):
			c.ArgError(3, "names of labels expected: letters, digits and '_', no digit first, nor '__'")
		case k == b.histogram && name.Str() == "le":
			c.ArgError(3, "the label 'le' is that of the buckets")
		case slices.Contains(seen, name.Str()):
			c.ArgError(3, "label '"+name.Str()+"' twice")
		}
		seen = append(seen, name.Str())
		names.SetInt(i, name)
	}
	return names
}

// zero gives a metric its value; a histogram has buckets.
func (b *binding) zero(t *value.Table, k *kind, buckets value.Value) {
	if k != b.histogram {
		t.Set(b.value, value.Int(0))
		return
	}
	n := value.Len(buckets.LTable())
	counts := value.NewTable(int(n), 0)
	for i := int64(1); i <= n; i++ {
		counts.SetInt(i, value.Int(0))
	}
	t.Set(b.buckets, buckets)
	t.Set(b.bucketCounts, counts.Value())
	t.Set(b.sum, value.Int(0))
	t.Set(b.count, value.Int(0))
}

// labels implements metric:labels(value, ...) -> metric.
func (b *binding) labels(c vm.Call, k *kind) int {
	v := c.Arg(1)
	if !v.IsTable() || value.Metatable(v.LTable()) != k.vec {
		c.TypeError(1, k.name+" with labels")
	}
	t := v.LTable()
	names, metrics := b.tableField(c, t, b.labelNames), b.tableField(c, t, b.metrics)
	cache := b.tableField(c, t, b.labelCache)
	if n := value.Len(names); int64(c.Len()-1) != n {
		c.Raise("%s expected, got %d", labelValues(n), c.Len()-1)
	}
	valueAt := func(i int64) value.Value { return labelKey(c, c.Arg(int(i)+1), int(i)+1) }
	key := compose(c, cache, names, valueAt, func() bool { return hasRoom(metrics) })
	if key.IsNil() {
		key = compose(c, cache, names, func(int64) value.Value { return value.String(otherLabel) }, always)
		if value.Get(metrics, key).IsNil() {
			b.reportFull(t)
		}
	}
	part := value.Get(metrics, key)
	if part.IsNil() {
		part = b.newPart(c, k, t)
		value.Set(metrics, key, part)
	}
	return c.Return(part)
}

// newPart makes the metric of one combination of labels, for of.
func (b *binding) newPart(c vm.Call, k *kind, of *lua.LTable) value.Value {
	part := value.NewTable(0, 4)
	var buckets value.Value
	if k == b.histogram {
		buckets = value.OfTable(b.tableField(c, of, b.buckets))
	}
	b.zero(part, k, buckets)
	value.SetMetatable(part.Value().LTable(), k.part)
	return part.Value()
}

// maxSeries is how many combinations of labels a metric has, and otherLabel the value of all labels of what comes
// behind: values often come from strangers, and each combination takes memory for ever.
const (
	maxSeries  = 10_000
	otherLabel = "other"
)

// hasRoom reports whether a table of series may get one more. What was removed from it may count.
func hasRoom(metrics *lua.LTable) bool {
	if own := value.Own(metrics); own != nil {
		return len(own.Entries) < maxSeries
	}
	n := 0
	for key, _, _ := value.Next(metrics, value.Nil); !key.IsNil() && n < maxSeries; key, _, _ = value.Next(metrics, key) {
		n++
	}
	return n < maxSeries
}

// reportFull logs that a metric has all the combinations of labels that it may have.
func (b *binding) reportFull(metric *lua.LTable) {
	const format = "metric '%s' has %d combinations of labels: new ones count as '%s'"
	name := shortened(value.Get(metric, b.name))
	b.env.Log().Write(slog.LevelWarn, 0, "", fmt.Sprintf(format, name, maxSeries, otherLabel))
}

// tableField is a field that must be a table.
func (b *binding) tableField(c vm.Call, t *lua.LTable, key value.Value) *lua.LTable {
	v := value.Get(t, key)
	if !v.IsTable() {
		c.Raise("field '%s' of the metric is a %s, not a table", key.Str(), v.TypeName())
	}
	return v.LTable()
}

// collect implements metric:collect(buf).
func (b *binding) collect(c vm.Call, k *kind) int {
	v := c.Arg(1)
	if !v.IsTable() || value.Metatable(v.LTable()) != k.plain && value.Metatable(v.LTable()) != k.vec {
		c.TypeError(1, k.name)
	}
	buf := c.Table(2)
	value.Set(buf, value.Int(value.Len(buf)+1), v)
	return 0
}

// add adds to a field that must be a number. Integers that would overflow become floats.
func (b *binding) add(c vm.Call, t *lua.LTable, key, by value.Value) {
	old := value.Get(t, key)
	switch {
	case old.IsInt() && by.IsInt():
		x, y := old.AsInt(), by.AsInt()
		if sum := x + y; (sum > x) == (y > 0) {
			value.Set(t, key, value.Int(sum))
			return
		}
	case !old.IsNumber():
		field := "'bucketcounts'"
		if key.IsString() {
			field = "'" + key.Str() + "'"
		}
		c.Raise("field %s of the metric has a %s, not a number", field, old.TypeName())
	}
	x, _ := value.ToFloat(old)
	y, _ := value.ToFloat(by)
	value.Set(t, key, value.Float(x+y))
}

// counterInc implements counter:inc().
func (b *binding) counterInc(c vm.Call) int {
	b.add(c, b.counter.self(c), b.value, value.Int(1))
	return 0
}

// counterAdd implements counter:add(v).
func (b *binding) counterAdd(c vm.Call) int {
	t, by := b.counter.self(c), c.Number(2)
	if f, _ := value.ToFloat(by); !(f >= 0) { // nor NaN
		c.ArgError(2, "Counter can only increase")
	}
	b.add(c, t, b.value, by)
	return 0
}

// gaugeSet implements gauge:set(v).
func (b *binding) gaugeSet(c vm.Call) int {
	t, v := b.gauge.self(c), c.Number(2)
	value.Set(t, b.value, v)
	return 0
}

// gaugeInc implements gauge:inc().
func (b *binding) gaugeInc(c vm.Call) int {
	b.add(c, b.gauge.self(c), b.value, value.Int(1))
	return 0
}

// gaugeDec implements gauge:dec().
func (b *binding) gaugeDec(c vm.Call) int {
	b.add(c, b.gauge.self(c), b.value, value.Int(-1))
	return 0
}

// gaugeAdd implements gauge:add(v).
func (b *binding) gaugeAdd(c vm.Call) int {
	t, by := b.gauge.self(c), c.Number(2)
	b.add(c, t, b.value, by)
	return 0
}

// gaugeSub implements gauge:sub(v).
func (b *binding) gaugeSub(c vm.Call) int {
	t, by := b.gauge.self(c), c.Number(2)
	if by.IsInt() && by.AsInt() != math.MinInt64 {
		by = value.Int(-by.AsInt())
	} else {
		f, _ := value.ToFloat(by)
		by = value.Float(-f)
	}
	b.add(c, t, b.value, by)
	return 0
}

// labelValues is how many values are expected.
func labelValues(n int64) string {
	if n == 1 {
		return "1 label value"
	}
	return fmt.Sprintf("%d label values", n)
}
