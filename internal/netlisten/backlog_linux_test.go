package netlisten

import (
	"net"
	"testing"

	"golang.org/x/sys/unix"

	"silly/internal/memnet"
)

// TestSetBacklog: the kernel knows the new limit.
func TestSetBacklog(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := SetBacklog(l, 7); err != nil {
		t.Fatal(err)
	}
	raw, err := l.(*net.TCPListener).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := raw.Control(func(fd uintptr) {
		info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
		if err != nil {
			t.Error(err)
		} else if info.Sacked != 7 { // which of a listener is its backlog
			t.Errorf("the backlog is %d, want 7", info.Sacked)
		}
	}); err != nil {
		t.Fatal(err)
	}
	memory, err := memnet.New().Listen(t.Context(), "tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer memory.Close()
	if err := SetBacklog(memory, 7); err != nil {
		t.Error(err)
	}
}
