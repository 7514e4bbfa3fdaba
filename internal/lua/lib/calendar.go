package lib

import "time"

// A calendar is a point in time as C's struct tm has it: its fields may be out of range.
type calendar struct {
	year, month, day int64 // from 1900, from January, and of the month from 1
	hour             int64
	minute, second   int64
	summer           certainty // whether daylight saving time is in force
}

type certainty uint8

const (
	no certainty = iota
	yes
	unknown
)

// unix is the point in time as seconds since 1970, like C's mktime with the library of GNU.
func (f calendar) unix(zone *time.Location) int64 {
	// Seconds beyond a minute pass after the rest has become a point in time.
	second := min(max(f.second, 0), 59)
	return f.resolve(f.days()*86400+f.hour*3600+f.minute*60+second, zone) + f.second - second
}

// resolve is the point in time of a local time.
func (f calendar) resolve(local int64, zone *time.Location) int64 {
	before, after := offsetAt(local-86400, zone), offsetAt(local+86400, zone)
	t := local - before
	if offsetAt(t, zone) != before {
		// Not in force any more, or the hour does not exist: then the old offset counts.
		if offsetAt(local-after, zone) == after {
			t = local - after
		}
	} else if after < before && offsetAt(local-after, zone) == after && f.summer != yes {
		t = local - after // the hour exists twice
	}
	if f.summer == unknown || time.Unix(t, 0).In(zone).IsDST() == (f.summer == yes) {
		return t
	}
	return local - offsetNear(t, f.summer == yes, zone)
}

// days is the number of days since 1970-01-01 in the Gregorian calendar.
func (f calendar) days() int64 {
	year := f.year + 1900 + floorDiv64(f.month, 12)
	month := f.month - 12*floorDiv64(f.month, 12)
	// Years begin in March, so that the leap day is the last one.
	if month < 2 {
		month += 12
		year--
	}
	century := floorDiv64(year, 100)
	return 365*year + floorDiv64(year, 4) - century + floorDiv64(century, 4) + (153*(month-2)+2)/5 + f.day - 719469
}

// offsetAt is how far a zone is ahead of UTC, in seconds.
func offsetAt(t int64, zone *time.Location) int64 {
	_, offset := time.Unix(t, 0).In(zone).Zone()
	return int64(offset)
}

// The C library of GNU looks for another kind of time in steps that no such time is shorter than, as far as half of the
// longest one.
const (
	searchStep  = 601200
	searchBound = 457243209/2 + searchStep
)

// offsetNear is the offset that is nearest in time and with, or without, daylight saving time. Where there is none for
// years, daylight saving time is an hour ahead.
func offsetNear(t int64, summer bool, zone *time.Location) int64 {
	for delta := int64(searchStep); delta < searchBound; delta += searchStep {
		for _, other := range [...]int64{t - delta, t + delta} {
			if time.Unix(other, 0).In(zone).IsDST() == summer {
				return offsetAt(other, zone)
			}
		}
	}
	offset := offsetAt(t, zone)
	if summer {
		return offset + 3600
	}
	return offset - 3600
}

func floorDiv64(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
