package check

import "testing"

const root = "../../../.."

func TestArguments(t *testing.T) {
	t.Parallel()
	for signature, want := range map[string][2]int{
		"now() -> integer":                          {0, 0},
		"sleep(ms)":                                 {1, 1},
		"get(url [, header [, opts]]) -> x":         {1, 3},
		"exit([status])":                            {0, 1},
		"debug(...)":                                {0, -1},
		"invoke(worker, ...) -> results":            {1, -1},
		"ok(value [, message, ...])":                {1, -1},
		"keep(pattern, {count, age}) -> true":       {2, 2},
		"join(new, old) -> x; join(a, b, c, d)":     {2, 4},
		"read(n | delim [, timeout]) -> data | nil": {1, 2},
	} {
		if low, high := arguments(signature); low != want[0] || high != want[1] {
			t.Errorf("%s takes from %d to %d arguments, want %v", signature, low, high, want)
		}
	}
}
