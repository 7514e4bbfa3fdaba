package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"syscall"
	"time"
)

const (
	// grace is how long handlers may go on after the signal that stops a program.
	grace = 5 * time.Second
	// busyGrace is how long a task may go on computing then.
	busyGrace = time.Second
)

var errInterrupted = errors.New("interrupted while it computed")

// wait returns the exit status of the program when it has ended, by itself or because of a signal.
func (t *team) wait(signals <-chan os.Signal) int {
	reporter := reporter{team: t, out: t.stderr}
	for {
		select {
		case paths := <-t.watch.changed():
			t.reload(paths)
		case w := <-t.ended:
			status, over := t.finished(w)
			switch {
			case !over:
			case len(t.running) > 0:
				return t.stop(signals, ending{status: status}, &reporter)
			default:
				return status
			}
		case w := <-t.restarts:
			t.restarted(w)
		case s := <-t.signals.others:
			t.signals.deliver(s)
		case s := <-signals:
			switch {
			case s == os.Interrupt && t.program.prompt != nil && t.program.prompt.Interrupt():
			case t.signals.deliver(s):
			case s == os.Interrupt && t.program.prompt != nil:
			case s == syscall.SIGQUIT:
				reporter.report()
			case slices.Contains(reopenSignals(), s):
				t.reopenLog()
			case s != syscall.SIGPIPE:
				return t.stop(signals, ending{signal: s}, &reporter)
			case nobodyReads(t.stdout) && !serving(t.workers()): // a server goes on
				return signaled(s)
			}
		}
	}
}

// An ending is why a team stops: a signal, or else a worker that has ended with a status.
type ending struct {
	signal os.Signal
	status int
}

// stop ends the program.
func (t *team) stop(signals <-chan os.Signal, why ending, r *reporter) int {
	workers := t.workers()
	// Stopping a server is what a signal is for. A script that serves nothing was interrupted, and a
	// shell must be able to tell.
	served := make(chan bool, 1)
	go func() {
		served <- serving(workers)
		shutDown(workers, busyGrace, grace, 0)
	}()
	stuck := time.After(grace + busyGrace)
	status := why.status
	for left := len(workers); left > 0; {
		select {
		case w := <-t.ended:
			left--
			s := t.finish(w)
			if status == exitOK {
				status = s
			}
		case <-t.restarts: // too late
		case <-t.watch.changed(): // the same
		case <-stuck:
			fmt.Fprintln(r.out, "silly: a task computes without ever waiting; ended without it")
			r.busy()
			return exitFailure
		case s := <-signals:
			switch {
			case s == syscall.SIGQUIT:
				r.report()
			case s == syscall.SIGPIPE:
			case slices.Contains(reopenSignals(), s):
				t.reopenLog()
			default:
				r.busy()
				return signaled(s)
			}
		}
	}
	if why.signal != nil && !<-served {
		return signaled(why.signal)
	}
	return status
}

// reopenLog opens the log file anew: it was moved away.
func (t *team) reopenLog() {
	if err := t.log.Reopen(); err != nil {
		t.log.Write(slog.LevelError, 0, "", cannotLog(t.log.Path(), err))
	}
}

// signaled is the status of a process that a signal ended.
func signaled(s os.Signal) int {
	number, _ := s.(syscall.Signal)
	return exitSignaled + int(number)
}
