//go:build !unix

package main

import "io"

// nobodyReads is for systems with SIGPIPE.
func nobodyReads(io.Writer) bool { return false }
