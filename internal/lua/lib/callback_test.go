package lib

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"silly/internal/lua/vm"
)

func TestCallbacksMayYield(t *testing.T) {
	t.Parallel()
	got := run(t, "yield", `
local yield, wrap = coroutine.yield, coroutine.wrap
local function all(f)
  local co, r = wrap(function() f() return "end" end), {}
  repeat local v = co() r[#r + 1] = tostring(v) until v == "end"
  print(table.concat(r, " "))
end
all(function() print(string.gsub("abc", "%w", function(c) yield(c) return c:upper() end)) end)
all(function() print(string.gsub("abc", "%w", setmetatable({}, {__index = function(_, c) yield(c) return c .. c end}))) end)
all(function()
  local t = {3, 1, 2}
  table.sort(t, function(a, b) yield(a .. b) return a < b end)
  print(table.concat(t, ","))
end)
all(function() for k, v in pairs(setmetatable({}, {__pairs = function(t) yield("pairs") return next, {a = 1} end})) do yield(k .. v) end end)
all(function() print(tostring(setmetatable({}, {__tostring = function() yield("text") return "object" end}))) end)
all(function() for i, v in ipairs(setmetatable({}, {__index = function(_, i) if i < 3 then yield(i) return i * 10 end end})) do yield(v) end end)
`)
	want := `ABC	3
a b c end
aabbcc	3
a b c end
1,2,3
23 12 end
pairs a1 end
object
text end
1 10 2 20 end
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestCallbacksTakeNoStack(t *testing.T) {
	t.Parallel()
	got := run(t, "deep", `
local function nest(n)
  if n == 0 then return "x" end
  return (string.gsub("a", "a", function() return nest(n - 1) end))
end
print(nest(10000))
local n = 0
print(#string.gsub(string.rep("a", 100000), "a", function() n = n + 1 end), n)
local t = {}
for i = 1, 100000 do t[i] = (i * 7919) % 100003 end
table.sort(t, function(a, b) return a > b end)
print(t[1], t[100000])
`)
	if want := "x\n100000\t100000\n100002\t1\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestLongCallsCanBeInterrupted interrupts calls that would take for ever, or much longer than the test may.
func TestLongCallsCanBeInterrupted(t *testing.T) {
	for name, source := range map[string]string{
		"match":     `string.find(string.rep("a", 100), string.rep("a-", 30) .. "b")`,
		"quadratic": `string.find(string.rep("a", 10000000), "a*b")`,
		"gsub":      `local s = string.rep("a", 1000) for i = 1, 15 do s = string.gsub(s, "a", "aaaaaaaaaaaaaaaaaaaa") end`,
		"rep":       `while true do local s = string.rep("abc", 300000000) end`,
		"sort":      `local t = {} for i = 1, 1000000 do t[i] = (i * 7919) % 1000003 end while true do table.sort(t) table.sort(t, function(a, b) return a > b end) end`,
		"objects":   `local mt = {__lt = function(a, b) return a.n < b.n end} local t = {} for i = 1, 300000 do t[i] = setmetatable({n = (i * 7919) % 100003}, mt) end while true do table.sort(t) end`,
		"move":      `table.move({}, 1, math.maxinteger - 1, 2)`,
		"concat":    `table.concat(setmetatable({}, {__index = function() return "" end}), "", 1, math.maxinteger)`,
		"insert":    `table.insert(setmetatable({}, {__len = function() return 1 << 60 end}), 1, 0)`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			v := newVM(t, &out)
			f := load(t, v, name, source)
			reason := errors.New("enough")
			interrupted := make(chan time.Time, 1)
			time.AfterFunc(300*time.Millisecond, func() {
				interrupted <- time.Now()
				v.Interrupt(&vm.Abort{Reason: reason})
			})
			_, err := v.NewThread().Start(f)
			if took := time.Since(<-interrupted); took > 2*time.Second {
				t.Errorf("it took %v to end", took)
			}
			var abort *vm.Abort
			if !errors.As(err, &abort) || abort.Reason != reason {
				t.Errorf("got error %v", err)
			}
		})
	}
}

func TestOperandsOfSortStayInTheList(t *testing.T) {
	t.Parallel()
	got := run(t, "sort", `
local t = {}
for i = 1, 500 do t[i] = (i * 7919) % 501 end
for stop = 1, 3000, 97 do
  local copy, n = {table.unpack(t)}, 0
  local ok = pcall(table.sort, copy, function(a, b) n = n + 1 if n == stop then error("stop") end return a < b end)
  local seen, missing = {}, 0
  for _, v in ipairs(copy) do seen[v] = true end
  for _, v in ipairs(t) do if not seen[v] then missing = missing + 1 end end
  if #copy ~= #t or missing > 0 then print(stop, #copy, missing) end
end
print("done")
`)
	if strings.TrimSpace(got) != "done" {
		t.Errorf("got %s", got)
	}
}
