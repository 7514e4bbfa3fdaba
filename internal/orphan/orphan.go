// Package orphan lets a process be process 1 of a container: the system gives it the processes whose parent has ended,
// and somebody has to wait for them, or they stay as zombies.
package orphan

import (
	"os/exec"
	"sync"
)

// children are the commands that this process waits for by itself.
var children = struct {
	sync.Mutex
	pids map[int]struct{}
}{pids: make(map[int]struct{})}

// Start starts a command that the caller waits for with Wait of this package. Any goroutine may call it.
func Start(cmd *exec.Cmd) error {
	children.Lock()
	defer children.Unlock()
	if err := cmd.Start(); err != nil {
		return err
	}
	children.pids[cmd.Process.Pid] = struct{}{}
	return nil
}

// Wait waits for a command that was started with Start.
func Wait(cmd *exec.Cmd) error {
	err := cmd.Wait()
	children.Lock()
	defer children.Unlock()
	delete(children.pids, cmd.Process.Pid)
	return err
}

// Run is Start and Wait.
func Run(cmd *exec.Cmd) error {
	if err := Start(cmd); err != nil {
		return err
	}
	return Wait(cmd)
}
