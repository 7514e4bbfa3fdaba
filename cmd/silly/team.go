package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"silly/internal/fileerror"
	"silly/internal/gcpace"
	"silly/internal/netshare"
	"silly/internal/visible"
	"silly/luahost"
	"silly/luahost/backplane"
	"silly/luahost/hostlog"
	"silly/modules"
)

// How long a worker that has failed pauses before it starts again: the first time, at most, and how long it must have run to
// begin anew. Each pause is twice the one before.
const (
	firstPause = 100 * time.Millisecond
	maxPause   = 30 * time.Second
	goodRun    = time.Minute
)

// takeover is how long the addresses of a worker that has failed stay open for the one that starts in its place.
const takeover = 10 * time.Second

// A team runs a program in one host, or with --workers in several, and with --watch anew when its files change. Its methods are
// called from one goroutine.
type team struct {
	program program
	stdin   io.Reader
	stdout  io.Writer
	stderr  io.Writer
	signals *scriptSignals
	log     *hostlog.Log
	cancel  context.CancelFunc // of what belongs to all workers

	backplane backplane.Backplane // that of all workers, nil if they have their own

	// With --workers or --watch.
	listeners *netshare.Pool

	// With --workers.
	out, err *output
	source   string // of a program that came from standard input
	failed   int    // exit status of the workers that have failed and did not start again, or exitOK

	watch *watch // with --watch, else nil

	running  map[int]*worker // by id
	pausing  int             // workers that will start again
	version  int             // of the program: how often it was started anew
	ended    chan *worker
	restarts chan *worker // what has failed, after its pause
}

// A worker runs the program in a host.
type worker struct {
	id      int
	host    *luahost.Host
	system  *system
	version int              // of the team when it started
	member  *netshare.Member // nil without --workers and --watch
	out     *lineWriter      // nil without --workers, as is the next one
	errors  *lineWriter
	started time.Time
	pause   time.Duration // before it starts again if it fails
	err     error         // why its program ended
}

// newTeam makes a team that runs nothing yet, or returns the exit status that says why not.
func newTeam(p program, stdin io.Reader, stdout, stderr io.Writer) (t *team, status int) {
	t = &team{
		program: p, stdin: stdin, stdout: stdout, stderr: stderr,
		signals: newScriptSignals(), log: hostlog.New(stderr, nil, luahost.AllAccess{}.OpenFile),
		running: make(map[int]*worker), ended: make(chan *worker, max(1, p.workers)), restarts: make(chan *worker, p.workers),
	}
	if status := configureLog(t.log, p.settings, stderr); status != exitOK {
		t.log.Close()
		return nil, status
	}
	if t.backplane, status = openBackplane(p, t.log, stderr); status != exitOK {
		t.log.Close()
		return nil, status
	}
	if p.workers > 0 {
		t.out, t.err = &output{w: stdout}, &output{w: stderr}
		t.stderr = t.err
	}
	if t.supervised() {
		t.listeners = netshare.New(luahost.SystemNetwork{}.Listen)
	}
	if p.watch {
		var err error
		if t.watch, err = newWatch(p.livereload); err != nil {
			t.closeBackplane()
			t.log.Close()
			fmt.Fprintf(stderr, "silly: %v\n", err)
			return nil, exitFailure
		}
		if t.watch.pages != nil {
			fmt.Fprintf(stderr, "silly: livereload: http://%s/livereload.js\n", t.watch.pages.addr)
		}
	}
	var ctx context.Context
	ctx, t.cancel = context.WithCancel(context.Background())
	gcpace.Start(ctx)
	return t, exitOK
}

// close ends what belongs to all workers.
func (t *team) close() {
	t.cancel()
	if t.watch != nil {
		t.watch.close()
	}
	if t.listeners != nil {
		t.listeners.Close()
	}
	t.closeBackplane()
	t.log.Close()
}

// closeBackplane ends what carries messages.
func (t *team) closeBackplane() {
	if t.backplane != nil {
		_ = t.backplane.Close() // what could not leave any more is lost, as messages may be
	}
}

// several reports whether the team was started with --workers.
func (t *team) several() bool { return t.program.workers > 0 }

// supervised reports whether the team does something when the program ends or changes.
func (t *team) supervised() bool { return t.several() || t.program.watch }

// start runs the program for the first time.
func (t *team) start() error {
	if !t.supervised() {
		return t.startWorker(&worker{id: 1})
	}
	err := t.check()
	if err == nil {
		return t.startAll()
	}
	if t.watch == nil {
		return err
	}
	explain("silly", nil, err, t.stderr)
	t.waitForChange()
	return nil
}

// startAll runs the program in as many hosts as it wants.
func (t *team) startAll() error {
	for id := range max(1, t.program.workers) {
		if err := t.startWorker(&worker{id: id + 1, pause: firstPause}); err != nil {
			return err
		}
	}
	return nil
}

// check compiles the program once: what no worker can run, none tries to.
func (t *team) check() error {
	p := &t.program
	if t.watch != nil {
		t.watch.files.Add(p.arguments[0])
	}
	name, source := commandLine, []byte(p.code)
	if !p.inline {
		var err error
		switch name = p.arguments[0]; name {
		case "-":
			name = standardInput
			source, err = io.ReadAll(t.stdin)
			t.source, t.stdin = string(source), strings.NewReader("")
		default:
			source, err = p.readScript()
		}
		if err != nil {
			return fmt.Errorf("cannot open %s: %s", name, fileerror.Reason(err))
		}
	}
	_, err := luahost.Compile(source, name, 1)
	return err
}

// workerNetwork is the machine's network with addresses that workers share.
type workerNetwork struct {
	luahost.SystemNetwork
	member *netshare.Member
	watch  *watch // or nil
}

// Listen implements luahost.Network.
func (n workerNetwork) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	l, err := n.member.Listen(ctx, network, address)
	if err == nil && n.watch != nil {
		n.watch.listens()
	}
	return l, err
}

// ListenPacket implements luahost.PacketNetwork.
func (n workerNetwork) ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error) {
	return n.member.ListenPacket(ctx, network, address)
}

// startWorker makes the host of a worker and runs the program in it.
func (t *team) startWorker(w *worker) error {
	w.system, w.version = &system{signals: t.signals, watch: t.watch, bundle: t.program.bundle}, t.version
	options := luahost.Options{
		Modules:   modules.Standard(),
		System:    w.system,
		Stdin:     t.stdin,
		Stdout:    t.stdout,
		Stderr:    t.stderr,
		SharedLog: t.log.Share(0),
		Watchdog:  t.program.watchdog,
		Backplane: t.backplane,
	}
	if t.supervised() {
		w.member = t.listeners.Member()
		options.Network = workerNetwork{member: w.member, watch: t.watch}
	}
	if t.several() {
		t.share(w, &options)
	}
	host, err := luahost.New(options)
	if err != nil {
		return err
	}
	if w.member != nil {
		w.member.Keep(host.Env().Context())
	}
	w.host, w.started, w.err = host, time.Now(), nil
	t.running[w.id] = w
	source := t.source
	go func() {
		w.err = runIn(host, t.program, source, t.stdin)
		t.ended <- w
	}()
	return nil
}

// share gives a worker its part of what all workers share.
func (t *team) share(w *worker, options *luahost.Options) {
	w.out, w.errors = &lineWriter{to: t.out}, &lineWriter{to: t.err}
	options.Stdout, options.Stderr = w.out, w.errors
	options.SharedLog = t.log.Share(w.id)
	options.Worker = luahost.Worker{ID: w.id, Count: t.program.workers}
	if w.id > 1 {
		options.Stdin = strings.NewReader("") // the first one reads it
	}
}

// Names of programs that are not in a file.
const (
	commandLine   = "(command line)"
	standardInput = "stdin"
)

// runIn runs the program in a host. source is what was read from stdin, if the program came from there and is to run more than
// once.
func runIn(host *luahost.Host, p program, source string, stdin io.Reader) error {
	ctx := context.Background()
	switch {
	case p.prompt != nil && len(p.arguments) > 0:
		return p.prompt.Run(host, p.arguments[0], p.arguments[1:])
	case p.prompt != nil:
		return p.prompt.Run(host, "", nil)
	case p.inline:
		return host.RunString(ctx, commandLine, p.code, p.arguments...)
	case p.bundle != nil:
		source, err := p.readScript()
		if err != nil {
			return err
		}
		return host.RunSource(ctx, p.arguments[0], source, p.arguments[1:]...)
	case p.arguments[0] != "-":
		return host.RunFile(ctx, p.arguments[0], p.arguments[1:]...)
	case p.workers > 0:
		return host.RunString(ctx, standardInput, source, p.arguments[1:]...)
	default:
		return host.RunReader(ctx, standardInput, stdin, p.arguments[1:]...)
	}
}

// finish closes the host of a worker whose program has ended, and says why it did. What scripts have written goes out before.
func (t *team) finish(w *worker) (status int) {
	delete(t.running, w.id)
	logEnding(w.host, w.err)
	closeErr := w.host.Close()
	t.signals.forget(w.system)
	name := "silly"
	if w.out != nil {
		w.out.Flush()
		w.errors.Flush()
		name = fmt.Sprintf("silly: worker %d", w.id)
	}
	if t.program.prompt == nil || w.err != nil { // the person has seen what went wrong
		status = explain(name, w.host, w.err, t.stderr)
	}
	if closeErr != nil && status == exitOK {
		status = exitFailure
	}
	return status
}

// finished does what has to be done about a worker whose program has ended. over says that the program is, with status.
func (t *team) finished(w *worker) (status int, over bool) {
	status = t.finish(w)
	switch {
	case !t.supervised():
		return status, true
	case w.version != t.version:
		t.replaced(w)
		return exitOK, false
	}
	var exit *luahost.ExitError
	failed := w.err != nil && !errors.As(w.err, &exit)
	switch {
	case failed && t.program.restart && t.several():
		t.restartLater(w)
		return exitOK, false
	case (failed || exit != nil) && t.watch == nil:
		return status, true
	}
	w.member.Release()
	if status != exitOK {
		t.failed = status
	}
	over = len(t.running)+t.pausing == 0
	if over && t.watch != nil {
		if exit != nil && status != exitOK {
			fmt.Fprintf(t.stderr, "silly: the program has ended with status %d\n", status)
		}
		t.waitForChange()
		return exitOK, false
	}
	return t.failed, over
}

// restartLater starts a worker again after a pause.
func (t *team) restartLater(w *worker) {
	if time.Since(w.started) >= goodRun {
		w.pause = firstPause
	}
	fmt.Fprintf(t.stderr, "silly: worker %d starts again in %v\n", w.id, w.pause)
	next := &worker{id: w.id, version: t.version, pause: min(2*w.pause, maxPause)}
	t.pausing++
	time.AfterFunc(w.pause, func() {
		t.restarts <- next
		time.AfterFunc(takeover, w.member.Release)
	})
}

// restarted starts a worker after its pause.
func (t *team) restarted(w *worker) {
	if w.version != t.version {
		return // the program was started anew meanwhile
	}
	t.pausing--
	if err := t.startWorker(w); err != nil {
		fmt.Fprintf(t.stderr, "silly: worker %d: %s\n", w.id, visible.Text(err.Error()))
	}
}

// workers are those that run, by their id.
func (t *team) workers() []*worker {
	workers := make([]*worker, 0, len(t.running))
	for id := 1; len(workers) < len(t.running); id++ {
		if w := t.running[id]; w != nil {
			workers = append(workers, w)
		}
	}
	return workers
}

// serving reports whether any of the workers serves something.
func serving(workers []*worker) bool {
	for _, w := range workers {
		if w.host.Serving() {
			return true
		}
	}
	return false
}

// shutDown stops workers, all at a time: busy is how long one may go on computing, and grace how long handlers may go on; linger
// is for Host.Retire.
func shutDown(workers []*worker, busy, grace, linger time.Duration) {
	var all sync.WaitGroup
	for _, w := range workers {
		all.Go(func() {
			w.host.EndBusy(busy, errInterrupted)
			ctx, cancel := context.WithTimeout(context.Background(), grace)
			defer cancel()
			w.host.Retire(ctx, linger)
		})
	}
	all.Wait()
}
