package suite

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"

	"silly/luahost"
)

// A recorder is the system of test files: everything, and it remembers which files were read.
type recorder struct {
	luahost.AllAccess
	mu    sync.Mutex
	files map[string]struct{} // absolute paths
}

// maxRecorded is how many files are remembered.
const maxRecorded = 10_000

// OpenFile implements luahost.System.
func (r *recorder) OpenFile(name string, flag int, perm fs.FileMode) (*os.File, error) {
	if path, err := filepath.Abs(name); err == nil && flag&(os.O_WRONLY|os.O_RDWR) == 0 {
		r.mu.Lock()
		if r.files == nil {
			r.files = make(map[string]struct{})
		}
		if len(r.files) < maxRecorded {
			r.files[path] = struct{}{}
		}
		r.mu.Unlock()
	}
	return r.AllAccess.OpenFile(name, flag, perm)
}

// names are the paths of the files, in order.
func (r *recorder) names() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(maps.Keys(r.files))
}

// A virtualSystem is the system of tests in virtual time: what is outside of the program would stand still there.
type virtualSystem struct{ *recorder }

var errVirtual = errors.New("child processes and watched files know only real time: make the test with test.realtime")

// Process implements luahost.Processes.
func (virtualSystem) Process(context.Context, string, []string) (*exec.Cmd, error) {
	return nil, errVirtual
}

// Command implements luahost.System.
func (virtualSystem) Command(context.Context, string) (*exec.Cmd, error) { return nil, errVirtual }

// WatchFile implements luahost.FileWatcher.
func (virtualSystem) WatchFile(name string, _ bool, _ func(luahost.FileEvent)) (stop func() error, err error) {
	return nil, &fs.PathError{Op: "watch", Path: name, Err: errVirtual}
}
