package journal

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"posthog-org-mcp/patiently"
)

// part is an older file of a journal, named after when it was full.
type part struct {
	path  string
	stamp string // such as "20261128T031714Z"
	count int    // 1 for the first of a second
}

const stampLayout = "20060102T150405Z"

// parts lists the older files of a journal in the order of writing.
func parts(path string) ([]part, error) {
	folder := filepath.Dir(path)
	files, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var found []part
	for _, file := range files {
		if stamp, count, ok := parsePart(path, file.Name()); ok && file.Type().IsRegular() {
			found = append(found, part{path: filepath.Join(folder, file.Name()), stamp: stamp, count: count})
		}
	}
	slices.SortFunc(found, part.compare)
	return found, nil
}

func (p part) compare(other part) int {
	return cmp.Or(strings.Compare(p.stamp, other.stamp), cmp.Compare(p.count, other.count))
}

// nextPart names the part that comes after all that are there, whatever the
// clock says.
func nextPart(path string, older []part, now time.Time) part {
	next := part{stamp: now.UTC().Format(stampLayout), count: 1}
	if len(older) > 0 {
		if last := older[len(older)-1]; next.compare(last) <= 0 {
			next.stamp, next.count = last.stamp, last.count+1
		}
	}
	stem, extension := splitName(path)
	name := stem + "-" + next.stamp
	if next.count > 1 {
		name += "-" + strconv.Itoa(next.count)
	}
	next.path = filepath.Join(filepath.Dir(path), name+extension)
	return next
}

// parsePart reads a name that nextPart has made.
func parsePart(path, name string) (stamp string, count int, ok bool) {
	stem, extension := splitName(path)
	rest, isPart := strings.CutPrefix(name, stem+"-")
	rest, hasExtension := strings.CutSuffix(rest, extension)
	if !isPart || !hasExtension {
		return "", 0, false
	}
	stamp, number, numbered := strings.Cut(rest, "-")
	if _, err := time.Parse(stampLayout, stamp); err != nil {
		return "", 0, false
	}
	count = 1
	if numbered {
		var err error
		if count, err = strconv.Atoi(number); err != nil || count < 2 {
			return "", 0, false
		}
	}
	return stamp, count, true
}

func splitName(path string) (stem, extension string) {
	name := filepath.Base(path)
	extension = filepath.Ext(name)
	return strings.TrimSuffix(name, extension), extension
}

// snapshot is a journal at one moment: readers take no lock, and files may be
// renamed and begun while they read.
type snapshot struct {
	current *os.File // nil if there is none
	info    os.FileInfo
	older   []part
}

// snapshot opens the current file first. Whatever is renamed after that
// moment is not part of the snapshot, or is the very file that is open.
func (r Reader) snapshot(ctx context.Context) (snapshot, error) {
	path := r.path
	current, info, err := openCurrent(path)
	if err != nil {
		return snapshot{}, err
	}
	s := snapshot{current: current, info: info}
	if s.older, err = parts(path); err != nil {
		s.close()
		return snapshot{}, err
	}
	if current == nil {
		return s, nil
	}
	for i, part := range s.older {
		if there, err := os.Stat(part.path); err == nil && os.SameFile(there, info) {
			s.older = s.older[:i]
			break
		}
	}
	if !r.alone && torn(current, info.Size()) {
		// Or somebody is writing it right now: then it is whole in a moment.
		settled := awaitWriter(ctx, path)
		if info, err := current.Stat(); err == nil {
			s.info = info
		}
		settled()
	}
	return s, nil
}

func (s snapshot) close() {
	if s.current != nil {
		_ = s.current.Close()
	}
}

func openCurrent(path string) (*os.File, os.FileInfo, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, nil, errNotRegular
	}
	file, err := patiently.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	if info, err = file.Stat(); err != nil {
		_ = file.Close()
		return nil, nil, err
	}
	return file, info, nil
}

func torn(file *os.File, size int64) bool {
	var last [1]byte
	if size == 0 {
		return false
	}
	_, err := file.ReadAt(last[:], size-1)
	return err == nil && last[0] != '\n'
}

// awaitWriter waits, not for long, until nobody writes, and keeps it so until
// the function that it returns is called. It makes no file.
func awaitWriter(ctx context.Context, path string) (release func()) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	lock := flock.New(path+lockSuffix, flock.SetFlag(os.O_RDONLY))
	if locked, err := lock.TryRLockContext(ctx, lockRetry); err != nil || !locked {
		return func() {}
	}
	return func() { _ = lock.Unlock() }
}
