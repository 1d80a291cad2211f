package apiclient_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/contract"
	"posthog-org-mcp/redact"
)

// canary is the key of every client here. It must never be seen outside the
// Authorization header.
const canary = "phx_CANARY0123456789abcdefghijCANARY"

// Ids that the tests use. Nothing is behind them.
const (
	organization = apiclient.OrganizationID("0190f3a2-5b1c-7d10-8a55-3f6b2c9e7d41")
	roleID       = apiclient.RoleID("0190f3a2-5b1c-7d10-8a55-3f6b2c9e7d42")
	membershipID = apiclient.MembershipID("0190f3a2-5b1c-7d10-8a55-3f6b2c9e7d43")
	userID       = apiclient.UserID("0190f3a2-5b1c-7d10-8a55-3f6b2c9e7d44")
	referenceID  = apiclient.ReferenceID("0190f3a2-5b1c-7d10-8a55-3f6b2c9e7d45")
	projectID    = apiclient.ProjectID(7)
)

// prefix is the path that PostHog is served under here, so that an absolute
// path in the client would miss.
const prefix = "/behind/a path"

// stage is a server that answers what a test tells it to, below prefix.
type stage struct {
	url *url.URL
	mux *http.ServeMux

	mu       sync.Mutex
	requests []request
}

// request is what the server saw.
type request struct {
	method, path, query, body string
	header                    http.Header
}

// newStage starts a server whose exchanges are held to the API document, but for
// the answers that a test marks with broken.
func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{mux: http.NewServeMux()}
	below := http.StripPrefix(prefix, contract.Checked(t, s.mux))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("the request's body broke off: %v", err)
		}
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		s.mu.Lock()
		s.requests = append(s.requests, request{r.Method, r.URL.EscapedPath(), r.URL.RawQuery, string(body), r.Header.Clone()})
		s.mu.Unlock()
		if !strings.HasPrefix(r.URL.Path, prefix+"/api/") {
			t.Errorf("%s %s is not below %s/api/", r.Method, r.URL.Path, prefix)
		}
		below.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	s.url = mustParse(t, server.URL+strings.ReplaceAll(prefix, " ", "%20"))
	return s
}

// answer makes the server give one answer to everything.
func (s *stage) answer(status int, body string, header ...string) {
	s.handle(func(w http.ResponseWriter, _ *http.Request) { give(w, status, body, header...) })
}

// broken is answer for what the API would never say.
func (s *stage) broken(status int, body string, header ...string) {
	s.answer(status, body, append([]string{contract.FaultHeader, "test"}, header...)...)
}

func (s *stage) handle(handler http.HandlerFunc) { s.mux.HandleFunc("/api/", handler) }

// seen returns what was asked so far.
func (s *stage) seen() []request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]request(nil), s.requests...)
}

// give writes an answer; header holds pairs of name and value.
func give(w http.ResponseWriter, status int, body string, header ...string) {
	w.Header().Set("Content-Type", "application/json")
	if status == http.StatusNoContent {
		w.Header().Del("Content-Type")
	}
	for i := 0; i+1 < len(header); i += 2 {
		w.Header().Set(header[i], header[i+1])
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

// client returns a client of the server; change may alter its configuration.
func (s *stage) client(t *testing.T, change ...func(*apiclient.Config)) *apiclient.Client {
	t.Helper()
	return newClient(t, s.url, change...)
}

func (s *stage) reader(t *testing.T) apiclient.Reader { return s.client(t).Reader() }

func newClient(t *testing.T, host *url.URL, change ...func(*apiclient.Config)) *apiclient.Client {
	t.Helper()
	config := apiclient.Config{
		Host: host, Key: redact.NewSecret(canary), UserAgent: "posthog-org-mcp/0.0.0-test",
		Timeouts: apiclient.Timeouts{Connect: 10 * time.Second, Header: 10 * time.Second, Total: 20 * time.Second},
		// What one try comes to is tested by itself; see retry_test.go for the others.
		Retry: apiclient.RetryPolicy{Tries: 1},
	}
	for _, change := range change {
		change(&config)
	}
	client, err := apiclient.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if config.Transport == nil {
			client.CloseIdleConnections()
		}
	})
	return client
}

func mustParse(t *testing.T, address string) *url.URL {
	t.Helper()
	parsed, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func testContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// Answers of the API, as small as the document lets them be.
var (
	userJSON = fmt.Sprintf(`{"id":1,"uuid":%q,"distinct_id":null,"first_name":"Ana","last_name":"","email":"ana@example.com",`+
		`"is_email_verified":null,"hedgehog_config":null,"role_at_organization":null}`, userID)
	roleJSON       = roleNamed("Support")
	membershipJSON = fmt.Sprintf(`{"id":%q,"role_id":%q,"organization_member":null,"user":%s,`+
		`"joined_at":"2024-05-01T09:30:00.123456Z","updated_at":"2024-05-01T09:30:00.123456Z"}`, membershipID, roleID, userJSON)
	referenceJSON = fmt.Sprintf(`{"id":%q,"provider":"github","provider_organization_id":"acme","provider_role_id":"81732",`+
		`"provider_role_slug":null,"provider_role_name":"On call","role":%q,"created_at":"2024-05-01T09:30:00Z","created_by":null}`,
		referenceID, roleID)
)

func roleNamed(name string) string {
	return fmt.Sprintf(`{"id":%q,"name":%q,"created_at":"2024-05-01T09:30:00.123456Z","created_by":null,"members":[],"is_default":false}`, roleID, name)
}

// pageJSON is a page that is the last one.
func pageJSON(count int, rows ...string) string {
	return fmt.Sprintf(`{"count":%d,"next":null,"previous":null,"results":[%s]}`, count, strings.Join(rows, ","))
}

func refusalJSON(kind, code, detail string, attr ...string) string {
	blame := "null"
	if len(attr) > 0 {
		blame = fmt.Sprintf("%q", attr[0])
	}
	return fmt.Sprintf(`{"type":%q,"code":%q,"detail":%q,"attr":%s}`, kind, code, detail, blame)
}
