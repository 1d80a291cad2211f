package signin_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"posthog-org-mcp/redact"
	"posthog-org-mcp/sandbox"
	"posthog-org-mcp/signin"
)

func TestAnExpiredAccessTokenIsReplaced(t *testing.T) {
	s := newStage(t, sandbox.SignIn{AccessLifetime: time.Minute})
	old := s.signedIn()
	s.ahead.Store(int64(time.Minute))
	if got := s.status(old); got != 401 {
		t.Fatalf("the API answers the expired token with %d", got)
	}
	renewed, err := s.refresh(old)
	if err != nil {
		t.Fatal(err)
	}
	if renewed.Access.Equal(old.Access) || renewed.Refresh.Equal(old.Refresh) || renewed.Refresh.IsZero() {
		t.Errorf("%v and %v became %v and %v", old.Access, old.Refresh, renewed.Access, renewed.Refresh)
	}
	if got := s.status(renewed); got != 200 {
		t.Errorf("the API answers the new token with %d", got)
	}
	if strings.Join(renewed.Scopes, " ") != strings.Join(scopes(), " ") {
		t.Errorf("the scopes are %q", renewed.Scopes)
	}
}

func TestARefreshTokenThatIsNoGoodAsksToSignInAgain(t *testing.T) {
	for _, test := range []struct {
		name  string
		spoil func(t *testing.T, s *stage, token *signin.Token)
	}{
		{"expired", func(_ *testing.T, s *stage, _ *signin.Token) { s.ahead.Store(int64(31 * 24 * time.Hour)) }},
		{"used before", func(t *testing.T, s *stage, token *signin.Token) {
			if _, err := s.refresh(*token); err != nil {
				t.Fatal(err)
			}
		}},
		{"revoked", func(t *testing.T, s *stage, token *signin.Token) {
			if err := signin.Revoke(t.Context(), s.server, s.request.ClientID, *token, nil); err != nil {
				t.Fatal(err)
			}
		}},
		{"of another client", func(_ *testing.T, s *stage, _ *signin.Token) { s.request.ClientID = "https://example.com/another.json" }},
		{"nobody's", func(_ *testing.T, _ *stage, token *signin.Token) {
			token.Refresh = redact.NewSecret("phr_CANARY0123456789")
		}},
		{"missing", func(_ *testing.T, _ *stage, token *signin.Token) { token.Refresh = redact.Secret{} }},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newStage(t, sandbox.SignIn{})
			token := s.signedIn()
			test.spoil(t, s, &token)
			_, err := s.refresh(token)
			if !errors.Is(err, signin.ErrSignInAgain) {
				t.Fatalf("got %v", err)
			}
			says(t, err, "Sign in again.")
		})
	}
}

func TestARefreshTokenThatIsReusedEndsWhatCameOfIt(t *testing.T) {
	s := newStage(t, sandbox.SignIn{})
	old := s.signedIn()
	renewed, err := s.refresh(old)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.refresh(old); !errors.Is(err, signin.ErrSignInAgain) {
		t.Fatalf("got %v", err)
	}
	if got := s.status(renewed); got != 401 {
		t.Errorf("the API answers the token of the first use with %d", got)
	}
	if _, err := s.refresh(renewed); !errors.Is(err, signin.ErrSignInAgain) {
		t.Errorf("the refresh token of the first use: %v", err)
	}
}

func TestBothTokensAreRevoked(t *testing.T) {
	for _, part := range []string{"both", "access only"} {
		s := newStage(t, sandbox.SignIn{})
		token := s.signedIn()
		given := token
		if part == "access only" {
			given.Refresh = redact.Secret{}
		}
		for range 2 { // and again, which changes nothing
			if err := signin.Revoke(t.Context(), s.server, s.request.ClientID, given, nil); err != nil {
				t.Fatal(err)
			}
		}
		if got := s.status(token); got != 401 {
			t.Errorf("%s: the API answers a revoked token with %d", part, got)
		}
		if _, err := s.refresh(token); (err != nil) != (part == "both") {
			t.Errorf("%s: refreshing gives %v", part, err)
		}
	}
}

func TestWhatCannotBeRevokedIsSaid(t *testing.T) {
	s := newStage(t, sandbox.SignIn{})
	token := s.signedIn()
	s.box.SetFaults(sandbox.Faults{Next: []sandbox.Fault{{Kind: sandbox.Fail, Status: 503, PathContains: "revoke"}}})
	err := signin.Revoke(t.Context(), s.server, s.request.ClientID, token, nil)
	says(t, err, "could not all be revoked at", "503", "PostHog settings")
	if got := s.status(token); got != 401 {
		t.Errorf("the API answers the revoked access token with %d", got)
	}
	away := tokenHost(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	err = signin.Revoke(t.Context(), away, s.request.ClientID, token, nil)
	says(t, err, away.Issuer, "end by themselves")
	if strings.Count(err.Error(), away.Issuer) != 1 || strings.Contains(err.Error(), "Post ") {
		t.Errorf("it is said twice: %v", err)
	}
	s.server.RevocationEndpoint = ""
	says(t, signin.Revoke(t.Context(), s.server, s.request.ClientID, token, nil), "no way to revoke", "PostHog settings")
}

// tokenHost plays a token endpoint that answers as a test wants.
func tokenHost(t *testing.T, answer http.HandlerFunc) signin.Server {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return signin.Server{Issuer: server.URL, AuthorizationEndpoint: server.URL + "/a", TokenEndpoint: server.URL + "/token", RevocationEndpoint: server.URL + "/revoke"}
}

const canary = "phr_CANARY0123456789abcdefghijkl"

func refreshAt(t *testing.T, server signin.Server) (signin.Token, error) {
	t.Helper()
	return signin.Refresh(t.Context(), server, "https://example.com/client.json", redact.NewSecret(canary), nil)
}

func answering(status int, values object) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(values)
	}
}

func TestARefreshTokenStaysWhenTheServerSendsNone(t *testing.T) {
	server := tokenHost(t, answering(200, object{"access_token": "pha_new", "token_type": "bearer", "expires_in": 60}))
	token, err := refreshAt(t, server)
	if err != nil {
		t.Fatal(err)
	}
	if token.Refresh.Reveal() != canary || token.Access.Reveal() != "pha_new" || token.Scopes != nil {
		t.Errorf("got %+v", token)
	}
}

func TestAnAnswerWithoutALifetimeHasNone(t *testing.T) {
	token, err := refreshAt(t, tokenHost(t, answering(200, object{"access_token": "pha_new", "token_type": "Bearer"})))
	if err != nil || !token.Expires.IsZero() {
		t.Errorf("%v, %v", token.Expires, err)
	}
}

func TestTokensThatCannotBeUsedAreNotTaken(t *testing.T) {
	for name, values := range map[string]object{
		"another type":         {"access_token": "pha_new", "token_type": "mac"},
		"no type":              {"access_token": "pha_new"},
		"no token":             {"token_type": "Bearer"},
		"a line break":         {"access_token": "pha_new\r\nX-Evil: 1", "token_type": "Bearer"},
		"no letters":           {"access_token": "pha_new\u202e", "token_type": "Bearer"},
		"a very long one":      {"access_token": "pha_" + strings.Repeat("x", 5000), "token_type": "Bearer"},
		"a bad refresh token":  {"access_token": "pha_new", "token_type": "Bearer", "refresh_token": "a b"},
		"over already":         {"access_token": "pha_new", "token_type": "Bearer", "expires_in": -5},
		"a lifetime of a text": {"access_token": "pha_new", "token_type": "Bearer", "expires_in": canary},
	} {
		token, err := refreshAt(t, tokenHost(t, answering(200, values)))
		if err == nil || !token.Access.IsZero() || errors.Is(err, signin.ErrSignInAgain) {
			t.Errorf("%s: %+v, %v", name, token, err)
			continue
		}
		says(t, err, "not one of an authorization server")
	}
}

func TestNoErrorHoldsATokenHoweverAHostRepeatsIt(t *testing.T) {
	var elsewhere atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		says   string
	}{
		"in a page": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(502)
			_, _ = w.Write([]byte("<p>" + canary))
		}, "answered 502"},
		"in a description":   {answering(400, object{"error": "invalid_request", "error_description": "no " + canary}), `"invalid_request"`},
		"in a code":          {answering(400, object{"error": canary}), "phr_…ijkl"},
		"with invalid_grant": {answering(400, object{"error": "invalid_grant", "error_description": canary}), "Sign in again"},
		"with a good status": {answering(200, object{"error": "oops", "error_description": canary}), `"oops"`},
		"in what is no JSON": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(canary)) }, "not one of"},
		"in a form":          {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("a=%" + canary)) }, "not one of"},
		"leading somewhere": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL+"/"+canary, http.StatusTemporaryRedirect)
		}, "answered 307"},
		"ending the connection": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "EOF"},
	} {
		_, err := refreshAt(t, tokenHost(t, test.answer))
		says(t, err, test.says)
		if strings.Contains(err.Error(), "CANARY") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if elsewhere.Load() > 0 {
		t.Error("a refresh token was taken elsewhere")
	}
}

func TestARefreshTokenIsSentOnce(t *testing.T) {
	var asked atomic.Int32
	server := tokenHost(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.FormValue("grant_type") != "refresh_token" || r.FormValue("refresh_token") != canary || r.FormValue("client_id") != "https://example.com/client.json" {
			t.Errorf("asked with %v", r.Form)
		}
		if r.Header.Get("Authorization") != "" {
			t.Error("a public client has nothing to prove")
		}
		panic(http.ErrAbortHandler)
	})
	if _, err := refreshAt(t, server); err == nil || errors.Is(err, signin.ErrSignInAgain) {
		t.Errorf("got %v", err)
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("it was sent %d times", n)
	}
}

func TestAnEndedContextEndsARefresh(t *testing.T) {
	server := tokenHost(t, answering(200, object{}))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := signin.Refresh(ctx, server, "https://example.com/client.json", redact.NewSecret(canary), nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestTheProgramIsNamedToTheHost(t *testing.T) {
	agent := make(chan string, 1)
	server := tokenHost(t, func(_ http.ResponseWriter, r *http.Request) { agent <- r.UserAgent() })
	_, _ = signin.Refresh(t.Context(), server, "https://example.com/client.json", redact.NewSecret(canary), signin.NewClient("posthog-org-mcp/1.2.3"))
	if got := <-agent; got != "posthog-org-mcp/1.2.3" {
		t.Errorf("it is named %q", got)
	}
}
