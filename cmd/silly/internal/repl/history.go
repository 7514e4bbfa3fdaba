package repl

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/lockedfile"

	"silly/internal/visible"
)

// How much history is kept: entries, and bytes of the file, before which the older half is dropped.
const (
	maxHistory     = 1000
	maxHistoryFile = 1 << 20
)

// A History is the inputs of earlier sessions and of this one. Its file has a line for each, in which backslashes and
// newlines are escaped. Several sessions add to it, each input in one piece while it holds the lock of the file; a
// session sees those that were there when it began, and its own. It implements term.History for the editor.
type History struct {
	path    string // "" for no file
	entries []string
}

// HistoryPath is where the history is: silly/history in the folder for state of the XDG Base Directory Specification;
// "" if there is no such folder.
func HistoryPath() string {
	folder := os.Getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(folder) { // the specification wants others to be ignored
		home, err := os.UserHomeDir()
		if err != nil {
			return ""
		}
		folder = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(folder, "silly", "history")
}

// OpenHistory reads the history in a file, which is made if there is none. An empty path is a history without a file,
// and so is that of a file which cannot be used; the error says why.
func OpenHistory(path string) (*History, error) {
	h := &History{path: path}
	if path == "" {
		return h, nil
	}
	err := os.MkdirAll(filepath.Dir(path), 0o700)
	if err == nil {
		err = h.read()
	}
	if err != nil {
		return &History{}, err
	}
	return h, nil
}

// read reads the file, and makes it shorter if it is long.
func (h *History) read() error {
	file, err := lockedfile.OpenFile(h.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return errors.New("it is not a file")
	case info.Mode().Perm() != 0o600:
		if err := os.Chmod(h.path, 0o600); err != nil {
			return err
		}
	}
	if info.Size() > 2*maxHistoryFile { // nobody but others can have made it so long
		if _, err := file.Seek(-maxHistoryFile, io.SeekEnd); err != nil {
			return err
		}
	}
	text, err := io.ReadAll(io.LimitReader(file, 2*maxHistoryFile))
	if err != nil {
		return err
	}
	if info.Size() > maxHistoryFile || bytes.Count(text, []byte("\n")) > 2*maxHistory {
		text = recent(text)
		if err := rewrite(file, text); err != nil {
			return err
		}
	}
	for line := range strings.Lines(string(text)) {
		if entry := unescape(strings.TrimSuffix(line, "\n")); entry != "" && !strings.ContainsFunc(entry, visible.Hidden) {
			h.remember(entry)
		}
	}
	return nil
}

// recent are the last lines of a text, at most half of what the file may have.
func recent(text []byte) []byte {
	if excess := len(text) - maxHistoryFile/2; excess > 0 {
		text = text[excess:]
		text = text[bytes.IndexByte(text, '\n')+1:]
	}
	for excess := bytes.Count(text, []byte("\n")) - maxHistory; excess > 0; excess-- {
		text = text[bytes.IndexByte(text, '\n')+1:]
	}
	return text
}

// rewrite makes text all that a file has.
func rewrite(file *lockedfile.File, text []byte) error {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if _, err := file.Write(text); err != nil {
		return err
	}
	return file.Truncate(int64(len(text)))
}

// Keep adds an input to the history and to its file. One that begins with a blank is for nobody to see again, and so is
// one that is much too long; one that is the same as the last is there already.
func (h *History) Keep(entry string) error {
	entry = strings.TrimRight(entry, "\n")
	if strings.TrimSpace(entry) == "" || entry[0] == ' ' || len(entry) > maxHistoryFile/16 {
		return nil
	}
	if !h.remember(entry) || h.path == "" {
		return nil
	}
	file, err := lockedfile.OpenFile(h.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write([]byte(escape(entry) + "\n"))
	return errors.Join(err, file.Close())
}

// remember adds an entry, unless it is the last one.
func (h *History) remember(entry string) bool {
	if n := len(h.entries); n > 0 && h.entries[n-1] == entry {
		return false
	}
	if len(h.entries) >= 2*maxHistory {
		h.entries = slices.Delete(h.entries, 0, maxHistory)
	}
	h.entries = append(h.entries, entry)
	return true
}

// Before is the last entry before number i that contains text, or false. Entries are numbered from 0, the oldest.
func (h *History) Before(i int, text string) (entry string, at int, ok bool) {
	for i = min(i, len(h.entries)) - 1; i >= 0; i-- {
		if strings.Contains(h.entries[i], text) {
			return h.entries[i], i, true
		}
	}
	return "", 0, false
}

// Add implements term.History: the editor's lines are parts of inputs only.
func (h *History) Add(string) {}

// Len implements term.History.
func (h *History) Len() int { return len(h.entries) }

// At implements term.History.
func (h *History) At(i int) string { return standIns(h.entries[len(h.entries)-1-i]) }

// escape makes one line of an entry.
func escape(entry string) string {
	return strings.ReplaceAll(strings.ReplaceAll(entry, `\`, `\\`), "\n", `\n`)
}

// unescape is the entry of a line.
func unescape(line string) string {
	var b strings.Builder
	for i := 0; i < len(line); i++ {
		c := line[i]
		if c == '\\' && i+1 < len(line) {
			i++
			if c = line[i]; c == 'n' {
				c = '\n'
			}
		}
		b.WriteByte(c)
	}
	return b.String()
}
