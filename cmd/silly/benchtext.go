package main

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"silly/internal/load"
)

// isRemoteAddress reports whether an address is not one of this machine's loopback.
func isRemoteAddress(a netip.Addr) bool { return !a.Unmap().IsLoopback() }

// grouped is a whole number with commas between thousands.
func grouped(n float64) string {
	digits := strconv.FormatInt(int64(n+0.5), 10)
	var b strings.Builder
	for i, c := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// shortTime is a time with three digits.
func shortTime(d time.Duration) string {
	switch {
	case d >= time.Second:
		return fmt.Sprintf("%.3g s", d.Seconds())
	case d >= time.Millisecond:
		return fmt.Sprintf("%.3g ms", ms(d))
	}
	return fmt.Sprintf("%.3g µs", float64(d)/float64(time.Microsecond))
}

// maxRows is how many rows a histogram has at most.
const maxRows = 20

// histogramRows puts the buckets of a histogram together, so that there are at most maxRows: the limits of rows are 1, 2 and 5 times powers
// of ten, or if those are too many, powers of ten.
func histogramRows(buckets []load.Bucket) []load.Bucket {
	if len(buckets) == 0 {
		return nil
	}
	for _, steps := range [][]float64{{1, 1.5, 2, 3, 5, 7}, {1, 2, 5}, {1}} {
		if merged := merge(buckets, steps); len(merged) <= maxRows {
			return merged
		}
	}
	return merge(buckets, []float64{1})
}

// merge puts buckets together whose times lie between the same limits, which are steps times powers of ten. Rows between the first
// and the last that have nothing are there.
func merge(buckets []load.Bucket, steps []float64) []load.Bucket {
	var merged []load.Bucket
	power, step := time.Duration(1), 0
	limit := func() time.Duration { return time.Duration(float64(power) * steps[step]) }
	for _, b := range buckets {
		for b.UpTo > limit() {
			if merged != nil {
				merged = append(merged, load.Bucket{})
			}
			if step++; step == len(steps) {
				power, step = power*10, 0
			}
			if merged != nil {
				merged[len(merged)-1].UpTo = limit()
			}
		}
		if merged == nil {
			merged = append(merged, load.Bucket{UpTo: limit()})
		}
		merged[len(merged)-1].Count += b.Count
	}
	return merged
}

// drawHistogram draws rows as bars.
func drawHistogram(out *strings.Builder, rows []load.Bucket, total int64, color bool) {
	const width = 40
	most := int64(1)
	for _, r := range rows {
		most = max(most, r.Count)
	}
	for _, r := range rows {
		eighths := int(r.Count * width * 8 / most)
		bar := strings.Repeat("█", eighths/8)
		if rest := eighths % 8; rest > 0 {
			bar += string([]rune("▏▎▍▌▋▊▉")[rest-1])
		} else if r.Count > 0 && eighths == 0 {
			bar = "▏"
		}
		padded := bar + strings.Repeat(" ", width-len([]rune(bar)))
		if color {
			padded = "\x1b[36m" + padded + "\x1b[0m"
		}
		fmt.Fprintf(out, "  ≤ %8s  %s %5.1f %%\n", shortTime(r.UpTo), padded, 100*float64(r.Count)/float64(total))
	}
}
