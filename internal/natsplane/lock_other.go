//go:build !unix

package natsplane

import "os"

// lock does nothing: these systems have no such lock.
func lock(*os.File) error { return nil }
