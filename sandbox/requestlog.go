package sandbox

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// Request is one request that the sandbox was sent. It never holds the key:
// wherever the key stands in a request but in its header, "[key]" stands here,
// and so it does for what opens something in a form of the authorization server.
type Request struct {
	Method    string
	Path      string // decoded
	RawPath   string // as it was sent
	RawQuery  string
	UserAgent string
	Body      []byte // the first 64 KiB
	Status    int    // of the answer, even if a fault kept it; 0 when nothing was done, or not yet
	KeyOwner  string // e-mail address; empty when the key is unknown or a fault struck first
	Time      time.Time
}

// What the log keeps.
const (
	loggedRequests = 10_000
	loggedBody     = 64 << 10
)

// requestLog remembers the last requests. The zero value is empty.
type requestLog struct {
	mu      sync.Mutex
	entries []*logEntry
}

// logEntry is a request in the log, to be completed when its answer is known.
type logEntry struct {
	log     *requestLog
	request Request
}

func (l *requestLog) begin(r *http.Request, body []byte, now time.Time) *logEntry {
	hide := func(s string) string { return s }
	if _, key, _ := strings.Cut(r.Header.Get("Authorization"), " "); len(key) >= 8 {
		hide = strings.NewReplacer(key, "[key]").Replace
	}
	if _, isSignIn := signInPageAt(r.URL.Path); isSignIn {
		body = hideInForm(body)
	}
	entry := &logEntry{log: l, request: Request{
		Method: r.Method, Path: hide(r.URL.Path), RawPath: hide(r.URL.EscapedPath()),
		RawQuery: hide(r.URL.RawQuery), UserAgent: hide(r.UserAgent()),
		Body: []byte(hide(string(body[:min(len(body), loggedBody)]))), Time: now,
	}}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.entries) == loggedRequests {
		l.entries = slices.Delete(l.entries, 0, loggedRequests/10)
	}
	l.entries = append(l.entries, entry)
	return entry
}

// hideInForm returns a form as the log may keep it.
func hideInForm(body []byte) []byte {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return []byte("[form]")
	}
	for _, name := range []string{"code", "code_verifier", "refresh_token", "token", "request"} {
		if form.Has(name) {
			form.Set(name, "[key]")
		}
	}
	return []byte(form.Encode())
}

// owner records whose key it was.
func (e *logEntry) owner(email string) {
	e.log.mu.Lock()
	defer e.log.mu.Unlock()
	e.request.KeyOwner = email
}

// finish records the status that is about to be sent.
func (e *logEntry) finish(status int) {
	e.log.mu.Lock()
	defer e.log.mu.Unlock()
	e.request.Status = status
}

func (l *requestLog) all() []Request {
	l.mu.Lock()
	defer l.mu.Unlock()
	requests := make([]Request, len(l.entries))
	for i, entry := range l.entries {
		requests[i] = entry.request
	}
	return requests
}

func (l *requestLog) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = nil
}
