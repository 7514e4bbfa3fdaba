package metrics

import (
	"runtime/debug"
	"runtime/metrics"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
)

// pauseBounds are the upper bounds of the buckets of pauses, in seconds.
func pauseBounds() []float64 { return []float64{0.00001, 0.0001, 0.001, 0.01, 0.1, 1} }

// collectProcess implements the collector of the process: its time, memory and garbage collector. What the system does
// not tell is left out.
func (b *binding) collectProcess(c vm.Call) int {
	samples := []metrics.Sample{
		{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/gc/cycles/total:gc-cycles"},
		{Name: "/sched/goroutines:goroutines"}, {Name: "/sched/pauses/total/gc:seconds"},
	}
	metrics.Read(samples)
	gauge, counter := b.gauge.name, b.counter.name
	readings := []reading{
		{"process_heap_bytes", "Memory of objects that are alive or not yet collected.", gauge, unsigned(samples[0].Value)},
		{"process_gc_cycles_total", "Garbage collections.", counter, unsigned(samples[1].Value)},
		{"process_goroutines", "Goroutines.", gauge, unsigned(samples[2].Value)},
	}
	if user, system, ok := cpuTime(); ok {
		readings = append(readings,
			reading{"process_cpu_seconds_user", "Processor time of the program itself.", counter, float(user.Seconds())},
			reading{"process_cpu_seconds_system", "Processor time of the system for it.", counter, float(system.Seconds())})
	}
	if n, ok := residentMemory(); ok {
		const help = "Memory that the system has given."
		readings = append(readings, reading{"process_resident_memory_bytes", help, gauge, integer(n)})
	}
	b.push(c, readings)
	if samples[3].Value.Kind() == metrics.KindFloat64Histogram {
		b.pushPauses(c, samples[3].Value.Float64Histogram())
	}
	return 0
}

// unsigned is the number of a sample; 0 of one that this version of Go does not have.
func unsigned(v metrics.Value) number {
	if v.Kind() != metrics.KindUint64 {
		return integer(0)
	}
	return integer(int64(v.Uint64()))
}

// pushPauses adds how long the garbage collector has stopped the program.
func (b *binding) pushPauses(c vm.Call, pauses *metrics.Float64Histogram) {
	var stats debug.GCStats
	debug.ReadGCStats(&stats)
	bounds := pauseBounds()
	counts, all := cumulative(pauses, bounds)
	t := value.NewTable(0, 8)
	t.Set(b.name, value.String("process_gc_pause_seconds"))
	t.Set(b.help, value.String("How long the garbage collector has stopped the program."))
	t.Set(b.kindKey, value.String(b.histogram.name))
	list, countList := value.NewTable(len(bounds), 0), value.NewTable(len(bounds), 0)
	for i, bound := range bounds {
		list.SetInt(int64(i)+1, value.Float(bound))
		countList.SetInt(int64(i)+1, value.Int(counts[i]))
	}
	t.Set(b.buckets, list.Value())
	t.Set(b.bucketCounts, countList.Value())
	t.Set(b.sum, value.Float(stats.PauseTotal.Seconds()))
	t.Set(b.count, value.Int(all))
	buf := c.Table(2)
	value.Set(buf, value.Int(value.Len(buf)+1), t.Value())
}

// cumulative is how many values of a histogram are at most as large as each bound, and how many there are at all. A
// bucket that reaches beyond a bound counts for the next one.
func cumulative(h *metrics.Float64Histogram, bounds []float64) (counts []int64, all int64) {
	counts = make([]int64, len(bounds))
	for i, n := range h.Counts {
		all += int64(n)
		for j, bound := range bounds {
			if h.Buckets[i+1] <= bound*(1+1e-9) {
				counts[j] += int64(n)
			}
		}
	}
	return counts, all
}
