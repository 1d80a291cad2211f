package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"posthog-org-mcp/patiently"
	"posthog-org-mcp/visible"
)

var (
	// ErrUnwritable matches every error about something that could not be
	// written down. Its text names the path, the cause, and what to do.
	ErrUnwritable = errors.New("cannot write to the journal")
	// ErrNotFound matches the error about an id that the journal does not have.
	ErrNotFound = errors.New("not in the journal")
)

var (
	errNoPath     = errors.New("no path is given")
	errNotRegular = errors.New("it is not a regular file")
	errBusy       = errors.New("another process holds its lock")
	errTooLong    = errors.New("the entry is too long")
	errInvalid    = errors.New("the entry is not one that could be read again")
)

func unwritable(path string, err error) error {
	if errors.Is(err, ErrUnwritable) {
		return err
	}
	return fmt.Errorf("%w %s: %w; %s", ErrUnwritable, path, cause(path, err), advice(path, err))
}

func waiting(path string, err error) error {
	return fmt.Errorf("waiting for the journal %s: %w; try again", path, err)
}

// cause is err within a sentence, without the path, if that is the one that the
// message has anyway.
func cause(path string, err error) error {
	var wrapped *fs.PathError
	if errors.As(err, &wrapped) && wrapped.Path == path {
		err = wrapped.Err
	}
	return visible.Cause(err)
}

// held is what to do about a file that cannot be opened for a moment.
const held = "another program holds it; try again"

func advice(path string, err error) string {
	switch {
	case patiently.IsHeld(err):
		return held
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		return "make room on that disk, or choose a path on another"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return "let this user write there, or choose another path"
	case errors.Is(err, errNotRegular), errors.Is(err, errNoPath):
		return "give the path of a file that is the journal's alone"
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, fs.ErrExist):
		return "choose a path below a folder"
	case errors.Is(err, errBusy):
		return fmt.Sprintf("try again, and if it persists end the process that holds %s", path+lockSuffix)
	case errors.Is(err, errTooLong):
		return "change less with one call"
	case errors.Is(err, errInvalid):
		return "this is a fault of the program: please report it"
	case errors.Is(err, os.ErrClosed):
		return "start the program again"
	default:
		return "look at that disk and path, or choose another path"
	}
}
