//go:build !unix

package repl

// stop does nothing where processes cannot be stopped.
func stop() {}
