package sandbox

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"posthog-org-mcp/contract"
)

const (
	here  = "/api/organizations/" + Organization
	there = "/api/organizations/" + OtherOrganization
	// nobody is a well-formed id that no row has.
	nobody = "0190f3a2-ffff-7000-8000-000000000000"
)

// stand is a sandbox under test; all its answers are held to the API's document.
type stand struct {
	*Sandbox
	t       *testing.T
	handler *contract.Checker
	clock   time.Time
}

func setUp(t *testing.T, faults Faults) *stand {
	t.Helper()
	s := &stand{t: t, clock: time.Date(2026, 3, 14, 9, 26, 53, 589793000, time.UTC)}
	s.Sandbox = New(Options{Faults: faults, Now: func() time.Time { return s.clock }})
	s.handler = contract.Checked(t, s.Sandbox)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	return s
}

// reaction is what came back.
type reaction struct {
	t      *testing.T
	asked  string
	status int
	header http.Header
	text   string
}

// ask sends one request; a body is sent as JSON.
func (s *stand) ask(key, method, path, body string) reaction {
	s.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	return s.send(r)
}

func (s *stand) send(r *http.Request) reaction {
	s.t.Helper()
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return reaction{t: s.t, asked: r.Method + " " + r.URL.RequestURI(), status: w.Code, header: w.Header(), text: w.Body.String()}
}

func (s *stand) get(key, path string) reaction {
	s.t.Helper()
	return s.ask(key, "GET", path, "")
}

// is fails the test unless the answer has this status.
func (r reaction) is(status int) reaction {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("%s answered %d %s, want %d", cut(r.asked, 200), r.status, cut(r.text, 400), status)
	}
	return r
}

// refused fails the test unless the answer is exactly this error.
func (r reaction) refused(want problem) {
	r.t.Helper()
	r.is(want.status)
	text, err := encodeJSON(want)
	if err != nil {
		r.t.Fatal(err)
	}
	if r.text != string(text) {
		r.t.Errorf("%s answered\n%s\nwant\n%s", cut(r.asked, 200), cut(r.text, 400), text)
	}
}

// decoded reads the body of an answer.
func decoded[T any](r reaction) T {
	r.t.Helper()
	var value T
	if err := json.Unmarshal([]byte(r.text), &value); err != nil {
		r.t.Fatalf("%s answered %q: %v", cut(r.asked, 200), cut(r.text, 400), err)
	}
	return value
}

// results reads the rows of a page.
func results[T any](r reaction) []T {
	r.t.Helper()
	return decoded[page[T]](r.is(http.StatusOK)).Results
}

// same fails the test unless two values are equal.
func same[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// names takes one text from each row.
func names[T any](rows []T, name func(T) string) string {
	var all []string
	for _, row := range rows {
		all = append(all, name(row))
	}
	return strings.Join(all, " | ")
}

// untilAsked waits for the first request.
func (s *stand) untilAsked() {
	s.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); len(s.Requests()) == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatal("nothing was asked")
		}
	}
}
