package assistants

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"posthog-org-mcp/patiently"
	"posthog-org-mcp/visible"
)

// Written is what a change has left behind.
type Written struct {
	Backup string // the file as it was; "" where there was none
	Moved  bool   // the file had changed since the change was shown, but not the entry
}

// How often a file that its client keeps writing is planned for anew.
const tries = 5

// Write carries a change out: it keeps the file as it was beside it, under a name
// with the date, and puts the new one in its place at once. A file that Install had made of nothing
// goes without a trace, with the client's folders that are empty then. A link stays a link,
// and the file keeps its mode. Where the file has changed meanwhile, the entry is
// put into what it is now; where the entry itself has, nothing is done.
func (c Change) Write(now time.Time) (Written, error) {
	written := Written{}
	for range tries {
		target, current, existed, err := readTarget(c.File)
		if err != nil {
			return Written{}, err
		}
		if existed != c.existed || !bytes.Equal(current, c.before) {
			again, err := c.planned(current, existed)
			if err != nil {
				return Written{}, err
			}
			if !same(again.old, c.old) || !same(again.new, c.new) {
				return Written{}, &Fault{File: c.File, What: "has changed since the change was shown.", Next: "Nothing was written; run the command again."}
			}
			c, written.Moved = again, true
		}
		if c.Nothing() {
			return written, nil
		}
		backup, err := c.put(target, now)
		if errors.Is(err, errMoved) {
			continue
		}
		written.Backup = backup
		if err == nil && c.removes {
			for _, folder := range c.folders {
				if os.Remove(folder) != nil { // It is not empty.
					break
				}
			}
		}
		return written, err
	}
	return Written{}, &Fault{File: c.File, What: "changes all the time.", Next: "Quit " + c.Client.Title + " and run the command again; nothing was written."}
}

// errMoved says that a file changed just before it was replaced.
var errMoved = errors.New("the file has changed")

// put replaces the file, unless it has changed.
func (c Change) put(target string, now time.Time) (backup string, err error) {
	mode := fs.FileMode(0o600)
	if c.existed {
		info, err := os.Stat(target)
		if err != nil {
			return "", fmt.Errorf("look at %s: %w", visible.Path(target), err)
		}
		mode = info.Mode().Perm()
		if mode&0o200 == 0 {
			return "", &Fault{File: c.File, What: "is read-only.", Next: "Make it writable first, or see the entry with --print and put it in by hand."}
		}
	} else if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
		return "", fmt.Errorf("make the folder for %s: %w", visible.Path(target), err)
	}
	temporary, err := c.temporary(target, mode)
	if err != nil {
		return "", fmt.Errorf("write beside %s: %w\nNothing was changed; see the entry with --print and put it in by hand", visible.Path(target), err)
	}
	defer func() { _ = os.Remove(temporary) }() // gone already where all went well
	if c.existed && !c.made {                   // A file that held nothing but the entry is no loss.
		if backup, err = keep(c.File, c.before, now); err != nil {
			return "", fmt.Errorf("keep %s as it was: %w\nNothing was changed", visible.Path(c.File), err)
		}
	}
	_, current, existed, err := readTarget(c.File)
	if err == nil && (existed != c.existed || !bytes.Equal(current, c.before)) {
		err = errMoved
	}
	if err == nil && c.removes {
		err = patiently.Remove(target)
	} else if err == nil {
		err = patiently.Rename(temporary, target)
	}
	if err == nil {
		return backup, nil
	}
	if backup != "" {
		_ = os.Remove(backup) // it is the file that is still there
	}
	if errors.Is(err, errMoved) {
		return "", err
	}
	return "", fmt.Errorf("replace %s: %w\nNothing was changed; quit %s if it is running, and try again", visible.Path(target), err, c.Client.Title)
}

// temporary writes the new file beside the old one, whole and on the disk.
func (c Change) temporary(target string, mode fs.FileMode) (name string, err error) {
	file, err := os.CreateTemp(filepath.Dir(target), "."+filepath.Base(target)+".*")
	if err != nil {
		return "", err
	}
	defer func() {
		err = errors.Join(err, file.Close())
		if err != nil {
			_ = os.Remove(file.Name())
		}
	}()
	if _, err := file.Write(c.after); err != nil {
		return "", err
	}
	if err := keepOwner(target, file); err != nil {
		return "", err
	}
	if err := file.Chmod(mode); err != nil {
		return "", err
	}
	return file.Name(), file.Sync()
}

// ReadableByOthers reports that other users of the machine can read the file,
// which matters when a key is in it.
func (c Change) ReadableByOthers() bool {
	info, err := os.Stat(c.File)
	return err == nil && info.Mode().Perm()&0o044 != 0 && os.PathSeparator == '/'
}

// readTarget reads the file that a path leads to.
func readTarget(file string) (target string, data []byte, existed bool, err error) {
	if _, err := os.Lstat(file); errors.Is(err, fs.ErrNotExist) {
		return file, nil, false, nil
	}
	target, err = filepath.EvalSymlinks(file)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil, false, &Fault{File: file, What: "is a link that leads nowhere.", Next: "Make the file that it should lead to, or remove the link."}
	}
	if err != nil {
		return "", nil, false, fmt.Errorf("find %s: %w", visible.Path(file), err)
	}
	info, err := os.Stat(target)
	if err != nil {
		return "", nil, false, fmt.Errorf("look at %s: %w", visible.Path(file), err)
	}
	if !info.Mode().IsRegular() {
		return "", nil, false, &Fault{File: file, What: "is not an ordinary file.", Next: "Move it out of the way first."}
	}
	if info.Size() > largestFile {
		return "", nil, false, &Fault{File: file, What: fmt.Sprintf("is larger than %d MiB.", largestFile>>20), Next: "Look at what fills it, and make it smaller; it was left as it is."}
	}
	data, err = patiently.ReadFile(target)
	if patiently.IsHeld(err) {
		return "", nil, false, &Fault{File: file, What: "is held by another program.", Next: "Try again, or quit that program first."}
	}
	if err != nil {
		return "", nil, false, fmt.Errorf("read %s: %w", visible.Path(file), err)
	}
	return target, data, true, nil
}

const (
	backupMark   = "." + Program + "-"
	backupEnding = ".bak"
	backupDate   = "20060102-150405"
)

// keep writes a backup beside a file, for its owner alone.
func keep(file string, data []byte, now time.Time) (string, error) {
	for count := 1; ; count++ {
		name := file + backupMark + now.Format(backupDate)
		if count > 1 {
			name += "-" + strconv.Itoa(count)
		}
		name += backupEnding
		backup, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, fs.ErrExist) && count < 100 {
			continue
		}
		if err != nil {
			return "", err
		}
		_, err = backup.Write(data)
		if err = errors.Join(err, backup.Close()); err != nil {
			return "", errors.Join(err, os.Remove(name))
		}
		return name, nil
	}
}

// backupsOf are the backups of a file, the newest first. One that cannot be read
// is as if it were not there, and so is what is no ordinary file: reading a pipe
// would wait for ever.
func backupsOf(file string) [][]byte {
	entries, err := os.ReadDir(filepath.Dir(file))
	if err != nil {
		return nil
	}
	var backups [][]byte
	for _, entry := range slices.Backward(entries) {
		name := entry.Name()
		if !strings.HasPrefix(name, filepath.Base(file)+backupMark) || !strings.HasSuffix(name, backupEnding) {
			continue
		}
		if info, err := entry.Info(); err != nil || !info.Mode().IsRegular() || info.Size() > largestFile {
			continue
		}
		if data, err := os.ReadFile(filepath.Join(filepath.Dir(file), name)); err == nil {
			backups = append(backups, data)
		}
	}
	return backups
}
