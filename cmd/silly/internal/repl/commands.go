package repl

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"silly/cmd/silly/internal/reference"
	"silly/internal/visible"
)

// A command is an input that begins with a colon.
type command struct {
	name, argument, about string
	// run returns false when the prompt is to be left.
	run func(p *Prompt, argument string) bool
}

// commands are all of them, in the order of :help.
func commands() []command {
	return []command{
		{"help", "", "this text", (*Prompt).help},
		{"doc", "NAME", "the reference, such as :doc http.get, :doc sock:read, :doc silly.topic", (*Prompt).doc},
		{"tasks", "", "what the tasks are doing, and what is open", (*Prompt).tasks},
		{"quit", "", "leave, as Ctrl-D does", func(*Prompt, string) bool { return false }},
	}
}

// command runs a command. It returns false when the prompt is to be left.
func (p *Prompt) command(input string) bool {
	name, argument, _ := strings.Cut(input[1:], " ")
	if name == "q" {
		name = "quit"
	}
	for _, c := range commands() {
		if c.name == name {
			return c.run(p, strings.TrimSpace(argument))
		}
	}
	p.warn("there is no command :" + name + "; :help lists them")
	return true
}

// help is the command :help.
func (p *Prompt) help(string) bool {
	var b strings.Builder
	for _, c := range commands() {
		fmt.Fprintf(&b, "%-12s %s\n", strings.TrimSpace(":"+c.name+" "+c.argument), c.about)
	}
	b.WriteString(`
Everything else is Lua. The values of expressions are printed, and an input goes
on over several lines until it is complete. Each runs as a task: while it waits,
and while you type, the tasks and servers run on that earlier ones have started.
An input that fails shows its traceback.

A local of an input, outside of blocks, is there for later ones, too. It is not
if the input fails, nor if it is declared with <close>: that is closed at its end.

Tab completes names, fields, methods, and modules within require "...".
Up and Down go through earlier inputs, Ctrl-R finds the last one that contains
the line. An input that begins with a blank is not kept for later sessions.
Ctrl-C ends the input that runs, or drops the edited one; Ctrl-\ is :tasks.
`)
	_, _ = io.WriteString(p.Console, b.String())
	return true
}

// tasks is the command :tasks.
func (p *Prompt) tasks(string) bool {
	p.Report(p.host)
	return true
}

// doc is the command :doc NAME.
func (p *Prompt) doc(name string) bool {
	if name == "" {
		p.warn("Name a page, a function or a method: " + strings.Join(pages(), ", "))
		return true
	}
	found := reference.Find(name)
	if len(found) == 0 {
		message := "nothing is known of " + visible.Text(name)
		if similar := reference.Similar(name); len(similar) > 0 {
			message += ". Did you mean " + strings.Join(similar, ", ") + "?"
		}
		p.warn(message)
		return true
	}
	width, _ := p.Console.Size()
	var lines []string
	for i, s := range found {
		if i > 0 {
			lines = append(lines, "")
		}
		if len(found) > 1 || s.Level > 1 {
			name := "(" + s.Page.Name + ")"
			if !p.Console.Dumb {
				name = dimmed + name + plain
			}
			lines = append(lines, name)
		}
		lines = append(lines, render(s.Text, width, !p.Console.Dumb)...)
	}
	p.page(lines)
	return true
}

// pages are the names of the pages about modules.
func pages() (names []string) {
	for _, page := range reference.Pages() {
		if strings.HasPrefix(page.Name, "silly") {
			names = append(names, page.Name)
		}
	}
	return names
}

// page shows lines, a screen at a time.
func (p *Prompt) page(lines []string) {
	if p.Console.Dumb {
		_, _ = io.WriteString(p.Console, strings.Join(lines, "\n")+"\n")
		return
	}
	for {
		width, height := p.Console.Size()
		n := 0
		for rows := height - 1; n < len(lines); n++ {
			rows -= 1 + (utf8.RuneCountInString(lines[n])-1)/width
			if rows < 0 && n > 0 {
				break
			}
		}
		_, _ = io.WriteString(p.Console, strings.Join(lines[:n], "\n")+"\n")
		if lines = lines[n:]; len(lines) == 0 {
			return
		}
		key, err := p.Console.Key(dimmed+"-- space goes on, q ends --"+plain, p.session.Done())
		if err != nil || strings.IndexByte("qQ\x03\x04\x1b", key) >= 0 {
			return
		}
	}
}
