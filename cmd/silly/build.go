package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"silly/cmd/silly/internal/bundle"
	"silly/cmd/silly/internal/check"
	"silly/cmd/silly/internal/files"
	"silly/cmd/silly/internal/report"
	"silly/internal/fileerror"
	"silly/internal/visible"
	"silly/luahost"
)

const buildUsage = `Usage: silly build [flags] script.lua

Makes one executable of a Lua program, which runs on a machine that has nothing else:
silly itself, the script, the modules that it requires, and the files that --include
names. Its arguments are the script's, and it shows the same errors.

Modules are found by the calls of require whose names stand in the text; what is
computed needs --include. Files keep the paths that they have from the current folder,
and are found by them wherever the executable runs: before those of the file system,
where they are read; what is written goes to the file system.

Flags:
  -o file         the executable (default: the name of the script without .lua)
  --include path  put a file, or a folder with all that is in it, into the executable;
                  may be repeated
  --with flag     run with a flag of silly, such as --with --workers=auto; may be
                  repeated
  --base file     make it of another executable of silly, for another system

Exit status:
  0  it was made
  1  the script, or a module, does not compile, or cannot be found
  2  wrong usage, a file that cannot be read or written

Examples:
  silly build server.lua
  silly build --include public/ --with --workers=auto -o shop server.lua
  ./shop 0.0.0.0:8080
  silly build --base silly.exe -o shop.exe server.lua
`

// buildFlags are the flags of silly build.
type buildFlags struct {
	output  string
	include []string
	with    []string
	base    string
}

func (b *buildFlags) define(flags *flag.FlagSet) {
	flags.StringVar(&b.output, "o", "", "")
	flags.Func("include", "", func(s string) error { b.include = append(b.include, s); return nil })
	flags.Func("with", "", func(s string) error { b.with = append(b.with, s); return nil })
	flags.StringVar(&b.base, "base", "", "")
}

// runBuild is the command silly build.
func runBuild(args []string, stdout, stderr io.Writer, signals <-chan os.Signal) int {
	var b buildFlags
	paths, status, done := parseCommand(&b, "build", buildUsage, args, stdout, stderr)
	if done {
		return status
	}
	return interruptible(signals, func(sync.Locker) int { return b.build(paths[0], stdout, stderr) })
}

// check says what is wrong with the flags.
func (b *buildFlags) check(paths []string) error {
	switch {
	case len(paths) == 0:
		return errors.New("no script given")
	case len(paths) > 1:
		return fmt.Errorf("one script makes an executable, here are %d: what it requires is found, other files are for --include", len(paths))
	}
	if paths[0] == files.Stdin {
		return errors.New("the script is a file, not standard input")
	}
	p, _, err := parseProgram(b.with)
	switch {
	case err != nil:
		return fmt.Errorf("flag --with: %v", err)
	case p.inline || p.watch || len(p.arguments) > 0:
		return errors.New("flag --with takes flags of silly but -e and --watch, each as --with --name=value")
	case p.livereload != "":
		return errors.New("--livereload goes with --watch")
	}
	return nil
}

// build makes the executable.
func (b *buildFlags) build(script string, stdout, stderr io.Writer) int {
	output, base := b.output, b.base
	if output == "" {
		output = defaultOutput(script)
	}
	c := &collector{stderr: stderr, seen: make(map[string]bool), folder: filepath.Dir(script)}
	c.output, _ = os.Stat(output)
	c.lua(script)
	for _, path := range b.include {
		c.include(path)
	}
	if c.status != exitOK {
		return c.status
	}
	if base == "" {
		var err error
		if base, err = os.Executable(); err != nil {
			fmt.Fprintf(stderr, "silly build: %v\n", err)
			return exitUsage
		}
	}
	p := bundle.Program{Main: filepath.ToSlash(filepath.Clean(script)), Flags: b.with, Files: c.files}
	p.Sort()
	if err := bundle.Write(output, base, p); err != nil {
		fmt.Fprintf(stderr, "silly build: %s\n", visible.Text(describeBuild(err)))
		return exitUsage
	}
	size := int64(0)
	if info, err := os.Stat(output); err == nil {
		size = info.Size()
	}
	fmt.Fprintf(stdout, "%s: %s, %.1f MB\n", visible.Text(output), count(len(c.files), "file"), float64(size)/1e6)
	return exitOK
}

// defaultOutput is the name of the executable of a script.
func defaultOutput(script string) string {
	output := strings.TrimSuffix(filepath.Base(script), filepath.Ext(script))
	if output == filepath.Base(script) {
		output += ".out"
	}
	if runtime.GOOS == "windows" {
		output += ".exe"
	}
	return output
}

// describeBuild is the text of an error of bundle.Write.
func describeBuild(err error) string {
	var path *os.PathError
	if errors.As(err, &path) {
		return "cannot " + path.Op + " " + path.Path + ": " + fileerror.Reason(err)
	}
	return err.Error()
}

// A collector collects the files of a program.
type collector struct {
	stderr io.Writer
	folder string      // of the script
	output os.FileInfo // what is where the executable will be; nil for nothing
	seen   map[string]bool
	files  []bundle.File
	status int
}

// complain tells of a problem, which is the reason for an exit status.
func (c *collector) complain(status int, format string, args ...any) {
	fmt.Fprintf(c.stderr, "silly build: %s\n", report.Line(fmt.Sprintf(format, args...)))
	c.status = max(c.status, status)
}

// lua adds a Lua file, and the modules that it requires.
func (c *collector) lua(path string) {
	if !c.add(path) {
		return
	}
	f := c.files[len(c.files)-1]
	if _, err := luahost.Compile(f.Source, path, 1); err != nil {
		c.complain(exitFailure, "%v", err)
		return
	}
	modules, computed := check.Requires(check.Source{Name: path, Text: f.Source, Folder: c.folder})
	for _, line := range computed {
		fmt.Fprintf(c.stderr, "silly build: warning: %s\n", report.Line(fmt.Sprintf("%s:%d: a module whose name is computed is not found: name its file with --include", path, line)))
	}
	slices.Sort(modules)
	for _, name := range slices.Compact(modules) {
		source := findModule(c.folder, name)
		if source == nil {
			fmt.Fprintf(c.stderr, "silly build: warning: %s\n", report.Line(fmt.Sprintf("%s requires '%s', which is not found", path, name)))
			continue
		}
		c.lua(filepath.FromSlash(source.Name))
	}
}

// include adds a file, or all that is in a folder.
func (c *collector) include(path string) {
	found, root := false, path
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		root += string(filepath.Separator) // a link that is named is followed
	}
	err := filepath.WalkDir(root, func(p string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := os.Stat(p)
		switch {
		case entry.IsDir():
		case err == nil && info.IsDir():
			fmt.Fprintf(c.stderr, "silly build: warning: %s\n", report.Line(p+" is a link to a folder, which is not followed"))
		case err == nil && p != path && os.SameFile(info, c.output): // the executable that was made before
		default:
			found = true
			c.add(p)
		}
		return nil
	})
	switch {
	case err != nil:
		c.complain(exitUsage, "flag --include: cannot read %s: %s", path, fileerror.Reason(err))
	case !found:
		c.complain(exitUsage, "flag --include: there is no file in %s", path)
	}
}

// add adds a file, and reports whether it was not there yet.
func (c *collector) add(path string) bool {
	name := filepath.ToSlash(filepath.Clean(path))
	if c.seen[name] {
		return false
	}
	c.seen[name] = true
	info, err := os.Stat(path)
	switch {
	case err != nil:
		c.complain(exitUsage, "cannot read %s: %s", path, fileerror.Reason(err))
		return false
	case info.IsDir():
		c.complain(exitUsage, "%s is a folder", path)
		return false
	case os.SameFile(info, c.output):
		c.complain(exitUsage, "%s would be replaced by the executable: give it another name with -o", path)
		return false
	}
	all, problems := files.Read([]string{path}, nil, nil)
	if len(problems) > 0 {
		c.complain(exitUsage, "%v", problems[0])
		return false
	}
	c.files = append(c.files, bundle.File{Name: name, Mode: info.Mode().Perm(), Time: info.ModTime(), Source: all[0].Source})
	return true
}
