//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// A sample is one run of a process.
type sample struct {
	cpu    time.Duration // user time of all threads
	memory int64         // the most bytes that were resident
	output string
}

// memoryInterval is how often the size of a process is read.
const memoryInterval = 5 * time.Millisecond

// measureOnce runs a command.
func measureOnce(ctx context.Context, path string, args ...string) (sample, error) {
	cmd := exec.CommandContext(ctx, path, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		return sample{}, err
	}
	// The rusage of a process begins with the size of the one that has started it, so that this is no way to its own.
	done, peak := make(chan struct{}), make(chan int64)
	go func() {
		status := fmt.Sprintf("/proc/%d/status", cmd.Process.Pid)
		tick := time.NewTicker(memoryInterval)
		defer tick.Stop()
		most := int64(0)
		for {
			most = max(most, highWater(status))
			select {
			case <-tick.C:
			case <-done:
				peak <- most
				return
			}
		}
	}()
	err := cmd.Wait()
	close(done)
	s := sample{memory: <-peak, output: stdout.String()}
	if err == nil && stderr.Len() > 0 {
		err = errors.New("an error was printed")
	}
	if err != nil {
		return s, fmt.Errorf("%w\n%s", err, stderr.Bytes())
	}
	s.cpu = cmd.ProcessState.UserTime()
	return s, nil
}

// highWater is VmHWM of a process's status file, the most bytes that were resident so far.
func highWater(status string) int64 {
	data, err := os.ReadFile(status)
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(data, []byte("VmHWM:"))
	var kilobytes int64
	_, _ = fmt.Sscan(string(rest), &kilobytes)
	return kilobytes << 10
}
