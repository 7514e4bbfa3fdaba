//go:build unix

package process

import (
	"errors"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// ownGroup makes a process lead a group of its own, in which the processes are that it starts.
func ownGroup(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
}

// killGroup kills a process with its group. Nobody has waited for it yet: its number could be another's.
func killGroup(cmd *exec.Cmd) error { return signalGroup(cmd, "SIGKILL") }

// signalGroup sends a signal to a process and its group.
func signalGroup(cmd *exec.Cmd, name string) error {
	sig := unix.SignalNum(name)
	if sig == 0 {
		return errNoSignal
	}
	err := syscall.Kill(-cmd.Process.Pid, sig)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}

// signalOf is the name of the signal that has ended a process, or "".
func signalOf(state *os.ProcessState) string {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return unix.SignalName(status.Signal())
	}
	return ""
}
