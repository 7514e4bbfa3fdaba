// Command silly runs Lua servers: scripts that require silly.net.http, silly.net.websocket, silly.task
// and silly.sync.channel and are written as plain blocking code. See silly --help.
package main

import (
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"

	"silly/internal/orphan"
)

func main() {
	log.SetOutput(io.Discard) // net/http tells the standard logger of peers that break the protocol
	orphan.Reap()
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr, listen()))
}

// listen returns the signals that silly handles. Those that it was started to ignore stay ignored, as nohup wants it.
func listen() <-chan os.Signal {
	signals := make(chan os.Signal, 4)
	for _, s := range handledSignals() {
		if !signal.Ignored(s) {
			signal.Notify(signals, s)
		}
	}
	return signals
}

// handledSignals are those that silly does something about.
func handledSignals() []os.Signal {
	return append(reopenSignals(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGPIPE)
}
