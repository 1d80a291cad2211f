package handover

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"sync"
	"time"

	"posthog-org-mcp/redact"
)

// PageLifetime is how long a page waits to be opened unless it is told otherwise.
const PageLifetime = 10 * time.Minute

// Pages hands secrets over as pages on 127.0.0.1, each of which shows its
// secret once, to whoever presses its button first. The address is the only
// key to a page, and its random part has 128 bits. It works for a person
// whose browser runs on the machine that this program runs on.
//
// A page remembers that it was there for a day after it has ended, without the
// secret, so that it can say what became of it. Secrets are held in memory only,
// up to the view, the end of the lifetime, or Close.
type Pages struct {
	lifetime time.Duration
	listen   func(context.Context) (net.Listener, error)

	mu     sync.Mutex
	closed bool
	server *http.Server // nil before the first Prepare
	served chan struct{}
	host   string // what a request must name as its host: 127.0.0.1:port
	pages  map[string]*pageSlot
}

// NewPages returns the place for pages that wait for so long once they have
// their secret; zero means PageLifetime. Nothing listens before the first
// Prepare.
func NewPages(lifetime time.Duration) *Pages {
	return &Pages{lifetime: cmp.Or(lifetime, PageLifetime), listen: listenOnLoopback, pages: map[string]*pageSlot{}}
}

func listenOnLoopback(ctx context.Context) (net.Listener, error) {
	return new(net.ListenConfig).Listen(ctx, "tcp4", "127.0.0.1:0")
}

// Prepare makes sure that the server listens, and a page without a secret.
func (p *Pages) Prepare(ctx context.Context, what Label) (Slot, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("preparing a page for the token: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, &unavailable{"the server of the page has ended", nil, "Start the program again."}
	}
	if p.server == nil {
		if err := p.start(ctx); err != nil {
			return nil, &unavailable{"no page can be served on 127.0.0.1", err, "Have tokens handed over as files instead."}
		}
	}
	maps.DeleteFunc(p.pages, func(_ string, old *pageSlot) bool { return old.forgettable(time.Now()) })
	page := &pageSlot{pages: p, label: what, path: "/" + rand.Text(), once: rand.Text()}
	p.pages[page.path] = page
	return page, nil
}

func (p *Pages) start(ctx context.Context) error {
	listener, err := p.listen(ctx)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           http.HandlerFunc(p.serve),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      10 * time.Second,
		MaxHeaderBytes:    16 << 10,
		// Requests that are wrong are nobody's business, and addresses are secret.
		ErrorLog:                     log.New(io.Discard, "", 0),
		DisableGeneralOptionsHandler: true,
	}
	// A page is two requests; a connection kept for more would only outlive it.
	server.SetKeepAlivesEnabled(false)
	served := make(chan struct{})
	p.server, p.served, p.host = server, served, listener.Addr().String()
	go func() {
		defer close(served)
		_ = server.Serve(listener)
		// Whatever has ended it: pages that nobody can open hold no secrets, and take none.
		p.drop()
	}()
	return nil
}

// Close ends the server and all pages, and drops their secrets. Slots that are
// still waiting refuse theirs.
func (p *Pages) Close() error {
	server, served := p.drop()
	if server == nil {
		return nil
	}
	err := server.Close()
	<-served
	return err
}

func (p *Pages) drop() (*http.Server, chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, page := range p.pages {
		page.end(discarded)
	}
	clear(p.pages)
	return p.server, p.served
}

// state is what a page has to say.
type state int

const (
	waiting   state = iota // the secret does not exist yet
	asking                 // the secret is there, nobody has seen it
	showing                // this answer, and no other, carries the secret
	seen                   // somebody has seen it
	expired                // nobody has, in time
	discarded              // there never was one
)

// pageSlot is one page. Its lock is that of all pages.
type pageSlot struct {
	pages *Pages
	label Label
	path  string
	once  string // what the form of the asking page sends back

	state   state
	secret  redact.Secret
	expires time.Time
	ended   time.Time
	timer   *time.Timer
}

func (s *pageSlot) Put(secret redact.Secret) (Receipt, error) {
	s.pages.mu.Lock()
	defer s.pages.mu.Unlock()
	if s.pages.closed {
		return Receipt{}, &unavailable{"the server of the page has ended", nil, s.label.elsewhere()}
	}
	if s.state != waiting {
		return Receipt{}, &unavailable{"this page is no longer waiting for a token", nil, s.label.elsewhere()}
	}
	if secret.IsZero() {
		s.end(discarded)
		return Receipt{}, &unavailable{"there is no token to hand over", nil, s.label.elsewhere()}
	}
	// By the calendar: a machine that sleeps stops the timer, and not the hour.
	s.state, s.secret, s.expires = asking, secret, time.Now().Add(s.pages.lifetime).Round(0)
	s.timer = time.AfterFunc(s.pages.lifetime, func() {
		s.pages.mu.Lock()
		defer s.pages.mu.Unlock()
		s.expire()
	})
	return Receipt{URL: "http://" + s.pages.host + s.path, Expires: s.expires}, nil
}

func (s *pageSlot) Discard() error {
	s.pages.mu.Lock()
	defer s.pages.mu.Unlock()
	if s.state == waiting {
		s.end(discarded)
	}
	return nil
}

// end leaves a page that has no secret any more. Pages that have ended keep their state.
func (s *pageSlot) end(as state) {
	if s.state != waiting && s.state != asking {
		return
	}
	if s.timer != nil {
		s.timer.Stop()
	}
	s.state, s.secret, s.ended = as, redact.Secret{}, time.Now()
}

func (s *pageSlot) expire() {
	if s.state == asking {
		s.end(expired)
	}
}

func (s *pageSlot) forgettable(now time.Time) bool {
	return !s.ended.IsZero() && now.Sub(s.ended) > 24*time.Hour
}

// view is what one answer is made of. It holds the secret only if it is showing.
type view struct {
	state   state
	label   Label
	once    string
	expires time.Time
	secret  redact.Secret
}

// visit returns what the page at that path says, if there is one. The first
// visitor who brings what the form of the asking page holds is shown the secret.
func (p *Pages) visit(path, once string) (view, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	page, found := p.pages[path]
	if !found {
		return view{}, false
	}
	if !time.Now().Before(page.expires) {
		page.expire()
	}
	now := view{state: page.state, label: page.label, once: page.once, expires: page.expires}
	if page.state == asking && subtle.ConstantTimeCompare([]byte(once), []byte(page.once)) == 1 {
		now.state, now.secret = showing, page.secret
		page.end(seen)
	}
	return now, true
}
