package journal

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// Options says where a journal is and how it is kept.
type Options struct {
	Path    string              // the file; its folder is made if it is missing
	MaxSize int64               // bytes, beyond which a new file is begun; 0 is 8 MiB
	Redact  func(string) string // every line passes it before it is written; nil is none
}

// Journal appends to one file, together with any number of other processes.
// It is safe for concurrent use.
//
// Every error of a method that writes matches either [ErrUnwritable] or the
// error of its context. Nothing of what it was to write is promised then.
type Journal struct {
	options Options
	wait    time.Duration // how long an append waits for others at most

	// turn holds one token: whoever has put it there uses what follows.
	turn    chan struct{}
	synced  bool // this process has synced the folder
	closed  bool
	id      string           // of the session
	session *hold            // says that the session lives; nil until the first Begin
	own     map[string]bool  // ids of all sessions that were ours
	claims  map[string]claim // by session: gone ones whose writes we recover
}

const (
	defaultMaxSize = 8 << 20
	lockWait       = 10 * time.Second
	lockRetry      = 2 * time.Millisecond
)

// New returns the journal at a path. It touches nothing on disk before the
// first write.
func New(options Options) *Journal {
	if options.MaxSize <= 0 {
		options.MaxSize = defaultMaxSize
	}
	id := NewID()
	return &Journal{
		options: options, wait: lockWait, turn: make(chan struct{}, 1),
		id: id, own: map[string]bool{id: true}, claims: map[string]claim{},
	}
}

// Begin writes down what is about to be done. When it returns nil, that is on
// disk, and the request may leave.
func (j *Journal) Begin(ctx context.Context, intent Intent) error {
	return j.locked(ctx, func() error {
		if err := j.live(); err != nil {
			return err
		}
		return j.append(record{Session: j.id, Intent: &intent})
	})
}

// End writes down what became of a write that was begun, here or in a session
// that is gone. When it returns nil, that is on disk, and the result may leave.
// It also works after Close, since the truth is worth having. A context that
// may end before the outcome is written belongs into [context.WithoutCancel].
func (j *Journal) End(ctx context.Context, outcome Outcome) error {
	return j.locked(ctx, func() error {
		if err := j.append(record{Session: j.id, Outcome: &outcome}); err != nil {
			return err
		}
		j.settle(outcome.ID)
		return nil
	})
}

// Record writes down a write that was never sent: intent and outcome in one
// line, so that it is never seen as open. The outcome's ID may be left empty.
func (j *Journal) Record(ctx context.Context, intent Intent, outcome Outcome) error {
	if outcome.ID == "" {
		outcome.ID = intent.ID
	}
	return j.locked(ctx, func() error {
		return j.append(record{Session: j.id, Intent: &intent, Outcome: &outcome})
	})
}

// Close ends the session: writes that were begun and not ended are abandoned,
// and so are those that this journal was to recover. A journal that wrote
// nothing leaves nothing behind. Closing twice does nothing.
func (j *Journal) Close() error {
	j.turn <- struct{}{}
	idle := j.session == nil && len(j.claims) == 0
	j.closed = true
	<-j.turn
	if idle {
		return nil
	}
	var err error
	// Where somebody has deleted it all, nothing is made again only to tidy up.
	if _, gone := os.Stat(j.options.Path + sessionsSuffix); gone == nil {
		err = j.locked(context.Background(), func() error {
			j.release(true)
			return nil
		})
	}
	// If that has failed, the files stay for others to sweep up.
	j.turn <- struct{}{}
	j.release(false)
	<-j.turn
	return err
}

// Reader returns a reader of this journal.
func (j *Journal) Reader() Reader { return NewReader(j.options.Path) }

// locked runs do while no other goroutine and no other process appends.
func (j *Journal) locked(ctx context.Context, do func() error) error {
	bounded, cancel := context.WithTimeout(ctx, j.wait)
	defer cancel()
	select {
	case j.turn <- struct{}{}:
		defer func() { <-j.turn }()
	case <-bounded.Done():
		return j.busy(ctx)
	}
	if err := checkPath(j.options.Path); err != nil {
		return unwritable(j.options.Path, err)
	}
	if err := makeFolder(filepath.Dir(j.options.Path)); err != nil {
		return unwritable(j.options.Path, err)
	}
	unlock, err := j.lockFile(bounded, j.options.Path+lockSuffix)
	if err != nil {
		if bounded.Err() != nil {
			return j.busy(ctx)
		}
		return err
	}
	// What do has promised is on disk already: it stays true if this fails.
	defer unlock()
	return do()
}

// lockFile waits for the lock on a file beside the journal. Only an ordinary
// file is opened: a pipe in its place would make the opening wait for ever.
func (j *Journal) lockFile(ctx context.Context, path string) (unlock func(), err error) {
	if err := checkPath(path); err != nil {
		return nil, unwritable(path, err)
	}
	lock := flock.New(path)
	if _, err := lock.TryLockContext(ctx, lockRetry); err != nil {
		return nil, unwritable(path, err)
	}
	return func() { _ = lock.Unlock() }, nil
}

// Alone waits until no other process on this journal has the lock of that name,
// takes it, and returns the function that gives it back. Two calls in one process
// exclude each other too. An error is that of the wait, or matches ErrUnwritable.
func (j *Journal) Alone(ctx context.Context, name string) (release func(), err error) {
	if err := makeFolder(filepath.Dir(j.options.Path)); err != nil {
		return nil, unwritable(j.options.Path, err)
	}
	release, err = j.lockFile(ctx, j.options.Path+"."+name+lockSuffix)
	if ended := ctx.Err(); err != nil && ended != nil {
		return nil, waiting(j.options.Path, ended)
	}
	return release, err
}

// busy is the error of a wait that was too long: of the caller's time, or ours.
func (j *Journal) busy(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return waiting(j.options.Path, err)
	}
	return unwritable(j.options.Path, errBusy)
}
