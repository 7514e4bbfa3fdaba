// Package cipherlist reads lists of TLS cipher suites as OpenSSL writes them (ciphers(1)), as far as crypto/tls has the
// suites. Those of TLS 1.3 cannot be chosen there: they are always on.
package cipherlist

import (
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
)

// ErrNoMatch is the error of a list that leaves no suite.
var ErrNoMatch = errors.New("no cipher suite matches the list")

// property is one of the things by which a list can choose a suite.
type property uint16

const (
	kRSA property = 1 << iota // key exchange
	kECDHE
	aRSA // authentication
	aECDSA
	aes128 // encryption
	aes256
	chacha20
	tripleDES
	rc4
	gcm  // AES in this mode
	sha1 // message authentication
	sha256
	sha384
	tls12 // the oldest version of the protocol that has it
	tls10
	ssl3
)

// A suite is one of crypto/tls.
type suite struct {
	id         uint16
	name       string // OpenSSL's
	properties property
}

var suites = [...]suite{
	{tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, "ECDHE-ECDSA-AES256-GCM-SHA384", kECDHE | aECDSA | aes256 | gcm | tls12},
	{tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, "ECDHE-RSA-AES256-GCM-SHA384", kECDHE | aRSA | aes256 | gcm | tls12},
	{tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, "ECDHE-ECDSA-CHACHA20-POLY1305",
		kECDHE | aECDSA | chacha20 | tls12},
	{tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, "ECDHE-RSA-CHACHA20-POLY1305", kECDHE | aRSA | chacha20 | tls12},
	{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, "ECDHE-ECDSA-AES128-GCM-SHA256", kECDHE | aECDSA | aes128 | gcm | tls12},
	{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, "ECDHE-RSA-AES128-GCM-SHA256", kECDHE | aRSA | aes128 | gcm | tls12},
	{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256, "ECDHE-ECDSA-AES128-SHA256", kECDHE | aECDSA | aes128 | sha256 | tls12},
	{tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256, "ECDHE-RSA-AES128-SHA256", kECDHE | aRSA | aes128 | sha256 | tls12},
	{tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, "ECDHE-ECDSA-AES256-SHA", kECDHE | aECDSA | aes256 | sha1 | tls10},
	{tls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA, "ECDHE-RSA-AES256-SHA", kECDHE | aRSA | aes256 | sha1 | tls10},
	{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, "ECDHE-ECDSA-AES128-SHA", kECDHE | aECDSA | aes128 | sha1 | tls10},
	{tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, "ECDHE-RSA-AES128-SHA", kECDHE | aRSA | aes128 | sha1 | tls10},
	{tls.TLS_RSA_WITH_AES_256_GCM_SHA384, "AES256-GCM-SHA384", kRSA | aRSA | aes256 | gcm | tls12},
	{tls.TLS_RSA_WITH_AES_128_GCM_SHA256, "AES128-GCM-SHA256", kRSA | aRSA | aes128 | gcm | tls12},
	{tls.TLS_RSA_WITH_AES_128_CBC_SHA256, "AES128-SHA256", kRSA | aRSA | aes128 | sha256 | tls12},
	{tls.TLS_RSA_WITH_AES_256_CBC_SHA, "AES256-SHA", kRSA | aRSA | aes256 | sha1 | ssl3},
	{tls.TLS_RSA_WITH_AES_128_CBC_SHA, "AES128-SHA", kRSA | aRSA | aes128 | sha1 | ssl3},
	{tls.TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA, "ECDHE-RSA-DES-CBC3-SHA", kECDHE | aRSA | tripleDES | sha1 | tls10},
	{tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA, "DES-CBC3-SHA", kRSA | aRSA | tripleDES | sha1 | ssl3},
	{tls.TLS_ECDHE_ECDSA_WITH_RC4_128_SHA, "ECDHE-ECDSA-RC4-SHA", kECDHE | aECDSA | rc4 | sha1 | tls10},
	{tls.TLS_ECDHE_RSA_WITH_RC4_128_SHA, "ECDHE-RSA-RC4-SHA", kECDHE | aRSA | rc4 | sha1 | tls10},
	{tls.TLS_RSA_WITH_RC4_128_SHA, "RC4-SHA", kRSA | aRSA | rc4 | sha1 | ssl3},
}

// A set has bit i for suites[i].
type set uint32

// keyword is the set of what a word of ciphers(1) stands for; ok is false for other words.
func keyword(word string) (s set, ok bool) {
	one := func(p property) (set, bool) { return having(p), true }
	switch word {
	case "ALL":
		return everything, true
	case "COMPLEMENTOFDEFAULT":
		return everything &^ having(aes128|aes256|chacha20), true
	case "DEFAULT", "HIGH":
		return having(aes128 | aes256 | chacha20), true
	case "MEDIUM":
		return having(tripleDES | rc4), true
	case "kRSA", "RSA":
		return one(kRSA)
	case "kECDHE", "kEECDH", "ECDHE", "EECDH", "ECDH":
		return one(kECDHE)
	case "aRSA":
		return one(aRSA)
	case "aECDSA", "ECDSA":
		return one(aECDSA)
	case "AES128":
		return one(aes128)
	case "AES256":
		return one(aes256)
	case "AES":
		return one(aes128 | aes256)
	case "AESGCM":
		return one(gcm)
	case "CHACHA20":
		return one(chacha20)
	case "3DES":
		return one(tripleDES)
	case "RC4":
		return one(rc4)
	case "SHA1", "SHA":
		return one(sha1)
	case "SHA256":
		return one(sha256)
	case "SHA384":
		return one(sha384)
	case "TLSv1.2":
		return one(tls12)
	case "TLSv1.0", "TLSv1":
		return one(tls10)
	case "SSLv3":
		return one(ssl3)
	}
	return 0, false
}

const everything set = 1<<len(suites) - 1

// having is the set of the suites with one of the properties.
func having(p property) (s set) {
	for i := range suites {
		if suites[i].properties&p != 0 {
			s |= 1 << i
		}
	}
	return s
}

// find is the set of an element: a name, a keyword, or several of them with "+" between, all of which are meant. What
// crypto/tls does not have, or nobody knows, is empty, as OpenSSL ignores it.
func find(element string) set {
	s := everything
	for word := range strings.SplitSeq(element, "+") {
		named, ok := keyword(word)
		if !ok {
			for i := range suites {
				if suites[i].name == word {
					named = 1 << i
				}
			}
		}
		s &= named
	}
	return s
}

// Parse returns the suites that a list leaves, for tls.Config.CipherSuites. Their order does not count, because
// crypto/tls has one of its own.
func Parse(list string) ([]uint16, error) {
	var chosen, killed set
	for element := range strings.FieldsFuncSeq(list, func(r rune) bool { return strings.ContainsRune(":, ;", r) }) {
		if strings.HasPrefix(element, "@") {
			if element != "@STRENGTH" { // which is about order
				return nil, fmt.Errorf("cipher list: %s is not supported", element)
			}
			continue
		}
		switch rest := element[1:]; element[0] {
		case '!':
			killed |= find(rest)
			chosen &^= killed
		case '-':
			chosen &^= find(rest)
		case '+': // moves what is there to the end
		default:
			chosen |= find(element) &^ killed
		}
	}
	if chosen == 0 {
		return nil, ErrNoMatch
	}
	var ids []uint16
	for i := range suites {
		if chosen&(1<<i) != 0 {
			ids = append(ids, suites[i].id)
		}
	}
	return ids, nil
}
