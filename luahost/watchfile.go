package luahost

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/fsnotify/fsnotify"
)

// WatchFile implements FileWatcher. A file is watched in its folder, because editors put another one in its place.
func (AllAccess) WatchFile(name string, recursive bool, event func(FileEvent)) (stop func() error, err error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	f := fileWatch{watcher: w, name: filepath.Clean(name), folder: info.IsDir(), recursive: recursive, event: event}
	if err := f.add(); err != nil {
		_ = w.Close()
		return nil, err
	}
	go f.run()
	return w.Close, nil
}

// A fileWatch is a file or a folder that is watched.
type fileWatch struct {
	watcher   *fsnotify.Watcher
	name      string
	folder    bool
	recursive bool
	event     func(FileEvent)
}

func (f *fileWatch) add() error {
	switch {
	case !f.folder:
		return f.watcher.Add(filepath.Dir(f.name))
	case !f.recursive:
		return f.watcher.Add(f.name)
	}
	return f.addBelow(f.name, nil)
}

// addBelow watches a folder and those in it, and tells found of what is there.
func (f *fileWatch) addBelow(folder string, found func(path string)) error {
	return filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			if path == folder {
				return err
			}
			return nil // it has gone, or cannot be read
		}
		if found != nil && path != folder {
			found(path)
		}
		if entry.IsDir() {
			return f.watcher.Add(path)
		}
		return nil
	})
}

// run tells of events until the watcher is closed.
func (f *fileWatch) run() {
	for {
		select {
		case e, ok := <-f.watcher.Events:
			if !ok {
				return
			}
			f.tell(e)
		case err, ok := <-f.watcher.Errors:
			if !ok {
				return
			}
			_ = err // an overflow: the next events say what changes
		}
	}
}

func (f *fileWatch) tell(e fsnotify.Event) {
	path := filepath.Clean(e.Name)
	if !f.folder && path != f.name {
		return
	}
	f.event(FileEvent{Path: path, Op: opOf(e.Op)})
	if !f.recursive || !f.folder || !e.Has(fsnotify.Create) {
		return
	}
	if info, err := os.Lstat(path); err == nil && info.IsDir() && strings.HasPrefix(path, f.name) {
		// What was made in the new folder before it was watched has no event of its own.
		_ = f.addBelow(path, func(path string) { f.event(FileEvent{Path: path, Op: "create"}) })
	}
}

// opOf is the most important of the operations.
func opOf(op fsnotify.Op) string {
	switch {
	case op.Has(fsnotify.Create):
		return "create"
	case op.Has(fsnotify.Remove):
		return "remove"
	case op.Has(fsnotify.Rename):
		return "rename"
	case op.Has(fsnotify.Write):
		return "write"
	}
	return "chmod"
}
