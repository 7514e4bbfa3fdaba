//go:build !unix

package workers

import (
	"os"
	"os/exec"
)

// ownGroup does nothing: there are no groups.
func ownGroup(*exec.Cmd) {}

// killGroup kills a process.
func killGroup(leader *os.Process) { _ = leader.Kill() }

// killOwnGroup ends this process.
func killOwnGroup() { os.Exit(1) }
