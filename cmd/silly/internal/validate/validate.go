package validate

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"silly/cmd/silly/internal/files"
	"silly/cmd/silly/internal/linediff"
	"silly/cmd/silly/internal/results"
	"silly/internal/markdown"
)

// Options say which blocks run, and how.
type Options struct {
	AllLua  bool           // take plain Lua blocks, too
	Only    *regexp.Regexp // over "file:line" and the heading; nil for all
	Access  Access
	Timeout time.Duration // of blocks that do not say
	Workers int           // processes that run blocks
	// Worker makes the command of a process that calls RunWorker.
	Worker   func() *exec.Cmd
	FailFast bool // nothing after the first failure
	Update   bool // a block whose output differs passes, and is rewritten by Rewrite
}

// A Document is a Markdown file.
type Document = files.File

// IsMarkdown reports whether a file of that name is looked for in folders.
func IsMarkdown(name string) bool {
	extension := strings.ToLower(filepath.Ext(name))
	return extension == ".md" || extension == ".markdown"
}

// A Block is one example.
type Block struct {
	markdown.Block
	Document *Document
	Words    Words
	Err      error // why it cannot be run

	before *Block // that it continues
	chain  int    // its place in the run; -1 when it does not run
	step   int
	result results.Result
	update string // the output that its document is to have
	differ bool   // from what it has now
}

// ID names the block: "file:line".
func (b *Block) ID() string { return b.Document.Name + ":" + strconv.Itoa(b.Line) }

// wants reports whether what stands in a line below a heading is among what is to run.
func (o *Options) wants(id, heading string) bool {
	return o.Only == nil || o.Only.MatchString(id) || o.Only.MatchString(heading)
}

// Find returns the selected blocks of documents, in order, and warnings of what looks like one and is not.
func Find(documents []*Document, o Options) (found []*Block, warnings []results.Warning) {
	for _, d := range documents {
		var before *Block
		var all []*Block
		wanted := map[*Block]bool{}
		parsed, strays := markdown.Parse(d.Source)
		doubts := doubtsAbout(d, strays, o)
		for _, mb := range parsed {
			words, selected, err := Select(mb, o.AllLua)
			if !selected && swallows(mb) {
				selected, err = true, errors.New("fence is never closed, and swallows the examples that follow")
			}
			if !selected {
				if LooksSelected(mb.Info, false) {
					doubts.add(mb.Line, mb.Heading, fmt.Sprintf("info string '%s' does not begin with 'lua': not an example", linediff.Shorten(mb.Info)))
				}
				continue
			}
			b := &Block{Block: mb, Document: d, Words: words, Err: err, chain: -1}
			if b.Err == nil && words.Continue {
				b.before = before
				if before == nil {
					b.Err = fmt.Errorf("word 'continue': there is no block before this one")
				}
			}
			if b.Err != nil || !words.NoRun && !words.SyntaxError {
				before = b // what is only compiled has no host to continue in
			}
			if b.Err == nil {
				for _, i := range nearMarkers(b.Lines) {
					doubts.add(b.Line+1+i, b.Heading, "comment is not exactly '"+outputMarker+"' or '"+unorderedMarker+"': nothing is compared")
				}
			}
			all = append(all, b)
			if o.wants(b.ID(), b.Heading) {
				for w := b; w != nil; w = w.before {
					wanted[w] = true
				}
			}
		}
		for _, b := range all {
			if wanted[b] {
				found = append(found, b)
			}
		}
		warnings = append(warnings, doubts.sorted()...)
	}
	return found, warnings
}

// swallowed is a line that could be an opening fence.
var swallowed = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile("^\\s*(?:```+|~~~+)(.*)")
})

// swallows reports whether a block goes on to the end of the document although an example seems to follow.
func swallows(b markdown.Block) bool {
	return !b.Closed && slices.ContainsFunc(b.Lines, func(l markdown.Line) bool {
		fence := swallowed().FindStringSubmatch(l.Text)
		return fence != nil && LooksSelected(fence[1], false)
	})
}

// plan makes the chains to run. Blocks that do not run have their result already.
func plan(blocks []*Block, o Options) []chain {
	var chains []chain
	for _, b := range blocks {
		b.result = results.Result{File: b.Document.Name, Line: b.Line, Heading: b.Heading, Status: results.Skipped}
		switch {
		case b.Err != nil:
			b.fail(&results.Failure{Line: b.Line, Message: b.Err.Error()})
			continue
		case b.Words.Ignore:
			b.result.Reason = b.Words.IgnoreReason
			continue
		case b.Words.Net && !o.Access.Net:
			b.result.Reason = "needs the network: --allow-net"
			continue
		case b.before != nil && b.before.chain < 0:
			b.result.Reason = "the block that it continues does not run"
			continue
		}
		s := step{
			Line:        b.Line,
			Code:        []byte(text(b.Lines)),
			CompileOnly: b.Words.NoRun || b.Words.SyntaxError,
			Timeout:     o.Timeout,
			Pattern:     b.Words.FailsPattern,
		}
		if b.Words.Timeout > 0 {
			s.Timeout = b.Words.Timeout
		}
		if b.before != nil {
			b.chain = b.before.chain
		} else {
			b.chain = len(chains)
			chains = append(chains, chain{Name: b.Document.Name, Folder: b.Document.Folder, Access: o.Access})
		}
		c := &chains[b.chain]
		c.Virtual = len(c.Steps) == 0 || c.Virtual
		c.Virtual = c.Virtual && b.keepsVirtualTime(o.Access)
		b.step = len(c.Steps)
		c.Steps = append(c.Steps, s)
		c.Real = c.Real || b.Words.Net
	}
	return chains
}

// outside is what code names that has to do with what is outside of the program, where only real time counts.
var outside = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\b(popen|execute|silly\.process|watch)\b`)
})

// keepsVirtualTime reports whether a block seems to wait for nothing outside of the program.
func (b *Block) keepsVirtualTime(a Access) bool {
	return !a.Net && !b.Words.Net && !b.Words.Realtime && !outside().MatchString(text(b.Lines))
}

// text is what lines say, each ended.
func text(lines []markdown.Line) string {
	var all strings.Builder
	for _, l := range lines {
		all.WriteString(l.Text)
		all.WriteByte('\n')
	}
	return all.String()
}

// Run runs blocks that Find has returned and tells of each result, in their order. With FailFast it stops
// after the first failure. The error says why nothing could be run.
func Run(ctx context.Context, blocks []*Block, o Options, tell func(results.Result)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	chains := plan(blocks, o)
	at := make([][]*Block, len(chains))
	for _, b := range blocks {
		if b.chain >= 0 {
			at[b.chain] = append(at[b.chain], b)
		}
	}

	// Results come in any order and are told in that of the blocks.
	var mu sync.Mutex
	ready := make(map[*Block]bool, len(blocks))
	told := 0
	advance := func() {
		for told < len(blocks) && ctx.Err() == nil {
			b := blocks[told]
			if b.chain >= 0 && !ready[b] {
				return
			}
			told++
			tell(b.result)
			if o.FailFast && b.result.Status == results.Failed {
				cancel()
			}
		}
	}
	advance()
	return runAll(ctx, chains, o.Workers, o.Worker, func(chain, step int, outcome outcome) {
		mu.Lock()
		defer mu.Unlock()
		b := at[chain][step]
		b.judge(outcome, o)
		ready[b] = true
		advance()
	})
}

// Rewrite writes the documents some of whose blocks have printed something else than they say, with the
// output that they have. It returns how many blocks and files it has rewritten.
func Rewrite(blocks []*Block) (count, changed int, err error) {
	updates := map[*Document][]Updated{}
	var order []*Document
	for _, b := range blocks {
		if !b.differ {
			continue
		}
		if updates[b.Document] == nil {
			order = append(order, b.Document)
		}
		updates[b.Document] = append(updates[b.Document], Updated{Block: b.Block, Output: b.update})
	}
	for _, d := range order {
		if err := files.Replace(d.Path, d.Source, Update(d.Source, updates[d])); err != nil {
			return count, changed, err
		}
		count += len(updates[d])
		changed++
	}
	return count, changed, nil
}
