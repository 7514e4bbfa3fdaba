package repl

import (
	"bytes"
	"errors"
	"io"
	"time"
	"unicode/utf8"

	"silly/internal/pendingread"
)

// A keyboard is what the editor reads: the keys of the terminal, made such that the editor can take them all. It
// hands out at most one line at a time.
type keyboard struct {
	console *Console
	done    <-chan struct{}
	// interrupted says that the line that ends next is not meant any more: Ctrl-C.
	interrupted bool
	// ends says that Ctrl-D was typed in an empty line. The prompt sets it before the editor reads on.
	ends bool

	raw      []byte // read and not looked at
	keys     []byte // for the editor
	pasting  bool
	searched int // bytes of raw that do not have the end of a paste
}

// Control characters of keys.
const (
	ctrlC     = 0x03
	ctrlZ     = 0x1a
	ctrlBreak = 0x1c // Ctrl-\
)

// interrupt are the keys that leave a line: to its end, "^C", and Enter.
const interrupt = "\x05^C\r"

const pasteBegins, pasteEnds = "\x1b[200~", "\x1b[201~"

// maxPaste is how many bytes of a paste are taken at once.
const maxPaste = 1 << 20

// Read implements io.Reader.
func (k *keyboard) Read(p []byte) (int, error) {
	if k.ends {
		k.ends = false
		return copy(p, "\x04"), nil
	}
	for len(k.keys) == 0 {
		var buffer [4096]byte
		n, err := k.console.input.ReadUntil(buffer[:], time.Time{}, k.done)
		if errors.Is(err, pendingread.ErrCanceled) {
			return 0, errEnded
		}
		if n == 0 {
			if err == nil {
				err = io.ErrNoProgress
			}
			return 0, err
		}
		k.raw = append(k.raw, buffer[:n]...)
		k.resize()
		k.translate()
	}
	end := len(k.keys)
	if i := bytes.IndexRune(k.keys, keyEnd); i >= 0 {
		end = i + utf8.RuneLen(keyEnd)
	}
	if i := bytes.IndexAny(k.keys, "\r\n"); i >= 0 {
		end = min(end, i+1)
	}
	n := copy(p, k.keys[:end])
	if n == end && bytes.HasSuffix(k.keys[:end], []byte(interrupt)) {
		k.interrupted = true
	}
	k.keys = k.keys[n:]
	return n, nil
}

// resize tells the editor how large the terminal is.
func (k *keyboard) resize() {
	width, height := k.console.Size()
	_ = k.console.editor.SetSize(width, height)
}

// translate makes keys of what was read.
func (k *keyboard) translate() {
	for len(k.raw) > 0 {
		switch {
		case k.pasting && bytes.HasPrefix(k.raw, []byte(pasteEnds)):
			k.take(len(pasteEnds), pasteEnds)
			k.pasting = false
			continue
		case !k.pasting && bytes.HasPrefix(k.raw, []byte(pasteBegins)):
			if !bytes.Contains(k.raw[k.searched:], []byte(pasteEnds)) && len(k.raw) < maxPaste {
				k.searched = max(len(k.raw)-len(pasteEnds), 0)
				return // the rest comes
			}
			k.searched = 0
			k.take(len(pasteBegins), pasteBegins)
			k.pasting = true
			continue
		}
		switch c := k.raw[0]; {
		case k.pasting:
			k.pasted(c)
		case k.sequence():
		case c == 0x1b && (len(k.raw) == 1 || len(k.raw) == 2 && (k.raw[1] == '[' || k.raw[1] == 'O')):
			return // the rest comes
		case c == ctrlC:
			k.take(1, interrupt)
		case c == ctrlBreak:
			k.take(1, "")
			k.console.onQuit()
		case c == ctrlZ:
			k.take(1, "")
			k.console.onSuspend()
		case c < utf8.RuneSelf:
			k.take(1, string(c))
		case !k.character():
			return
		}
	}
}

// sequences are the keys that the editor does not know, or knows by another name.
func sequences() [][2]string {
	const end, begin, wordLeft, wordRight = "\x05", "\x01", "\x1b[1;3D", "\x1b[1;3C"
	return [][2]string{
		{"\x7f", string(keyErase)}, {"\x08", string(keyErase)}, {"\x1b[3~", string(keyDelete)},
		{"\x1b[D", string(keyLeft)}, {"\x1bOD", string(keyLeft)}, {"\x02", string(keyLeft)},
		{"\x1b[C", string(keyRight)}, {"\x1bOC", string(keyRight)}, {"\x06", string(keyRight)},
		{"\x04", string(keyEnd)}, {"\x14", string(keySwap)},
		{"\x1bOA", "\x1b[A"}, {"\x1bOB", "\x1b[B"},
		{"\x1bOH", begin}, {"\x1b[1~", begin}, {"\x1bOF", end}, {"\x1b[4~", end},
		{"\x1bb", wordLeft}, {"\x1b[1;5D", wordLeft}, {"\x1bf", wordRight}, {"\x1b[1;5C", wordRight},
	}
}

// sequence takes one of the sequences, if the text begins with one.
func (k *keyboard) sequence() bool {
	for _, s := range sequences() {
		if bytes.HasPrefix(k.raw, []byte(s[0])) {
			k.take(len(s[0]), s[1])
			return true
		}
	}
	return false
}

// pasted takes a byte of a paste, or a character.
func (k *keyboard) pasted(c byte) {
	switch {
	case c == '\t':
		k.take(1, tabMark)
	case c == '\r' || c == '\n':
		k.take(1, string(c))
	case c < ' ' || c == 0x7f:
		k.take(1, "")
	case c < utf8.RuneSelf:
		k.take(1, string(c))
	case !k.character():
		k.take(1, "?")
	}
}

// take takes bytes that were read, for which the editor gets keys.
func (k *keyboard) take(n int, keys string) {
	k.raw = k.raw[n:]
	k.keys = append(k.keys, keys...)
}

// character takes a character that is not ASCII, and reports false if its end has not come.
func (k *keyboard) character() bool {
	if !utf8.FullRune(k.raw) {
		return false
	}
	if r, size := utf8.DecodeRune(k.raw); r == utf8.RuneError {
		k.take(size, "?") // the editor waits for the rest of these
	} else {
		k.take(size, standIn(r))
	}
	return true
}
