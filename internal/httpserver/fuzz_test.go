package httpserver_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"testing"

	"silly/internal/poll"
)

// FuzzServer sends bytes to a server, and compares what it takes for requests with what net/http does. It has to be at
// least as strict, and what both take must mean the same. Where it is stricter stands in whyRefused and whyEnds.
func FuzzServer(f *testing.F) {
	poller := poll.New()
	f.Cleanup(func() { _ = poller.Close() })
	for i, raw := range requestSeeds() {
		cuts := [][]byte{nil, make([]byte, min(len(raw), 500)), {byte(i), 20, 0, 1}}
		for way := range allWays {
			f.Add([]byte(raw), cuts[(i+way)%len(cuts)], byte(way))
		}
	}
	f.Fuzz(func(t *testing.T, raw, cuts []byte, way byte) {
		client := cutInto(raw, cuts)
		got, want := serve(t, poller, client, int(way)%allWays), byNetHTTP(raw)
		if err := compare(got, want, client); err != nil {
			t.Errorf("%v\nsent: %q\nin pieces: %v, way %d\ngot: %+v\nwant: %+v\nanswer: %q",
				err, raw, cuts, int(way)%allWays, got, want, client.sent.String())
		}
	})
}

// compare says how a server that took the requests got differs from net/http, or nil.
func compare(got []request, want []reference, client *pieces) error {
	refusal, err := checkAnswers(got, client.sent.Bytes())
	if err != nil {
		return err
	}
	if !client.closed.Load() {
		return fmt.Errorf("the connection is open")
	}
	for i, r := range got {
		if i == len(want) {
			return fmt.Errorf("request %d is none for net/http", i)
		}
		if err := compareRequest(&r, &want[i]); err != nil {
			return fmt.Errorf("request %d: %v", i, err)
		}
	}
	switch missing := len(got) < len(want); {
	case len(got) > 0 && !got[len(got)-1].keep:
		if refusal != 0 {
			return fmt.Errorf("status %d after the last request", refusal)
		}
	case missing && refusal == 0:
		return fmt.Errorf("request %d is lost", len(got))
	case missing && want[len(got)].whyRefused() == "":
		return fmt.Errorf("request %d is refused with status %d", len(got), refusal)
	}
	return nil
}

// compareRequest says how a request differs from what it is for net/http.
func compareRequest(got *request, want *reference) error {
	if why := want.whyRefused(); why != "" {
		return fmt.Errorf("it is to be refused: %s", why)
	}
	a, b := got.head, want.head
	for _, field := range []struct{ name, got, want string }{
		{"method", a.Method, b.Method}, {"target", a.Target, b.Target}, {"path", a.Path, b.Path},
		{"query", a.RawQuery, b.RawQuery}, {"version", a.Version, b.Version}, {"host", a.Host, b.Host},
	} {
		if field.got != field.want {
			return fmt.Errorf("%s %q, want %q", field.name, field.got, field.want)
		}
	}
	switch ends := want.whyEnds(got) != ""; {
	case !maps.EqualFunc(a.Header, b.Header, slices.Equal):
		return fmt.Errorf("header %q, want %q", a.Header, b.Header)
	case got.asked != (got.begun && want.waits):
		return fmt.Errorf("100 Continue is sent: %v", got.asked)
	case got.read && got.broken != want.broken:
		return fmt.Errorf("its body is broken: %v, want %v", got.broken, want.broken)
	case got.read && !got.broken && got.body != want.body:
		return fmt.Errorf("body %q, want %q", got.body, want.body)
	case got.read && !got.broken && !maps.EqualFunc(got.trailer, want.trailer, slices.Equal):
		return fmt.Errorf("trailer %q, want %q", got.trailer, want.trailer)
	case got.keep != (want.keep && !ends):
		return fmt.Errorf("the connection goes on: %v, want %v", got.keep, want.keep && !ends)
	}
	return nil
}

// checkAnswers compares what the server sent with the requests that it took, notes for which bodies it asked, and returns
// the status with which it refused the next one, or 0.
func checkAnswers(got []request, sent []byte) (refusal int, err error) {
	reader := bufio.NewReader(bytes.NewReader(sent))
	// next reads the next response: its status and body, and whether it is the last one.
	next := func(method string) (answer string, last bool, err error) {
		response, err := http.ReadResponse(reader, &http.Request{Method: method})
		if err != nil {
			return "", false, err
		}
		body, err := io.ReadAll(response.Body)
		return fmt.Sprint(response.StatusCode, " ", string(body)), response.Close, err
	}
	for i := range got {
		r := &got[i]
		answer, last, err := next(r.head.Method)
		if r.asked = answer == "100 "; r.asked {
			answer, last, err = next(r.head.Method)
		}
		want := fmt.Sprint("200 ", i)
		if r.head.Method == http.MethodHead {
			want = "200 "
		}
		switch {
		case err != nil || answer != want:
			return 0, fmt.Errorf("answer %d is %q, want %q (%v)", i, answer, want, err)
		case last && r.keep:
			return 0, fmt.Errorf("the connection goes on after answer %d, which says that it does not", i)
		}
	}
	if _, err := reader.Peek(1); err == io.EOF {
		return 0, nil
	}
	answer, last, err := next(http.MethodGet)
	if _, more := reader.Peek(1); err != nil || !last || more != io.EOF {
		return 0, fmt.Errorf("after %d answers: %q (%v)", len(got), answer, err)
	}
	_, _ = fmt.Sscan(answer, &refusal)
	switch refusal {
	case http.StatusBadRequest, http.StatusExpectationFailed, http.StatusRequestHeaderFieldsTooLarge,
		http.StatusHTTPVersionNotSupported:
		return refusal, nil
	}
	return 0, fmt.Errorf("refused with %q", answer)
}
