package changes

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/journal"
)

// actors finds out whose key is in use, once.
type actors struct {
	api apiclient.Reader
	key string // masked

	asking singleflight.Group

	mu    sync.Mutex
	known journal.Actor
	until time.Time // when to ask again; zero: known is for good
	asked bool
}

const (
	// actorTime bounds the asking: not to know the owner's name stops no write.
	actorTime = 3 * time.Second
	// actorPause is how long a failure to find out is remembered.
	actorPause = time.Minute
)

// actor is the key's owner; the masked key alone when PostHog does not tell.
func (a *actors) actor(ctx context.Context) journal.Actor {
	if actor, known := a.remembered(); known {
		return actor
	}
	found, _, _ := a.asking.Do("@me", func() (any, error) {
		actor := journal.Actor{Key: a.key}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), actorTime)
		defer cancel()
		user, err := a.api.CurrentUser(ctx)
		if err == nil {
			actor.UserUUID, actor.Email = string(user.UUID), user.Email
		}
		// A key that may not know will not know later either.
		isFinal := err == nil || errors.Is(err, apiclient.ErrForbidden) || errors.Is(err, apiclient.ErrNotFound)
		a.remember(actor, isFinal)
		return actor, nil
	})
	actor, _ := found.(journal.Actor)
	return actor
}

func (a *actors) remembered() (journal.Actor, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.known, a.asked && (a.until.IsZero() || time.Now().Before(a.until))
}

func (a *actors) remember(actor journal.Actor, isFinal bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.known, a.asked, a.until = actor, true, time.Time{}
	if !isFinal {
		a.until = time.Now().Add(actorPause)
	}
}
