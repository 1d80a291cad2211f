package harness

import (
	"io"
	"log"
	"net/http/httptest"
	"testing"

	"posthog-org-mcp/contract"
	"posthog-org-mcp/sandbox"
)

// Stage is PostHog's API for one test: a sandbox of its own on loopback, with
// every exchange held to the API's document on the way.
type Stage struct {
	URL     string            // where it listens, without a closing slash
	Sandbox *sandbox.Sandbox  // what it holds, what it was asked, what it is to break
	Checker *contract.Checker // what was checked
}

// Backend starts a stage and ends it with the test. Requests that hang at the
// end are cut off.
func Backend(tb testing.TB, options sandbox.Options) *Stage {
	tb.Helper()
	box := sandbox.New(options)
	// Ended last in, first out: the listener, then the checks, then the data.
	tb.Cleanup(func() {
		if err := box.Close(); err != nil {
			tb.Errorf("harness: close the sandbox: %v", err)
		}
	})
	checker := contract.Checked(tb, box)
	server := httptest.NewUnstartedServer(checker)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // dropped connections are asked for
	server.Start()
	tb.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return &Stage{URL: server.URL, Sandbox: box, Checker: checker}
}

// Env returns a new map of the variables that point a server at this stage
// with the administrator's key. The caller may change it.
func (s *Stage) Env() map[string]string {
	return map[string]string{
		"POSTHOG_HOST":             s.URL,
		"POSTHOG_PERSONAL_API_KEY": sandbox.AdminKey,
	}
}
