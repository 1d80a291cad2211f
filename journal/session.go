package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gofrs/flock"
)

// Abandoned returns the open writes of sessions that are gone, in the order in
// which they were begun, and claims them: until each has got its outcome from
// End, or this journal is closed, no other process is given them. Writes of
// sessions that live, and of this one, are not among them. Asked again, it
// returns those that are still open.
func (j *Journal) Abandoned(ctx context.Context) ([]Entry, error) {
	// Nearly always there is nothing to recover, so the first look makes nobody
	// wait and leaves no files.
	suspects, err := j.suspects(ctx)
	if err != nil {
		return nil, err
	}
	stale, err := sessionIDs(j.options.Path)
	if err != nil {
		return nil, err
	}
	if len(suspects) == 0 && len(stale) == 0 {
		return nil, nil
	}
	var abandoned []Entry
	err = j.locked(ctx, func() (err error) {
		if j.closed {
			return unwritable(j.options.Path, os.ErrClosed)
		}
		abandoned, err = j.claim(ctx, suspects)
		j.sweep()
		return err
	})
	return abandoned, err
}

// hold is the lock that says that a session lives, or that its open writes are
// taken care of. Locks of sessions are taken, and their files made and removed,
// only while the journal's own lock is held; so nobody ever locks a file that
// has just been removed.
type hold struct {
	lock *flock.Flock
}

// claim is the hold on a session that is gone, and its writes that are open.
type claim struct {
	*hold
	open map[string]bool
}

// take returns nil if somebody else has the session.
func take(path, id string) (*hold, error) {
	folder := path + sessionsSuffix
	if err := os.Mkdir(folder, folderMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	if err := checkFolder(folder); err != nil {
		return nil, err
	}
	file := filepath.Join(folder, id+lockSuffix)
	if err := checkPath(file); err != nil {
		return nil, err
	}
	lock := flock.New(file)
	taken, err := lock.TryLock()
	if err != nil || !taken {
		return nil, err
	}
	return &hold{lock: lock}, nil
}

// lost reports whether somebody has removed the file from under the lock.
func (h *hold) lost() bool {
	ours, err := h.lock.Stat()
	if err != nil {
		return true
	}
	there, err := os.Stat(h.lock.Path())
	return err != nil || !os.SameFile(ours, there)
}

// release ends a hold. Removing is tidiness: what stays is swept up later.
func (h *hold) release(remove bool) {
	_ = h.lock.Unlock()
	if remove {
		_ = os.Remove(h.lock.Path())
		_ = os.Remove(filepath.Dir(h.lock.Path())) // It fails while others are there.
	}
}

// live begins the session, or a new one if others must think that it is gone.
func (j *Journal) live() error {
	if j.closed {
		return unwritable(j.options.Path, os.ErrClosed)
	}
	if j.session != nil && !j.session.lost() {
		return nil
	}
	if j.session != nil {
		j.session.release(false)
		j.session, j.id = nil, NewID()
		j.own[j.id] = true
	}
	session, err := take(j.options.Path, j.id)
	if err == nil && session == nil {
		err = errBusy
	}
	if err != nil {
		return unwritable(j.options.Path, err)
	}
	j.session = session
	return nil
}

// release lets go of the session and of all claims.
func (j *Journal) release(remove bool) {
	if j.session != nil {
		j.session.release(remove)
		j.session = nil
	}
	for _, claimed := range j.claims {
		claimed.release(remove)
	}
	clear(j.claims)
}

// settle notes that a write has its outcome. A session whose writes all have is
// let go.
func (j *Journal) settle(id string) {
	for _, claimed := range j.claims {
		delete(claimed.open, id)
	}
	j.letGo()
}

// letGo ends the claims in which nothing is open.
func (j *Journal) letGo() {
	for session, claimed := range j.claims {
		if len(claimed.open) == 0 {
			claimed.release(true)
			delete(j.claims, session)
		}
	}
}

// suspects returns the ids of what may be open writes of other sessions, with
// the session of each. It only skims the lines: every start waits for it.
func (j *Journal) suspects(ctx context.Context) (map[string]string, error) {
	suspects, ended := map[string]string{}, map[string]bool{}
	for line, err := range j.Reader().lines(ctx) {
		if err != nil {
			return nil, err
		}
		found := skim(line)
		if found.ends {
			ended[found.id] = true
		}
		if found.begins {
			if !ended[found.id] && readable(line) {
				suspects[found.id] = found.session
			}
			delete(ended, found.id)
		}
	}
	select {
	case j.turn <- struct{}{}:
		defer func() { <-j.turn }()
	case <-ctx.Done():
		return nil, waiting(j.options.Path, ctx.Err())
	}
	maps.DeleteFunc(suspects, func(_, session string) bool { return j.own[session] })
	return suspects, nil
}

// claim takes the sessions of suspects that are gone, and returns what is still
// open of them: another process may have been quicker. It reads no further back
// than to the oldest suspect.
func (j *Journal) claim(ctx context.Context, suspects map[string]string) ([]Entry, error) {
	for _, session := range suspects {
		if _, ours := j.claims[session]; ours {
			continue
		}
		taken, err := take(j.options.Path, session)
		if err != nil {
			return nil, unwritable(j.options.Path, err)
		}
		if taken != nil {
			j.claims[session] = claim{hold: taken, open: map[string]bool{}}
		}
	}
	// What is found to be open is what the claim is for; the rest is let go.
	defer j.letGo()
	if len(suspects) == 0 {
		return nil, nil
	}
	var abandoned []Entry
	for entry, err := range (Reader{path: j.options.Path, alone: true}).backward(ctx) {
		if err != nil {
			return nil, err
		}
		if claimed, ours := j.claims[entry.Session]; ours && entry.Open() {
			claimed.open[entry.ID] = true
			abandoned = append(abandoned, entry)
		}
		delete(suspects, entry.ID)
		if len(suspects) == 0 {
			break
		}
	}
	slices.Reverse(abandoned)
	return abandoned, nil
}

// sweep removes what sessions that are gone have left.
func (j *Journal) sweep() {
	ids, err := sessionIDs(j.options.Path)
	if err != nil {
		return
	}
	for _, id := range ids {
		_, claimed := j.claims[id]
		if claimed || j.session != nil && j.id == id {
			continue
		}
		if gone, err := take(j.options.Path, id); err == nil && gone != nil {
			gone.release(true)
		}
	}
}

// sessionIDs lists the sessions that have a file: those that live, and what the
// others have left.
func sessionIDs(path string) ([]string, error) {
	err := checkFolder(path + sessionsSuffix)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var files []fs.DirEntry
	if err == nil {
		files, err = os.ReadDir(path + sessionsSuffix)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot list the sessions of the journal: %w; let this user read that folder", err)
	}
	var ids []string
	for _, file := range files {
		if id, ok := strings.CutSuffix(file.Name(), lockSuffix); ok && validID(id) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}
