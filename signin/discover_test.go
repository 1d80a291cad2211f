package signin_test

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"posthog-org-mcp/signin"
)

// object is a JSON object that a test bends.
type object map[string]any

// host plays a host's metadata: nil is no such document.
type host struct {
	*httptest.Server
	resource, server object
	paths            []string
}

const (
	resourcePath = "/.well-known/oauth-protected-resource"
	serverPath   = "/.well-known/oauth-authorization-server"
)

// newHost starts a host whose metadata are as they should be.
func newHost(t *testing.T) *host {
	t.Helper()
	h := &host{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.paths = append(h.paths, r.URL.Path)
		document := map[string]object{resourcePath: h.resource, serverPath: h.server}[r.URL.Path]
		if document == nil {
			http.NotFound(w, r)
			return
		}
		_ = json.NewEncoder(w).Encode(document)
	}))
	t.Cleanup(h.Close)
	h.resource = object{"resource": h.URL, "authorization_servers": []string{h.URL}}
	h.server = object{
		"issuer": h.URL, "authorization_endpoint": h.URL + "/oauth/authorize/", "token_endpoint": h.URL + "/oauth/token/",
		"revocation_endpoint": h.URL + "/oauth/revoke/", "code_challenge_methods_supported": []string{"S256"},
		"response_types_supported": []string{"code"}, "client_id_metadata_document_supported": true,
	}
	return h
}

func (h *host) discover(t *testing.T) (signin.Server, error) {
	t.Helper()
	return discoverAt(t, h.URL)
}

func discoverAt(t *testing.T, address string) (signin.Server, error) {
	t.Helper()
	parsed, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return signin.Discover(t.Context(), parsed, nil)
}

func TestAHostNamesItsAuthorizationServer(t *testing.T) {
	h := newHost(t)
	want := signin.Server{
		Issuer: h.URL, AuthorizationEndpoint: h.URL + "/oauth/authorize/",
		TokenEndpoint: h.URL + "/oauth/token/", RevocationEndpoint: h.URL + "/oauth/revoke/",
	}
	for _, test := range []struct {
		name string
		bend func()
	}{
		{"as PostHog does", func() {}},
		{"with a closing slash in the resource", func() { h.resource["resource"] = h.URL + "/" }},
		{"without the resource's document", func() { h.resource = nil }},
		{"without a word on client documents", func() { delete(h.server, "client_id_metadata_document_supported") }},
		{"without revocation", func() { delete(h.server, "revocation_endpoint"); want.RevocationEndpoint = "" }},
		{"naming the issuer on the way back", func() { h.server["authorization_response_iss_parameter_supported"] = true; want.SendsIssuer = true }},
	} {
		test.bend()
		if got, err := h.discover(t); err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", test.name, got, err, want)
		}
	}
	if got, err := discoverAt(t, h.URL+"/"); err != nil || got != want {
		t.Errorf("with a closing slash in the address: %+v, %v", got, err)
	}
}

func TestADocumentOfAPathIsBeforeThePath(t *testing.T) {
	h := newHost(t)
	_, err := discoverAt(t, h.URL+"/tools/posthog/")
	if !errors.Is(err, signin.ErrNoSignIn) {
		t.Errorf("got %v", err)
	}
	if got, want := strings.Join(h.paths, " "), resourcePath+"/tools/posthog "+serverPath+"/tools/posthog"; got != want {
		t.Errorf("asked for %s, want %s", got, want)
	}
}

func TestAHostWithoutASignInLeadsToAKey(t *testing.T) {
	for _, test := range []struct {
		name, says string
		bend       func(object)
	}{
		{"no S256", "PKCE", func(s object) { s["code_challenge_methods_supported"] = []string{"plain"} }},
		{"no PKCE", "PKCE", func(s object) { delete(s, "code_challenge_methods_supported") }},
		{"no client documents", "client metadata documents", func(s object) { s["client_id_metadata_document_supported"] = false }},
		{"no code flow", "no codes", func(s object) { s["response_types_supported"] = []string{"token"} }},
		{"no token endpoint", "no token endpoint", func(s object) { delete(s, "token_endpoint") }},
		{"no document", "answered 404", func(s object) { clear(s) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := newHost(t)
			if test.bend(h.server); len(h.server) == 0 {
				h.server = nil
			}
			_, err := h.discover(t)
			if !errors.Is(err, signin.ErrNoSignIn) {
				t.Fatalf("got %v", err)
			}
			says(t, err, h.URL, test.says, "personal API key")
		})
	}
}

func TestMetadataThatNoHonestHostHasAreAnError(t *testing.T) {
	type change = func(h *host)
	server := func(name, value string) change { return func(h *host) { h.server[name] = value } }
	for _, test := range []struct {
		name, says string
		bend       change
	}{
		{"another issuer", `issuer "https://evil.example"`, server("issuer", "https://evil.example")},
		{"the issuer with a slash", "issuer", func(h *host) { h.server["issuer"] = h.URL + "/" }},
		{"no issuer", `issuer ""`, func(h *host) { delete(h.server, "issuer") }},
		{"a token endpoint by http", "not safe", server("token_endpoint", "http://evil.example/token")},
		{"an authorization endpoint that is a script", "not safe", server("authorization_endpoint", "javascript:alert(1)")},
		{"an authorization endpoint with a password", "not safe", server("authorization_endpoint", "https://a:b@evil.example/")},
		{"an authorization endpoint that is no address", "not safe", server("authorization_endpoint", "://")},
		{"a revocation endpoint by http", "not safe", server("revocation_endpoint", "http://evil.example/revoke")},
		{"another's page to consent at", "which is not its own", server("authorization_endpoint", "https://us.posthog.com/oauth/authorize/")},
		{"another's token endpoint", "which is not its own", server("token_endpoint", "https://evil.example/token")},
		{"a token endpoint on another port", "which is not its own", server("token_endpoint", "http://127.0.0.1:1/token")},
		{"another's revocation endpoint", "which is not its own", server("revocation_endpoint", "https://evil.example/revoke")},
		{"another resource", `says that it is "https://us.posthog.com"`, func(h *host) { h.resource["resource"] = "https://us.posthog.com" }},
		{"another's sign-in", "not its own", func(h *host) { h.resource["authorization_servers"] = []string{"https://us.posthog.com"} }},
		{"a sign-in on another port", "not its own", func(h *host) { h.resource["authorization_servers"] = []string{"http://127.0.0.1:1"} }},
		{"a sign-in with a query", "not its own", func(h *host) { h.resource["authorization_servers"] = []string{h.URL + "?a"} }},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := newHost(t)
			test.bend(h)
			_, err := h.discover(t)
			if err == nil || errors.Is(err, signin.ErrNoSignIn) {
				t.Fatalf("got %v", err)
			}
			says(t, err, test.says)
		})
	}
}

func TestHiddenCharactersOfAHostAreSeenInErrors(t *testing.T) {
	h := newHost(t)
	h.server["issuer"] = "https://evil.example\u202e\x1b[2J" + strings.Repeat("x", 5000)
	_, err := h.discover(t)
	if err == nil || strings.ContainsAny(err.Error(), "\u202e\x1b") || len(err.Error()) > 1000 {
		t.Errorf("got %q", err)
	}
}

func TestAnswersThatAreNoMetadata(t *testing.T) {
	elsewhere := newHost(t)
	for _, test := range []struct {
		name, says string
		none       bool
		answer     http.HandlerFunc
	}{
		{"a page", "not its JSON", true, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }},
		{"a list", "not its JSON", true, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("[]")) }},
		{"the login", "leads on to", true, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/login?next="+r.URL.Path, http.StatusFound)
		}},
		{"another host", elsewhere.URL, true, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL+r.URL.Path, http.StatusTemporaryRedirect)
		}},
		{"too much", "more than 256 KiB", true, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"issuer": "` + strings.Repeat("x", 1<<20) + `"}`))
		}},
		{"a failure", "answered 503; try again", false, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }},
		{"a connection that ends", "EOF", false, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := httptest.NewServer(test.answer)
			defer server.Close()
			_, err := discoverAt(t, server.URL)
			if err == nil || errors.Is(err, signin.ErrNoSignIn) != test.none {
				t.Fatalf("got %v", err)
			}
			says(t, err, test.says)
		})
	}
	if len(elsewhere.paths) > 0 {
		t.Errorf("another host was asked for %q", elsewhere.paths)
	}
}

func TestAHostByHTTPIsOnThisMachine(t *testing.T) {
	for _, address := range []string{"http://posthog.example.com", "ftp://127.0.0.1", "https://", "https://a:secret-of-a@x.example", "https://x.example/?a=b"} {
		_, err := discoverAt(t, address)
		if err == nil || strings.Contains(err.Error(), "secret-of-a") {
			t.Errorf("%s: %v", address, err)
			continue
		}
		says(t, err, "https://")
	}
}

func TestOnlyPostHogsOwnHostsShareASignIn(t *testing.T) {
	for _, test := range []struct {
		host, issuer string
		may          bool
	}{
		{"https://us.posthog.com", "https://us.posthog.com", true},
		{"https://us.posthog.com", "https://oauth.posthog.com", true},
		{"https://eu.posthog.com", "https://OAuth.PostHog.com", true},
		{"https://us.posthog.com", "http://oauth.posthog.com", false},
		{"https://us.posthog.com", "https://oauth.posthog.com.evil.example", false},
		{"https://us.posthog.com", "https://notposthog.com", false},
		{"https://evil.example", "https://us.posthog.com", false},
		{"https://self.example", "https://self.example:8443", false},
	} {
		parse := func(address string) *url.URL { parsed, _ := url.Parse(address); return parsed }
		if got := signin.BelongTogether(parse(test.host), parse(test.issuer)); got != test.may {
			t.Errorf("%s may send people to %s: %t", test.host, test.issuer, got)
		}
	}
}

func TestAServerThatWasStoredIsCheckedAgain(t *testing.T) {
	own := signin.Server{
		Issuer: "https://oauth.posthog.com", AuthorizationEndpoint: "https://oauth.posthog.com/authorize",
		TokenEndpoint: "https://us.posthog.com/token", RevocationEndpoint: "https://us.posthog.com/revoke",
	}
	for name, test := range map[string]struct {
		host string
		bend func(*signin.Server)
		may  bool
	}{
		"as it was":                     {"https://eu.posthog.com", func(*signin.Server) {}, true},
		"without revocation":            {"https://eu.posthog.com", func(s *signin.Server) { s.RevocationEndpoint = "" }, true},
		"of another host":               {"https://evil.example", func(*signin.Server) {}, false},
		"another's issuer":              {"https://eu.posthog.com", func(s *signin.Server) { s.Issuer = "https://evil.example" }, false},
		"no issuer":                     {"https://eu.posthog.com", func(s *signin.Server) { s.Issuer = "" }, false},
		"another's token endpoint":      {"https://eu.posthog.com", func(s *signin.Server) { s.TokenEndpoint = "https://evil.example/token" }, false},
		"another's revocation endpoint": {"https://eu.posthog.com", func(s *signin.Server) { s.RevocationEndpoint = "https://evil.example/" }, false},
		"no token endpoint":             {"https://eu.posthog.com", func(s *signin.Server) { s.TokenEndpoint = "" }, false},
		"a token endpoint by http":      {"https://eu.posthog.com", func(s *signin.Server) { s.TokenEndpoint = "http://us.posthog.com/token" }, false},
	} {
		host, err := url.Parse(test.host)
		if err != nil {
			t.Fatal(err)
		}
		server := own
		test.bend(&server)
		if err := server.Check(host); (err == nil) != test.may {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAClientIDIsTheAddressOfADocument(t *testing.T) {
	good := []string{"https://example.com/oauth-client.json", "http://127.0.0.1:8010/client", "http://localhost/c", "http://[::1]:1/c"}
	bad := map[string]string{
		"": "not the address", "client": "not the address", "https://": "not the address", "mailto:a@b.c": "not the address",
		"http://example.com/c": "https://", "ftp://example.com/c": "https://", "https://example.com": "name a document", "https://example.com/": "name a document",
		"https://a:b@example.com/c": "without", "https://example.com/c?d": "without", "https://example.com/c?": "without", "https://example.com/c#d": "without",
		"https://example.com/a/../c": "dot segments", "https://example.com/a/..": "dot segments",
	}
	for _, id := range good {
		if err := signin.CheckClientID(id); err != nil {
			t.Errorf("%q: %v", id, err)
		}
	}
	for id := range maps.Keys(bad) {
		if err := signin.CheckClientID(id); err == nil || !strings.Contains(err.Error(), bad[id]) {
			t.Errorf("%q: %v, want it to say %q", id, err, bad[id])
		}
	}
}

// says fails the test unless an error holds all the words.
func says(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one that says %q", words)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q does not say %q", err, word)
		}
	}
}
