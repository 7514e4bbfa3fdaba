package wsconformance

import (
	"slices"
	"strings"
	"testing"
)

// An exchange is a case in which the peer sends something to an echo loop, and the connection either
// survives, and is closed by the peer, or is failed with a close code.
type exchange struct {
	rfc, name  string
	options    string // of the script
	extensions string
	send       []frame
	cut        int     // size of the writes; 0 is everything in one
	want       []frame // messages and pongs that come back
	code       int     // 0: the connection survives
	// What the script sees: what sees says, or else the messages, and the pings of the pongs, in want.
	sees    []event
	partial string // of the error
	text    string // of the error, "" for any
	// links are where the exchange is run. With nil it is run in both roles, one of them over TLS; the
	// next exchange has it the other way round.
	links []link
}

func kindOf(op byte) string {
	switch op {
	case text:
		return "text"
	case binaryData:
		return "binary"
	case ping:
		return "ping"
	case pong:
		return "pong"
	}
	return "close"
}

var halves = [2][]link{{serverWS, clientWSS}, {serverWSS, clientWS}}

// run opens a connection for every exchange and link.
func run(t *testing.T, s *suite, exchanges []exchange) {
	t.Helper()
	for _, l := range links {
		t.Run(l.String(), func(t *testing.T) {
			for i, x := range exchanges {
				if x.links == nil {
					x.links = halves[i%2]
				}
				if !slices.Contains(x.links, l) {
					continue
				}
				t.Run("RFC "+x.rfc+"/"+x.name, func(t *testing.T) {
					t.Parallel()
					x.run(t, s, l)
				})
			}
		})
	}
}

func (x exchange) run(t *testing.T, s *suite, l link) {
	p := s.open(t, l, setup{scenario: scenario{options: x.options}, extensions: x.extensions})
	if x.cut == 0 {
		p.send(x.send...)
	} else {
		p.sendCut(x.cut, x.send...)
	}
	for _, want := range x.want {
		p.wants(want)
	}
	if x.code != 0 {
		p.wantsClose(x.code)
		p.wantsEnd()
	}
	sees := x.sees
	if sees == nil {
		for _, f := range x.want {
			if f.op == pong {
				f.op = ping
			}
			sees = append(sees, event{kindOf(f.op), f.payload, ""})
		}
	}
	p.script.sees(t, sees...)
	if x.code == 0 {
		p.finish()
		return
	}
	if got := p.script.seesFailure(t, x.partial); x.text != "" && !strings.Contains(got, x.text) {
		t.Errorf("error is %q, want %q", got, x.text)
	}
}
