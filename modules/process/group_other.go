//go:build !unix

package process

import (
	"os"
	"os/exec"
)

// ownGroup does nothing: there are no groups here.
func ownGroup(*exec.Cmd) {}

// killGroup kills a process.
func killGroup(cmd *exec.Cmd) error { return cmd.Process.Kill() }

// signalGroup kills a process; there are no other signals here.
func signalGroup(cmd *exec.Cmd, name string) error {
	if name != "SIGKILL" && name != "SIGTERM" {
		return errNoSignal
	}
	return cmd.Process.Kill()
}

// signalOf is "": no signal ends processes here.
func signalOf(*os.ProcessState) string { return "" }
