package patiently

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestAFileThatIsHeldIsOpenedAndReplacedOnceItIsFree(t *testing.T) {
	for name, use := range map[string]func(path, other string) error{
		"open": func(path, _ string) error {
			file, err := OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
			if err == nil {
				err = file.Close()
			}
			return err
		},
		"read":    func(path, _ string) error { _, err := ReadFile(path); return err },
		"replace": func(path, other string) error { return Rename(other, path) },
		"remove":  func(path, _ string) error { return Remove(path) },
	} {
		folder := t.TempDir()
		path, other := filepath.Join(folder, "file"), filepath.Join(folder, "other")
		for _, file := range []string{path, other} {
			if err := os.WriteFile(file, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		wide, err := syscall.UTF16PtrFromString(path)
		if err != nil {
			t.Fatal(err)
		}
		held, err := syscall.CreateFile(wide, syscall.GENERIC_READ, 0, nil, syscall.OPEN_EXISTING, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.ReadFile(path); !IsHeld(err) {
			t.Errorf("%s: a held file answers %v", name, err)
		}
		done := make(chan error, 1)
		go func() { done <- use(path, other) }()
		if err := syscall.CloseHandle(held); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
