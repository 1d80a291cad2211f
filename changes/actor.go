package changes

import (
	"context"

	"posthog-org-mcp/journal"
)

// actor is the key's owner as the journal names them; the masked key alone when
// PostHog does not tell. Not to know the owner's name stops no write.
func (e *Executor) actor(ctx context.Context) journal.Actor {
	actor := journal.Actor{Key: e.key().String()}
	if owner, err := e.holder.KnownOwner(ctx); err == nil {
		actor.UserUUID, actor.Email = string(owner.UUID), owner.Email
	}
	return actor
}
