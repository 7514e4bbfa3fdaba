package metrics

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// A text is what a scrape returns: the text format of Prometheus, version 0.0.4. It knows no Lua.
type text struct {
	families []*family
	byName   map[string]*family
	worker   string // the label that every series has; "" is none
}

// A family is a metric with its series. Metrics of the same name are one family, and of two series with the same labels
// the later one counts: a module that was loaded anew registers its metrics anew.
type family struct {
	name, help, kind string
	series           []*series
	byLabels         map[string]*series
}

// A series is a value, or those of a histogram, for one combination of labels.
type series struct {
	labels string // as appendLabel writes them
	value  number
	bounds []number // of a histogram, without +Inf
	counts []number // cumulative, one for each bound
	sum    number
	count  number
}

// A number is an integer or a float.
type number struct {
	i     int64
	f     float64
	isInt bool
}

func integer(i int64) number { return number{i: i, isInt: true} }

func float(f float64) number { return number{f: f} }

// append writes a number as the format has it.
func (n number) append(out []byte) []byte {
	switch {
	case n.isInt:
		return strconv.AppendInt(out, n.i, 10)
	case math.IsInf(n.f, 1):
		return append(out, "+Inf"...)
	case math.IsInf(n.f, -1):
		return append(out, "-Inf"...)
	}
	return strconv.AppendFloat(out, n.f, 'g', -1, 64)
}

// appendBound writes a bound as Lua does: "1.0" is a float.
func (n number) appendBound(out []byte) []byte {
	begin := len(out)
	out = n.append(out)
	if n.isInt || math.IsInf(n.f, 0) {
		return out
	}
	for _, c := range out[begin:] {
		if c == '.' || c == 'e' {
			return out
		}
	}
	return append(out, ".0"...)
}

func newText() *text { return &text{byName: make(map[string]*family)} }

// suffixes are those of the lines of a histogram.
func suffixes() []string { return []string{"_bucket", "_sum", "_count"} }

// family is the family of a name, which is made when there is none. conflict says why there cannot be one: names and
// kinds must tell which family a line belongs to.
func (t *text) family(name, help, kind string) (f *family, conflict string) {
	if f = t.byName[name]; f != nil {
		if f.kind != kind {
			return nil, "there is a " + f.kind + " of this name, too"
		}
		return f, ""
	}
	for _, suffix := range suffixes() {
		if base, ok := strings.CutSuffix(name, suffix); ok && t.byName[base] != nil && t.byName[base].kind == "histogram" {
			return nil, "histogram '" + base + "' has lines of this name"
		}
		if kind == "histogram" && t.byName[name+suffix] != nil {
			return nil, "its lines have the name of metric '" + name + suffix + "'"
		}
	}
	f = &family{name: name, help: help, kind: kind, byLabels: make(map[string]*series)}
	t.byName[name] = f
	t.families = append(t.families, f)
	return f, ""
}

// add adds a series, or replaces the one with its labels.
func (f *family) add(s series) {
	if old := f.byLabels[s.labels]; old != nil {
		*old = s
		return
	}
	f.byLabels[s.labels] = &s
	f.series = append(f.series, &s)
}

// write writes the text: families in the order in which they came, series in that of their labels.
func (t *text) write() []byte {
	var out []byte
	for _, f := range t.families {
		if len(f.series) == 0 {
			continue
		}
		out = append(append(append(out, "# HELP "...), f.name...), ' ')
		out = append(appendEscaped(out, f.help, false), '\n')
		out = append(append(append(out, "# TYPE "...), f.name...), ' ')
		out = append(append(out, f.kind...), '\n')
		slices.SortFunc(f.series, func(a, b *series) int { return strings.Compare(a.labels, b.labels) })
		for _, s := range f.series {
			s.label(t.worker)
			out = s.append(out, f)
		}
	}
	return out
}

// workerLabel is the name of the label that says which of the program's workers a series is of.
const workerLabel = "worker"

// label adds the label of a worker, unless the script has one of that name.
func (s *series) label(worker string) {
	switch {
	case worker == "" || strings.HasPrefix(s.labels, workerLabel+`="`) || strings.Contains(s.labels, `",`+workerLabel+`="`):
	case s.labels == "":
		s.labels = worker
	default:
		s.labels = worker + "," + s.labels
	}
}

// append writes the lines of a series.
func (s *series) append(out []byte, f *family) []byte {
	if f.kind != "histogram" {
		return appendSample(out, f.name, "", s.labels, s.value)
	}
	for i, bound := range s.bounds {
		out = appendSample(out, f.name, "_bucket", withBound(s.labels, bound), s.counts[i])
	}
	out = appendSample(out, f.name, "_bucket", withBound(s.labels, float(math.Inf(1))), s.count)
	out = appendSample(out, f.name, "_sum", s.labels, s.sum)
	return appendSample(out, f.name, "_count", s.labels, s.count)
}

// withBound adds the label of a bucket.
func withBound(labels string, bound number) string {
	out := []byte(labels)
	if labels != "" {
		out = append(out, ',')
	}
	out = append(out, `le="`...)
	out = bound.appendBound(out)
	return string(append(out, '"'))
}

// appendSample writes one line.
func appendSample(out []byte, name, suffix, labels string, v number) []byte {
	out = append(append(out, name...), suffix...)
	if labels != "" {
		out = append(append(append(out, '{'), labels...), '}')
	}
	return append(v.append(append(out, ' ')), '\n')
}
