//go:build unix

package handover_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"posthog-org-mcp/handover"
	"posthog-org-mcp/redact"
)

// fullFolder is set in a process that may not write more than a bit into a file.
const fullFolder = "HANDOVER_TEST_FULL_FOLDER"

func TestAFullDiskIsKnownBeforeTheRotation(t *testing.T) {
	inFullFolder(t, "0", func(t *testing.T, dir string) {
		_, err := handover.NewFiles(dir).Prepare(t.Context(), acme)
		wantUnavailable(t, err, dir, "Make room on the disk")
	})
}

func TestATokenThatTheDiskCannotTakeLeavesNoPartOfItself(t *testing.T) {
	inFullFolder(t, "1", func(t *testing.T, dir string) {
		slot := prepare(t, handover.NewFiles(dir), acme)
		wantRefused(t, slot, redact.NewSecret(strings.Repeat(canary, 100)), "cannot be written")
	})
}

// inFullFolder runs the test in a process of its own, whose files end after so
// many blocks of at most 1024 bytes. Nothing may be left in the folder.
func inFullFolder(t *testing.T, blocks string, test func(t *testing.T, dir string)) {
	t.Helper()
	if dir := os.Getenv(fullFolder); dir != "" {
		test(t, dir)
		return
	}
	dir := t.TempDir()
	command := exec.CommandContext(t.Context(), "sh", "-c", `ulimit -f "$1" && exec "$0" -test.run "^$2\$" -test.v`, os.Args[0], blocks, t.Name())
	command.Env = append(os.Environ(), fullFolder+"="+dir)
	// How it exits does not count: it may not write a coverage file either.
	output, err := command.CombinedOutput()
	if !strings.Contains(string(output), "--- PASS: "+t.Name()) {
		t.Errorf("%v\n%s", err, output)
	}
	if left := list(t, dir); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}
