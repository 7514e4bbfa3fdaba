//go:build unix

package workers

import (
	"os"
	"os/exec"
	"syscall"
)

// ownGroup makes the process of a command lead a group of its own, in which the commands are that it starts.
func ownGroup(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
}

// killGroup kills a process that leads a group, and the others in it. Nobody may have waited for it yet: its number
// could be another's.
func killGroup(leader *os.Process) { _ = syscall.Kill(-leader.Pid, syscall.SIGKILL) }

// killOwnGroup kills this process, and the others in the group if it leads one.
func killOwnGroup() {
	if syscall.Getpgrp() == os.Getpid() {
		_ = syscall.Kill(0, syscall.SIGKILL)
	}
	os.Exit(1)
}
