package signin_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"posthog-org-mcp/sandbox"
	"posthog-org-mcp/signin"
)

func TestAPersonWhoAllowsItIsSignedIn(t *testing.T) {
	for _, options := range []sandbox.SignIn{{}, {SendsIssuer: true}} {
		s := newStage(t, options)
		token := s.signedIn()
		if !strings.HasPrefix(token.Access.Reveal(), "pha_") || !strings.HasPrefix(token.Refresh.Reveal(), "phr_") {
			t.Errorf("the tokens are %v and %v", token.Access, token.Refresh)
		}
		if left := time.Until(token.Expires); left < 59*time.Minute || left > time.Hour {
			t.Errorf("the token ends in %s", left)
		}
		if !slices.Equal(token.Scopes, scopes()) {
			t.Errorf("the scopes are %q", token.Scopes)
		}
		if got := s.status(token); got != 200 {
			t.Errorf("the API answers the token with %d", got)
		}
		if s.last.status != 200 || !strings.Contains(s.last.text, "You are signed in") {
			t.Errorf("the browser shows %d %s", s.last.status, s.last.text)
		}
	}
}

func TestTheClientsLimitCutsWhatIsAskedFor(t *testing.T) {
	s := newStage(t, sandbox.SignIn{})
	s.request.Scopes = []string{"organization:read", "project:write", "project:read"}
	if got := s.signedIn().Scopes; !slices.Equal(got, []string{"organization:read", "project:read"}) {
		t.Errorf("the scopes are %q", got)
	}
}

func TestAPersonWhoSaysNoIsNotSignedIn(t *testing.T) {
	s := newStage(t, sandbox.SignIn{})
	s.answer = "deny"
	_, err := s.signIn()
	if !errors.Is(err, signin.ErrDenied) {
		t.Fatalf("got %v", err)
	}
	says(t, err, "denied in the browser", "personal API key")
	if !strings.Contains(s.last.text, "You said no") {
		t.Errorf("the browser shows %s", s.last.text)
	}
}

func TestACallbackWithAnotherStateEndsNothing(t *testing.T) {
	s := newStage(t, sandbox.SignIn{})
	s.request.Open = func(ctx context.Context, address string) error {
		back, err := s.consent(ctx, address)
		if err != nil {
			return err
		}
		for _, change := range []func(url.Values){
			func(q url.Values) { q.Set("state", "of somebody else") },
			func(q url.Values) { q.Del("state") },
			func(q url.Values) { q.Add("state", q.Get("state")) },
			func(q url.Values) { q.Del("state"); q.Set("error", "access_denied") },
		} {
			if got, err := s.visit(ctx, bend(t, back, change)); err != nil || got.status != http.StatusBadRequest {
				t.Errorf("a wrong state is answered with %d %s, %v", got.status, got.text, err)
			}
		}
		return s.comeBack(ctx, back)
	}
	if got := s.status(s.signedIn()); got != 200 {
		t.Errorf("the API answers the token with %d", got)
	}
}

func TestOnlyTheCallbackItselfIsAnswered(t *testing.T) {
	s := newStage(t, sandbox.SignIn{})
	s.request.Open = func(ctx context.Context, address string) error {
		back, err := s.consent(ctx, address)
		if err != nil {
			return err
		}
		for _, test := range []struct {
			name string
			want int
			bend func(*http.Request)
		}{
			{"another host's name", http.StatusMisdirectedRequest, func(r *http.Request) { r.Host = "evil.example" }},
			{"localhost", http.StatusMisdirectedRequest, func(r *http.Request) { r.Host = strings.Replace(r.URL.Host, "127.0.0.1", "localhost", 1) }},
			{"another path", http.StatusNotFound, func(r *http.Request) { r.URL.Path = "/" }},
			{"POST", http.StatusMethodNotAllowed, func(r *http.Request) { r.Method = http.MethodPost }},
			{"HEAD", http.StatusMethodNotAllowed, func(r *http.Request) { r.Method = http.MethodHead }},
			{"a frame", http.StatusForbidden, func(r *http.Request) { r.Header.Set("Sec-Fetch-Dest", "iframe") }},
			{"a script", http.StatusForbidden, func(r *http.Request) { r.Header.Set("Sec-Fetch-Dest", "empty") }},
		} {
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, back, nil)
			if err != nil {
				return err
			}
			test.bend(r)
			if got, err := send(r); err != nil || got.status != test.want {
				t.Errorf("%s is answered with %d, %v; want %d", test.name, got.status, err, test.want)
			}
		}
		return s.comeBack(ctx, back)
	}
	s.signedIn()
}

func TestTheWayBackIsOpenToTheBrowserThatBeganAlone(t *testing.T) {
	s := newStage(t, sandbox.SignIn{})
	s.request.Open = func(ctx context.Context, address string) error {
		back, err := s.consent(ctx, address)
		if err != nil {
			return err
		}
		if got, err := visit(ctx, back); err != nil || got.status != http.StatusBadRequest {
			t.Errorf("a browser without the cookie is answered with %d, %v", got.status, err)
		}
		own := *s.browser
		s.browser = &http.Cookie{Name: own.Name, Value: "guessed"}
		if got, err := s.visit(ctx, back); err != nil || got.status != http.StatusBadRequest {
			t.Errorf("a browser with another cookie is answered with %d, %v", got.status, err)
		}
		if s.browser = &own; !own.HttpOnly || own.SameSite != http.SameSiteLaxMode {
			t.Errorf("the cookie is %v", own)
		}
		if got, err := s.visit(ctx, address); err != nil || got.status != http.StatusSeeOther {
			t.Errorf("the same browser opens the first page again and gets %d, %v", got.status, err)
		}
		return s.comeBack(ctx, back)
	}
	s.signedIn()
}

func TestASecondBrowserEndsTheSignInAndGetsNothing(t *testing.T) {
	s := newStage(t, sandbox.SignIn{})
	s.request.Open = func(ctx context.Context, address string) error {
		if got, err := visit(ctx, strings.TrimRight(address, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")+"GUESSED"); err != nil || got.status != http.StatusNotFound {
			t.Errorf("a guess is answered with %d, %v", got.status, err)
		}
		ahead, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return err
		}
		ahead.Header.Set("Sec-Purpose", "prefetch")
		if got, err := send(ahead); err != nil || got.status != http.StatusServiceUnavailable || got.header.Get("Set-Cookie") != "" {
			t.Errorf("fetching ahead is answered with %d, %v", got.status, err)
		}
		if _, err := s.begin(ctx, address); err != nil {
			return err
		}
		second, err := visit(context.WithoutCancel(ctx), address)
		if err != nil || second.status != http.StatusConflict || second.location != "" || second.header.Get("Set-Cookie") != "" || !strings.Contains(second.text, "Opened twice") {
			t.Errorf("the second is answered with %d %s, %v", second.status, second.text, err)
		}
		return nil
	}
	_, err := s.signIn()
	says(t, err, "two browsers", "Start again")
}

func TestTheLastPageKeepsToItself(t *testing.T) {
	s := newStage(t, sandbox.SignIn{})
	var back string
	s.request.Open = func(ctx context.Context, address string) (err error) {
		if back, err = s.consent(ctx, address); err != nil {
			return err
		}
		return s.comeBack(ctx, back)
	}
	s.signedIn()
	for name, want := range map[string]string{
		"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY",
		"X-Content-Type-Options": "nosniff", "Cross-Origin-Opener-Policy": "same-origin",
	} {
		if got := s.last.header.Get(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if policy := s.last.header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'; ") || strings.Contains(policy, "unsafe") {
		t.Errorf("the policy is %s", policy)
	}
	query, _ := url.Parse(back)
	for name, values := range query.Query() {
		if strings.Contains(s.last.text, values[0]) {
			t.Errorf("the page holds the %s", name)
		}
	}
	if strings.Contains(s.last.text, "http") {
		t.Errorf("the page names an address: %s", s.last.text)
	}
}

func TestACallbackThatCannotBeTrustedEndsTheSignIn(t *testing.T) {
	for _, test := range []struct {
		name, says string
		options    sandbox.SignIn
		change     func(url.Values)
	}{
		{"another issuer", `came back from "https://evil.example"`, sandbox.SignIn{CallbackIssuer: "https://evil.example"}, nil},
		{"another issuer, announced", `came back from "https://evil.example"`, sandbox.SignIn{SendsIssuer: true, CallbackIssuer: "https://evil.example"}, nil},
		{"an empty issuer", `came back from ""`, sandbox.SignIn{}, func(q url.Values) { q.Set("iss", "") }},
		{"no issuer, though announced", "without naming where from", sandbox.SignIn{SendsIssuer: true}, func(q url.Values) { q.Del("iss") }},
		{"two codes", "two answers", sandbox.SignIn{}, func(q url.Values) { q.Add("code", "x") }},
		{"no code", "without a code", sandbox.SignIn{}, func(q url.Values) { q.Del("code") }},
		{"a code of another sign-in", "did not take the code", sandbox.SignIn{}, func(q url.Values) { q.Set("code", "SOMEBODYELSES") }},
		{"an error", `"server_error" ("it \u202e hurts")`, sandbox.SignIn{}, func(q url.Values) {
			q.Del("code")
			q.Set("error", "server_error")
			q.Set("error_description", "it \u202e hurts")
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newStage(t, test.options)
			var code string
			s.request.Open = func(ctx context.Context, address string) error {
				back, err := s.consent(ctx, address)
				if err != nil {
					return err
				}
				if test.change != nil {
					back = bend(t, back, func(q url.Values) { code = q.Get("code"); test.change(q) })
				}
				return s.comeBack(ctx, back)
			}
			token, err := s.signIn()
			says(t, err, test.says)
			if errors.Is(err, signin.ErrDenied) || errors.Is(err, signin.ErrNoSignIn) || errors.Is(err, signin.ErrSignInAgain) {
				t.Errorf("%v counts as another error", err)
			}
			if code != "" && strings.Contains(err.Error(), code) || strings.Contains(err.Error(), "SOMEBODYELSES") {
				t.Errorf("%q holds the code", err)
			}
			if !token.Access.IsZero() || !token.Refresh.IsZero() {
				t.Error("there are tokens")
			}
			if !strings.Contains(s.last.text, "did not work") {
				t.Errorf("the browser shows %s", s.last.text)
			}
		})
	}
}

func TestAnIssuerOtherThanTheHostIsNotDiscovered(t *testing.T) {
	box := sandbox.New(sandbox.Options{SignIn: sandbox.SignIn{Issuer: "https://us.posthog.com"}})
	defer box.Close()
	address, stop, err := box.Serve(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	_, err = discoverAt(t, address)
	says(t, err, `says that it is the issuer "https://us.posthog.com"`)
}

func TestASecondCallbackChangesNothing(t *testing.T) {
	s := newStage(t, sandbox.SignIn{})
	second := make(chan page, 1)
	s.request.Open = func(ctx context.Context, address string) error {
		back, err := s.consent(ctx, address)
		if err != nil {
			return err
		}
		// The exchange of the first one's code waits until the second has come.
		s.request.HTTP.Transport.(*gate).before = func() {
			got, err := s.visit(ctx, bend(t, back, func(q url.Values) { q.Set("code", "ANOTHER") }))
			if err != nil {
				t.Error(err)
			}
			second <- got
		}
		return s.comeBack(ctx, back)
	}
	s.request.HTTP = &http.Client{Transport: &gate{}}
	token := s.signedIn()
	if got := <-second; got.status != http.StatusConflict || !strings.Contains(got.text, "is over") {
		t.Errorf("the second is answered with %d %s", got.status, got.text)
	}
	if got := s.status(token); got != 200 {
		t.Errorf("the API answers the token with %d", got)
	}
}

// gate does something before each request.
type gate struct{ before func() }

func (g *gate) RoundTrip(r *http.Request) (*http.Response, error) {
	if g.before != nil {
		g.before()
	}
	return http.DefaultTransport.RoundTrip(r)
}

func TestACodeIsNoUseWithoutItsVerifier(t *testing.T) {
	s := newStage(t, sandbox.SignIn{})
	s.request.Open = func(ctx context.Context, address string) error {
		// Somebody puts a challenge of their own into the address.
		ahead, err := s.begin(ctx, address)
		if err != nil {
			return err
		}
		back, err := s.consentAt(ctx, bend(t, ahead, func(q url.Values) { q.Set("code_challenge", strings.Repeat("A", 43)) }))
		if err != nil {
			return err
		}
		return s.comeBack(ctx, back)
	}
	_, err := s.signIn()
	says(t, err, "did not take the code")
}

func TestWhatTheServerRefusesIsQuoted(t *testing.T) {
	s := newStage(t, sandbox.SignIn{})
	s.request.Scopes = []string{"everything"}
	_, err := s.signIn()
	says(t, err, `"invalid_scope"`)
}

func TestWithoutAClientIDThereIsNoSignIn(t *testing.T) {
	s := newStage(t, sandbox.SignIn{})
	for id, word := range map[string]string{"": "no client id", "http://example.com/client": "https://"} {
		s.request.ClientID = id
		_, err := s.signIn()
		if !errors.Is(err, signin.ErrNoSignIn) {
			t.Errorf("%q: %v", id, err)
		}
		says(t, err, word, "personal API key")
	}
}

func TestNobodyIsWaitedForForever(t *testing.T) {
	s := newStage(t, sandbox.SignIn{})
	s.request.Patience = 50 * time.Millisecond
	s.request.Open = func(ctx context.Context, _ string) error { <-ctx.Done(); return nil }
	_, err := s.signIn()
	says(t, err, "nobody signed in within 50ms")
}

func TestASignInThatIsGivenUpEndsCleanly(t *testing.T) {
	s := newStage(t, sandbox.SignIn{})
	ctx, cancel := context.WithCancel(t.Context())
	var back string
	s.request.Open = func(ctx context.Context, address string) error {
		back = address
		cancel()
		<-ctx.Done()
		return ctx.Err()
	}
	_, err := signin.SignIn(ctx, s.request)
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if _, err := visit(t.Context(), back); err == nil {
		t.Error("the way back is still open")
	}
}

func TestAPageThatCannotBeShownEndsTheSignIn(t *testing.T) {
	s := newStage(t, sandbox.SignIn{})
	broken := errors.New("no browser and no terminal")
	s.request.Open = func(context.Context, string) error { return broken }
	if _, err := s.signIn(); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func TestAPortThatCannotBeOpenedIsAnError(t *testing.T) {
	s := newStage(t, sandbox.SignIn{})
	taken, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, err = signin.SignInOver(t.Context(), s.request, func(ctx context.Context) (net.Listener, error) {
		return new(net.ListenConfig).Listen(ctx, "tcp4", taken.Addr().String())
	})
	says(t, err, "no port can be opened", "personal API key")
}
