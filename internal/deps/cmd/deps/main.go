// Command deps prints the direct dependencies of this module with versions and reasons, and fails if docs/design.md does not
// agree with go.mod. It runs in the root of the repository: make deps.
package main

import (
	"fmt"
	"os"

	"silly/internal/deps"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	gomod, err := os.ReadFile("go.mod")
	if err != nil {
		return err
	}
	page, err := os.ReadFile("docs/design.md")
	if err != nil {
		return err
	}
	list, err := deps.List(string(gomod), string(page))
	for _, d := range list {
		fmt.Printf("%s %s\n\t%s\n", d.Module, d.Version, d.Reason)
	}
	return err
}
