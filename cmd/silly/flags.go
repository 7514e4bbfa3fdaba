package main

import "flag"

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
