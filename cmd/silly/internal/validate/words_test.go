package validate

import (
	"strings"
	"testing"
	"time"

	"silly/internal/markdown"
)

func TestParseWords(t *testing.T) {
	t.Parallel()
	tests := []struct {
		info string
		want Words
	}{
		{"", Words{}},
		{"lua", Words{}},
		{"lua validate", Words{Validate: true}},
		{"LUA,validate", Words{Validate: true}},
		{"validate", Words{Validate: true}},
		{" ,\tlua ,, validate\t,no_run\n", Words{Validate: true, NoRun: true}},
		{"ignore", Words{Ignore: true}},
		{"ignore=later", Words{Ignore: true, IgnoreReason: "later"}},
		{`ignore="needs, say, a printer"`, Words{Ignore: true, IgnoreReason: "needs, say, a printer"}},
		{"fails", Words{Fails: true}},
		{"fails=%d+ net", Words{Fails: true, FailsPattern: "%d+", Net: true}},
		{`fails='it\'s "so"'`, Words{Fails: true, FailsPattern: `it's "so"`}},
		{`fails="a \"b\" \\ \d \' = c"`, Words{Fails: true, FailsPattern: `a "b" \ \d \' = c`}},
		{`fails=a"b"=c`, Words{Fails: true, FailsPattern: `a"b"=c`}},
		{"syntax_error", Words{SyntaxError: true}},
		{"continue exit=0", Words{Continue: true, HasExit: true}},
		{"exit=255,timeout=1m30s", Words{HasExit: true, Exit: 255, Timeout: 90 * time.Second}},
		{"timeout='2s'", Words{Timeout: 2 * time.Second}},
		{"no_run ignore", Words{NoRun: true, Ignore: true}},
		{"fails ignore=x timeout=1s continue", Words{Fails: true, Ignore: true, IgnoreReason: "x", Timeout: time.Second, Continue: true}},
	}
	for _, test := range tests {
		got, err := parseInfo(test.info)
		if err != nil || got != test.want {
			t.Errorf("words of %q are %+v, %v, want %+v", test.info, got, err, test.want)
		}
	}
}

func TestParseWordsNamesTheWrongWord(t *testing.T) {
	t.Parallel()
	tests := []struct{ info, want string }{
		{"lua no-run", "unknown word 'no-run', did you mean 'no_run'?"},
		{"lua syntaxerror", "unknown word 'syntaxerror', did you mean 'syntax_error'?"},
		{"Validate", "unknown word 'Validate', did you mean 'validate'?"},
		{"nett", "unknown word 'nett', did you mean 'net'?"},
		{"x", "unknown word 'x', known are validate, no_run, ignore, fails, syntax_error, continue, timeout, exit, net"},
		{"lua lua", "unknown word 'lua', known are "},
		{"=x", "unknown word '', known are "},
		{strings.Repeat("a", 1<<20), "unknown word 'aaa"},
		{"no_run no_run", "word 'no_run' is given twice"},
		{"timeout=1s timeout=2s", "word 'timeout' is given twice"},
		{"no_run=1", "word 'no_run' takes no value"},
		{"validate=", "word 'validate' takes no value"},
		{"ignore=", "word 'ignore' needs a value after '=', such as ignore=reason"},
		{`fails=""`, `word 'fails' needs a value after '=', such as fails="lua pattern"`},
		{"timeout", "word 'timeout' needs a value after '=', such as timeout=2s"},
		{"exit", "word 'exit' needs a value after '=', such as exit=1"},
		{"timeout=fast", "bad value of 'timeout': 'fast' is not a time such as 500ms, 2s or 1m"},
		{"timeout=2", "bad value of 'timeout': '2' is not"},
		{"timeout=0s", "bad value of 'timeout': '0s' is not"},
		{"timeout=-1s", "bad value of 'timeout': '-1s' is not"},
		{"exit=x", "bad value of 'exit': 'x' is not a status from 0 to 255"},
		{"exit=256", "bad value of 'exit': '256' is not"},
		{"exit=-1", "bad value of 'exit': '-1' is not"},
		{"exit=+1", "bad value of 'exit': '+1' is not"},
		{`fails="a`, "quote in the value of 'fails' is never closed"},
		{`fails="a\"`, "quote in the value of 'fails' is never closed"},
		{`fails="a"b`, "no space after the quoted value of 'fails'"},
		{"no_run fails", "words 'no_run' and 'fails' contradict each other"},
		{"no_run continue", "words 'no_run' and 'continue' contradict each other"},
		{"syntax_error no_run", "words 'no_run' and 'syntax_error' contradict each other"},
		{"fails syntax_error", "words 'syntax_error' and 'fails' contradict each other"},
		{"continue syntax_error", "words 'syntax_error' and 'continue' contradict each other"},
		{"fails exit=1", "words 'exit' and 'fails' contradict each other"},
		{"exit=1 no_run", "words 'no_run' and 'exit' contradict each other"},
		{"exit=1 syntax_error", "words 'syntax_error' and 'exit' contradict each other"},
	}
	for _, test := range tests {
		got, err := parseInfo(test.info)
		if err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("error for %.100q is %v, want %s", test.info, err, test.want)
		}
		if got != (Words{}) {
			t.Errorf("words of %q are %+v beside an error", test.info, got)
		}
	}
}

func TestSelect(t *testing.T) {
	t.Parallel()
	comment := func(info, text string) markdown.Block {
		return markdown.Block{Info: info, Comment: text, HasComment: true, Closed: true}
	}
	info := func(info string) markdown.Block { return markdown.Block{Info: info, Closed: true} }
	tests := []struct {
		name     string
		block    markdown.Block
		allLua   bool
		want     Words
		selected bool
		err      string
	}{
		{"no info", info(""), true, Words{}, false, ""},
		{"other language", info("js validate"), true, Words{}, false, ""},
		{"other language that begins with lua", info("luau validate"), true, Words{}, false, ""},
		{"lua with a value", info("lua=1 validate"), true, Words{}, false, ""},
		{"plain lua", info("lua"), false, Words{}, false, ""},
		{"plain lua with words", info("lua no_run {1,3}"), false, Words{}, false, ""},
		{"validate", info("lua validate"), false, Words{Validate: true}, true, ""},
		{"validate later, between commas", info("Lua no_run,validate,net"), false, Words{Validate: true, NoRun: true, Net: true}, true, ""},
		{"unknown word", info("lua validate no-run"), false, Words{}, true, "unknown word 'no-run', did you mean 'no_run'?"},
		{"nearly validate", info("lua validat"), false, Words{}, true, "unknown word 'validat', did you mean 'validate'?"},
		{"validate beside its double", info("lua validate vaildate"), false, Words{}, true, "unknown word 'vaildate', did you mean 'validate'?"},
		{"validate with a value", info("lua validate=yes"), false, Words{}, true, "word 'validate' takes no value"},
		{"validate only in a value", info(`lua title="x validate"`), false, Words{}, false, ""},
		{"all", info("lua"), true, Words{}, true, ""},
		{"all with other words", info(`lua {1,3} title="a no_run" net x="`), true, Words{Net: true}, true, ""},
		{"all with a bad value", info("lua exit=no"), true, Words{}, true, "bad value of 'exit': 'no' is not a status from 0 to 255"},
		{"comment", comment("lua", "no_run"), false, Words{NoRun: true}, true, ""},
		{"empty comment", comment("lua", ""), false, Words{}, true, ""},
		{"comment before a block without info", comment("", "net"), false, Words{Net: true}, true, ""},
		{"comment with lua and validate", comment("lua validate", "lua validate\nnet"), false, Words{Validate: true, Net: true}, true, ""},
		{"comment and info", comment("lua timeout=1s", "fails=x"), false, Words{Fails: true, FailsPattern: "x", Timeout: time.Second}, true, ""},
		{"the same in both", comment("lua net", "net"), false, Words{}, true, "word 'net' is given twice"},
		{"contradiction of both", comment("lua no_run", "fails"), false, Words{}, true, "words 'no_run' and 'fails' contradict each other"},
		{"unknown word in a comment", comment("lua", "no_runn"), false, Words{}, true, "unknown word 'no_runn', did you mean 'no_run'?"},
		{"another word beside a comment", comment("lua title=x ignore=y", "net"), false, Words{Net: true, Ignore: true, IgnoreReason: "y"}, true, ""},
		{"comment before another language", comment("python x", "net"), false, Words{}, true, "comment 'silly:' before a block that is 'python', not 'lua'"},
		{"braces", info("{.lua .validate}"), false, Words{Validate: true}, true, ""},
		{"braces with spaces and words", info("{ .Lua .validate #id .no_run timeout=4s }"), false, Words{Validate: true, NoRun: true, Timeout: 4 * time.Second}, true, ""},
		{"braces without dots", info("{lua, validate, fails='}'}"), false, Words{Validate: true, Fails: true, FailsPattern: "}"}, true, ""},
		{"braces behind lua", info("lua {.validate .net}"), false, Words{Validate: true, Net: true}, true, ""},
		{"braces directly behind lua", info("lua{validate}"), false, Words{Validate: true}, true, ""},
		{"words of the site in braces", info(`{.lua .validate .annotate title="a no_run" linenums="1"}`), false, Words{Validate: true}, true, ""},
		{"slips in braces", info("{.lua .validate .no-run}"), false, Words{}, true, "unknown word 'no-run', did you mean 'no_run'?"},
		{"slip of validate in braces", info("{.lua .validat}"), false, Words{}, true, "unknown word 'validat', did you mean 'validate'?"},
		{"bad value in braces", info("{.lua .validate timeout=4}"), false, Words{}, true, "bad value of 'timeout'"},
		{"plain lua in braces", info("{.lua}"), false, Words{}, false, ""},
		{"all, in braces", info("{.lua .net}"), true, Words{Net: true}, true, ""},
		{"other language in braces", info("{.js .validate}"), true, Words{}, false, ""},
		{"braces that do not end", info("{.lua .validate"), false, Words{}, false, ""},
		{"lines to highlight", info("lua validate {1,3}"), false, Words{}, true, "unknown word '{1'"},
		{"comment and braces", comment("{.lua title=x}", "net"), false, Words{Net: true}, true, ""},
		{"comment before another language in braces", comment("{.python}", "net"), false, Words{}, true, "comment 'silly:' before a block that is '{.python}', not 'lua'"},
		{"never closed", markdown.Block{Info: "lua validate"}, false, Words{Validate: true}, true, "fence is never closed"},
		{"never closed, not selected", markdown.Block{Info: "lua"}, false, Words{}, false, ""},
	}
	for _, test := range tests {
		got, selected, err := Select(test.block, test.allLua)
		message := ""
		if err != nil {
			message = err.Error()
		}
		if got != test.want || selected != test.selected || !strings.HasPrefix(message, test.err) || message != "" && test.err == "" {
			t.Errorf("%s: got %+v, %v, %v, want %+v, %v, %s", test.name, got, selected, err, test.want, test.selected, test.err)
		}
	}
}

func TestLooksSelected(t *testing.T) {
	t.Parallel()
	for _, info := range []string{
		"lua validate", "LUA,no_run,validate", "lua validat", "{.lua .validate}", "{ .lua .validate timeout=4s }", "lua {.validate}",
		"{.lua .validate", "{.lua .validate} x", "lua5.4 validate", "lua=1 validate", "validate", "Validate lua", "{.validate}", "lua{1} validate",
	} {
		if !LooksSelected(info, false) {
			t.Errorf("%q does not look like an example", info)
		}
	}
	for _, info := range []string{"", "lua", "{.lua}", "js validate", "{.js .validate}", "lua title=validate", "text", "invalidate lua", "validated"} {
		if LooksSelected(info, false) {
			t.Errorf("%q looks like an example", info)
		}
	}
	if !LooksSelected("{.lua}", true) || LooksSelected("js", true) {
		t.Error("with allLua, plain Lua and nothing else is an example")
	}
}

func FuzzParseWords(f *testing.F) {
	for _, seed := range []string{"lua validate", `lua fails="a\"b", exit=3`, "ignore='", "timeout=1s,,net"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, info string) {
		w, err := parseInfo(info)
		if err != nil && (w != Words{} || err.Error() == "") {
			t.Errorf("words of %q: %+v, %v", info, w, err)
		}
		b := markdown.Block{Info: info, Closed: true}
		if _, selected, err := Select(b, false); err != nil && !selected {
			t.Errorf("%q is not selected: %v", info, err)
		}
	})
}

// parseInfo parses the words of an info string. A first word lua is skipped.
func parseInfo(info string) (Words, error) {
	words := infoWords(info)
	if beginsWithLua(words) {
		words = words[1:]
	}
	return parseWords(words, false)
}
