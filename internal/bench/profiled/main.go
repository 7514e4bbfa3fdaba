//go:build linux

// Command profiled runs a script as silly does and writes profiles of it: see package profile. make pgo makes
// cmd/silly/default.pgo of them.
//
//	profiled prefix script.lua [arguments]
//
// What cmd/silly sets in its process (such as the pace of the garbage collector) must be set here as well.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"

	"silly/internal/bench/profile"
	"silly/internal/gcpace"
	"silly/luahost"
	"silly/modules"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: profiled prefix script.lua [arguments]")
		os.Exit(2)
	}
	log.SetOutput(io.Discard)
	profile.OnSignal(os.Args[1])
	if err := run(os.Args[2], os.Args[3:]); err != nil {
		fmt.Fprintln(os.Stderr, "profiled:", err)
		os.Exit(1)
	}
}

func run(script string, args []string) error {
	host, err := luahost.New(luahost.Options{Modules: modules.Standard()})
	if err != nil {
		return err
	}
	gcpace.Start(host.Env().Context())
	if err := host.RunFile(context.Background(), script, args...); err != nil {
		return err
	}
	return host.Close()
}
