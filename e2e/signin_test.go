package e2e_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"posthog-org-mcp/harness"
	"posthog-org-mcp/sandbox"
)

// signInStage is an account that signs in at a sandbox in the browser.
type signInStage struct {
	account
	stage *harness.Stage
	ahead atomic.Int64 // how far PostHog's clock is ahead of the program's
}

func newSignInStage(t *testing.T, options sandbox.SignIn) *signInStage {
	t.Helper()
	s := &signInStage{}
	s.stage = harness.Backend(t, sandbox.Options{SignIn: options, Now: func() time.Time { return time.Now().Add(time.Duration(s.ahead.Load())) }})
	s.account = newAccount(t, map[string]string{"PATH": t.TempDir()}) // where no browser is
	return s
}

var (
	startAddress   = regexp.MustCompile(`http://127\.0\.0\.1:\d+/start/\S+`)
	consentRequest = regexp.MustCompile(`name="request" value="([^"]+)"`)
)

// signIn runs login and plays the person at the browser, who answers allow or deny.
func (s *signInStage) signIn(t *testing.T, answer string) (said string, code int) {
	t.Helper()
	command := exec.CommandContext(t.Context(), harness.Binary(t), "login", "--host", s.stage.URL,
		"--oauth-client-id", s.stage.URL+sandbox.ClientPath, "--browser", "--store", "file")
	for name, value := range s.environment {
		command.Env = append(command.Env, name+"="+value)
	}
	output := &saidSoFar{}
	command.Stdout, command.Stderr = output, output
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = command.Process.Kill() }) // it has ended already, unless the test has failed
	address := ""
	for deadline := time.Now().Add(harness.DefaultTimeout); address == ""; time.Sleep(5 * time.Millisecond) {
		if address = startAddress.FindString(output.String()); time.Now().After(deadline) {
			t.Fatalf("no page to sign in at:\n%s", output)
		}
	}
	s.answer(t, address, answer)
	_ = command.Wait() // the exit code says it
	return output.String(), command.ProcessState.ExitCode()
}

// answer goes from the program's own page to the one for consent, and sends its
// form; the browser follows it back to the program, which knows it by a cookie.
func (s *signInStage) answer(t *testing.T, address, answer string) {
	t.Helper()
	cookies, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: cookies}
	page := body(t)(browser.Get(address))
	found := consentRequest.FindStringSubmatch(page)
	if found == nil {
		t.Fatalf("there is no form in %s", page)
	}
	body(t)(browser.PostForm(s.stage.URL+"/oauth/authorize/", url.Values{"request": {found[1]}, "person": {sandbox.AdminUser}, "answer": {answer}}))
}

// body reads an answer.
func body(t *testing.T) func(*http.Response, error) string {
	return func(response *http.Response, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
}

// saidSoFar is the output of a program that still runs.
type saidSoFar struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *saidSoFar) Write(text []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(text)
}

func (s *saidSoFar) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func TestAPersonWhoSignsInInTheBrowserNeedsNoKey(t *testing.T) {
	t.Parallel()
	s := newSignInStage(t, sandbox.SignIn{SendsIssuer: true})
	if said, code := s.signIn(t, "allow"); code != 0 || !strings.Contains(said, sandbox.AdminEmail) || strings.Contains(said, "pha_") || strings.Contains(said, "phr_") {
		t.Fatalf("login ended with %d:\n%s", code, said)
	}
	out := s.run(t, "call", "whoami")
	if out.ExitCode != 0 || !strings.Contains(out.Stdout, sandbox.AdminEmail) || !strings.Contains(out.Stdout, "OAuth token") {
		t.Errorf("whoami ended with %d: %s %s", out.ExitCode, out.Stdout, out.Stderr)
	}
	if out := s.run(t, "logout"); out.ExitCode != 0 {
		t.Errorf("logout ended with %d: %s", out.ExitCode, out.Stderr)
	}
	if out := s.run(t, "call", "whoami"); out.ExitCode == 0 || !strings.Contains(out.Stderr, "login") {
		t.Errorf("after logout whoami ended with %d: %s %s", out.ExitCode, out.Stdout, out.Stderr)
	}
	revoked := 0
	for _, request := range s.stage.Sandbox.Requests() {
		if strings.HasPrefix(request.Path, "/oauth/revoke") && request.Status == http.StatusOK {
			revoked++
		}
	}
	if revoked != 2 {
		t.Errorf("%d tokens were revoked, want both", revoked)
	}
}

func TestAPersonWhoSaysNoInTheBrowserHasNothingKept(t *testing.T) {
	t.Parallel()
	s := newSignInStage(t, sandbox.SignIn{})
	if said, code := s.signIn(t, "deny"); code == 0 || !strings.Contains(said, "denied in the browser") {
		t.Errorf("login ended with %d:\n%s", code, said)
	}
	if out := s.run(t, "call", "whoami"); out.ExitCode == 0 {
		t.Errorf("whoami works without a sign-in: %s", out.Stdout)
	}
}

// Two programs that find the access token expired at the same time must not both
// use the refresh token: the second use would end the sign-in.
func TestProgramsSideBySideRenewASignInOnce(t *testing.T) {
	t.Parallel()
	s := newSignInStage(t, sandbox.SignIn{AccessLifetime: time.Hour})
	if said, code := s.signIn(t, "allow"); code != 0 {
		t.Fatalf("login ended with %d:\n%s", code, said)
	}
	s.ahead.Store(int64(time.Hour + time.Minute))
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			if out := s.run(t, "call", "roles-list"); out.ExitCode != 0 {
				t.Errorf("a call ended with %d: %s", out.ExitCode, out.Stderr)
			}
		})
	}
	wait.Wait()
	renewals := 0
	for _, request := range s.stage.Sandbox.Requests() {
		if strings.Contains(string(request.Body), "grant_type=refresh_token") {
			renewals++
		}
	}
	if renewals != 1 {
		t.Errorf("the refresh token was used %d times", renewals)
	}
}

func TestASignInThatHasEndedAsksForAnother(t *testing.T) {
	t.Parallel()
	s := newSignInStage(t, sandbox.SignIn{RefreshLifetime: time.Hour})
	if said, code := s.signIn(t, "allow"); code != 0 {
		t.Fatalf("login ended with %d:\n%s", code, said)
	}
	s.ahead.Store(int64(2 * time.Hour))
	if out := s.run(t, "call", "roles-list"); out.ExitCode == 0 || !strings.Contains(out.Stdout+out.Stderr, "login") {
		t.Errorf("the call ended with %d: %s %s", out.ExitCode, out.Stdout, out.Stderr)
	}
	if said, code := s.signIn(t, "allow"); code != 0 {
		t.Fatalf("the second login ended with %d:\n%s", code, said)
	}
	if out := s.run(t, "call", "roles-list"); out.ExitCode != 0 {
		t.Errorf("after the second sign-in the call ended with %d: %s", out.ExitCode, out.Stderr)
	}
}
