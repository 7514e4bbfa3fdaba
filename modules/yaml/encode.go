package yaml

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"

	"go.yaml.in/yaml/v3"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
	"silly/luahost"
	"silly/modules/internal/document"
)

// yamlEncode implements yaml.encode(value) -> string. What cannot be encoded raises.
func yamlEncode(L *lua.LState) int {
	call := vm.CallOf(L)
	e := encoder{poll: call.Poll}
	node, problem := e.value(call.Arg(1))
	if problem != "" {
		luahost.ArgumentError(L, 1, problem+e.path.String())
	}
	var text bytes.Buffer
	w := yaml.NewEncoder(&text)
	w.SetIndent(2)
	if err := w.Encode(node); err != nil {
		luahost.ArgumentError(L, 1, err.Error())
	}
	_ = w.Close()
	L.Push(lua.LString(text.String()))
	return 1
}

// An encoder makes the tree of a Lua value that package yaml writes. Its methods return what cannot be encoded, or "".
type encoder struct {
	poll  func() // ends the call if the host wants that
	depth int
	count int // of values
	path  document.Path
}

func scalar(tag, text string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: text}
}

func (e *encoder) value(v value.Value) (node *yaml.Node, problem string) {
	if e.count++; e.count > document.MaxValues {
		return nil, document.TooManyValues
	}
	switch v.Kind() {
	case value.KindNil:
		return scalar("!!null", "null"), ""
	case value.KindFalse:
		return scalar("!!bool", "false"), ""
	case value.KindTrue:
		return scalar("!!bool", "true"), ""
	case value.KindInt:
		return scalar("!!int", strconv.FormatInt(v.AsInt(), 10)), ""
	case value.KindFloat:
		return scalar("!!float", floatText(v.AsFloat())), ""
	case value.KindString:
		return text(v.Str()), ""
	case value.KindTable:
		return e.table(v.LTable())
	}
	if document.IsNull(v) {
		return scalar("!!null", "null"), ""
	}
	return nil, "a " + v.TypeName() + " cannot be encoded"
}

// floatText is a float so that it is one again when it is read.
func floatText(f float64) string {
	switch {
	case math.IsNaN(f):
		return ".nan"
	case math.IsInf(f, 1):
		return ".inf"
	case math.IsInf(f, -1):
		return "-.inf"
	}
	text := strconv.FormatFloat(f, 'g', -1, 64)
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return text
}

// text is a string; bytes that are no text are !!binary.
func text(s string) *yaml.Node {
	if !utf8.ValidString(s) {
		return scalar("!!binary", base64.StdEncoding.EncodeToString([]byte(s)))
	}
	node := scalar("!!str", s)
	switch {
	case isOldScalar(s):
		node.Style = yaml.DoubleQuotedStyle
	case !strings.Contains(s, "\n"):
	case isBlock(s):
		node.Style = yaml.LiteralStyle
	default:
		node.Style = yaml.DoubleQuotedStyle
	}
	return node
}

// isBlock reports whether lines can stand as they are: one that begins with a blank would be taken for its indentation.
func isBlock(s string) bool {
	if strings.ContainsAny(s, "\r\u0085\u2028\u2029") {
		return false
	}
	for line := range strings.Lines(s) {
		if line[0] == ' ' || line[0] == '\t' {
			return false
		}
	}
	return true
}

// isOldScalar reports whether a string was a boolean or a number to the base 60 in YAML 1.1: readers of that version are
// everywhere.
func isOldScalar(s string) bool {
	switch strings.ToLower(s) {
	case "y", "n", "yes", "no", "on", "off":
		return true
	}
	return strings.Contains(s, ":") && strings.Trim(s, "0123456789_:.+-") == ""
}

func (e *encoder) table(t *lua.LTable) (node *yaml.Node, problem string) {
	if e.depth++; e.depth > document.MaxDepth {
		return nil, fmt.Sprintf("more than %d tables in each other, or one that contains itself,", document.MaxDepth)
	}
	defer func() { e.depth-- }()
	e.poll()
	if document.IsArray(t) {
		node = &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		for i, v := range document.Elements(t) {
			item, problem := e.value(v)
			if problem != "" {
				e.path = append(e.path, value.Int(int64(i+1)))
				return nil, problem
			}
			node.Content = append(node.Content, item)
		}
		return node, ""
	}
	node = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	for _, key := range document.Keys(t) {
		if key.IsTable() || !key.IsString() && !key.IsNumber() && key.Kind() != value.KindTrue && key.Kind() != value.KindFalse {
			return nil, "a " + key.TypeName() + " as key cannot be encoded"
		}
		name, problem := e.value(key)
		if problem != "" {
			return nil, problem
		}
		item, problem := e.value(value.Get(t, key))
		if problem != "" {
			e.path = append(e.path, key)
			return nil, problem
		}
		node.Content = append(node.Content, name, item)
	}
	return node, ""
}
