package hostlog

import (
	"context"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"sync"

	"silly/internal/visible"
)

// Attributes of a record that have a place of their own in a line.
const (
	traceKey  = "trace"
	workerKey = "worker"
	sourceKey = "source"
)

// formatTrace writes a trace as it stands in lines: 16 hexadecimal digits.
func formatTrace(trace int64) string {
	digits := strconv.FormatUint(uint64(trace), 16)
	return "0000000000000000"[len(digits):] + digits
}

// A textHandler writes a line for each record:
//
//	2026-11-25 18:55:29 1234567890ab0001 I app.lua:12 message
//
// with the local time, the trace, the worker ("w2"), if there are several, the first letter of the level, and the place in the
// script, if there is one. What a terminal
// would obey is escaped, and further lines of a message are indented: no message can pretend to be two.
type textHandler struct{ w io.Writer }

func newTextHandler(w io.Writer) slog.Handler { return textHandler{w} }

// Enabled implements slog.Handler.
func (textHandler) Enabled(context.Context, slog.Level) bool { return true }

// WithAttrs implements slog.Handler: what the log does not know itself is left out.
func (h textHandler) WithAttrs([]slog.Attr) slog.Handler { return h }

// WithGroup implements slog.Handler.
func (h textHandler) WithGroup(string) slog.Handler { return h }

var lines = sync.Pool{New: func() any { return new([]byte) }}

// maxKept is the size of the largest line whose memory is kept for later ones, in bytes.
const maxKept = 64 << 10

// Handle implements slog.Handler.
func (h textHandler) Handle(_ context.Context, r slog.Record) error {
	trace, worker, source := formatTrace(0), "", ""
	r.Attrs(func(a slog.Attr) bool {
		switch a.Key {
		case traceKey:
			trace = a.Value.String()
		case workerKey:
			worker = "w" + a.Value.String() + " "
		case sourceKey:
			source = a.Value.String()
		}
		return true
	})
	memory := lines.Get().(*[]byte)
	line := r.Time.AppendFormat((*memory)[:0], "2006-01-02 15:04:05 ")
	line = append(line, trace...)
	line = append(line, ' ')
	line = append(line, worker...)
	line = append(line, "DIWE"[Number(r.Level)], ' ')
	if source != "" {
		line = append(line, visible.Text(source)...)
		line = append(line, ' ')
	}
	message := visible.Text(strings.TrimRight(r.Message, "\n"))
	for {
		first, rest, more := strings.Cut(message, "\n")
		line = append(line, first...)
		line = append(line, '\n')
		if !more {
			break
		}
		line = append(line, '\t')
		message = rest
	}
	_, err := h.w.Write(line)
	if cap(line) <= maxKept {
		*memory = line
		lines.Put(memory)
	}
	return err
}
