package patiently

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// failing answers with each error in turn, and then with none.
func failing(count *int, errs ...error) func() error {
	return func() error {
		*count++
		if *count <= len(errs) {
			return errs[*count-1]
		}
		return nil
	}
}

func TestAFileThatAnotherProgramHoldsForAMomentIsWaitedForOnWindowsAlone(t *testing.T) {
	denied, shared, locked := pathError(accessDenied), pathError(sharingViolation), &os.LinkError{Err: lockViolation}
	for _, test := range []struct {
		system string
		errs   []error
		tries  int
		fails  bool
	}{
		{"windows", nil, 1, false},
		{"windows", []error{denied, shared, locked}, 4, false},
		{"windows", []error{shared, fs.ErrNotExist}, 2, true},
		{"windows", []error{pathError(syscall.Errno(3)), nil}, 1, true},
		{"linux", []error{shared, nil}, 1, true},
		{"darwin", []error{denied, nil}, 1, true},
	} {
		tries := 0
		err := onlyError(rules{test.system, time.Minute}, "", failing(&tries, test.errs...))
		if tries != test.tries || (err != nil) != test.fails {
			t.Errorf("%v on %s: %d tries, %v", test.errs, test.system, tries, err)
		}
		if test.fails && !errors.Is(test.errs[tries-1], err) {
			t.Errorf("%v on %s: the error is %#v", test.errs, test.system, err)
		}
	}
}

func TestWhatGoesOnIsAnErrorInTheEnd(t *testing.T) {
	for system, held := range map[string]bool{"windows": true, "linux": false} {
		r := rules{system, 10 * time.Millisecond}
		err := onlyError(r, "", func() error { return pathError(sharingViolation) })
		if !errors.Is(err, sharingViolation) || r.isOneOf(err, sharingViolation, lockViolation) != held {
			t.Errorf("on %s: %v", system, err)
		}
	}
}

func TestAReadOnlyFileIsNotWaitedFor(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o400); err != nil {
		t.Fatal(err)
	}
	tries := 0
	if err := onlyError(rules{"windows", time.Minute}, file, failing(&tries, pathError(accessDenied))); err == nil || tries != 1 {
		t.Errorf("%d tries, %v", tries, err)
	}
}

func TestTheCallsAreThoseOfTheSystem(t *testing.T) {
	folder := t.TempDir()
	one, other := filepath.Join(folder, "one"), filepath.Join(folder, "other")
	if _, err := Open(one); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	file, err := OpenFile(one, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString("text"); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	if err := Rename(one, other); err != nil {
		t.Fatal(err)
	}
	if text, err := ReadFile(other); err != nil || string(text) != "text" {
		t.Errorf("%q, %v", text, err)
	}
	if err := Remove(other); err != nil {
		t.Fatal(err)
	}
	if err := Remove(other); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

func pathError(number syscall.Errno) error {
	return &fs.PathError{Op: "open", Path: "file", Err: number}
}
