package difftest

// A random is a splitmix64 generator: its numbers are the same for a seed on every machine and with every version of Go.
type random struct{ state uint64 }

func (r *random) next() uint64 {
	r.state += 0x9e3779b97f4a7c15
	z := r.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// n returns a number from 0 to n-1.
func (r *random) n(n int) int {
	if n <= 1 {
		return 0
	}
	return int(r.next() % uint64(n))
}

// between returns a number from low to high.
func (r *random) between(low, high int) int { return low + r.n(high-low+1) }

// chance reports true in percent of 100 cases.
func (r *random) chance(percent int) bool { return r.n(100) < percent }

// one returns one of the choices.
func (r *random) one(choices ...string) string { return choices[r.n(len(choices))] }

// shuffle puts list into a random order.
func shuffle[T any](r *random, list []T) {
	for i := len(list) - 1; i > 0; i-- {
		j := r.n(i + 1)
		list[i], list[j] = list[j], list[i]
	}
}
