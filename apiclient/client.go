// Package apiclient is a typed client of PostHog's organization API: roles, who
// is in them, external references, projects, the welcome page, and the reads
// that support them. It knows nothing of MCP.
//
// A Client is the whole API. Its Reader is the half that changes nothing, and
// there is no way back from a Reader to the Client.
//
// What failed is tried again here and nowhere else, by one table (resend.go): reads
// and deletes after faults that may pass, creates and updates only if they surely
// never reached the server, a rotation never. Callers do not try again. Whether
// the error of a write matches ErrUnknownOutcome tells them to read back.
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
	// Key is a personal API key or an OAuth access token: the one to begin with.
	Key redact.Secret
	// Keys has later ones. Nil means that there are none.
	Keys KeySource
	// Redactor masks what the server says, and learns each key before it is used.
	// Nil means one of the client's own.
	Redactor *redact.Redactor
	// UserAgent names this program and its version to the server.
	UserAgent string
	// Timeouts bound one operation and the stages of its requests.
	Timeouts Timeouts
	// Retry says how often and how soon an operation that failed is tried again.
	Retry RetryPolicy
	// Rate bounds the requests that go out. The zero Rate does not.
	Rate Rate
	// MaxBody is how many bytes of one answer are read, after decompression.
	// Zero means 32 MiB.
	MaxBody int64
	// Logger gets one debug line for each request and each further try, and tells
	// at level info when Rate makes a request wait. Nil means none.
	Logger *slog.Logger
	// Transport replaces the HTTP transport, for tests. Nil means our own.
	Transport http.RoundTripper
}

// Timeouts bound one operation and, with Connect and Header, the stages of each
// of its requests. A zero field has its default.
type Timeouts struct {
	// Connect ends with a usable connection, TLS and proxy included. Default 5 s.
	Connect time.Duration
	// Header runs from the end of the request to the first byte of the answer. Default 30 s.
	Header time.Duration
	// Total bounds the whole operation: all its tries up to the last byte of the
	// answer, and the waits between them. A wait that would not fit is not begun,
	// and the operation ends with the error that it has. Waiting for Config.Rate
	// does not count. Default 60 s.
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
	if err := checkKey(config.Key); err != nil {
		return nil, err
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
	retry, err := config.Retry.withDefaults()
	if err != nil {
		return nil, err
	}
	limiter, err := newLimiter(config.Rate)
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
	reads, writes, rotations := config.Transport, config.Transport, config.Transport
	if config.Transport == nil {
		reads, writes, rotations = newReadTransport(limits), newWriteTransport(limits), newOnceTransport(limits)
	}
	redactor := config.Redactor
	if redactor == nil {
		redactor = redact.New()
	}
	redactor.Learn(config.Key)
	return &Client{core: &core{
		base:      base,
		keys:      &keys{source: config.Keys, redactor: redactor, log: logger, inUse: config.Key},
		userAgent: agent,
		limits:    limits,
		retry:     retry,
		limiter:   limiter,
		maxBody:   maxBody,
		log:       logger,
		redactor:  redactor,
		reads:     reads,
		writes:    writes,
		rotations: rotations,
	}}, nil
}

// Reader returns the reading half.
func (c *Client) Reader() Reader { return Reader{core: c.core} }

// Key returns the key that is in use just now.
func (c *Client) Key() redact.Secret { return c.core.keys.now() }

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
	err := durationsOrDefaults("timeout", []durationSetting{
		{"connect", &t.Connect, defaultConnectTimeout},
		{"header", &t.Header, defaultHeaderTimeout},
		{"total", &t.Total, defaultTotalTimeout},
	})
	return t, err
}

type durationSetting struct {
	name     string
	value    *time.Duration
	standard time.Duration
}

// durationsOrDefaults puts in the defaults, and refuses what is negative.
func durationsOrDefaults(kind string, settings []durationSetting) error {
	for _, setting := range settings {
		if *setting.value < 0 {
			return fmt.Errorf("the %s %s is negative: %v", setting.name, kind, *setting.value)
		}
		if *setting.value == 0 {
			*setting.value = setting.standard
		}
	}
	return nil
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
