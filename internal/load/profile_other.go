//go:build !unix

package load

// profile does nothing: there are no signals for it.
func (g *generator) profile(bool) error { return nil }
