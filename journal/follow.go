package journal

import (
	"context"
	"errors"
	"io"
	"iter"
	"os"
	"slices"
	"time"

	"posthog-org-mcp/patiently"
)

// followEvery is how often a follower looks for new lines.
const followEvery = 200 * time.Millisecond

// Follow returns the chosen entries that are written from the moment of the
// call on, as they come, until the context ends: each first as it is begun and
// once more when its outcome is known. An error of the disk ends it too.
func (r Reader) Follow(ctx context.Context, filter Filter) iter.Seq2[Entry, error] {
	start, err := r.end(ctx)
	return func(yield func(Entry, error) bool) {
		if err != nil {
			if ctx.Err() == nil {
				yield(Entry{}, err)
			}
			return
		}
		follower := follower{Reader: r, at: start, open: map[string]Entry{}}
		ticker := time.NewTicker(followEvery)
		defer ticker.Stop()
		for {
			for entry, err := range follower.news(ctx) {
				if ctx.Err() != nil {
					return
				}
				if err != nil {
					yield(Entry{}, err)
					return
				}
				if filter.Matches(entry) && !yield(entry, nil) {
					return
				}
			}
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
	}
}

// position is a place in one of the files of a journal; the zero position is
// before the first.
type position struct {
	file   os.FileInfo
	offset int64
}

// end is the position behind all that is there.
func (r Reader) end(ctx context.Context) (position, error) {
	now, err := r.snapshot(ctx)
	if err != nil {
		return position{}, r.unreadable(err)
	}
	defer now.close()
	if now.current != nil {
		return position{file: now.info, offset: now.info.Size()}, nil
	}
	if len(now.older) == 0 {
		return position{}, nil
	}
	info, err := os.Stat(now.older[len(now.older)-1].path)
	if err != nil {
		return position{}, r.unreadable(err)
	}
	return position{file: info, offset: info.Size()}, nil
}

// follower is a reader on its way.
type follower struct {
	Reader
	at   position
	open map[string]Entry // begun before our eyes, not yet ended
}

// news returns what has been written since the last time.
func (f *follower) news(ctx context.Context) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		if info, err := os.Stat(f.path); err == nil && f.at.file != nil && os.SameFile(info, f.at.file) && info.Size() == f.at.offset {
			return
		}
		now, err := f.snapshot(ctx)
		if err != nil {
			yield(Entry{}, f.unreadable(err))
			return
		}
		defer now.close()
		for _, path := range f.missed(now) {
			if !f.readPart(ctx, path, yield) {
				return
			}
		}
		if now.current != nil {
			f.read(ctx, now.current, now.info, true, yield)
		}
	}
}

// missed lists the files that have been given their final names since the last
// look, beginning with the one where we were.
func (f *follower) missed(now snapshot) []string {
	if f.at.file != nil && now.info != nil && os.SameFile(now.info, f.at.file) {
		return nil
	}
	var missed []string
	for _, part := range slices.Backward(now.older) {
		missed = append(missed, part.path)
		if info, err := os.Stat(part.path); err == nil && f.at.file != nil && os.SameFile(info, f.at.file) {
			slices.Reverse(missed)
			return missed
		}
	}
	if f.at.file != nil {
		return nil // The user has put it away: only the current file is new.
	}
	slices.Reverse(missed)
	return missed
}

func (f *follower) readPart(ctx context.Context, path string, yield func(Entry, error) bool) bool {
	file, err := patiently.Open(path)
	if err == nil {
		defer func() { _ = file.Close() }()
		var info os.FileInfo
		if info, err = file.Stat(); err == nil {
			return f.read(ctx, file, info, false, yield)
		}
	}
	yield(Entry{}, f.unreadable(err))
	return false
}

// read goes on in a file, which is the current one or will not grow any more.
// It returns false when there is to be no more.
func (f *follower) read(ctx context.Context, file io.ReaderAt, info os.FileInfo, grows bool, yield func(Entry, error) bool) bool {
	if f.at.file == nil || !os.SameFile(f.at.file, info) {
		f.at = position{file: info}
	}
	// What was cut off again after a failed append may have been read already.
	f.at.offset = min(f.at.offset, info.Size())
	lines := newForwardLines(file, f.at.offset, info.Size())
	for {
		line, err := lines.next()
		atEnd := errors.Is(err, io.EOF)
		if err != nil && !atEnd {
			yield(Entry{}, f.unreadable(err))
			return false
		}
		if atEnd && grows {
			return true
		}
		f.at.offset = lines.offset
		if atEnd {
			f.at.offset = info.Size()
		}
		if found, ok := f.decode(line); ok && !f.tell(ctx, found, yield) {
			return false
		}
		if atEnd {
			return true
		}
	}
}

// tell yields what a line has changed.
func (f *follower) tell(ctx context.Context, line record, yield func(Entry, error) bool) bool {
	if line.Intent != nil {
		entry := Entry{Intent: *line.Intent, Session: line.Session}
		if line.Outcome != nil {
			entry.Outcome = *line.Outcome
		} else {
			f.open[entry.ID] = entry
		}
		return yield(entry, nil)
	}
	entry, known := f.open[line.Outcome.ID]
	delete(f.open, line.Outcome.ID)
	if !known {
		var err error
		entry, known, err = f.begun(ctx, line.Outcome.ID)
		if err != nil {
			yield(Entry{}, err)
			return false
		}
	}
	if !known {
		return true
	}
	entry.Outcome = *line.Outcome
	return yield(entry, nil)
}

// begun looks up a write that was begun before we came.
func (f *follower) begun(ctx context.Context, id string) (Entry, bool, error) {
	for entry, err := range (Reader{path: f.path}).backward(ctx) {
		if err != nil {
			return Entry{}, false, err
		}
		if entry.ID == id {
			return entry, true, nil
		}
	}
	return Entry{}, false, nil
}
