package lib

import (
	"runtime/metrics"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
)

// A collector is what scripts know of the garbage collector. It is Go's and needs no tuning by them, so most of it is only
// remembered.
type collector struct {
	stopped        bool
	mode           string
	pause, stepMul int64
	usage          []metrics.Sample
}

func newCollector() collector {
	return collector{
		mode:    "generational",
		pause:   200,
		stepMul: 100,
		usage:   []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}},
	}
}

// baseCollectGarbage implements collectgarbage([option [, arg]]) (manual, section 6.1). Only "collect" and "count" do
// something.
func (g *collector) baseCollectGarbage(c vm.Call) int {
	switch option := c.OptStr(1, "collect"); option {
	case "collect":
		return c.Collect(value.Int(0))
	case "count":
		metrics.Read(g.usage)
		return c.Return(value.Float(float64(g.usage[0].Value.Uint64()) / 1024))
	case "step":
		return c.Return(value.True)
	case "isrunning":
		return c.Return(value.Bool(!g.stopped))
	case "stop":
		g.stopped = true
	case "restart":
		g.stopped = false
	case "setpause":
		return exchange(c, &g.pause)
	case "setstepmul":
		return exchange(c, &g.stepMul)
	case "incremental", "generational":
		before := g.mode
		g.mode = option
		return c.Return(value.String(before))
	default:
		c.ArgError(1, "invalid option '"+option+"'")
	}
	return c.Return(value.Int(0))
}

// exchange sets a parameter and returns what it was.
func exchange(c vm.Call, parameter *int64) int {
	before := *parameter
	*parameter = c.OptInt(2, 0)
	return c.Return(value.Int(before))
}
