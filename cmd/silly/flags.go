package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
)

// A subcommand has flags, and says what is wrong with them and with the other arguments.
type subcommand interface {
	define(flags *flag.FlagSet)
	check(arguments []string) error
}

// parseCommand reads the command line of a subcommand, and returns what are no flags. If it asks for help or is wrong, done says that the
// command ends with status.
func parseCommand(c subcommand, name, usage string, args []string, stdout, stderr io.Writer) (arguments []string, status int, done bool) {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	c.define(flags)
	arguments, err := parseInterspersed(flags, args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stdout, usage)
		return nil, exitOK, true
	}
	if err == nil {
		err = c.check(arguments)
	}
	if err != nil {
		return nil, misused(stderr, "silly "+name, err.Error()), true
	}
	return arguments, exitOK, false
}

// parseInterspersed parses flags that may also stand behind the other arguments, which it returns. After
// "--" nothing is a flag.
func parseInterspersed(flags *flag.FlagSet, args []string) (rest []string, err error) {
	for {
		if err := flags.Parse(args); err != nil {
			return nil, err
		}
		parsed := args[:len(args)-flags.NArg()]
		if len(parsed) > 0 && parsed[len(parsed)-1] == "--" {
			return append(rest, flags.Args()...), nil
		}
		if flags.NArg() == 0 {
			return rest, nil
		}
		rest = append(rest, flags.Arg(0))
		args = flags.Args()[1:]
	}
}
