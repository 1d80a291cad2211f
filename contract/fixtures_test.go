package contract

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

const (
	anID = "0190f3a2-5b1c-7d10-8a55-3f6b2c9e7d41"
	org  = "/api/organizations/" + anID
)

const aUser = `{"id":1,"uuid":"` + anID + `","distinct_id":null,"first_name":"Ana","last_name":"",` +
	`"email":"ana@example.com","is_email_verified":null,"hedgehog_config":{"color":"green","hat":"any"},"role_at_organization":null}`

const aRole = `{"id":"` + anID + `","name":"Support","created_at":"2024-05-01T09:30:00.123456Z",` +
	`"created_by":` + aUser + `,"members":[],"is_default":false}`

const aPage = `{"count":250,"next":"http://127.0.0.1:1234` + org + `/roles/?limit=100&offset=200",` +
	`"previous":"http://127.0.0.1:1234` + org + `/roles/?limit=100","results":[` + aRole + `]}`

const anError = `{"type":"invalid_request","code":"not_found","detail":"Not found.","attr":null}`

// recordingTB stands in for a test, so that a test can see what another would
// be told. Cleanups run when end is called.
type recordingTB struct {
	testing.TB
	mu       sync.Mutex
	told     []string
	cleanups []func()
}

func newRecordingTB(t *testing.T) *recordingTB { return &recordingTB{TB: t} }

func (r *recordingTB) Helper() {}

func (r *recordingTB) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.told = append(r.told, fmt.Sprintf(format, args...))
}

func (r *recordingTB) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }

func (r *recordingTB) end() {
	for i := len(r.cleanups) - 1; i >= 0; i-- {
		r.cleanups[i]()
	}
}

func (r *recordingTB) problems() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.told...)
}

// request is one of our client's, unless the header says otherwise.
func request(method, target, body string) *http.Request {
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r := httptest.NewRequest(method, target, reader)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("User-Agent", ClientPrefix+"1.2.3")
	r.Header.Set("Authorization", "Bearer key")
	return r
}

// answering returns a handler that always says the same.
func answering(status int, contentType, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if contentType != "" {
			w.Header().Set("Content-Type", contentType)
		}
		w.WriteHeader(status)
		_, _ = io.Copy(w, bytes.NewReader([]byte(body)))
	})
}

// exchange sends r through a checked h and returns what the test was told.
func exchange(t *testing.T, h http.Handler, r *http.Request) []string {
	t.Helper()
	tb := newRecordingTB(t)
	Checked(tb, h).ServeHTTP(httptest.NewRecorder(), r)
	return tb.problems()
}

// expect fails unless exactly one problem holds all the words, or none is
// there when no word is given.
func expect(t *testing.T, problems []string, words ...string) {
	t.Helper()
	if len(words) == 0 {
		if len(problems) > 0 {
			t.Errorf("unexpected problems: %q", problems)
		}
		return
	}
	for _, problem := range problems {
		found := true
		for _, word := range words {
			found = found && strings.Contains(problem, word)
		}
		if found {
			return
		}
	}
	t.Errorf("no problem says %q, only %q", words, problems)
}
