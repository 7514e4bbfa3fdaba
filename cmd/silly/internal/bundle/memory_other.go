//go:build !linux

package bundle

import (
	"errors"
	"os"
)

// memoryFile fails: there are no such files.
func memoryFile(string, []byte) (*os.File, error) { return nil, errors.ErrUnsupported }
