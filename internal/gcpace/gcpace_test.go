package gcpace

import (
	"runtime"
	"testing"
)

func TestWorthCollecting(t *testing.T) {
	const mb = 1 << 20
	var p pauses
	for _, s := range []struct {
		what string
		u    usage
		want bool
	}{
		{"it has just begun, and has allocated much", usage{10 * mb, 0}, false},
		{"it pauses", usage{10 * mb, 0}, true},
		{"it still pauses: all is collected", usage{10*mb + 1000, 9 * mb}, false},
		{"it works", usage{30 * mb, 9 * mb}, false},
		{"it pauses", usage{30*mb + 1000, 9 * mb}, true},
		{"it works a little", usage{31 * mb, 9 * mb}, false},
		{"it pauses, with little garbage", usage{31*mb + 1000, 9 * mb}, false},
		{"it works", usage{131 * mb, 800 * mb}, false},
		{"a large heap, and little garbage for it", usage{131*mb + 1000, 800 * mb}, false},
		{"it works", usage{331 * mb, 800 * mb}, false},
		{"a large heap, and much garbage", usage{331*mb + 1000, 800 * mb}, true},
	} {
		if got := p.worthCollecting(s.u); got != s.want {
			t.Errorf("%s: %v, want %v", s.what, got, s.want)
		}
	}
}

func TestPercentFor(t *testing.T) {
	const mb = 1 << 20
	for live, want := range map[uint64]int{0: 400, 1 * mb: 400, 3 * mb: 400, 5 * mb: 200, 8 * mb: 150, 12 * mb: 100, 100 * mb: 100, 1 << 40: 100} {
		if got := percentFor(live); got != want {
			t.Errorf("%d bytes: %d, want %d", live, got, want)
		}
	}
}

var sink []byte

// TestRead: the figures of the runtime mean what this package takes them for.
func TestRead(t *testing.T) {
	const n = 64 << 20
	runtime.GC()
	before := read()
	sink = make([]byte, n)
	if u := read(); u.allocated-before.allocated < n {
		t.Errorf("before %+v, with %d more %+v", before, n, u)
	}
	runtime.GC()
	if u := read(); u.live < n {
		t.Errorf("live: %+v", u)
	}
	sink = nil
	runtime.GC()
	if u := read(); u.live > n {
		t.Errorf("after: %+v", u)
	}
}
