package apiclient_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/redact"
)

func TestTheHostIsHTTPSOrLoopback(t *testing.T) {
	for address, want := range map[string]string{
		"https://us.posthog.com":                "https://us.posthog.com",
		"https://EU.posthog.com/":               "https://eu.posthog.com",
		"https://example.com:8443/posthog/":     "https://example.com:8443/posthog",
		"https://example.com/a%2Fb%20c//":       "https://example.com/a%2Fb%20c",
		"http://localhost:8010":                 "http://localhost:8010",
		"http://127.0.0.1":                      "http://127.0.0.1",
		"http://127.9.9.9:1":                    "http://127.9.9.9:1",
		"http://[::1]:8010/":                    "http://[::1]:8010",
		"http://[::ffff:127.0.0.1]:1":           "http://[::ffff:127.0.0.1]:1",
		"http://us.posthog.com":                 "",
		"http://localhost.example.com":          "",
		"http://127.0.0.1.example.com":          "",
		"http://10.0.0.1":                       "",
		"http://0.0.0.0":                        "",
		"ftp://us.posthog.com":                  "",
		"us.posthog.com":                        "",
		"https://":                              "",
		"https:us.posthog.com":                  "",
		"https://:443":                          "",
		"https://user:hunter22@us.posthog.com":  "",
		"https://us.posthog.com/?key=hunter22":  "",
		"https://us.posthog.com/?":              "",
		"https://us.posthog.com/#hunter22":      "",
		"https://us.posthog.com/a/../b":         "",
		"https://us.posthog.com/%2e%2e/b":       "",
		`https://us.posthog.com/a\b`:            "",
		"https://us.posthog.com/api-of-posthog": "https://us.posthog.com/api-of-posthog",
	} {
		client, err := apiclient.New(apiclient.Config{Host: mustParse(t, address), Key: redact.NewSecret(canary)})
		switch {
		case want == "" && err == nil:
			t.Errorf("%s was taken", address)
		case want == "" && strings.Contains(err.Error(), "hunter22"):
			t.Errorf("%s: the error shows a secret: %v", address, err)
		case want != "" && err != nil:
			t.Errorf("%s: %v", address, err)
		case want != "" && client.Reader().Host().String() != want:
			t.Errorf("%s became %s, want %s", address, client.Reader().Host(), want)
		}
	}
}

func TestAWrongConfigurationIsRefusedWithoutShowingTheKey(t *testing.T) {
	good := func() apiclient.Config {
		return apiclient.Config{Host: mustParse(t, "https://us.posthog.com"), Key: redact.NewSecret(canary)}
	}
	for name, change := range map[string]func(*apiclient.Config){
		"no host":            func(c *apiclient.Config) { c.Host = nil },
		"no key":             func(c *apiclient.Config) { c.Key = redact.Secret{} },
		"a line break":       func(c *apiclient.Config) { c.Key = redact.NewSecret(canary + "\nX-Evil: 1") },
		"a blank":            func(c *apiclient.Config) { c.Key = redact.NewSecret(canary + " ") },
		"a letter":           func(c *apiclient.Config) { c.Key = redact.NewSecret("ş" + canary) },
		"an agent's break":   func(c *apiclient.Config) { c.UserAgent = "a\r\nb" },
		"a negative timeout": func(c *apiclient.Config) { c.Timeouts.Header = -time.Second },
		"negative tries":     func(c *apiclient.Config) { c.Retry.Tries = -1 },
		"a negative wait":    func(c *apiclient.Config) { c.Retry.MaxRetryAfter = -1 },
		"a negative rate":    func(c *apiclient.Config) { c.Rate.PerHour = -1 },
		"a negative bound":   func(c *apiclient.Config) { c.MaxBody = -1 },
	} {
		config := good()
		change(&config)
		if _, err := apiclient.New(config); err == nil {
			t.Errorf("%s was taken", name)
		} else if strings.Contains(err.Error(), "CANARY") {
			t.Errorf("%s: the error shows the key: %v", name, err)
		}
	}
	if _, err := apiclient.New(good()); err != nil {
		t.Errorf("the good one: %v", err)
	}
}

func TestAHostWithoutAPathHasTheAPIAtItsRoot(t *testing.T) {
	host := mustParse(t, "http://127.0.0.1:1")
	var asked string
	client := newClient(t, host, func(c *apiclient.Config) {
		c.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
			asked = r.URL.RequestURI()
			return nil, http.ErrHandlerTimeout
		})
	})
	_, _ = client.Reader().CurrentUser(testContext(t))
	if asked != "/api/users/@me/" {
		t.Errorf("asked for %q", asked)
	}
}

// roundTripper is a transport that net/http's hooks know nothing of.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestATransportThatTellsNothingIsNotTakenForUnsent(t *testing.T) {
	client := newClient(t, mustParse(t, "http://127.0.0.1:1"), func(c *apiclient.Config) {
		c.Transport = roundTripper(func(*http.Request) (*http.Response, error) { return nil, http.ErrHandlerTimeout })
	})
	if got := matched(client.DeleteRole(testContext(t), organization, roleID)); got != "UnknownOutcome" {
		t.Errorf("matches %q", got)
	}
}
