//go:build !linux

package poll

import (
	"errors"
	"syscall"
)

// Supported says that there are pollers.
const Supported = false

// A Poller exists on Linux only. Elsewhere a goroutine waits for each socket.
type Poller struct{}

// New fails.
func New() (*Poller, error) { return nil, errors.ErrUnsupported }

// Close does nothing.
func (p *Poller) Close() error { return nil }

// Watch fails.
func (p *Poller) Watch(syscall.RawConn, *Source) error { return errors.ErrUnsupported }

// Wait fails.
func (p *Poller) Wait([]*Source) ([]*Source, error) { return nil, errors.ErrUnsupported }

// Poll fails.
func (p *Poller) Poll([]*Source) ([]*Source, error) { return nil, errors.ErrUnsupported }

func (p *Poller) enqueue(*Source) {}

// Unwatch does nothing.
func (s *Source) Unwatch() {}
