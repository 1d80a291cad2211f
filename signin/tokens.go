package signin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"posthog-org-mcp/redact"
)

// maxToken is the longest token that is taken, in bytes. PostHog's have 50.
const maxToken = 4 << 10

// Refresh exchanges a refresh token for new tokens. Servers give each refresh
// token one use: the caller must store what comes back before anything else, and
// must not let two processes do this at once. The token comes back as it was when
// the server sends no new one.
//
// The error matches ErrSignInAgain when the refresh token is no good. After any
// other the old one may still be.
func Refresh(ctx context.Context, s Server, clientID string, refresh redact.Secret, client *http.Client) (Token, error) {
	if refresh.IsZero() {
		return Token{}, &failure{kind: ErrSignInAgain, text: "there is no refresh token", advice: signInAgain}
	}
	config := configOf(s, clientID, nil, "")
	given, err := config.TokenSource(using(ctx, client), &oauth2.Token{RefreshToken: refresh.Reveal()}).Token()
	if err != nil {
		return Token{}, refused(err, "prolonging the sign-in", refresh)
	}
	return tokenOf(given, nil)
}

// exchange turns the code of a sign-in into tokens.
func exchange(ctx context.Context, config *oauth2.Config, code, verifier redact.Secret, client *http.Client) (Token, error) {
	given, err := config.Exchange(using(ctx, client), code.Reveal(), oauth2.VerifierOption(verifier.Reveal()))
	if err != nil {
		err := refused(err, "exchanging the code of the sign-in", code, verifier)
		if errors.Is(err, ErrSignInAgain) {
			return Token{}, &failure{text: "the host did not take the code that it had sent back", advice: "Sign in again."}
		}
		return Token{}, err
	}
	return tokenOf(given, config.Scopes)
}

// Revoke ends a sign-in at the host: the refresh token first, which takes most
// with it, then the access token. Both are tried; the error says once what failed.
func Revoke(ctx context.Context, s Server, clientID string, t Token, client *http.Client) error {
	const advice = "Take this program's access away in your PostHog settings; otherwise the tokens end by themselves"
	if s.RevocationEndpoint == "" {
		return &failure{text: quote(s.Issuer) + " has no way to revoke tokens", advice: advice}
	}
	client = direct(client)
	var failed error
	for _, each := range []struct {
		hint  string
		token redact.Secret
	}{{"refresh_token", t.Refresh}, {"access_token", t.Access}} {
		if each.token.IsZero() {
			continue
		}
		if err := revoke(ctx, s.RevocationEndpoint, clientID, each.hint, each.token, client); err != nil && failed == nil {
			failed = err
		}
	}
	if failed == nil {
		return nil
	}
	var unsent *url.Error
	if errors.As(failed, &unsent) {
		failed = unsent.Err // The address is said already.
	}
	return &failure{text: "the tokens could not all be revoked at " + quote(s.Issuer), cause: failed, advice: advice}
}

func revoke(ctx context.Context, endpoint, clientID, hint string, token redact.Secret, client *http.Client) error {
	form := url.Values{"token": {token.Reveal()}, "token_type_hint": {hint}, "client_id": {clientID}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.CopyN(io.Discard, response.Body, 1<<10)
	// A token that the server does not know is 200 too (RFC 7009).
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the host answered %d", response.StatusCode)
	}
	return nil
}

// configOf is what x/oauth2 needs to know. A public client proves nothing but
// its id, which goes into the body.
func configOf(s Server, clientID string, scopes []string, redirect string) *oauth2.Config {
	return &oauth2.Config{
		ClientID: clientID,
		Endpoint: oauth2.Endpoint{
			AuthURL: s.AuthorizationEndpoint, TokenURL: s.TokenEndpoint, AuthStyle: oauth2.AuthStyleInParams,
		},
		RedirectURL: redirect,
		Scopes:      scopes,
	}
}

// using makes x/oauth2 use a client, without redirects: a code or a refresh
// token goes to the endpoint and nowhere else.
func using(ctx context.Context, client *http.Client) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, direct(client))
}

const signInAgain = "Sign in again."

// refused turns an error of x/oauth2 into one that can be shown. Theirs hold the
// host's answer, which may hold anything.
func refused(err error, doing string, secrets ...redact.Secret) error {
	var answer *oauth2.RetrieveError
	var network *url.Error
	switch {
	case errors.As(err, &answer) && answer.ErrorCode == "invalid_grant":
		return &failure{kind: ErrSignInAgain, text: ErrSignInAgain.Error() + ": it has expired, was revoked, or was used elsewhere", advice: signInAgain}
	case errors.As(err, &answer) && answer.ErrorCode != "":
		return &failure{text: doing + ": the host answered " + inOthersWords(answer.ErrorCode, answer.ErrorDescription, secrets), advice: "Try again, or use a personal API key."}
	case errors.As(err, &answer):
		return &failure{text: fmt.Sprintf("%s: the host answered %d", doing, answer.Response.StatusCode), advice: "Try again in a minute."}
	case errors.As(err, &network):
		return fmt.Errorf("%s: %w", doing, network)
	}
	return unusable(doing)
}

func unusable(doing string) error {
	return &failure{text: doing + ": the host's answer is not one of an authorization server", advice: "Try again, or use a personal API key."}
}

// inOthersWords quotes an error of OAuth, without secrets that it may repeat.
func inOthersWords(code, description string, secrets []redact.Secret) string {
	redactor := redact.New(secrets...)
	text := quote(redactor.Text(code))
	if description != "" {
		text += " (" + quote(redactor.Text(description)) + ")"
	}
	return text
}

// tokenOf checks what an endpoint gave. Without a scope in it, what was asked
// for was given.
func tokenOf(given *oauth2.Token, asked []string) (Token, error) {
	const doing = "taking the tokens of the sign-in"
	if !strings.EqualFold(given.TokenType, "bearer") ||
		!isToken(given.AccessToken) || given.RefreshToken != "" && !isToken(given.RefreshToken) ||
		!given.Expiry.IsZero() && !given.Expiry.After(time.Now()) {
		return Token{}, unusable(doing)
	}
	token := Token{
		Access: redact.NewSecret(given.AccessToken), Refresh: redact.NewSecret(given.RefreshToken),
		Expires: given.Expiry.Round(0), Scopes: slices.Clone(asked),
	}
	if scope, said := given.Extra("scope").(string); said && scope != "" {
		token.Scopes = strings.Fields(scope)
	}
	return token, nil
}

// isToken reports whether a text can stand in an Authorization header.
func isToken(text string) bool {
	return text != "" && len(text) <= maxToken && !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}
