package orphan

import (
	"bytes"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

// Reap waits for orphans from now on, if this is process 1.
func Reap() {
	if os.Getpid() != 1 {
		return
	}
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGCHLD)
	go func() {
		for range ended {
			reap()
			time.Sleep(pause)
		}
	}()
}

// pause is how long after a look at the processes the next one comes at the earliest.
const pause = 50 * time.Millisecond

// reap waits for the children of this process that have ended and were not started by it. /proc says which they are:
// wait4 cannot tell without taking the status of a command from the one who waits for it.
func reap() {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return // there is no way to know
	}
	children.Lock()
	defer children.Unlock()
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if _, ours := children.pids[pid]; !ours && isZombie(pid) {
			_, _ = syscall.Wait4(pid, nil, syscall.WNOHANG, nil) // fails for the children of others
		}
	}
}

// isZombie reports whether a process has ended and nobody has waited for it (proc(5), stat).
func isZombie(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false
	}
	_, state, found := bytes.Cut(stat[bytes.LastIndexByte(stat, ')')+1:], []byte{' '}) // the name may have anything in it
	return found && len(state) > 0 && state[0] == 'Z'
}
