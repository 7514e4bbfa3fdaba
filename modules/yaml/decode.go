package yaml

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"go.yaml.in/yaml/v3"

	"silly/internal/lua/value"
	"silly/modules/internal/document"
)

// parse makes the trees of a text, one for each document. It may be called without the VM lock.
func parse(text string) ([]*yaml.Node, error) {
	source := yaml.NewDecoder(strings.NewReader(text))
	var documents []*yaml.Node
	for {
		var node yaml.Node
		err := source.Decode(&node)
		if err == io.EOF {
			return documents, nil
		}
		if err != nil {
			return nil, errors.New(strings.TrimPrefix(err.Error(), "yaml: "))
		}
		documents = append(documents, &node)
	}
}

// maxMerged is how many fields the merge keys (<<) of a document may add.
const maxMerged = 1 << 20

// A decoder makes a Lua value of a tree. What an alias stands for is the same table: no text becomes larger than it is.
type decoder struct {
	null   value.Value
	poll   func() // ends the call if the host wants that
	made   map[*yaml.Node]value.Value
	depth  int
	merged int
}

// fail is an error with the line of a node.
func fail(node *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("line %d: %s", node.Line, fmt.Sprintf(format, args...))
}

func (d *decoder) value(node *yaml.Node) (value.Value, error) {
	if d.depth++; d.depth > document.MaxDepth {
		return value.Nil, fail(node, "more than %d values in each other", document.MaxDepth)
	}
	defer func() { d.depth-- }()
	d.poll()
	switch node.Kind {
	case yaml.DocumentNode:
		return d.value(node.Content[0])
	case yaml.AliasNode:
		node = node.Alias
		if node.Kind == yaml.ScalarNode {
			return d.scalar(node)
		}
		if made, ok := d.made[node]; ok {
			return made, nil
		}
		return d.value(node)
	case yaml.SequenceNode:
		t := value.NewTable(len(node.Content), 0)
		d.remember(node, t)
		for i, item := range node.Content {
			v, err := d.value(item)
			if err != nil {
				return value.Nil, err
			}
			t.SetInt(int64(i+1), v)
		}
		return t.Value(), nil
	case yaml.MappingNode:
		t := value.NewTable(0, len(node.Content)/2)
		d.remember(node, t)
		return t.Value(), d.fields(t, node)
	case yaml.ScalarNode:
		return d.scalar(node)
	}
	return d.null, nil // an empty document
}

// remember notes what an alias of a node stands for.
func (d *decoder) remember(node *yaml.Node, t *value.Table) {
	if node.Anchor != "" {
		d.made[node] = t.Value()
	}
}

// fields fills a table with those of a mapping. Its own come before what it merges.
func (d *decoder) fields(t *value.Table, node *yaml.Node) error {
	seen := make(map[any]bool, len(node.Content)/2)
	for i := 0; i < len(node.Content); i += 2 {
		if isMerge(node.Content[i]) {
			continue
		}
		key, err := d.key(node.Content[i])
		if err != nil {
			return err
		}
		name := nameOf(key)
		if seen[name] {
			return fail(node.Content[i], "the key %q stands there twice", node.Content[i].Value)
		}
		seen[name] = true
		v, err := d.value(node.Content[i+1])
		if err != nil {
			return err
		}
		t.Set(key, v)
	}
	for i := 0; i < len(node.Content); i += 2 {
		if isMerge(node.Content[i]) {
			if err := d.merge(t, node.Content[i+1]); err != nil {
				return err
			}
		}
	}
	return nil
}

// nameOf tells keys apart in a Go map.
func nameOf(key value.Value) any {
	if key.IsString() {
		return key.Str()
	}
	return key
}

func isMerge(key *yaml.Node) bool {
	return key.Kind == yaml.ScalarNode && key.Value == "<<" && (key.Tag == "" || key.Tag == "!" || key.ShortTag() == "!!merge")
}

// merge adds the fields of a mapping, or of several, that the table does not have.
func (d *decoder) merge(t *value.Table, node *yaml.Node) error {
	from := node
	if from.Kind == yaml.AliasNode {
		from = from.Alias
	}
	switch from.Kind {
	case yaml.SequenceNode:
		for _, item := range from.Content {
			if item.Kind == yaml.SequenceNode {
				return fail(item, "<< takes mappings only")
			}
			if err := d.merge(t, item); err != nil {
				return err
			}
		}
		return nil
	case yaml.MappingNode:
	default:
		return fail(node, "<< takes mappings only")
	}
	v, err := d.value(node)
	if err != nil {
		return err
	}
	other := v.LTable()
	for key, val, ok := value.Next(other, value.Nil); ok && !key.IsNil(); key, val, ok = value.Next(other, key) {
		if d.merged++; d.merged > maxMerged {
			return fail(node, "<< adds more than %d fields", maxMerged)
		}
		if t.Get(key).IsNil() {
			t.Set(key, val)
		}
	}
	return nil
}

// key is a key of a mapping: a string, a number or a boolean.
func (d *decoder) key(node *yaml.Node) (value.Value, error) {
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	if node.Kind != yaml.ScalarNode {
		return value.Nil, fail(node, "a list or a mapping cannot be a key")
	}
	v, err := d.scalar(node)
	if err != nil {
		return value.Nil, err
	}
	if node.ShortTag() == "!!null" || v.IsFloat() && math.IsNaN(v.AsFloat()) {
		return value.Nil, fail(node, "%s cannot be a key", node.Value)
	}
	return v, nil
}

// scalar is the value of a scalar by its tag, which for plain ones is that of the core schema. Times are text.
func (d *decoder) scalar(node *yaml.Node) (value.Value, error) {
	switch node.ShortTag() {
	case "!!null":
		return d.null, nil
	case "!!binary":
		data, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(node.Value), ""))
		if err != nil {
			return value.Nil, fail(node, "!!binary is not Base64")
		}
		return value.String(string(data)), nil
	case "!!bool", "!!int", "!!float":
		var v any
		if err := node.Decode(&v); err != nil {
			return value.Nil, fail(node, "%q is no value of %s", node.Value, node.ShortTag())
		}
		switch v := v.(type) {
		case bool:
			return value.Bool(v), nil
		case int:
			return value.Int(int64(v)), nil
		case int64:
			return value.Int(v), nil
		case uint64:
			return value.Float(float64(v)), nil
		case float64:
			return value.Float(v), nil
		}
	}
	return value.String(node.Value), nil
}
