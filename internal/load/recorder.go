package load

import (
	"sync/atomic"
	"time"
)

// A Recorder counts the operations of somebody else's work, as a run with Any does. Any goroutine may call its methods.
type Recorder struct {
	operations atomic.Int64
	latency    histogram
	any        anyCounts
	began      atomic.Pointer[time.Time]
	cpu        time.Duration
}

// Begin begins the window: what was before does not count.
func (r *Recorder) Begin() {
	now := time.Now()
	r.cpu = cpuTime(0)
	r.began.Store(&now)
}

// Done counts an operation that took so long.
func (r *Recorder) Done(d time.Duration) {
	if r.began.Load() != nil {
		r.operations.Add(1)
		r.latency.add(d)
	}
}

// Failed counts an operation that failed.
func (r *Recorder) Failed(text string) {
	if r.began.Load() != nil {
		r.any.fail(text)
	}
}

// Progress is how long the window has lasted, and how many operations there have been.
func (r *Recorder) Progress() (elapsed time.Duration, operations int64) {
	if began := r.began.Load(); began != nil {
		elapsed = time.Since(*began)
	}
	return elapsed, r.operations.Load()
}

// Result ends the window.
func (r *Recorder) Result() Result {
	elapsed, operations := r.Progress()
	result := Result{
		Operations: operations, Seconds: elapsed.Seconds(), GeneratorCPU: cpuTime(0) - r.cpu,
		P50: r.latency.quantile(0.50), P99: r.latency.quantile(0.99), P999: r.latency.quantile(0.999),
	}
	r.any.fill(&result, &r.latency)
	return result
}
