package dnsclient

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// A Type is that of a record (RFC 1035 section 3.2.2).
type Type uint16

// The types that can be asked for.
const (
	A    = Type(dnsmessage.TypeA)
	AAAA = Type(dnsmessage.TypeAAAA) // RFC 3596
	SRV  = Type(dnsmessage.TypeSRV)  // RFC 2782
)

// A Record is an address, or for SRV where a service is.
type Record struct {
	Addr                   netip.Addr // not valid for SRV
	Priority, Weight, Port uint16
	Target                 string // without the dot at its end; "" is the root: there is no such service
}

const (
	// maxUDP is how long a datagram may be, as the query says (RFC 6891): what passes nearly everywhere without being
	// taken to pieces.
	maxUDP = 1232
	// maxAliases is how many CNAMEs are followed.
	maxAliases = 16
	// maxTTL and maxNegativeTTL are how long an answer is kept at most (RFC 2308 section 5 for the latter).
	maxTTL         = 24 * time.Hour
	maxNegativeTTL = time.Hour
)

var (
	// errNotOurs is the error of a message that is no answer to the query: whoever waits goes on waiting.
	errNotOurs = errors.New("a message that answers another query")
	// errAliases is the error of a name whose aliases have no end.
	errAliases = errors.New("too many aliases (CNAME)")
	// errReferral is the error of a server that does not look names up.
	errReferral = errors.New("the nameserver does not answer for this name")
)

// A serverError is what a nameserver says instead of an answer.
type serverError struct{ code dnsmessage.RCode }

// Error gives the names of RFC 1035 section 4.1.1 and RFC 2136.
func (e serverError) Error() string {
	name := fmt.Sprintf("code %d", e.code)
	switch e.code {
	case dnsmessage.RCodeFormatError:
		name = "FORMERR"
	case dnsmessage.RCodeServerFailure:
		name = "SERVFAIL"
	case dnsmessage.RCodeNotImplemented:
		name = "NOTIMP"
	case dnsmessage.RCodeRefused:
		name = "REFUSED"
	}
	return "the nameserver answers " + name
}

// An answer is what a message says about a name.
type answer struct {
	records []Record
	// alias is the name to be asked about next, in lower case; "" when there is nothing more to ask.
	alias     string
	aliases   int // how many were followed
	ttl       time.Duration
	missing   bool // there is no such name
	truncated bool // the rest did not fit: nothing else counts
}

// newQuery makes the message that asks a question. With extended it has EDNS, which some old servers do not understand.
func newQuery(id uint16, q dnsmessage.Question, extended bool) ([]byte, error) {
	b := dnsmessage.NewBuilder(make([]byte, 0, 512), dnsmessage.Header{ID: id, RecursionDesired: true})
	b.EnableCompression()
	err := errors.Join(b.StartQuestions(), b.Question(q))
	if extended && err == nil {
		var h dnsmessage.ResourceHeader
		err = errors.Join(b.StartAdditionals(), h.SetEDNS0(maxUDP, dnsmessage.RCodeSuccess, false),
			b.OPTResource(h, dnsmessage.OPTResource{}))
	}
	if err != nil {
		return nil, err
	}
	return b.Finish()
}

// parseAnswer reads the answer to a query. The cost is bounded by the length of the message.
func parseAnswer(msg []byte, id uint16, q dnsmessage.Question) (answer, error) {
	var p dnsmessage.Parser
	header, err := p.Start(msg)
	if err != nil || !header.Response || header.ID != id {
		return answer{}, errNotOurs
	}
	questions, err := p.AllQuestions()
	if err != nil || len(questions) != 1 || !same(questions[0], q) {
		return answer{}, errNotOurs
	}
	switch header.RCode {
	case dnsmessage.RCodeSuccess, dnsmessage.RCodeNameError:
	default:
		return answer{}, serverError{header.RCode}
	}
	if header.Truncated {
		return answer{truncated: true}, nil
	}
	found, err := readRecords(&p, Type(q.Type))
	if err != nil {
		return answer{}, err
	}
	a, err := found.follow(lower(q.Name.String()))
	if err != nil {
		return answer{}, err
	}
	if len(a.records) > 0 || a.alias != "" && header.RCode == dnsmessage.RCodeSuccess {
		return a, nil
	}
	a.alias = ""
	a.missing = header.RCode == dnsmessage.RCodeNameError
	return negative(&p, a, header)
}

// same reports whether a server has repeated the question, whatever the case of its letters.
func same(a, b dnsmessage.Question) bool {
	return a.Type == b.Type && a.Class == b.Class && lower(a.Name.String()) == lower(b.Name.String())
}

// lower makes letters of ASCII small; names may have any bytes (RFC 4343).
func lower(name string) string {
	for i := range len(name) {
		if c := name[i]; 'A' <= c && c <= 'Z' {
			small := []byte(name)
			for ; i < len(small); i++ {
				if c := small[i]; 'A' <= c && c <= 'Z' {
					small[i] = c + 'a' - 'A'
				}
			}
			return string(small)
		}
	}
	return name
}

// An alias is a CNAME.
type alias struct {
	target string
	ttl    uint32
}

// A set is the records of one name.
type set struct {
	records []Record
	ttl     uint32 // of the one that lives the shortest
}

// found is the answer section of a message, by names in lower case.
type found struct {
	sets    map[string]*set
	aliases map[string]alias
}

// readRecords reads the answer section: records of the type, and aliases.
func readRecords(p *dnsmessage.Parser, want Type) (found, error) {
	f := found{make(map[string]*set), make(map[string]alias)}
	for {
		h, err := p.AnswerHeader()
		switch {
		case err == dnsmessage.ErrSectionDone:
			return f, nil
		case err != nil:
			return f, err
		case h.Class != dnsmessage.ClassINET:
			err = p.SkipAnswer()
		case h.Type == dnsmessage.TypeCNAME:
			var r dnsmessage.CNAMEResource
			r, err = p.CNAMEResource()
			f.aliases[lower(h.Name.String())] = alias{lower(r.CNAME.String()), h.TTL}
		case Type(h.Type) == want:
			var r Record
			r, err = readRecord(p, want)
			f.add(lower(h.Name.String()), r, h.TTL)
		default:
			err = p.SkipAnswer()
		}
		if err != nil {
			return f, err
		}
	}
}

func (f *found) add(name string, r Record, ttl uint32) {
	s := f.sets[name]
	if s == nil {
		s = &set{ttl: ttl}
		f.sets[name] = s
	}
	s.records = append(s.records, r)
	s.ttl = min(s.ttl, ttl)
}

// readRecord reads a record whose header has been read.
func readRecord(p *dnsmessage.Parser, t Type) (Record, error) {
	switch t {
	case A:
		r, err := p.AResource()
		return Record{Addr: netip.AddrFrom4(r.A)}, err
	case AAAA:
		r, err := p.AAAAResource()
		return Record{Addr: netip.AddrFrom16(r.AAAA)}, err
	default:
		r, err := p.SRVResource()
		target := strings.TrimSuffix(r.Target.String(), ".")
		return Record{Priority: r.Priority, Weight: r.Weight, Port: r.Port, Target: target}, err
	}
}

// follow goes from a name along its aliases. Records of other names do not count: nobody asked for them.
func (f *found) follow(name string) (a answer, err error) {
	ttl := uint32(1<<32 - 1)
	for {
		if s := f.sets[name]; s != nil {
			a.records = s.records
			ttl = min(ttl, s.ttl)
			break
		}
		next, ok := f.aliases[name]
		if !ok {
			break
		}
		if a.aliases++; a.aliases > maxAliases {
			return answer{}, errAliases
		}
		name, a.alias = next.target, next.target
		ttl = min(ttl, next.ttl)
	}
	if len(a.records) > 0 {
		a.alias = ""
	}
	a.ttl = lifetime(ttl, maxTTL)
	return a, nil
}

// lifetime is a TTL, of which half the values are none (RFC 2181 section 8).
func lifetime(ttl uint32, limit time.Duration) time.Duration {
	if ttl > 1<<31-1 {
		return 0
	}
	return min(time.Duration(ttl)*time.Second, limit)
}

// negative reads for how long a server says that there is nothing (RFC 2308 section 5): the SOA record has that. An
// answer without anything is one of a server that refers to others.
func negative(p *dnsmessage.Parser, a answer, header dnsmessage.Header) (answer, error) {
	if a.aliases == 0 {
		a.ttl = maxNegativeTTL
	}
	known := false
	for {
		h, err := p.AuthorityHeader()
		if err == dnsmessage.ErrSectionDone {
			break
		}
		if err != nil {
			return answer{}, err
		}
		if h.Type != dnsmessage.TypeSOA || h.Class != dnsmessage.ClassINET {
			err = p.SkipAuthority()
		} else {
			var soa dnsmessage.SOAResource
			soa, err = p.SOAResource()
			a.ttl = min(a.ttl, lifetime(min(h.TTL, soa.MinTTL), maxNegativeTTL))
			known = true
		}
		if err != nil {
			return answer{}, err
		}
	}
	if !known {
		a.ttl = 0
	}
	if !known && !a.missing && !header.Authoritative && !header.RecursionAvailable {
		return answer{}, errReferral
	}
	return a, nil
}
