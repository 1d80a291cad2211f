package e2e_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"posthog-org-mcp/harness"
	"posthog-org-mcp/sandbox"
)

// canary marks every secret of these tests; it may surface nowhere.
const canary = "CANARY"

// wholeToken is a secret of PostHog's that nobody has masked.
var wholeToken = regexp.MustCompile(`ph[xars]_[A-Za-z0-9_-]{6,}`)

// The API echoes the key and tokens in every place where text comes from, logs
// are at their most talkative, and each tool is called.
func TestNoSecretSurfacesAnywhere(t *testing.T) {
	t.Parallel()
	for name, key := range map[string]string{
		"key with prefix":    "phx_" + canary + "0123456789abcdefghijklmnop",
		"key without prefix": canary + "0123456789abcdefghijklmnopqrstuvwxyz",
	} {
		for _, answer := range []struct {
			name   string
			status int
			body   string
		}{
			{"refusal", 403, `{"type":"authentication_error","code":"permission_denied","detail":"API key %[1]s missing required scope 'phs_%[2]s0123456789abcdef'","attr":"%[1]s"}`},
			{"text", 500, `Traceback: token=%[1]s phs_%[2]s0123456789abcdef`},
			{"page", 502, `<html>%[1]s</html>`},
			{"garbage", 200, `{"%[1]s": "phs_%[2]s0123456789abcdef"`},
			{"unknown fields", 404, `{"detail":"Not found. %[1]s","extra":"phs_%[2]s0123456789abcdef"}`},
		} {
			t.Run(name+", "+answer.name, func(t *testing.T) {
				t.Parallel()
				var asked atomic.Int64
				host := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					asked.Add(1)
					w.Header().Set("Content-Type", "application/json")
					w.Header().Set("X-Request-Id", "request "+key)
					w.Header().Set("X-Echo", r.Header.Get("Authorization"))
					w.WriteHeader(answer.status)
					_, _ = fmt.Fprintf(w, answer.body, key, canary)
				}))
				t.Cleanup(host.Close)
				home := t.TempDir()
				session := harness.Start(t, harness.Options{
					Env: map[string]string{
						"POSTHOG_HOST": host.URL, "POSTHOG_PERSONAL_API_KEY": key,
						"HOME": home, "XDG_STATE_HOME": home, "XDG_CONFIG_HOME": home, "XDG_CACHE_HOME": home,
						"USERPROFILE": home, "LOCALAPPDATA": home,
					},
					Args: []string{"--log-level", "debug"},
				})
				var calls []*harness.Pending // All at once: some take a few tries.
				for _, try := range everyTool() {
					calls = append(calls, session.BeginCall(try.tool, try.args))
				}
				for i, try := range everyTool() {
					assertNoSecret(t, try.tool, string(calls[i].Result().Raw), key)
				}
				assertNoSecret(t, "an argument", session.Call("roles-get", values{key: key, "role": key}).Text, key)
				_, refused := session.Request("tools/call", values{"name": key})
				if refused == nil {
					t.Fatal("a tool with the key's name")
				}
				assertNoSecret(t, "an unknown tool", refused.Message, key)
				session.Close()
				assertNoSecret(t, "stderr", session.Stderr(), key)
				if asked.Load() == 0 || session.Stderr() == "" {
					t.Errorf("%d requests and %d bytes of log: the test looks at nothing", asked.Load(), len(session.Stderr()))
				}
				assertNoFileHolds(t, home, key)
			})
		}
	}
}

func assertNoSecret(t *testing.T, where, text, key string) {
	t.Helper()
	if strings.Contains(text, canary) || strings.Contains(text, key) || wholeToken.MatchString(text) {
		t.Errorf("%s shows a secret: %s", where, text)
	}
}

func assertNoFileHolds(t *testing.T, root, key string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		assertNoSecret(t, path, string(content), key)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestARotationNeverShowsAWholeToken(t *testing.T) {
	t.Parallel()
	stage := harness.Backend(t, sandbox.Options{})
	session := harness.Start(t, harness.Options{Env: unasked(stage.Env()), Args: []string{"--log-level", "debug"}})
	for range 2 { // The second one has a backup to show as well.
		for _, view := range []string{"compact", "full"} {
			for _, project := range []string{sandbox.ProjectWebName, sandbox.ProjectMobileName} {
				result := session.Call("project-secret-token-rotate", values{"project": project, "view": view})
				if result.IsError {
					t.Fatal(result.Text)
				}
				if bare := wholeToken.FindString(string(result.Raw)); bare != "" {
					t.Errorf("%s, %s: %s", project, view, bare)
				}
				if !strings.Contains(result.Text, "phs_…") {
					t.Errorf("%s, %s: no masked token in %s", project, view, result.Text)
				}
			}
		}
	}
	session.Close()
	if bare := wholeToken.FindString(session.Stderr()); bare != "" {
		t.Errorf("stderr: %s", bare)
	}
}

func TestABadConfigurationStopsTheStartWithOneMessage(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		env  map[string]string
		args []string
		want []string
	}{
		{"no key", nil, nil, []string{"POSTHOG_PERSONAL_API_KEY", "/settings/user-api-keys", "organization:write", "organization_member:read", "project:read", "user:read"}},
		{"public token", map[string]string{"POSTHOG_PERSONAL_API_KEY": "phc_" + canary + "0123456789abcdef"}, nil, []string{"POSTHOG_PERSONAL_API_KEY", "phc_", "/settings/user-api-keys"}},
		{"secret project token", map[string]string{"POSTHOG_PERSONAL_API_KEY": "phs_" + canary + "0123456789abcdef"}, nil, []string{"POSTHOG_PERSONAL_API_KEY", "phs_"}},
		{"placeholder", map[string]string{"POSTHOG_PERSONAL_API_KEY": "${input:posthog_key}"}, nil, []string{"POSTHOG_PERSONAL_API_KEY", "placeholder"}},
		{"plain http", map[string]string{"POSTHOG_HOST": "http://posthog.example.com", "POSTHOG_PERSONAL_API_KEY": "phx_" + canary + "0123456789abcdef"}, nil, []string{"POSTHOG_HOST", "https"}},
		{"organization", map[string]string{"POSTHOG_ORGANIZATION_ID": "acme", "POSTHOG_PERSONAL_API_KEY": "phx_" + canary + "0123456789abcdef"}, nil, []string{"POSTHOG_ORGANIZATION_ID"}},
		{"timeout", map[string]string{"POSTHOG_PERSONAL_API_KEY": "phx_" + canary + "0123456789abcdef"}, []string{"--timeout", "soon"}, []string{"--timeout"}},
		{"log level", map[string]string{"POSTHOG_PERSONAL_API_KEY": "phx_" + canary + "0123456789abcdef", "POSTHOG_MCP_LOG_LEVEL": "loud"}, nil, []string{"POSTHOG_MCP_LOG_LEVEL"}},
		{"missing key file", map[string]string{"POSTHOG_PERSONAL_API_KEY_FILE": "/nonexistent/key"}, nil, []string{"POSTHOG_PERSONAL_API_KEY_FILE"}},
		{"unknown flag", nil, []string{"--organisation", "x"}, []string{"--organisation"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			out := harness.Run(t, harness.Command{Args: test.args, Env: test.env})
			if out.ExitCode != 2 || out.Stdout != "" {
				t.Errorf("exit code %d, stdout %q", out.ExitCode, out.Stdout)
			}
			for _, want := range test.want {
				if !strings.Contains(out.Stderr, want) {
					t.Errorf("no %q in: %s", want, out.Stderr)
				}
			}
			if strings.Contains(out.Stderr, canary) || strings.Contains(out.Stderr, "goroutine") {
				t.Errorf("stderr: %s", out.Stderr)
			}
		})
	}
}

// The sandbox must not be mixed up with a real organization.
func TestTheSandboxSendsNothingToTheConfiguredHost(t *testing.T) {
	t.Parallel()
	asked := make(chan string, 100)
	host := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked <- r.URL.Path
		_, _ = io.Copy(io.Discard, r.Body)
	}))
	t.Cleanup(host.Close)
	session := harness.Start(t, harness.Options{Args: []string{"--sandbox"}, Env: at(host.URL)})
	if result := session.Call("roles-list", nil); result.IsError || !strings.Contains(result.Text, sandbox.RoleSupport) {
		t.Error(result.Text)
	}
	session.Close()
	if len(asked) != 0 {
		t.Errorf("asked %s", <-asked)
	}
}
