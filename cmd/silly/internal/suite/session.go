package suite

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"silly/cmd/silly/internal/results"
	"silly/internal/virtualtime"
	"silly/luahost"
)

// A session is one host in which tests run, and what has become of them.
type session struct {
	runner   *runner
	realtime bool
	first    bool // the tests of the file are not known yet
	broken   bool // the file cannot be loaded, or has nothing to run
	cancel   context.CancelCauseFunc

	host  atomic.Pointer[luahost.Host] // while it runs
	late  atomic.Bool                  // a test has taken more than its time
	watch *virtualtime.Watch

	// The holder of the VM lock owns these, and nobody else after the run.
	test     *part // that runs, its innermost part first; nil between tests
	index    int   // its number
	failures []*results.Failure
	before   map[itemKey]struct{} // what there was when the test began
	parts    int64                // that have begun
	over     bool                 // nothing more is to run
	busy     *results.Failure     // of a task that has taken too long

	mu     sync.Mutex // what tasks write may come from any goroutine
	output results.Output
}

// A part is a test, or a part of one that t:run runs.
type part struct {
	name   string
	line   int
	number int64              // tells it from others
	outer  *part              // that was the innermost when it began
	errors []*results.Failure // of other tasks
}

// An itemKey tells an item of the inventory from others.
type itemKey struct {
	kind   string
	number uint64
}

// result begins the result of a part.
func (s *session) result(p *part) results.Result {
	return results.Result{File: s.runner.job.Name, Line: p.line, Heading: p.name}
}

// enter begins a test or a part of one.
func (s *session) enter(name string, line int) {
	s.parts++
	s.test = &part{name: name, line: line, number: s.parts, outer: s.test}
	s.watch.Begin(s.runner.job.Timeout)
}

// leave ends a part that has begun, and tells of it unless it has parts that tell for it.
func (s *session) leave(p *part, failures []*results.Failure, skip *string, parts int) {
	at := &s.test
	for *at != p { // tasks may end their parts in another order
		at = &(*at).outer
	}
	*at = p.outer
	r := s.result(p)
	failures = append(failures, p.errors...)
	switch {
	case len(failures) > 0:
		r.Status = results.Failed
		r.Failure = joined(failures)
	case skip != nil:
		r.Status, r.Reason = results.Skipped, *skip
	}
	if failures != nil || skip != nil || parts == 0 {
		s.mu.Lock()
		r.Output, r.Truncated = s.output.String(), s.output.Truncated
		s.output = results.Output{Max: MaxOutput}
		s.mu.Unlock()
		s.runner.tell(event{Kind: ended, Index: s.index, Result: r})
	}
	s.watch.Begin(s.runner.job.Timeout)
}

// finish ends the test. Parts that have not ended are part of what it has left behind.
func (s *session) finish(failures []*results.Failure, skip *string, parts int) {
	p := s.test
	for ; p.outer != nil; p = p.outer {
		failures = append(failures, p.errors...)
	}
	s.test = p
	s.leave(p, failures, skip, parts)
	s.runner.done = append(s.runner.done, s.index)
	s.runner.tell(event{Kind: finished, Index: s.index})
}

// joined is one failure for several.
func joined(all []*results.Failure) *results.Failure {
	f := *all[0]
	for _, more := range all[1:] {
		place := ""
		if more.Line > 0 {
			place = fmt.Sprintf("%s:%d: ", more.File, more.Line)
		}
		f.Message += "\nand " + place + more.Message
		if f.Diff == nil {
			f.Diff = more.Diff
		}
		f.Tasks = append(f.Tasks, more.Tasks...)
	}
	return &f
}

// stopped is called when the host's program has ended, with the reason. If a test was running, that has failed.
func (s *session) stopped(err, cause error) {
	var exit *luahost.ExitError
	var deadlock *luahost.DeadlockError
	var failure *luahost.Error
	f := &results.Failure{File: s.runner.job.Name, Line: 1}
	if s.test != nil {
		f.Line = s.test.line
	}
	switch {
	case s.over:
		return
	case err == nil:
		f.Message = "it has ended the program"
	case s.busy != nil:
		f = s.busy
		f.Message = s.lateness()
	case errors.As(err, &exit):
		f.Message = fmt.Sprintf("it has ended the program, with exit status %d", exit.Status)
	case errors.As(err, &deadlock):
		others := luahost.DeadlockError{Waiting: deadlock.Waiting}
		if s.test != nil {
			others.Waiting-- // the driver, which has loaded the file before
		}
		f.Message, f.Tasks = others.Error(), describeTasks(deadlock.Tasks)
	case s.late.Load():
		f.Message = s.lateness()
		if errors.As(err, &failure) {
			f.Traceback, f.Tasks = traceback(failure.Traceback), describeTasks(failure.Tasks)
		}
	case errors.Is(cause, errForever):
		f.Message = "it waits for ever: nothing is left that could happen"
		if errors.As(err, &failure) {
			f.Tasks = describeTasks(failure.Tasks)
		}
	case errors.As(err, &failure):
		f = s.describe(failure)
	default:
		f.Message = err.Error()
	}
	if place, ok := s.placeIn(append(f.Tasks, f.Traceback...)); ok {
		f.File, f.Line = s.runner.job.Name, place
	}
	s.fail(f)
}

// lateness says that a test has taken too long.
func (s *session) lateness() string {
	text := fmt.Sprintf("still busy after %v", s.runner.job.Timeout)
	if !s.realtime {
		text += "\n(in virtual time the clock stands still while code computes)"
	}
	return text
}

// fail says that the test that runs has failed, or the file if none does, and that nothing more runs in the host.
func (s *session) fail(f *results.Failure) {
	if s.test == nil {
		s.broken = true
		s.enter("", f.Line)
		s.leave(s.test, []*results.Failure{f}, nil, 0)
		return
	}
	if s.test.outer == nil {
		s.finish([]*results.Failure{f}, nil, 0)
		return
	}
	s.leave(s.test, []*results.Failure{f}, nil, 1)
	for s.test.outer != nil {
		s.leave(s.test, nil, nil, 1)
	}
	s.finish(nil, nil, 1)
}

// lost is called when virtual time has come to an end because goroutines are stuck.
func (s *session) lost(err error) {
	s.fail(&results.Failure{File: s.runner.job.Name, Line: s.test.line, Message: "it has left something that never ends: " + err.Error()})
}

// taskFailed is told of the errors that no script caught.
func (s *session) taskFailed(failure *luahost.Error) {
	f := s.describe(failure)
	switch {
	case errors.Is(failure.Cause, errTimeout):
		s.busy = f
		s.cancel(errTimeout)
		return
	case isFailure(failure):
		return // the test knows it
	}
	f.Message = "in a task: " + f.Message
	const most = 10
	if p := s.test; p != nil {
		if len(p.errors) < most {
			p.errors = append(p.errors, f)
		}
		return
	}
	s.enter("", f.Line)
	s.leave(s.test, []*results.Failure{f}, nil, 0)
}

// describe makes a failure of an error.
func (s *session) describe(failure *luahost.Error) *results.Failure {
	return s.failure(failure.Message, failure.Traceback)
}

// failure is one at the place that a message begins with, or else where the traceback begins.
func (s *session) failure(message string, frames []luahost.Frame) *results.Failure {
	f := &results.Failure{File: s.runner.job.Name, Message: message, Traceback: traceback(frames)}
	if s.test != nil {
		f.Line = s.test.line
	}
	for _, frame := range frames {
		if frame.Line > 0 && frame.Source != driverName {
			f.File, f.Line = s.file(frame.Source), frame.Line
			break
		}
	}
	for _, source := range append(sources(frames), s.runner.source) {
		rest, ok := strings.CutPrefix(message, source+":")
		if !ok {
			continue
		}
		var line int
		if n, err := fmt.Sscanf(rest, "%d:", &line); n == 1 && err == nil {
			_, text, _ := strings.Cut(rest, ": ")
			f.Message = text
			if source != driverName { // an error of a function that the driver calls is the test's
				f.File, f.Line = s.file(source), line
			}
			break
		}
	}
	return f
}

// file is the name of a file that is called source in tracebacks.
func (s *session) file(source string) string {
	if source == s.runner.source {
		return s.runner.job.Name
	}
	return source
}

// sources are the files of a traceback.
func sources(frames []luahost.Frame) []string {
	var names []string
	for _, f := range frames {
		if f.Line > 0 {
			names = append(names, f.Source)
		}
	}
	return names
}

// traceback is that of a script, without the calls of the driver.
func traceback(frames []luahost.Frame) []string {
	if i := slices.IndexFunc(frames, func(f luahost.Frame) bool { return f.Source == driverName }); i >= 0 && isDriver(frames[:i]) {
		frames = frames[i:] // what the driver has called
	}
	var lines []string
	for i, f := range frames {
		if f.Source != driverName && (f.Line > 0 || i+1 == len(frames) || frames[i+1].Source != driverName) {
			lines = append(lines, f.String())
		}
	}
	return lines
}

// isDriver reports whether there are only native functions.
func isDriver(frames []luahost.Frame) bool {
	return !slices.ContainsFunc(frames, func(f luahost.Frame) bool { return f.Line > 0 })
}

// describeTasks are the tasks of a report, without that of the driver.
func describeTasks(reports []luahost.TaskReport) []string {
	const most = 10
	var tasks []string
	for _, r := range reports {
		calls := traceback(r.Traceback)
		if len(calls) == 0 && len(r.Traceback) > 0 {
			continue
		}
		if len(tasks) == most {
			tasks = append(tasks, fmt.Sprintf("and %d more", len(reports)-most))
			break
		}
		tasks = append(tasks, results.Task(r.Name, r.WaitsFor, string(r.Status), calls))
	}
	return tasks
}

// placeIn is the first line of the test file that calls name.
func (s *session) placeIn(calls []string) (line int, ok bool) {
	for _, text := range calls {
		for call := range strings.SplitSeq(text, "\n") {
			rest, found := strings.CutPrefix(call, s.runner.source+":")
			if !found {
				continue
			}
			if n, err := fmt.Sscanf(rest, "%d:", &line); n == 1 && err == nil {
				return line, true
			}
		}
	}
	return 0, false
}

// Write takes what a test prints. Any goroutine may call it.
func (s *session) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.output.Add(p)
	return len(p), nil
}

// megabytes is a number of bytes for people.
func megabytes(n int) string { return fmt.Sprintf("%d MiB", n>>20) }
