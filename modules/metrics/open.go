package metrics

import (
	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
	"silly/internal/sched"
	"silly/luahost"
)

// The modules.
var (
	Counter          = luahost.Module{Name: "silly.metrics.counter", Open: openCounter}
	Gauge            = luahost.Module{Name: "silly.metrics.gauge", Open: openGauge}
	Histogram        = luahost.Module{Name: "silly.metrics.histogram", Open: openHistogram}
	Labels           = luahost.Module{Name: "silly.metrics.labels", Open: openLabels}
	Registry         = luahost.Module{Name: "silly.metrics.registry", Open: openRegistry}
	Prometheus       = luahost.Module{Name: "silly.metrics.prometheus", Open: openPrometheus}
	SillyCollector   = luahost.Module{Name: "silly.metrics.collector.silly", Open: openSillyCollector}
	ProcessCollector = luahost.Module{Name: "silly.metrics.collector.process", Open: openProcessCollector}
)

func openCounter(env *luahost.Env, L *lua.LState) lua.LValue {
	b := bindingOf(env, L)
	return b.constructor(b.counter)
}

func openGauge(env *luahost.Env, L *lua.LState) lua.LValue {
	b := bindingOf(env, L)
	return b.constructor(b.gauge)
}

func openHistogram(env *luahost.Env, L *lua.LState) lua.LValue {
	b := bindingOf(env, L)
	return b.constructor(b.histogram)
}

func openLabels(env *luahost.Env, L *lua.LState) lua.LValue {
	return bindingOf(env, L).table("labels", map[string]vm.Func{"key": labelsKey})
}

func openRegistry(env *luahost.Env, L *lua.LState) lua.LValue {
	b := bindingOf(env, L)
	return b.table("registry", map[string]vm.Func{"new": b.registryNew})
}

func openSillyCollector(env *luahost.Env, L *lua.LState) lua.LValue {
	b := bindingOf(env, L)
	return b.collectorModule("silly", b.collectSilly)
}

func openProcessCollector(env *luahost.Env, L *lua.LState) lua.LValue {
	b := bindingOf(env, L)
	return b.collectorModule("process", b.collectProcess)
}

// openPrometheus makes silly.metrics.prometheus, with a registry that has the collectors of the program.
func openPrometheus(env *luahost.Env, L *lua.LState) lua.LValue {
	b := bindingOf(env, L)
	standard := new(registry)
	object := value.OfTable(b.registries.NewBare(standard))
	standard.collectors = []value.Value{
		b.newCollector("silly", b.collectSilly),
		b.newCollector("process", b.collectProcess),
	}
	registered := func(k *kind) vm.Func {
		return func(c vm.Call) int {
			metric := b.newMetric(c, k).Value()
			standard.collectors = append(standard.collectors, metric)
			return c.Return(metric)
		}
	}
	return b.table("prometheus", map[string]vm.Func{
		"counter":   registered(b.counter),
		"gauge":     registered(b.gauge),
		"histogram": registered(b.histogram),
		"registry":  func(c vm.Call) int { return c.Return(object) },
		"gather":    func(c vm.Call) int { return b.collectAll(c, standard, b.gathered) },
	})
}

// binding is the modules' state in one host.
type binding struct {
	env                       *luahost.Env
	tasks                     *sched.Scheduler
	counter, gauge, histogram *kind
	registries                *luahost.Class[*registry]
	fields
}

// fields are the names of the fields of metrics.
type fields struct {
	name, help, kindKey, value, sum, count, buckets, bucketCounts, labelNames, labelCache, metrics value.Value
}

func newFields() fields {
	key := func(name string) value.Value { return value.String(name).Hashed() }
	return fields{
		name: key("name"), help: key("help"), kindKey: key("kind"),
		value: key("value"), sum: key("sum"), count: key("count"),
		buckets: key("buckets"), bucketCounts: key("bucketcounts"),
		labelNames: key("labelnames"), labelCache: key("labelcache"), metrics: key("metrics"),
	}
}

// bindingKey is the key of the binding among the values that modules share.
type bindingKey struct{}

// bindingOf is the binding of a host. The caller holds the VM lock.
func bindingOf(env *luahost.Env, L *lua.LState) *binding {
	return env.Shared(bindingKey{}, func() any {
		b := &binding{env: env, tasks: sched.Of(env), fields: newFields()}
		b.counter = b.newKind("counter", map[string]vm.Func{"inc": b.counterInc, "add": b.counterAdd})
		b.gauge = b.newKind("gauge", map[string]vm.Func{
			"set": b.gaugeSet, "inc": b.gaugeInc, "dec": b.gaugeDec, "add": b.gaugeAdd, "sub": b.gaugeSub,
		})
		b.histogram = b.newKind("histogram", map[string]vm.Func{"observe": b.histogramObserve})
		b.registries = luahost.NewClass[*registry](env, L, "registry", nil)
		b.registries.Native(env, "register", b.registryRegister)
		b.registries.Native(env, "unregister", b.registryUnregister)
		b.registries.Native(env, "collect", b.registryCollect)
		return b
	}).(*binding)
}

// table makes a table of functions.
func (b *binding) table(name string, functions map[string]vm.Func) *lua.LTable {
	t := value.NewTable(0, len(functions))
	for key, fn := range functions {
		t.Set(value.String(key), value.OfFunction(b.tasks.Native(name+"."+key, fn)))
	}
	return t.Value().LTable()
}
