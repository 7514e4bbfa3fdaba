// Package digest finds hash functions by the names that scripts use.
package digest

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha3"
	"crypto/sha512"
	"hash"
	"slices"
	"strings"

	"golang.org/x/crypto/blake2b"
	"golang.org/x/crypto/blake2s"

	"silly/internal/spelling"
)

// Large is the number of bytes from which a computation is better done without the VM lock: it takes milliseconds.
const Large = 256 << 10

// names are those of the algorithms, as OpenSSL has them.
var names = []string{
	"blake2b512", "blake2s256", "md5", "sha1", "sha224", "sha256", "sha3-224", "sha3-256", "sha3-384", "sha3-512", "sha384", "sha512",
	"sha512-224", "sha512-256",
}

// function is the hash function of one of the names, or nil.
func function(name string) func() hash.Hash {
	switch name {
	case "md5":
		return md5.New
	case "sha1":
		return sha1.New
	case "sha224":
		return sha256.New224
	case "sha256":
		return sha256.New
	case "sha384":
		return sha512.New384
	case "sha512":
		return sha512.New
	case "sha512-224":
		return sha512.New512_224
	case "sha512-256":
		return sha512.New512_256
	case "sha3-224":
		return func() hash.Hash { return sha3.New224() }
	case "sha3-256":
		return func() hash.Hash { return sha3.New256() }
	case "sha3-384":
		return func() hash.Hash { return sha3.New384() }
	case "sha3-512":
		return func() hash.Hash { return sha3.New512() }
	case "blake2s256":
		return func() hash.Hash { h, _ := blake2s.New256(nil); return h } // fails for long keys only
	case "blake2b512":
		return func() hash.Hash { h, _ := blake2b.New512(nil); return h }
	}
	return nil
}

// elsewhere are names that OpenSSL knows, and Go has no function for.
var elsewhere = []string{"sm3", "whirlpool", "ripemd160", "rmd160", "md4", "mdc2", "shake128", "shake256"}

// Find returns the function of a name, in any case, and with or without the dash of names such as sha-256. problem says
// why there is none.
func Find(name string) (f func() hash.Hash, problem string) {
	key := strings.ToLower(name)
	if f = function(key); f != nil {
		return f, ""
	}
	if f = function(strings.Replace(key, "sha-", "sha", 1)); f != nil {
		return f, ""
	}
	if slices.Contains(elsewhere, key) {
		return nil, "silly has no algorithm '" + key + "'"
	}
	for _, k := range names {
		if spelling.Distance(k, key) <= 1 {
			return nil, "unknown algorithm '" + name + "', did you mean '" + k + "'?"
		}
	}
	return nil, "unknown algorithm '" + name + "', known are " + strings.Join(names, ", ")
}
