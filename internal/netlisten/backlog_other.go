//go:build !unix

package netlisten

import "net"

// SetBacklog has no effect here.
func SetBacklog(net.Listener, int) error { return nil }
