package repl

import (
	"bytes"
	"errors"
	"io"
	"os"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/term"

	"silly/internal/pendingread"
)

// A Console is a terminal that a person and a program share: a line is edited at its bottom, and what the program
// writes meanwhile appears above it. While no line is edited, the program may read from the terminal, and Ctrl-C is a
// signal.
type Console struct {
	// Dumb says that the terminal does not know escape sequences: TERM is "dumb". Lines are read then as it has them, and
	// what the program writes comes between.
	Dumb bool

	in, out *os.File
	editor  *term.Terminal
	keys    *keyboard
	// onQuit is called for Ctrl-\ while a line is edited.
	onQuit func()
	// onSuspend is called for Ctrl-Z then.
	onSuspend func()

	mu         sync.Mutex
	editing    bool
	drop       func()        // ends the reading of a line, on a dumb terminal
	cooked     *term.State   // what the terminal was before editing; nil while it is so
	partial    []byte        // a line without its end, written while another one is edited
	column     bool          // the cursor is behind something that the program has written
	leave      chan struct{} // closed to end reads of the program, which go on later unless they were interrupted
	interrupts int           // how often reads were interrupted
	free       *sync.Cond    // editing has become false, or closed true
	closed     bool

	reading sync.Mutex // held by who uses input
	input   *pendingread.Reader
}

// suspend stops the process, as Ctrl-Z does. When it goes on, the line is there again.
func (c *Console) suspend() {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, _ = io.WriteString(c.out, pasteOff+"\r\n")
	_ = term.Restore(int(c.in.Fd()), c.cooked)
	stop()
	if c.closed {
		return
	}
	if state, err := term.MakeRaw(int(c.in.Fd())); err == nil {
		c.cooked = state
	}
	_, _ = io.WriteString(c.out, pasteOn)
	_, _ = c.editor.Write(nil)
}

// NewConsole makes a Console of a terminal.
func NewConsole(in, out *os.File) *Console {
	c := &Console{
		Dumb: os.Getenv("TERM") == "dumb", in: in, out: out,
		input: pendingread.New(in), leave: make(chan struct{}),
	}
	c.free = sync.NewCond(&c.mu)
	c.keys, c.onSuspend = &keyboard{console: c}, c.suspend
	c.renew()
	return c
}

// renew makes an editor. One that has seen the end of the input would see it again.
func (c *Console) renew() {
	before := c.editor
	c.editor = term.NewTerminal(screen{c.keys, c.out}, "")
	if before != nil {
		c.editor.History, c.editor.AutoCompleteCallback = before.History, before.AutoCompleteCallback
	}
}

// screen is what the editor reads from and writes to.
type screen struct {
	io.Reader
	out *os.File
}

// Write implements io.Writer. The stand-ins of the editor's line become what they look like.
func (s screen) Write(p []byte) (int, error) {
	if _, err := s.out.Write(appearance(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Size is how many columns and rows the terminal has.
func (c *Console) Size() (width, height int) {
	width, height, err := term.GetSize(int(c.out.Fd()))
	if err != nil || width <= 0 || height <= 0 {
		return 80, 24
	}
	return width, max(height, 2)
}

// Write shows what the program writes. Any goroutine may call it.
func (c *Console) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.editing || c.Dumb {
		if len(p) > 0 {
			c.column = p[len(p)-1] != '\n'
		}
		return c.out.Write(p)
	}
	c.partial = append(c.partial, p...)
	end := bytes.LastIndexByte(c.partial, '\n') + 1
	const maxPartial = 64 << 10
	if end == 0 && len(c.partial) > maxPartial {
		c.partial = append(c.partial, '\n')
		end = len(c.partial)
	}
	if end > 0 {
		c.keys.resize()
		if _, err := c.editor.Write(c.partial[:end]); err != nil {
			return 0, err
		}
		c.partial = append(c.partial[:0], c.partial[end:]...)
	}
	return len(p), nil
}

// Read gives the program what is typed while no line is edited.
func (c *Console) Read(p []byte) (int, error) {
	c.mu.Lock()
	interrupts := c.interrupts
	c.mu.Unlock()
	for {
		c.mu.Lock()
		for c.editing && !c.closed && c.interrupts == interrupts {
			c.free.Wait()
		}
		leave, closed, interrupted := c.leave, c.closed, c.interrupts != interrupts
		c.mu.Unlock()
		switch {
		case closed:
			return 0, io.EOF
		case interrupted:
			return 0, errInterrupted
		}
		c.reading.Lock()
		n, err := c.input.ReadUntil(p, time.Time{}, leave)
		c.reading.Unlock()
		if !errors.Is(err, pendingread.ErrCanceled) {
			return n, err
		}
	}
}

// Interrupt ends the reads of the program that wait.
func (c *Console) Interrupt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.interrupts++
	if !c.editing {
		close(c.leave)
		c.leave = make(chan struct{})
	}
}

// Editing reports whether a line is edited: Ctrl-C is no signal then.
func (c *Console) Editing() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.editing
}

// What Edit returns instead of a line.
var (
	errInterrupted = errors.New("interrupted") // Ctrl-C
	errEnded       = errors.New("ended")       // the session has
)

// Edit lets the person edit a line. io.EOF is Ctrl-D in an empty one. done ends it.
func (c *Console) Edit(prompt string, done <-chan struct{}) (string, error) {
	if err := c.begin(); err != nil {
		return "", err
	}
	defer c.end()
	c.reading.Lock()
	defer c.reading.Unlock()
	if c.Dumb {
		return c.readLine(prompt, done)
	}
	c.keys.done, c.keys.interrupted = done, false
	c.keys.resize()
	c.editor.SetPrompt(prompt)
	line, err := c.editor.ReadLine()
	if errors.Is(err, io.EOF) {
		c.mu.Lock()
		c.renew()
		c.mu.Unlock()
	}
	switch {
	case err != nil && !errors.Is(err, term.ErrPasteIndicator):
		return "", err
	case c.keys.interrupted:
		return "", errInterrupted
	}
	return meaning(line), nil
}

// Key waits for a key, as a byte, while a question stands at the beginning of the line.
func (c *Console) Key(question string, done <-chan struct{}) (byte, error) {
	if err := c.begin(); err != nil {
		return 0, err
	}
	defer c.end()
	c.reading.Lock()
	defer c.reading.Unlock()
	_, _ = io.WriteString(c.out, question)
	defer func() { _, _ = io.WriteString(c.out, "\r\x1b[K") }()
	if k := c.keys; len(k.keys) > 0 { // typed before
		key := k.keys[0]
		if k.keys = k.keys[1:]; key >= utf8.RuneSelf || key == 0x1b { // the rest of it is no key
			k.keys = nil
		}
		return key, nil
	}
	var b [1]byte
	_, err := c.input.ReadUntil(b[:], time.Time{}, done)
	return b[0], err
}

// begin takes the terminal from the program.
func (c *Console) begin() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return errEnded
	}
	lines := pasteOn
	if c.Dumb {
		lines = ""
	} else {
		state, err := term.MakeRaw(int(c.in.Fd()))
		if err != nil {
			return err
		}
		c.cooked = state
	}
	c.editing = true
	close(c.leave)
	if c.column {
		lines = "\r\n" + lines
		c.column = false
	}
	_, err := io.WriteString(c.out, lines)
	return err
}

// end gives it back.
func (c *Console) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.restore()
	c.editing = false
	c.leave = make(chan struct{})
	if len(c.partial) > 0 {
		_, _ = c.out.Write(c.partial)
		c.partial, c.column = c.partial[:0], true
	}
	c.free.Broadcast()
}

// The terminal marks what is pasted, or does not.
const pasteOn, pasteOff = "\x1b[?2004h", "\x1b[?2004l"

// restore makes the terminal what it was. The caller holds c.mu.
func (c *Console) restore() {
	if c.cooked != nil {
		_ = term.Restore(int(c.in.Fd()), c.cooked)
		_, _ = io.WriteString(c.out, pasteOff)
		c.cooked = nil
	}
}

// Close makes the terminal what it was before, for good.
func (c *Console) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.restore()
	c.free.Broadcast()
}
