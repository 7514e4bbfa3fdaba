//go:build linux

// Package profile writes profiles of a server when the benchmark asks for them.
package profile

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/metrics"
	"runtime/pprof"
	"syscall"
)

// OnSignal makes the process write profiles: SIGUSR1 begins a CPU profile; SIGUSR2 ends it and writes
// prefix.cpu, the heap profile prefix.heap, and prefix.memory, which says what the memory is used for.
// SIGTERM ends the process once that is done.
func OnSignal(prefix string) {
	runtime.MemProfileRate = 64 << 10 // finer than the default: what is looked for is spread over many small objects
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGTERM)
	go func() {
		for s := range signals {
			err := error(nil)
			switch s {
			case syscall.SIGUSR1:
				err = begin(prefix)
			case syscall.SIGUSR2:
				pprof.StopCPUProfile()
				err = write(prefix)
			case syscall.SIGTERM:
				os.Exit(0)
			}
			if err != nil {
				fmt.Fprintln(os.Stderr, "profile:", err)
				os.Exit(1)
			}
		}
	}()
}

// begin starts the CPU profile. Its file is complete when the profile is stopped, and stays open until the
// process ends.
func begin(prefix string) error {
	f, err := os.Create(prefix + ".cpu")
	if err != nil {
		return err
	}
	return pprof.StartCPUProfile(f)
}

func write(prefix string) error {
	if err := writeFile(prefix+".memory", writeMemory); err != nil {
		return err
	}
	runtime.GC() // a heap profile is that of the last collection
	return writeFile(prefix+".heap", pprof.WriteHeapProfile)
}

func writeFile(name string, content func(io.Writer) error) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := content(f); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// writeMemory lists the runtime's memory classes and its counts of collections and goroutines.
func writeMemory(w io.Writer) error {
	var samples []metrics.Sample
	for _, d := range metrics.All() {
		if d.Kind == metrics.KindUint64 {
			samples = append(samples, metrics.Sample{Name: d.Name})
		}
	}
	metrics.Read(samples)
	for _, s := range samples {
		if v := s.Value.Uint64(); v != 0 {
			if _, err := fmt.Fprintf(w, "%14d %s\n", v, s.Name); err != nil {
				return err
			}
		}
	}
	return nil
}
