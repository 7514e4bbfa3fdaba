//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"silly/internal/bench/report"
	"silly/internal/load"
)

// startLimit is how long a server may take to print its address, and to write its profiles at the end.
const startLimit = 20 * time.Second

// newCommand makes a process that ends when ctx ends, and when this program is killed.
func newCommand(ctx context.Context, command []string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

// A server is a process that listens.
type server struct {
	cmd     *exec.Cmd
	address string
	output  output
	drained chan struct{}
}

// startServer starts a server and waits for its address, which is the first line that it prints.
func startServer(ctx context.Context, command []string) (*server, error) {
	s := &server{cmd: newCommand(ctx, command), drained: make(chan struct{})}
	s.cmd.Stderr = &s.output
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	address := make(chan string, 1)
	go func() {
		defer close(s.drained)
		r := bufio.NewReader(stdout)
		line, _ := r.ReadString('\n')
		address <- strings.TrimSpace(line)
		io.Copy(&s.output, r)
	}()
	select {
	case s.address = <-address:
	case <-time.After(startLimit):
	}
	if s.address == "" {
		s.kill()
		return nil, fmt.Errorf("%s printed no address\n%s", strings.Join(command, " "), &s.output)
	}
	return s, nil
}

// kill ends the server at once.
func (s *server) kill() {
	s.cmd.Process.Kill()
	s.wait()
}

// finish lets the server complete its profiles before it ends.
func (s *server) finish() {
	s.cmd.Process.Signal(syscall.SIGTERM)
	timer := time.AfterFunc(startLimit, func() { s.cmd.Process.Kill() })
	defer timer.Stop()
	s.wait()
}

func (s *server) wait() {
	<-s.drained // Wait closes the pipe, so what is in it must be read before
	s.cmd.Wait()
}

// generate runs the load generator in a process of its own.
func generate(ctx context.Context, spec load.Spec) (load.Result, error) {
	self, err := os.Executable()
	if err != nil {
		return load.Result{}, err
	}
	input, err := json.Marshal(spec)
	if err != nil {
		return load.Result{}, err
	}
	cmd := newCommand(ctx, []string{self, generatorCommand})
	// The generator leaves the server at least half of the processors.
	cmd.Env = append(os.Environ(), fmt.Sprintf("GOMAXPROCS=%d", max(1, runtime.NumCPU()/2)))
	cmd.Stdin = bytes.NewReader(input)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return load.Result{}, fmt.Errorf("load generator: %w: %s", err, bytes.TrimSpace(stderr.Bytes()))
	}
	var result load.Result
	return result, json.Unmarshal(stdout.Bytes(), &result)
}

// generatorCommand as the first argument makes a load generator of this program. It reads a spec and prints
// a result.
const generatorCommand = "generate"

func runGenerator(ctx context.Context, stdin io.Reader, stdout io.Writer) error {
	var spec load.Spec
	if err := json.NewDecoder(stdin).Decode(&spec); err != nil {
		return err
	}
	result, err := load.Run(ctx, spec)
	if err != nil {
		return err
	}
	return json.NewEncoder(stdout).Encode(result)
}

// output keeps the beginning of what a server prints.
type output struct {
	mu   sync.Mutex
	text []byte
}

func (o *output) Write(p []byte) (int, error) {
	const limit = 16 << 10
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text = append(o.text, p[:min(len(p), limit-len(o.text))]...)
	return len(p), nil
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return string(o.text)
}

// startupOnce runs programs one after the other and returns how long they took.
func startupOnce(ctx context.Context, command []string, n int) (load.Result, error) {
	result := load.Result{Operations: int64(n)}
	times := make([]float64, n)
	for i := range times {
		cmd := newCommand(ctx, command)
		began := time.Now()
		if err := cmd.Run(); err != nil {
			return result, errors.Join(ctx.Err(), err)
		}
		times[i] = float64(time.Since(began))
		result.Seconds += times[i] / 1e9
		result.CPU += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		if r, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
			result.RSS = max(result.RSS, r.Maxrss<<10)
		}
	}
	result.P50 = time.Duration(report.Quantile(times, 0.5))
	result.P99 = time.Duration(report.Quantile(times, 0.99))
	result.P999 = time.Duration(report.Quantile(times, 0.999))
	return result, nil
}
