// Package signin signs a person in at a PostHog host in their own browser, and
// keeps the tokens that come of it alive: it finds the host's authorization
// server (discover.go), leads the person through its page and back to a port on
// loopback (flow.go, callback.go), and exchanges, refreshes and revokes tokens
// (tokens.go). The flow itself is golang.org/x/oauth2's; what is here are the
// checks around it.
//
// Nothing is stored here. No error and no page of this package holds a token, a
// code or a state.
package signin

import (
	"context"
	"errors"
	"net/http"
	"time"

	"posthog-org-mcp/redact"
)

// What a caller may want to tell apart. The errors of this package match them
// with errors.Is; their texts say more, and what to do next.
var (
	// ErrNoSignIn is that this way in does not exist here: a host without an
	// authorization server that this program can use, or a program without a
	// client id. A personal API key does the same.
	ErrNoSignIn = errors.New("no sign-in in the browser here")
	// ErrDenied is that the person answered no.
	ErrDenied = errors.New("the sign-in was denied")
	// ErrSignInAgain is that a refresh token is no good any more: expired,
	// revoked, or used before.
	ErrSignInAgain = errors.New("the sign-in has ended")
)

// Server is an authorization server, as its own metadata describe it. It holds
// no secret, so it may be stored; Discover has checked it.
type Server struct {
	Issuer                string
	AuthorizationEndpoint string
	TokenEndpoint         string
	RevocationEndpoint    string // empty: it revokes nothing
	// SendsIssuer is that the way back from the sign-in names the issuer (RFC 9207).
	SendsIssuer bool
}

// Token is what a sign-in gives.
type Token struct {
	Access  redact.Secret
	Refresh redact.Secret // empty: the sign-in cannot be prolonged
	// Expires is when Access ends; zero when the server did not say.
	Expires time.Time
	// Scopes are what Access may do, as PostHog writes them. The person may have
	// allowed fewer than were asked for. After a refresh it is nil when the
	// server did not say, and the scopes are then as before.
	Scopes []string
}

// Patience is how long SignIn waits for the person unless it is told otherwise.
const Patience = 5 * time.Minute

// Request says how to sign in.
type Request struct {
	Server   Server
	ClientID string   // the URL of this program's metadata document; see CheckClientID
	Scopes   []string // what to ask for
	// Open shows the address, which one browser can use, to the person or opens it in their browser. It may
	// block while the person is busy there, and must end when ctx does. An error
	// ends the sign-in.
	Open func(ctx context.Context, address string) error
	// HTTP makes the requests; nil is NewClient("").
	HTTP *http.Client
	// Patience is how long to wait for the person; zero is the constant of that name.
	Patience time.Duration
}

// failure is an error with its advice, which may match one of the errors above
// and may have a cause.
type failure struct {
	kind   error // one of the errors above, or nil
	text   string
	advice string
	cause  error
}

func (f *failure) Error() string {
	text := f.text
	if f.cause != nil {
		text += ": " + f.cause.Error()
	}
	return text + ". " + f.advice
}

func (f *failure) Unwrap() []error {
	var wrapped []error
	for _, err := range []error{f.kind, f.cause} {
		if err != nil {
			wrapped = append(wrapped, err)
		}
	}
	return wrapped
}
