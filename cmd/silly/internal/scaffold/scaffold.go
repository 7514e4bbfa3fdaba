// Package scaffold has projects to begin with.
package scaffold

import (
	"embed"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// In templates, common has what all projects have, and the other folders are one kind each. A name that begins with
// "dot-" begins with a dot in the project. README.md of a kind is followed by that of common, and steps.yml belongs
// to the workflow.
//
//go:embed templates
var templates embed.FS

// A Kind is a kind of projects.
type Kind struct {
	Name  string
	About string
	Run   string // the command that runs it
}

// Kinds are all kinds.
func Kinds() []Kind {
	return []Kind{
		{"api", "an HTTP API that takes and gives JSON", "silly --watch server.lua"},
		{"chat", "rooms over WebSockets, with a page for browsers", "silly --watch server.lua"},
		{"cli", "a command that reads files and standard input", "silly main.lua README.md"},
		{"docs", "pages of Markdown whose Lua examples are tested", "silly --watch --livereload server.lua"},
	}
}

// A File is a file of a project.
type File struct {
	Name string // with slashes
	Text string
}

// Files are those of a project of a kind, in the order of their names. name is what pages call it.
func Files(kind, name string) []File {
	texts := make(map[string]string)
	for _, folder := range []string{"common", kind} {
		root := path.Join("templates", folder)
		err := fs.WalkDir(templates, root, func(file string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			text, err := templates.ReadFile(file)
			if err != nil {
				return err
			}
			parts := strings.Split(strings.TrimPrefix(file, root+"/"), "/")
			for i, part := range parts {
				if rest, ok := strings.CutPrefix(part, "dot-"); ok {
					parts[i] = "." + rest
				}
			}
			file = strings.Join(parts, "/")
			switch file {
			case "README.md":
				texts[file] = string(text) + texts[file]
			case "steps.yml":
				texts[".github/workflows/test.yml"] += string(text)
			default:
				texts[file] = string(text)
			}
			return nil
		})
		if err != nil {
			panic(err) // they are in the program
		}
	}
	var files []File
	for file, text := range texts {
		text = strings.ReplaceAll(strings.ReplaceAll(text, "{{name}}", name), "{{image}}", image(name))
		files = append(files, File{file, text})
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return files
}

// Name makes a folder's name one that can stand anywhere in the files.
func Name(folder string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_', r == '.', r == ' ':
			return r
		}
		return -1
	}, folder)
	if name = strings.Trim(name, " .-_"); name == "" {
		return "app"
	}
	return name
}

// image is a name for a container image.
func image(name string) string {
	name = strings.ToLower(strings.ReplaceAll(name, " ", "-"))
	for strings.Contains(name, "--") || strings.Contains(name, "..") {
		name = strings.NewReplacer("--", "-", "..", ".").Replace(name)
	}
	return name
}
