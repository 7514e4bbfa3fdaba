package metrics

import (
	"math"
	"slices"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
)

// defaultBuckets are for times in seconds, from 5 ms to 10 s.
func defaultBuckets() []value.Value {
	var all []value.Value
	for _, bound := range []float64{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10} {
		all = append(all, value.Float(bound))
	}
	return all
}

// bucketsOf are the upper bounds in argument 4, in order; that of +Inf, which each histogram has, is not among them.
func bucketsOf(c vm.Call) *value.Table {
	bounds := defaultBuckets()
	if !c.Arg(4).IsNil() {
		list := c.Table(4)
		bounds = bounds[:0]
		for i := int64(1); i <= value.Len(list); i++ {
			bound := value.Get(list, value.Int(i))
			if !bound.IsNumber() {
				c.ArgError(4, "numbers expected as buckets, got "+bound.TypeName())
			}
			switch f, _ := value.ToFloat(bound); {
			case math.IsInf(f, 1):
			case !(f >= 0):
				c.ArgError(4, "buckets of at least 0 expected, got "+value.NumberText(bound))
			default:
				bounds = append(bounds, bound)
			}
		}
		slices.SortFunc(bounds, func(a, b value.Value) int {
			if value.LessNumber(a, b) {
				return -1
			}
			return 1
		})
		for i := 1; i < len(bounds); i++ {
			if !value.LessNumber(bounds[i-1], bounds[i]) {
				c.ArgError(4, "bucket "+value.NumberText(bounds[i])+" twice")
			}
		}
	}
	t := value.NewTable(len(bounds), 0)
	t.SetElements(0, bounds)
	return t
}

// histogramObserve implements histogram:observe(v).
func (b *binding) histogramObserve(c vm.Call) int {
	t, v := b.histogram.self(c), c.Number(2)
	if v.IsFloat() && math.IsNaN(v.AsFloat()) {
		c.ArgError(2, "the value is NaN")
	}
	buckets, counts := b.tableField(c, t, b.buckets), b.tableField(c, t, b.bucketCounts)
	for i := value.Len(buckets); i >= 1; i-- {
		bound := value.Get(buckets, value.Int(i))
		if !bound.IsNumber() || value.LessNumber(bound, v) {
			break
		}
		b.add(c, counts, value.Int(i), value.Int(1))
	}
	b.add(c, t, b.sum, v)
	b.add(c, t, b.count, value.Int(1))
	return 0
}
