// Command silly runs Lua servers: scripts that require silly.net.http, silly.net.websocket, silly.task
// and silly.sync.channel and are written as plain blocking code. See silly --help.
package main

import (
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	log.SetOutput(io.Discard) // net/http tells the standard logger of peers that break the protocol
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr, signals))
}
