package e2e_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"posthog-org-mcp/harness"
	"posthog-org-mcp/sandbox"
)

func TestOnAFullDiskNoWriteGoesOutAndReadsGoOn(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=64k"); err != nil {
		t.Skip("a small disk needs root: ", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, 0); err != nil {
			t.Error(err)
		}
	})
	stage := harness.Backend(t, sandbox.Options{})
	journal := filepath.Join(folder, "journal.jsonl")
	session := harness.Start(t, harness.Options{Env: unasked(stage.Env()), Args: []string{"--journal", journal}})
	ballast := filepath.Join(folder, "ballast")
	fill(t, ballast)
	noWriteGoesOut(t, session, stage)
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if !wrote(t, session.Call("roles-create", values{"name": "Early shift"})).Changed {
		t.Error("with room again nothing was written")
	}
	session.Close()
	if said := session.Stderr(); !strings.Contains(said, journal) || !strings.Contains(said, "make room") {
		t.Errorf("the log does not say what to do: %s", said)
	}
}

// fill writes until there is no room.
func fill(t *testing.T, path string) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for size := 4096; size > 0; size /= 2 {
		for err = nil; err == nil; {
			_, err = file.Write(make([]byte, size))
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}

// A limit on the size of files is a full disk that needs no root.
func TestWhereNoFileCanGrowNoWriteGoesOut(t *testing.T) {
	t.Parallel()
	stage := harness.Backend(t, sandbox.Options{})
	session := harness.Start(t, harness.Options{
		Binary: "/bin/sh", Args: []string{"-c", `ulimit -f 0; exec "$0"`, harness.Binary(t)}, Env: unasked(stage.Env()),
	})
	noWriteGoesOut(t, session, stage)
	session.Close()
	if said := session.Stderr(); !strings.Contains(said, "make room") {
		t.Errorf("the log does not say what to do: %s", said)
	}
}
