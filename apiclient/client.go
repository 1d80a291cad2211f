// Package apiclient is a typed client of PostHog's organization API: roles, who
// is in them, external references, projects, the welcome page, and the reads
// that support them. It knows nothing of MCP.
//
// A Client is the whole API. Its Reader is the half that changes nothing, and
// there is no way back from a Reader to the Client. Nothing here tries again, and
// a write never goes out twice: callers decide what may be sent again, by whether
// an error matches ErrNotSent or ErrUnknownOutcome.
package apiclient

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"posthog-org-mcp/redact"
)

// Config says how to reach the API. Host and Key are required.
type Config struct {
	// Host is where PostHog is, such as https://us.posthog.com. It may have a
	// path, for an installation under one. http is taken on loopback only.
	Host *url.URL
	// Key is a personal API key or an OAuth access token.
	Key redact.Secret
	// UserAgent names this program and its version to the server.
	UserAgent string
	// Timeouts bound one request.
	Timeouts Timeouts
	// MaxBody is how many bytes of one answer are read, after decompression.
	// Zero means 32 MiB.
	MaxBody int64
	// Logger gets one debug line for each request. Nil means none.
	Logger *slog.Logger
	// Transport replaces the HTTP transport, for tests. Nil means our own.
	Transport http.RoundTripper
}

// Timeouts bound the stages of one request. A zero stage has its default.
type Timeouts struct {
	// Connect ends with a usable connection, TLS and proxy included. Default 5 s.
	Connect time.Duration
	// Header runs from the end of the request to the first byte of the answer. Default 30 s.
	Header time.Duration
	// Total ends with the last byte of the answer. Default 60 s.
	Total time.Duration
}

const (
	defaultConnectTimeout = 5 * time.Second
	defaultHeaderTimeout  = 30 * time.Second
	defaultTotalTimeout   = 60 * time.Second
	defaultMaxBody        = 32 << 20
	defaultUserAgent      = "posthog-org-mcp/dev"
)

// Client is the whole API. It is safe for concurrent use, and keeps connections
// open between calls. Only the code that carries out changes should hold one.
type Client struct {
	core *core
}

// Reader is the half of the API that changes nothing. It is a small value, to be
// copied at will. The zero Reader answers every call with an error.
type Reader struct {
	core *core
}

// New checks config and returns a client. It sends nothing, and neither
// resolves names nor opens connections. Errors never show the key.
func New(config Config) (*Client, error) {
	base, err := CheckHost(config.Host)
	if err != nil {
		return nil, err
	}
	if config.Key.IsZero() {
		return nil, errors.New("the API key is empty")
	}
	if !fitsHeader(config.Key.Reveal()) {
		return nil, errors.New("the API key holds a blank, a line break or another character that no key has")
	}
	agent := config.UserAgent
	if agent == "" {
		agent = defaultUserAgent
	}
	if !printableASCII(agent) {
		return nil, errors.New("the user agent holds a character that a header cannot carry")
	}
	limits, err := config.Timeouts.withDefaults()
	if err != nil {
		return nil, err
	}
	maxBody := config.MaxBody
	switch {
	case maxBody < 0:
		return nil, fmt.Errorf("the bound on an answer's body is negative: %d bytes", maxBody)
	case maxBody == 0:
		maxBody = defaultMaxBody
	}
	logger := config.Logger
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	reads, writes := config.Transport, config.Transport
	if config.Transport == nil {
		reads, writes = newReadTransport(limits), newWriteTransport(limits)
	}
	return &Client{core: &core{
		base:      base,
		key:       config.Key,
		userAgent: agent,
		limits:    limits,
		maxBody:   maxBody,
		log:       logger,
		redactor:  redact.New(config.Key),
		reads:     reads,
		writes:    writes,
	}}, nil
}

// Reader returns the reading half.
func (c *Client) Reader() Reader { return Reader{core: c.core} }

// Host returns a copy of the address of the PostHog installation, without a
// closing slash.
func (r Reader) Host() *url.URL {
	if r.core == nil {
		return &url.URL{}
	}
	host := *r.core.base
	return &host
}

func (t Timeouts) withDefaults() (Timeouts, error) {
	stages := []struct {
		name     string
		value    *time.Duration
		standard time.Duration
	}{
		{"connect", &t.Connect, defaultConnectTimeout},
		{"header", &t.Header, defaultHeaderTimeout},
		{"total", &t.Total, defaultTotalTimeout},
	}
	for _, stage := range stages {
		if *stage.value < 0 {
			return Timeouts{}, fmt.Errorf("the %s timeout is negative: %v", stage.name, *stage.value)
		}
		if *stage.value == 0 {
			*stage.value = stage.standard
		}
	}
	return t, nil
}

func fitsHeader(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

func printableASCII(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
