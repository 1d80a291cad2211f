package apiclient

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"posthog-org-mcp/redact"
)

// core is what Client and Reader share. Only its keys change after New.
type core struct {
	base      *url.URL
	keys      *keys
	userAgent string
	limits    Timeouts
	retry     RetryPolicy
	limiter   *limiter
	maxBody   int64
	log       *slog.Logger
	redactor  *redact.Redactor

	reads, writes, rotations http.RoundTripper
}

// call is one request as a value.
type call struct {
	method string
	// template is the path below /api/, with a {name} for each of ids in turn.
	template string
	ids      []segment
	query    url.Values
	// body is sent as JSON; nil sends none.
	body body
	// target replaces the address that template, ids and query make.
	target *url.URL
	// success is the one status that the API documents for it.
	success int
	// resend says when it may be sent again.
	resend resend
	// closedToTokens is an operation that refuses OAuth tokens, with the very 401
	// that elsewhere says that a token is no good.
	closedToTokens bool
}

// body is what a write sends. check returns what does not fit the API's
// document, or nil.
type body interface{ check() *ArgumentError }

const maxRedirects = 3

// operation names the call in errors: "PATCH roles/{id}/".
func (c call) operation() string {
	short := strings.TrimPrefix(c.template, inOrganization)
	if short == "" {
		short = c.template
	}
	return c.method + " " + short
}

// once makes one try of a call, which ends when the time that is left for the
// operation does. Its errors are *TransportError, *Error and *AnswerError.
func (c *core) once(ctx context.Context, call call, request *http.Request, decode func(*json.Decoder) error, left time.Duration) (err error) {
	var status int
	var requestID string
	if c.log.Enabled(ctx, slog.LevelDebug) {
		start := time.Now()
		defer func() { c.logRequest(ctx, call, status, requestID, time.Since(start), err) }()
	}

	transport := c.transportFor(call)
	_, traced := transport.(*http.Transport)
	flightContext, flight := takeOff(ctx, c.limits, left, isWrite(call.method), traced)
	defer flight.land()
	// failed tells the error that ended the flight from what net/http made of it.
	failed := func(sent Sent, err error) error {
		if cause := context.Cause(flightContext); cause != nil {
			err = cause
		}
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return c.transportError(call, sent, err)
	}

	response, astray, err := c.roundTrip(flightContext, transport, call, request)
	if err != nil {
		return failed(flight.sent(), err)
	}
	defer func() { _ = response.Body.Close() }()
	status, requestID = response.StatusCode, c.requestID(response)
	noteOf(ctx).answered(requestID)

	if astray != "" {
		return c.unusable(call, response, ErrRedirected, astray)
	}
	if status >= http.StatusBadRequest {
		return c.refusal(call, request.URL, response)
	}
	if err := c.readAnswer(call, response, decode); err != nil {
		if flightContext.Err() != nil {
			return failed(MaybeSent, err)
		}
		return err
	}
	return nil
}

// transportFor returns the way on which a call goes out.
func (c *core) transportFor(call call) http.RoundTripper {
	switch {
	case call.resend == resendNever:
		return c.rotations
	case isWrite(call.method):
		return c.writes
	}
	return c.reads
}

// request builds the request, or says which argument none can be made of.
func (c *core) request(call call, key redact.Secret) (*http.Request, error) {
	target, err := c.address(call)
	if err != nil {
		return nil, err
	}
	var content io.Reader
	if call.body != nil {
		if problem := call.body.check(); problem != nil {
			problem.Operation = call.operation()
			return nil, problem
		}
		data, err := json.Marshal(call.body)
		if err != nil {
			return nil, &ArgumentError{Operation: call.operation(), Argument: "the body", Problem: "cannot be written as JSON"}
		}
		content = bytes.NewReader(data)
	}
	request, err := http.NewRequest(call.method, "", content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", call.operation(), err)
	}
	request.URL = target
	request.Host = target.Host
	request.Header.Set("Authorization", "Bearer "+key.Reveal())
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", c.userAgent)
	if content != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	return request, nil
}

// address builds the URL of a call. Ids are checked, so that none can climb out
// of its place, and escaped all the same.
func (c *core) address(call call) (*url.URL, error) {
	if call.target != nil {
		return call.target, nil
	}
	ids := call.ids
	parts := strings.Split(call.template, "/")
	for i, part := range parts {
		if !strings.HasPrefix(part, "{") {
			continue
		}
		text, problem := ids[0].check()
		if problem != "" {
			return nil, &ArgumentError{
				Operation: call.operation(), Argument: ids[0].kind(),
				Value: quoteCut(c.redactor, text), Problem: problem,
			}
		}
		parts[i] = url.PathEscape(text)
		ids = ids[1:]
	}
	target := withPath(c.base, c.base.EscapedPath()+"/api/"+strings.Join(parts, "/"))
	target.RawQuery = call.query.Encode()
	return target, nil
}

// roundTrip sends the request and follows the few redirects that may be. The
// answer may be a redirect that is not followed; then astray says why. That is
// no error here, because net/http's errors can be anybody's: it returns the cause
// with which the caller's context was cancelled.
//
// To go on is one more request that the server counts, so it waits its turn, but
// within the time of the operation.
func (c *core) roundTrip(ctx context.Context, transport http.RoundTripper, call call, request *http.Request) (response *http.Response, astray string, err error) {
	request = request.WithContext(ctx)
	for redirects := 0; ; redirects++ {
		response, err := transport.RoundTrip(request)
		if err != nil {
			return nil, "", err
		}
		if response.StatusCode < http.StatusMultipleChoices || response.StatusCode >= http.StatusBadRequest {
			return response, "", nil
		}
		target, astray := c.redirect(request, response, redirects)
		if astray != "" {
			return response, astray, nil
		}
		_ = response.Body.Close()
		if _, err := c.limiter.wait(ctx, c.logSlow(ctx, call)); err != nil {
			return nil, "", err
		}
		request = request.Clone(ctx)
		request.URL, request.Host = target, target.Host
	}
}

// redirect returns where to go on, or why not to. Only a GET goes on, and only
// to the same scheme, host and port: the key goes with it.
func (c *core) redirect(request *http.Request, response *http.Response, followed int) (*url.URL, string) {
	location := response.Header.Get("Location")
	if location == "" {
		return nil, "the redirect names no address"
	}
	target, err := request.URL.Parse(location)
	if err != nil {
		return nil, "the redirect names a malformed address"
	}
	to := quoteCut(c.redactor, originOf(target))
	switch {
	case !sameOrigin(target, c.base) || target.User != nil:
		return nil, "the server points to " + to + ", where the key is not sent; configure that host if it is the right one"
	case isWrite(request.Method):
		return nil, "the server points a write to another address of " + to + ", which is not followed"
	case followed == maxRedirects:
		return nil, fmt.Sprintf("more than %d redirects in a row", maxRedirects)
	}
	target.Fragment = ""
	return target, ""
}

func (c *core) transportError(call call, sent Sent, err error) error {
	text := foreign(c.redactor, err.Error(), maxServerText)
	var timeout *TimeoutError
	if !errors.As(err, &timeout) && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		text = "the connection failed: " + text
	}
	return &TransportError{Operation: call.operation(), Method: call.method, Sent: sent, Err: err, text: text}
}

// logRequest writes the one line. The query is left out: it may hold an e-mail
// address, and the path is given as its template.
func (c *core) logRequest(ctx context.Context, call call, status int, requestID string, took time.Duration, err error) {
	attrs := []slog.Attr{
		slog.String("method", call.method),
		slog.String("path", "/api/"+call.template),
		slog.Int("status", status),
		slog.Duration("duration", took),
	}
	if requestID != "" {
		attrs = append(attrs, slog.String("request_id", requestID))
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	c.log.LogAttrs(ctx, slog.LevelDebug, "PostHog request", attrs...)
}
