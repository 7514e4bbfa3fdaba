package stdlib

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"
)

// Compile compiles the source of a chunk. The name is what errors call it, with Lua's prefixes: "="
// before a text to be used as it is, "@" before a file name; any other name is the source itself,
// of which errors show the beginning. A byte order mark and a first line that begins with '#' are
// skipped.
//
// An error is always about the source, and one line: "name:LINE: message near 'token'". No source
// makes Compile panic or overflow the stack.
func Compile(source []byte, chunkname string) (proto *lua.FunctionProto, err error) {
	name := displayName(chunkname)
	defer func() {
		// The compiler panics on some sources that the parser lets pass.
		if recover() != nil {
			proto, err = nil, &syntaxError{source: name, message: "chunk cannot be compiled"}
		}
	}()
	source = bytes.TrimPrefix(source, []byte("\ufeff"))
	if bytes.HasPrefix(source, []byte("#")) {
		end := bytes.IndexByte(source, '\n')
		if end < 0 {
			end = len(source)
		}
		source = source[end:]
	}
	if bytes.HasPrefix(source, []byte("\x1bLua")) {
		return nil, &syntaxError{source: name, message: "precompiled chunks are not supported"}
	}
	prepared, lines, err := prepare(source, name)
	if err != nil {
		return nil, err
	}
	statements, err := parse.Parse(bytes.NewReader(prepared), name)
	if err != nil {
		return nil, cleanError(err, lines)
	}
	if statements == nil {
		// The parser has swallowed a panic.
		return nil, &syntaxError{source: name, message: "chunk cannot be parsed"}
	}
	proto, err = lua.Compile(statements, name)
	if err != nil {
		return nil, cleanError(err, lines)
	}
	return proto, nil
}

// SyntaxError returns the message of an error from Compile, or from gopher-lua's own Load, LoadFile
// and LoadString, as one line: "name:LINE: message near 'token'".
func SyntaxError(err error) string {
	return cleanError(err, 0).Error()
}

// syntaxError says what is wrong with a chunk and where.
type syntaxError struct {
	source  string
	line    int    // 0 if it is not known
	message string // "" for an ordinary syntax error
	near    string // the token, "" for none
}

// endOfFile is the token of an error at the end of the chunk.
const endOfFile = "<eof>"

func (e *syntaxError) Error() string {
	var text strings.Builder
	if e.source != "" {
		text.WriteString(e.source + ":")
		if e.line > 0 {
			fmt.Fprintf(&text, "%d:", e.line)
		}
		text.WriteString(" ")
	}
	text.WriteString(e.message)
	switch e.near {
	case "":
	case endOfFile:
		text.WriteString(" near " + endOfFile)
	default:
		text.WriteString(" near '" + shorten(e.near) + "'")
	}
	return text.String()
}

// cleanError makes a syntaxError of an error from gopher-lua. The chunk has that many lines, 0 if
// the caller does not know: the parser forgets the line when it comes to the end.
func cleanError(err error, lines int) *syntaxError {
	var clean *syntaxError
	if errors.As(err, &clean) {
		return clean
	}
	var api *lua.ApiError
	if errors.As(err, &api) && api.Cause != nil {
		err = api.Cause
	}
	var parsing *parse.Error
	if errors.As(err, &parsing) {
		clean := &syntaxError{source: parsing.Pos.Source, line: parsing.Pos.Line, message: firstLine(parsing.Message), near: parsing.Token}
		if parsing.Pos.Line == parse.EOF {
			clean.line, clean.near = lines, endOfFile
		}
		if clean.message == "parse error" {
			clean.message = "syntax error"
		}
		return clean
	}
	var compiling *lua.CompileError
	if errors.As(err, &compiling) {
		// Only the text says in which chunk.
		source := strings.TrimPrefix(compiling.Error(), fmt.Sprintf("compile error near line(%d) ", compiling.Line))
		source = strings.TrimSuffix(source, ": "+compiling.Message)
		line, message := compilerMessage(compiling)
		return &syntaxError{source: source, line: line, message: message}
	}
	return &syntaxError{message: firstLine(err.Error())}
}

// compilerMessage returns the line and message of an error of gopher-lua's compiler. For labels the
// compiler counts one line too many or gives that of the function's end.
func compilerMessage(err *lua.CompileError) (line int, message string) {
	line, message = err.Line, firstLine(err.Message)
	message = strings.TrimPrefix(message, "<")
	var name string
	if n, _ := fmt.Sscanf(message, "goto %s at line %d", &name, &line); n == 2 {
		name = strings.TrimSuffix(name, ">")
		_, rest, _ := strings.Cut(message, "> ")
		return line, "goto '" + name + "' " + rest
	}
	switch {
	case strings.HasPrefix(message, "label "):
		line--
	case strings.HasPrefix(message, "no visible label "):
		before, number, _ := strings.Cut(message, " for <goto> at line ")
		if n, err := strconv.Atoi(number); err == nil {
			return n, before + " for goto at line " + number
		}
	case strings.HasPrefix(message, "register overflow"):
		message = "function or expression needs too many registers"
	}
	return line, message
}

// displayName returns what messages show for a chunk name.
func displayName(chunkname string) string {
	if strings.HasPrefix(chunkname, "=") || strings.HasPrefix(chunkname, "@") {
		return firstLine(chunkname[1:])
	}
	// As much as the reference implementation shows.
	const length = 45
	line := firstLine(chunkname)
	if len(line) == len(chunkname) && len(line) < length {
		return `[string "` + line + `"]`
	}
	return `[string "` + cut(line, length) + `..."]`
}

// shorten makes one short line of the text of a token.
func shorten(token string) string {
	const length = 60
	line := firstLine(token)
	if len(line) == len(token) && len(line) <= length {
		return token
	}
	return cut(line, length) + "..."
}

// cut returns the beginning of s, at most length bytes, without a broken character at its end.
func cut(s string, length int) string {
	if len(s) <= length {
		return s
	}
	for length > 0 && !utf8.RuneStart(s[length]) {
		length--
	}
	return s[:length]
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return strings.TrimSuffix(line, "\r")
}
