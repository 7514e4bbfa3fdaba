package luahost

import (
	"context"
	"fmt"
	"os"

	"silly/internal/sched"
	"silly/luahost/hostlog"
)

// NewHost makes another host for the same program: with the modules, the world, the standard streams, the arguments and the log
// of this one, and a VM of its own. The caller must Close it before this one has ended. Any goroutine may call NewHost.
func (e *Env) NewHost() (*Host, error) {
	options := e.host.options
	options.OnError, options.Watchdog, options.Settle = nil, 0, 0
	options.SharedLog = e.host.log.Share(0)
	options.Backplane, _ = e.Backplane()
	h, err := New(options)
	if err != nil {
		return nil, err
	}
	h.arguments = e.host.arguments
	return h, nil
}

// New makes a host. The caller must Close it.
func New(options Options) (*Host, error) {
	if options.Worker == (Worker{}) {
		options.Worker = Worker{ID: 1, Count: 1}
	}
	if options.Stdin == nil {
		options.Stdin = os.Stdin
	}
	if options.Stdout == nil {
		options.Stdout = os.Stdout
	}
	if options.Stderr == nil {
		options.Stderr = os.Stderr
	}
	h := &Host{
		options: options,
		network: options.Network,
		system:  options.System,
		modules: make(map[string]Module, len(options.Modules)),
		loading: make(map[string]*load),
		awaits:  make(map[*sched.Task]*load),
		closers: make(map[*Closer]struct{}),
		exposed: exposed{},
	}
	if h.network == nil {
		h.network = SystemNetwork{}
	}
	if h.system == nil {
		h.system = AllAccess{}
	}
	for _, m := range options.Modules {
		if m.Name == "" || m.Open == nil {
			return nil, fmt.Errorf("luahost: module %q has no name or no Open function", m.Name)
		}
		if _, ok := h.modules[m.Name]; ok {
			return nil, fmt.Errorf("luahost: module %q is registered twice", m.Name)
		}
		h.modules[m.Name] = m
	}
	h.ctx, h.cancel = context.WithCancel(context.Background())
	h.handlersDone = make(chan struct{}, 1)
	h.env = &Env{h}
	h.newEngine()
	h.lockStreams()
	if h.log = options.SharedLog; h.log == nil {
		h.log = hostlog.New(h.options.Stderr, options.Log, h.system.OpenFile)
	}
	h.sched = sched.New(h.engine, h.root, hooks{h}, options.Synctest)
	if options.Origins {
		h.sched.KeepOrigins()
	}
	h.openLibraries()
	for _, m := range options.Modules {
		if m.Library {
			h.openModule(m)
		}
	}
	if options.Watchdog > 0 {
		w := &watchdog{host: h, limit: options.Watchdog, wake: make(chan struct{}, 1)}
		h.sched.Background(w.watch)
	}
	return h, nil
}
