package stdlib

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// TestFunctionsRaiseOnAnyArguments calls every function without arguments and with unsuitable ones:
// a Lua error is right, a Go panic is not.
func TestFunctionsRaiseOnAnyArguments(t *testing.T) {
	t.Parallel()
	L := newState(t)
	runSource(t, L, "=values", `
		local function raises() error("raised") end
		odd = setmetatable({}, {__index = raises, __newindex = raises, __len = raises, __tostring = raises, __pairs = raises, __lt = raises})
		long = setmetatable({}, {__index = function(_, i) return i end, __len = function() return 1000 end})
		returns = function(...) return ... end
		raises_error = raises`)
	values := []lua.LValue{
		lua.LNil, lua.LTrue, lua.LFalse, L.GetGlobal("odd"), L.GetGlobal("long"), L.GetGlobal("returns"), L.GetGlobal("raises_error"),
		L.GetGlobal("print"), L.NewTable(), L.NewUserData(), L,
		lua.LString(""), lua.LString("x"), lua.LString("%"), lua.LString("%5.5d%q"), lua.LString("(%a*)()"), lua.LString("<!4i4s1z"),
		lua.LString("\xff\x80"), lua.LString("#"), lua.LString("10"), lua.LString("b"), lua.LString("return 1"), lua.LString("count"),
		lua.LNumber(0), lua.LNumber(1), lua.LNumber(-1), lua.LNumber(2), lua.LNumber(3), lua.LNumber(255), lua.LNumber(0.5), lua.LNumber(-1.5),
		lua.LNumber(1 << 53), lua.LNumber(-1 << 53), lua.LNumber(1 << 62), lua.LNumber(math.MaxInt64), lua.LNumber(math.MinInt64),
		lua.LNumber(math.Inf(1)), lua.LNumber(math.Inf(-1)), lua.LNumber(math.NaN()),
	}
	functions := map[string]*lua.LFunction{}
	for name, f := range functionsOf(L) {
		// It does nothing but take time.
		if name != "collectgarbage" {
			functions[name] = f
		}
	}
	if len(functions) < 70 {
		t.Fatalf("only %d functions", len(functions))
	}

	check := func(name string, f *lua.LFunction, args ...lua.LValue) {
		// Some calls, such as moving 2^62 elements, never end by themselves.
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		L.SetContext(ctx)
		L.Push(f)
		for _, arg := range args {
			L.Push(arg)
		}
		err := L.PCall(len(args), lua.MultRet, nil)
		L.RemoveContext()
		L.SetTop(0)
		var raised *lua.ApiError
		if errors.As(err, &raised) && raised.Type == lua.ApiErrorPanic {
			t.Errorf("%s(%v) panics: %v", name, args, err)
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for name, f := range functions {
		check(name, f)
		for _, value := range values {
			check(name, f, value)
		}
		for range 400 {
			args := make([]lua.LValue, 2+random.IntN(4))
			for i := range args {
				args[i] = values[random.IntN(len(values))]
			}
			check(name, f, args...)
		}
		if t.Failed() {
			return
		}
	}
}

// functionsOf returns the functions of this package in L by name.
func functionsOf(L *lua.LState) map[string]*lua.LFunction {
	plain := lua.NewState()
	defer plain.Close()
	functions := map[string]*lua.LFunction{}
	for _, prefix := range []string{"", "string.", "table.", "math.", "utf8."} {
		table, before := L.G.Global, plain.G.Global
		if name := strings.TrimSuffix(prefix, "."); name != "" {
			table = L.GetGlobal(name).(*lua.LTable)
			before, _ = plain.GetGlobal(name).(*lua.LTable)
		}
		table.ForEach(func(key, value lua.LValue) {
			f, ok := value.(*lua.LFunction)
			if !ok {
				return
			}
			if before != nil {
				if old, ok := before.RawGet(key).(*lua.LFunction); ok && reflect.ValueOf(old.GFunction).Pointer() == reflect.ValueOf(f.GFunction).Pointer() {
					return
				}
			}
			functions[prefix+key.String()] = f
		})
	}
	return functions
}

// TestFullRegistryRaises runs out of the room for results that the VM's options give.
func TestFullRegistryRaises(t *testing.T) {
	t.Parallel()
	for _, options := range []lua.Options{
		{RegistrySize: 256},
		{RegistrySize: 128, RegistryMaxSize: 1000, RegistryGrowStep: 10},
	} {
		L := lua.NewState(options)
		defer L.Close()
		Open(L)
		runSource(t, L, "=x", `
			for _, n in ipairs({200, 210, 220, 230, 240, 250, 260, 900, 950, 980, 990, 1000, 1010, 5000, 100000}) do
				pcall(table.unpack, {}, 1, n)
				pcall(string.byte, ("x"):rep(n), 1, -1)
				pcall(utf8.codepoint, ("x"):rep(n), 1, -1)
				pcall(string.unpack, ("b"):rep(n), ("x"):rep(n))
				pcall(select, -1, table.unpack({}, 1, 100))
			end
			local ok, err = pcall(table.unpack, {}, 1, 5000)
			assert(not ok and err == "x:9: too many results to unpack", err)
			local a, b, c = table.unpack({1, 2, 3})
			assert(a + b + c == 6)`)
	}
}

// TestContextEndsLongCalls cancels the context in the middle of calls that the VM cannot interrupt.
func TestContextEndsLongCalls(t *testing.T) {
	t.Parallel()
	for _, source := range []string{
		`("a"):rep(40):find(("a?"):rep(40) .. ("a"):rep(40) .. "b")`,
		`("a"):rep(400):match((".-"):rep(40) .. "b")`,
		`("a"):rep(400):gsub(("a*"):rep(40) .. "b", "")`,
		`("a"):rep(400):gmatch(("a+"):rep(40) .. "b")()`,
		`("("):rep(1e8):find("%b()")`,
		`table.move({}, 1, 1e15, 2)`,
	} {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			L := newState(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			L.SetContext(ctx)
			started := make(chan struct{})
			L.SetGlobal("started", L.NewFunction(func(*lua.LState) int {
				close(started)
				return 0
			}))
			proto, err := Compile([]byte("started() return "+source), "=x")
			if err != nil {
				t.Fatal(err)
			}
			done := make(chan error, 1)
			go func() {
				L.Push(L.NewFunctionFromProto(proto))
				done <- L.PCall(0, 0, nil)
			}()
			<-started
			cancel()
			if err := <-done; err == nil || !strings.Contains(err.Error(), "context canceled") {
				t.Errorf("got %v", err)
			}
		})
	}
}
