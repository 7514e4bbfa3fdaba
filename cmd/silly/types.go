package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"silly/cmd/silly/internal/report"
	"silly/cmd/silly/internal/types"
	"silly/internal/fileerror"
)

const typesUsage = `Usage: silly types DIR

Writes definitions of all modules into a folder, for editors that use the Lua language
server (LuaLS): they complete, check arguments, and show the reference. The folder is
made if there is none. In the current folder it writes .luarc.json, which tells the
server where they are, unless there is one.

The definitions are made from the reference that this silly has: run it again with
another version.

Exit status:
  0  the files are there
  1  a file cannot be written, or is not one that silly types has made
  2  wrong usage

Examples:
  silly types .types
  silly types ~/.local/share/silly/types
`

// typesFlags are the flags of silly types, of which there are none.
type typesFlags struct{}

func (typesFlags) define(*flag.FlagSet) {}

func (typesFlags) check(folders []string) error {
	if len(folders) != 1 {
		return errors.New("one folder expected")
	}
	return nil
}

// runTypes is the command silly types.
func runTypes(args []string, stdout, stderr io.Writer) int {
	folders, status, done := parseCommand(typesFlags{}, "types", typesUsage, args, stdout, stderr)
	if done {
		return status
	}
	if err := writeTypes(folders[0], stdout); err != nil {
		fmt.Fprintln(stderr, report.Line("silly types: "+err.Error()))
		return exitFailure
	}
	return exitOK
}

// writeTypes writes the definitions into a folder, and .luarc.json beside them, and says what it has done.
func writeTypes(folder string, stdout io.Writer) error {
	files, _ := types.Files()
	for _, f := range files {
		old, err := os.ReadFile(filepath.Join(folder, f.Name))
		switch {
		case err == nil && !bytes.Contains(old, []byte(types.Mark)):
			return fmt.Errorf("%s is not one of its files", filepath.Join(folder, f.Name))
		case err != nil && !errors.Is(err, os.ErrNotExist):
			return unwritable(filepath.Join(folder, f.Name), err)
		}
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return unwritable(folder, err)
	}
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(folder, f.Name), []byte(f.Text), 0o666); err != nil {
			return unwritable(filepath.Join(folder, f.Name), err)
		}
	}
	fmt.Fprintln(stdout, report.Line(fmt.Sprintf("%s: definitions of %d modules", folder, len(files))))
	const name = ".luarc.json"
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	switch {
	case errors.Is(err, os.ErrExist):
		if text, err := os.ReadFile(name); err == nil && strings.Contains(string(text), types.Library(folder)) {
			return nil
		}
		text := fmt.Sprintf("%s is there already: add %s to workspace.library", name, types.Library(folder))
		fmt.Fprintln(stdout, report.Line(text))
		return nil
	case err != nil:
		return unwritable(name, err)
	}
	_, err = io.WriteString(file, types.Settings(folder))
	if err = errors.Join(err, file.Close()); err != nil {
		return unwritable(name, err)
	}
	fmt.Fprintln(stdout, report.Line(name))
	return nil
}

// unwritable says why a file cannot be written.
func unwritable(name string, err error) error { return errors.New(name + ": " + fileerror.Reason(err)) }
