package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"silly/cmd/silly/internal/report"
	"silly/cmd/silly/internal/scaffold"
	"silly/cmd/silly/internal/types"
)

const initUsage = `Usage: silly init [kind] [DIR]

Makes a project that works at once, in the current folder or in DIR, which is made if
there is none: a program, its tests, a README, a Dockerfile, a workflow of GitHub
Actions, and definitions for editors. A file that is there already is an error, and
then nothing is written.

Kinds:
%s
Exit status:
  0  the project is there
  1  a file is there already, or cannot be written
  2  wrong usage

Examples:
  silly init
  silly init chat talk && cd talk && silly test
  silly init cli ./tool
`

// initFlags are what the command line of silly init says: there are no flags.
type initFlags struct {
	kind   scaffold.Kind
	folder string
}

func (*initFlags) define(*flag.FlagSet) {}

func (f *initFlags) check(words []string) error {
	f.kind, f.folder = scaffold.Kinds()[0], "."
	switch {
	case len(words) > 2:
		return errors.New("a kind and a folder expected")
	case len(words) > 1:
		f.folder = words[1]
	case len(words) == 0:
		return nil
	}
	i := slices.IndexFunc(scaffold.Kinds(), func(k scaffold.Kind) bool { return k.Name == words[0] })
	if i < 0 {
		return fmt.Errorf("there is no kind %q: api, chat, cli or docs expected", words[0])
	}
	f.kind = scaffold.Kinds()[i]
	return nil
}

// initKinds are the kinds of projects for the help, a line each.
func initKinds() string {
	var kinds strings.Builder
	for i, k := range scaffold.Kinds() {
		about := k.About
		if i == 0 {
			about += " (the default)"
		}
		fmt.Fprintf(&kinds, "  %-6s %s\n", k.Name, about)
	}
	return kinds.String()
}

// runInit is the command silly init.
func runInit(args []string, stdout, stderr io.Writer) int {
	var f initFlags
	_, status, done := parseCommand(&f, "init", fmt.Sprintf(initUsage, initKinds()), args, stdout, stderr)
	if done {
		return status
	}
	if err := makeProject(f.kind, f.folder, stdout); err != nil {
		fmt.Fprintln(stderr, report.Line("silly init: "+err.Error()))
		return exitFailure
	}
	return exitOK
}

// typesFolder is where a project has its definitions for editors.
const typesFolder = ".types"

// makeProject writes the files of a project and says what it has done.
func makeProject(kind scaffold.Kind, folder string, stdout io.Writer) error {
	path, err := filepath.Abs(folder)
	if err != nil {
		return unwritable(folder, err)
	}
	files := scaffold.Files(kind.Name, scaffold.Name(filepath.Base(path)))
	shown := len(files)
	files = append(files, scaffold.File{Name: ".luarc.json", Text: types.Settings(typesFolder)})
	definitions, _ := types.Files()
	for _, f := range definitions {
		files = append(files, scaffold.File{Name: typesFolder + "/" + f.Name, Text: f.Text})
	}
	if err := writeNew(folder, files); err != nil {
		return err
	}
	for _, f := range files[:shown] {
		fmt.Fprintln(stdout, report.Line(filepath.ToSlash(filepath.Join(folder, filepath.FromSlash(f.Name)))))
	}
	fmt.Fprintf(stdout, "and .luarc.json with %s/, for editors.\n\nNext:\n", typesFolder)
	if filepath.Clean(folder) != "." {
		fmt.Fprintln(stdout, report.Line("  cd "+folder))
	}
	fmt.Fprintf(stdout, "  silly test\n  %s\n", kind.Run)
	return nil
}

// writeNew writes files into a folder if none of them is there. What it has written it removes if one cannot be.
func writeNew(folder string, files []scaffold.File) (err error) {
	var there []string
	for _, f := range files {
		if _, err := os.Lstat(filepath.Join(folder, filepath.FromSlash(f.Name))); err == nil {
			there = append(there, f.Name)
		}
	}
	if n := len(there); n > 0 {
		const named = 3
		text := strings.Join(there[:min(n, named)], ", ")
		if n > named {
			text += fmt.Sprintf(" and %d more", n-named)
		}
		return fmt.Errorf("%s: there is %s already; nothing was written", folder, text)
	}
	var written []string
	defer func() {
		if err != nil {
			for _, name := range written {
				_ = os.Remove(name)
			}
		}
	}()
	for _, f := range files {
		name := filepath.Join(folder, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			return unwritable(filepath.Dir(name), err)
		}
		file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if err != nil {
			return unwritable(name, err)
		}
		written = append(written, name)
		_, err = io.WriteString(file, f.Text)
		if err = errors.Join(err, file.Close()); err != nil {
			return unwritable(name, err)
		}
	}
	return nil
}
