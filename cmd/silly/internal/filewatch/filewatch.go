// Package filewatch tells when files change, such as those that a program has loaded.
package filewatch

import (
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

const (
	// quiet is how long nothing may happen before changes are told: an editor, or git, changes files in bursts.
	quiet = 100 * time.Millisecond
	// pollInterval is how often files are looked at when the system does not tell of changes.
	pollInterval = 500 * time.Millisecond
	// maxFiles is how many files are watched at most.
	maxFiles = 10_000
)

// A Watcher watches a set of files. Any goroutine may call its methods.
type Watcher struct {
	changed chan []string
	stop    chan struct{}
	ended   chan struct{}
	notify  *fsnotify.Watcher // nil where the system tells nothing: the files are looked at now and then

	mu      sync.Mutex
	files   map[string]state
	ignored map[string]struct{}
	folders map[string]struct{} // that notify watches
	blind   bool                // some folder cannot be watched
}

// A state is what tells that a file is another one.
type state struct {
	exists bool
	size   int64
	time   time.Time
}

func stateOf(path string) state {
	info, err := os.Stat(path)
	if err != nil {
		return state{}
	}
	return state{true, info.Size(), info.ModTime()}
}

// New makes a Watcher without files. polls says that files are looked at now and then, whatever the system tells.
func New(polls bool) *Watcher {
	w := &Watcher{
		changed: make(chan []string), stop: make(chan struct{}), ended: make(chan struct{}),
		files: make(map[string]state), ignored: make(map[string]struct{}), folders: make(map[string]struct{}), blind: polls,
	}
	if !polls {
		w.notify, _ = fsnotify.NewWatcher() // too many may be open
	}
	w.blind = w.notify == nil
	go w.run()
	return w
}

// Changed gets the files that have changed, after each burst of changes.
func (w *Watcher) Changed() <-chan []string { return w.changed }

// Close ends the watch.
func (w *Watcher) Close() {
	close(w.stop)
	<-w.ended
	if w.notify != nil {
		_ = w.notify.Close()
	}
}

// Add watches a file, which need not exist, as it is now.
func (w *Watcher) Add(path string) {
	path, err := filepath.Abs(path)
	if err != nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	_, watched := w.files[path]
	_, ignored := w.ignored[path]
	if watched || ignored || len(w.files) >= maxFiles {
		return
	}
	// The folder is watched before the file is looked at, and not the file: editors put another one in its place.
	w.addFolder(filepath.Dir(path))
	w.files[path] = stateOf(path)
}

// Ignore says that a file is not watched, now and later: the program itself changes it.
func (w *Watcher) Ignore(path string) {
	path, err := filepath.Abs(path)
	if err != nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.files, path)
	if len(w.ignored) < maxFiles {
		w.ignored[path] = struct{}{}
	}
}

// addFolder has the system tell of changes in a folder. w.mu is held.
func (w *Watcher) addFolder(folder string) {
	if _, ok := w.folders[folder]; ok || w.notify == nil {
		return
	}
	w.folders[folder] = struct{}{}
	if w.notify.Add(folder) != nil {
		w.blind = true
	}
}

// isBlind reports whether files must be looked at now and then.
func (w *Watcher) isBlind() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.blind
}

// run looks at the files when something may have changed.
func (w *Watcher) run() {
	defer close(w.ended)
	var events <-chan fsnotify.Event
	var errors <-chan error
	if w.notify != nil {
		events, errors = w.notify.Events, w.notify.Errors
	}
	poll := time.NewTicker(pollInterval)
	defer poll.Stop()
	calm := time.NewTimer(0)
	<-calm.C
	for {
		select {
		case <-w.stop:
			return
		case <-events:
			calm.Reset(quiet)
		case <-errors: // events were lost
			calm.Reset(quiet)
		case <-poll.C:
			if w.isBlind() && len(w.different(false)) > 0 {
				calm.Reset(quiet)
			}
		case <-calm.C:
			if paths := w.different(true); len(paths) > 0 {
				select {
				case w.changed <- paths:
				case <-w.stop:
					return
				}
			}
		}
	}
}

// different returns the files that are not as they were; with remember, they are as they should be from now on.
func (w *Watcher) different(remember bool) (paths []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for path, before := range w.files {
		now := stateOf(path)
		if now == before {
			continue
		}
		paths = append(paths, path)
		if remember {
			w.files[path] = now
		}
	}
	return paths
}
