package journal

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/gofrs/flock"

	"posthog-org-mcp/patiently"
)

// Probe reports why nothing could be written to the journal at a path; nil when
// it could. It leaves everything as it is: a file that is there is opened and
// not written to, and where there is none, a nameless one is made in the nearest
// folder that is there, and removed.
// The error is the bare cause. A lock that another process holds is none.
func Probe(path string) error {
	if err := checkPath(path); err != nil {
		return bare(path, err)
	}
	if err := checkPath(path + lockSuffix); err != nil {
		return bare(path+lockSuffix, err)
	}
	file, err := patiently.OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return ProbeFolder(filepath.Dir(path))
	}
	if err != nil {
		return bare(path, err)
	}
	if err := file.Close(); err != nil {
		return bare(path, err)
	}
	if _, err := os.Stat(path + lockSuffix); errors.Is(err, fs.ErrNotExist) {
		return ProbeFolder(filepath.Dir(path))
	}
	lock := flock.New(path + lockSuffix)
	held, err := lock.TryLock()
	if held {
		err = lock.Unlock()
	}
	return bare(path+lockSuffix, err)
}

// ProbeFolder reports why no file could be made in a folder, which need not be
// there yet; nil when one could. What it makes it removes.
func ProbeFolder(folder string) error {
	at := folder
	for {
		info, err := os.Stat(at)
		if err == nil && !info.IsDir() {
			return &fs.PathError{Op: "open", Path: at, Err: syscall.ENOTDIR}
		}
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrNotExist) || at == filepath.Dir(at) {
			return err
		}
		at = filepath.Dir(at)
	}
	probe, err := os.CreateTemp(at, ".posthog-org-mcp-*")
	if err != nil {
		return bareFolder(at, err)
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// bare is an error without the path that its message has anyway.
func bare(path string, err error) error { return cause(path, err) }

// bareFolder names the folder instead of the file that was tried in it.
func bareFolder(folder string, err error) error {
	var wrapped *fs.PathError
	if errors.As(err, &wrapped) {
		return &fs.PathError{Op: "write to", Path: folder, Err: wrapped.Err}
	}
	return err
}
