package cipherlist

import (
	"crypto/tls"
	"errors"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestEverySuiteOfGoIsThere, so that a new one is noticed.
func TestEverySuiteOfGoIsThere(t *testing.T) {
	t.Parallel()
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		has := slices.ContainsFunc(suites[:], func(own suite) bool { return own.id == s.ID })
		if slices.Contains(s.SupportedVersions, tls.VersionTLS12) != has {
			t.Errorf("%s", s.Name)
		}
	}
}

func names(list string) (found []string, err error) {
	ids, err := Parse(list)
	for _, s := range suites {
		if slices.Contains(ids, s.id) {
			found = append(found, s.name)
		}
	}
	return found, err
}

func TestParse(t *testing.T) {
	t.Parallel()
	for list, want := range map[string]string{
		"ECDHE-RSA-AES128-GCM-SHA256":                        "ECDHE-RSA-AES128-GCM-SHA256",
		"DHE-RSA-AES256-SHA:AES128-SHA,RC4-SHA DES-CBC3-SHA": "AES128-SHA DES-CBC3-SHA RC4-SHA",
		"ECDHE+AESGCM+aRSA":                                  "ECDHE-RSA-AES256-GCM-SHA384 ECDHE-RSA-AES128-GCM-SHA256",
		"RSA+AESGCM:!AES256":                                 "AES128-GCM-SHA256",
		"!AES256:RSA+AESGCM":                                 "AES128-GCM-SHA256",
		"RSA+AESGCM:-AES256:AES256-GCM-SHA384":               "AES256-GCM-SHA384 AES128-GCM-SHA256",
		"CHACHA20:+ECDSA:@STRENGTH:TLS_AES_128_GCM_SHA256":   "ECDHE-ECDSA-CHACHA20-POLY1305 ECDHE-RSA-CHACHA20-POLY1305",
		"MEDIUM:!RC4":                                        "ECDHE-RSA-DES-CBC3-SHA DES-CBC3-SHA",
		"::RC4-SHA::":                                        "RC4-SHA",
	} {
		got, err := names(list)
		if strings.Join(got, " ") != want || err != nil {
			t.Errorf("%q: got %v, %v, want %s", list, got, err, want)
		}
	}
	for _, list := range []string{
		"", ":", "aNULL", "no-such-cipher", "HIGH:!ALL", "!ALL:HIGH", "ECDHE+RSA", "TLS_AES_128_GCM_SHA256",
	} {
		if got, err := names(list); !errors.Is(err, ErrNoMatch) {
			t.Errorf("%q: got %v, %v", list, got, err)
		}
	}
	if _, err := names("HIGH:@SECLEVEL=2"); err == nil || errors.Is(err, ErrNoMatch) {
		t.Errorf("a security level: %v", err)
	}
}

// TestListsMeanWhatTheyMeanToOpenSSL: random lists leave the same suites there.
func TestListsMeanWhatTheyMeanToOpenSSL(t *testing.T) {
	t.Parallel()
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("there is no openssl")
	}
	its := func(list string) (found []string) {
		output, err := exec.Command(openssl, "ciphers", ":"+list+":@SECLEVEL=0").Output()
		if err != nil {
			return nil // nothing matches
		}
		for name := range strings.SplitSeq(strings.TrimSpace(string(output)), ":") {
			if slices.ContainsFunc(suites[:], func(s suite) bool { return s.name == name }) {
				found = append(found, name)
			}
		}
		slices.Sort(found)
		return found
	}
	known := its("ALL:COMPLEMENTOFALL") // it may be built without weak ones
	words := append([]string{
		"ALL", "HIGH", "MEDIUM", "kRSA", "RSA", "kECDHE", "kEECDH", "ECDHE", "EECDH", "ECDH", "aRSA", "aECDSA", "ECDSA",
		"AES128", "AES256", "AES", "AESGCM", "CHACHA20", "3DES", "RC4", "SHA1", "SHA", "SHA256", "SHA384",
		"TLSv1.2", "TLSv1.0", "TLSv1", "SSLv3", "aNULL", "DHE", "PSK", "nonsense",
	}, known...)
	for range 150 {
		var elements []string
		for range 1 + rand.IntN(4) {
			element := []string{"", "", "", "!", "-", "+"}[rand.IntN(6)] + words[rand.IntN(len(words))]
			if rand.IntN(3) == 0 {
				element += "+" + words[rand.IntN(len(words))]
			}
			elements = append(elements, element)
		}
		list := strings.Join(elements, ":")
		got, _ := names(list)
		got = slices.DeleteFunc(got, func(name string) bool { return !slices.Contains(known, name) })
		slices.Sort(got)
		if want := its(list); !slices.Equal(got, want) {
			t.Errorf("%q\ngot  %v\nwant %v", list, got, want)
		}
	}
}

// FuzzParse: a list that is accepted leaves suites that are known, each once; their names are a list that leaves the
// same.
func FuzzParse(f *testing.F) {
	f.Add("HIGH:!aNULL:-RSA+AESGCM:+3DES:@STRENGTH")
	f.Add("!:-:+:@")
	f.Fuzz(func(t *testing.T, list string) {
		got, err := names(list)
		if (err == nil) != (len(got) > 0) {
			t.Fatalf("%v, %v", got, err)
		}
		if again, err := names(strings.Join(got, ":")); len(got) > 0 && (err != nil || !slices.Equal(got, again)) {
			t.Fatalf("%v is %v, %v", got, again, err)
		}
	})
}
