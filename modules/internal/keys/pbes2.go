package keys

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"hash"

	"golang.org/x/crypto/scrypt"
)

// What a key may cost whose password is tried: some seconds, and some tens of megabytes. OpenSSL writes 2,048 iterations, or
// 16 MiB of scrypt.
const (
	maxIterations   = 10_000_000
	maxScryptMemory = 64 << 20
	maxScryptWork   = 256 << 20
)

var (
	errNeedsPassword = errors.New("the key is encrypted: a password is needed")
	errWrongPassword = errors.New("wrong password, or the key is malformed")
	errEncrypted     = errors.New("the ENCRYPTED PRIVATE KEY is malformed")
)

// Object identifiers of RFC 8018 appendix C, RFC 7914 section 7, and of NIST.
var (
	oidPBES2  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	oidPBKDF2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}
	oidScrypt = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11591, 4, 11}
	oidHMAC   = asn1.ObjectIdentifier{1, 2, 840, 113549, 2} // and the number of the function
	oidAES    = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1}
	oid3DES   = asn1.ObjectIdentifier{1, 2, 840, 113549, 3, 7}
)

// RFC 5958 section 3, RFC 8018 appendix A, RFC 7914 section 7.
type (
	encryptedKey struct {
		Algorithm pkix.AlgorithmIdentifier
		Data      []byte
	}
	pbes2Parameters struct {
		Derivation pkix.AlgorithmIdentifier
		Encryption pkix.AlgorithmIdentifier
	}
	pbkdf2Parameters struct {
		Salt       []byte
		Iterations int
		KeyLength  int                      `asn1:"optional"`
		Function   pkix.AlgorithmIdentifier `asn1:"optional"`
	}
	scryptParameters struct {
		Salt      []byte
		Cost      int
		BlockSize int
		Parallel  int
		KeyLength int `asn1:"optional"`
	}
)

// decryptPKCS8 decrypts an encrypted private key (PBES2 of RFC 8018).
func decryptPKCS8(der []byte, password string) ([]byte, error) {
	var sealed encryptedKey
	if rest, err := asn1.Unmarshal(der, &sealed); err != nil || len(rest) > 0 {
		return nil, errEncrypted
	}
	if !sealed.Algorithm.Algorithm.Equal(oidPBES2) {
		return nil, fmt.Errorf("silly does not have the encryption %s of the key: PBES2 is what it has", sealed.Algorithm.Algorithm)
	}
	var parameters pbes2Parameters
	if _, err := asn1.Unmarshal(sealed.Algorithm.Parameters.FullBytes, &parameters); err != nil {
		return nil, errEncrypted
	}
	var iv []byte
	if _, err := asn1.Unmarshal(parameters.Encryption.Parameters.FullBytes, &iv); err != nil {
		return nil, errEncrypted
	}
	keyLen, newCipher := cipherOf(parameters.Encryption.Algorithm)
	if newCipher == nil {
		return nil, fmt.Errorf("silly does not have the cipher %s of the key", parameters.Encryption.Algorithm)
	}
	key, err := derive(parameters.Derivation, password, keyLen)
	if err != nil {
		return nil, err
	}
	block, err := newCipher(key)
	if err != nil || len(iv) != block.BlockSize() || len(sealed.Data) == 0 || len(sealed.Data)%block.BlockSize() != 0 {
		return nil, errEncrypted
	}
	plain := make([]byte, len(sealed.Data))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, sealed.Data)
	n := int(plain[len(plain)-1])
	if n == 0 || n > block.BlockSize() {
		return nil, errWrongPassword
	}
	for _, c := range plain[len(plain)-n:] {
		if int(c) != n {
			return nil, errWrongPassword
		}
	}
	return plain[:len(plain)-n], nil
}

// cipherOf is the cipher of an object identifier, in CBC mode; nil when silly does not have it.
func cipherOf(id asn1.ObjectIdentifier) (keyLen int, newCipher func([]byte) (cipher.Block, error)) {
	switch {
	case id.Equal(append(oidAES[:len(oidAES):len(oidAES)], 2)):
		return 16, aes.NewCipher
	case id.Equal(append(oidAES[:len(oidAES):len(oidAES)], 22)):
		return 24, aes.NewCipher
	case id.Equal(append(oidAES[:len(oidAES):len(oidAES)], 42)):
		return 32, aes.NewCipher
	case id.Equal(oid3DES):
		return 24, des.NewTripleDESCipher
	}
	return 0, nil
}

// derive makes a key of a password.
func derive(function pkix.AlgorithmIdentifier, password string, keyLen int) ([]byte, error) {
	switch {
	case function.Algorithm.Equal(oidPBKDF2):
		var p pbkdf2Parameters
		if _, err := asn1.Unmarshal(function.Parameters.FullBytes, &p); err != nil || p.Iterations < 1 {
			return nil, errEncrypted
		}
		if p.Iterations > maxIterations {
			return nil, fmt.Errorf("the key asks for %d iterations, %d are allowed", p.Iterations, maxIterations)
		}
		h := hmacOf(p.Function.Algorithm)
		if h == nil {
			return nil, fmt.Errorf("silly does not have the function %s of the key", p.Function.Algorithm)
		}
		key, err := pbkdf2.Key(h, password, p.Salt, p.Iterations, keyLen)
		if err != nil {
			return nil, errEncrypted
		}
		return key, nil
	case function.Algorithm.Equal(oidScrypt):
		var p scryptParameters
		if _, err := asn1.Unmarshal(function.Parameters.FullBytes, &p); err != nil || p.Cost < 2 || p.BlockSize < 1 || p.Parallel < 1 {
			return nil, errEncrypted
		}
		if p.Cost > maxScryptMemory || p.BlockSize > maxScryptMemory/128/p.Cost || p.Parallel > maxScryptWork/(128*p.Cost*p.BlockSize) {
			return nil, errors.New("the key asks for more memory or time than is allowed")
		}
		key, err := scrypt.Key([]byte(password), p.Salt, p.Cost, p.BlockSize, p.Parallel, keyLen)
		if err != nil {
			return nil, errEncrypted
		}
		return key, nil
	}
	return nil, fmt.Errorf("silly does not have the function %s that makes the key of the password", function.Algorithm)
}

// hmacOf is the hash function of an HMAC; SHA-1 is what no identifier stands for.
func hmacOf(id asn1.ObjectIdentifier) func() hash.Hash {
	if len(id) == 0 {
		return sha1.New
	}
	if len(id) != len(oidHMAC)+1 || !id[:len(oidHMAC)].Equal(oidHMAC) {
		return nil
	}
	switch id[len(oidHMAC)] {
	case 7:
		return sha1.New
	case 8:
		return sha256.New224
	case 9:
		return sha256.New
	case 10:
		return sha512.New384
	case 11:
		return sha512.New
	case 12:
		return sha512.New512_224
	case 13:
		return sha512.New512_256
	}
	return nil
}
