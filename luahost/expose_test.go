package luahost_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"silly/internal/luatest"
	"silly/luahost"

	lua "github.com/yuin/gopher-lua"
	luar "layeh.com/gopher-luar"
)

type address struct{ City string }

type account struct {
	address
	Name    string
	Age     int
	Rate    float64
	Tags    []string
	Friends map[string]*account
	Home    address
	Parent  *account
	Renamed string `luar:"other"`
	Hidden  string `luar:"-"`
	OnEvent func(string) string
}

// Greet is a method of values and pointers.
func (a account) Greet(greeting string) string { return greeting + ", " + a.Name }

// Grow is a method of pointers.
func (a *account) Grow(years ...int) int {
	for _, n := range years {
		a.Age += n
	}
	return a.Age
}

// Check returns an error.
func (a *account) Check() (*account, error) {
	if a.Age < 18 {
		return nil, errors.New("too young")
	}
	return a, nil
}

// String makes it a fmt.Stringer.
func (a *account) String() string { return "account of " + a.Name }

// Each calls back.
func (a *account) Each(f func(int, string) bool) int {
	n := 0
	for i, tag := range a.Tags {
		n++
		if !f(i, tag) {
			break
		}
	}
	return n
}

// exposeHasWhatGopherLuarDocumentsCases are those of TestExposeHasWhatGopherLuarDocuments.
var exposeHasWhatGopherLuarDocumentsCases = []struct{ name, code string }{
	{"fields", `
			assert(ann.Name == "ann" and ann.name == "ann" and ann.Age == 30 and math.type(ann.age) == "integer")
			ann.Name, ann.age, ann.Rate = "eva", 17, 0.25
			assert(ann.name == "eva" and ann.Age == 17 and ann.rate == 0.25)
			assert(ann.City == "Berlin" and ann.Home.City == "Hamburg" and ann.other == "renamed" and ann.Parent == nil)
			ann.Home.City = "Köln" assert(ann.home.city == "Köln")
			local ok, err = pcall(function() return ann.Hidden end) assert(not ok or err == nil)
			ok, err = pcall(function() ann.Age = "old" end) assert(not ok and tostring(err):find "cannot use old", err)
			ok, err = pcall(function() ann.None = 1 end) assert(not ok and tostring(err):find "None", err)
			assert(tostring(ann) == "account of eva")
		`},
	{"methods", `
			assert(ann:Greet "hello" == "hello, ann" and ann:greet("hi") == "hi, ann")
			assert(ann:Grow() == 30 and ann:Grow(1, 2) == 33 and ann.Age == 33)
			local who, err = ann:Check() assert(who.Name == "ann" and err == nil)
			ann.Age = 3
			who, err = ann:Check()
			assert(who == nil and err:Error() == "too young")
			local seen = {}
			assert(ann:Each(function(i, tag) seen[#seen + 1] = i .. tag return i < 1 end) == 2)
			assert(table.concat(seen, " ") == "0a 1b")
			local ok, e = pcall(function() ann:Each(function() error({code = 5}) end) end)
			assert(not ok and type(e) == "table" and e.code == 5, tostring(e))
			ok, e = pcall(function() ann:Each(function() error("from the callback", 0) end) end)
			assert(not ok and e == "from the callback", tostring(e))
			ok, e = pcall(function() ann:Greet() end) assert(not ok and not tostring(e):find "internal error", e)
			ok, e = pcall(function() ann:Greet {} end) assert(not ok and not tostring(e):find "internal error", e)
			ok, e = pcall(function() ann.Greet("self", "x") end) assert(not ok and not tostring(e):find "internal error", e)
		`},
	{"slices", `
			local s = ann.Tags
			assert(#s == 3 and s[1] == "a" and s[3] == "c")
			s[2] = "B" assert(ann.Tags[2] == "B")
			local ok, err = pcall(function() return s[9] end) assert(not ok and not tostring(err):find "internal error", err)
			ok, err = pcall(function() s[1] = {} end) assert(not ok and not tostring(err):find "internal error", err)
			local got = {}
			for i, v in s() do got[#got + 1] = i .. v end
			assert(table.concat(got, " ") == "1a 2B 3c", table.concat(got, " "))
			s = s + "d" + "e" assert(#s == 5 and s[5] == "e")
			ann.Tags = {"x", "y"} assert(#ann.Tags == 2 and ann.Tags[2] == "y")
			assert(sum(numbers) == 6 and sum {1, 2, 3, 4} == 10)
		`},
	{"maps", `
			local m = ann.Friends
			assert(#m == 1 and m.bob.Name == "bob" and m["bob"]:Greet "hi" == "hi, bob" and m.none == nil)
			m.eva = ann assert(#m == 2 and m.eva.Name == "ann")
			m.bob = nil assert(#m == 1 and m.bob == nil)
			local n = 0
			for k, v in m() do n = n + 1 assert(k == "eva" and v.Name == "ann") end
			assert(n == 1)
			counts.x = 3 assert(counts.x == 3 and math.type(counts.x) == "integer" and total(counts) == 6)
			assert(total {a = 1, b = 2} == 3)
			local ok, err = pcall(function() counts.x = "three" end) assert(not ok and not tostring(err):find "internal error", err)
		`},
	{"functions", `
			assert(upper "abc" == "ABC" and join("-", "a", "b", "c") == "a-b-c" and join("-") == "")
			local q, r = divide(17, 5) assert(q == 3 and r == 2)
			local v, err = fail "x" assert(v == nil and err:Error() == "failed: x")
			assert(apply(function(s) return s .. "!" end, "hey") == "hey!")
			local double = compose(function(n) return n * 2 end) assert(double(21) == 43)
			ann.OnEvent = function(e) return "got " .. e end
			assert(fire(ann, "click") == "got click")
			assert(stack(1, "two", nil, true) == "4 number string nil boolean")
			local ok, e = pcall(upper) assert(not ok and not tostring(e):find "internal error", e)
			ok, e = pcall(upper, {}) assert(not ok and not tostring(e):find "internal error", e)
			ok, e = pcall(function() upper({}) end) assert(tostring(e):find "^code.lua:", e)
			ok, e = pcall(divide, 1, 0) assert(not ok and tostring(e):find "divide by zero", e)
			ok, e = pcall(apply, function(s) error("thrown " .. s, 0) end, "up") assert(not ok and e == "thrown up", tostring(e))
		`},
	{"values", `
			assert(text == "text" and answer == 42 and math.type(answer) == "integer" and half == 0.5 and yes == true and nothing == nil)
			assert(type(ann) == "userdata" and type(upper) == "function" and type(table1) == "table" and table1[1] == "one")
			assert(echo(7) == 7 and echo("s") == "s" and echo(nil) == nil and echo(true) == true and echo(1.5) == 1.5)
			local t = {1, 2, x = {y = 3}} assert(echo(t) == t or echo(t).x.y == 3)
			assert(ann == ann and ann.Friends.bob == ann.Friends.bob)
		`},
	{"types", `
			local a = Account() a.Name = "new" assert(a:Greet "hi" == "hi, new")
			local s = Strings(3) assert(#s == 3 and s[1] == "")
		`},
	{"channels", `
			channel("one") channel("two")
			assert(#channel == 2 and channel() == "one" and channel() == "two" and #channel == 0)
			local _ = -channel -- closes it
			local v, ok = channel() assert(v == nil and ok == false)
		`},
	{"coroutines", `
			local co = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(upper("n" .. i)) end end)
			assert(co() == "N1" and co() == "N2" and co() == "N3")
			local ok, e = coroutine.resume(coroutine.create(function() ann:Each(function() coroutine.yield() end) end))
			assert(not ok and tostring(e):find "yield", e)
			require("silly.task").fork(function() forked = upper "task" end)
			require("silly.time").sleep(1)
			assert(forked == "TASK")
		`},
	{"many", `
			for i = 1, 2000 do assert(upper("x" .. i) == "X" .. i) pcall(upper, {}) pcall(ann.Greet) end
			assert(ann:Grow(1) == 31)
		`},
}

// TestExposeHasWhatGopherLuarDocuments runs scripts with the values of an embedder.
func TestExposeHasWhatGopherLuarDocuments(t *testing.T) {
	t.Parallel()
	for _, test := range exposeHasWhatGopherLuarDocumentsCases {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var out luatest.Output
			h := luatest.NewHost(t, luahost.Options{Stdout: &out, Stderr: &out})
			ann := &account{
				address: address{"Berlin"}, Name: "ann", Age: 30, Tags: []string{"a", "b", "c"}, Home: address{"Hamburg"}, Renamed: "renamed",
				Friends: map[string]*account{"bob": {Name: "bob"}},
			}
			for name, value := range map[string]any{
				"ann": ann, "text": "text", "answer": 42, "half": 0.5, "yes": true, "nothing": nil, "numbers": []int{1, 2, 3},
				"counts": map[string]int{"a": 1, "b": 2}, "upper": strings.ToUpper, "channel": make(chan string, 2),
				"join":    func(sep string, parts ...string) string { return strings.Join(parts, sep) },
				"divide":  func(a, b int) (int, int) { return a / b, a % b },
				"fail":    func(s string) (*account, error) { return nil, fmt.Errorf("failed: %s", s) },
				"apply":   func(f func(string) string, s string) string { return f(s) },
				"compose": func(f func(int) int) func(int) int { return func(n int) int { return f(n) + 1 } },
				"fire":    func(a *account, event string) string { return a.OnEvent(event) },
				"echo":    func(v any) any { return v },
				"sum": func(list []int) (n int) {
					for _, v := range list {
						n += v
					}
					return n
				},
				"total": func(m map[string]int) (n int) {
					for _, v := range m {
						n += v
					}
					return n
				},
				"stack": func(L *luar.LState) int {
					names := []string{fmt.Sprint(L.GetTop())}
					for i := 1; i <= L.GetTop(); i++ {
						names = append(names, L.Get(i).Type().String())
					}
					L.Push(lua.LString(strings.Join(names, " ")))
					return 1
				},
			} {
				h.Expose(name, value)
			}
			h.Do(func(L *lua.LState) {
				table := L.NewTable()
				table.Append(lua.LString("one"))
				h.SetGlobal("table1", table)
				h.SetGlobal("Account", luar.NewType(L, account{}))
				h.SetGlobal("Strings", luar.NewType(L, []string{}))
			})
			if err := h.RunString(context.Background(), "code.lua", test.code); err != nil {
				t.Errorf("%v\n%s", err, out.String())
			}
		})
	}
}
