//go:build linux

// Package report is how the benchmark programs write what they have measured, and where.
package report

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strings"
)

// A Machine is where figures come from.
type Machine struct {
	Processor string
	Cores     int
	Kernel    string
	Go        string
}

// ThisMachine is the machine that runs the program.
func ThisMachine() Machine {
	m := Machine{Cores: runtime.NumCPU(), Go: runtime.Version()}
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if _, rest, ok := bytes.Cut(info, []byte("model name\t: ")); ok {
			name, _, _ := bytes.Cut(rest, []byte("\n"))
			m.Processor = string(name)
		}
	}
	if release, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.Kernel = "Linux " + strings.TrimSpace(string(release))
	}
	return m
}

// String is the machine in one line.
func (m Machine) String() string {
	return fmt.Sprintf("%s, %d cores, %s, %s", m.Processor, m.Cores, m.Kernel, m.Go)
}
