package lib

import (
	"encoding/binary"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// localZone is the zone of local time. Package time knows the names of zones; TZ may say as well, in the way of POSIX,
// what holds in one: "CET-1CEST,M3.5.0,M10.5.0/3".
var localZone = sync.OnceValue(func() *time.Location {
	rule := strings.TrimPrefix(os.Getenv("TZ"), ":")
	if time.Local.String() != "UTC" || rule == "" { // package time falls back on UTC
		return time.Local
	}
	return posixZone(rule)
})

// posixStandard is the beginning of a rule: a name and what is to be added to local time for UTC.
var posixStandard = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:([A-Za-z]{3,})|<([A-Za-z0-9+-]{3,})>)(?:([+-]?)(\d{1,2})(?::(\d{1,2}))?(?::(\d{1,2}))?)?`)
})

// posixZone is the zone of a rule. As with the C library, the part that cannot be read counts for nothing.
func posixZone(rule string) *time.Location {
	match := posixStandard().FindStringSubmatch(rule)
	if match == nil {
		return time.UTC
	}
	name := match[1] + match[2]
	offset := 0
	for i, unit := range []int{3600, 60, 1} {
		n, _ := strconv.Atoi(match[4+i])
		n = min(n, []int{24, 59, 59}[i])
		offset -= n * unit
	}
	if match[3] == "-" {
		offset = -offset
	}
	if match[4] != "" && len(match[0]) < len(rule) {
		if zone := ruled(name, offset, false, rule); zone != nil {
			return zone
		}
	}
	return time.FixedZone(name, offset)
}

// ruled is a zone in which a rule holds from 1970 on; until then the clock is as at that moment, as with the C library. It
// is nil for a rule that cannot be read.
func ruled(name string, offset int, summer bool, rule string) *time.Location {
	zone, err := time.LoadLocationFromTZData(name, zoneFile(name, offset, summer, rule))
	if err != nil {
		return nil
	}
	if start := time.Unix(0, 0).In(zone); !summer && start.IsDST() {
		name, offset = start.Zone()
		return ruled(name, offset, true, rule)
	}
	return zone
}

// zoneFile is a file of the zone database (RFC 9636) with one change of the clock, in 1970, and a rule for what follows.
func zoneFile(name string, offset int, summer bool, rule string) []byte {
	var file []byte
	for _, width := range []int{4, 8} { // of times
		file = append(append(file, "TZif2"...), make([]byte, 15)...)
		for _, n := range []int{0, 0, 0, 1, 1, len(name) + 1} { // one change, one type of local time and its name
			file = binary.BigEndian.AppendUint32(file, uint32(n))
		}
		file = append(file, make([]byte, width+1)...) // at 0, to type 0
		file = binary.BigEndian.AppendUint32(file, uint32(int32(offset)))
		daylight := byte(0)
		if summer {
			daylight = 1
		}
		file = append(file, daylight, 0) // and where the name begins
		file = append(file, name+"\x00"...)
	}
	return append(file, "\n"+rule+"\n"...)
}
