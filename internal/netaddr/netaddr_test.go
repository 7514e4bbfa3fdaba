package netaddr

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"slices"
	"testing"
)

func TestSplit(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string][2]string{
		"127.0.0.1:8080":  {"127.0.0.1", "8080"},
		"[::1]:443":       {"::1", "443"},
		":8080":           {"", "8080"},
		"[]:8080":         {"", "8080"},
		"example.com":     {"example.com", ""},
		"example.com:":    {"example.com", ""},
		"[::1]":           {"::1", ""},
		"::1:8080":        {"", ":1:8080"},
		"a:b:c":           {"a", "b:c"},
		"[example.com]:1": {"example.com", "1"},
		"":                {"", ""},
		":":               {"", ""},
		"a]:1":            {"a]", "1"},
	} {
		host, port, ok := Split(addr)
		if !ok || host != want[0] || port != want[1] {
			t.Errorf("%q: got %q, %q, %v, want %q", addr, host, port, ok, want)
		}
	}
	for _, addr := range []string{"[", "[::1", "[::1]x", "[::1]8080", "[[::1]]:1", "[a[b]:1"} {
		if host, port, ok := Split(addr); ok {
			t.Errorf("%q: got %q, %q, want a refusal", addr, host, port)
		}
	}
}

// FuzzSplit: what is accepted comes back the same after Join.
func FuzzSplit(f *testing.F) {
	for _, seed := range []string{"127.0.0.1:80", "[::1]:443", ":1", "[]:1", "a", "::1", "[a", "a:b:c", "[a]b", "]:[", "[::1]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, addr string) {
		host, port, ok := Split(addr)
		if !ok {
			return
		}
		again := Join(host, port)
		host2, port2, ok := Split(again)
		if !ok || host2 != host || port2 != port {
			t.Errorf("%q is %q and %q; joined, %q is %q and %q (%v)", addr, host, port, again, host2, port2, ok)
		}
	})
}

// literals are texts near the edges of what is an IP address.
var literals = []string{
	"", "0", "1.2.3", "1.2.3.4", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.04", "1.2.3.0x4", " 1.2.3.4", "1.2.3.4 ", "1..3.4",
	"255.255.255.255", "localhost", "::", "::1", "1::", "::1%lo", "fe80::1%1", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7::",
	"::2:3:4:5:6:7:8", "1:2:3:4::5:6:7:8", "1:2:3:4:5:6:7:8:9", "::1::", ":::", ":1", "1:", "::ffff:1.2.3.4", "::1.2.3.4", "::01.2.3.4",
	"::1.2.3", "1.2.3.4::", "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4", "::12345", "::g", "[::1]", "2001:DB8::A", "1.2.3.4\x00", "::\n",
}

// TestIPVersionIsThatOfInetPton compares with inet_pton of the C library.
func TestIPVersionIsThatOfInetPton(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("there is no python3")
	}
	const program = `
import json, socket, sys
def version(host):
    for family, n in ((socket.AF_INET, 4), (socket.AF_INET6, 6)):
        try:
            socket.inet_pton(family, host)
            return n
        except (OSError, ValueError):
            pass
    return 0
json.dump([version(h) for h in json.load(sys.stdin)], sys.stdout)
`
	input, err := json.Marshal(literals)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(python, "-c", program)
	command.Stdin = bytes.NewReader(input)
	output, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	var want, got []int
	if err := json.Unmarshal(output, &want); err != nil {
		t.Fatal(err)
	}
	for _, host := range literals {
		got = append(got, IPVersion(host))
	}
	if !slices.Equal(got, want) {
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%q: got %d, want %d", literals[i], got[i], want[i])
			}
		}
	}
}
