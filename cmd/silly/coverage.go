package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"silly/cmd/silly/internal/coverage"
	"silly/internal/fileerror"
	"silly/luahost"

	"golang.org/x/term"
)

// coverageFlag is the value of --coverage: whether it is wanted, and the files to write.
type coverageFlag struct {
	on    bool
	files []string
}

// IsBoolFlag lets the flag stand alone.
func (*coverageFlag) IsBoolFlag() bool { return true }

// Set implements flag.Value.
func (c *coverageFlag) Set(text string) error {
	switch text {
	case "true":
	case "false":
		*c = coverageFlag{}
		return nil
	case "":
		return errors.New("it needs the name of a file after the =")
	default:
		c.files = append(c.files, text)
	}
	c.on = true
	return nil
}

// String implements flag.Value.
func (c *coverageFlag) String() string { return strings.Join(c.files, ",") }

// write writes the files, and the table to standard output, unless that is another format or to be quiet.
func (c *coverageFlag) write(files []luahost.FileCoverage, stdout io.Writer, shown reportFlags) error {
	if shown.format == "human" && !shown.quiet {
		width := 100
		if f, ok := stdout.(*os.File); ok {
			if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
				width = w
			}
		}
		if err := coverage.Text(stdout, files, width); err != nil {
			return err
		}
	}
	for _, path := range c.files {
		if err := writeCoverage(path, files); err != nil {
			return fmt.Errorf("flag --coverage: cannot write %s: %s", path, fileerror.Reason(err))
		}
	}
	return nil
}

// writeCoverage writes a file in the format that its name asks for.
func writeCoverage(path string, files []luahost.FileCoverage) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	switch strings.ToLower(filepath.Ext(path)) {
	case ".html", ".htm":
		err = coverage.HTML(f, files, os.ReadFile)
	case ".info", ".lcov":
		err = coverage.LCOV(f, files)
	default:
		err = coverage.Text(f, files, 100)
	}
	return errors.Join(err, f.Close())
}
