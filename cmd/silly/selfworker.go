package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
)

// selfCommand makes commands of workers: this program again, with one argument.
func selfCommand(argument string) func() *exec.Cmd {
	return func() *exec.Cmd {
		path, err := os.Executable()
		if err != nil {
			path = os.Args[0]
		}
		return &exec.Cmd{Path: path, Args: []string{os.Args[0], argument}}
	}
}

// runWorker is the other end of a command that has workers: it serves until its input ends.
func runWorker(name string, serve func(in io.Reader, out io.Writer) error, stdin io.Reader, stdout, stderr io.Writer, signals <-chan os.Signal) int {
	go func() {
		for range signals { // a Ctrl-C of the terminal reaches the workers, too, which the command ends
		}
	}()
	if err := serve(stdin, stdout); err != nil {
		fmt.Fprintf(stderr, "silly %s: %v\n", name, err)
		return exitFailure
	}
	return exitOK
}
