package metrics

import (
	"fmt"
	"slices"

	lua "github.com/yuin/gopher-lua"

	"silly/internal/lua/value"
)

// extract adds a metric to a text: one of the modules, or a table with the same fields. problem says what is wrong with
// it.
func (b *binding) extract(t *text, metric value.Value, poll func()) (problem string) {
	if !metric.IsTable() {
		return "a metric is a " + metric.TypeName() + ", not a table"
	}
	m := metric.LTable()
	name, help, kind := value.Get(m, b.name), value.Get(m, b.help), value.Get(m, b.kindKey)
	if !name.IsString() || !validName(name.Str()) {
		return fmt.Sprintf("a metric has the name '%s', which Prometheus does not take", shortened(name))
	}
	defer func() {
		if problem != "" {
			problem = "metric '" + name.Str() + "': " + problem
		}
	}()
	helpText := ""
	if help.IsString() {
		helpText = help.Str()
	}
	switch {
	case !kind.IsString():
		return "its kind is missing"
	case !slices.Contains([]string{"counter", "gauge", "histogram", "untyped"}, kind.Str()):
		return fmt.Sprintf("its kind is '%s', not counter, gauge, histogram or untyped", shortened(kind))
	}
	f, conflict := t.family(name.Str(), helpText, kind.Str())
	if f == nil {
		return conflict
	}
	parts := value.Get(m, b.metrics)
	switch {
	case parts.IsNil():
		return b.extractSeries(f, "", m, m)
	case !parts.IsTable():
		return "field 'metrics' is a " + parts.TypeName() + ", not a table"
	}
	all := parts.LTable()
	for key, part, _ := value.Next(all, value.Nil); !key.IsNil(); key, part, _ = value.Next(all, key) {
		poll()
		if !key.IsString() || !part.IsTable() {
			return "field 'metrics' has something else than a table for each text of labels"
		}
		names, ok := splitLabels(key.Str())
		if !ok || slices.Contains(names, "le") && f.kind == "histogram" {
			return fmt.Sprintf("the labels '%s' are not what Prometheus takes", shortened(key))
		}
		if problem := b.extractSeries(f, key.Str(), part.LTable(), m); problem != "" {
			return problem
		}
	}
	return ""
}

// shortened is the beginning of a text for messages, or the type of what is none.
func shortened(v value.Value) string {
	if !v.IsString() {
		return v.TypeName()
	}
	return fmt.Sprintf("%.60s", v.Str())
}

// extractSeries adds a series; of is the metric that it belongs to.
func (b *binding) extractSeries(f *family, labels string, part, of *lua.LTable) (problem string) {
	s := series{labels: labels}
	fields := []struct {
		key value.Value
		to  *number
	}{{b.value, &s.value}}
	if f.kind == "histogram" {
		fields[0].key, fields[0].to = b.sum, &s.sum
		fields = append(fields, fields[0])
		fields[1].key, fields[1].to = b.count, &s.count
		if problem := b.extractBuckets(&s, part, of); problem != "" {
			return problem
		}
	}
	for _, field := range fields {
		v := value.Get(part, field.key)
		if !v.IsNumber() {
			return "field '" + field.key.Str() + "' is a " + v.TypeName() + ", not a number"
		}
		*field.to = numberOf(v)
	}
	f.add(s)
	return ""
}

// numberOf is a number as the text has it.
func numberOf(v value.Value) number {
	if v.IsInt() {
		return integer(v.AsInt())
	}
	return float(v.AsFloat())
}

// extractBuckets reads the buckets of a histogram.
func (b *binding) extractBuckets(s *series, part, of *lua.LTable) (problem string) {
	bounds, counts := value.Get(part, b.buckets), value.Get(part, b.bucketCounts)
	if bounds.IsNil() {
		bounds = value.Get(of, b.buckets)
	}
	if !bounds.IsTable() || !counts.IsTable() || value.Len(bounds.LTable()) != value.Len(counts.LTable()) {
		return "fields 'buckets' and 'bucketcounts' are not lists of the same length"
	}
	for i := int64(1); i <= value.Len(bounds.LTable()); i++ {
		bound, count := value.Get(bounds.LTable(), value.Int(i)), value.Get(counts.LTable(), value.Int(i))
		if !bound.IsNumber() || !count.IsNumber() {
			return "fields 'buckets' and 'bucketcounts' have something else than numbers"
		}
		s.bounds = append(s.bounds, numberOf(bound))
		s.counts = append(s.counts, numberOf(count))
	}
	return ""
}
