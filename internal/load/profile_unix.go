//go:build unix

package load

import "syscall"

// profile asks the server to begin or to end profiles, when it is one that can.
func (g *generator) profile(begin bool) error {
	if !g.Profile {
		return nil
	}
	if begin {
		return syscall.Kill(g.PID, syscall.SIGUSR1)
	}
	return syscall.Kill(g.PID, syscall.SIGUSR2)
}
