package e2e_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"posthog-org-mcp/harness"
	"posthog-org-mcp/sandbox"
)

// The canaries. Each has an end of its own, which a mask may show.
const (
	canaryToken    = "phs_" + canary + "0123456789abcdefToken"
	canaryPerson   = "phx_" + canary + "0123456789abcdefPerson"
	canaryAccess   = "pha_" + canary + "0123456789abcdefAccess"
	canaryPassword = canary + "0123456789password"
)

// meddler stands before a sandbox, takes a canary for the administrator's key,
// and puts canaries into all that it passes back.
type meddler struct {
	*httptest.Server
	key string

	mu      sync.Mutex
	spoiled *spoiled
	rotated []string // the tokens that rotations have made
}

// spoiled is an answer that every request gets instead of its own.
type spoiled struct {
	status  int
	headers map[string]string
	body    string
}

func newMeddler(t *testing.T, stage *harness.Stage, key string) *meddler {
	t.Helper()
	target, err := url.Parse(stage.URL)
	if err != nil {
		t.Fatal(err)
	}
	m := &meddler{key: key}
	onward := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host
			r.Out.Header.Set("Accept-Encoding", "identity")
			if r.In.Header.Get("Authorization") == "Bearer "+key {
				r.Out.Header.Set("Authorization", "Bearer "+sandbox.AdminKey)
			}
		},
		ModifyResponse: m.meddle,
	}
	m.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if bad := m.now(); bad != nil {
			for name, value := range bad.headers {
				w.Header().Set(name, value)
			}
			w.WriteHeader(bad.status)
			_, _ = io.WriteString(w, bad.body)
			return
		}
		onward.ServeHTTP(w, r)
	}))
	t.Cleanup(m.Close)
	return m
}

func (m *meddler) now() *spoiled {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.spoiled
}

// spoil gives every request this answer; nil is the right one again.
func (m *meddler) spoil(bad *spoiled) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.spoiled = bad
}

// meddle puts canaries into headers, names and links.
func (m *meddler) meddle(answer *http.Response) error {
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	m.remember(body)
	text := strings.NewReplacer(
		`"Kim"`, strconv.Quote(canaryPerson),
		sandbox.ProjectMobileName, sandbox.ProjectMobileName+" "+canaryToken,
		"Growth Marketing", "Growth "+m.key,
		"limit=", "key="+canaryAccess+"&limit=",
	).Replace(string(body))
	answer.Body = io.NopCloser(strings.NewReader(text))
	answer.ContentLength = int64(len(text))
	answer.Header.Set("Content-Length", strconv.Itoa(len(text)))
	answer.Header.Set("X-Request-Id", "request "+m.key+" "+canaryToken)
	answer.Header.Set("X-Echo", canaryAccess)
	answer.Header.Set("Server", canaryPerson)
	return nil
}

func (m *meddler) remember(body []byte) {
	var project struct {
		Token string `json:"secret_api_token"`
	}
	if json.Unmarshal(body, &project) != nil || project.Token == "" {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.rotated) == 0 || m.rotated[len(m.rotated)-1] != project.Token {
		m.rotated = append(m.rotated, project.Token)
	}
}

// token is the one that a project has now.
func (m *meddler) token(t *testing.T) string {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.rotated) == 0 {
		t.Fatal("nothing was rotated")
	}
	return m.rotated[len(m.rotated)-1]
}

// spoilings are answers with canaries in every part that is read.
func (m *meddler) spoilings() []spoiled {
	object := func(kind string) string {
		return fmt.Sprintf(`{"type":%q,"code":%q,"detail":%q,"attr":%q,"extra":{"token":%q}}`,
			kind, "code_"+m.key, "API key "+m.key+" may not see "+canaryToken, canaryAccess, canaryToken)
	}
	return []spoiled{
		{status: 400, body: object("validation_error")},
		{status: 401, body: object("authentication_error"), headers: map[string]string{"WWW-Authenticate": "Bearer " + m.key}},
		{status: 403, body: object("permission_denied " + canaryToken)},
		{status: 403, body: `{"type":"authentication_error","code":"permission_denied","detail":"API key missing required scope '` + canaryToken + `'"}`},
		{status: 404, body: object("invalid_request")},
		{status: 409, body: object("conflict")},
		{status: 429, body: object("throttled_error"), headers: map[string]string{"Retry-After": "60 " + m.key}},
		{status: 429, body: object("throttled_error"), headers: map[string]string{"Retry-After": "3600", "X-Request-Id": m.key}},
		{status: 500, body: "Traceback: " + m.key + " " + canaryToken, headers: map[string]string{"X-Request-Id": canaryAccess}},
		{status: 502, body: "<html>" + m.key + "</html>"},
		{status: 302, headers: map[string]string{"Location": "https://elsewhere.example/" + canaryToken + "?key=" + m.key}},
		{status: 307, headers: map[string]string{"Location": "https://" + canaryPassword + ":" + m.key + "@elsewhere.example/"}},
		{status: 200, body: `{"` + m.key + `": "` + canaryToken},
		{status: 200, body: `{"count":1,"next":"https://elsewhere.example/?key=` + canaryToken + `","previous":null,"results":[{"id":"` + m.key + `","name":7}]}`},
		{status: 200, body: `[` + strconv.Quote(canaryToken) + `]`},
	}
}
