package main

import (
	"io/fs"
	"os"
	"os/signal"
	"slices"
	"sync"

	"silly/cmd/silly/internal/bundle"
	"silly/luahost"
)

// scriptSignals are the signals that the scripts of a process handle.
type scriptSignals struct {
	others chan os.Signal // those that only scripts handle

	mu       sync.Mutex
	handlers map[os.Signal]map[*system]func() bool
}

func newScriptSignals() *scriptSignals {
	return &scriptSignals{others: make(chan os.Signal, 16), handlers: make(map[os.Signal]map[*system]func() bool)}
}

// deliver tells the scripts of a signal, or returns false when none handles it, or one has not even begun to handle the one
// before.
func (s *scriptSignals) deliver(sig os.Signal) bool {
	s.mu.Lock()
	handlers := make([]func() bool, 0, len(s.handlers[sig]))
	for _, f := range s.handlers[sig] {
		handlers = append(handlers, f)
	}
	s.mu.Unlock()
	handled := len(handlers) > 0
	for _, f := range handlers {
		handled = f() && handled
	}
	return handled
}

// set makes f what the script of a system does at a signal; nil is nothing. Signals that the program was started to ignore are handled
// nonetheless: the script asks for them.
func (s *scriptSignals) set(of *system, sig os.Signal, f func() bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	handlers := s.handlers[sig]
	before := len(handlers)
	switch {
	case f == nil:
		delete(handlers, of)
	case handlers == nil:
		s.handlers[sig] = map[*system]func() bool{of: f}
	default:
		handlers[of] = f
	}
	after := len(s.handlers[sig])
	switch own := slices.Contains(handledSignals(), sig) && !signal.Ignored(sig); {
	case own:
	case before == 0 && after > 0:
		signal.Notify(s.others, sig)
	case before > 0 && after == 0:
		signal.Reset(sig)
	}
}

// forget ends what the script of a system handles.
func (s *scriptSignals) forget(of *system) {
	s.mu.Lock()
	var handled []os.Signal
	for sig, handlers := range s.handlers {
		if handlers[of] != nil {
			handled = append(handled, sig)
		}
	}
	s.mu.Unlock()
	for _, sig := range handled {
		s.set(of, sig, nil)
	}
}

// A system is what the script of one host reaches of the machine: all that the process does, and the signals that it gets.
type system struct {
	luahost.AllAccess
	signals *scriptSignals
	watch   *watch         // gets the files that are read; or nil
	bundle  *bundle.Bundle // files of the executable; or nil
}

var _ luahost.Signals = (*system)(nil)

// HandleSignal implements luahost.Signals.
func (s *system) HandleSignal(sig os.Signal, f func() bool) bool {
	s.signals.set(s, sig, f)
	return true
}

// OpenFile implements luahost.System. What the script reads is watched, unless it writes it, too.
func (s *system) OpenFile(name string, flag int, perm fs.FileMode) (*os.File, error) {
	if f, err, ok := s.openBundled(name, flag); ok {
		return f, err
	}
	switch {
	case s.watch == nil:
	case flag&(os.O_WRONLY|os.O_RDWR) == 0:
		s.watch.files.Add(name)
	default:
		s.watch.files.Ignore(name)
	}
	return s.AllAccess.OpenFile(name, flag, perm)
}

// Rename implements luahost.System.
func (s *system) Rename(from, to string) error {
	if s.watch != nil {
		s.watch.files.Ignore(to)
	}
	return s.AllAccess.Rename(from, to)
}
