package apiclient_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/contract"
)

// elsewhere is a server that must never be asked anything.
func elsewhere(t *testing.T) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("%s %s came, with the Authorization %q", r.Method, r.URL, r.Header.Get("Authorization"))
	}))
	t.Cleanup(server.Close)
	return server
}

func TestARedirectNeverTakesTheKeyElsewhere(t *testing.T) {
	other := elsewhere(t)
	s := newStage(t)
	port := s.url.Port()
	for name, location := range map[string]string{
		"another port":         other.URL + "/api/users/@me/?token=" + canary,
		"another port, short":  strings.TrimPrefix(other.URL, "http:"),
		"another name":         "http://localhost:" + port + "/api/users/@me/",
		"another scheme":       "https://" + s.url.Host + "/",
		"no web address":       "javascript:alert(1)",
		"a name and password":  "http://user:secretpassword@" + s.url.Host + "/",
		"a user that looks so": "http://" + s.url.Host + "@" + strings.TrimPrefix(other.URL, "http://") + "/",
		"a malformed address":  "http://[::1",
	} {
		for method, call := range map[string]func(context.Context, *apiclient.Client) error{"GET": read, "PATCH": write} {
			for _, status := range []int{301, 302, 303, 307, 308} {
				s := newStage(t)
				s.broken(status, "", "Location", location)
				err := call(testContext(t), newClient(t, s.url))
				want := "Redirected"
				if method == "PATCH" && status < 307 {
					want = "Redirected UnknownOutcome"
				}
				if got := matched(err); got != want || len(s.seen()) != 1 {
					t.Errorf("%s, %s %d: %v matches %q after %d requests", name, method, status, err, got, len(s.seen()))
				}
				if text := err.Error(); strings.Contains(text, "CANARY") || strings.Contains(text, "secretpassword") {
					t.Errorf("%s: the error shows a secret: %s", name, text)
				}
			}
		}
	}
}

func TestARedirectNamesTheHostItPointsTo(t *testing.T) {
	s := newStage(t)
	s.broken(301, "", "Location", "https://us.posthog.com/api/users/@me/?secret=1")
	err := read(testContext(t), s.client(t))
	if err == nil || !strings.Contains(err.Error(), `"https://us.posthog.com"`) || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
	var answer *apiclient.AnswerError
	if !errors.As(err, &answer) || answer.Status != 301 || answer.Operation != "GET users/@me/" {
		t.Errorf("got %#v", err)
	}
}

func TestARedirectToPlainHTTPIsNotFollowed(t *testing.T) {
	plain := elsewhere(t)
	server, trust := tlsServer(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, plain.URL+r.URL.Path, http.StatusFound)
	})
	client := newClient(t, mustParse(t, server.URL))
	client.Trust(trust)
	if err := read(testContext(t), client); matched(err) != "Redirected" {
		t.Errorf("%v matches %q", err, matched(err))
	}
}

func TestARedirectOnTheSameHostIsFollowedForAReadOnly(t *testing.T) {
	s := newStage(t)
	answer := newSamples(t, false).text(t, "CurrentUser")
	s.handle(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery == "" {
			give(w, 302, "", "Location", "?limit=1", contract.FaultHeader, "redirect")
			return
		}
		give(w, 200, answer)
	})
	// The query is not documented here, so this goes past the contract's check.
	plain := httptest.NewServer(http.StripPrefix(s.url.Path, s.mux))
	defer plain.Close()
	host := mustParse(t, plain.URL+s.url.EscapedPath())
	if err := read(testContext(t), newClient(t, host)); err != nil {
		t.Error(err)
	}
	if got := matched(write(testContext(t), newClient(t, host))); got != "Redirected UnknownOutcome" {
		t.Errorf("the write matches %q", got)
	}
}

func TestRedirectsInACircleEnd(t *testing.T) {
	var hops atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		give(w, 302, "", "Location", "/api/users/@me/?hop="+strconv.Itoa(int(hops.Add(1))))
	}))
	defer server.Close()
	err := read(testContext(t), newClient(t, mustParse(t, server.URL)))
	if matched(err) != "Redirected" || hops.Load() != 4 {
		t.Errorf("%v matches %q after %d requests", err, matched(err), hops.Load())
	}
}

func TestARedirectWithoutAnAddressIsAnError(t *testing.T) {
	for _, status := range []int{300, 302, 304, 399} {
		s := newStage(t)
		s.broken(status, "")
		if err := read(testContext(t), s.client(t)); matched(err) != "Redirected" {
			t.Errorf("%d: %v matches %q", status, err, matched(err))
		}
	}
}
