// Package compress has the Lua modules silly.compress.zlib, gzip, lz4 and snappy.
package compress

import (
	"bytes"
	"fmt"
	"io"

	lua "github.com/yuin/gopher-lua"

	"silly/luahost"
)

// The modules.
var (
	ZLib   = luahost.Module{Name: "silly.compress.zlib", Open: openZLib}
	GZip   = luahost.Module{Name: "silly.compress.gzip", Open: opens("gzip", func() codec { return deflateCodec(formatGZip) })}
	LZ4    = luahost.Module{Name: "silly.compress.lz4", Open: opens("lz4", lz4Codec)}
	Snappy = luahost.Module{Name: "silly.compress.snappy", Open: opens("snappy", snappyCodec)}
)

const (
	// defaultLimit is how much data may become when decompress is not told, in bytes.
	defaultLimit = 64 << 20
	// maxLimit is what it can be told.
	maxLimit = 1 << 40
)

// binding is a module's state in one host.
type binding struct {
	env   *luahost.Env
	name  string
	codec codec
}

// opens makes the Open function of a module with one codec.
func opens(name string, newCodec func() codec) func(*luahost.Env, *lua.LState) lua.LValue {
	return func(env *luahost.Env, L *lua.LState) lua.LValue {
		b := binding{env, name, newCodec()}
		module := L.NewTable()
		env.Install(L, module, name, map[string]lua.LGFunction{"compress": b.compress, "decompress": b.decompress})
		return module
	}
}

// compress implements gzip.compress(data [, level]) -> data, and those of lz4 and snappy. It suspends when there is much data.
func (b binding) compress(L *lua.LState) int {
	return b.compressWith(L, b.codec, level(L, 2, b.codec))
}

func (b binding) compressWith(L *lua.LState, c codec, level int) int {
	data := luahost.CheckString(L, 1)
	return b.result(L, c.slow(data), ".compress", func() ([]byte, error) { return c.compress(data, level) })
}

// decompress implements gzip.decompress(data [, limit]) -> data | nil, err, and those of lz4 and snappy. It suspends but for
// little data.
func (b binding) decompress(L *lua.LState) int { return b.decompressWith(L, b.codec) }

func (b binding) decompressWith(L *lua.LState, c codec) int {
	data := luahost.CheckString(L, 1)
	limit := luahost.OptInteger(L, 2, defaultLimit)
	if limit < 0 || limit > maxLimit {
		luahost.ArgumentError(L, 2, fmt.Sprintf("number from 0 to %d expected", int64(maxLimit)))
	}
	return b.result(L, c.slowBack(data), ".decompress", func() ([]byte, error) { return c.decompress(data, limit) })
}

// result pushes what f returns, which becomes a string where f ran: there may be much of it.
func (b binding) result(L *lua.LState, slow bool, what string, f func() ([]byte, error)) int {
	var text string
	var err error
	b.env.Compute(L, slow, b.name+what, func() {
		var out []byte
		out, err = f()
		text = string(out)
	})
	if err != nil {
		return luahost.PushData(L, nil, err)
	}
	L.Push(lua.LString(text))
	return 1
}

// level is the level in argument n.
func level(L *lua.LState, n int, c codec) int {
	level := luahost.OptInteger(L, n, c.defaultLevel)
	if level < 0 || level > c.maxLevel {
		luahost.ArgumentError(L, n, fmt.Sprintf("level from 0 to %d expected", c.maxLevel))
	}
	return int(level)
}

func openZLib(env *luahost.Env, L *lua.LState) lua.LValue {
	b := binding{env: env, name: "zlib"}
	module := L.NewTable()
	for name, f := range map[string]format{"ZLIB": formatZLib, "GZIP": formatGZip, "RAW": formatRaw} {
		module.RawSetString(name, lua.LNumber(f))
	}
	env.Install(L, module, "zlib", map[string]lua.LGFunction{
		"compress":   b.zlibCompress,
		"decompress": b.zlibDecompress,
		"deflate":    b.zlibDeflate,
	})
	return module
}

// formatArgument is the format in argument n.
func formatArgument(L *lua.LState, n int) format {
	f := format(luahost.OptInteger(L, n, int64(formatZLib)))
	switch f {
	case formatZLib, formatGZip, formatRaw:
	default:
		luahost.ArgumentError(L, n, "zlib.ZLIB, zlib.GZIP or zlib.RAW expected")
	}
	return f
}

// zlibCompress implements zlib.compress(data [, level [, format]]) -> data. It suspends when there is much data.
func (b binding) zlibCompress(L *lua.LState) int {
	c := deflateCodec(formatArgument(L, 3))
	return b.compressWith(L, c, level(L, 2, c))
}

// zlibDecompress implements zlib.decompress(data [, limit [, format]]) -> data | nil, err. It suspends but for little data.
func (b binding) zlibDecompress(L *lua.LState) int {
	return b.decompressWith(L, deflateCodec(formatArgument(L, 3)))
}

// A stream compresses data that come in pieces.
type stream struct {
	binding
	format   format
	level    int
	deflater deflater // nil before the first piece and after the last
	out      bytes.Buffer
	taken    int64 // bytes of all pieces
	given    int64
	ended    bool
	busy     bool // a task is inside Block with it
}

// zlibDeflate implements zlib.deflate([format [, level]]) -> stream, a function.
func (b binding) zlibDeflate(L *lua.LState) int {
	s := &stream{binding: b, format: formatArgument(L, 1)}
	s.level = level(L, 2, deflateCodec(s.format))
	L.Push(b.env.Function(L, "zlib stream", s.call))
	return 1
}

// The second argument of a stream: what of its result must be out when it returns.
const (
	flushNone   = "none"   // what is convenient
	flushSync   = "sync"   // everything
	flushFull   = "full"   // the same; it is for decompressing from the middle, which needs more of the decompressor
	flushFinish = "finish" // everything, and the end
)

// call implements stream([data [, flush]]) -> data, ended, bytes in, bytes out. It suspends when there is much data.
func (s *stream) call(L *lua.LState) int {
	data, flush := luahost.OptString(L, 1, ""), luahost.OptString(L, 2, flushNone)
	switch flush {
	case flushNone, flushSync, flushFull, flushFinish:
	default:
		luahost.ArgumentError(L, 2, "'none', 'sync', 'full' or 'finish' expected")
	}
	switch {
	case s.busy:
		luahost.Raise(L, "another task uses this stream")
	case s.ended:
		luahost.Raise(L, "the stream has ended")
	}
	s.busy = true
	defer func() { s.busy = false }()
	s.env.Compute(L, len(data) > quickDeflate, s.name+".deflate", func() { s.write(data, flush) })
	out := s.out.String()
	s.out.Reset()
	s.taken += int64(len(data))
	s.given += int64(len(out))
	L.Push(lua.LString(out))
	L.Push(lua.LBool(s.ended))
	L.Push(lua.LNumber(s.taken))
	L.Push(lua.LNumber(s.given))
	return 4
}

// write compresses a piece.
func (s *stream) write(data, flush string) {
	if s.deflater == nil {
		s.deflater = newDeflater(s.format, s.level, &s.out)
	}
	_, _ = io.WriteString(s.deflater, data) // a buffer takes everything
	switch flush {
	case flushSync, flushFull:
		_ = s.deflater.Flush()
	case flushFinish:
		_ = s.deflater.Close()
		s.deflater.Reset(nil)
		s.format.pool(s.level).Put(s.deflater)
		s.deflater, s.ended = nil, true
	}
}
