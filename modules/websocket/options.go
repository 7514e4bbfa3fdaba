package websocket

import (
	"fmt"
	"time"

	"silly/internal/ws"
	"silly/internal/wsconn"
	"silly/luahost"

	lua "github.com/yuin/gopher-lua"
)

// commonOptions are the names of the options that upgrade and connect share.
var commonOptions = []string{"max_message", "compression", "write_timeout", "ping_interval", "idle_timeout", "subprotocols"}

// options are what upgrade and connect have in common.
type options struct {
	config       wsconn.Config
	writeTimeout time.Duration
	subprotocols []string
	deflate      bool // compression is wanted
	takeover     bool // and the peer may refer to earlier messages
}

// readOptions reads the common options. own are the names of those that only the caller knows.
func readOptions(f luahost.Fields, own ...string) options {
	f.Only(append(own, commonOptions...)...)
	o := options{
		config: wsconn.Config{
			MaxMessage:   f.Integer("max_message", wsconn.DefaultMaxMessage),
			PingInterval: f.Milliseconds("ping_interval", wsconn.DefaultPingInterval),
			IdleTimeout:  f.Milliseconds("idle_timeout", wsconn.DefaultIdleTimeout),
		},
		writeTimeout: f.Milliseconds("write_timeout", wsconn.DefaultWriteTimeout),
		subprotocols: f.Strings("subprotocols"),
	}
	for i, name := range o.subprotocols {
		if !ws.ValidToken(name) {
			luahost.ArgumentError(f.L, f.Arg, fmt.Sprintf("field 'subprotocols': item %d: %q is not a token", i+1, name))
		}
	}
	o.readCompression(f)
	return o
}

// readCompression reads compression = true, or {level, threshold, takeover}.
func (o *options) readCompression(f luahost.Fields) {
	switch v := f.Get("compression").(type) {
	case *lua.LNilType:
	case lua.LBool:
		o.deflate = bool(v)
	case *lua.LTable:
		fields := luahost.Fields{L: f.L, Arg: f.Arg, Table: v}
		fields.Only("level", "threshold", "takeover")
		o.deflate = true
		o.takeover = fields.Bool("takeover", false)
		level := fields.Integer("level", ws.DefaultLevel)
		if level < 1 || level > 9 {
			luahost.ArgumentError(f.L, f.Arg, fmt.Sprintf("field 'level': integer from 1 to 9 expected, got %d", level))
		}
		threshold := fields.Integer("threshold", ws.DefaultThreshold)
		o.config.Compression = ws.Compression{Level: int(level), Threshold: int(max(threshold, 1))}
	default:
		f.Wrong("compression", "boolean or table")
	}
}
