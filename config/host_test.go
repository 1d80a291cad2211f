package config_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/redact"
)

func TestAHostIsARegionANameOrAURL(t *testing.T) {
	for given, want := range map[string]string{
		"us":                                   "https://us.posthog.com",
		"EU":                                   "https://eu.posthog.com",
		"eu.posthog.com":                       "https://eu.posthog.com",
		"https://us.posthog.com/":              "https://us.posthog.com",
		"https://us.posthog.com/project/1?a=b": "https://us.posthog.com",
		"HTTPS://US.PostHog.com":               "https://us.posthog.com",
		"https://app.posthog.com/settings":     "https://us.posthog.com",
		"https://us.i.posthog.com":             "https://us.posthog.com",
		"eu.i.posthog.com":                     "https://eu.posthog.com",
		"https://eu.posthog.com/organization":  "https://eu.posthog.com",
		"posthog.example.com:8443":             "https://posthog.example.com:8443",
		"https://example.com/hog/project/2/x":  "https://example.com/hog",
		"https://example.com/hog/":             "https://example.com/hog",
		"http://localhost:8000":                "http://localhost:8000",
		"localhost:8000":                       "http://localhost:8000",
		"http://127.0.0.1:8010/":               "http://127.0.0.1:8010",
		"http://[::1]:8010":                    "http://[::1]:8010",
	} {
		t.Run(given, func(t *testing.T) {
			if host := mustLoad(t, env{"POSTHOG_HOST": given}).Host.String(); host != want {
				t.Errorf("got %s, want %s", host, want)
			}
		})
	}
}

func TestAHostThatWasCorrectedIsMentioned(t *testing.T) {
	for given, want := range map[string]string{
		"https://us.posthog.com/project/1": "only https://us.posthog.com counts",
		"https://app.posthog.com":          "us.posthog.com is used",
		"https://eu.i.posthog.com":         "eu.posthog.com is used",
	} {
		notes := mustLoad(t, nil, "--host", given).Notes
		if len(notes) != 1 || !strings.Contains(notes[0].Text, want) || !strings.Contains(notes[0].Text, "--host") {
			t.Errorf("%s: got %v, want %q", given, notes, want)
		}
	}
	if notes := mustLoad(t, nil, "--host", "https://us.posthog.com/").Notes; len(notes) > 0 {
		t.Errorf("a host as it should be is remarked upon: %v", notes)
	}
}

func TestAHostThatCannotBeUsedIsRefused(t *testing.T) {
	for _, test := range []struct{ value, says string }{
		{"http://us.posthog.com", "must be reached by https"},
		{"http://192.168.1.5:8000", "must be reached by https"},
		{"http://localhost.example.com", "must be reached by https"},
		{"ftp://us.posthog.com", `must begin with https://, not "ftp://"`},
		{"https://example.com/a/../b", "must not hold dot segments"},
		{"https://", "not an address"},
		{"https://exa mple.com", "not an address"},
		{"https://example.com:notaport", "not an address"},
		{"https://posthog.com", "website"},
		{"www.posthog.com", "website"},
		{"${POSTHOG_HOST}", "placeholder"},
		{"https://${REGION}.posthog.com", "placeholder"},
		{"$POSTHOG_HOST", "placeholder"},
		{"%POSTHOG_HOST%", "placeholder"},
		{"{{host}}", "placeholder"},
		{"<your host>", "placeholder"},
	} {
		t.Run(test.value, func(t *testing.T) {
			_, err := load(t, env{"POSTHOG_HOST": test.value})
			refused(t, err, "POSTHOG_HOST", test.says)
		})
	}
}

func TestAPasswordInTheHostIsNeitherUsedNorShown(t *testing.T) {
	_, err := load(t, env{"POSTHOG_HOST": "https://ana:hunter22@posthog.example.com"})
	refused(t, err, "POSTHOG_HOST", "user name or password")
	if strings.Contains(fmt.Sprint(err), "hunter22") {
		t.Errorf("the password is in %v", err)
	}
}

func TestAKeyInThePlaceOfTheHostIsNotShown(t *testing.T) {
	for _, key := range []string{canary, "https://" + canary + "@", canary + ":x"} {
		_, err := load(t, env{"POSTHOG_HOST": key})
		if err == nil {
			continue // a key happens to be a possible host name; nothing is printed then
		}
		refused(t, err, "POSTHOG_HOST")
	}
}

func TestTheAPIClientTakesExactlyTheHostsThatAreAccepted(t *testing.T) {
	seen := map[bool]int{}
	for _, given := range []string{
		"https://us.posthog.com", "https://posthog.example.com:8443", "https://example.com/hog", "http://localhost:1", "http://LOCALHOST",
		"http://127.0.0.1:1", "http://127.9.9.9", "http://[::1]:1", "http://[::ffff:127.0.0.1]", "http://example.com", "http://10.0.0.1",
		"http://localhost.example.com", "http://127.0.0.1.example.com", "http://[::2]", "http://0.0.0.0", "ws://localhost", "file:///etc/passwd",
		"https://example.com/../x", "https://example.com/x/./y", "https://example.com/a%5Cb", "https://example.com/%2e%2e/b", "https://a:b@example.com",
	} {
		address, err := url.Parse(given)
		if err != nil {
			t.Fatal(err)
		}
		_, clientErr := apiclient.New(apiclient.Config{Host: address, Key: redact.NewSecret(canary)})
		_, configErr := load(t, env{"POSTHOG_HOST": given})
		if (clientErr == nil) != (configErr == nil) {
			t.Errorf("%s: the client says %v, the configuration %v", given, clientErr, configErr)
		}
		seen[configErr == nil]++
	}
	if seen[true] == 0 || seen[false] == 0 {
		t.Errorf("want hosts of both kinds, got %v", seen)
	}
}

func TestAnAcceptedHostIsTakenByTheAPIClient(t *testing.T) {
	for _, given := range []string{"us", "app.posthog.com", "localhost:8000", "https://example.com/hog/project/2?x=y#z", "EXAMPLE.com"} {
		loaded := mustLoad(t, env{"POSTHOG_HOST": given})
		if _, err := apiclient.New(apiclient.Config{Host: loaded.Host, Key: loaded.Key}); err != nil {
			t.Errorf("%s: %v", given, err)
		}
	}
}
