package luahost

// A Closer is something that a host closes when it stops: a listener, a connection.
type Closer struct {
	host     *Host
	shutdown func()
	close    func()
	describe func() []string
	serves   func() bool
	hold     bool
	wakes    bool
	number   uint64 // in the order of Track
	origin   []Frame
}

// Track registers a resource. The host calls shutdown (it may be nil) when a graceful stop begins
// and close when the host stops, both without the VM lock and each at most once. With hold, the
// resource keeps the program alive, as a listener does, even when no task is left.
func (e *Env) Track(hold bool, shutdown, close func()) *Closer {
	h := e.host
	h.tracked++
	c := &Closer{host: h, shutdown: shutdown, close: close, hold: hold, number: h.tracked}
	if h.options.Origins && h.sched.Current() != nil {
		c.origin = frames(h.engine.RunningTraceback())
	}
	h.closers[c] = struct{}{}
	if hold {
		h.holds++
	}
	return c
}

// Describe sets what a Snapshot says about the resource: a line each for what it consists of. f is called with the VM
// lock held. The caller holds the VM lock.
func (c *Closer) Describe(f func() []string) { c.describe = f }

// Serves sets what tells whether a task waits with the resource for whoever may come, for one that does not hold: then tasks that
// wait for one another are no deadlock, and a program that is stopped by a signal ends well (see [Host.Serving]). f is called
// with the VM lock held. The caller holds the VM lock.
func (c *Closer) Serves(f func() bool) { c.serves = f }

// Wakes says that the resource may start a task that wakes others: while it is there, tasks that wait for one another are no
// deadlock. Unlike one that holds, it does not keep the program alive when no task is left. The caller holds the VM lock.
func (c *Closer) Wakes() {
	c.wakes = true
	c.host.wakers++
}

// Forget takes the resource off the host's list without closing it. The caller holds the VM lock.
// Forgetting twice is harmless.
func (c *Closer) Forget() {
	if _, ok := c.host.closers[c]; !ok {
		return
	}
	delete(c.host.closers, c)
	if c.hold {
		c.host.holds--
	}
	if c.wakes {
		c.host.wakers--
	}
}
