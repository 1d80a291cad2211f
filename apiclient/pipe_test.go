package apiclient_test

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"syscall"
	"testing"
	"time"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/redact"
)

// The tests of waits run in synctest's bubble, where time passes only when nobody
// has anything to do. Real sockets are outside of it, so the network is in memory.

// fault is what a script's server does with one connection; "" is a good answer.
type fault string

const (
	good      fault = ""
	refuse    fault = "refused connection"
	noConnect fault = "no connection in time"
	drop      fault = "dropped after the request"
	silence   fault = "no answer in time"
	drip      fault = "no complete answer in time"
	cut       fault = "body cut off"
	halfJSON  fault = "body of half a JSON"
	garbage   fault = "garbage body"
	redirect  fault = "redirect elsewhere"
	throttle  fault = "429"
	wait4     fault = "429, Retry-After 4"
	wait60    fault = "429, Retry-After 60"
	fail      fault = "500"
	gateway   fault = "502"
	busy      fault = "503"
	busy4     fault = "503, Retry-After 4"
	slow      fault = "504"
	gone      fault = "404 of the API"
	goneHTML  fault = "404 of a proxy"
	goneOrg   fault = "404 of the organization"
	forbidden fault = "403"
	timeout   fault = "408"
)

// script is a network and a server behind it that go through faults, one a
// connection; the last goes on for ever. Every try takes a connection.
type script struct {
	answer string // what a good answer to a GET, POST or PATCH is

	mu      sync.Mutex
	faults  []fault
	dialed  []time.Time
	arrived []string
	conns   chan net.Conn
	closed  chan struct{}
}

// newScript must be called within a bubble.
func newScript(t *testing.T, answer string, faults ...fault) *script {
	s := &script{answer: answer, faults: faults, conns: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{Handler: s, ErrorLog: log.New(io.Discard, "", 0)}
	server.SetKeepAlivesEnabled(false)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(s)
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-ended
	})
	return s
}

// client returns a client of the script, with the usual policy unless changed.
func (s *script) client(t *testing.T, change ...func(*apiclient.Config)) *apiclient.Client {
	t.Helper()
	config := apiclient.Config{Host: mustParse(t, "http://127.0.0.1:1"), Key: redact.NewSecret(canary)}
	for _, change := range change {
		change(&config)
	}
	client, err := apiclient.New(config)
	if err != nil {
		t.Fatal(err)
	}
	client.DialWith(s.dial)
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// now is what the script does with the connection that was dialed last.
func (s *script) now() fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faults[min(len(s.dialed), len(s.faults))-1]
}

func (s *script) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	s.mu.Lock()
	s.dialed = append(s.dialed, time.Now())
	s.mu.Unlock()
	switch s.now() {
	case refuse:
		return nil, syscall.ECONNREFUSED
	case noConnect:
		// net/http goes on dialing for a request that was given up.
		select {
		case <-ctx.Done():
		case <-s.closed:
		}
		return nil, syscall.ETIMEDOUT
	}
	ours, theirs := net.Pipe()
	select {
	case s.conns <- theirs:
		return ours, nil
	case <-s.closed:
		return nil, syscall.ECONNREFUSED
	}
}

// Accept, Close and Addr make the script a listener.
func (s *script) Accept() (net.Conn, error) {
	select {
	case conn := <-s.conns:
		return conn, nil
	case <-s.closed:
		return nil, net.ErrClosed
	}
}

func (s *script) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.closed:
	default:
		close(s.closed)
	}
	return nil
}

func (s *script) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

// tries returns when each try began, from the first.
func (s *script) tries() []time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	var tries []time.Duration
	for _, at := range s.dialed {
		tries = append(tries, at.Sub(s.dialed[0]))
	}
	return tries
}

// requests returns the requests that arrived.
func (s *script) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.arrived...)
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	s.mu.Lock()
	s.arrived = append(s.arrived, r.Method+" "+r.URL.Path)
	id := "request-" + string(rune('0'+len(s.arrived)))
	s.mu.Unlock()
	throttled := refusalJSON("throttled_error", "throttled", "Request was throttled.")
	failed := refusalJSON("server_error", "error", "A server error occurred.")
	w.Header().Set("X-Request-Id", id)
	status := map[string]int{http.MethodPost: 201, http.MethodDelete: 204}[r.Method]
	if status == 0 {
		status = 200
	}
	withBody := status
	if status == 204 {
		withBody = 200
	}
	switch s.now() {
	case drop:
		panic(http.ErrAbortHandler)
	case silence:
		<-r.Context().Done()
	case drip:
		give(w, withBody, s.answer[:10])
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	case cut:
		give(w, withBody, s.answer[:len(s.answer)-1], "Content-Length", "5000")
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	case halfJSON:
		give(w, withBody, s.answer[:len(s.answer)-1])
	case garbage:
		give(w, withBody, "<html>")
	case redirect:
		give(w, 307, "", "Location", "https://us.posthog.com/")
	case throttle:
		give(w, 429, throttled)
	case wait4:
		give(w, 429, throttled, "Retry-After", "4")
	case wait60:
		give(w, 429, throttled, "Retry-After", "60")
	case fail:
		give(w, 500, failed)
	case gateway:
		give(w, 502, failed)
	case busy:
		give(w, 503, failed)
	case busy4:
		give(w, 503, failed, "Retry-After", "4")
	case slow:
		give(w, 504, failed)
	case gone:
		give(w, 404, refusalJSON("invalid_request", "not_found", "Not found."))
	case goneOrg:
		give(w, 404, refusalJSON("invalid_request", "not_found", "Organization not found."))
	case goneHTML:
		give(w, 404, "<html>", "Content-Type", "text/html")
	case forbidden:
		give(w, 403, refusalJSON("authentication_error", "permission_denied", "Your organization access level is insufficient."))
	case timeout:
		give(w, 408, failed)
	default:
		body := s.answer
		if status == 204 {
			body = ""
		}
		give(w, status, body)
	}
}
