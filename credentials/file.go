package credentials

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"posthog-org-mcp/patiently"
	"posthog-org-mcp/visible"
)

// version is that of the profiles' file. A file with a later one is left alone.
const version = 1

// document is the profiles' file.
type document struct {
	Version  int                `json:"version"`
	Profiles map[string]Profile `json:"profiles"`
}

// longestFile is how many bytes of the profiles' file are read.
const longestFile = 1 << 20

// read returns the profiles by name; none where there is no file.
func (s *Store) read() (map[string]Profile, error) {
	path := s.File()
	if path == "" {
		return map[string]Profile{}, nil
	}
	data, err := readOrdinary(path)
	var fault *Fault
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return map[string]Profile{}, nil
	case errors.As(err, &fault):
		return nil, err
	case err != nil:
		return nil, &Fault{What: fmt.Sprintf("The profiles cannot be read: %v.", visible.Cause(err)), Next: whatNext(err, "Check the file's permissions."), Err: err}
	}
	found, err := parse(data)
	if err != nil {
		return nil, &Fault{
			What: fmt.Sprintf("The profiles in %s cannot be used: %v.", path, err),
			Next: "The file is left as it is. Mend it, or move it away and sign in again.", Err: err,
		}
	}
	for name, profile := range found {
		profile.Name = name
		found[name] = profile
	}
	return found, nil
}

// readOrdinary reads a file that only the user can change: what it says decides
// where keys are sent. A link is followed, for settings that are kept elsewhere.
func readOrdinary(path string) ([]byte, error) {
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, err
	}
	for _, folder := range []string{filepath.Dir(path), filepath.Dir(target)} {
		if err := closedFolder(folder); err != nil {
			return nil, err
		}
	}
	info, err := os.Stat(target)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not an ordinary file", path)
	case hasModes && info.Mode().Perm()&0o022 != 0:
		return nil, &Fault{
			What: fmt.Sprintf("Others on this machine can change the profiles in %s (mode %04o).", path, info.Mode().Perm()),
			Next: "See that the hosts in it are yours, and run chmod 600 on it.",
		}
	case info.Size() > longestFile:
		return nil, fmt.Errorf("%s is longer than %d bytes", path, longestFile)
	}
	return patiently.ReadFile(target)
}

// parse reads the profiles' file. Its errors say where, by line and column.
func parse(data []byte) (map[string]Profile, error) {
	var versioned struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(data, &versioned); err != nil {
		return nil, located(data, err, 0)
	}
	if versioned.Version > version {
		return nil, fmt.Errorf("they were written by a newer version of this program (%d, and this one writes %d)", versioned.Version, version)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields() // Writing would lose what is not known.
	var whole document
	if err := decoder.Decode(&whole); err != nil {
		return nil, located(data, err, decoder.InputOffset())
	}
	if whole.Profiles == nil {
		whole.Profiles = map[string]Profile{}
	}
	for name, profile := range whole.Profiles {
		if err := CheckName(name); err != nil {
			return nil, fmt.Errorf("%q is no name for a profile", name)
		}
		if !entryOf(name).MatchString(profile.Entry) {
			return nil, fmt.Errorf("the entry %.100q of the profile %q is none that this program makes", profile.Entry, name)
		}
	}
	return whole.Profiles, nil
}

// located adds to an error where in a text it is.
func located(data []byte, err error, offset int64) error {
	var syntax *json.SyntaxError
	var mistyped *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		offset = syntax.Offset
	case errors.As(err, &mistyped):
		offset = mistyped.Offset
	}
	before := data[:min(max(offset, 0), int64(len(data)))]
	line := 1 + bytes.Count(before, []byte("\n"))
	column := len(before) - 1 - bytes.LastIndexByte(before, '\n')
	return fmt.Errorf("line %d, column %d: %w", line, max(column, 1), err)
}

// changed reads the profiles, has them changed, and writes them, while no other
// process does so.
func (s *Store) changed(ctx context.Context, change func(map[string]Profile) error) error {
	if err := s.makeFolder(); err != nil {
		return err
	}
	unlock, err := s.lock(ctx, "profiles")
	if err != nil {
		return err
	}
	defer unlock()
	kept, err := s.read()
	if err != nil {
		return err
	}
	if err := change(kept); err != nil {
		return err
	}
	data, err := json.MarshalIndent(document{Version: version, Profiles: kept}, "", "  ")
	if err != nil {
		return err
	}
	path := s.File()
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target // Whoever keeps their settings elsewhere goes on doing so.
	}
	if err := replaceFile(path, append(data, '\n')); err != nil {
		return &Fault{What: fmt.Sprintf("The profiles cannot be written: %v.", visible.Cause(err)), Next: whatNext(err, "Make the folder writable for you, or make room on the disk."), Err: err}
	}
	return nil
}

// whatNext is what to do about a file that failed: as usual, unless another program
// holds it.
func whatNext(err error, usual string) string {
	if patiently.IsHeld(err) {
		return "Another program holds the file: try again."
	}
	return usual
}

// makeFolder makes the folder of the profiles, or says why it cannot be used.
func (s *Store) makeFolder() error {
	if s.options.Folder == "" {
		return &Fault{What: "There is no home directory to keep profiles in.", Next: "Set HOME (on Windows USERPROFILE) and sign in again."}
	}
	err := privateFolder(s.options.Folder)
	var fault *Fault
	if err == nil || errors.As(err, &fault) {
		return err
	}
	return &Fault{What: fmt.Sprintf("The folder of the profiles cannot be made: %v.", visible.Cause(err)), Next: "Make it yourself, writable for you alone.", Err: err}
}

// How long a lock is waited for, and how often it is tried.
const (
	lockTime  = 30 * time.Second
	lockRetry = 20 * time.Millisecond
)

// lockRenewing is the lock of whoever stores or removes the secret of a profile.
// A renewal holds it from reading the old tokens until the new ones are stored.
func (s *Store) lockRenewing(ctx context.Context, name string) (unlock func(), err error) {
	return s.lock(ctx, "renewing-"+name)
}

// lock waits until no other process has the lock of that name, and takes it.
func (s *Store) lock(ctx context.Context, name string) (unlock func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, lockTime)
	defer cancel()
	path := filepath.Join(s.options.Folder, name+".lock")
	lock := flock.New(path, flock.SetPermissions(0o600))
	if _, err := lock.TryLockContext(ctx, lockRetry); err != nil {
		return nil, &Fault{
			What: fmt.Sprintf("The profiles are in use by another process, or cannot be locked (%s): %v.", path, visible.Cause(err)),
			Next: "Try again; if it goes on, check the folder's permissions.", Err: err,
		}
	}
	return func() { _ = lock.Unlock() }, nil
}
