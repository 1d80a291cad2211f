package resources

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"posthog-org-mcp/tools"
)

const (
	// wordsLifetime is how long what was read completes further keystrokes.
	wordsLifetime = 30 * time.Second
	// completionLimit is the longest wait: somebody is typing.
	completionLimit = 2 * time.Second
	// readingLimit ends a reading that nobody waits for any more.
	readingLimit = time.Minute
	// longestWord is how many bytes a word may have to be offered: no name or
	// address in PostHog is longer, and sorting longer ones would take too long.
	longestWord = 1000
	// maxValues is how many values the protocol lets one completion have.
	maxValues = 100
)

// Completion is what may have been meant, best first.
type Completion struct {
	Values []string
	// Total is how many there are; Values has the first hundred of them.
	Total int
}

// A Completer completes what somebody types, from what it has read a moment ago.
// It is safe for concurrent use.
type Completer struct {
	env     tools.Environment
	log     *slog.Logger
	sources map[Words]source

	mu    sync.Mutex
	lists map[Words]*wordList
}

// wordList is all words of a kind, once done is closed.
type wordList struct {
	done  chan struct{}
	words []word
	ended time.Time
}

// NewCompleter makes one that reads what env reads. It sends nothing until it is
// asked.
func NewCompleter(env tools.Environment, log *slog.Logger) *Completer {
	return &Completer{env: env, log: log, sources: sources(), lists: map[Words]*wordList{}}
}

// Complete returns the words of a kind that fit what was typed. It answers in
// two seconds: what takes longer to read is an empty completion, and there for
// the next. So is what cannot be read; the log says why, at level debug.
func (c *Completer) Complete(ctx context.Context, kind Words, typed string) Completion {
	list := c.list(ctx, kind)
	timer := time.NewTimer(completionLimit)
	defer timer.Stop()
	select {
	case <-list.done:
	case <-timer.C:
		return Completion{}
	case <-ctx.Done():
		return Completion{}
	}
	if len(typed) > longestWord {
		return Completion{}
	}
	values := matching(list.words, typed)
	return Completion{Values: values[:min(len(values), maxValues)], Total: len(values)}
}

// Forget drops what was read: a write may have changed it.
func (c *Completer) Forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.lists)
}

// list returns the words of a kind, and begins to read them if they are not
// there or too old. Everybody who asks meanwhile waits for the same reading.
func (c *Completer) list(ctx context.Context, kind Words) *wordList {
	c.mu.Lock()
	defer c.mu.Unlock()
	if list, found := c.lists[kind]; found && list.isFresh() {
		return list
	}
	list := &wordList{done: make(chan struct{})}
	c.lists[kind] = list
	// The next keystroke wants it even if this one is given up.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readingLimit)
	go func() {
		defer cancel()
		words, err := c.read(ctx, kind)
		if err != nil {
			c.log.DebugContext(ctx, "nothing to complete from", "kind", string(kind), "error", err)
		}
		list.words, list.ended = words, time.Now()
		close(list.done)
	}()
	return list
}

func (l *wordList) isFresh() bool {
	select {
	case <-l.done:
		return time.Since(l.ended) < wordsLifetime
	default:
		return true
	}
}

var errUnknownWords = errors.New("nothing is known of that kind")

func (c *Completer) read(ctx context.Context, kind Words) (words []word, err error) {
	// A panic here would end the process, for no other goroutine sees it.
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("a bug in this server: %v", cause)
		}
	}()
	read, known := c.sources[kind]
	if !known {
		return nil, errUnknownWords
	}
	words, err = read(ctx, c.env)
	return slices.DeleteFunc(words, word.isTooLong), err
}
