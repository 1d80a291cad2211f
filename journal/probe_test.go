package journal_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/gofrs/flock"

	"posthog-org-mcp/journal"
)

func TestAProbeLeavesEverythingAsItIs(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "deep", "er", "journal.jsonl")
	must(t, journal.Probe(path))
	same(t, names(t, folder), []string{})

	j, path := open(t, journal.Options{})
	must(t, j.Begin(t.Context(), intent("a.1")))
	before, found := read(t, path), names(t, filepath.Dir(path))
	must(t, journal.Probe(path))
	same(t, read(t, path), before)
	same(t, names(t, filepath.Dir(path)), found)
}

func TestAProbeIsNotKeptWaitingByAnotherProcess(t *testing.T) {
	j, path := open(t, journal.Options{})
	must(t, j.Begin(t.Context(), intent("a.1")))
	held := flock.New(path + ".lock")
	if taken, err := held.TryLock(); err != nil || !taken {
		t.Fatal(taken, err)
	}
	must(t, journal.Probe(path))
	must(t, held.Unlock())
}

func TestAProbeNamesWhatIsInTheWay(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o600))
	if err := journal.Probe(filepath.Join(file, "journal.jsonl")); !errors.Is(err, syscall.ENOTDIR) {
		t.Errorf("below a file: %v", err)
	}
	if err := journal.Probe(filepath.Dir(file)); err == nil {
		t.Error("a folder is taken for a journal")
	}
	if os.Getuid() != 0 {
		needsModes(t)
		must(t, os.Chmod(filepath.Dir(file), 0o500))
		if err := journal.Probe(filepath.Join(filepath.Dir(file), "journal.jsonl")); !errors.Is(err, os.ErrPermission) {
			t.Errorf("in a folder that cannot be written to: %v", err)
		}
	}
}
