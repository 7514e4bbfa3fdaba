package wsconformance

import (
	"fmt"
	"testing"
	"unicode/utf8"
)

var validText = []string{
	"Hello-µ@ßöäüàá-UTF-8!!", "κόσμε", "日本語", "\x00", "\x7f", "\u0080", "\u07ff", "\u0800", "\uffff", "\U00010000", "\U0010ffff",
	"\ud7ff", "\ue000", "\ufffd", "\ufffe", "\ufdd0", "\ufeff", "\U0001fffe", "\U0001ffff", "\U0002fffe", "\U000ffffe", "\U0010fffe",
	"\U00040000", "\U000fffff", "😀😁😂", "a\u0080b\u0800c\U00010000d", "\u2028\u2029", "\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf",
}

var invalidText = []string{
	// Lone continuation bytes.
	"\x80", "\xbf", "\x80\xbf", "\x80\xbf\x80\xbf\x80\xbf", "a\x80", "ok \u00e9\xbf",
	// Lead bytes that nothing follows, or the wrong byte.
	"\xc2", "\xdf", "\xe0", "\xe1\x80", "\xef\xbf", "\xf0", "\xf0\x90", "\xf0\x90\x80", "\xf4\x8f\xbf", "\xc2 ", "\xe2\x82 ", "\xf0\x9f\x98 ",
	"\xc2\xc2\x80", "\xe2\x82\xe2\x82\xac", "\xf0\x9f\xf0\x9f\x98\x80", "\xe2(\xa1", "\xf0(\x8c\xbc", "\xf0\x90(\xbc",
	// Overlong forms.
	"\xc0\x80", "\xc0\xaf", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x80\xaf", "\xe0\x9f\xbf", "\xf0\x80\x80\x80", "\xf0\x80\x80\xaf", "\xf0\x8f\xbf\xbf",
	"\xf8\x80\x80\x80\xaf", "\xfc\x80\x80\x80\x80\xaf",
	// Surrogates.
	"\xed\xa0\x80", "\xed\xad\xbf", "\xed\xae\x80", "\xed\xaf\xbf", "\xed\xb0\x80", "\xed\xbe\x80", "\xed\xbf\xbf", "\xed\xa0\x80\xed\xb0\x80", "\xed\xaf\xbf\xed\xbf\xbf",
	// Above U+10FFFF, and the forms of five and six bytes.
	"\xf4\x90\x80\x80", "\xf4\xbf\xbf\xbf", "\xf5\x80\x80\x80", "\xf7\xbf\xbf\xbf", "\xf8\x88\x80\x80\x80", "\xfb\xbf\xbf\xbf\xbf", "\xfc\x84\x80\x80\x80\x80", "\xfd\xbf\xbf\xbf\xbf\xbf",
	// Bytes that no text has.
	"\xfe", "\xff", "\xfe\xfe\xff\xff", "Hello \xff",
	// Errors after good text.
	"κόσμε\xed\xa0\x80edited", "Hello-µ@ßöäüàá-\xed\xa0\x80UTF-8!!", "0123456789abcdef0123456789abcdef\xc0\x80", "0123456789abcdef0123456789abcdef日本語\xe6\x97",
}

// extendable reports whether some text begins with s. It tries what can be missing of a code point.
func extendable(s string) bool {
	for _, first := range []string{"", "\x80", "\xa0", "\x90", "\xbf"} {
		for _, second := range []string{"", "\x80"} {
			for _, third := range []string{"", "\x80"} {
				if utf8.ValidString(s + first + second + third) {
					return true
				}
			}
		}
	}
	return false
}

// goodPart is what comes before the byte that makes s invalid: all of s if only its end is missing.
func goodPart(s string) string {
	for n := range len(s) {
		if !extendable(s[:n+1]) {
			return s[:n]
		}
	}
	return s
}

// bytewise splits s into its bytes.
func bytewise(s string) []string {
	var parts []string
	for i := range len(s) {
		parts = append(parts, s[i:i+1])
	}
	return append(parts, "")
}

func TestUTF8(t *testing.T) {
	t.Parallel()
	var cases []exchange
	for i, s := range validText {
		whole := []frame{{op: text, payload: s}}
		cases = append(cases,
			exchange{rfc: "6455 8.1", name: fmt.Sprintf("valid %+q", s), send: whole, want: whole},
			exchange{rfc: "6455 8.1", name: fmt.Sprintf("valid %+q byte by byte", s), send: whole, want: whole, cut: 1, links: links[i%4 : i%4+1]},
			exchange{rfc: "6455 8.1", name: fmt.Sprintf("valid %+q in fragments of a byte", s), send: pieces(text, bytewise(s)...), want: whole, links: links[3-i%4 : 4-i%4]})
	}
	for i, s := range invalidText {
		if utf8.ValidString(s) {
			t.Fatalf("%q is valid", s)
		}
		binary := []frame{{op: binaryData, payload: s}}
		x := exchange{rfc: "6455 8.1", code: 1007, partial: goodPart(s), text: "text message is not valid utf-8"}
		add := func(name string, cut int, links []link, send ...frame) {
			x := x
			x.name, x.cut, x.links, x.send = fmt.Sprintf("invalid %+q %s", s, name), cut, links, send
			cases = append(cases, x)
		}
		add("whole", 0, nil, frame{op: text, payload: s})
		add("byte by byte", 1, links[i%4:i%4+1], frame{op: text, payload: s})
		add("in fragments of a byte", 0, links[3-i%4:4-i%4], pieces(text, bytewise(s)...)...)
		cases = append(cases, exchange{rfc: "6455 5.6", name: fmt.Sprintf("binary %+q", s), send: binary, want: binary, links: links[i%4 : i%4+1]})
	}
	run(t, newSuite(t), cases)
}

// TestUTF8FragmentedAnywhere splits texts in two at every byte.
func TestUTF8FragmentedAnywhere(t *testing.T) {
	t.Parallel()
	var cases []exchange
	good, bad := "aµ日😀z", "aµ日😀\xed\xa0\x80z"
	for i := range len(good) + 1 {
		cases = append(cases, exchange{rfc: "6455 8.1", name: fmt.Sprintf("valid text split at %d", i), send: pieces(text, good[:i], good[i:]), want: []frame{{op: text, payload: good}}},
			exchange{rfc: "6455 8.1", name: fmt.Sprintf("valid text split at %d with a ping between", i),
				send: between(pieces(text, good[:i], good[i:]), frame{op: ping, payload: "\xff"}), want: []frame{{op: pong, payload: "\xff"}, {op: text, payload: good}}})
	}
	for i := range len(bad) + 1 {
		cases = append(cases, exchange{rfc: "6455 8.1", name: fmt.Sprintf("invalid text split at %d", i), send: pieces(text, bad[:i], bad[i:]), code: 1007, partial: goodPart(bad)})
	}
	for _, end := range []string{"\xc2", "\xe6\x97", "\xf0\x9f\x98"} {
		cases = append(cases, exchange{rfc: "6455 8.1", name: fmt.Sprintf("text in fragments that ends with %+q, then another message", end),
			send: append(pieces(text, "abc", end), frame{op: text, payload: "\x80"}), code: 1007, partial: "abc" + end})
	}
	run(t, newSuite(t), cases)
}

// TestUTF8FailsFast: the first byte that no text can have there fails the connection, although the
// message, and even the frame, goes on.
func TestUTF8FailsFast(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	for _, bad := range []string{"\x80", "\xff", "\xc0", "\xed\xa0", "\xe0\x80", "\xf4\x90", "\xf5", "\xf0\x80", "\xc2 ", "κόσμε\xed\xa0"} {
		for _, l := range links {
			t.Run(fmt.Sprintf("%v/RFC 6455 8.1/fragment with %+q", l, bad), func(t *testing.T) {
				t.Parallel()
				p := s.open(t, l, setup{})
				p.send(frame{op: text, more: true, payload: "good "}, frame{more: true, payload: bad})
				p.wantsClose(1007)
				p.wantsEnd()
				p.script.seesFailure(t, "good "+goodPart(bad))
			})
			t.Run(fmt.Sprintf("%v/RFC 6455 8.1/unfinished frame with %+q", l, bad), func(t *testing.T) {
				t.Parallel()
				p := s.open(t, l, setup{})
				whole := frame{op: text, payload: bad + ascii(1000)}.bytes(l)
				p.write(whole[:len(whole)-1000])
				p.wantsClose(1007)
				p.wantsEnd()
				p.script.seesFailure(t, goodPart(bad))
			})
		}
	}
}
