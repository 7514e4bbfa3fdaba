package vm

import (
	"unsafe"

	lua "github.com/yuin/gopher-lua"
)

// A Handle is a thread value that runs nothing: it stands for something of Go's, such as a task whose own thread goes back
// to a pool when it has ended. Its zero value is ready for use.
type Handle struct {
	lua.LState
	// Owner is what the handle stands for.
	Owner any
}

// IsHandle reports whether a thread value is a handle. Only handles have no globals.
func IsHandle(L *lua.LState) bool { return L.G == nil }

// HandleOf is the handle that begins with L, or nil.
func HandleOf(L *lua.LState) *Handle {
	if !IsHandle(L) {
		return nil
	}
	return (*Handle)(unsafe.Pointer(L))
}
