// Package bundle makes one executable of a program: a copy of silly with an archive behind it, and the archive's place written into
// a variable of the copy. Silly itself finds that variable empty, which costs nothing.
package bundle

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"time"
)

// The slot is a mark, by which it is found in an executable, and then, in 8 bytes each, where the archive begins and how long it is.
const (
	markSize = 32
	slotSize = markSize + 16
)

var slot = [slotSize]byte{
	0x9d, 0x41, 0xe2, 0x7b, 's', 'i', 'l', 'l', 'y', '-', 'b', 'u', 'n', 'd', 'l', 'e',
	0x13, 0xc8, 0x5f, 0xa6, 0x0e, 0xd1, 0x72, 0xb9, 0x84, 0x2d, 0xf3, 0x60, 0xac, 0x17, 0xce, 0x58,
}

// A Program is what an executable was made of.
type Program struct {
	Main  string   // the path of the script, a name in Files
	Flags []string // those of silly that it runs with
	Files []File   // by their paths as the program knows them, with forward slashes
}

// A File is one of a program.
type File struct {
	Name   string
	Mode   os.FileMode
	Time   time.Time
	Source []byte
}

// manifestName is the name of the archive's first file, which no file of a program can have.
const manifestName = "/program.json"

// manifest is what the archive says besides files.
type manifest struct {
	Main  string
	Flags []string `json:",omitempty"`
}

// Write makes an executable at path out of the one at base, which must be of silly, but may be for another system. Nothing is
// at path when it fails, or what was there before.
func Write(path, base string, p Program) (err error) {
	executable, err := os.ReadFile(base)
	if err != nil {
		return err
	}
	at := bytes.Index(executable, slot[:markSize])
	switch {
	case at < 0 || at+slotSize > len(executable):
		return fmt.Errorf("%s is no executable of silly, or an older one", base)
	case bytes.Contains(executable[at+1:], slot[:markSize]):
		return fmt.Errorf("%s has the mark for a program twice", base)
	case binary.LittleEndian.Uint64(executable[at+markSize+8:]) != 0:
		return fmt.Errorf("%s was made by silly build itself", base)
	}
	archive, err := p.archive()
	if err != nil {
		return err
	}
	binary.LittleEndian.PutUint64(executable[at+markSize:], uint64(len(executable)))
	binary.LittleEndian.PutUint64(executable[at+markSize+8:], uint64(len(archive)))
	f, err := os.CreateTemp(filepath.Dir(path), ".silly-build-*")
	if err != nil {
		return cannotWrite(path, err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = io.Copy(f, io.MultiReader(bytes.NewReader(executable), bytes.NewReader(archive)))
	if err = errors.Join(err, f.Chmod(0o755), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	return cannotWrite(path, err)
}

// cannotWrite is an error about a file under another name as one about path.
func cannotWrite(path string, err error) error {
	var file *os.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &file):
		return &os.PathError{Op: "write", Path: path, Err: file.Err}
	case errors.As(err, &link):
		return &os.PathError{Op: "write", Path: path, Err: link.Err}
	}
	return err
}

// archive is the program as a zip file.
func (p Program) archive() ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	m, err := json.Marshal(manifest{p.Main, p.Flags})
	if err != nil {
		return nil, err
	}
	files := append([]File{{Name: manifestName, Mode: 0o644, Source: m}}, p.Files...)
	for _, f := range files {
		h := &zip.FileHeader{Name: f.Name, Method: zip.Deflate, Modified: f.Time}
		h.SetMode(f.Mode)
		w, err := z.CreateHeader(h)
		if err == nil {
			_, err = w.Write(f.Source)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// Is reports whether this executable was made by Write.
func Is() bool { return binary.LittleEndian.Uint64(slot[markSize+8:]) != 0 }

// errDamaged is the error of an executable whose end is missing or another one.
var errDamaged = errors.New("the executable is damaged: its program cannot be read")

// Open opens the program of this executable. It stays open until the process ends.
func Open() (*Bundle, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	from, size := binary.LittleEndian.Uint64(slot[markSize:]), binary.LittleEndian.Uint64(slot[markSize+8:])
	z, err := zip.NewReader(io.NewSectionReader(f, int64(from), int64(size)), int64(size))
	if err != nil {
		return nil, errDamaged
	}
	b := &Bundle{files: make(map[string]*zip.File), folders: make(map[string]bool)}
	for _, file := range z.File {
		if file.Name == manifestName {
			text, err := read(file)
			var m manifest
			if err != nil || json.Unmarshal(text, &m) != nil {
				return nil, errDamaged
			}
			b.Main, b.Flags = m.Main, m.Flags
			continue
		}
		b.add(file)
	}
	return b, nil
}

// read reads a file of an archive.
func read(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// Sort orders the files of a program by their names.
func (p *Program) Sort() {
	sort.Slice(p.Files, func(i, j int) bool { return p.Files[i].Name < p.Files[j].Name })
}
