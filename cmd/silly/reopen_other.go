//go:build !unix

package main

import "os"

// reopenSignals is for systems with SIGUSR1.
func reopenSignals() []os.Signal { return nil }
