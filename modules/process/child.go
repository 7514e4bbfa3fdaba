package process

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/fileerror"
	"silly/internal/orphan"
	"silly/luahost"
)

var errNoSignal = errors.New("no such signal")

// errBusy is for a stream that another task uses.
var errBusy = errors.New("another task uses the stream")

// defaultRead is how many bytes child:read takes at most, unless the script says otherwise.
const defaultRead = 64 << 10

// A child is a process that a script talks to.
type child struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser // nil if it is no pipe; so are the next two
	stdout *stream
	stderr *stream
	writes sync.Mutex // held while somebody writes
	ended  chan struct{}
	closer *luahost.Closer
}

// A stream is what a process writes.
type stream struct {
	pipe   *os.File
	reader *bufio.Reader
	reads  sync.Mutex // held while somebody reads
}

func (b *binding) openChildren(L *lua.LState) {
	b.children = luahost.NewClass[*child](b.env, L, "process", map[string]lua.LGFunction{
		"write":      b.childWrite,
		"closewrite": b.childCloseWrite,
		"read":       func(L *lua.LState) int { return b.read(L, "process:read", (*child).output) },
		"readline":   func(L *lua.LState) int { return b.readLine(L, "process:readline", (*child).output) },
		"readerr":    func(L *lua.LState) int { return b.read(L, "process:readerr", (*child).errors) },
		"kill":       b.childKill,
		"wait":       b.childWait,
		"close":      b.childClose,
	})
	b.children.Closing("close")
}

func (c *child) output() *stream { return c.stdout }
func (c *child) errors() *stream { return c.stderr }

// processStart implements process.start(argv [, opts]) -> process | nil, err.
func (b *binding) processStart(L *lua.LState) int {
	opts := luahost.OptFields(L, 2)
	opts.Only("cwd", "env", "stdin", "stdout", "stderr")
	cmd, err := b.command(L, b.env.Context(), opts)
	if err != nil {
		return luahost.PushError(L, err)
	}
	c := &child{cmd: cmd, ended: make(chan struct{})}
	far, err := b.connect(L, c, opts)
	defer func() {
		for _, f := range far {
			_ = f.Close()
		}
	}()
	if err == nil {
		err = orphan.Start(cmd)
	}
	if err != nil {
		c.closePipes()
		return luahost.PushError(L, failure(cmd, err))
	}
	b.env.Background(func() {
		_ = orphan.Wait(cmd)
		close(c.ended)
	})
	c.closer = b.env.Track(false, nil, c.end)
	c.closer.Describe(c.describe)
	object := b.children.New(L, c)
	object.RawSetString("pid", lua.LNumber(cmd.Process.Pid))
	L.Push(object)
	return 1
}

// describe says what is left of the process: nothing when it has ended.
func (c *child) describe() []string {
	select {
	case <-c.ended:
		return nil
	default:
		return []string{fmt.Sprintf("process %d, %s", c.cmd.Process.Pid, c.cmd.Args[0])}
	}
}

// connect makes the streams of a process as the options stdin, stdout and stderr say, and returns the ends of pipes that are the
// process's own.
func (b *binding) connect(L *lua.LState, c *child, opts luahost.Fields) (far []*os.File, err error) {
	in, out, errs := opts.String("stdin", "pipe"), opts.String("stdout", "pipe"), opts.String("stderr", "inherit")
	pipe := func() (r, w *os.File) {
		if err == nil {
			r, w, err = os.Pipe()
		}
		return r, w
	}
	switch in {
	case "pipe":
		if r, w := pipe(); err == nil {
			far, c.cmd.Stdin, c.stdin = append(far, r), r, w
		}
	case "inherit":
		if f, ok := b.env.Stdin().(*os.File); ok { // only a file can be handed on without somebody who reads it empty
			c.cmd.Stdin = f
		}
	case "null":
	default:
		luahost.ArgumentError(L, 2, "field 'stdin': 'pipe', 'inherit' or 'null' expected, got '"+in+"'")
	}
	output := func(field, kind string, other io.Writer) (io.Writer, *stream) {
		switch {
		case kind == "pipe":
			if r, w := pipe(); err == nil {
				far = append(far, w)
				return w, &stream{pipe: r, reader: bufio.NewReader(r)}
			}
		case kind == "inherit":
			return other, nil
		case kind != "null":
			luahost.ArgumentError(L, 2, "field '"+field+"': 'pipe', 'inherit' or 'null' expected, got '"+kind+"'")
		}
		return nil, nil
	}
	c.cmd.Stdout, c.stdout = output("stdout", out, b.env.Stdout())
	if errs == "stdout" {
		c.cmd.Stderr, c.stderr = c.cmd.Stdout, nil
	} else {
		c.cmd.Stderr, c.stderr = output("stderr", errs, b.env.Stderr())
	}
	return far, err
}

// closePipes closes the script's ends of the pipes. It ends what waits for them.
func (c *child) closePipes() {
	if c.stdin != nil {
		_ = c.stdin.Close()
	}
	for _, s := range []*stream{c.stdout, c.stderr} {
		if s != nil {
			_ = s.pipe.Close()
		}
	}
}

// childWrite implements process:write(data) -> true | false, err. It suspends until the process, or the system, has taken all of it.
func (b *binding) childWrite(L *lua.LState) int {
	c, data := b.children.Check(L, 1), luahost.CheckString(L, 2)
	if c.stdin == nil {
		luahost.Raise(L, "stdin of the process is no pipe")
	}
	var err error
	b.env.Block(L, "process:write", func(context.Context) {
		if !c.writes.TryLock() {
			err = errBusy
			return
		}
		defer c.writes.Unlock()
		_, err = io.WriteString(c.stdin, data)
	})
	return luahost.PushOK(L, plain(err))
}

// childCloseWrite implements process:closewrite(): the process sees the end of its input.
func (b *binding) childCloseWrite(L *lua.LState) int {
	if c := b.children.Check(L, 1); c.stdin != nil {
		_ = c.stdin.Close()
	}
	return 0
}

// plain is an error of a pipe in plain words.
func plain(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, os.ErrClosed):
		return errors.New("closed")
	case err == io.EOF:
		return errors.New("end of file")
	}
	return errors.New(fileerror.Reason(err))
}

// use runs f with a stream while others run.
func (b *binding) use(L *lua.LState, waitsFor string, of func(*child) *stream, f func(s *stream) ([]byte, error)) int {
	s := of(b.children.Check(L, 1))
	if s == nil {
		luahost.Raise(L, "the stream of the process is no pipe")
	}
	var data []byte
	var err error
	b.env.Block(L, waitsFor, func(context.Context) {
		if !s.reads.TryLock() {
			err = errBusy
			return
		}
		defer s.reads.Unlock()
		data, err = f(s)
	})
	if err != nil {
		return luahost.PushError(L, plain(err))
	}
	L.Push(lua.LString(data))
	return 1
}

// read implements process:read([n]) and process:readerr([n]) -> data | nil, err: what is there, at most n bytes. It suspends.
func (b *binding) read(L *lua.LState, waitsFor string, of func(*child) *stream) int {
	n := luahost.OptInteger(L, 2, defaultRead)
	if n < 1 || n > defaultMaxOutput {
		luahost.ArgumentError(L, 2, "number from 1 to 16777216 expected")
	}
	return b.use(L, waitsFor, of, func(s *stream) ([]byte, error) {
		data := make([]byte, n)
		got, err := s.reader.Read(data)
		if got > 0 {
			err = nil
		}
		return data[:got], err
	})
}

// readLine implements process:readline() -> line | nil, err: a line without its end. It suspends.
func (b *binding) readLine(L *lua.LState, waitsFor string, of func(*child) *stream) int {
	return b.use(L, waitsFor, of, func(s *stream) ([]byte, error) {
		var line []byte
		for {
			part, err := s.reader.ReadSlice('\n')
			line = append(line, part...)
			switch {
			case err == nil:
				return line[:len(line)-1], nil
			case err == io.EOF && len(line) > 0:
				return line, nil
			case err != bufio.ErrBufferFull:
				return nil, err
			case len(line) > defaultMaxOutput:
				return nil, errors.New("line is longer than 16777216 bytes")
			}
		}
	})
}

// childKill implements process:kill([signal]) -> true | false, err.
func (b *binding) childKill(L *lua.LState) int {
	c, name := b.children.Check(L, 1), luahost.OptString(L, 2, "SIGTERM")
	select {
	case <-c.ended:
		return luahost.PushOK(L, errEnded)
	default:
	}
	err := signalGroup(c.cmd, name)
	if err == errNoSignal {
		luahost.ArgumentError(L, 2, "name of a signal expected, got '"+name+"'")
	}
	if errors.Is(err, os.ErrProcessDone) {
		err = errEnded
	}
	return luahost.PushOK(L, err)
}

// errEnded is what is said of a process that is not there any more.
var errEnded = errors.New("the process has ended")

// childWait implements process:wait([timeout]) -> {ok, code, signal} | nil, err. It suspends until the process has ended.
func (b *binding) childWait(L *lua.LState) int {
	c := b.children.Check(L, 1)
	deadline := luahost.OptDeadline(L, 2)
	over := true
	b.env.Block(L, "process:wait", func(ctx context.Context) {
		var late <-chan time.Time
		if !deadline.IsZero() {
			timer := time.NewTimer(time.Until(deadline))
			defer timer.Stop()
			late = timer.C
		}
		select {
		case <-c.ended:
		case <-late:
			over = false
		case <-ctx.Done():
		}
	})
	if !over {
		return luahost.PushError(L, errors.New("timeout"))
	}
	L.Push(ended(L, c.cmd.ProcessState))
	return 1
}

// childClose implements process:close() and __close: the process is killed if it has not ended, and its streams are closed.
func (b *binding) childClose(L *lua.LState) int {
	c := b.children.Check(L, 1)
	c.closer.Forget()
	c.end()
	return 0
}

// end kills the process if it has not ended, and closes its streams.
func (c *child) end() {
	select {
	case <-c.ended: // its number may be another one's
	default:
		_ = killGroup(c.cmd)
	}
	c.closePipes()
}
