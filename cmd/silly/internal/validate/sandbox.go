package validate

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"silly/luahost"
)

// Access is what blocks may reach beyond their document's folder and their own network.
type Access struct {
	Net bool // other hosts
	FS  bool // files anywhere, also for writing
	OS  bool // commands and the environment
}

// Errors that say what would allow what was refused.
var (
	errNeedsFS    = errors.New("not allowed outside the document's folder without --allow-fs")
	errReadOnly   = errors.New("writing is not allowed without --allow-fs")
	errNeedsOS    = errors.New("commands are not allowed without --allow-os")
	errEscapes    = "path escapes from parent" // what os.Root says
	errNeedsNet   = errors.New("network is unreachable: only the block's own network exists without --allow-net")
	errIsNoFolder = errors.New("folder of the document cannot be read")
)

// A sandbox is the luahost.System of a block: names are relative to the document's folder, whose files can
// be read.
type sandbox struct {
	luahost.SystemAccess
	access Access
	folder string   // absolute
	root   *os.Root // of folder; nil when everything may be reached, or the folder cannot be opened
}

// newSandbox makes the system of blocks of a document in folder. The caller closes it.
func newSandbox(folder string, access Access) *sandbox {
	s := &sandbox{access: access, folder: folder}
	if absolute, err := filepath.Abs(folder); err == nil {
		s.folder = absolute
	}
	if !access.FS {
		s.root, _ = os.OpenRoot(s.folder) // without one, nothing can be read
	}
	return s
}

func (s *sandbox) Close() {
	if s.root != nil {
		_ = s.root.Close()
	}
}

// path is where a name leads when everything may be reached.
func (s *sandbox) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(s.folder, name)
}

// inside is the name below the folder, or the reason why it is not there.
func (s *sandbox) inside(op, name string) (string, error) {
	relative, err := filepath.Rel(s.folder, s.path(name))
	if err != nil || !filepath.IsLocal(relative) {
		return "", &fs.PathError{Op: op, Path: name, Err: errNeedsFS}
	}
	if s.root == nil {
		return "", &fs.PathError{Op: op, Path: name, Err: errIsNoFolder}
	}
	return relative, nil
}

// refused gives a link that leads out of the folder the same error as a name that does.
func refused(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) && strings.Contains(path.Err.Error(), errEscapes) {
		path.Err = errNeedsFS
	}
	return err
}

// HandleSignal implements luahost.Signals: no signal ever comes.
func (s *sandbox) HandleSignal(os.Signal, func() bool) bool { return true }

// OpenFile implements luahost.System.
func (s *sandbox) OpenFile(name string, flag int, perm fs.FileMode) (*os.File, error) {
	if s.access.FS {
		return os.OpenFile(s.path(name), flag, perm)
	}
	if flag&(os.O_WRONLY|os.O_RDWR|os.O_CREATE|os.O_TRUNC|os.O_APPEND) != 0 {
		return nil, &fs.PathError{Op: "open", Path: name, Err: errReadOnly}
	}
	relative, err := s.inside("open", name)
	if err != nil {
		return nil, err
	}
	f, err := s.root.OpenFile(relative, flag, perm)
	return f, refused(err)
}

// Stat implements luahost.System.
func (s *sandbox) Stat(name string) (fs.FileInfo, error) {
	if s.access.FS {
		return os.Stat(s.path(name))
	}
	relative, err := s.inside("stat", name)
	if err != nil {
		return nil, err
	}
	info, err := s.root.Stat(relative)
	return info, refused(err)
}

// Remove implements luahost.System.
func (s *sandbox) Remove(name string) error {
	if s.access.FS {
		return os.Remove(s.path(name))
	}
	return &fs.PathError{Op: "remove", Path: name, Err: errReadOnly}
}

// Rename implements luahost.System.
func (s *sandbox) Rename(from, to string) error {
	if s.access.FS {
		return os.Rename(s.path(from), s.path(to))
	}
	return &fs.PathError{Op: "rename", Path: from, Err: errReadOnly}
}

// CreateTemp implements luahost.System.
func (s *sandbox) CreateTemp() (*os.File, error) {
	if s.access.FS {
		return s.SystemAccess.CreateTemp()
	}
	return nil, &fs.PathError{Op: "create", Path: "temporary file", Err: errReadOnly}
}

// Getenv implements luahost.System.
func (s *sandbox) Getenv(name string) (value string, ok bool) {
	if s.access.OS {
		return s.SystemAccess.Getenv(name)
	}
	return "", false
}

// Mkdir implements luahost.Folders.
func (s *sandbox) Mkdir(name string, perm fs.FileMode) error {
	if s.access.FS {
		return os.Mkdir(s.path(name), perm)
	}
	return &fs.PathError{Op: "mkdir", Path: name, Err: errReadOnly}
}

// WatchFile implements luahost.FileWatcher: what can be read can be watched.
func (s *sandbox) WatchFile(name string, recursive bool, event func(luahost.FileEvent)) (stop func() error, err error) {
	if _, err := s.Stat(name); err != nil {
		return nil, err
	}
	path := s.path(name)
	return luahost.AllAccess{}.WatchFile(path, recursive, func(e luahost.FileEvent) {
		e.Path = name + strings.TrimPrefix(e.Path, path)
		event(e)
	})
}

// Process implements luahost.Processes.
func (s *sandbox) Process(ctx context.Context, program string, arguments []string) (*exec.Cmd, error) {
	if !s.access.OS {
		return nil, errNeedsOS
	}
	cmd, err := luahost.AllAccess{}.Process(ctx, program, arguments)
	if err == nil {
		cmd.Dir = s.folder
	}
	return cmd, err
}

// Command implements luahost.System.
func (s *sandbox) Command(ctx context.Context, command string) (*exec.Cmd, error) {
	if !s.access.OS {
		return nil, errNeedsOS
	}
	cmd, err := s.SystemAccess.Command(ctx, command)
	if err == nil {
		cmd.Dir = s.folder
	}
	return cmd, err
}
