// Package keys has the asymmetric keys of scripts: RSA, and elliptic curves. It knows no Lua.
package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"errors"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	k1 "github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
)

// Sizes of RSA keys, in bits. Go refuses smaller ones; larger ones take seconds for each signature.
const (
	minRSA = 1024
	maxRSA = 16384
)

// slowRSA is the size, in bits, from which public operations take a millisecond.
const slowRSA = 4096

// A Key is a public key, or a private one with its public half. It has one kind of public half; private halves are nil in a
// public key. Any goroutine may use it.
type Key struct {
	RSA       *rsa.PublicKey
	RSAPriv   *rsa.PrivateKey
	ECDSA     *ecdsa.PublicKey // on a curve of NIST
	ECDSAPriv *ecdsa.PrivateKey
	K1        *secp256k1.PublicKey // on secp256k1, which Go does not have
	K1Priv    *secp256k1.PrivateKey
}

// Errors of keys that cannot do what is asked.
var (
	ErrNoPrivate = errors.New("a private key is needed")
	ErrNoRSA     = errors.New("an RSA key is needed")
	errTooLong   = errors.New("the message is too long for the key")
	errDecrypt   = errors.New("decryption failed")
)

// Private reports whether there is a private half.
func (k *Key) Private() bool { return k.RSAPriv != nil || k.ECDSAPriv != nil || k.K1Priv != nil }

// SlowPrivate reports whether an operation with the private half takes a good part of a millisecond.
func (k *Key) SlowPrivate() bool {
	return k.RSA != nil || k.K1 != nil || k.ECDSA.Curve.Params().BitSize > 256
}

// SlowPublic is SlowPrivate for the public half.
func (k *Key) SlowPublic() bool {
	if k.RSA != nil {
		return k.RSA.N.BitLen() > slowRSA
	}
	return k.SlowPrivate()
}

// Bits is the size of an elliptic curve, 0 for RSA.
func (k *Key) Bits() int {
	switch {
	case k.ECDSA != nil:
		return k.ECDSA.Curve.Params().BitSize
	case k.K1 != nil:
		return 256
	}
	return 0
}

// hashOf is Go's number of a hash function, by the name that package digest has it under; 0 for those that it has none for.
func hashOf(name string) crypto.Hash {
	switch name {
	case "md5":
		return crypto.MD5
	case "sha1":
		return crypto.SHA1
	case "sha224":
		return crypto.SHA224
	case "sha256":
		return crypto.SHA256
	case "sha384":
		return crypto.SHA384
	case "sha512":
		return crypto.SHA512
	case "sha512-224":
		return crypto.SHA512_224
	case "sha512-256":
		return crypto.SHA512_256
	case "sha3-224":
		return crypto.SHA3_224
	case "sha3-256":
		return crypto.SHA3_256
	case "sha3-384":
		return crypto.SHA3_384
	case "sha3-512":
		return crypto.SHA3_512
	}
	return 0
}

// Sign signs a digest: RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2), or ECDSA with the signature in DER, as OpenSSL does. hash is
// the name of the digest's function.
func (k *Key) Sign(hash string, digest []byte) ([]byte, error) {
	switch {
	case k.RSAPriv != nil:
		h := hashOf(hash)
		if h == 0 {
			return nil, errors.New("RSA does not sign digests of " + hash)
		}
		signature, err := rsa.SignPKCS1v15(nil, k.RSAPriv, h, digest)
		if errors.Is(err, rsa.ErrMessageTooLong) {
			err = errors.New("the key is too short for a digest of " + hash)
		}
		return signature, err
	case k.ECDSAPriv != nil:
		return ecdsa.SignASN1(rand.Reader, k.ECDSAPriv, digest)
	case k.K1Priv != nil:
		return k1.Sign(k.K1Priv, digest).Serialize(), nil
	}
	return nil, ErrNoPrivate
}

// Verify reports whether Sign has made a signature, with the private half of the key.
func (k *Key) Verify(hash string, digest, signature []byte) bool {
	switch {
	case k.RSA != nil:
		h := hashOf(hash)
		return h != 0 && rsa.VerifyPKCS1v15(k.RSA, h, digest, signature) == nil
	case k.ECDSA != nil:
		return ecdsa.VerifyASN1(k.ECDSA, digest, signature)
	}
	parsed, err := k1.ParseDERSignature(signature)
	return err == nil && parsed.Verify(digest, k.K1)
}

// Paddings of RSA, by the numbers that OpenSSL has for them.
const (
	PKCS1 = 1
	None  = 3
	OAEP  = 4
	X931  = 5
)

// Encrypt encrypts for who has the private half of an RSA key. hash is the name of the function of OAEP.
func (k *Key) Encrypt(plain []byte, padding int, hash string) (sealed []byte, err error) {
	if k.RSA == nil {
		return nil, ErrNoRSA
	}
	switch padding {
	case PKCS1:
		//lint:ignore SA1019 it is asked for: others still use it
		sealed, err = rsa.EncryptPKCS1v15(rand.Reader, k.RSA, plain)
	case OAEP:
		sealed, err = rsa.EncryptOAEP(hashOf(hash).New(), rand.Reader, k.RSA, plain, nil)
	default:
		return nil, errPadding(padding)
	}
	if err != nil {
		return nil, errTooLong // there is no other reason
	}
	return sealed, nil
}

// Decrypt is the opposite of Encrypt.
func (k *Key) Decrypt(sealed []byte, padding int, hash string) (plain []byte, err error) {
	switch {
	case k.RSA == nil:
		return nil, ErrNoRSA
	case k.RSAPriv == nil:
		return nil, ErrNoPrivate
	}
	switch padding {
	case PKCS1:
		//lint:ignore SA1019 it is asked for: others still use it
		plain, err = rsa.DecryptPKCS1v15(nil, k.RSAPriv, sealed)
	case OAEP:
		plain, err = rsa.DecryptOAEP(hashOf(hash).New(), nil, k.RSAPriv, sealed, nil)
	default:
		return nil, errPadding(padding)
	}
	if err != nil {
		return nil, errDecrypt
	}
	return plain, nil
}

// errPadding says that there is no padding of a number.
func errPadding(padding int) error {
	switch padding {
	case None:
		return errors.New("silly does not have RSA without padding: it hides nothing")
	case X931:
		return errors.New("silly does not have the padding of X9.31, which is for signatures")
	}
	return errors.New("unknown padding")
}

// HasOAEP reports whether a hash function can be that of OAEP.
func HasOAEP(hash string) bool { return hashOf(hash) != 0 }
