package bundle

import (
	"archive/zip"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sync"
)

// A Bundle is the program of an executable: its files, by the paths that the program knows them by. Any goroutine may call its
// methods.
type Bundle struct {
	Main  string
	Flags []string

	files   map[string]*zip.File
	folders map[string]bool

	extract sync.Once
	folder  string // where the files lie once somebody had to have them in the file system
	failed  error
}

func (b *Bundle) add(f *zip.File) {
	b.files[f.Name] = f
	for dir := path.Dir(f.Name); dir != "." && dir != "/" && !b.folders[dir]; dir = path.Dir(dir) {
		b.folders[dir] = true
	}
}

// key is the name of a file in the bundle.
func key(name string) string { return path.Clean(filepath.ToSlash(name)) }

// Has reports whether a name is that of a file or a folder of the program.
func (b *Bundle) Has(name string) bool {
	k := key(name)
	return b.files[k] != nil || b.folders[k]
}

// ReadFile reads a file of the program; the error is that of a file that does not exist.
func (b *Bundle) ReadFile(name string) ([]byte, error) {
	f := b.files[key(name)]
	if f == nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	text, err := read(f)
	if err != nil {
		return nil, &fs.PathError{Op: "read", Path: name, Err: errDamaged}
	}
	return text, nil
}

// Stat describes a file or a folder of the program.
func (b *Bundle) Stat(name string) (fs.FileInfo, error) {
	k := key(name)
	if f := b.files[k]; f != nil {
		return f.FileInfo(), nil
	}
	if !b.folders[k] {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
	}
	h := &zip.FileHeader{Name: k + "/"}
	h.SetMode(fs.ModeDir | 0o755)
	return h.FileInfo(), nil
}

// Open opens a file or a folder of the program for reading.
func (b *Bundle) Open(name string) (*os.File, error) {
	k := key(name)
	if b.files[k] == nil && !b.folders[k] {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	if b.files[k] != nil {
		text, err := b.ReadFile(name)
		if err != nil {
			return nil, err
		}
		f, err := memoryFile(name, text)
		if !errors.Is(err, errors.ErrUnsupported) {
			return f, err
		}
	}
	b.extract.Do(b.extractAll)
	if b.failed != nil {
		return nil, b.failed
	}
	return os.Open(filepath.Join(b.folder, filepath.FromSlash(k)))
}

// extractAll puts all files into a folder for such files: folders, and on some systems files, can be opened in no other way.
func (b *Bundle) extractAll() {
	b.folder, b.failed = os.MkdirTemp("", "silly-*")
	for name := range b.files {
		if b.failed != nil {
			return
		}
		if !filepath.IsLocal(filepath.FromSlash(name)) {
			continue // it lies outside of the program's folder, and is a file by itself
		}
		var text []byte
		if text, b.failed = b.ReadFile(name); b.failed == nil {
			to := filepath.Join(b.folder, filepath.FromSlash(name))
			b.failed = errors.Join(os.MkdirAll(filepath.Dir(to), 0o700), os.WriteFile(to, text, 0o600))
		}
	}
}

// Close removes what was put into the file system.
func (b *Bundle) Close() error {
	b.extract.Do(func() {})
	if b.folder == "" {
		return nil
	}
	return os.RemoveAll(b.folder)
}
