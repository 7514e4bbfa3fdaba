//go:build !linux || portable

package tcp_test

// readers is how many goroutines read for each connection.
const readers = 1
