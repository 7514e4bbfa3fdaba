package metrics

import (
	"math"
	"math/rand/v2"
	"runtime/metrics"
	"slices"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// parse reads a text as Prometheus does.
func parse(t *testing.T, text []byte) map[string]*dto.MetricFamily {
	t.Helper()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(string(text)))
	if err != nil {
		t.Fatalf("%v:\n%s", err, text)
	}
	return families
}

// labelMap are the labels of a series.
func labelMap(m *dto.Metric) map[string]string {
	labels := make(map[string]string)
	for _, l := range m.Label {
		labels[l.GetName()] = l.GetValue()
	}
	return labels
}

// labelled are two labels of one name each.
func labelled(a, b string) string {
	return string(appendLabel(append(appendLabel(nil, "a", a), ','), "b", b))
}

// familyOf is a family that there can be.
func familyOf(t *testing.T, text *text, name, help, kind string) *family {
	t.Helper()
	f, conflict := text.family(name, help, kind)
	if f == nil {
		t.Fatalf("%s: %s", name, conflict)
	}
	return f
}

// TestTextIsWhatPrometheusReads: values and labels of every kind come out as they went in.
func TestTextIsWhatPrometheusReads(t *testing.T) {
	t.Parallel()
	text := newText()
	const help, hard = "Requests.\nBy \\ and \"quotes\", é.", "a\\b\n\"c\",d=\"e\"} é"
	requests := familyOf(t, text, "app:requests_total", help, "counter")
	requests.add(series{labels: labelled(hard+"\xff", ""), value: integer(3)})
	requests.add(series{labels: labelled("/", ""), value: float(0.1)})
	requests.add(series{labels: labelled("/", ""), value: float(2.5)}) // the later one counts
	numbers := []float64{-5.5, math.Inf(1), math.Inf(-1), math.NaN(), 1e300, 5e-324}
	gauge := familyOf(t, text, "temperature", "", "gauge")
	for i, f := range numbers {
		gauge.add(series{labels: labelled(string(rune('a'+i)), ""), value: float(f)})
	}
	familyOf(t, text, "latency_seconds", "Latency.", "histogram").add(series{
		labels: labelled("GET", "x"),
		bounds: []number{float(0.005), float(1), integer(10)}, counts: []number{integer(1), integer(2), integer(2)},
		sum: float(12.5), count: integer(3),
	})
	familyOf(t, text, "nothing", "No series.", "gauge")
	families := parse(t, text.write())

	if len(families) != 3 {
		t.Errorf("%d families", len(families))
	}
	counter := families["app:requests_total"]
	if counter.GetHelp() != help || counter.GetType() != dto.MetricType_COUNTER || len(counter.Metric) != 2 {
		t.Fatalf("the counter is %v", counter)
	}
	if got := labelMap(counter.Metric[1])["a"]; got != hard+"\ufffd" || counter.Metric[1].Counter.GetValue() != 3 {
		t.Errorf("the counter has %q, %v", got, counter.Metric[1])
	}
	if got := counter.Metric[0].Counter.GetValue(); got != 2.5 {
		t.Errorf("the other one has %v", got)
	}
	for i, want := range numbers {
		if got := families["temperature"].Metric[i].Gauge.GetValue(); !sameNumber(got, want) {
			t.Errorf("%v comes out as %v", want, got)
		}
	}
	h := families["latency_seconds"].Metric[0].Histogram
	if h.GetSampleCount() != 3 || h.GetSampleSum() != 12.5 || len(h.Bucket) != 4 {
		t.Fatalf("the histogram is %v", h)
	}
	for i, bound := range []float64{0.005, 1, 10, math.Inf(1)} {
		b, count := h.Bucket[i], []uint64{1, 2, 2, 3}[i]
		if b.GetUpperBound() != bound || b.GetCumulativeCount() != count {
			t.Errorf("bucket %d is %v", i, b)
		}
	}
}

func sameNumber(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }

// FuzzText: whatever names, values of labels and helps are, Prometheus reads what was written.
func FuzzText(f *testing.F) {
	f.Add("a", "b", "help", "value", 1.5, uint8(0))
	f.Add("h", "h_count", "\\\n\"", "\\n\"\xff\xc3(,=}{#", math.Inf(1), uint8(0b1100))
	f.Add("h_sum", "h", "", "", math.NaN(), uint8(0b0011))
	f.Add("a", "b_sum", " \tblanks", "", 0.5, uint8(0))
	f.Add("a", "a", "x", "y", math.Copysign(0, -1), uint8(0b0101))
	f.Fuzz(func(t *testing.T, name, other, help, label string, v float64, kinds uint8) {
		text := newText()
		written := make(map[string]series)
		for i, name := range []string{name, other} {
			kind := []string{"counter", "gauge", "untyped", "histogram"}[kinds>>(2*i)&3]
			s := series{labels: labelled(label, help), value: float(v)}
			if kind == "histogram" {
				s.bounds, s.counts, s.sum, s.count = []number{float(1)}, []number{integer(2)}, float(v), integer(3)
			}
			if names, ok := splitLabels(s.labels); !ok || len(names) != 2 || names[0] != "a" || names[1] != "b" {
				t.Fatalf("its own labels %q are split into %q, %v", s.labels, names, ok)
			}
			if !validName(name) {
				continue
			}
			if f, _ := text.family(name, help, kind); f != nil {
				f.add(s)
				written[name] = s
			}
		}
		families := parse(t, text.write())
		if len(families) != len(written) {
			t.Fatalf("%d families, want %d:\n%s", len(families), len(written), text.write())
		}
		for name := range written {
			checkFamily(t, families[name], help, label, v)
		}
	})
}

// checkFamily compares what Prometheus has read with what FuzzText has written.
func checkFamily(t *testing.T, f *dto.MetricFamily, help, label string, v float64) {
	t.Helper()
	help, label = strings.ToValidUTF8(help, "\ufffd"), strings.ToValidUTF8(label, "\ufffd")
	if len(f.GetMetric()) != 1 || f.GetHelp() != strings.TrimLeft(help, " \t") { // blanks in front do not belong to it
		t.Fatalf("%v", f)
	}
	m := f.Metric[0]
	if got := labelMap(m); got["a"] != label || got["b"] != help {
		t.Fatalf("labels %q of %q and %q", got, label, help)
	}
	h := m.Histogram
	got := m.GetCounter().GetValue() + m.GetGauge().GetValue() + m.GetUntyped().GetValue() + h.GetSampleSum()
	if !sameNumber(got, v) {
		t.Fatalf("%v became %v", v, got)
	}
	if h != nil && (h.GetSampleCount() != 3 || len(h.Bucket) != 2 || h.Bucket[0].GetCumulativeCount() != 2) {
		t.Fatalf("the histogram is %v", h)
	}
}

// FuzzLabels: what is taken for labels is that for Prometheus, too.
func FuzzLabels(f *testing.F) {
	for _, seed := range []string{
		"", `a="b"`, `a="b",c="d"`, `a="\"\\\n"`, `a="b`, `a="b",`, `a=b`, `__a="b"`, `a="\x"`, "a=\"\n\"",
		`a="b" ,c="d"`, `9="b"`, `a="",a=""`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, labels string) {
		names, ok := splitLabels(labels)
		if !ok {
			return
		}
		text := newText()
		familyOf(t, text, "m", "", "gauge").add(series{labels: labels, value: integer(1)})
		if got := parse(t, text.write())["m"]; len(got.Metric[0].Label) != len(names) {
			t.Fatalf("%q has %d labels for Prometheus", labels, len(got.Metric[0].Label))
		}
	})
}

// TestNames are those that the model of Prometheus takes.
func TestNames(t *testing.T) {
	t.Parallel()
	alphabet := []byte("aZ_:09-. é\x00")
	for range 20_000 {
		name := make([]byte, rand.IntN(4))
		for i := range name {
			name[i] = alphabet[rand.IntN(len(alphabet))]
		}
		if got, want := validName(string(name)), model.LegacyValidation.IsValidMetricName(string(name)); got != want {
			t.Errorf("metric %q: %v, want %v", name, got, want)
		}
		want := model.LegacyValidation.IsValidLabelName(string(name)) && !strings.HasPrefix(string(name), "__")
		if got := validLabelName(string(name)); got != want {
			t.Errorf("label %q: %v, want %v", name, got, want)
		}
	}
}

// TestPausesAreCountedUpToEachBound, each in all buckets that are large enough.
func TestPausesAreCountedUpToEachBound(t *testing.T) {
	t.Parallel()
	h := &metrics.Float64Histogram{
		Counts:  []uint64{1, 2, 4, 8, 16},
		Buckets: []float64{math.Inf(-1), 0.001, 0.002, 0.01, 0.02, math.Inf(1)},
	}
	if counts, all := cumulative(h, []float64{0.0001, 0.001, 0.005, 0.01, 1}); all != 31 ||
		!slices.Equal(counts, []int64{0, 1, 3, 7, 15}) {
		t.Errorf("%v of %d", counts, all)
	}
}
