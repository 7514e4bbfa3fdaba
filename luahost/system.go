package luahost

import (
	"context"
	"io/fs"
	"os"
	"os/exec"
)

// A System is what a host's scripts reach of the machine beside the network and their standard streams:
// files, commands and the environment. require, loadfile and the libraries io and os use it. Its methods
// may be called from any goroutine; the errors about files are *fs.PathError or *os.LinkError, as those of
// package os, and their reason is what scripts see.
type System interface {
	// OpenFile opens a file as os.OpenFile does.
	OpenFile(name string, flag int, perm fs.FileMode) (*os.File, error)
	// Stat describes a file as os.Stat does.
	Stat(name string) (fs.FileInfo, error)
	// Remove and Rename are those of package os.
	Remove(name string) error
	Rename(from, to string) error
	// CreateTemp makes a new file with a name of its own in a folder for such files.
	CreateTemp() (*os.File, error)
	// Getenv returns a variable of the environment.
	Getenv(name string) (value string, ok bool)
	// Command prepares a command of the shell; it ends when ctx does.
	Command(ctx context.Context, command string) (*exec.Cmd, error)
}

// Signals is what a System can have besides: scripts handle signals of the process. Its method may be called from any
// goroutine.
type Signals interface {
	// HandleSignal has f called, on any goroutine and soon, when the process gets the signal, instead of what happens
	// otherwise; that happens nonetheless if f returns false. A nil f is what happens otherwise. HandleSignal returns false,
	// and does nothing, for a signal that cannot be handled.
	HandleSignal(sig os.Signal, f func() bool) bool
}

// SystemAccess is the process's own access to the machine.
type SystemAccess struct{}

var _ System = SystemAccess{}

// OpenFile implements System.
func (SystemAccess) OpenFile(name string, flag int, perm fs.FileMode) (*os.File, error) {
	return os.OpenFile(name, flag, perm)
}

// Stat implements System.
func (SystemAccess) Stat(name string) (fs.FileInfo, error) { return os.Stat(name) }

// Remove implements System.
func (SystemAccess) Remove(name string) error { return os.Remove(name) }

// Rename implements System.
func (SystemAccess) Rename(from, to string) error { return os.Rename(from, to) }

// CreateTemp implements System.
func (SystemAccess) CreateTemp() (*os.File, error) { return os.CreateTemp("", "lua") }

// Getenv implements System.
func (SystemAccess) Getenv(name string) (value string, ok bool) { return os.LookupEnv(name) }

// Command implements System with /bin/sh.
func (SystemAccess) Command(ctx context.Context, command string) (*exec.Cmd, error) {
	const shell = "/bin/sh"
	if _, err := os.Stat(shell); err != nil {
		return nil, err
	}
	return exec.CommandContext(ctx, shell, "-c", command), nil
}
