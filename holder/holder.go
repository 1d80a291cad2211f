// Package holder knows whose key is in use and what it may do: the key's own
// record, its owner, and where the owner stands in an organization. Everything
// is read when it is first needed, once, however many ask at the same time.
//
// Not to know stops nobody: older versions of PostHog and OAuth tokens tell less,
// and then PostHog itself says what is not allowed.
package holder

import (
	"context"
	"sync"
	"time"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/redact"
)

const (
	// callPatience is how long a call waits for what it can do without.
	callPatience = 2 * time.Second
	// readTime bounds one read, which goes on when nobody waits for it any more.
	readTime = 10 * time.Second
	// pause is how long nobody asks again after a failure that may pass.
	pause = time.Minute
	// fresh is how old knowledge may be that something is refused for: keys are
	// widened in the middle of a conversation, because an answer said so.
	fresh = time.Second
)

// A Holder is the one owner of what is known of a key. It is safe for concurrent
// use. Make one with New.
type Holder struct {
	api    apiclient.Reader
	secret func() redact.Secret

	mu        sync.Mutex
	knowledge knowledge
}

// knowledge is what is known of one key.
type knowledge struct {
	of            redact.Secret
	key           *known[Key]
	owner         *known[Owner]
	organizations map[apiclient.OrganizationID]*known[Standing]
}

// New returns a holder that knows nothing yet of the key in use, which secret
// returns. When that is another one, nothing is known again. It sends nothing.
func New(api apiclient.Reader, secret func() redact.Secret) *Holder {
	return &Holder{api: api, secret: secret}
}

// current is what is known of the key in use. The lock is held.
func (h *Holder) current() knowledge {
	if now := h.secret(); h.knowledge.key == nil || !h.knowledge.of.Equal(now) {
		h.knowledge = knowledge{
			of: now, key: &known[Key]{read: h.readKey}, owner: &known[Owner]{read: h.readOwner},
			organizations: map[apiclient.OrganizationID]*known[Standing]{},
		}
	}
	return h.knowledge
}

func (h *Holder) key() *known[Key] {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.current().key
}

func (h *Holder) owner() *known[Owner] {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.current().owner
}

// Judge has judge look at the key, if it is known what that is, and returns what
// judge makes of it. A refusal is judged once more by a reading that is no older
// than a second. Where the key is not known, or not soon enough, the answer
// is nil: PostHog will tell.
func (h *Holder) Judge(ctx context.Context, judge func(Key) error) error {
	key, err := h.key().get(ctx, demand{patience: callPatience})
	if err != nil || judge(key) == nil {
		return nil
	}
	if key, err = h.key().get(ctx, demand{patience: callPatience, maxAge: fresh}); err != nil {
		return nil
	}
	return judge(key)
}

// Key reads the key's own record (GET personal_api_keys/@current/), unless that
// happened a moment ago. An error that matches apiclient.ErrForbidden,
// ErrNotFound or ErrUnauthorized says that there is none to be had; the Key then
// has its Kind and Mask all the same.
func (h *Holder) Key(ctx context.Context) (Key, error) {
	key, err := h.key().get(ctx, demand{maxAge: fresh, insist: true})
	if err != nil {
		return h.unread(), err
	}
	return key, nil
}

// LastKey is Key for those who would rather have an old record than none: it is
// what was read last when ctx ends, or the read fails.
func (h *Holder) LastKey(ctx context.Context) (Key, error) {
	key, err := h.Key(ctx)
	if err == nil {
		return key, nil
	}
	if last, known := h.key().last(); known {
		return last.value, last.err
	}
	return key, err
}

// Owner reads who the key belongs to (GET users/@me/), unless that happened a
// moment ago.
func (h *Holder) Owner(ctx context.Context) (Owner, error) {
	return h.owner().get(ctx, demand{maxAge: fresh, insist: true})
}

// KnownOwner is Owner for those who can do without: of any age, and not asked for
// again right after a failure.
func (h *Holder) KnownOwner(ctx context.Context) (Owner, error) {
	return h.owner().get(ctx, demand{patience: callPatience})
}

// Standing reads where the owner stands in an organization (GET
// organizations/{id}/), unless that happened a moment ago. The id may be
// apiclient.CurrentOrganization.
func (h *Holder) Standing(ctx context.Context, id apiclient.OrganizationID) (Standing, error) {
	standing, err := h.standing(id).get(ctx, demand{maxAge: fresh, insist: true})
	if err != nil {
		h.forget(id) // Callers choose ids: only those that exist are kept.
	}
	return standing, err
}

func (h *Holder) standing(id apiclient.OrganizationID) *known[Standing] {
	h.mu.Lock()
	defer h.mu.Unlock()
	organizations := h.current().organizations
	if organizations[id] == nil {
		organizations[id] = &known[Standing]{read: func(ctx context.Context) (Standing, error) { return h.readStanding(ctx, id) }}
	}
	return organizations[id]
}

func (h *Holder) forget(id apiclient.OrganizationID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.current().organizations, id)
}
