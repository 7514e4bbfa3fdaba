package lib

import (
	"strconv"
	"time"

	"silly/internal/lua/value"
)

// A date is a point in time, taken apart.
type date struct {
	time.Time
	year int
	utc  bool
}

func dateOf(t time.Time, utc bool) date { return date{t, t.Year(), utc} }

// fields passes the fields that os.date("*t") has.
func (d date) fields(set func(name string, v value.Value)) {
	for _, f := range [...]struct {
		name string
		n    int
	}{
		{"year", d.year}, {"month", int(d.Month())}, {"day", d.Day()}, {"hour", d.Hour()}, {"min", d.Minute()},
		{"sec", d.Second()}, {"yday", d.YearDay()}, {"wday", int(d.Weekday()) + 1},
	} {
		set(f.name, value.Int(int64(f.n)))
	}
	set("isdst", value.Bool(d.IsDST()))
}

// appendFormat appends a date as strftime does in the locale "C". At a conversion that Lua does not admit it stops and
// returns it with what follows.
func (d date) appendFormat(b []byte, format string) (result []byte, rest string) {
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			b = append(b, format[i])
			continue
		}
		n := 1
		if i+1 < len(format) && (format[i+1] == 'E' || format[i+1] == 'O') {
			n = 2
		}
		if i+n >= len(format) || !admitted(format[i+1:i+n], format[i+n]) {
			rest = format[i:]
			for k := range len(rest) {
				if rest[k] == 0 { // the end of a C string
					return b, rest[:k]
				}
			}
			return b, rest
		}
		i += n
		b = d.append(b, format[i])
	}
	return b, ""
}

// admitted reports whether there is a conversion with a modifier: "", "E" or "O".
func admitted(modifier string, verb byte) bool {
	verbs := "aAbBcCdDeFgGhHIjmMnprRStTuUVwWxXyYzZ%"
	switch modifier {
	case "E":
		verbs = "cCxXyY"
	case "O":
		verbs = "deHImMSuUVwWy"
	}
	for i := range len(verbs) {
		if verbs[i] == verb {
			return true
		}
	}
	return false
}

// composed is the format that a conversion stands for, or "".
func composed(verb byte) string {
	switch verb {
	case 'c':
		return "%a %b %e %H:%M:%S %Y"
	case 'D', 'x':
		return "%m/%d/%y"
	case 'F':
		return "%Y-%m-%d"
	case 'r':
		return "%I:%M:%S %p"
	case 'R':
		return "%H:%M"
	case 'T', 'X':
		return "%H:%M:%S"
	case 'n':
		return "\n"
	case 't':
		return "\t"
	}
	return ""
}

// appendYearOrWeek appends a conversion of the year, or of a place in the year or the week.
func (d date) appendYearOrWeek(b []byte, verb byte) []byte {
	switch verb {
	case 'g', 'G', 'V':
		return d.appendISOWeek(b, verb)
	case 'C':
		return strconv.AppendInt(b, int64(floorDiv(shownYear(d.year), 100)), 10)
	case 'j':
		return padded(b, d.YearDay(), 3, '0')
	case 'u':
		return padded(b, int(d.Weekday()+6)%7+1, 1, '0')
	case 'U': // weeks begin on Sunday
		return padded(b, (d.YearDay()+6-int(d.Weekday()))/7, 2, '0')
	case 'w':
		return padded(b, int(d.Weekday()), 1, '0')
	case 'W': // weeks begin on Monday
		return padded(b, (d.YearDay()+6-int(d.Weekday()+6)%7)/7, 2, '0')
	case 'y':
		return padded(b, d.year-100*floorDiv(d.year, 100), 2, '0')
	}
	return strconv.AppendInt(b, int64(shownYear(d.year)), 10)
}

// appendISOWeek appends a conversion of the week of ISO 8601, or of its year.
func (d date) appendISOWeek(b []byte, verb byte) []byte {
	year, week := d.ISOWeek()
	year = shownYear(year)
	switch verb {
	case 'g':
		return padded(b, year-100*floorDiv(year, 100), 2, '0')
	case 'G':
		return strconv.AppendInt(b, int64(year), 10)
	}
	return padded(b, week, 2, '0')
}

// append appends one conversion.
func (d date) append(b []byte, verb byte) []byte {
	if format := composed(verb); format != "" {
		return d.appendAll(b, format)
	}
	switch verb {
	case 'C', 'g', 'G', 'j', 'u', 'U', 'V', 'w', 'W', 'y', 'Y':
		return d.appendYearOrWeek(b, verb)
	case 'a':
		return append(b, d.Weekday().String()[:3]...)
	case 'A':
		return append(b, d.Weekday().String()...)
	case 'b', 'h':
		return append(b, d.Month().String()[:3]...)
	case 'B':
		return append(b, d.Month().String()...)
	case 'd':
		return padded(b, d.Day(), 2, '0')
	case 'e':
		return padded(b, d.Day(), 2, ' ')
	case 'H':
		return padded(b, d.Hour(), 2, '0')
	case 'I':
		return padded(b, (d.Hour()+11)%12+1, 2, '0')
	case 'm':
		return padded(b, int(d.Month()), 2, '0')
	case 'M':
		return padded(b, d.Minute(), 2, '0')
	case 'p':
		if d.Hour() < 12 {
			return append(b, "AM"...)
		}
		return append(b, "PM"...)
	case 'S':
		return padded(b, d.Second(), 2, '0')
	case 'z':
		_, offset := d.Zone()
		sign := byte('+')
		if offset < 0 {
			sign, offset = '-', -offset
		}
		return padded(append(b, sign), offset/3600*100+offset/60%60, 4, '0')
	case 'Z':
		if d.utc {
			return append(b, "GMT"...)
		}
		name, _ := d.Zone()
		return append(b, name...)
	}
	return append(b, verb)
}

// appendAll appends several conversions.
func (d date) appendAll(b []byte, format string) []byte {
	b, _ = d.appendFormat(b, format)
	return b
}

// shownYear is a year as strftime counts it, in a C int.
func shownYear(year int) int { return int(int32(year)) }

// padded appends a number that is not negative with at least so many digits.
func padded(b []byte, n, width int, with byte) []byte {
	for limit := 10; width > 1; width-- {
		if n < limit {
			b = append(b, with)
		}
		limit *= 10
	}
	return strconv.AppendInt(b, int64(n), 10)
}

// floorDiv is a / b, rounded down.
func floorDiv(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
