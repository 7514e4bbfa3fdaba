package api

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"silly/cmd/silly/internal/reference"
	"silly/internal/lua/value"
	"silly/luahost"
	"silly/modules"

	lua "github.com/yuin/gopher-lua"
)

var update = flag.Bool("update", false, "write api.txt anew")

// fields prints what a host has, as lines of the table without signatures. methods is a function of the test.
const fields = `
local names = {...}
for name in pairs(_G) do if name ~= "methods" then print("global " .. name) end end
for _, name in ipairs(names) do
	local module = require(name)
	print(name)
	if type(module) == "function" or (getmetatable(module) or {}).__call then print(name .. " ()") end
	if type(module) == "table" and not (getmetatable(module) or {}).__index then
		for field, value in pairs(module) do
			print(name .. " " .. field .. (type(value) == "function" and "()" or ""))
		end
	end
end
local prometheus = require "silly.metrics.prometheus"
methods("counter", prometheus.counter("a", "a"))
methods("counter with labels", prometheus.counter("b", "b", {"l"}))
methods("gauge", prometheus.gauge("c", "c"))
methods("histogram", prometheus.histogram("d", "d"))
`

// ofHost is what a host has: the lines of fields, and the methods of its classes by their names.
func ofHost(t *testing.T) (lines []string, classes map[string][]string) {
	t.Helper()
	var out bytes.Buffer
	others := make(map[string][]string)
	spy := luahost.Module{Name: "methods", Library: true, Open: func(env *luahost.Env, L *lua.LState) lua.LValue {
		return env.Function(L, "methods", func(L *lua.LState) int {
			name := luahost.CheckString(L, 1)
			index := value.GetString(value.Metatable(luahost.CheckTable(L, 2)), "__index").LTable()
			k, _, ok := value.Next(index, value.Nil)
			for ; ok && !k.IsNil(); k, _, ok = value.Next(index, k) {
				others[name] = append(others[name], k.Str())
			}
			slices.Sort(others[name])
			return 0
		})
	}}
	host, err := luahost.New(luahost.Options{
		Modules: append(modules.Standard(), spy), Stdout: &out, Stderr: os.Stderr,
	})
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
	lines = strings.Split(strings.TrimSpace(out.String()), "\n")
	slices.Sort(lines)
	// With labels the methods of a value are there to say that labels come first.
	others["counter with labels"] = slices.DeleteFunc(others["counter with labels"], func(name string) bool {
		return name != "collect" && slices.Contains(others["counter"], name)
	})
	driver, err := os.ReadFile("../suite/test.lua") // runs where tests run only
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^function T:(\w+)`).FindAllStringSubmatch(string(driver), -1) {
		others["t"] = append(others["t"], m[1])
	}
	slices.Sort(others["t"])
	classes = host.Classes()
	for name, methods := range others {
		classes[name] = methods
	}
	return slices.Compact(lines), classes
}

// signatures are those of the headings of the pages: of functions by "MODULE FIELD", and of methods by "CLASS:
// METHOD". Forms that are for nothing are described too much.
func signatures(lines, modules []string, methods map[string][]string) (found map[string]string, unused []string) {
	found = make(map[string]string)
	add := func(key, signature string) {
		if before := found[key]; before != "" && before != signature {
			signature = before + "; " + signature
		}
		found[key] = signature
	}
	for _, page := range reference.Pages() {
		if !strings.HasPrefix(page.Name, "silly") {
			continue
		}
		part := ""
		for _, s := range page.Sections {
			if s.Level == 1 {
				part = s.Heading
			}
			for _, f := range s.Forms {
				used := f.Signature == "" || f.Owner == "" // there are sentences with parentheses, too
				for _, name := range modules {
					if !f.Method && f.Signature != "" && isOf(f, page.Name, name) {
						if f.Owner != "" || slices.Contains(lines, name+" "+f.Name+"()") {
							add(name+" "+f.Name, f.Signature)
						} else if strings.HasSuffix(name, "."+f.Name) && name == page.Name { // the module is the function
							add(name+" ", strings.TrimPrefix(f.Signature, f.Name))
						}
						used = true
					}
				}
				for _, class := range Classes() {
					if f.Method && class.describedBy(page.Name, part, f.Owner) && slices.Contains(methods[class.ID], f.Name) {
						add(class.ID+": "+f.Name, f.Signature)
						used = true
					}
				}
				if !used {
					unused = append(unused, page.Name+": "+f.String())
				}
			}
		}
	}
	return found, unused
}

// isOf reports whether a form on a page is about a field of a module.
func isOf(f reference.Form, page, module string) bool {
	if f.Owner == "" && page == module {
		return true
	}
	below := page != "silly" && strings.HasPrefix(module, page+".")
	if f.Owner == "" { // all modules of the page have it
		return below
	}
	return module[strings.LastIndexByte(module, '.')+1:] == f.Owner && (module == page || below)
}

// complete gives signatures to what the pages describe in a sentence, or by saying that it is like something else.
func complete(described map[string]string, lines []string) {
	for _, line := range lines {
		key, function := strings.CutSuffix(line, "()")
		if !function || described[key] != "" {
			continue
		}
		if name, ok := strings.CutPrefix(key, "silly.adt.buffer "); ok { // the methods are functions of the module, too
			forms := strings.Split(described["silly.adt.buffer.Buffer: "+name], "; ")
			for i, form := range forms {
				forms[i] = strings.Replace(strings.Replace(form, "(", "(buffer, ", 1), ", )", ")", 1)
			}
			described[key] = strings.Join(forms, "; ")
		}
		if name, ok := strings.CutPrefix(key, "silly.net.http.Client: "); ok {
			described[key] = described["silly.net.http "+name]
		}
		if class, name, ok := strings.Cut(key, ": "); ok && described[key] == "" {
			i := slices.IndexFunc(Classes(), func(c Class) bool { return c.ID == class })
			if arguments := Classes()[i].mentioned(name); arguments != "" {
				described[key] = name + arguments
			}
		}
	}
}

var (
	word   = regexp.MustCompile("`([a-z_]+)`")
	anchor = regexp.MustCompile(`\]\(#([a-z]+)\)`)
	heads  = regexp.MustCompile(`(?m)^\| (?:option|field)[^|]*\| (?:default|type) \|`)
)

// optionsOf are the names that the section about a function of a module has for options, and which argument they are.
// It is every word that is written as code there, or in a section to which it refers, if it has a table of options: a
// name too many does no harm.
func optionsOf(key, signature string) (argument int, names []string) {
	module, name, ok := strings.Cut(key, " ")
	arguments, _, _ := strings.Cut(signature, ")")
	arguments = strings.TrimRight(arguments, " ]")
	if !ok || strings.HasSuffix(module, ":") || strings.Contains(signature, "; ") ||
		!strings.HasSuffix(arguments, "opts") && !strings.HasSuffix(arguments, "conf") {
		return 0, nil
	}
	last := module[strings.LastIndexByte(module, '.')+1:]
	for _, s := range reference.Find(last + "." + name) {
		if s.Page.Name != module {
			continue
		}
		text := s.Text
		for _, m := range anchor.FindAllStringSubmatch(s.Text, -1) {
			for _, other := range s.Page.Sections {
				if strings.EqualFold(other.Heading, m[1]) {
					text += other.Text
				}
			}
		}
		if !heads.MatchString(text) {
			return 0, nil
		}
		for _, m := range word.FindAllStringSubmatch(text, -1) {
			names = append(names, m[1])
		}
		slices.Sort(names)
		return strings.Count(arguments, ",") + 1, slices.Compact(names)
	}
	return 0, nil
}

// mentioned are the arguments of a method in the first `owner:name(...)` of a page about the class.
func (c Class) mentioned(name string) string {
	for _, page := range reference.Pages() {
		if !c.describedBy(page.Name, c.Part, c.Owner) {
			continue
		}
		_, rest, ok := strings.Cut(page.Text, "`"+c.Owner+":"+name+"(")
		if arguments, _, closed := strings.Cut(rest, ")`"); ok && closed && !strings.Contains(arguments, "`") {
			return "(" + arguments + ")"
		}
	}
	return ""
}

// TestTable: api.txt is what a host has, and what the reference says about it. Every class has its name there.
func TestTable(t *testing.T) {
	t.Parallel()
	lines, classes := ofHost(t)
	methods := make(map[string][]string)
	for _, c := range Classes() {
		list, ok := classes[c.Host]
		if !ok {
			t.Errorf("no host has the class %s", c.Host)
		}
		delete(classes, c.Host)
		methods[c.ID] = list
		lines = append(lines, c.ID+":")
		for _, name := range list {
			lines = append(lines, c.ID+": "+name+"()")
		}
	}
	for name := range classes {
		t.Errorf("the class %s is not among Classes", name)
	}
	var names []string
	for _, line := range lines {
		if !strings.Contains(line, " ") && !strings.HasSuffix(line, ":") {
			names = append(names, line)
		}
	}
	described, unused := signatures(lines, names, methods)
	complete(described, lines)
	var b strings.Builder
	for _, line := range lines {
		key, function := strings.CutSuffix(line, "()")
		if function && described[key] != "" {
			line = key[:strings.LastIndexByte(key, ' ')+1] + described[key]
		} else if function {
			line = key + unknown
		}
		if n, names := optionsOf(key, described[key]); n > 0 {
			line += fmt.Sprintf("\n%s{} %d %s", key, n, strings.Join(names, " "))
		}
		delete(described, key)
		delete(described, strings.TrimSuffix(key, "()"))
		b.WriteString(line + "\n")
	}
	for key := range described {
		unused = append(unused, key)
	}
	for _, key := range unused {
		t.Errorf("docs/ describe %s, which is not there", key)
	}
	if *update {
		if err := os.WriteFile("api.txt", []byte(b.String()), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if b.String() != table {
		t.Error("api.txt is not what the host has and docs/ say: go test ./cmd/silly/internal/api -run Table -update")
	}
}
