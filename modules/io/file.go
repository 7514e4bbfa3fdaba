package io

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/value"
	"silly/internal/orphan"
	"silly/luahost"
	"silly/modules/internal/process"
)

// A file is what is behind a Lua file. It knows no Lua. The holder of the VM lock owns its fields; while
// a task waits in a read, busy keeps others out.
type file struct {
	name     string
	reader   *bufio.Reader
	writer   io.Writer
	os       *os.File  // a disk file, which can seek
	command  *exec.Cmd // of io.popen
	closer   *luahost.Closer
	waits    bool // reading may wait: a terminal, a pipe
	standard bool // a standard stream, which is not closed
	closed   bool
	busy     bool
}

func openFile(env *luahost.Env, name string, flags int) (*file, error) {
	// Without O_NONBLOCK, opening a FIFO would wait with the VM lock held.
	f, err := env.System().OpenFile(name, flags|syscall.O_NONBLOCK, 0o666)
	if err != nil {
		return nil, err
	}
	return newDiskFile(f), nil
}

func newDiskFile(f *os.File) *file {
	info, err := f.Stat()
	return &file{
		name:   f.Name(),
		reader: bufio.NewReader(f),
		writer: f,
		os:     f,
		waits:  err == nil && !info.Mode().IsRegular(),
	}
}

// startCommand runs a shell command whose output is read, or whose input is written.
func startCommand(env *luahost.Env, command string, write bool) (*file, error) {
	cmd, err := env.System().Command(env.Context(), command)
	if err != nil {
		return nil, err
	}
	cmd.Stderr = env.Stderr()
	f := &file{name: command, command: cmd, waits: true}
	if write {
		cmd.Stdout = env.Stdout()
		f.writer, err = cmd.StdinPipe()
	} else {
		cmd.Stdin = nil
		var out io.ReadCloser
		out, err = cmd.StdoutPipe()
		f.reader = bufio.NewReader(out)
	}
	if err == nil {
		err = orphan.Start(cmd)
	}
	return f, err
}

// describe says what is open, for reports.
func (f *file) describe() []string {
	if f.command != nil {
		return []string{fmt.Sprintf("command %q, process %d", f.name, f.command.Process.Pid)}
	}
	return []string{fmt.Sprintf("file %q", f.name)}
}

// close closes the file. For a command it waits for its end.
func (f *file) close() error {
	if f.command != nil {
		if wc, ok := f.writer.(io.Closer); ok {
			_ = wc.Close()
		}
		return orphan.Wait(f.command)
	}
	if f.os != nil {
		return f.os.Close()
	}
	return nil
}

// A format says what to read: 'n', 'l', 'L', 'a', or 'c' for a number of bytes.
type format struct {
	kind  byte
	count int64
}

// maxLine bounds what one read of a line or a number of bytes may take, in bytes.
const maxLine = 1 << 30

// readFormat reads one item. The result is a string or a number; io.EOF says that there is none.
func (f *file) readFormat(fm format) (any, error) {
	switch fm.kind {
	case 'a':
		data, err := io.ReadAll(f.reader)
		return string(data), err
	case 'c':
		if fm.count == 0 {
			_, err := f.reader.Peek(1)
			return "", err
		}
		var data bytes.Buffer // grows with what arrives
		if _, err := io.CopyN(&data, f.reader, fm.count); err != nil && (err != io.EOF || data.Len() == 0) {
			return nil, err
		}
		return data.String(), nil
	case 'n':
		return f.readNumber()
	}
	var line []byte
	for {
		part, err := f.reader.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == bufio.ErrBufferFull && len(line) < maxLine:
			continue
		case err == bufio.ErrBufferFull:
			return nil, errors.New("line is too long")
		case err != nil && (err != io.EOF || len(line) == 0):
			return nil, err
		}
		if fm.kind == 'l' {
			line = bytes.TrimSuffix(line, []byte("\n"))
		}
		return string(line), nil
	}
}

// readNumber reads a numeral as the reference implementation does: at most 200 characters.
func (f *file) readNumber() (any, error) {
	for {
		c, err := f.reader.ReadByte()
		if err != nil {
			return nil, err
		}
		if !bytes.ContainsRune([]byte(" \t\n\r\f\v"), rune(c)) {
			_ = f.reader.UnreadByte()
			break
		}
	}
	var text []byte
	for len(text) < 200 {
		c, err := f.reader.ReadByte()
		if err != nil {
			break
		}
		if !bytes.ContainsRune([]byte("+-.0123456789abcdefABCDEFxXpP"), rune(c)) {
			_ = f.reader.UnreadByte()
			break
		}
		text = append(text, c)
	}
	n, ok := value.ParseNumber(string(text))
	if !ok {
		return nil, io.EOF
	}
	return value.Export(n), nil
}

// seek moves the position; the read buffer is dropped.
func (f *file) seek(offset int64, whence int) (int64, error) {
	if f.os == nil {
		return 0, errors.New("illegal seek")
	}
	if whence == io.SeekCurrent {
		offset -= int64(f.reader.Buffered())
	}
	position, err := f.os.Seek(offset, whence)
	f.reader.Reset(f.os)
	return position, err
}

// checkFile returns the open file in argument n.
func checkFile(L *lua.LState, n int) *file {
	if ud, ok := L.Get(n).(*lua.LUserData); ok {
		if _, ok := ud.Value.(*file); ok {
			return openedFile(L, ud)
		}
	}
	luahost.TypeError(L, n, "FILE*")
	return nil
}

func openedFile(L *lua.LState, ud *lua.LUserData) *file {
	f := ud.Value.(*file)
	if f.closed {
		luahost.Raise(L, "attempt to use a closed file")
	}
	return f
}

// formats reads the formats from argument n on.
func formats(L *lua.LState, n int) []format {
	if L.GetTop() < n {
		return []format{{kind: 'l'}}
	}
	var all []format
	for ; n <= L.GetTop(); n++ {
		if L.Get(n).Type() == lua.LTNumber {
			count := luahost.CheckInteger(L, n)
			if count < 0 || count > maxLine {
				luahost.ArgumentError(L, n, "number of bytes out of range")
			}
			all = append(all, format{'c', count})
			continue
		}
		text := luahost.CheckString(L, n)
		if len(text) > 0 && text[0] == '*' {
			text = text[1:]
		}
		if len(text) == 0 || !bytes.ContainsRune([]byte("nlLa"), rune(text[0])) {
			luahost.ArgumentError(L, n, "invalid format")
		}
		all = append(all, format{kind: text[0]})
	}
	return all
}

// read reads formats from f and pushes the results; a file that may wait is read with the VM given up.
func (b *binding) read(L *lua.LState, f *file, formats []format) int {
	if f.reader == nil {
		return failed(L, "", errNotReadable)
	}
	if f.busy {
		luahost.Raise(L, "another task reads this file")
	}
	var results []any
	var err error
	readAll := func() {
		for _, fm := range formats {
			var v any
			if v, err = f.readFormat(fm); err != nil {
				return
			}
			results = append(results, v)
		}
	}
	if f.waits {
		f.busy = true
		defer func() { f.busy = false }()
		b.env.Block(L, "file:read", func(context.Context) { readAll() })
	} else {
		readAll()
	}
	for _, v := range results {
		switch v := v.(type) {
		case string:
			L.Push(lua.LString(v))
		case lua.LValue:
			L.Push(v)
		}
	}
	switch {
	case err == nil:
		return len(results)
	case err == io.EOF:
		L.Push(lua.LNil)
		return len(results) + 1
	}
	return failed(L, "", err)
}

// fileRead implements file:read(formats...).
func (b *binding) fileRead(L *lua.LState) int {
	return b.read(L, checkFile(L, 1), formats(L, 2))
}

// fileLines implements file:lines(formats...) -> iterator.
func (b *binding) fileLines(L *lua.LState) int {
	return b.pushLines(L, checkFile(L, 1), formats(L, 2), false)
}

func (b *binding) pushLines(L *lua.LState, f *file, formats []format, closeAtEnd bool) int {
	L.Push(b.env.Function(L, "file.lines", func(L *lua.LState) int {
		if f.closed {
			luahost.Raise(L, "file is already closed")
		}
		n := b.read(L, f, formats)
		if L.Get(-n) == lua.LNil {
			if message := L.Get(-n + 1); n > 1 && message.Type() == lua.LTString {
				luahost.Raise(L, "%s", message)
			}
			if closeAtEnd {
				b.closeFile(L, f)
			}
		}
		return n
	}))
	return 1
}

// fileWrite implements file:write(values...) -> file | nil, err, errno.
func (b *binding) fileWrite(L *lua.LState) int {
	checkFile(L, 1)
	return write(L, L.Get(1).(*lua.LUserData), 2)
}

// write writes the arguments from n on.
func write(L *lua.LState, ud *lua.LUserData, n int) int {
	f := openedFile(L, ud)
	var data []byte
	for ; n <= L.GetTop(); n++ {
		data = append(data, luahost.CheckString(L, n)...)
	}
	if f.writer == nil {
		return failed(L, "", errors.New("file is not open for writing"))
	}
	if f.os != nil && f.reader.Buffered() > 0 { // C wants a seek between reading and writing; be kind
		if _, err := f.seek(0, io.SeekCurrent); err != nil {
			return failed(L, "", err)
		}
	}
	if _, err := f.writer.Write(data); err != nil {
		return failed(L, "", err)
	}
	L.Push(ud)
	return 1
}

// fileSeek implements file:seek([whence [, offset]]) -> position | nil, err, errno.
func (b *binding) fileSeek(L *lua.LState) int {
	f := checkFile(L, 1)
	whence := luahost.OptString(L, 2, "cur")
	offset := luahost.OptInteger(L, 3, 0)
	from, ok := map[string]int{"set": io.SeekStart, "cur": io.SeekCurrent, "end": io.SeekEnd}[whence]
	if !ok {
		luahost.ArgumentError(L, 2, "invalid option '"+whence+"'")
	}
	position, err := f.seek(offset, from)
	if err != nil {
		return failed(L, "", err)
	}
	L.Push(lua.LNumber(position))
	return 1
}

// fileFlush implements file:flush() -> file. Nothing is held back, so there is nothing to do.
func (b *binding) fileFlush(L *lua.LState) int {
	checkFile(L, 1)
	L.Push(L.Get(1))
	return 1
}

// fileSetVBuf implements file:setvbuf(mode [, size]) -> true. Writes are never held back.
func (b *binding) fileSetVBuf(L *lua.LState) int {
	checkFile(L, 1)
	mode := luahost.CheckString(L, 2)
	if mode != "no" && mode != "full" && mode != "line" {
		luahost.ArgumentError(L, 2, "invalid option '"+mode+"'")
	}
	luahost.OptInteger(L, 3, 0)
	L.Push(lua.LTrue)
	return 1
}

// fileClose implements file:close() -> true | nil, err; for a command true | nil, "exit" | "signal", status.
// It suspends while a command has not ended.
func (b *binding) fileClose(L *lua.LState) int {
	f := checkFile(L, 1)
	if f.standard {
		L.Push(lua.LNil)
		L.Push(lua.LString("standard streams stay open"))
		return 2
	}
	err := b.closeFile(L, f)
	if f.command != nil {
		return process.Result(L, f.command.ProcessState, err)
	}
	if err != nil {
		return failed(L, f.name, err)
	}
	L.Push(lua.LTrue)
	return 1
}

func (b *binding) closeFile(L *lua.LState, f *file) (err error) {
	f.closed = true
	f.closer.Forget()
	b.env.Block(L, "file:close", func(context.Context) { err = f.close() })
	return err
}

// fileCloses is __close and __gc of a file: an open one is closed, unless it is a standard stream.
func (b *binding) fileCloses(L *lua.LState) int {
	if ud, ok := L.Get(1).(*lua.LUserData); ok {
		if f, ok := ud.Value.(*file); ok && !f.closed && !f.standard {
			_ = b.closeFile(L, f)
		}
	}
	return 0
}

// fileToString implements tostring(file).
func (b *binding) fileToString(L *lua.LState) int {
	ud, ok := L.Get(1).(*lua.LUserData)
	if !ok {
		luahost.ArgumentError(L, 1, "file expected")
	}
	if f, ok := ud.Value.(*file); ok && f.closed {
		L.Push(lua.LString("file (closed)"))
		return 1
	}
	L.Push(lua.LString(fmt.Sprintf("file (%p)", ud)))
	return 1
}
