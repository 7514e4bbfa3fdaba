// Package memory is what stands for pointers to bytes in scripts. Unlike those of C, they stay valid.
package memory

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
)

// A Block is bytes that a script has a pointer to.
type Block struct{ data string }

// New makes the Lua value of a pointer to data.
func New(data string) lua.LValue { return &lua.LUserData{Value: &Block{data}} }

// Of is the block that a value is a pointer to, if it is one.
func Of(v value.Value) (b *Block, ok bool) {
	if v.Kind() != value.KindUserData {
		return nil, false
	}
	b, ok = v.LUserData().Value.(*Block)
	return b, ok
}

// Check returns as many bytes of the block as argument n says, or raises an argument error.
func (b *Block) Check(c vm.Call, n int) string {
	size := c.Int(n)
	if size < 0 || size > int64(len(b.data)) {
		c.ArgError(n, fmt.Sprintf("size of 0 to %d expected, got %d", len(b.data), size))
	}
	return b.data[:size]
}
