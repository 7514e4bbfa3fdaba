// Package uuid is the Lua module silly.uuid: identifiers that nobody else has (RFC 9562).
package uuid

import (
	"errors"

	lua "github.com/yuin/gopher-lua"

	"github.com/google/uuid"

	"silly/luahost"
)

// Module is silly.uuid.
var Module = luahost.Module{Name: "silly.uuid", Open: open}

func open(env *luahost.Env, L *lua.LState) lua.LValue {
	module := L.NewTable()
	env.Install(L, module, "uuid", map[string]lua.LGFunction{
		"v4":        uuidV4,
		"v7":        uuidV7,
		"parse":     uuidParse,
		"frombytes": uuidFromBytes,
	})
	return module
}

// uuidV4 implements uuid.v4() -> string: 122 random bits (RFC 9562 section 5.4).
func uuidV4(L *lua.LState) int { return push(L, uuid.New()) }

// uuidV7 implements uuid.v7() -> string: the time in milliseconds, and random bits (RFC 9562 section 5.7). Each is greater than the
// one before.
func uuidV7(L *lua.LState) int { return push(L, uuid.Must(uuid.NewV7())) }

func push(L *lua.LState, id uuid.UUID) int {
	L.Push(lua.LString(id.String()))
	return 1
}

// uuidParse implements uuid.parse(text) -> {text, bytes, version, time} | nil, err.
func uuidParse(L *lua.LState) int {
	text := luahost.CheckString(L, 1)
	if len(text) != 36 { // package uuid takes other forms as well
		return luahost.PushError(L, errNoUUID)
	}
	id, err := uuid.Parse(text)
	if err != nil {
		return luahost.PushError(L, errNoUUID)
	}
	t := L.CreateTable(0, 4)
	t.RawSetString("text", lua.LString(id.String()))
	t.RawSetString("bytes", lua.LString(id[:]))
	if id.Variant() == uuid.RFC4122 {
		t.RawSetString("version", lua.LNumber(id.Version()))
		if id.Version() == 7 {
			t.RawSetString("time", lua.LNumber(int64(id[0])<<40|int64(id[1])<<32|int64(id[2])<<24|int64(id[3])<<16|int64(id[4])<<8|int64(id[5])))
		}
	}
	L.Push(t)
	return 1
}

var errNoUUID = errors.New("32 hexadecimal digits expected, with hyphens behind 8, 12, 16 and 20 of them")

// uuidFromBytes implements uuid.frombytes(bytes) -> string.
func uuidFromBytes(L *lua.LState) int {
	id, err := uuid.FromBytes([]byte(luahost.CheckString(L, 1)))
	if err != nil {
		luahost.ArgumentError(L, 1, "16 bytes expected")
	}
	return push(L, id)
}
