package keys

import (
	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	k1 "github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
)

// SignRaw signs a digest with a private key on secp256k1: r and s, 32 bytes each, as in RFC 7518 section 3.4.
func SignRaw(key *secp256k1.PrivateKey, digest []byte) []byte {
	signature := k1.Sign(key, digest)
	r, s := signature.R(), signature.S()
	first, second := r.Bytes(), s.Bytes()
	return append(first[:], second[:]...)
}

// VerifyRaw reports whether SignRaw has made a signature.
func VerifyRaw(key *secp256k1.PublicKey, digest, signature []byte) bool {
	var r, s secp256k1.ModNScalar
	if len(signature) != 64 || r.SetByteSlice(signature[:32]) || s.SetByteSlice(signature[32:]) || r.IsZero() || s.IsZero() {
		return false
	}
	return k1.NewSignature(&r, &s).Verify(digest, key)
}
