package main

import (
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"silly/internal/neterror"
)

// livereload tells pages in browsers to load themselves anew. They include /livereload.js, which waits for events (HTML
// Standard, section Server-sent events).
type livereload struct {
	server http.Server
	addr   net.Addr
	ended  chan struct{}

	mu      sync.Mutex
	changed chan struct{} // closed and replaced at each reload
}

// livereloadScript is what pages include.
const livereloadScript = `(() => {
  const source = new EventSource(new URL("/events", document.currentScript.src));
  source.onmessage = () => location.reload();
})();
`

// newLivereload serves pages at an address.
func newLivereload(address string) (*livereload, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("livereload: listen %s: %s", address, neterror.Reason(err))
	}
	r := &livereload{addr: l.Addr(), ended: make(chan struct{}), changed: make(chan struct{})}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livereload.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		w.Header().Set("Cache-Control", "no-cache")
		_, _ = w.Write([]byte(livereloadScript))
	})
	mux.HandleFunc("GET /events", r.events)
	r.server.Handler = mux
	r.server.ReadHeaderTimeout = 10 * time.Second
	go func() {
		defer close(r.ended)
		_ = r.server.Serve(l)
	}()
	return r, nil
}

// events sends an event at each reload.
func (r *livereload) events(w http.ResponseWriter, request *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("Access-Control-Allow-Origin", "*")
	control := http.NewResponseController(w)
	changed := r.next()
	beat := time.NewTicker(15 * time.Second)
	defer beat.Stop()
	text := "retry: 500\n\n"
	for {
		if _, err := w.Write([]byte(text)); err != nil || control.Flush() != nil {
			return
		}
		select {
		case <-changed:
			changed = r.next()
			text = "data: reload\n\n"
		case <-beat.C:
			text = ": \n\n"
		case <-request.Context().Done():
			return
		}
	}
}

// next is closed at the next reload.
func (r *livereload) next() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.changed
}

// reload has all pages load themselves anew. Any goroutine may call it.
func (r *livereload) reload() {
	r.mu.Lock()
	defer r.mu.Unlock()
	close(r.changed)
	r.changed = make(chan struct{})
}

func (r *livereload) close() {
	_ = r.server.Close()
	<-r.ended
}
