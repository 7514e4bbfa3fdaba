package lib

import (
	"math"
	"time"

	"silly/internal/lua/value"
	"silly/internal/lua/vm"
)

// openOS makes the part of the library os (manual, section 6.9) that needs no host.
func (l *library) openOS() {
	l.global("os", []function{
		{"clock", OSClock},
		{"date", OSDate},
		{"difftime", OSDifftime},
		{"time", OSTime},
	})
}

// OSClock implements os.clock() -> seconds of processor time that the process has used.
func OSClock(c vm.Call) int { return c.Return(value.Float(processorTime().Seconds())) }

// OSDate implements os.date([format [, time]]) -> string, or table for "*t".
func OSDate(c vm.Call) int {
	format := c.OptStr(1, "%c")
	t := time.Now()
	if !c.Arg(2).IsNil() {
		t = time.Unix(c.Int(2), 0)
	}
	utc := format != "" && format[0] == '!'
	if utc {
		format = format[1:]
		t = t.UTC()
	} else {
		t = t.In(localZone())
	}
	d := dateOf(t, utc)
	if y := int64(d.year) - 1900; y < math.MinInt32 || y > math.MaxInt32 {
		c.Raise("date result cannot be represented in this installation")
	}
	if len(format) >= 2 && format[:2] == "*t" && (len(format) == 2 || format[2] == 0) {
		table := value.NewTable(0, 9)
		d.fields(func(name string, v value.Value) { table.Set(value.String(name), v) })
		return c.Return(table.Value())
	}
	b, rest := d.appendFormat(nil, format)
	if rest != "" {
		c.ArgError(1, "invalid conversion specifier '"+rest+"'")
	}
	return c.Return(value.String(string(b)))
}

// OSDifftime implements os.difftime(t2, t1) -> seconds.
func OSDifftime(c vm.Call) int {
	t2 := c.Int(1)
	return c.Return(value.Float(float64(t2) - float64(c.Int(2))))
}

// OSTime implements os.time([table]) -> seconds since 1970. It normalises the fields of the table.
func OSTime(c vm.Call) int {
	if c.Arg(1).IsNil() {
		return c.Return(value.Int(time.Now().Unix()))
	}
	c.Table(1)
	var f calendar
	f.year = dateField(c, "year", required, 1900)
	f.month = dateField(c, "month", required, 1)
	f.day = dateField(c, "day", required, 0)
	f.hour = dateField(c, "hour", 12, 0)
	f.minute = dateField(c, "min", 0, 0)
	f.second = dateField(c, "sec", 0, 0)
	switch dst := c.Thread().Index(c.Arg(1), value.String("isdst")); {
	case dst.IsNil():
		f.summer = unknown
	case !dst.Falsy():
		f.summer = yes
	}
	t := f.unix(localZone())
	d := dateOf(time.Unix(t, 0).In(localZone()), false)
	if y := int64(d.year) - 1900; t == -1 || y < math.MinInt32 || y > math.MaxInt32 {
		c.Raise("time result cannot be represented in this installation")
	}
	d.fields(func(name string, v value.Value) { c.Thread().SetIndex(c.Arg(1), value.String(name), v) })
	return c.Return(value.Int(t))
}

// required is the default of a field that must be there.
const required = -1

// dateField is a field of the table of os.time, less delta, as C's struct tm has it.
func dateField(c vm.Call, name string, otherwise, delta int64) int64 {
	v := c.Thread().Index(c.Arg(1), value.String(name))
	i, ok := value.ToInt(v)
	switch {
	case ok && i >= 0:
		ok = i-delta <= math.MaxInt32
	case ok:
		ok = math.MinInt32+delta <= i
	case !v.IsNil():
		c.Raise("field '%s' is not an integer", name)
	case otherwise < 0:
		c.Raise("field '%s' missing in date table", name)
	default:
		return otherwise
	}
	if !ok {
		c.Raise("field '%s' is out-of-bound", name)
	}
	return i - delta
}
