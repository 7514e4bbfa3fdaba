package main

import (
	"os"
	"os/signal"
	"slices"
	"sync"

	"silly/luahost"
)

// A system is what a script reaches of the machine: all that the process does, and the signals that it gets.
type system struct {
	luahost.AllAccess
	others chan os.Signal // those that only the script handles

	mu       sync.Mutex
	handlers map[os.Signal]func() bool
}

func newSystem() *system {
	return &system{others: make(chan os.Signal, 16), handlers: make(map[os.Signal]func() bool)}
}

var _ luahost.Signals = (*system)(nil)

// HandleSignal implements luahost.Signals. Signals that the program was started to ignore are handled nonetheless: the script
// asks for them.
func (s *system) HandleSignal(sig os.Signal, f func() bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	own := slices.Contains(handledSignals(), sig) && !signal.Ignored(sig)
	switch {
	case f != nil && !own:
		signal.Notify(s.others, sig)
	case f == nil && !own:
		signal.Reset(sig)
	}
	s.handlers[sig] = f
	return true
}

// deliver tells the script of a signal, or returns false when it does not handle it, or has not even begun to handle the one
// before.
func (s *system) deliver(sig os.Signal) bool {
	s.mu.Lock()
	f := s.handlers[sig]
	s.mu.Unlock()
	return f != nil && f()
}
