// Package linediff shows how two lists of lines differ.
package linediff

import (
	"fmt"
	"slices"
	"unicode/utf8"
)

// Bounds of a diff, so that a block that prints for ever does not make one without end.
const (
	maxDiffLines = 2000 // considered on either side, after the first difference
	maxDiffRun   = 40   // lines of one kind in a row
	maxDiffLine  = 1000 // bytes of a line
	diffContext  = 3    // equal lines shown before and after a difference
)

// A difference is a line of a diff with its mark: '-' for expected, '+' for printed, ' ' for both.
type difference struct {
	mark byte
	line string
}

// differences are the lines of a diff.
type differences struct{ lines []difference }

func (d *differences) add(mark byte, line string) {
	d.lines = append(d.lines, difference{mark, line})
}

// Lines returns the shortest diff of two lists of lines that do not match: a line each with "-" in front if it was expected,
// "+" if it was printed, and " " for both. isWildcard says which lines of want stand for any lines; nil is none. Long runs of
// lines and long lines are cut.
func Lines(want, got []string, isWildcard func(string) bool) []string {
	if isWildcard == nil {
		isWildcard = func(string) bool { return false }
	}
	var d differences
	for len(want) > 0 && len(got) > 0 && want[0] == got[0] && !isWildcard(want[0]) {
		d.add(' ', want[0])
		want, got = want[1:], got[1:]
	}
	leftOut := max(len(want)-maxDiffLines, 0) + max(len(got)-maxDiffLines, 0)
	want, got = want[:min(len(want), maxDiffLines)], got[:min(len(got), maxDiffLines)]

	// cost at i, j is how many lines of the diff of want[i:] and got[j:] are marked.
	width := len(got) + 1
	cost := make([]uint16, (len(want)+1)*width)
	for i := len(want); i >= 0; i-- {
		for j := len(got); j >= 0; j-- {
			at := i*width + j
			switch {
			case i == len(want):
				cost[at] = uint16(len(got) - j)
			case isWildcard(want[i]):
				cost[at] = cost[at+width]
				if j < len(got) {
					cost[at] = min(cost[at], cost[at+1])
				}
			case j == len(got):
				cost[at] = cost[at+width] + 1
			case want[i] == got[j]:
				cost[at] = cost[at+width+1]
			default:
				cost[at] = min(cost[at+width], cost[at+1]) + 1
			}
		}
	}
	for i, j := 0, 0; i < len(want) || j < len(got); {
		at := i*width + j
		switch {
		case i < len(want) && isWildcard(want[i]):
			if j < len(got) && cost[at+width] > cost[at] {
				j++
				continue
			}
			d.add(' ', want[i])
			i++
		case i < len(want) && j < len(got) && want[i] == got[j]:
			d.add(' ', want[i])
			i++
			j++
		case i < len(want) && (j == len(got) || cost[at+width] < cost[at]):
			d.add('-', want[i])
			i++
		default:
			d.add('+', got[j])
			j++
		}
	}
	text := d.text()
	if leftOut > 0 {
		text = append(text, fmt.Sprintf(" [%d more lines were not compared]", leftOut))
	}
	return text
}

// Unordered compares lines that may come in any order. diff is as that of Lines, nil when they are the same.
func Unordered(want, got []string) (diff []string, same bool) {
	count := map[string]int{}
	for _, line := range got {
		count[line]++
	}
	same = true
	var d differences
	for _, line := range want {
		if count[line] > 0 {
			count[line]--
			d.add(' ', line)
			continue
		}
		same = false
		d.add('-', line)
	}
	for _, line := range slices.Backward(got) {
		if count[line] > 0 {
			// What is left over are the last lines of that text.
			count[line]--
			same = false
			d.add('+', line)
		}
	}
	if same {
		return nil, true
	}
	slices.Reverse(d.lines[len(want):])
	return d.text(), false
}

// text returns the lines with their marks. Of long runs of the same kind the middle is left out, of equal
// lines also what is far from a difference.
func (d *differences) text() []string {
	var text []string
	for from := 0; from < len(d.lines); {
		mark := d.lines[from].mark
		to := from
		for to < len(d.lines) && d.lines[to].mark == mark {
			to++
		}
		head, tail := from+maxDiffRun/2, to-maxDiffRun/2
		if mark == ' ' {
			head, tail = from+diffContext, to-diffContext
			if from == 0 {
				head = from
			}
			if to == len(d.lines) {
				tail = to
			}
		}
		if tail-head <= 1 {
			head, tail = to, to
		}
		for _, l := range d.lines[from:head] {
			text = append(text, string(mark)+Shorten(l.line))
		}
		if tail > head {
			kind := map[byte]string{' ': "equal", '-': "expected", '+': "printed"}[mark]
			text = append(text, fmt.Sprintf(" [%d %s lines left out]", tail-head, kind))
		}
		for _, l := range d.lines[tail:to] {
			text = append(text, string(mark)+Shorten(l.line))
		}
		from = to
	}
	return text
}

// Shorten cuts a line that is very long.
func Shorten(line string) string {
	if len(line) <= maxDiffLine {
		return line
	}
	end := maxDiffLine
	for end > maxDiffLine-utf8.UTFMax && !utf8.RuneStart(line[end]) {
		end--
	}
	return fmt.Sprintf("%s [%d more bytes]", line[:end], len(line)-end)
}
