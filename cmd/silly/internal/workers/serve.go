// Package workers does jobs in processes of their own: what one does to the memory or to the process then ends a worker and not
// the run. A worker reads jobs from its standard input and writes what there is to tell of them to its standard output, as JSON.
package workers

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
	"time"
)

const (
	// MaxMemory is how much memory a worker may take, in bytes.
	MaxMemory = 512 << 20
	// memoryCheck is how often it is looked at.
	memoryCheck = 10 * time.Millisecond
	// statusMemory is the exit status of a worker that took more.
	statusMemory = 97
)

// Serve is the worker: it does the jobs that it reads until the end of in. If that comes while it does one, the parent is gone,
// and so is the worker. do tells of events, and of the last one of the job with last: the parent may end the worker then.
func Serve[Job, Event any](in io.Reader, out io.Writer, do func(job Job, tell func(e Event, last bool))) error {
	// What one job leaves behind must not count against the next.
	debug.SetMemoryLimit(MaxMemory * 3 / 4)
	go watchMemory()
	var busy atomic.Bool
	jobs, ended := make(chan Job), make(chan error, 1)
	go func() {
		decoder := json.NewDecoder(bufio.NewReader(in))
		for {
			var j Job
			if err := decoder.Decode(&j); err != nil {
				if busy.Load() {
					killOwnGroup()
				}
				ended <- err
				return
			}
			busy.Store(true)
			jobs <- j
		}
	}()
	encoder := json.NewEncoder(out)
	for {
		var j Job
		select {
		case err := <-ended:
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		case j = <-jobs:
		}
		var failed error
		do(j, func(e Event, last bool) {
			if last {
				busy.Store(false)
			}
			if failed == nil {
				failed = encoder.Encode(e)
			}
		})
		if failed != nil {
			return failed
		}
	}
}

// watchMemory ends the process when it takes too much memory.
func watchMemory() {
	for {
		time.Sleep(memoryCheck)
		if used := memoryInUse(); used > MaxMemory {
			if used < 2*MaxMemory {
				runtime.GC() // much of it may be garbage
			}
			if memoryInUse() > MaxMemory {
				os.Exit(statusMemory)
			}
		}
	}
}

// memoryInUse is what the process has taken from the system and not given back, in bytes.
func memoryInUse() uint64 {
	samples := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
	metrics.Read(samples)
	return samples[0].Value.Uint64() + samples[1].Value.Uint64()
}
