package files

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// endless is a reader without end.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '\n'
	}
	return len(p), nil
}

func isPage(name string) bool { return strings.HasSuffix(name, ".md") }

// TestReadRefusesWhatIsNoFile: such things have no end, or make a read wait for ever.
func TestReadRefusesWhatIsNoFile(t *testing.T) {
	folder := t.TempDir()
	t.Chdir(folder) // so it cannot run in parallel
	write := func(name string) *os.File {
		f, err := os.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	write("good.md")
	if err := write("large.md").Truncate(maxSize + 1); err != nil {
		t.Fatal(err)
	}
	if err := write("largest.md").Truncate(maxSize); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		os.Mkdir("docs", 0o777),
		syscall.Mkfifo("docs/pipe.md", 0o666),
		os.Symlink("docs/pipe.md", "link.md"),
		os.Symlink("good.md", "good-link.md"),
		os.Mkdir("docs/folder.md", 0o777),
		os.Symlink("folder.md", "docs/folder-link.md"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	socket, err := net.Listen("unix", "docs/s.md")
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()

	list, problems := Read([]string{
		"/dev/zero", "docs", "docs/pipe.md", "link.md", "large.md", "largest.md", "good-link.md", Stdin,
	}, endless{}, isPage)
	var names, texts []string
	for _, f := range list {
		names = append(names, f.Name)
	}
	for _, p := range problems {
		texts = append(texts, p.Error())
	}
	const wantNames = "largest.md good-link.md"
	if got := strings.Join(names, " "); got != wantNames {
		t.Errorf("read %s, want %s", got, wantNames)
	}
	const wantProblems = `/dev/zero: is a device, not a file
docs/pipe.md: is a named pipe, not a file; '-' reads standard input
docs/s.md: is a socket, not a file
link.md: is a named pipe, not a file; '-' reads standard input
large.md: is larger than 64 MiB
standard input: is larger than 64 MiB`
	if got := strings.Join(texts, "\n"); got != wantProblems {
		t.Errorf("problems are\n%s\nwant\n%s", got, wantProblems)
	}
	if _, problems := Read([]string{filepath.Join(folder, "good.md")}, nil, isPage); len(problems) > 0 {
		t.Error(problems)
	}
}

func TestReplace(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path, link := filepath.Join(folder, "a.lua"), filepath.Join(folder, "link.lua")
	if err := os.WriteFile(path, []byte("one"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("a.lua", link); err != nil {
		t.Fatal(err)
	}
	if err := Replace(link, []byte("one"), []byte("two")); err != nil {
		t.Fatal(err)
	}
	err := Replace(path, []byte("one"), []byte("three"))
	if err == nil || !strings.Contains(err.Error(), "has changed meanwhile") {
		t.Errorf("a file that has changed: got the error %v", err)
	}
	if os.Getuid() != 0 { // who may write to all files
		if err := os.Chmod(path, 0o440); err != nil {
			t.Fatal(err)
		}
		if err := Replace(path, []byte("two"), []byte("three")); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("a file that may not be written: got the error %v", err)
		}
		if err := os.Chmod(path, 0o640); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path); string(got) != "two" || err != nil {
		t.Errorf("the file has %q, %v", got, err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is no link any more: %v", err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("the file has the mode %v, %v", info.Mode(), err)
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 2 {
		t.Errorf("the folder has %v, %v", entries, err)
	}
}
