package syntax

import "fmt"

// eofText is how messages show the end of the source.
const eofText = "<eof>"

// An Error says why a text is not Lua. Only the first error of a source is reported.
type Error struct {
	Name string // the source's name as given to Parse
	// Pos is where reading stopped, which is the line that Lua names: for a token of several lines its last one.
	Pos     Pos
	Message string
	// Near is the offending token as messages show it, without the quotes around it: "<eof>" at the end of the
	// source, empty if the message names no token.
	Near string

	repaired string
	cut      Pos
}

// Repaired is the source up to where the error is, as a chunk of its own, or "". Lua compiles while it reads: an error of
// the compiler in there comes first.
func (e *Error) Repaired() string { return e.repaired }

// Cut is where the text of Repaired leaves the source.
func (e *Error) Cut() Pos { return e.cut }

// Error is the message as Lua 5.4 words it, such as "x:1: unexpected symbol near '='".
func (e *Error) Error() string {
	switch e.Near {
	case "":
		return fmt.Sprintf("%s:%d: %s", e.Name, e.Pos.Line, e.Message)
	case eofText:
		return fmt.Sprintf("%s:%d: %s near %s", e.Name, e.Pos.Line, e.Message, e.Near)
	}
	return fmt.Sprintf("%s:%d: %s near '%s'", e.Name, e.Pos.Line, e.Message, e.Near)
}

// Incomplete reports whether the source ended too early, so that more text may make it valid. A prompt asks for
// another line then.
func (e *Error) Incomplete() bool { return e.Near == eofText }
