package signin

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"time"

	"golang.org/x/oauth2"

	"posthog-org-mcp/redact"
)

// SignIn leads the person through the server's page: it listens on a free port
// of 127.0.0.1, has r.Open show a page there that leads on to the server's, waits for the browser to come back,
// and exchanges the code that it brings.
//
// The error matches ErrDenied when the person said no, ErrNoSignIn when the
// client id is missing or malformed, and the context's own when ctx has ended.
func SignIn(ctx context.Context, r Request) (Token, error) {
	return signIn(ctx, r, listenOnLoopback)
}

// listening opens a port on loopback.
type listening func(context.Context) (net.Listener, error)

func listenOnLoopback(ctx context.Context) (net.Listener, error) {
	return new(net.ListenConfig).Listen(ctx, "tcp4", "127.0.0.1:0")
}

// errNobody is the cause of a context that has waited long enough.
var errNobody = errors.New("nobody came back")

func signIn(ctx context.Context, r Request, listen listening) (Token, error) {
	if r.ClientID == "" {
		return Token{}, &failure{kind: ErrNoSignIn, text: "this program has no client id to sign in with", advice: "Use a personal API key."}
	}
	if err := CheckClientID(r.ClientID); err != nil {
		return Token{}, &failure{kind: ErrNoSignIn, text: err.Error(), advice: "Set another one, or use a personal API key."}
	}
	patience := cmp.Or(r.Patience, Patience)
	waiting, giveUp := context.WithTimeoutCause(ctx, patience, errNobody)
	defer giveUp()

	listener, err := listen(waiting)
	if err != nil {
		return Token{}, &failure{text: "the browser has no way back: no port can be opened on 127.0.0.1", cause: err, advice: "Allow it, or use a personal API key."}
	}
	state, verifier := redact.NewSecret(rand.Text()), redact.NewSecret(oauth2.GenerateVerifier())
	back := newCallback(listener, r.Server, state)
	config := configOf(r.Server, r.ClientID, r.Scopes, back.address())
	back.serveOn(listener, config.AuthCodeURL(state.Reveal(), oauth2.S256ChallengeOption(verifier.Reveal())))

	opened := make(chan error, 1)
	go func() { opened <- r.Open(waiting, back.first()) }()
	token, openEnded, err := back.await(waiting, opened, func(code redact.Secret) (Token, error) {
		return exchange(waiting, config, code, verifier, r.HTTP)
	})
	back.close(err == nil || waiting.Err() == nil)
	// Open writes to the person's terminal, so nothing goes on before it has ended.
	giveUp()
	if !openEnded {
		<-opened
	}
	return token, explain(ctx, waiting, patience, err)
}

// await returns what comes of the first callback that is the sign-in's own, or
// why none came. It also reports whether Open has ended meanwhile.
func (c *callback) await(ctx context.Context, opened <-chan error, exchange func(redact.Secret) (Token, error)) (token Token, openEnded bool, err error) {
	for {
		select {
		case came := <-c.came:
			if came.err == nil && c.hasBegunTwice() {
				came.err = openedTwice()
			}
			if came.err == nil {
				token, came.err = exchange(came.code)
			}
			c.outcome <- came.err // buffered: the browser may have left
			return token, openEnded, came.err
		case <-c.twice:
			return Token{}, openEnded, openedTwice()
		case err := <-opened:
			openEnded, opened = true, nil // a nil channel is never ready
			if err != nil {
				return Token{}, openEnded, fmt.Errorf("showing the page to sign in: %w", err)
			}
		case err := <-c.served:
			return Token{}, openEnded, fmt.Errorf("waiting for the browser on %s: %w", c.host, err)
		case <-ctx.Done():
			return Token{}, openEnded, context.Cause(ctx)
		}
	}
}

func (c *callback) hasBegunTwice() bool {
	select {
	case <-c.twice:
		return true
	default:
		return false
	}
}

func openedTwice() error {
	return &failure{
		text:   "the page to sign in was opened in two browsers, of which one may be somebody else's",
		advice: "Start again, and go on in the browser that opens by itself.",
	}
}

// explain says it in a person's words when it was the end of a context that
// ended the sign-in, wherever it was by then.
func explain(ctx, waiting context.Context, patience time.Duration, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("the sign-in was given up: %w", ctx.Err())
	case errors.Is(context.Cause(waiting), errNobody):
		return &failure{text: fmt.Sprintf("nobody signed in within %s", patience), advice: "Start again when you are at the browser."}
	}
	return err
}
