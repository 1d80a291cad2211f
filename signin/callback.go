package signin

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"posthog-org-mcp/page"
	"posthog-org-mcp/redact"
)

// callbackPath is where the browser comes back to. The client metadata document
// names it, without a port: the server has to take any on loopback (RFC 8252).
const callbackPath = "/callback"

// startPath is before the random name of the page that a sign-in begins with.
const startPath = "/start/"

// cookie is what ties the way back to the browser that began, followed by the
// port: a browser sends cookies to every port of a host, and two sign-ins may be
// under way in it.
const cookie = "posthog-org-mcp-sign-in-"

// cookieLife is longer than anybody waits for a person.
const cookieLife = time.Hour

// callback is where on loopback a sign-in begins in the browser, and what it comes
// back to. It is open to everybody on this machine and to every page in its
// browsers, so only a request that brings the sign-in's state counts, once, from
// the browser that began; all others are turned away and end nothing.
//
// Whoever opens the first page gets a cookie and is led on to the host's. Its
// address is among the arguments of the program that opens browsers, where others
// on this machine can read it, so it is good for one browser: a second one ends
// the sign-in, because either of them may be somebody else's.
type callback struct {
	host   string // what a request must name as its host: 127.0.0.1:port
	issuer string
	named  bool // the server said that it would name the issuer
	state  redact.Secret
	start  redact.Secret // the random name of the first page
	key    redact.Secret // the value of the cookie
	ahead  string        // the host's page to consent at

	begun   atomic.Bool
	twice   chan struct{} // closed when a second browser began
	once    sync.Once     // closes twice
	taken   atomic.Bool
	came    chan arrival
	outcome chan error
	server  *http.Server
	served  chan error
}

// arrival is the browser coming back: with a code, or with why there is none.
type arrival struct {
	code redact.Secret
	err  error
}

// lastPage is how long close lets the browser read its last page.
const lastPage = 2 * time.Second

// newCallback is to answer on a listener, which is closed by close.
func newCallback(listener net.Listener, server Server, state redact.Secret) *callback {
	c := &callback{
		host: listener.Addr().String(), issuer: server.Issuer, named: server.SendsIssuer, state: state,
		start: redact.NewSecret(rand.Text()), key: redact.NewSecret(rand.Text()), twice: make(chan struct{}),
		came: make(chan arrival, 1), outcome: make(chan error, 1), served: make(chan error, 1),
	}
	c.server = &http.Server{
		Handler:           http.HandlerFunc(c.serve),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      2 * requestTime, // the last page waits for the exchange of the code
		MaxHeaderBytes:    16 << 10,
		// Requests that are wrong are nobody's business, and addresses are secret.
		ErrorLog:                     log.New(io.Discard, "", 0),
		DisableGeneralOptionsHandler: true,
	}
	c.server.SetKeepAlivesEnabled(false)
	return c
}

// serveOn begins to answer, and leads browsers on to a page.
func (c *callback) serveOn(listener net.Listener, ahead string) {
	c.ahead = ahead
	go func() { c.served <- c.server.Serve(listener) }()
}

// first is the address of the page that a sign-in begins with.
func (c *callback) first() string { return "http://" + c.host + startPath + c.start.Reveal() }

func (c *callback) address() string { return "http://" + c.host + callbackPath }

// close ends the server, at once or after the answers that are on their way.
func (c *callback) close(gently bool) {
	if gently {
		ctx, cancel := context.WithTimeout(context.Background(), lastPage)
		defer cancel()
		_ = c.server.Shutdown(ctx)
	}
	_ = c.server.Close()
}

// serve answers one request.
func (c *callback) serve(w http.ResponseWriter, r *http.Request) {
	page.CloseOff(w.Header(), script, "'none'")
	switch {
	// A name that somebody lets point to 127.0.0.1 makes their page no page of ours.
	case r.Host != c.host:
		w.WriteHeader(http.StatusMisdirectedRequest)
	case r.URL.Path != callbackPath && !same(r.URL.Path, startPath+c.start.Reveal()):
		w.WriteHeader(http.StatusNotFound)
	case r.Method != http.MethodGet:
		w.Header().Set("Allow", http.MethodGet)
		w.WriteHeader(http.StatusMethodNotAllowed)
	// The browser comes back as a page of its own, in no frame and by no script.
	case !page.IsWhole(r.Header):
		w.WriteHeader(http.StatusForbidden)
	case r.URL.Path == callbackPath:
		c.take(w, r)
	// Browsers fetch pages ahead that nobody may come to see.
	case r.Header.Get("Sec-Purpose") != "":
		w.WriteHeader(http.StatusServiceUnavailable)
	default:
		c.begin(w, r)
	}
}

// begin leads the first browser on to the host's page, as often as it asks.
func (c *callback) begin(w http.ResponseWriter, r *http.Request) {
	if !c.began(r) && !c.begun.CompareAndSwap(false, true) {
		c.once.Do(func() { close(c.twice) })
		page.Write(w, http.StatusConflict, twicePage())
		return
	}
	http.SetCookie(w, &http.Cookie{
		Name: c.cookieName(), Value: c.key.Reveal(), Path: "/", MaxAge: int(cookieLife / time.Second),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, // The browser is sent back by another site.
	})
	w.Header().Set("Location", c.ahead)
	w.WriteHeader(http.StatusSeeOther)
}

// began reports whether a request comes from the browser that opened the first page.
func (c *callback) began(r *http.Request) bool {
	return slices.ContainsFunc(r.CookiesNamed(c.cookieName()), func(held *http.Cookie) bool { return same(held.Value, c.key.Reveal()) })
}

func (c *callback) cookieName() string {
	_, port, _ := net.SplitHostPort(c.host) // It is a listener's.
	return cookie + port
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// take hands the first callback of this sign-in to await, and shows its outcome.
func (c *callback) take(w http.ResponseWriter, r *http.Request) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	state := query["state"]
	if err != nil || len(state) != 1 || !same(state[0], c.state.Reveal()) || !c.began(r) {
		page.Write(w, http.StatusBadRequest, strangerPage())
		return
	}
	if !c.taken.CompareAndSwap(false, true) {
		page.Write(w, http.StatusConflict, overPage())
		return
	}
	c.came <- c.read(query)
	select {
	case err := <-c.outcome:
		page.Write(w, http.StatusOK, lastPageOf(err))
	case <-r.Context().Done(): // the browser has left
	}
}

// read finds the code in a callback that has the right state, or why there is none.
func (c *callback) read(query url.Values) arrival {
	const advice = "Sign in again; if it happens once more, use a personal API key."
	for _, name := range []string{"code", "iss", "error", "error_description"} {
		if len(query[name]) > 1 {
			return arrival{err: &failure{text: "the host sent the browser back with two answers", advice: advice}}
		}
	}
	code, issuer := query.Get("code"), query.Get("iss")
	switch {
	// One server's answer must not be taken for another's (RFC 9207).
	case query.Has("iss") && issuer != c.issuer:
		return arrival{err: &failure{text: "the sign-in came back from " + quote(issuer) + " and not from " + quote(c.issuer), advice: advice}}
	case c.named && !query.Has("iss"):
		return arrival{err: &failure{text: "the sign-in came back without naming where from, though " + quote(c.issuer) + " says that it does", advice: advice}}
	case query.Get("error") == "access_denied":
		return arrival{err: &failure{kind: ErrDenied, text: ErrDenied.Error() + " in the browser", advice: "Nothing was changed. Start again to allow it, or use a personal API key."}}
	case query.Has("error"):
		text := "the host did not sign you in: it answered " + inOthersWords(query.Get("error"), query.Get("error_description"), nil)
		return arrival{err: &failure{text: text, advice: advice}}
	case !isToken(code):
		return arrival{err: &failure{text: "the host sent the browser back without a code", advice: advice}}
	}
	return arrival{code: redact.NewSecret(code)}
}
