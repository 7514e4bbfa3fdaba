package cipher

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"slices"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"

	"silly/internal/spelling"
)

// A mode says how a context works on data.
type mode uint8

const (
	ecb mode = iota
	cbc
	ctr
	cfb
	ofb
	gcm
	chacha20Stream
	chacha20Poly1305
)

// aead reports whether the mode has a tag.
func (m mode) aead() bool { return m == gcm || m == chacha20Poly1305 }

// An algorithm is a cipher with its mode. Lengths are in bytes.
type algorithm struct {
	mode   mode
	keyLen int
	ivLen  int
	block  func(key []byte) (cipher.Block, error) // nil for ChaCha20
}

// nonceLen is the IV length of GCM and ChaCha20-Poly1305: what NIST SP 800-38D and RFC 8439 recommend, and OpenSSL takes.
const nonceLen = 12

// modeOf is the mode of a block cipher, by the last part of a name.
func modeOf(name string) (mode, bool) {
	switch name {
	case "ecb":
		return ecb, true
	case "cbc":
		return cbc, true
	case "ctr":
		return ctr, true
	case "cfb", "cfb128", "cfb64":
		return cfb, true
	case "ofb", "ofb128", "ofb64":
		return ofb, true
	case "gcm":
		return gcm, true
	}
	return 0, false
}

// tripleDES makes a cipher of two keys or three (EDE2 and EDE3 of SP 800-67).
func tripleDES(key []byte) (cipher.Block, error) {
	if len(key) == 16 {
		key = append(slices.Clone(key), key[:8]...)
	}
	return des.NewTripleDESCipher(key)
}

// names are those that messages list, as OpenSSL has them.
func names() []string {
	var all []string
	for _, size := range []string{"128", "192", "256"} {
		for _, m := range []string{"ecb", "cbc", "ctr", "cfb", "ofb", "gcm"} {
			all = append(all, "aes-"+size+"-"+m)
		}
	}
	for _, cipher := range []string{"des", "des-ede", "des-ede3"} {
		for _, m := range []string{"ecb", "cbc", "cfb", "ofb"} {
			all = append(all, cipher+"-"+m)
		}
	}
	return append(all, "chacha20", "chacha20-poly1305")
}

// full is the name of an algorithm that OpenSSL has a shorter one for.
func full(name string) string {
	switch name {
	case "aes128", "aes192", "aes256":
		return "aes-" + name[3:] + "-cbc"
	case "des":
		return "des-cbc"
	case "des3":
		return "des-ede3-cbc"
	case "des-ede", "des-ede3":
		return name + "-ecb"
	}
	if m, ok := strings.CutPrefix(name, "des3-"); ok {
		return "des-ede3-" + m
	}
	return name
}

// find returns the algorithm of a name, in any case. problem says why there is none.
func find(name string) (a algorithm, problem string) {
	key := full(strings.ToLower(name))
	switch key {
	case "chacha20":
		return algorithm{chacha20Stream, 32, 16, nil}, ""
	case "chacha20-poly1305":
		return algorithm{chacha20Poly1305, chacha20poly1305.KeySize, nonceLen, nil}, ""
	}
	cut := max(strings.LastIndexByte(key, '-'), 0)
	m, known := modeOf(strings.TrimPrefix(key[cut:], "-"))
	a = algorithm{mode: m, ivLen: aes.BlockSize, block: aes.NewCipher}
	switch key[:cut] {
	case "aes-128":
		a.keyLen = 16
	case "aes-192":
		a.keyLen = 24
	case "aes-256":
		a.keyLen = 32
	case "des":
		a.keyLen, a.ivLen, a.block = 8, des.BlockSize, des.NewCipher
	case "des-ede":
		a.keyLen, a.ivLen, a.block = 16, des.BlockSize, tripleDES
	case "des-ede3":
		a.keyLen, a.ivLen, a.block = 24, des.BlockSize, tripleDES
	default:
		known = false
	}
	switch {
	case !known, a.ivLen == des.BlockSize && (m == ctr || m == gcm):
		return a, unknown(name, key)
	case m == ecb:
		a.ivLen = 0
	case m == gcm:
		a.ivLen = nonceLen
	}
	return a, ""
}

// unknown says that there is no algorithm of a name.
func unknown(name, key string) string {
	for _, family := range []string{"aria", "bf", "blowfish", "camellia", "cast", "idea", "rc2", "rc4", "rc5", "seed", "sm4"} {
		if strings.HasPrefix(key, family) {
			return "unknown algorithm: " + name + ", silly does not have it"
		}
	}
	for _, other := range []string{"ccm", "ocb", "xts", "wrap", "siv", "cfb1", "cfb8"} {
		if strings.HasSuffix(key, "-"+other) {
			return "unknown algorithm: " + name + ", silly does not have it"
		}
	}
	all := names()
	for _, k := range all {
		if spelling.Distance(k, key) <= 1 {
			return "unknown algorithm: " + name + ", did you mean '" + k + "'?"
		}
	}
	return "unknown algorithm: " + name + ", known are " + strings.Join(all, ", ")
}
