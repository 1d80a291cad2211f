// Package handover gives a freshly rotated secret token to the person it is
// for, past the model that asked for the rotation: as a file that only the
// person's account can read, or as a page on loopback that opens once.
//
// A place is prepared before the rotation is sent, because there is no way
// back afterwards: what cannot be handed over must not be rotated.
package handover

import (
	"context"
	"errors"
	"strings"
	"time"

	"posthog-org-mcp/redact"
)

// ErrUnavailable marks every error of this package but those of a context: the
// place cannot take the secret. The error's text says why and what to do next.
var ErrUnavailable = errors.New("the token cannot be handed over")

// A Place takes secrets for a person. It is safe for concurrent use.
type Place interface {
	// Prepare makes sure, before the secret exists, that it can be handed
	// over. Errors match ErrUnavailable, or the context's own error.
	Prepare(ctx context.Context, what Label) (Slot, error)
}

// A Slot is a prepared place for one secret. It is kept until Put or Discard
// is called, however late: neither depends on the context of Prepare.
type Slot interface {
	// Put hands the secret over. It works once: on a slot that is used or
	// discarded it fails, with ErrUnavailable like all its errors.
	Put(secret redact.Secret) (Receipt, error)

	// Discard gives an unused slot up. After Put it does nothing, so that it
	// can be deferred right after Prepare.
	Discard() error
}

// Label names what a secret belongs to, for people.
type Label struct {
	Host        string // PostHog's host, such as us.posthog.com
	ProjectID   int
	ProjectName string // other people's text; empty if it is not known
	SettingsURL string // page in PostHog where the token can be read; empty if it is not known
}

// Receipt says where the person finds the secret, and holds none itself.
// Either Path or URL is set.
type Receipt struct {
	Path    string    // absolute path of a file with the token and a newline
	URL     string    // address of a page that opens once
	Expires time.Time // when the page drops the token; zero for a file
}

// elsewhere is the sentence that leads to the token when this package cannot.
func (l Label) elsewhere() string {
	if l.SettingsURL == "" {
		return "Read the token in the project's settings in PostHog."
	}
	return "Read the token in the project's settings: " + l.SettingsURL
}

// hostOr returns the host, or what to call PostHog without one.
func (l Label) hostOr(other string) string {
	if host := strings.TrimSpace(l.Host); host != "" {
		return host
	}
	return other
}

// unavailable is an error that matches ErrUnavailable and the cause, if there
// is one, and reads as one sentence with the advice behind it.
type unavailable struct {
	what   string
	cause  error
	advice string
}

func (e *unavailable) Error() string {
	text := ErrUnavailable.Error() + ": " + e.what
	if e.cause != nil {
		text += ": " + e.cause.Error()
	}
	return text + ". " + e.advice
}

func (e *unavailable) Is(target error) bool { return target == ErrUnavailable }
func (e *unavailable) Unwrap() error        { return e.cause }
