package markdown

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Front matter is the metadata that many site generators expect at the start of a page: YAML between lines of three
// dashes, or TOML between lines of three plus signs. Three dashes are a line across the page as well, so the first
// line between must look like a key.
var (
	yamlKey = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[^\s#:-][^:]*:(?:\s|$)`) })
	tomlKey = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:[^\s#=]+\s*=|\[)`) })
)

// frontMatter returns how many lines of the source are front matter.
func (f *finder) frontMatter() int {
	if len(f.lines) == 0 {
		return 0
	}
	fence := f.trimmedLine(0)
	ends, key := []string{fence}, tomlKey
	switch fence {
	case "---":
		ends, key = append(ends, "..."), yamlKey
	case "+++":
	default:
		return 0
	}
	found := false
	for i := 1; i < len(f.lines); i++ {
		line := f.trimmedLine(i)
		switch {
		case slices.Contains(ends, line):
			if found {
				return i + 1
			}
			return 0
		case found, line == "", line[0] == '#':
		case !key().MatchString(line):
			return 0
		default:
			found = true
		}
	}
	return 0
}

// trimmedLine is a line of the source without white space at its end.
func (f *finder) trimmedLine(i int) string {
	return strings.TrimRight(string(f.source[f.lines[i].start:f.lines[i].end]), " \t")
}

// blankFrontMatter removes the front matter from what is parsed, but for its line ends, and notes what looks like a
// fence in it.
func (f *finder) blankFrontMatter() {
	n := f.frontMatter()
	if n == 0 {
		return
	}
	normal := bytes.Clone(f.normal)
	for i := range n {
		start := f.starts[i]
		end := start + f.lines[i].end - f.lines[i].start
		f.addStray(start, normal[start:end], InFrontMatter)
		for at := start; at < end; at++ {
			normal[at] = ' '
		}
	}
	f.normal = normal
}
