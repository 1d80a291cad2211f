package journal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"posthog-org-mcp/patiently"
)

// Reader reads a journal while others may write to it. It leaves no traces on
// disk. A journal that does not exist is an empty one, and so is that of the
// zero Reader.
type Reader struct {
	path    string
	skipped *atomic.Int64 // nil counts nothing
	alone   bool          // nobody writes, since the caller holds the lock
}

// NewReader returns a reader of the journal at a path. It opens nothing yet.
func NewReader(path string) Reader { return Reader{path: path, skipped: new(atomic.Int64)} }

// Filter chooses entries. Its zero value chooses all.
type Filter struct {
	Since        time.Time // intents of this time or later
	Tool         string    // the tool of this name
	Member       string    // a fragment of one of the People, in any case
	Organization string    // the organization of this id, or of this name in any case
	Undoes       string    // the writes that take back the one of this id
}

// Entries returns the chosen entries as they are now, newest first. It keeps
// one file open and a chunk of it in memory, however long the journal is. An
// error ends it: of the disk, or of the context.
func (r Reader) Entries(ctx context.Context, filter Filter) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		if r.skipped != nil {
			r.skipped.Store(0)
		}
		for entry, err := range r.backward(ctx) {
			if err != nil || filter.Matches(entry) {
				if !yield(entry, err) {
					return
				}
			}
		}
	}
}

// Find returns the entries of a call, in the order in which they were begun,
// or the one entry of a write. If there are none, the error matches
// [ErrNotFound].
func (r Reader) Find(ctx context.Context, id string) ([]Entry, error) {
	var found []Entry
	for entry, err := range r.Entries(ctx, Filter{}) {
		if err != nil {
			return nil, err
		}
		if entry.ID == id {
			return []Entry{entry}, nil
		}
		if entry.Call == id {
			found = append(found, entry)
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%q is %w %s; list the journal to see which ids there are", id, ErrNotFound, r.path)
	}
	slices.Reverse(found)
	return found, nil
}

// Skipped returns how many lines the last Entries or Find of this reader has
// passed over so far, since they are torn by a crash, damaged, or of a newer
// version of this program. Follow adds to it.
func (r Reader) Skipped() int {
	if r.skipped == nil {
		return 0
	}
	return int(r.skipped.Load())
}

// Matches reports whether the filter chooses an entry.
func (f Filter) Matches(entry Entry) bool {
	return !entry.Time.Before(f.Since) &&
		(f.Tool == "" || f.Tool == entry.Tool) &&
		(f.Undoes == "" || f.Undoes == entry.Undoes) &&
		(f.Organization == "" || f.Organization == entry.Organization.ID || strings.EqualFold(f.Organization, entry.Organization.Name)) &&
		(f.Member == "" || slices.ContainsFunc(entry.People, f.concerns))
}

func (f Filter) concerns(person string) bool {
	return strings.Contains(strings.ToLower(person), strings.ToLower(f.Member))
}

// backward joins intents with their outcomes. These stand further down, perhaps
// in a later file, so reading from the end meets them first; it keeps no more
// of them than there were writes at the same time.
func (r Reader) backward(ctx context.Context) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		outcomes := map[string]Outcome{}
		for text, err := range r.lines(ctx) {
			if err != nil {
				yield(Entry{}, err)
				return
			}
			line, ok := r.decode(text)
			if !ok {
				continue
			}
			if line.Outcome != nil {
				// The last one counts, and comes first.
				if _, later := outcomes[line.Outcome.ID]; !later {
					outcomes[line.Outcome.ID] = *line.Outcome
				}
			}
			if line.Intent == nil {
				continue
			}
			entry := Entry{Intent: *line.Intent, Session: line.Session, Outcome: outcomes[line.Intent.ID]}
			delete(outcomes, line.Intent.ID)
			if !yield(entry, nil) {
				return
			}
		}
	}
}

// lines returns the lines of all files, last first: empty ones too, and nil for
// those that are too long. A line is valid until the next.
func (r Reader) lines(ctx context.Context) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		now, err := r.snapshot(ctx)
		if err != nil {
			yield(nil, r.unreadable(err))
			return
		}
		defer now.close()
		if now.current != nil && !r.linesOf(ctx, now.current, now.info.Size(), yield) {
			return
		}
		for _, part := range slices.Backward(now.older) {
			if !r.linesOfPart(ctx, part, yield) {
				return
			}
		}
	}
}

func (r Reader) linesOfPart(ctx context.Context, part part, yield func([]byte, error) bool) bool {
	file, err := patiently.Open(part.path)
	if errors.Is(err, fs.ErrNotExist) {
		return true // The user has put it away meanwhile.
	}
	if err != nil {
		yield(nil, r.unreadable(err))
		return false
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		yield(nil, r.unreadable(err))
		return false
	}
	return r.linesOf(ctx, file, info.Size(), yield)
}

// linesOf returns false when there is to be no more.
func (r Reader) linesOf(ctx context.Context, file io.ReaderAt, size int64, yield func([]byte, error) bool) bool {
	lines := backwardLines{file: file, rest: size}
	for {
		if err := ctx.Err(); err != nil {
			yield(nil, err)
			return false
		}
		line, err := lines.next()
		if errors.Is(err, io.EOF) {
			return true
		}
		if err != nil {
			yield(nil, r.unreadable(err))
			return false
		}
		if !yield(line, nil) {
			return false
		}
	}
}

// decode counts what it cannot read. A nil line is one that was too long.
func (r Reader) decode(line []byte) (record, bool) {
	if line != nil && len(line) == 0 {
		return record{}, false
	}
	found, err := decode(line)
	if err != nil && r.skipped != nil {
		r.skipped.Add(1)
	}
	if err != nil {
		return record{}, false
	}
	return found, true
}

func (r Reader) unreadable(err error) error {
	next := "see that it is a file and that this user may read it"
	if patiently.IsHeld(err) {
		next = held
	}
	return fmt.Errorf("cannot read the journal %s: %w; %s", r.path, cause(r.path, err), next)
}
