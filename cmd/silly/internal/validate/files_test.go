package validate

import (
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
	if err := write("large.md").Truncate(maxDocument + 1); err != nil {
		t.Fatal(err)
	}
	if err := write("largest.md").Truncate(maxDocument); err != nil {
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

	documents, problems := Read([]string{
		"/dev/zero", "docs", "docs/pipe.md", "link.md", "large.md", "largest.md", "good-link.md", Stdin,
	}, endless{})
	var names, texts []string
	for _, d := range documents {
		names = append(names, d.Name)
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
	if _, problems := Read([]string{filepath.Join(folder, "good.md")}, nil); len(problems) > 0 {
		t.Error(problems)
	}
}
