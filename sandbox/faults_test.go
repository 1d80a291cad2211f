package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// overTheWire starts a server, for what only a real connection shows.
func (s *stand) overTheWire() func(method, path, body string) (*http.Response, error) {
	s.t.Helper()
	server := httptest.NewServer(s.handler)
	s.t.Cleanup(server.Close)
	client := &http.Client{
		// A kept connection that breaks makes the client repeat a request, and
		// these tests count.
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       20 * time.Second,
	}
	return func(method, path, body string) (*http.Response, error) {
		r, err := http.NewRequestWithContext(s.t.Context(), method, server.URL+path, strings.NewReader(body))
		if err != nil {
			s.t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+AdminKey)
		if body != "" {
			r.Header.Set("Content-Type", "application/json")
		}
		response, err := client.Do(r)
		if err == nil {
			s.t.Cleanup(func() { _ = response.Body.Close() })
		}
		return response, err
	}
}

func (s *stand) hasRole(name string) bool {
	s.t.Helper()
	n := s.number(`SELECT count(*) FROM roles WHERE name = ?`, name)
	return n > 0
}

func (s *stand) number(query string, arguments ...any) (n int64) {
	s.t.Helper()
	db, err := s.database(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	if err := db.QueryRowContext(s.t.Context(), query, arguments...).Scan(&n); err != nil {
		s.t.Fatal(err)
	}
	return n
}

func TestAFaultStrikesAsOftenAsAskedAndWhereAsked(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{Next: []Fault{
		{Kind: Fail, Times: 2, Method: "POST"},
		{Kind: Throttle, PathContains: "/members"},
		{Kind: Fail, Status: 418, Times: -1, PathContains: "/projects"},
	}})
	create := func() reaction { return s.ask(AdminKey, "POST", here+"/roles/", `{"name": "x"}`) }
	s.get(AdminKey, here+"/roles/").is(200)
	create().is(500)
	s.get(AdminKey, here+"/members/").is(429)
	create().is(500)
	create().is(201)
	s.get(AdminKey, here+"/members/").is(200)
	for range 5 {
		s.get(AdminKey, here+"/projects/").is(418)
	}
	s.SetFaults(Faults{})
	s.get(AdminKey, here+"/projects/").is(200)
}

func TestAFaultSaysWhatItIs(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	for _, c := range []struct {
		fault      Fault
		status     int
		retryAfter string
		body       string
	}{
		{Fault{Kind: Throttle}, 429, "1", `{"type":"throttled_error","code":"throttled","detail":"Request was throttled. Expected available in 1 seconds.","attr":null}`},
		{Fault{Kind: Throttle, RetryAfter: 42 * time.Second}, 429, "42", `{"type":"throttled_error","code":"throttled","detail":"Request was throttled. Expected available in 42 seconds.","attr":null}`},
		{Fault{Kind: Throttle, RetryAfter: time.Millisecond}, 429, "0", `{"type":"throttled_error","code":"throttled","detail":"Request was throttled. Expected available in 0 seconds.","attr":null}`},
		{Fault{Kind: Fail}, 500, "", `{"type":"server_error","code":"error","detail":"A server error occurred.","attr":null}`},
		{Fault{Kind: Fail, Status: 503, RetryAfter: 3 * time.Second}, 503, "3", "<html><body><h1>503 Service Unavailable</h1></body></html>\n"},
		{Fault{Kind: Fail, Status: 502}, 502, "", "<html><body><h1>502 Bad Gateway</h1></body></html>\n"},
		{Fault{Kind: Fail, Status: 404}, 404, "", `{"type":"invalid_request","code":"not_found","detail":"Not found.","attr":null}`},
		{Fault{Kind: EmptyBody}, 200, "", ""},
		{Fault{Kind: Garbage}, 200, "", "<!-- not \x00 JSON \xff -->"},
	} {
		s.SetFaults(Faults{Next: []Fault{c.fault}})
		answer := s.get(AdminKey, here+"/roles/").is(c.status)
		same(t, "the body", answer.text, c.body)
		same(t, "Retry-After", answer.header.Get("Retry-After"), c.retryAfter)
		same(t, "the mark", answer.header.Get("X-Sandbox-Fault"), string(c.fault.Kind))
		same(t, "the mark of the next", s.get(AdminKey, here+"/roles/").is(200).header.Get("X-Sandbox-Fault"), "")
	}
}

func TestWhatFailsBeforeTheDeedIsNotDone(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	ask := s.overTheWire()
	for _, kind := range []FaultKind{Throttle, Fail, Redirect, DropBefore} {
		s.SetFaults(Faults{Next: []Fault{{Kind: kind}}})
		response, err := ask("POST", here+"/roles/", `{"name": "`+string(kind)+`"}`)
		if kind == DropBefore {
			if !errors.Is(err, io.EOF) {
				t.Errorf("%s: %v, want the connection closed", kind, err)
			}
		} else if err != nil || response.StatusCode < 300 {
			t.Errorf("%s: %v, %v", kind, response, err)
		}
		if s.hasRole(string(kind)) {
			t.Errorf("%s: the role was made", kind)
		}
	}
}

func TestWhatIsSpoiledAfterTheDeedIsDone(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	ask := s.overTheWire()
	for _, kind := range []FaultKind{CutBody, EmptyBody, Garbage, WrongShape, DropAfter} {
		s.SetFaults(Faults{Next: []Fault{{Kind: kind}}})
		response, err := ask("POST", here+"/roles/", `{"name": "`+string(kind)+`"}`)
		if kind == DropAfter {
			if !errors.Is(err, io.EOF) {
				t.Errorf("%s: %v, want the connection closed", kind, err)
			}
		} else if err != nil || response.StatusCode != 201 {
			t.Errorf("%s: %v, %v", kind, response, err)
		}
		if !s.hasRole(string(kind)) {
			t.Errorf("%s: the role was not made", kind)
		}
	}
	requests := s.Requests()
	same(t, "the status in the log", requests[len(requests)-1].Status, 201) // of the deed, though it was never sent
}

func TestABodyIsCutInTheMiddle(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{Next: []Fault{{Kind: CutBody, Times: -1}}})
	ask := s.overTheWire()
	for _, c := range []struct{ method, path string }{
		{"GET", here + "/roles/"}, {"GET", "/api/users/@me/"}, {"DELETE", here + "/roles/" + RoleSecurity + "/"},
	} {
		response, err := ask(c.method, c.path, "")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: %v, want an unexpected end", c.path, err)
		}
		same(t, c.path+": bytes", int64(len(body)), response.ContentLength/2)
		same(t, c.path+": status", response.StatusCode, 200)
	}
}

func TestAWrongShapeIsStillJSON(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{Next: []Fault{{Kind: WrongShape, Times: -1}}})
	for _, c := range []struct{ method, path string }{{"GET", here + "/roles/"}, {"DELETE", here + "/roles/" + RoleSecurity + "/"}} {
		answer := s.ask(AdminKey, c.method, c.path, "").is(200)
		if !json.Valid([]byte(answer.text)) || answer.text[0] != '[' {
			t.Errorf("%s answered %s", c.path, cut(answer.text, 100))
		}
	}
}

func TestAnEndlessBodyLastsUntilTheClientLeaves(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{Next: []Fault{{Kind: EndlessBody}}})
	response, err := s.overTheWire()("GET", here+"/roles/", "")
	if err != nil {
		t.Fatal(err)
	}
	n, err := io.CopyN(io.Discard, response.Body, 20<<20)
	if err != nil || n != 20<<20 {
		t.Errorf("it ended after %d bytes: %v", n, err)
	}
}

func TestAHangingRequestIsNeverAnswered(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{Next: []Fault{{Kind: Hang}}})
	server := httptest.NewServer(s.handler)
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "POST", server.URL+here+"/roles/", strings.NewReader(`{"name": "x"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+AdminKey)
	failed := make(chan error, 1)
	go func() {
		_, err := http.DefaultClient.Do(r) //nolint:bodyclose // there is no response
		failed <- err
	}()
	s.untilAsked() // it is in the log while it hangs
	same(t, "its status", s.Requests()[0].Status, 0)
	s.get(AdminKey, here+"/roles/").is(200) // nobody else has to wait
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v", err)
	}
	same(t, "whether the role was made", s.hasRole("x"), false)
}

func TestARedirectPointsAway(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{Next: []Fault{{Kind: Redirect}, {Kind: Redirect, Status: 308, Location: "http://127.0.0.1:1/x"}}})
	answer := s.get(AdminKey, here+"/roles/?limit=1").is(302)
	same(t, "Location", answer.header.Get("Location"), "https://elsewhere.invalid"+here+"/roles/?limit=1")
	same(t, "Location", s.get(AdminKey, here+"/roles/").is(308).header.Get("Location"), "http://127.0.0.1:1/x")
}

func TestLatencyIsWaitedAndEndsWithTheClient(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{Latency: 30 * time.Millisecond})
	began := time.Now()
	s.get(AdminKey, here+"/roles/").is(200)
	if took := time.Since(began); took < 30*time.Millisecond {
		t.Errorf("it took %s", took)
	}
	s.SetFaults(Faults{Latency: time.Hour})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	defer func() {
		if cause := recover(); cause != http.ErrAbortHandler { //nolint:errorlint // it is that very value
			t.Errorf("it ended with %v", cause)
		}
	}()
	s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", here+"/roles/", nil).WithContext(ctx))
}

func TestAllKindsOfFaultAreListed(t *testing.T) {
	t.Parallel()
	seen := map[FaultKind]bool{}
	before := 0
	for _, kind := range FaultKinds() {
		if kind == "" || seen[kind] {
			t.Errorf("%q is empty or listed twice", kind)
		}
		seen[kind] = true
		if kind.before() {
			before++
		}
	}
	same(t, "how many", len(seen), 11)
	same(t, "those before the deed", before, 5)
}
