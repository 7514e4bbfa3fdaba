package testterminal

import "golang.org/x/sys/unix"

// Cooked reports whether the terminal echoes, and collects lines, as it did in the beginning.
func (term *Terminal) Cooked() bool {
	term.t.Helper()
	state, err := unix.IoctlGetTermios(int(term.pty.Fd()), unix.TCGETS)
	if err != nil {
		term.t.Fatal(err)
	}
	const wanted = unix.ECHO | unix.ICANON | unix.ISIG
	return state.Lflag&wanted == wanted
}
