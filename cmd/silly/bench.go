package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"silly/cmd/silly/internal/scenario"
	"silly/internal/load"
	"silly/internal/visible"
	"silly/luahost"

	"golang.org/x/term"
)

const benchUsage = `Usage: silly bench [flags] URL

Loads a server with many connections, and shows how many requests it answers and how
long they take. The URL is http, https, ws or wss.

Of http, each connection sends one request after the other and takes any response. Of
ws, it sends messages and takes as many for their answers, as an echo server sends
them. --script runs Lua instead: a file that returns a function, which runs again and
again on each connection, and is measured.

Only servers on this machine are loaded, unless --allow-remote says that you may.

What is sent:
  -c, --connections n   connections at the same time (default 64)
  --depth n             of ws: messages that each connection has under way (default 1)
  --size n              of ws: bytes of a message, 17 at least (default 64)
  --method m            of http (default GET)
  --header 'name: v'    a field of the request, or of the handshake; may be repeated
  --body text           of http; @file is what is in a file
  --script file         a scenario in Lua instead
  --insecure            do not look at certificates (those of this machine nobody does)
  --allow-remote        load a server on another machine

How long:
  -d, --duration time   what is measured (default 10s)
  --warmup time         what passes before (default 1s)

What is shown:
  --format f            human (default) or json

Exit status:
  0    it was measured, and nothing went wrong
  1    requests failed, or there is no server
  2    wrong usage
  130  Ctrl-C ended it; what was measured until then is shown

Examples:
  silly bench http://127.0.0.1:8080/
  silly bench -c 1000 -d 30s --depth 16 ws://127.0.0.1:8080/echo
  silly bench --method POST --header 'content-type: application/json' --body @order.json \
    http://127.0.0.1:8080/orders
  silly bench --script login.lua https://127.0.0.1:8443/
`

// maxConnections is how many connections a load may have.
const maxConnections = 100_000

// benchFlags are the flags of silly bench.
type benchFlags struct {
	spec   load.Spec
	body   string
	remote bool
	script string
	format string
}

func (b *benchFlags) define(flags *flag.FlagSet) {
	for _, name := range []string{"c", "connections"} {
		flags.IntVar(&b.spec.Connections, name, 64, "")
	}
	for _, name := range []string{"d", "duration"} {
		flags.DurationVar(&b.spec.Window, name, 10*time.Second, "")
	}
	flags.IntVar(&b.spec.InFlight, "depth", 1, "")
	flags.IntVar(&b.spec.Size, "size", 64, "")
	flags.StringVar(&b.spec.Request.Method, "method", "GET", "")
	flags.Func("header", "", func(s string) error { b.spec.Request.Header = append(b.spec.Request.Header, s); return nil })
	flags.StringVar(&b.body, "body", "", "")
	flags.BoolVar(&b.spec.Insecure, "insecure", false, "")
	flags.StringVar(&b.script, "script", "", "")
	flags.DurationVar(&b.spec.WarmUp, "warmup", time.Second, "")
	flags.StringVar(&b.format, "format", "human", "")
	flags.BoolVar(&b.remote, "allow-remote", false, "")
}

// check says what is wrong with the flags.
func (b *benchFlags) check(urls []string) error {
	if len(urls) != 1 {
		return fmt.Errorf("one URL is needed, here are %d", len(urls))
	}
	u, err := url.Parse(urls[0])
	switch {
	case err != nil || u.Host == "":
		return fmt.Errorf("%q is no URL such as http://127.0.0.1:8080/", urls[0])
	case b.spec.Connections < 1 || b.spec.Connections > maxConnections:
		return fmt.Errorf("flag -c needs a number from 1 to %d", maxConnections)
	case b.spec.InFlight < 1 || b.spec.InFlight > 1024:
		return errors.New("flag --depth needs a number from 1 to 1024")
	case b.spec.Size < 17 || b.spec.Size > 16<<20:
		return errors.New("flag --size needs a number from 17 to 16777216")
	case b.spec.InFlight > 1 && b.spec.InFlight*b.spec.Size > 128<<10:
		return errors.New("--depth times --size is at most 131072: so much under way can block both sides")
	case b.spec.Window <= 0 || b.spec.WarmUp < 0:
		return errors.New("flags -d and --warmup need times such as 10s")
	case b.format != "human" && b.format != "json":
		return fmt.Errorf("flag --format: unknown format '%s', known are human, json", b.format)
	}
	for _, line := range b.spec.Request.Header {
		if name, _, ok := strings.Cut(line, ":"); !ok || strings.TrimSpace(name) == "" || strings.ContainsAny(line, "\r\n") {
			return fmt.Errorf("flag --header needs 'name: value', got %q", line)
		}
	}
	b.spec.URL, b.spec.Any = urls[0], true
	switch u.Scheme {
	case "http", "https":
		b.spec.Kind = load.HTTP
	case "ws", "wss":
		b.spec.Kind = load.Echo
	default:
		return fmt.Errorf("%q is no URL of http, https, ws or wss", urls[0])
	}
	if err := b.checkEffect(); err != nil {
		return err
	}
	return b.readBody()
}

// checkEffect refuses flags that would have no effect.
func (b *benchFlags) checkEffect() error {
	ws, http := b.spec.InFlight != 1 || b.spec.Size != 64, b.spec.Request.Method != "GET" || b.body != ""
	switch {
	case b.script != "" && (ws || http || len(b.spec.Request.Header) > 0 || b.spec.Insecure):
		return errors.New("--script decides what is sent: --depth, --size, --method, --header, --body and --insecure do not go with it")
	case b.spec.Kind == load.HTTP && ws:
		return errors.New("--depth and --size are for ws and wss")
	case b.spec.Kind == load.Echo && http:
		return errors.New("--method and --body are for http and https")
	}
	return nil
}

// readBody reads the body, which may be in a file.
func (b *benchFlags) readBody() error {
	b.spec.Request.Body = b.body
	name, ok := strings.CutPrefix(b.body, "@")
	if !ok {
		return nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("flag --body: %v", err)
	}
	b.spec.Request.Body = string(text)
	return nil
}

// runBench is the command silly bench.
func runBench(args []string, stdout, stderr io.Writer, signals <-chan os.Signal) int {
	var b benchFlags
	_, status, done := parseCommand(&b, "bench", benchUsage, args, stdout, stderr)
	if done {
		return status
	}
	return untilSignal(signals, func(ctx context.Context) int { return b.bench(ctx, stdout, stderr) })
}

// bench is the command without its signals: a signal ends ctx.
func (b *benchFlags) bench(ctx context.Context, stdout, stderr io.Writer) int {
	u, _ := url.Parse(b.spec.URL)
	local, err := isLocal(ctx, u.Hostname())
	switch {
	case err != nil:
		fmt.Fprintf(stderr, "silly bench: %s\n", visible.Text(err.Error()))
		return exitFailure
	case !local && !b.remote:
		fmt.Fprintf(stderr, "silly bench: %s is not this machine: give --allow-remote if you may load it\n", visible.Text(u.Hostname()))
		return exitUsage
	case local:
		b.spec.Insecure = true
	}
	p := &progress{out: stderr, window: b.spec.Window}
	if f, ok := stderr.(*os.File); ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb" {
		b.spec.Progress = p.show
	}
	var result load.Result
	if b.script != "" {
		result, err = scenario.Run(ctx, scenario.Options{
			Path: b.script, URL: b.spec.URL, Connections: b.spec.Connections, WarmUp: b.spec.WarmUp, Window: b.spec.Window,
			Network: localNetwork{remote: b.remote}, Stdout: stderr, Stderr: stderr, Progress: b.spec.Progress,
		})
	} else {
		result, err = load.Run(ctx, b.spec)
	}
	p.wipe()
	var exit *luahost.ExitError
	switch {
	case errors.As(err, &exit):
		fmt.Fprintf(stderr, "silly bench: the scenario has ended the program with status %d\n", exit.Status)
		return exitFailure
	case err != nil && ctx.Err() == nil:
		return explain("silly bench", nil, err, stderr)
	case result.Operations == 0 && len(result.Errors) == 0:
		fmt.Fprintf(stderr, "silly bench: nothing was answered within %.1f s\n", result.Seconds)
	}
	if b.format == "json" {
		err = b.writeJSON(stdout, result)
	} else {
		_, err = io.WriteString(stdout, b.describe(result, isColorful(stdout)))
	}
	switch {
	case err != nil:
		fmt.Fprintf(stderr, "silly bench: standard output: %v\n", err)
		return exitUsage
	case len(result.Errors) > 0 || result.Operations == 0:
		return exitFailure
	}
	return exitOK
}

// isLocal reports whether a name is that of this machine, and nothing else.
func isLocal(ctx context.Context, host string) (bool, error) {
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return false, err
	}
	return !slices.ContainsFunc(addresses, isRemoteAddress), nil
}

// localNetwork is the network of a scenario: this machine, unless it may reach others.
type localNetwork struct {
	luahost.SystemNetwork
	remote bool
}

// Dial implements luahost.Network.
func (n localNetwork) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	if !n.remote {
		host, _, _ := net.SplitHostPort(address)
		local, err := isLocal(ctx, host)
		if err != nil {
			return nil, err
		}
		if !local {
			return nil, fmt.Errorf("%s is not this machine: give --allow-remote if you may load it", host)
		}
	}
	return n.SystemNetwork.Dial(ctx, network, address)
}

// progress is the line on which a terminal shows how it goes.
type progress struct {
	out    io.Writer
	window time.Duration
	shown  bool
}

// show rewrites the line.
func (p *progress) show(elapsed time.Duration, operations int64) {
	p.shown = true
	fmt.Fprintf(p.out, "\r\x1b[K%v of %v, %s/s", elapsed.Round(time.Second), p.window, grouped(float64(operations)/elapsed.Seconds()))
}

// wipe removes the line.
func (p *progress) wipe() {
	if p.shown {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}

// benchReport is the report in JSON. Times are milliseconds.
type benchReport struct {
	URL         string           `json:"url"`
	Connections int              `json:"connections"`
	Depth       int              `json:"depth,omitempty"`
	Seconds     float64          `json:"seconds"`
	Operations  int64            `json:"operations"`
	PerSecond   float64          `json:"per_second"`
	Received    int64            `json:"received_bytes"`
	Latency     latencies        `json:"latency_ms"`
	Statuses    map[int]int64    `json:"statuses,omitempty"`
	Errors      map[string]int64 `json:"errors,omitempty"`
	Histogram   []benchBucket    `json:"histogram"`
}

type latencies struct {
	P50  float64 `json:"p50"`
	P90  float64 `json:"p90"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p99_9"`
	Max  float64 `json:"max"`
}

type benchBucket struct {
	UpTo  float64 `json:"up_to_ms"`
	Count int64   `json:"count"`
}

func (b *benchFlags) writeJSON(w io.Writer, r load.Result) error {
	report := benchReport{
		URL: b.spec.URL, Connections: b.spec.Connections, Seconds: r.Seconds, Operations: r.Operations,
		PerSecond: float64(r.Operations) / max(r.Seconds, 1e-9), Received: r.Received,
		Latency:  latencies{ms(r.P50), ms(r.P90), ms(r.P99), ms(r.P999), ms(r.Max)},
		Statuses: r.Statuses, Errors: r.Errors, Histogram: []benchBucket{},
	}
	if b.spec.Kind == load.Echo && b.script == "" {
		report.Depth = b.spec.InFlight
	}
	for _, bucket := range histogramRows(r.Histogram) {
		report.Histogram = append(report.Histogram, benchBucket{ms(bucket.UpTo), bucket.Count})
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(report)
}

// ms is a time in milliseconds.
func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// describe is the report for people.
func (b *benchFlags) describe(r load.Result, color bool) string {
	var out strings.Builder
	what, depth := "requests", ""
	switch {
	case b.script != "":
		what = "operations"
	case b.spec.Kind == load.Echo:
		what, depth = "messages", fmt.Sprintf(", depth %d, %d bytes", b.spec.InFlight, b.spec.Size)
	}
	seconds := max(r.Seconds, 1e-9)
	fmt.Fprintf(&out, "%s: %d connections%s, %.1f s\n\n", visible.Text(b.spec.URL), b.spec.Connections, depth, r.Seconds)
	fmt.Fprintf(&out, "%-10s %s, %s/s\n", what, grouped(float64(r.Operations)), grouped(float64(r.Operations)/seconds))
	if r.Received > 0 {
		fmt.Fprintf(&out, "%-10s %.1f MB, %.1f MB/s\n", "received", float64(r.Received)/1e6, float64(r.Received)/1e6/seconds)
	}
	if r.Operations > 0 {
		fmt.Fprintf(&out, "%-10s p50 %s  p90 %s  p99 %s  p99.9 %s  max %s\n", "latency",
			shortTime(r.P50), shortTime(r.P90), shortTime(r.P99), shortTime(r.P999), shortTime(r.Max))
		out.WriteByte('\n')
		drawHistogram(&out, histogramRows(r.Histogram), r.Operations, color)
	}
	if len(r.Statuses) > 1 || len(r.Statuses) == 1 && r.Statuses[200] == 0 {
		out.WriteByte('\n')
		for _, code := range slices.Sorted(maps.Keys(r.Statuses)) {
			fmt.Fprintf(&out, "%-10s %s\n", fmt.Sprintf("status %d", code), grouped(float64(r.Statuses[code])))
		}
	}
	if len(r.Errors) > 0 {
		out.WriteString("\nerrors\n")
		for _, text := range slices.Sorted(maps.Keys(r.Errors)) {
			fmt.Fprintf(&out, "%10s  %s\n", grouped(float64(r.Errors[text])), visible.Text(text))
		}
	}
	return out.String()
}
