package filewatch

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const limit = 20 * time.Second

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func next(t *testing.T, w *Watcher) []string {
	t.Helper()
	select {
	case paths := <-w.Changed():
		slices.Sort(paths)
		return paths
	case <-time.After(limit):
		t.Fatal("no change is told")
		return nil
	}
}

// TestChanges: in each way in which files are changed, with and without the help of the system.
func TestChanges(t *testing.T) {
	t.Parallel()
	for name, polls := range map[string]bool{"told": false, "polled": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := New(polls)
			defer w.Close()
			folder := t.TempDir()
			a, b, missing := filepath.Join(folder, "a.lua"), filepath.Join(folder, "b.lua"), filepath.Join(folder, "missing.lua")
			write(t, a, "1")
			write(t, b, "1")
			for _, path := range []string{a, b, missing, a} {
				w.Add(path)
			}
			write(t, filepath.Join(folder, "other.lua"), "1") // nobody asked for it

			write(t, a, "22")
			if got := next(t, w); !slices.Equal(got, []string{a}) {
				t.Errorf("written: %v", got)
			}
			write(t, filepath.Join(folder, "new"), "333")
			if err := os.Rename(filepath.Join(folder, "new"), b); err != nil {
				t.Fatal(err)
			}
			if got := next(t, w); !slices.Equal(got, []string{b}) {
				t.Errorf("replaced: %v", got)
			}
			ignored := filepath.Join(folder, "ignored.lua")
			w.Add(ignored)
			w.Ignore(ignored)
			w.Add(ignored)
			write(t, ignored, "1")
			write(t, missing, "1")
			if got := next(t, w); !slices.Equal(got, []string{missing}) {
				t.Errorf("made: %v", got)
			}
			if err := os.Remove(a); err != nil {
				t.Fatal(err)
			}
			if got := next(t, w); !slices.Equal(got, []string{a}) {
				t.Errorf("removed: %v", got)
			}
		})
	}
}

// TestBurst: what changes together is told together.
func TestBurst(t *testing.T) {
	t.Parallel()
	w := New(false)
	defer w.Close()
	folder := t.TempDir()
	var paths []string
	for _, name := range []string{"a", "b", "c"} {
		path := filepath.Join(folder, name)
		write(t, path, "1")
		w.Add(path)
		paths = append(paths, path)
	}
	for _, text := range []string{"22", "333", "4444"} {
		for _, path := range paths {
			write(t, path, text)
		}
	}
	got := next(t, w)
	for len(got) < len(paths) { // a slow machine may see two bursts
		got = append(got, next(t, w)...)
	}
	slices.Sort(got)
	if !slices.Equal(slices.Compact(got), paths) {
		t.Errorf("got %v, want %v", got, paths)
	}
}
