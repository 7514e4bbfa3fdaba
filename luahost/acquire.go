package luahost

import (
	"context"

	lua "github.com/yuin/gopher-lua"
)

// Acquire is [Env.Block] for a function that opens something. When the host stops meanwhile, release closes what was
// opened, because nobody gets it.
func Acquire[T any](env *Env, L *lua.LState, waitsFor string, open func(ctx context.Context) (T, error), release func(T)) (resource T, err error) {
	opened, taken := false, false
	defer func() {
		if opened && !taken {
			release(resource)
		}
	}()
	env.Block(L, waitsFor, func(ctx context.Context) {
		resource, err = open(ctx)
		opened = err == nil
	})
	taken = true
	return resource, err
}
