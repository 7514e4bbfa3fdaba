package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"silly/cmd/silly/internal/bundle"
)

// runBundle runs the program that this executable was made of.
func runBundle(args []string, stdin io.Reader, stdout, stderr io.Writer, signals <-chan os.Signal) int {
	b, err := bundle.Open()
	if err != nil {
		fmt.Fprintf(stderr, "silly: %v\n", err)
		return exitFailure
	}
	defer b.Close()
	p, _, err := parseProgram(append(append(b.Flags, b.Main), args...))
	if err == nil {
		p.bundle = b
		err = p.prepare()
	}
	if err != nil {
		return misused(stderr, "silly", err.Error()) // silly build has looked at the flags, but not at files
	}
	return runProgram(p, stdin, stdout, stderr, signals)
}

// readScript reads the script of a program.
func (p *program) readScript() ([]byte, error) {
	if p.bundle != nil {
		return p.bundle.ReadFile(p.arguments[0])
	}
	return os.ReadFile(p.arguments[0])
}

// openBundled opens a file for reading that is in the executable. ok says whether it is.
func (s *system) openBundled(name string, flag int) (f *os.File, err error, ok bool) {
	if s.bundle == nil || flag&(os.O_WRONLY|os.O_RDWR|os.O_CREATE|os.O_TRUNC|os.O_APPEND) != 0 || !s.bundle.Has(name) {
		return nil, nil, false
	}
	f, err = s.bundle.Open(name)
	return f, err, true
}

// Stat implements luahost.System.
func (s *system) Stat(name string) (fs.FileInfo, error) {
	if s.bundle != nil {
		info, err := s.bundle.Stat(name)
		if !errors.Is(err, fs.ErrNotExist) {
			return info, err
		}
	}
	return s.AllAccess.Stat(name)
}
