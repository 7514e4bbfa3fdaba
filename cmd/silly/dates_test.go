package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestDatesAreThoseOfLua compares dates and times with lua5.4 in zones of all kinds: a process has one of them.
func TestDatesAreThoseOfLua(t *testing.T) {
	t.Parallel()
	reference, err := exec.LookPath("lua5.4")
	if err != nil {
		t.Skip("lua5.4 is not installed")
	}
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	silly := sillyLink(t, executable)
	for i, zone := range []string{
		"UTC", "", ":Europe/Paris", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia",
		"Europe/Dublin", "America/Sao_Paulo",
		"CET-1CEST,M3.5.0,M10.5.0/3", "<+0330>-3:30", "NZST-12NZDT,M9.5.0,M4.1.0/3", "UTC+3", "XXX", "Nowhere/City", "AAA-3:15:30BBB,J60/2,J300/26",
	} {
		t.Run(zone, func(t *testing.T) {
			t.Parallel()
			seed := string('1' + rune(i%9))
			lines := func(command string, flags ...string) []string {
				cmd := exec.Command(command, append(flags, "../../testdata/dates.lua", seed)...)
				cmd.Env = append(os.Environ(), "TZ="+zone, "GORACE=atexit_sleep_ms=0")
				output, err := cmd.CombinedOutput()
				if err != nil {
					t.Fatalf("%s: %v\n%s", command, err, output)
				}
				return strings.Split(string(output), "\n")
			}
			got, want := lines(silly, "--watchdog=off"), lines(reference)
			if len(got) != len(want) {
				t.Errorf("%d lines, want %d", len(got), len(want))
			}
			differences := 0
			for i := range min(len(got), len(want)) {
				if got[i] != want[i] && differences < 10 {
					differences++
					t.Errorf("line %d, seed %s:\n%s\ngot  %s\nwant %s", i+1, seed, want[max(0, i-1)], got[i], want[i])
				}
			}
		})
	}
}
