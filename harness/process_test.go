package harness

import (
	"os"
	"strconv"
	"testing"
)

// endProcess ends one process that a test of ours has left behind on purpose.
func endProcess(t *testing.T, pid string) {
	t.Helper()
	number, err := strconv.Atoi(pid)
	if err != nil {
		t.Fatalf("no process id: %q", pid)
	}
	process, err := os.FindProcess(number)
	if err != nil {
		return // it has ended
	}
	_ = process.Kill()
}
