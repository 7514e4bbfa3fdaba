package validate

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"silly/cmd/silly/internal/linediff"
	"silly/internal/markdown"
	"silly/internal/spelling"
)

// Words are what an info string or a comment before a fence says about a block.
type Words struct {
	Validate     bool
	NoRun        bool
	Ignore       bool
	IgnoreReason string
	Fails        bool
	FailsPattern string // a Lua pattern, "" for any message
	SyntaxError  bool
	Continue     bool
	Net          bool
	Realtime     bool
	Timeout      time.Duration // 0 where not given
	Exit         int
	HasExit      bool
}

// value says whether a word has a value.
type value uint8

const (
	noValue value = iota
	mayHaveValue
	needsValue
)

// A knownWord is a word that means something. example is what a message shows.
type knownWord struct {
	name, example string
	value         value
	set           func(w *Words, value string) error
}

// knownWords are the words in the order of the documentation.
var knownWords = []knownWord{
	{"validate", "validate", noValue, func(w *Words, _ string) error { w.Validate = true; return nil }},
	{"no_run", "no_run", noValue, func(w *Words, _ string) error { w.NoRun = true; return nil }},
	{"ignore", "ignore", mayHaveValue, func(w *Words, reason string) error {
		w.Ignore, w.IgnoreReason = true, reason
		return nil
	}},
	{"fails", `fails="lua pattern"`, mayHaveValue, func(w *Words, pattern string) error {
		w.Fails, w.FailsPattern = true, pattern
		return nil
	}},
	{"syntax_error", "syntax_error", noValue, func(w *Words, _ string) error { w.SyntaxError = true; return nil }},
	{"continue", "continue", noValue, func(w *Words, _ string) error { w.Continue = true; return nil }},
	{"timeout", "timeout=2s", needsValue, func(w *Words, text string) error {
		d, err := time.ParseDuration(text)
		if err != nil || d <= 0 {
			return fmt.Errorf("bad value of 'timeout': '%s' is not a time such as 500ms, 2s or 1m", text)
		}
		w.Timeout = d
		return nil
	}},
	{"exit", "exit=1", needsValue, func(w *Words, text string) error {
		status, err := strconv.ParseUint(text, 10, 8)
		if err != nil {
			return fmt.Errorf("bad value of 'exit': '%s' is not a status from 0 to 255", text)
		}
		w.Exit, w.HasExit = int(status), true
		return nil
	}},
	{"net", "net", noValue, func(w *Words, _ string) error { w.Net = true; return nil }},
	{"realtime", "realtime", noValue, func(w *Words, _ string) error { w.Realtime = true; return nil }},
}

// contradictions are pairs of words that cannot both be meant.
var contradictions = [][2]string{
	{"no_run", "fails"}, {"no_run", "syntax_error"}, {"no_run", "continue"}, {"no_run", "exit"},
	{"syntax_error", "fails"}, {"syntax_error", "continue"}, {"syntax_error", "exit"},
	{"exit", "fails"},
}

// IsLua reports whether the first word of an info string is lua, in any case.
func IsLua(info string) bool { return beginsWithLua(infoWords(info)) }

func beginsWithLua(words []word) bool { return len(words) > 0 && words[0].isLua() }

func (w word) isLua() bool { return !w.hasValue && strings.EqualFold(w.name, "lua") }

// infoWords splits an info string, which may be an attribute list in braces, of Pandoc and of MkDocs, or end with
// one. Of an attribute list only words count that are known, or almost.
func infoWords(info string) []word {
	info = strings.TrimSpace(info)
	before, list, ok := strings.Cut(info, "{")
	list, closed := strings.CutSuffix(list, "}")
	if !ok || !closed {
		return split(info)
	}
	words := split(before)
	attributes := split(list)
	for i := range attributes {
		attributes[i].name = strings.TrimPrefix(attributes[i].name, ".")
	}
	attributes = slices.DeleteFunc(attributes, func(w word) bool {
		return !w.isLua() && !isKnown(w.name) && meant(w.name) == ""
	})
	if len(words) == 0 {
		return attributes
	}
	// Behind lua stands what highlighters read, such as {1,3-5}, unless it is a list with validate.
	if len(words) > 1 || !words[0].isLua() || !slices.ContainsFunc(attributes, isOrMeansValidate) {
		return split(info)
	}
	return append(words, attributes...)
}

func isOrMeansValidate(w word) bool { return w.name == "validate" || near(w.name, "validate") }

// exampleLike is the info string of what was probably meant as an example: with the words lua and validate, or with
// validate alone.
var exampleLike = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[{.\s]*(?:(?i:lua)[^\s,}]*[\s,{].*\bvalidate\b|(?i:validate)\b)`)
})

// LooksSelected says whether a block with an info string would be validated, or was probably meant to be.
func LooksSelected(info string, allLua bool) bool {
	words := infoWords(info)
	if beginsWithLua(words) {
		return allLua || slices.ContainsFunc(words, isOrMeansValidate)
	}
	return exampleLike().MatchString(info)
}

// Select says whether a block is to be validated, and how: when its info string begins with lua and has the
// word validate, when a comment for silly stands before it, or, with allLua, when its info string begins
// with lua. An error is about a block that is selected or was meant to be.
func Select(b markdown.Block, allLua bool) (w Words, selected bool, err error) {
	words := infoWords(b.Info)
	isLua := beginsWithLua(words)
	marked, inInfo := b.HasComment, false
	switch {
	case isLua:
		words = words[1:]
		for _, word := range words {
			if word.name == "validate" {
				marked, inInfo = true, true
			} else if near(word.name, "validate") {
				return Words{}, true, unknownWord(word.name)
			}
		}
	case b.HasComment && b.Info != "":
		return Words{}, true, fmt.Errorf("comment 'silly:' before a block that is '%s', not 'lua'", split(b.Info + " ")[0].name)
	}
	if !marked && !(allLua && isLua) {
		return Words{}, false, nil
	}
	if b.HasComment && !inInfo {
		words = slices.DeleteFunc(words, func(w word) bool { return !isKnown(w.name) }) // they are for the site
	}
	if b.HasComment {
		for i, word := range split(b.Comment) {
			if !word.hasValue && (i == 0 && strings.EqualFold(word.name, "lua") || word.name == "validate") {
				continue
			}
			words = append(words, word)
		}
	}
	w, err = parseWords(words, !marked)
	if err == nil && !b.Closed {
		err = errors.New("fence is never closed")
	}
	return w, true, err
}

func isKnown(name string) bool {
	return slices.ContainsFunc(knownWords, func(k knownWord) bool { return k.name == name })
}

// A word is one word of an info string.
type word struct {
	name     string
	value    string
	hasValue bool
	err      error // it ends in the middle
}

// split splits an info string at white space and commas.
func split(info string) []word {
	const separators = " \t\r\n\v\f,"
	var words []word
	for {
		info = strings.TrimLeft(info, separators)
		if info == "" {
			return words
		}
		end := strings.IndexAny(info, separators+"=")
		if end < 0 {
			end = len(info)
		}
		w := word{name: info[:end]}
		info = info[end:]
		if rest, ok := strings.CutPrefix(info, "="); ok {
			w.hasValue = true
			w.value, info, w.err = splitValue(w.name, rest, separators)
		}
		words = append(words, w)
	}
}

// splitValue splits the value of a word from what follows. In a quoted value a backslash stands before the
// same quote or another backslash; elsewhere it is itself, because patterns have backslashes by mistake.
func splitValue(name, info, separators string) (value, rest string, err error) {
	if info == "" || info[0] != '"' && info[0] != '\'' {
		end := strings.IndexAny(info, separators)
		if end < 0 {
			end = len(info)
		}
		return info[:end], info[end:], nil
	}
	quote := info[0]
	var b strings.Builder
	for i := 1; i < len(info); i++ {
		c := info[i]
		switch {
		case c == '\\' && i+1 < len(info) && (info[i+1] == quote || info[i+1] == '\\'):
			i++
			c = info[i]
		case c == quote:
			rest = info[i+1:]
			if rest != "" && !strings.ContainsRune(separators, rune(rest[0])) {
				err = fmt.Errorf("no space after the quoted value of '%s'", name)
			}
			return b.String(), rest, err
		}
		b.WriteByte(c)
	}
	return b.String(), "", fmt.Errorf("quote in the value of '%s' is never closed", name)
}

// parseWords sets what words say. Words that are not known are skipped when lenient: they may be for
// somebody else.
func parseWords(words []word, lenient bool) (w Words, err error) {
	seen := map[string]bool{}
	for _, word := range words {
		known := -1
		for i := range knownWords {
			if knownWords[i].name == word.name {
				known = i
			}
		}
		if known < 0 {
			if lenient {
				continue
			}
			return Words{}, unknownWord(word.name)
		}
		k := &knownWords[known]
		switch {
		case word.err != nil:
			return Words{}, word.err
		case seen[k.name]:
			return Words{}, fmt.Errorf("word '%s' is given twice", k.name)
		case word.hasValue && k.value == noValue:
			return Words{}, fmt.Errorf("word '%s' takes no value", k.name)
		case word.hasValue && word.value == "", !word.hasValue && k.value == needsValue:
			return Words{}, fmt.Errorf("word '%s' needs a value after '=', such as %s", k.name, withValue(k.example))
		}
		seen[k.name] = true
		if err := k.set(&w, word.value); err != nil {
			return Words{}, err
		}
	}
	for _, pair := range contradictions {
		if seen[pair[0]] && seen[pair[1]] {
			return Words{}, fmt.Errorf("words '%s' and '%s' contradict each other", pair[0], pair[1])
		}
	}
	return w, nil
}

// withValue returns an example of a word with a value.
func withValue(example string) string {
	if strings.Contains(example, "=") {
		return example
	}
	return example + "=reason"
}

// unknownWord returns the error for a word that does not exist.
func unknownWord(name string) error {
	if known := meant(name); known != "" {
		return fmt.Errorf("unknown word '%s', did you mean '%s'?", name, known)
	}
	var names []string
	for _, k := range knownWords {
		names = append(names, k.name)
	}
	return fmt.Errorf("unknown word '%s', known are %s", linediff.Shorten(name), strings.Join(names, ", "))
}

// meant is the known word that name is almost, or "".
func meant(name string) string {
	for _, k := range knownWords {
		if near(name, k.name) {
			return k.name
		}
	}
	return ""
}

// near reports whether name is known but for a slip of the hand: one for short words, two for others. It is
// false for known itself.
func near(name, known string) bool {
	limit := 2
	if len(known) <= 4 {
		limit = 1
	}
	if len(name) > len(known)+limit {
		return false
	}
	d := spelling.Distance(name, known)
	return d > 0 && d <= limit
}
