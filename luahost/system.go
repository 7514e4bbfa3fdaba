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

// Folders is what a System can have besides: scripts make folders. Its method is like those of System.
type Folders interface {
	// Mkdir makes a folder as os.Mkdir does.
	Mkdir(name string, perm fs.FileMode) error
}

// Processes is what a System can have besides: scripts start programs without a shell. Its method is like those of System.
type Processes interface {
	// Process prepares a process that runs a program, as exec.CommandContext does; it ends when ctx does.
	Process(ctx context.Context, program string, arguments []string) (*exec.Cmd, error)
}

// A FileEvent is something that has happened to a file.
type FileEvent struct {
	Path string // the name that was watched, or one below it
	Op   string // "create", "write", "remove", "rename" or "chmod"
}

// FileWatcher is what a System can have besides: scripts are told of changes of files. Its method is like those of System.
type FileWatcher interface {
	// WatchFile has event called, on any goroutine and soon, when something happens to a file, or in a folder, or, if that is
	// recursive, below it. stop ends that.
	WatchFile(name string, recursive bool, event func(FileEvent)) (stop func() error, err error)
}

// AllAccess is a System with everything that a process may do but handling signals; it is what a host has without
// Options.System. A type that is to keep something from scripts embeds SystemAccess rather than AllAccess, so that what a later
// version adds here stays kept from them.
type AllAccess struct{ SystemAccess }

var (
	_ Folders     = AllAccess{}
	_ Processes   = AllAccess{}
	_ FileWatcher = AllAccess{}
)

// Mkdir implements Folders.
func (AllAccess) Mkdir(name string, perm fs.FileMode) error { return os.Mkdir(name, perm) }

// Process implements Processes. The program is looked for as a shell does it.
func (AllAccess) Process(ctx context.Context, program string, arguments []string) (*exec.Cmd, error) {
	return exec.CommandContext(ctx, program, arguments...), nil
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
