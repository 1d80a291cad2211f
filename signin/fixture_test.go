package signin_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"posthog-org-mcp/sandbox"
	"posthog-org-mcp/signin"
)

// stage is an authorization server and a person who signs in at it.
type stage struct {
	t       *testing.T
	box     *sandbox.Sandbox
	url     string
	server  signin.Server
	ahead   atomic.Int64 // how far the server's clock is ahead of ours
	answer  string       // what the person says: allow or deny
	person  string       // who it is; empty: whom the page suggests
	last    page         // what the browser shows in the end
	browser *http.Cookie // what the browser was given by the first page
	request signin.Request
}

func scopes() []string { return []string{"organization:write", "user:read"} }

// newStage starts a sandbox and discovers it.
func newStage(t *testing.T, options sandbox.SignIn) *stage {
	t.Helper()
	s := &stage{t: t, answer: "allow"}
	s.box = sandbox.New(sandbox.Options{SignIn: options, Now: func() time.Time { return time.Now().Add(time.Duration(s.ahead.Load())) }})
	address, stop, err := s.box.Serve(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
		if err := s.box.Close(); err != nil {
			t.Error(err)
		}
	})
	s.url = address
	s.request = signin.Request{ClientID: address + sandbox.ClientPath, Scopes: scopes(), Open: s.open}
	s.server, err = discoverAt(t, address)
	if err != nil {
		t.Fatal(err)
	}
	s.request.Server = s.server
	return s
}

func (s *stage) signIn() (signin.Token, error) {
	s.t.Helper()
	return signin.SignIn(s.t.Context(), s.request)
}

// signedIn signs in, and fails the test unless it works.
func (s *stage) signedIn() signin.Token {
	s.t.Helper()
	token, err := s.signIn()
	if err != nil {
		s.t.Fatal(err)
	}
	return token
}

func (s *stage) refresh(token signin.Token) (signin.Token, error) {
	s.t.Helper()
	return signin.Refresh(s.t.Context(), s.server, s.request.ClientID, token.Refresh, nil)
}

// status is what the API answers to an access token.
func (s *stage) status(token signin.Token) int {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+"/api/users/@me/", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token.Access.Reveal())
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	if said := response.Header.Get("WWW-Authenticate"); response.StatusCode == 401 && !strings.Contains(said, s.url+resourcePath) {
		s.t.Errorf("a 401 says %q", said)
	}
	return response.StatusCode
}

// open is the person at the browser: it reads the consent page and answers it.
func (s *stage) open(ctx context.Context, address string) error {
	back, err := s.consent(ctx, address)
	if err != nil {
		return err
	}
	return s.comeBack(ctx, back)
}

// comeBack is the browser following where it is sent back to. Like a real one it
// goes on when the sign-in has ended.
func (s *stage) comeBack(ctx context.Context, back string) (err error) {
	s.last, err = s.visit(context.WithoutCancel(ctx), back)
	return err
}

// begin opens the first page, and returns the address that it leads on to.
func (s *stage) begin(ctx context.Context, address string) (string, error) {
	first, err := visit(ctx, address)
	if err != nil {
		return "", err
	}
	set, err := http.ParseSetCookie(first.header.Get("Set-Cookie"))
	s.browser = set
	return first.location, err
}

// visit asks as the browser that opened the first page.
func (s *stage) visit(ctx context.Context, address string) (page, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return page{}, err
	}
	r.AddCookie(s.browser)
	return send(r)
}

var field = regexp.MustCompile(`name="request" value="([^"]+)"`)

// consent opens the first page, answers the consent page, and returns where the
// browser is sent back to.
func (s *stage) consent(ctx context.Context, address string) (string, error) {
	ahead, err := s.begin(ctx, address)
	if err != nil {
		return "", err
	}
	return s.consentAt(ctx, ahead)
}

func (s *stage) consentAt(ctx context.Context, address string) (string, error) {
	asked, err := visit(ctx, address)
	if err != nil || asked.location != "" {
		return asked.location, err
	}
	found := field.FindStringSubmatch(asked.text)
	if found == nil {
		s.last = asked
		<-ctx.Done() // the browser goes nowhere
		return "", nil
	}
	person := s.person
	if person == "" {
		person = sandbox.AdminUser
	}
	form := url.Values{"request": {found[1]}, "person": {person}, "answer": {s.answer}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/oauth/authorize/", strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answered, err := send(r)
	return answered.location, err
}

// page is what a browser gets.
type page struct {
	status   int
	text     string
	location string
	header   http.Header
}

func visit(ctx context.Context, address string) (page, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return page{}, err
	}
	return send(r)
}

func send(r *http.Request) (page, error) {
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := client.Do(r)
	if err != nil {
		return page{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return page{response.StatusCode, string(text), response.Header.Get("Location"), response.Header}, err
}

// bend returns an address with its query changed.
func bend(t *testing.T, address string, change func(url.Values)) string {
	t.Helper()
	parsed, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	query := parsed.Query()
	change(query)
	parsed.RawQuery = query.Encode()
	return parsed.String()
}
