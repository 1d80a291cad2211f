package config

import (
	"context"
	"errors"
	"sync"
	"time"

	"posthog-org-mcp/redact"
)

// betweenReadings is how soon a key is read again after the last reading: a
// command may ask the person to unlock something.
const betweenReadings = 5 * time.Second

// rereading is the key source of a file or a command: it is read again when
// PostHog refuses the key. It is an apiclient.KeySource.
type rereading struct {
	read  func(context.Context) (string, *secretFault)
	where string // what is read, for messages
	pause time.Duration

	mu   sync.Mutex
	last time.Time
}

// Key returns the key in use: a file or a command does not say when it ends.
func (*rereading) Key(_ context.Context, inUse redact.Secret) (redact.Secret, error) {
	return inUse, nil
}

// Renew reads the key again, unless that has just happened.
func (r *rereading) Renew(ctx context.Context, refused redact.Secret) (redact.Secret, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.last) < r.pause {
		return refused, nil
	}
	key, fault := r.read(ctx)
	r.last = time.Now()
	if fault == nil {
		fault = checkKey(key)
	}
	if fault != nil {
		return redact.Secret{}, errors.New(r.where + " " + fault.what)
	}
	return redact.NewSecret(key), nil
}
