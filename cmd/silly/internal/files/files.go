// Package files finds and reads the files that a command line names, and writes them again.
package files

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"silly/internal/fileerror"
)

// A File is a file as it was read.
type File struct {
	Name   string // as the user named it, with forward slashes
	Path   string // where it can be written; "" for standard input
	Folder string // what names of files in it are relative to
	Source []byte
}

// Stdin is the path that stands for standard input.
const Stdin = "-"

// Read reads the files that paths name: files as they are, folders with all the files in them
// whose names are wanted, without hidden folders and node_modules. Links to folders are not followed. A file that is
// named twice is read once. problems are the files and folders that cannot be read.
func Read(paths []string, stdin io.Reader, wanted func(name string) bool) (list []*File, problems []error) {
	seen := map[string]bool{}
	add := func(path string) {
		if clean := filepath.Clean(path); seen[clean] {
			return
		} else {
			seen[clean] = true
		}
		source, err := readFile(path)
		if err != nil {
			problems = append(problems, unreadable(path, err))
			return
		}
		list = append(list, &File{
			Name: filepath.ToSlash(path), Path: path, Folder: filepath.Dir(path), Source: source,
		})
	}
	for _, path := range paths {
		if path == Stdin {
			source, err := readAll(stdin)
			if err != nil {
				problems = append(problems, unreadable("standard input", err))
				continue
			}
			list = append(list, &File{Name: "stdin", Folder: ".", Source: source})
			continue
		}
		info, err := os.Stat(path)
		if err != nil {
			problems = append(problems, unreadable(path, err))
			continue
		}
		if !info.IsDir() {
			add(path)
			continue
		}
		_ = filepath.WalkDir(path, func(p string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				problems = append(problems, unreadable(p, err))
				if entry != nil && entry.IsDir() {
					return fs.SkipDir
				}
			case entry.IsDir():
				if p != path && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "node_modules") {
					return fs.SkipDir
				}
			case wanted(entry.Name()) && !isFolder(p, entry):
				add(p)
			}
			return nil
		})
	}
	return list, problems
}

// isFolder reports whether an entry of a folder is a link to another one, which is not followed.
func isFolder(path string, entry fs.DirEntry) bool {
	if entry.Type()&fs.ModeSymlink == 0 {
		return false
	}
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// maxSize is how large a file may be, in bytes.
const maxSize = 64 << 20

// readFile reads a file. Others, such as devices and named pipes, are refused: they may have no end, or nobody who
// writes.
func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if mode := info.Mode(); !mode.IsRegular() {
		return nil, errors.New(kind(mode))
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readAll(f)
}

// kind says what is no regular file, and what to do.
func kind(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeNamedPipe != 0:
		return "is a named pipe, not a file; '" + Stdin + "' reads standard input"
	case mode&fs.ModeSocket != 0:
		return "is a socket, not a file"
	case mode&fs.ModeDevice != 0:
		return "is a device, not a file"
	}
	return "is not a file"
}

// readAll reads a file to its end.
func readAll(r io.Reader) ([]byte, error) {
	source, err := io.ReadAll(io.LimitReader(r, maxSize+1))
	if err == nil && len(source) > maxSize {
		return nil, fmt.Errorf("is larger than %d MiB", maxSize>>20)
	}
	return source, err
}

func unreadable(path string, err error) error {
	return fmt.Errorf("%s: %s", filepath.ToSlash(path), fileerror.Reason(err))
}

// Replace gives a file that has not changed since it was read other contents. Whoever reads it meanwhile sees the old
// ones or the new ones.
func Replace(path string, before, after []byte) error {
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	info, err := os.Stat(target)
	if err != nil {
		return err
	}
	now, err := os.ReadFile(target)
	if err != nil {
		return err
	}
	if string(now) != string(before) {
		return fmt.Errorf("%s has changed meanwhile: not updated", path)
	}
	f, err := os.OpenFile(target, os.O_WRONLY, 0) // a file that may not be written stays, whoever may write to its folder
	if err != nil {
		return err
	}
	_ = f.Close()
	f, err = os.CreateTemp(filepath.Dir(target), ".silly-*")
	if err != nil {
		return err
	}
	_, err = f.Write(after)
	if err == nil {
		keepOwner(f, info)
		err = f.Chmod(info.Mode().Perm())
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), target)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
