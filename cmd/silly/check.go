package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"silly/cmd/silly/internal/check"
	"silly/cmd/silly/internal/files"
	"silly/cmd/silly/internal/report"
	"silly/cmd/silly/internal/suite"
	"silly/cmd/silly/internal/validate"
	"silly/internal/fileerror"
)

const checkUsage = `Usage: silly check [flags] [path...]

Finds mistakes in Lua files without running them: undefined globals, unused and
shadowed locals, code that is never reached, wrong numbers of arguments and unknown
fields of silly's modules, comparisons that are never true, and calls whose failure
nobody sees. docs/check.md explains each rule.

A path is a file, a folder (searched for .lua, without hidden folders and
node_modules), or - for standard input. Without a path it is the current folder. Of
a Markdown file, the examples of silly validate are checked.

A comment "-- silly: ignore CODE" behind code is for its line, on a line of its own
for the next one.

Flags:
  --docs          search folders for .md and .markdown, too
  --globals a,b   global variables that something else defines
  --format f      human (default), github or json

Exit status:
  0  nothing was found
  1  something was found
  2  wrong usage, a file that cannot be read, or no file at all

Examples:
  silly check
  silly check --globals describe,it scripts/ server.lua
  silly check --docs --format github .
  silly check - < server.lua
`

// checkFlags are the flags of silly check.
type checkFlags struct {
	docs    bool
	globals string
	format  string
}

func (c *checkFlags) define(flags *flag.FlagSet) {
	flags.BoolVar(&c.docs, "docs", false, "")
	flags.StringVar(&c.globals, "globals", "", "")
	flags.StringVar(&c.format, "format", "human", "")
}

// check says what is wrong with the flags.
func (c *checkFlags) check([]string) error {
	if err := report.Findings(io.Discard, c.format, report.Options{}, nil, nil); err != nil {
		return fmt.Errorf("flag --format: %v", err)
	}
	return nil
}

// runCheck is the command silly check.
func runCheck(args []string, stdin io.Reader, stdout, stderr io.Writer, signals <-chan os.Signal) int {
	var c checkFlags
	paths, status, done := parseCommand(&c, "check", checkUsage, args, stdout, stderr)
	if done {
		return status
	}
	return interruptible(signals, func(sync.Locker) int { return c.run(paths, stdin, stdout, stderr) })
}

// run is the command without its signals.
func (c *checkFlags) run(paths []string, stdin io.Reader, stdout, stderr io.Writer) int {
	wanted := func(name string) bool { return isLua(name) || c.docs && validate.IsMarkdown(name) }
	list, problems := readLua("silly check", paths, stdin, stderr, wanted)
	var sources []check.Source
	for _, file := range list {
		if validate.IsMarkdown(file.Name) {
			sources = append(sources, examples(file)...)
			continue
		}
		source := check.Source{Name: file.Name, Text: file.Source, Folder: file.Folder}
		if suite.IsTest(file.Name) {
			source.Globals = suite.Globals
		}
		sources = append(sources, source)
	}
	globals := strings.FieldsFunc(c.globals, func(r rune) bool { return r == ',' || r == ' ' })
	var findings []report.Finding
	for _, d := range check.Run(sources, check.Options{Globals: globals, Find: findModule}) {
		findings = append(findings, report.Finding{
			File: d.File, Line: d.Line, Column: d.Column, Code: string(d.Code), Message: d.Message,
		})
	}
	err := report.Findings(stdout, c.format, report.Options{Color: isColorful(stdout)}, findings, problems)
	switch {
	case err != nil:
		fmt.Fprintln(stderr, "silly check: standard output: "+fileerror.Reason(err))
		return exitUsage
	case len(problems) > 0:
		return exitUsage
	case len(findings) > 0:
		return exitFailure
	}
	return exitOK
}

// findModule finds the file that a script in a folder requires, there or in the current folder.
func findModule(folder, module string) *check.Source {
	path := strings.ReplaceAll(module, ".", "/")
	for _, base := range []string{folder, "."} {
		for _, name := range []string{path + ".lua", path + "/init.lua"} {
			list, _ := files.Read([]string{filepath.Join(base, filepath.FromSlash(name))}, nil, isLua)
			if len(list) == 1 {
				return &check.Source{Name: list[0].Name, Text: list[0].Source, Folder: folder}
			}
		}
	}
	return nil
}

// examples are the blocks of a Markdown file that run, and are not there to fail.
func examples(file *files.File) (sources []check.Source) {
	blocks, _ := validate.Find([]*validate.Document{file}, validate.Options{})
	for _, b := range blocks {
		if w := b.Words; b.Err != nil || w.Fails || w.SyntaxError || w.Ignore {
			continue
		}
		source := check.Source{Name: file.Name, Folder: file.Folder, FirstLine: b.Line + 1, Example: true}
		var text strings.Builder
		for _, line := range b.Lines {
			text.WriteString(line.Text + "\n")
			source.Columns = append(source.Columns, len(line.Prefix))
		}
		source.Text = []byte(text.String())
		sources = append(sources, source)
	}
	return sources
}
