package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"syscall"
	"time"

	"silly/luahost"
)

const (
	// grace is how long handlers may go on after the signal that stops a program.
	grace = 5 * time.Second
	// busyGrace is how long a task may go on computing then.
	busyGrace = time.Second
)

var errInterrupted = errors.New("interrupted while it computed")

// wait returns the error of the program when it has ended, by itself or because of a signal. A status
// other than exitOK says that the process must end with it, whatever the program's error is.
func wait(host *luahost.Host, system *system, ended <-chan error, signals <-chan os.Signal, stdout, stderr io.Writer) (status int, err error) {
	reporter := reporter{host: host, out: stderr}
	for {
		select {
		case err := <-ended:
			return exitOK, err
		case s := <-system.others:
			system.deliver(s)
		case s := <-signals:
			switch {
			case system.deliver(s):
			case s == syscall.SIGQUIT:
				reporter.report()
			case slices.Contains(reopenSignals(), s):
				reopenLog(host)
			case s != syscall.SIGPIPE:
				return stop(host, ended, signals, s, &reporter)
			case nobodyReads(stdout) && !host.Serving(): // a server goes on
				return signaled(s), nil
			}
		}
	}
}

// stop ends the program because of a signal.
func stop(host *luahost.Host, ended <-chan error, signals <-chan os.Signal, first os.Signal, r *reporter) (status int, err error) {
	// Stopping a server is what a signal is for. A script that serves nothing was interrupted, and a
	// shell must be able to tell.
	serving := make(chan bool, 1)
	go func() {
		serving <- host.Serving()
		host.EndBusy(busyGrace, errInterrupted)
		ctx, cancel := context.WithTimeout(context.Background(), grace)
		defer cancel()
		host.Shutdown(ctx)
	}()
	stuck := time.After(grace + busyGrace)
	for {
		select {
		case err := <-ended:
			if errors.Is(err, errInterrupted) {
				explain(host, err, r.out) // where it computed
			}
			if !<-serving {
				return signaled(first), nil
			}
			return exitOK, err
		case <-stuck:
			fmt.Fprintln(r.out, "silly: a task computes without ever waiting; ended without it")
			r.busy()
			return exitFailure, nil
		case s := <-signals:
			switch {
			case s == syscall.SIGQUIT:
				r.report()
			case s == syscall.SIGPIPE:
			case slices.Contains(reopenSignals(), s):
				reopenLog(host)
			default:
				r.busy()
				return signaled(s), nil
			}
		}
	}
}

// reopenLog opens the log file anew: it was moved away.
func reopenLog(host *luahost.Host) {
	log := host.Env().Log()
	if err := log.Reopen(); err != nil {
		log.Write(slog.LevelError, 0, "", cannotLog(log.Path(), err))
	}
}

// signaled is the status of a process that a signal ended.
func signaled(s os.Signal) int {
	number, _ := s.(syscall.Signal)
	return exitSignaled + int(number)
}
