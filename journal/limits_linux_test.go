package journal_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"posthog-org-mcp/journal"
)

func TestAWriteThatFailsInTheMiddleOfALineLeavesNothingOfIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.jsonl")
	p := start(t, "meet a size limit", path, 0)
	for _, line := range p.rest(t) {
		t.Error(line)
	}
	if !p.ProcessState.Success() {
		t.Error(p.ProcessState)
	}
	reader := journal.NewReader(path)
	same(t, ids(entries(t, reader, journal.Filter{})), []string{"a.3", "a.1"})
	same(t, reader.Skipped(), 0)
}

// meetSizeLimit says what is wrong. The system cuts off a write in the middle.
func meetSizeLimit(j *journal.Journal, path string) error {
	ctx := context.Background()
	if err := j.Begin(ctx, intent("a.1")); err != nil {
		return err
	}
	before, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		return err
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: uint64(len(before) + 50), Max: old.Max}); err != nil {
		return err
	}
	for name, err := range map[string]error{
		"Begin":  j.Begin(ctx, intent("a.2")),
		"End":    j.End(ctx, done("a.1")),
		"Record": j.Record(ctx, intent("a.2"), done("a.2")),
	} {
		if !errors.Is(err, journal.ErrUnwritable) || !errors.Is(err, syscall.EFBIG) || !strings.Contains(err.Error(), "make room") {
			fmt.Printf("%s: the error is %v\n", name, err)
		}
	}
	if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
		fmt.Printf("the file has become %q, %v\n", after, err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		return err
	}
	// With room again it goes on.
	if err := j.End(ctx, done("a.1")); err != nil {
		return err
	}
	if err := j.Record(ctx, intent("a.3"), done("a.3")); err != nil {
		return err
	}
	return j.Close()
}

func TestAFullDiskWritesNothingAndReadsGoOn(t *testing.T) {
	folder := t.TempDir()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=64k"); err != nil {
		t.Skip("a small disk needs root: ", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, 0); err != nil {
			t.Error(err)
		}
	})
	j, path := open(t, journal.Options{Path: filepath.Join(folder, "journal.jsonl")})
	must(t, j.Begin(t.Context(), intent("a.1")))
	var full error
	promised := 1
	for i := 2; full == nil && i < 10_000; i++ {
		if full = j.Begin(t.Context(), intent(fmt.Sprintf("a.%d", i))); full == nil {
			promised++
		}
	}
	if !errors.Is(full, journal.ErrUnwritable) || !errors.Is(full, syscall.ENOSPC) || !strings.Contains(full.Error(), "make room") {
		t.Errorf("the error is %v", full)
	}
	reader := journal.NewReader(path)
	same(t, len(entries(t, reader, journal.Filter{})), promised)
	same(t, reader.Skipped(), 0)
}

func TestWithoutPermissionNothingIsWritten(t *testing.T) {
	if os.Geteuid() != 0 {
		folder := filepath.Join(t.TempDir(), "closed")
		must(t, os.Mkdir(folder, 0o500))
		denied(t, journal.New(journal.Options{Path: filepath.Join(folder, "journal.jsonl")}))
		return
	}
	// Root may do all, so somebody else has to try.
	folder := t.TempDir()
	must(t, os.Chmod(folder, 0o755))
	must(t, os.Chmod(filepath.Dir(folder), 0o755))
	p := start(t, "be nobody", filepath.Join(folder, "journal.jsonl"), 0)
	for _, line := range p.rest(t) {
		t.Error(line)
	}
	if !p.ProcessState.Success() {
		t.Error(p.ProcessState)
	}
	same(t, names(t, folder), []string{})
}

func denied(t *testing.T, j *journal.Journal) {
	t.Helper()
	if wrong := isDenied(j); wrong != "" {
		t.Error(wrong)
	}
}

func isDenied(j *journal.Journal) (wrong string) {
	err := j.Begin(context.Background(), intent("a.1"))
	if !errors.Is(err, journal.ErrUnwritable) || !errors.Is(err, os.ErrPermission) || !strings.Contains(err.Error(), "let this user write there") {
		return fmt.Sprintf("the error is %v", err)
	}
	return ""
}

func beNobody(j *journal.Journal, _ string) error {
	const nobody = 65534
	if err := syscall.Setuid(nobody); err != nil {
		return err
	}
	if wrong := isDenied(j); wrong != "" {
		fmt.Println(wrong)
	}
	return nil
}
