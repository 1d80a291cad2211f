// Package contract holds the test run to PostHog's API document: it stands in
// front of a handler, lets every exchange through unchanged, and fails the test
// when a request of our client or an answer of the handler does not fit
// openapi.json. So the client, the sandbox and the document cannot drift apart
// in silence. Only tests and benchmarks import it.
package contract

import (
	"bytes"
	_ "embed"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// ClientPrefix begins the User-Agent of every request that is held to the
// document. Anything else is a raw request of a test, which may break every
// rule on purpose; then only the answer is checked.
const ClientPrefix = "posthog-org-mcp/"

// FaultHeader marks an answer that the sandbox broke because a test asked it
// to. Such an answer is passed through unchecked.
const FaultHeader = "X-Sandbox-Fault"

// maxRequestBody bounds what is read of a request before the handler sees it.
// The longest body that the document allows is far below.
const maxRequestBody = 8 << 20

//go:embed openapi.json
var openAPI []byte

// Document returns the OpenAPI document as it is in the repository, for tests
// that compare something else with it.
func Document() []byte { return bytes.Clone(openAPI) }

// Checker is a handler that checks what passes through it. Checked makes one.
// It is safe for parallel requests.
type Checker struct {
	next   http.Handler
	rules  *rules
	report *reporter

	mu     sync.Mutex
	seen   map[string]int
	active int // answers begun and not yet checked
}

// Checked returns a handler that serves with h and reports to tb whatever does
// not fit the document:
//
//   - each request whose User-Agent begins with ClientPrefix: its path, query,
//     body and content type. An undocumented path, query parameter or body
//     field is an error, because the server would ignore it in silence. The
//     authorization server's addresses are no part of the API, and pass.
//   - each answer of a documented operation that is not marked with
//     FaultHeader, errors included: its status, content type and body. An
//     undocumented field is an error here too, because a misspelt one would
//     otherwise pass as an addition.
//
// Aborted and hijacked exchanges pass unchecked, and so do answers to paths
// that the document does not have. Nothing is reported after tb has ended.
func Checked(tb testing.TB, h http.Handler) *Checker {
	tb.Helper()
	rules, err := loadRules()
	if err != nil {
		tb.Fatalf("contract: openapi.json cannot be used: %v", err)
	}
	return &Checker{next: h, rules: rules, report: newReporter(tb), seen: map[string]int{}}
}

// Seen counts the answers that were checked so far, by operation and status,
// such as "listRoles 200", for tests that must not pass without any. A client
// may have an answer before it is checked, so Seen waits a little for those
// that have begun.
func (c *Checker) Seen() map[string]int {
	deadline := time.Now().Add(5 * time.Second)
	for {
		c.mu.Lock()
		active, seen := c.active, maps.Clone(c.seen)
		c.mu.Unlock()
		if active == 0 || time.Now().After(deadline) {
			return seen
		}
		time.Sleep(time.Millisecond)
	}
}

// ServeHTTP checks the request, serves it, and checks the answer.
func (c *Checker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	operation := c.rules.find(r)
	if strings.HasPrefix(r.UserAgent(), ClientPrefix) && !isSignIn(r.URL.Path) {
		body, whole := takeBody(r)
		switch {
		case operation == nil:
			c.report.problem(r, "the document has no such operation")
		case whole:
			for _, problem := range operation.checkRequest(r, body) {
				c.report.problem(r, "request of "+operation.name()+": "+problem)
			}
		}
	}
	if operation == nil {
		c.next.ServeHTTP(w, r)
		return
	}
	c.serve(operation, w, r)
}

// isSignIn reports whether a path is of the authorization server, which has
// documents of its own (RFC 8414, RFC 9728) and is no part of the API's.
func isSignIn(path string) bool {
	return strings.HasPrefix(path, "/oauth/") || strings.HasPrefix(path, "/.well-known/oauth-")
}

// serve lets the handler answer, and then checks the answer.
func (c *Checker) serve(operation *operation, w http.ResponseWriter, r *http.Request) {
	// The handler may change its request; the answer is held to the one that came.
	asked := r.Clone(r.Context())
	answer := &recorder{ResponseWriter: w, begun: func() { c.count("", 1) }}
	checked := ""
	defer func() {
		if answer.status != 0 {
			c.count(checked, -1) // also when the handler panics, which is its way to drop a connection
		}
	}()
	c.next.ServeHTTP(answer, r)
	answer.settle()
	if answer.unchecked {
		return
	}
	problems := operation.checkAnswer(asked, answer)
	if len(problems) > 0 && r.Context().Err() != nil {
		return // the client has left, so the handler may have stopped anywhere
	}
	for _, problem := range problems {
		c.report.problem(r, "answer of "+operation.name()+": "+problem)
	}
	checked = operation.name() + " " + answer.statusText()
}

// count notes that an answer has begun, or has ended and was checked as what
// it is called, if it was.
func (c *Checker) count(checked string, begun int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.active += begun
	if checked != "" {
		c.seen[checked]++
	}
}

// takeBody reads the request's body and puts it back for the handler, with
// whatever error ended it. A body that was cut short is the handler's to
// refuse, so it is not whole and not checked.
func takeBody(r *http.Request) (body []byte, whole bool) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, true
	}
	original := r.Body
	body, err := io.ReadAll(io.LimitReader(original, maxRequestBody+1))
	rest := io.Reader(original)
	if err != nil {
		rest = failingReader{err}
	}
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(body), rest), original}
	return body, err == nil && len(body) <= maxRequestBody
}

type failingReader struct{ err error }

func (f failingReader) Read([]byte) (int, error) { return 0, f.err }
