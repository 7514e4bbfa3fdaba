package load

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"
	"unsafe"
)

func usageOf(pid int) (usage, error) {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return usage{}, fmt.Errorf("the server has ended: %w", err)
	}
	u := usage{cpu: cpuTime(pid)}
	if _, rest, ok := bytes.Cut(status, []byte("VmRSS:")); ok {
		if fields := bytes.Fields(rest); len(fields) > 0 {
			kilobytes, _ := strconv.ParseInt(string(fields[0]), 10, 64)
			u.rss = kilobytes << 10
		}
	}
	return u, nil
}

// cpuTime returns the processor time of a process in nanoseconds, 0 being this one: /proc/PID/stat has it
// in hundredths of a second only. The clock's number is that of clock_getcpuclockid(3).
func cpuTime(pid int) time.Duration {
	const schedulerClock = 2
	clock := int32(^pid)<<3 | schedulerClock
	var t syscall.Timespec
	if _, _, errno := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, uintptr(clock), uintptr(unsafe.Pointer(&t)), 0); errno != 0 {
		return 0
	}
	return time.Duration(t.Nano())
}
