package check

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"silly/luahost"
	"silly/modules"
)

var update = flag.Bool("update", false, "write api.txt anew")

const root = "../../../.."

// fields prints what a host has, as lines of the table without signatures.
const fields = `
local names = {...}
for name in pairs(_G) do print("global " .. name) end
for _, name in ipairs(names) do
	local module = require(name)
	print(name)
	if type(module) == "table" and not (getmetatable(module) or {}).__index then
		for field, value in pairs(module) do
			print(name .. " " .. field .. (type(value) == "function" and "()" or ""))
		end
	end
end
`

// ofHost is what fields prints, sorted.
func ofHost(t *testing.T) []string {
	t.Helper()
	var out bytes.Buffer
	host, err := luahost.New(luahost.Options{Modules: modules.Standard(), Stdout: &out, Stderr: os.Stderr})
	if err != nil {
		t.Fatal(err)
	}
	defer host.Close()
	var names []string
	for _, m := range modules.Standard() {
		if strings.HasPrefix(m.Name, "silly") {
			names = append(names, m.Name)
		}
	}
	if err := host.RunString(context.Background(), "fields", fields, names...); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	slices.Sort(lines)
	return slices.Compact(lines)
}

var (
	heading = regexp.MustCompile(`(?m)^##+ (.*\(.*)$`)
	form    = regexp.MustCompile(`([a-z0-9_]+)\.([A-Za-z0-9_]+)(\([^()]*\)( -> [^(]*?)?)(?:, [a-z0-9_]+\.[A-Za-z0-9_]+\(|$)`)
)

// signatures are those of the headings of the pages in docs/, by "MODULE FIELD".
func signatures(t *testing.T, names []string) map[string]string {
	t.Helper()
	pages, err := filepath.Glob(filepath.Join(root, "docs", "silly*.md"))
	if err != nil || len(pages) < 20 {
		t.Fatal(pages, err)
	}
	found := make(map[string]string)
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		base := strings.TrimSuffix(filepath.Base(page), ".md")
		for _, h := range heading.FindAllStringSubmatch(string(text), -1) {
			for rest := h[1]; ; {
				at := form.FindStringSubmatchIndex(rest)
				if at == nil {
					break
				}
				alias, field, signature := rest[at[2]:at[3]], rest[at[4]:at[5]], rest[at[6]:at[7]]
				rest = rest[at[7]:]
				for _, name := range names {
					last := name[strings.LastIndexByte(name, '.')+1:]
					if last != alias || name != base && (base == "silly" || !strings.HasPrefix(name, base+".")) {
						continue
					}
					key := name + " " + field
					if found[key] != "" {
						signature = found[key] + "; " + field + signature
					} else {
						signature = field + signature
					}
					found[key] = signature
				}
			}
		}
	}
	return found
}

// TestTable: api.txt is what a host has, and what the reference says about it.
func TestTable(t *testing.T) {
	t.Parallel()
	lines := ofHost(t)
	var names []string
	for _, line := range lines {
		if !strings.Contains(line, " ") {
			names = append(names, line)
		}
	}
	described := signatures(t, names)
	var b strings.Builder
	for _, line := range lines {
		key, function := strings.CutSuffix(line, "()")
		if function && described[key] != "" {
			key += " " + described[key]
		}
		delete(described, strings.TrimSuffix(line, "()"))
		b.WriteString(key + "\n")
	}
	for key := range described {
		t.Errorf("docs/ describe %s, which is not there", key)
	}
	if *update {
		if err := os.WriteFile("api.txt", []byte(b.String()), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if b.String() != table {
		t.Error("api.txt is not what the host has and docs/ say: go test ./cmd/silly/internal/check -run Table -update")
	}
}

func TestArguments(t *testing.T) {
	t.Parallel()
	for signature, want := range map[string][2]int{
		"now() -> integer":                          {0, 0},
		"sleep(ms)":                                 {1, 1},
		"get(url [, header [, opts]]) -> x":         {1, 3},
		"exit([status])":                            {0, 1},
		"debug(...)":                                {0, -1},
		"invoke(worker, ...) -> results":            {1, -1},
		"keep(pattern, {count, age}) -> true":       {2, 2},
		"join(new, old) -> x; join(a, b, c, d)":     {2, 4},
		"read(n | delim [, timeout]) -> data | nil": {1, 2},
	} {
		if low, high := arguments(signature); low != want[0] || high != want[1] {
			t.Errorf("%s takes from %d to %d arguments, want %v", signature, low, high, want)
		}
	}
}
