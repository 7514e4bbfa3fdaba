package bundle

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// memoryFile is an open file that lies in no file system (memfd_create(2)), at its beginning.
func memoryFile(name string, text []byte) (*os.File, error) {
	fd, err := unix.MemfdCreate("silly", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, errors.ErrUnsupported
	}
	f := os.NewFile(uintptr(fd), name)
	if _, err := f.Write(text); err != nil {
		_ = f.Close()
		return nil, err
	}
	if _, err := f.Seek(0, 0); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}
