// Package netlua is what the network modules have in common between Lua and Go: header and query tables, connection
// objects, and TLS options.
package netlua

import (
	"silly/luahost"

	lua "github.com/yuin/gopher-lua"
)

// A Conn is what the object needs to know about a connection. Its methods do not wait.
type Conn interface {
	// LocalAddr and RemoteAddr are "ip:port".
	LocalAddr() string
	RemoteAddr() string
	// Close closes the connection without any farewell of its protocol.
	Close()
	IsAlive() bool
	// Unsent is the number of bytes written and not yet with the kernel.
	Unsent() int
}

// A ConnClass makes the Lua objects of connections: stream.conn of HTTP and sock.conn of WebSocket.
type ConnClass struct{ class *luahost.Class[Conn] }

// NewConnClass makes the class. The caller holds the VM lock.
func NewConnClass(env *luahost.Env, L *lua.LState) *ConnClass {
	c := &ConnClass{}
	c.class = luahost.NewClass[Conn](env, L, "connection", map[string]lua.LGFunction{
		"close":       c.connClose,
		"isalive":     c.connIsAlive,
		"unsentbytes": c.connUnsentBytes,
	})
	c.class.Lazy(env, L, connField)
	return c
}

// New makes the object of a connection. The caller holds the VM lock.
func (c *ConnClass) New(L *lua.LState, conn Conn) *lua.LTable { return c.class.NewBare(conn) }

// connField makes a field of a connection.
func connField(_ *lua.LState, conn Conn, name string) (lua.LValue, bool) {
	switch name {
	case "remoteaddr":
		return lua.LString(conn.RemoteAddr()), true
	case "localaddr":
		return lua.LString(conn.LocalAddr()), true
	}
	return nil, false
}

// connClose implements conn:close() -> true. What was written still leaves.
func (c *ConnClass) connClose(L *lua.LState) int {
	c.class.Check(L, 1).Close()
	L.Push(lua.LTrue)
	return 1
}

// connIsAlive implements conn:isalive() -> boolean.
func (c *ConnClass) connIsAlive(L *lua.LState) int {
	L.Push(lua.LBool(c.class.Check(L, 1).IsAlive()))
	return 1
}

// connUnsentBytes implements conn:unsentbytes() -> integer.
func (c *ConnClass) connUnsentBytes(L *lua.LState) int {
	L.Push(lua.LNumber(c.class.Check(L, 1).Unsent()))
	return 1
}
