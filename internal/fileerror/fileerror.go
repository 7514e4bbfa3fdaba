// Package fileerror says why something about a file failed, without Go's prefixes and without the name of the
// file, which the caller knows how to show.
package fileerror

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// Reason is the text of the error, such as "no such file or directory".
func Reason(err error) string {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		err = path.Err
	case errors.As(err, &link):
		err = link.Err
	}
	return err.Error()
}

// Strerror is Reason as the C library, and so Lua, words it: "No such file or directory".
func Strerror(err error) string {
	reason := Reason(err)
	if Number(err) != 0 && reason != "" {
		reason = strings.ToUpper(reason[:1]) + reason[1:]
	}
	return reason
}

// Number is the system's number of the error, 0 where it has none.
func Number(err error) int {
	var number syscall.Errno
	_ = errors.As(err, &number)
	return int(number)
}
