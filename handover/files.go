package handover

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"time"

	"posthog-org-mcp/redact"
)

// Files hands secrets over as files in one folder. Each file holds the bare
// token and a newline, and has mode 0600.
//
// The folder is made with mode 0700 when it is first needed. One that is
// already there may be readable by others, who then see the names of the files
// and nothing more. It may not be writable by others, unless it has the sticky
// bit: they could put a file of their own in a token's place.
//
// Windows has no such modes: there a file is open to whoever the folder is
// open to, which in the user's profile is the user.
type Files struct {
	dir string
}

// NewFiles returns the place for files in dir. Nothing is made or checked
// before the first Prepare. A relative dir counts from the folder that the
// process is in by then.
func NewFiles(dir string) *Files { return &Files{dir: dir} }

// Prepare creates the file that the secret goes into, and fills it with blank
// space for it, so that an unwritable or a full place is known by now.
func (f *Files) Prepare(ctx context.Context, what Label) (Slot, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("preparing a file for the token: %w", err)
	}
	dir, err := f.folder()
	if err != nil {
		return nil, err
	}
	name := fileName(what, time.Now())
	made, err := create(dir, name)
	if err != nil {
		return nil, err
	}
	return &fileSlot{label: what, dir: dir, name: name, waiting: made}, nil
}

// folder returns the absolute path of the folder, which is there and fit for secrets.
func (f *Files) folder() (string, error) {
	if f.dir == "" {
		return "", &unavailable{"no folder is set for secret files", nil, "Set one."}
	}
	dir, err := filepath.Abs(f.dir)
	if err != nil {
		return "", &unavailable{fmt.Sprintf("the folder %s cannot be found", f.dir), err, "Give its absolute path."}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", &unavailable{"the folder for secret files, " + dir + ", cannot be made", err, "Make it yourself, or choose another one."}
	}
	info, err := os.Stat(dir)
	if err != nil {
		return "", &unavailable{"the folder for secret files cannot be read", err, "Choose another one."}
	}
	if isShared(info) {
		return "", &unavailable{
			fmt.Sprintf("others can write in the folder for secret files, %s (mode %04o)", dir, info.Mode().Perm()), nil,
			"Run chmod 700 on it, or choose another one.",
		}
	}
	return dir, nil
}

// isShared reports whether others can put a file of their own in a token's place.
func isShared(folder fs.FileInfo) bool {
	mode := folder.Mode()
	return hasModes && mode.Perm()&0o022 != 0 && mode&fs.ModeSticky == 0
}

// IsShared reports whether there is such a folder that Files would refuse,
// because others can write in it.
func IsShared(dir string) bool {
	info, err := os.Stat(dir)
	return err == nil && info.IsDir() && isShared(info)
}

// hasModes is false where the mode bits of a file say nothing about who may read it.
const hasModes = runtime.GOOS != "windows"

// namesTried is how many files of one name and second there can be.
const namesTried = 100

// blank is what stands in a file before the token: longer than any token, so
// that writing the token needs no more room on the disk, and nothing to a
// shell that reads the file too early.
var blank = []byte(strings.Repeat(" ", 255) + "\n")

// blankFile is a file that waits for its token, open, and what tells it from others.
type blankFile struct {
	*os.File
	identity fs.FileInfo
}

// create makes the first file of that name, or of that name with a number,
// that is not there yet. O_EXCL follows no link that somebody has put there.
func create(dir, name string) (*blankFile, error) {
	for try := 1; try <= namesTried; try++ {
		path := filepath.Join(dir, name+".secret")
		if try > 1 {
			path = filepath.Join(dir, fmt.Sprintf("%s-%d.secret", name, try))
		}
		file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, &unavailable{"the secret file cannot be made", err, "Make the folder writable for you, or choose another one."}
		}
		identity, err := reserve(file)
		if err != nil {
			_ = file.Close()
			_ = os.Remove(path)
			return nil, &unavailable{"the secret file cannot be written", err, "Make room on the disk, or choose another folder."}
		}
		syncFolder(dir)
		return &blankFile{file, identity}, nil
	}
	return nil, &unavailable{
		fmt.Sprintf("the folder %s has %d files called %s already", dir, namesTried, name), nil,
		"Wait a second, or choose another folder.",
	}
}

func reserve(file *os.File) (fs.FileInfo, error) {
	if _, err := file.Write(blank); err != nil {
		return nil, err
	}
	if err := file.Sync(); err != nil {
		return nil, err
	}
	return file.Stat()
}

// syncFolder makes the name of a new file outlast a power cut. Not every
// system can, and then the file itself is still as good as it can be.
func syncFolder(dir string) {
	if folder, err := os.Open(dir); err == nil {
		_ = folder.Sync()
		_ = folder.Close()
	}
}

// hostLength keeps a file's name below the 255 bytes that file systems allow.
const hostLength = 100

var strange = regexp.MustCompile(`[^A-Za-z0-9.-]`)

// fileName tells what is in the file, without ".secret". Of the host's name it
// keeps what no shell and no file system reads as anything else.
func fileName(what Label, now time.Time) string {
	host := strange.ReplaceAllString(what.hostOr("posthog"), "-")
	host = strings.TrimLeft(host[:min(len(host), hostLength)], ".-")
	return fmt.Sprintf("%s-project-%d-%s", host, what.ProjectID, now.UTC().Format("20060102T150405Z"))
}

// fileSlot is one prepared file. The open file is the slot's own, whatever
// becomes of its name.
type fileSlot struct {
	label     Label
	dir, name string

	mu      sync.Mutex
	waiting *blankFile // nil once the slot is used
}

func (s *fileSlot) Put(secret redact.Secret) (Receipt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	file := s.waiting
	s.waiting = nil
	if file == nil {
		return Receipt{}, &unavailable{"this file is no longer waiting for a token", nil, s.label.elsewhere()}
	}
	if secret.IsZero() {
		_ = file.remove()
		return Receipt{}, &unavailable{"there is no token to hand over", nil, s.label.elsewhere()}
	}
	if !file.keepsItsName() {
		// The secret exists by now and has nowhere else to go.
		_ = file.Close()
		var err error
		if file, err = create(s.dir, s.name); err != nil {
			return Receipt{}, &unavailable{"the secret file was removed, and there is no other", err, s.label.elsewhere()}
		}
	}
	if err := file.fill(secret); err != nil {
		_ = file.remove()
		return Receipt{}, &unavailable{"the secret file cannot be written", err, s.label.elsewhere()}
	}
	return Receipt{Path: file.Name()}, nil
}

func (s *fileSlot) Discard() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	file := s.waiting
	s.waiting = nil
	if file == nil {
		return nil
	}
	if err := file.remove(); err != nil {
		return &unavailable{"the secret file stays behind", err, "Remove it; there is no token in it."}
	}
	return nil
}

// fill puts the token in the place of the blanks, down to the disk.
func (f *blankFile) fill(secret redact.Secret) error {
	line := []byte(secret.Reveal() + "\n")
	if _, err := f.WriteAt(line, 0); err != nil {
		return err
	}
	if err := f.Truncate(int64(len(line))); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return f.Close()
}

// keepsItsName reports whether the file's path still leads to it.
func (f *blankFile) keepsItsName() bool {
	there, err := os.Lstat(f.Name())
	return err == nil && os.SameFile(f.identity, there)
}

// remove closes the file and takes it away, but no other that has got its
// name meanwhile. Windows removes no file that is open.
func (f *blankFile) remove() error {
	named := f.keepsItsName()
	_ = f.Close()
	if !named {
		return nil
	}
	return os.Remove(f.Name())
}
