//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strings"
)

// A machine is where figures come from.
type machine struct {
	Processor string
	Cores     int
	Kernel    string
	Go        string
}

func thisMachine() machine {
	m := machine{Cores: runtime.NumCPU(), Go: runtime.Version()}
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

func (m machine) String() string {
	return fmt.Sprintf("%s, %d cores, %s, %s", m.Processor, m.Cores, m.Kernel, m.Go)
}
