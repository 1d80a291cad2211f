package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"posthog-org-mcp/patiently"
)

const (
	lockSuffix     = ".lock"
	sessionsSuffix = ".sessions"
	fileMode       = 0o600
	folderMode     = 0o700
)

// append writes one record and syncs it. The caller holds the lock. The file is
// opened for each line: an open file could not be renamed on Windows, and would
// be the wrong one after another process has renamed it.
func (j *Journal) append(r record) (err error) {
	path := j.options.Path
	defer func() {
		if err != nil {
			err = unwritable(path, err)
		}
	}()
	line, err := encode(r, j.options.Redact)
	if err != nil {
		return err
	}
	if err := j.rotate(int64(len(line))); err != nil {
		return err
	}
	file, err := openAppend(path)
	if err != nil {
		return err
	}
	size, err := write(file, line)
	if closing := file.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return err
	}
	// The name of a file that another process has begun may not be on disk yet.
	if size == 0 || !j.synced {
		if err := syncFolder(filepath.Dir(path)); err != nil {
			return err
		}
		j.synced = true
	}
	return nil
}

// write appends a line to what an open file has, and returns how long that was.
func write(file *os.File, line []byte) (size int64, err error) {
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	size = info.Size()
	if size > 0 {
		var last [1]byte
		if _, err := file.ReadAt(last[:], size-1); err != nil {
			return size, err
		}
		if last[0] != '\n' {
			// A crash has torn the line before: it ends here.
			line = append([]byte{'\n'}, line...)
		}
	}
	written, err := file.Write(line)
	if err == nil {
		err = file.Sync()
	}
	if err != nil {
		withdraw(file, size, int64(written))
	}
	return size, err
}

// withdraw cuts off what a failed append has left. Where that fails too, a torn
// line or an open intent stays, and both are harmless.
func withdraw(file *os.File, size, written int64) {
	// Where locks do not work, somebody may have appended meanwhile.
	if info, err := file.Stat(); err == nil && info.Size() == size+written {
		if file.Truncate(size) == nil {
			_ = file.Sync()
		}
	}
}

// rotate gives the file its final name if another line would be too much.
func (j *Journal) rotate(more int64) error {
	path := j.options.Path
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Size() == 0 || info.Size()+more <= j.options.MaxSize {
		return nil
	}
	older, err := parts(path)
	if err != nil {
		return err
	}
	// A file that is too large is better than a write that is not sent, or waits.
	_ = os.Rename(path, nextPart(path, older, time.Now()).path)
	return nil
}

func openAppend(path string) (*os.File, error) {
	file, err := patiently.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE, fileMode)
	if err != nil {
		return nil, err
	}
	if err := own(file); err != nil {
		_ = file.Close()
		return nil, err
	}
	return file, nil
}

// own sees to it that an open file is the one at its path, and the user's alone.
func own(file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	there, err := os.Lstat(file.Name())
	if err != nil {
		return err
	}
	if !there.Mode().IsRegular() || !os.SameFile(info, there) {
		return errNotRegular
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&^fileMode != 0 {
		return file.Chmod(fileMode)
	}
	return nil
}

// checkPath refuses what can never be a journal, before anything is made
// beside it.
func checkPath(path string) error {
	if path == "" {
		return errNoPath
	}
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && !info.Mode().IsRegular() {
		err = errNotRegular
	}
	return err
}

// checkFolder refuses what is no folder of its own, such as a symbolic link to
// one: files would be made and removed in somebody else's.
func checkFolder(path string) error {
	info, err := os.Lstat(path)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s: %w", path, syscall.ENOTDIR)
	}
	return err
}

// makeFolder makes a folder and those above it, and syncs the names of the new
// ones.
func makeFolder(folder string) error {
	var missing []string
	for at := folder; ; at = filepath.Dir(at) {
		info, err := os.Stat(at)
		if err == nil && !info.IsDir() {
			return fmt.Errorf("%s: %w", at, syscall.ENOTDIR)
		}
		if !errors.Is(err, fs.ErrNotExist) || at == filepath.Dir(at) {
			break
		}
		missing = append(missing, at)
	}
	if len(missing) == 0 {
		return nil
	}
	if err := os.MkdirAll(folder, folderMode); err != nil {
		return err
	}
	for _, made := range missing {
		if err := syncFolder(filepath.Dir(made)); err != nil {
			return err
		}
	}
	return nil
}

// syncFolder puts the names in a folder on disk.
func syncFolder(folder string) error {
	if runtime.GOOS == "windows" {
		return nil // It has no such call, and keeps names in its own log.
	}
	opened, err := os.Open(folder)
	if err != nil {
		return err
	}
	err = opened.Sync()
	if closing := opened.Close(); err == nil {
		err = closing
	}
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return nil // Some network file systems cannot sync a folder.
	}
	return err
}
