// Package patiently opens, renames and removes files that another program may hold
// for a moment. On Windows a virus scanner, an indexer or any reader keeps others
// from a file while it has it open, so that what fails now succeeds soon after.
// Elsewhere each call is the one of package os.
package patiently

import (
	"context"
	"errors"
	"os"
	"runtime"
	"slices"
	"syscall"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// Rename is os.Rename, waiting for up to two seconds.
func Rename(from, to string) error {
	return onlyError(here(), to, func() error { return os.Rename(from, to) })
}

// Remove is os.Remove, waiting for up to two seconds.
func Remove(path string) error {
	return onlyError(here(), path, func() error { return os.Remove(path) })
}

// Open is os.Open, waiting for up to two seconds.
func Open(path string) (*os.File, error) { return OpenFile(path, os.O_RDONLY, 0) }

// OpenFile is os.OpenFile, waiting for up to two seconds.
func OpenFile(path string, flag int, mode os.FileMode) (*os.File, error) {
	written := ""
	if flag&(os.O_WRONLY|os.O_RDWR) != 0 {
		written = path
	}
	return repeat(here(), written, func() (*os.File, error) { return os.OpenFile(path, flag, mode) })
}

// ReadFile is os.ReadFile, waiting for up to two seconds.
func ReadFile(path string) ([]byte, error) {
	return repeat(here(), "", func() ([]byte, error) { return os.ReadFile(path) })
}

// IsHeld reports whether an error is that another program holds the file, so that
// it is worth another try.
func IsHeld(err error) bool { return here().isOneOf(err, sharingViolation, lockViolation) }

// What Windows answers about a file that another program has open. Access denied
// may also mean what it says.
const (
	accessDenied     syscall.Errno = 5
	sharingViolation syscall.Errno = 32
	lockViolation    syscall.Errno = 33
)

// rules are those of an operating system, as runtime.GOOS names it.
type rules struct {
	system  string
	longest time.Duration
}

func here() rules { return rules{system: runtime.GOOS, longest: 2 * time.Second} }

// isOneOf is always false elsewhere than on Windows, where the numbers mean others.
func (r rules) isOneOf(err error, numbers ...syscall.Errno) bool {
	var number syscall.Errno
	return r.system == "windows" && errors.As(err, &number) && slices.Contains(numbers, number)
}

// mayPass reports whether an error may be gone in a moment. That of a file that is
// to be written (or "") and is read-only stays.
func (r rules) mayPass(err error, written string) bool {
	if !r.isOneOf(err, accessDenied, sharingViolation, lockViolation) {
		return false
	}
	info, lost := os.Stat(written)
	return written == "" || lost != nil || info.Mode().Perm()&0o200 != 0
}

func onlyError(r rules, written string, do func() error) error {
	_, err := repeat(r, written, func() (struct{}, error) { return struct{}{}, do() })
	return err
}

// repeat does something until it succeeds, fails for good, or takes too long.
func repeat[T any](r rules, written string, do func() (T, error)) (T, error) {
	waits := &backoff.ExponentialBackOff{InitialInterval: time.Millisecond, Multiplier: 2, RandomizationFactor: 0.5, MaxInterval: 100 * time.Millisecond}
	once := func() (T, error) {
		result, err := do()
		if err != nil && !r.mayPass(err, written) {
			err = backoff.Permanent(err)
		}
		return result, err
	}
	return backoff.Retry(context.Background(), once, backoff.WithBackOff(waits), backoff.WithMaxElapsedTime(r.longest))
}
