package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"silly/cmd/silly/internal/files"
	"silly/cmd/silly/internal/filewatch"
	"silly/cmd/silly/internal/suite"
)

// watchAll runs the tests, and again those that a change concerns, until ctx ends.
func (f *testFlags) watchAll(ctx context.Context, paths []string, stdout, stderr io.Writer) int {
	w := filewatch.New(false)
	defer w.Close()
	loaded := make(map[string][]string) // by test file
	wanted := func(*files.File) bool { return true }
	for {
		status, now := f.test(ctx, paths, wanted, stdout, stderr)
		if ctx.Err() != nil {
			return status
		}
		for name, names := range now {
			loaded[name] = names
			for _, path := range names {
				w.Add(path)
			}
		}
		fmt.Fprintln(stderr, "silly test: waiting for a file to change")
		if wanted = f.awaitChange(ctx, w, paths, loaded, stderr); wanted == nil {
			return status
		}
	}
}

// awaitChange waits for a change that concerns a test file, and says which those are; nil is the end of ctx.
func (f *testFlags) awaitChange(ctx context.Context, w *filewatch.Watcher, paths []string, loaded map[string][]string, stderr io.Writer) func(*files.File) bool {
	for {
		watchTests(w, paths)
		var changed []string
		select {
		case changed = <-w.Changed():
		case <-ctx.Done():
			return nil
		}
		wanted := func(file *files.File) bool { return concerns(changed, file, loaded[file.Name]) }
		all, _ := files.Read(paths, nil, suite.IsTest)
		if !slices.ContainsFunc(all, wanted) {
			continue
		}
		named := slices.DeleteFunc(slices.Clone(changed), func(path string) bool { // a folder changes with what is in it
			info, err := os.Stat(path)
			return err == nil && info.IsDir()
		})
		if len(named) > 0 {
			fmt.Fprintf(stderr, "silly test: %s changed\n", changedNames(named))
		}
		return wanted
	}
}

// concerns reports whether one of the changed files is a test file, or one that it has loaded. What no test has loaded yet, such
// as a new file or folder, concerns all.
func concerns(changed []string, file *files.File, loaded []string) bool {
	own, _ := filepath.Abs(file.Path)
	return loaded == nil || slices.ContainsFunc(changed, func(path string) bool { return path == own || slices.Contains(loaded, path) })
}

// watchTests watches the test files, and the folders in which there may be new ones.
func watchTests(w *filewatch.Watcher, paths []string) {
	for _, path := range paths {
		_ = filepath.WalkDir(path, func(p string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
			case entry.IsDir():
				if p != path && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "node_modules") {
					return fs.SkipDir
				}
				w.Add(p)
			case suite.IsTest(entry.Name()):
				w.Add(p)
			}
			return nil
		})
	}
}
