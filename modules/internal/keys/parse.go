package keys

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
)

// The largest text with a key, and the largest key, in bytes. A private RSA key of 16384 bits has 9 KiB.
const (
	maxPEM = 1 << 20
	maxDER = 16 << 10
)

// Types of PEM blocks (RFC 7468, and RFC 8017 and SEC 1 before it).
const (
	typePKCS8     = "PRIVATE KEY"
	typeEncrypted = "ENCRYPTED PRIVATE KEY"
	typePKCS1     = "RSA PRIVATE KEY"
	typeSEC1      = "EC PRIVATE KEY"
	typePublic    = "PUBLIC KEY"
	typeRSAPublic = "RSA PUBLIC KEY"
	typeCert      = "CERTIFICATE"
)

// Find is the first block of a PEM text that is a key.
func Find(text string) (*pem.Block, error) {
	if len(text) > maxPEM {
		return nil, errors.New("the text is larger than 1 MiB")
	}
	other := ""
	for rest := []byte(text); ; {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		switch {
		case block == nil && other != "":
			return nil, fmt.Errorf("there is no key in the PEM text, but %q", other)
		case block == nil:
			return nil, errors.New("there is no PEM text")
		}
		switch block.Type {
		case typePKCS8, typeEncrypted, typePKCS1, typeSEC1, typePublic, typeRSAPublic, typeCert:
			return block, nil
		}
		other = block.Type // "EC PARAMETERS", say
	}
}

// Slow reports whether Parse takes a good part of a millisecond or more.
func Slow(block *pem.Block) bool {
	return block.Type != typePublic && block.Type != typeRSAPublic && block.Type != typeCert || len(block.Bytes) > slowRSA/8*2
}

// Parse makes a key of a block that Find has found. The password is for one that is encrypted.
func Parse(block *pem.Block, password string) (*Key, error) {
	der, kind, encrypted := block.Bytes, block.Type, false
	if len(der) > maxDER && kind != typeCert {
		return nil, errors.New("the key is too large")
	}
	//lint:ignore SA1019 what OpenSSL has written for decades must be read
	if x509.IsEncryptedPEMBlock(block) {
		if password == "" {
			return nil, errNeedsPassword
		}
		encrypted = true
		var err error
		//lint:ignore SA1019 as above
		if der, err = x509.DecryptPEMBlock(block, []byte(password)); err != nil {
			return nil, errWrongPassword
		}
	}
	if kind == typeEncrypted {
		if password == "" {
			return nil, errNeedsPassword
		}
		var err error
		if der, err = decryptPKCS8(der, password); err != nil {
			return nil, err
		}
		kind, encrypted = typePKCS8, true
	}
	parsed, err := parseDER(der, kind)
	if err != nil && encrypted {
		return nil, errWrongPassword // chance has made good padding
	}
	return parsed, err
}

// parseDER makes a key of what is in a block.
func parseDER(der []byte, kind string) (*Key, error) {
	if key, err := parseK1(der, kind); key != nil || err != nil {
		return key, err
	}
	var parsed any
	var err error
	switch kind {
	case typePKCS8:
		parsed, err = x509.ParsePKCS8PrivateKey(der)
	case typePKCS1:
		parsed, err = x509.ParsePKCS1PrivateKey(der)
	case typeSEC1:
		parsed, err = x509.ParseECPrivateKey(der)
	case typePublic:
		parsed, err = x509.ParsePKIXPublicKey(der)
	case typeRSAPublic:
		parsed, err = x509.ParsePKCS1PublicKey(der)
	case typeCert:
		var cert *x509.Certificate
		if cert, err = x509.ParseCertificate(der); err == nil {
			parsed = cert.PublicKey
		}
	}
	if err != nil {
		return nil, fmt.Errorf("the %s is malformed, or of a kind that silly does not have", kind)
	}
	return keyOf(parsed)
}

// keyOf makes a key of one of Go's.
func keyOf(parsed any) (*Key, error) {
	k := new(Key)
	switch parsed := parsed.(type) {
	case *rsa.PrivateKey:
		k.RSA, k.RSAPriv = &parsed.PublicKey, parsed
	case *rsa.PublicKey:
		k.RSA = parsed
	case *ecdsa.PrivateKey:
		k.ECDSA, k.ECDSAPriv = &parsed.PublicKey, parsed
	case *ecdsa.PublicKey:
		k.ECDSA = parsed
	default:
		return nil, errors.New("the key is neither RSA nor on an elliptic curve that signs")
	}
	if k.RSA == nil {
		return k, nil
	}
	switch bits := k.RSA.N.BitLen(); {
	case bits < minRSA:
		return nil, fmt.Errorf("an RSA key of %d bits is not secure, %d are needed", bits, minRSA)
	case bits > maxRSA:
		return nil, fmt.Errorf("an RSA key of %d bits is too large, %d are allowed", bits, maxRSA)
	}
	return k, nil
}

// Object identifiers of RFC 5480 and SEC 2.
var (
	oidEC        = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
	oidSecp256k1 = asn1.ObjectIdentifier{1, 3, 132, 0, 10}
)

// What a key on an elliptic curve looks like: RFC 5208 section 5, RFC 5915 section 3, RFC 5480 section 2.
type (
	pkcs8Key struct {
		Version   int
		Algorithm pkix.AlgorithmIdentifier
		Private   []byte
	}
	sec1Key struct {
		Version int
		Private []byte
		Curve   asn1.ObjectIdentifier `asn1:"optional,explicit,tag:0"`
		Public  asn1.BitString        `asn1:"optional,explicit,tag:1"`
	}
	publicKey struct {
		Algorithm pkix.AlgorithmIdentifier
		Public    asn1.BitString
	}
)

// isK1 reports whether an algorithm is secp256k1.
func isK1(a pkix.AlgorithmIdentifier) bool {
	var curve asn1.ObjectIdentifier
	if !a.Algorithm.Equal(oidEC) {
		return false
	}
	rest, err := asn1.Unmarshal(a.Parameters.FullBytes, &curve)
	return err == nil && len(rest) == 0 && curve.Equal(oidSecp256k1)
}

// parseK1 makes a key on secp256k1; nil of other keys.
func parseK1(der []byte, kind string) (*Key, error) {
	malformed := fmt.Errorf("the %s is malformed", kind)
	switch kind {
	case typePKCS8:
		var outer pkcs8Key
		if _, err := asn1.Unmarshal(der, &outer); err != nil || !isK1(outer.Algorithm) {
			return nil, nil
		}
		var inner sec1Key
		if rest, err := asn1.Unmarshal(outer.Private, &inner); err != nil || len(rest) > 0 {
			return nil, malformed
		}
		return privateK1(inner, malformed)
	case typeSEC1:
		var key sec1Key
		if _, err := asn1.Unmarshal(der, &key); err != nil || !key.Curve.Equal(oidSecp256k1) {
			return nil, nil
		}
		return privateK1(key, malformed)
	case typePublic:
		var key publicKey
		if rest, err := asn1.Unmarshal(der, &key); err != nil || len(rest) > 0 || !isK1(key.Algorithm) {
			return nil, nil
		}
		public, err := secp256k1.ParsePubKey(key.Public.RightAlign())
		if err != nil {
			return nil, malformed
		}
		return &Key{K1: public}, nil
	}
	return nil, nil
}

// privateK1 makes a private key, if that is a number of the curve and belongs to the public key beside it.
func privateK1(key sec1Key, malformed error) (*Key, error) {
	var number secp256k1.ModNScalar
	if len(key.Private) > 32 || number.SetByteSlice(key.Private) || number.IsZero() {
		return nil, malformed
	}
	private := secp256k1.NewPrivateKey(&number)
	public := private.PubKey()
	if beside := key.Public.RightAlign(); len(beside) > 0 &&
		!bytes.Equal(beside, public.SerializeUncompressed()) && !bytes.Equal(beside, public.SerializeCompressed()) {
		return nil, malformed
	}
	return &Key{K1: public, K1Priv: private}, nil
}
