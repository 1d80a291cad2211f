package apiclient

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"posthog-org-mcp/redact"
)

// A KeySource has the keys that come after the one that a client begins with:
// keys are rotated, and OAuth tokens end. Its errors may be shown to people, and
// hold no key. It must be safe for concurrent use.
type KeySource interface {
	// Key returns the key to send now: the one in use, or another where that is
	// about to end. It is asked before each request, and mostly answers at once.
	Key(ctx context.Context, inUse redact.Secret) (redact.Secret, error)
	// Renew looks for another key after the server has refused one. It returns
	// that one where there is no other. An error that matches ErrSignInAgain says
	// that there will be none.
	Renew(ctx context.Context, refused redact.Secret) (redact.Secret, error)
}

// ErrSignInAgain is a sign-in that has ended: only the person can begin another.
var ErrSignInAgain = errors.New("the sign-in has ended")

// KeyError is a call that was not sent, because there is no key to send along. It
// unwraps to the cause, and matches ErrNotSent.
type KeyError struct {
	// Operation is the method and path template, such as "PATCH roles/{id}/".
	Operation string
	Err       error
}

func (e *KeyError) Error() string {
	return e.Operation + ": not sent: there is no key: " + e.Err.Error()
}

func (e *KeyError) Unwrap() error { return e.Err }

// Is matches ErrNotSent.
func (e *KeyError) Is(target error) bool { return target == ErrNotSent }

// tokenPrefix begins every OAuth access token.
const tokenPrefix = "pha_"

// isRefused reports whether the server says of a call that the key is no good.
func isRefused(key redact.Secret, call call, err error) bool {
	if call.closedToTokens && strings.HasPrefix(key.Reveal(), tokenPrefix) {
		return false
	}
	return errors.Is(err, ErrUnauthorized)
}

// keyFor returns the key that a call goes out with.
func (c *core) keyFor(ctx context.Context, call call, deadline time.Time) (redact.Secret, error) {
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	key, err := c.keys.key(ctx)
	if err != nil {
		return redact.Secret{}, &KeyError{Operation: call.operation(), Err: err}
	}
	return key, nil
}

// renewed returns the key to send after the server has refused one. It is that
// one when there is no other; that something went wrong on the way is worth
// a line in the log, but the server's refusal says more to whoever called.
func (c *core) renewed(ctx context.Context, call call, refused redact.Secret, deadline time.Time) (redact.Secret, error) {
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	key, err := c.keys.renew(ctx, refused)
	switch {
	case errors.Is(err, ErrSignInAgain):
		return redact.Secret{}, &KeyError{Operation: call.operation(), Err: err}
	case err != nil:
		c.log.WarnContext(ctx, "the key was refused, and no other could be read", "error", err.Error())
		return refused, nil
	}
	return key, nil
}

// keys are the key in use and where the next one comes from.
type keys struct {
	source   KeySource // nil: there is one key for ever
	redactor *redact.Redactor
	log      *slog.Logger
	flight   singleflight.Group

	mu    sync.Mutex
	inUse redact.Secret
}

// renewTime bounds the search for another key, which goes on for the other calls
// when one does not wait any more. A command may take 15 seconds.
const renewTime = 20 * time.Second

func (k *keys) now() redact.Secret {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.inUse
}

// key returns the key for the next request.
func (k *keys) key(ctx context.Context) (redact.Secret, error) {
	inUse := k.now()
	if k.source == nil {
		return inUse, nil
	}
	key, err := k.source.Key(ctx, inUse)
	if err != nil {
		return redact.Secret{}, err
	}
	return key, k.use(key)
}

// renew returns the key to use after one was refused. Calls that are refused at
// the same time share one search.
func (k *keys) renew(ctx context.Context, refused redact.Secret) (redact.Secret, error) {
	if k.source == nil {
		return refused, nil
	}
	if now := k.now(); !now.Equal(refused) {
		return now, nil // Another call has renewed it meanwhile.
	}
	search := k.flight.DoChan("", func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), renewTime)
		defer cancel()
		if now := k.now(); !now.Equal(refused) {
			return now, nil
		}
		key, err := k.source.Renew(ctx, refused)
		if err != nil {
			return nil, err
		}
		if err := k.use(key); err != nil {
			return nil, err
		}
		if !key.Equal(refused) {
			k.log.InfoContext(ctx, "the key was refused and read again: there is another one", "key", key)
		}
		return key, nil
	})
	select {
	case found := <-search:
		if found.Err != nil {
			return redact.Secret{}, found.Err
		}
		return found.Val.(redact.Secret), nil
	case <-ctx.Done():
		return redact.Secret{}, ctx.Err()
	}
}

// use makes a key the one in use. From then on it is masked wherever it stands.
func (k *keys) use(key redact.Secret) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if key.Equal(k.inUse) {
		return nil
	}
	if err := checkKey(key); err != nil {
		return err
	}
	k.redactor.Learn(key)
	k.inUse = key
	return nil
}

// checkKey refuses what no header can carry, without showing it.
func checkKey(key redact.Secret) error {
	switch {
	case key.IsZero():
		return errors.New("the API key is empty")
	case !fitsHeader(key.Reveal()):
		return errors.New("the API key holds a blank, a line break or another character that no key has")
	}
	return nil
}
