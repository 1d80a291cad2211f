package apiclient

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// What the server's refusals mean. errors.Is matches an *Error with each one
// that holds; ErrForbidden holds for every 403, ErrInvalid for every conflict.
var (
	ErrNotFound     = errors.New("not found")
	ErrUnauthorized = errors.New("not authenticated")
	ErrForbidden    = errors.New("forbidden")
	// ErrMissingScope is a key without the scope; see (*Error).MissingScope.
	ErrMissingScope = errors.New("the key lacks a scope")
	// ErrClosedToKeys is an operation that this server opens to no key.
	ErrClosedToKeys = errors.New("the operation takes no API keys")
	// ErrKeysSwitchedOff is an organization that lets its members use no keys.
	ErrKeysSwitchedOff = errors.New("the organization lets members use no API keys")
	// ErrKeyConfined is a key that is confined to other organizations or projects.
	ErrKeyConfined = errors.New("the key is confined to other organizations or projects")
	// ErrLevelTooLow is an owner of the key who may look but not do this.
	ErrLevelTooLow = errors.New("the level is too low")
	// ErrNoAccess is an owner of the key who is not in the organization or project.
	ErrNoAccess = errors.New("no access to the organization or project")
	// ErrReadOnlyOrganization is an organization that wants no changes through MCP servers.
	ErrReadOnlyOrganization = errors.New("the organization restricts MCP access to reading")
	// ErrConflict is a 400 that says that the thing is there already.
	ErrConflict = errors.New("already there")
	// ErrInvalid is a request that the server, or this client, refuses as it stands.
	ErrInvalid   = errors.New("invalid")
	ErrThrottled = errors.New("throttled")
	ErrServer    = errors.New("server fault")
)

// Error is an answer by which the server refused or failed. Its texts are the
// server's own, masked, cut and with control characters escaped; any may be empty.
type Error struct {
	// Operation is the method and path template, such as "PATCH roles/{id}/".
	Operation string
	Method    string
	// Path is the path that was asked, without host and query.
	Path   string
	Status int
	// Type, Code, Detail and Attr are the fields of the API's error body. Attr
	// names the field to blame, and is nil when no single one is.
	Type, Code, Detail string
	Attr               *string
	// RequestID is the server's name for the request.
	RequestID string
	// RetryAfter is how long the server asks to wait; zero when it did not say.
	RetryAfter time.Duration
}

func (e *Error) Error() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s: %d", e.Operation, e.Status)
	if e.Code != "" {
		out.WriteString(" " + e.Code)
	}
	detail := e.Detail
	if detail == "" {
		detail = http.StatusText(e.Status)
	}
	if detail != "" {
		out.WriteString(": " + detail)
	}
	if e.Attr != nil {
		fmt.Fprintf(&out, " (%s)", *e.Attr)
	}
	return out.String()
}

// Is reports whether target is a sentinel of this package that holds for e.
func (e *Error) Is(target error) bool {
	switch target {
	case ErrUnauthorized:
		return e.Status == http.StatusUnauthorized
	case ErrForbidden:
		return e.Status == http.StatusForbidden
	case ErrNotFound:
		return e.Status == http.StatusNotFound
	case ErrThrottled:
		return e.Status == http.StatusTooManyRequests
	case ErrServer:
		return e.Status >= http.StatusInternalServerError
	case ErrUnknownOutcome:
		// A server that failed, or gave up waiting, may have done so after the deed.
		return isWrite(e.Method) && (e.Status >= http.StatusInternalServerError ||
			e.Status == http.StatusRequestTimeout || e.Status == statusClientClosedRequest)
	case ErrInvalid:
		return e.isInvalid()
	}
	for _, sentence := range sentences() {
		if sentence.means == target && sentence.status == e.Status && sentence.in(e) {
			return true
		}
	}
	return false
}

// statusClientClosedRequest is what nginx answers when it takes the client to be gone.
const statusClientClosedRequest = 499

// isInvalid holds for every 4xx that has no sentinel of its own.
func (e *Error) isInvalid() bool {
	switch e.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusTooManyRequests:
		return false
	}
	return e.Status >= http.StatusBadRequest && e.Status < http.StatusInternalServerError
}

// MissingScope returns the scope that the server's 403 names, such as
// "organization:write"; empty when it names none.
func (e *Error) MissingScope() string {
	if e.Status != http.StatusForbidden {
		return ""
	}
	_, rest, found := strings.Cut(strings.ToLower(e.Detail), missingScope+" '")
	scope, _, closed := strings.Cut(rest, "'")
	if !found || !closed || !isScope(scope) {
		return ""
	}
	return scope
}

// isScope tells a scope from a sentence that a server puts in its place: the
// name is repeated where people and models take it for ours.
func isScope(text string) bool {
	if text == "*" {
		return true
	}
	object, access, _ := strings.Cut(text, ":")
	return object != "" && strings.Trim(object, "abcdefghijklmnopqrstuvwxyz_") == "" && (access == "read" || access == "write")
}

const missingScope = "missing required scope"

// A sentence is a way by which the server tells apart errors of one status. It
// gives them all the same type and code, so that only the words are left.
type sentence struct {
	status int
	means  error
	// code, or else words of the detail, in lower case.
	code, words string
}

// in compares without regard to case: the server's versions differ in capitals.
func (s sentence) in(e *Error) bool {
	if s.code != "" {
		return e.Code == s.code
	}
	return strings.Contains(strings.ToLower(e.Detail), s.words)
}

// sentences is what the contract says about the server's words.
func sentences() []sentence {
	return []sentence{
		{400, ErrConflict, "unique", ""},
		{400, ErrConflict, "", "there is already a "},
		{400, ErrConflict, "", "already exists"},
		{400, ErrConflict, "", "is already part of"},
		{403, ErrMissingScope, "", missingScope},
		{403, ErrMissingScope, "", "token has no scopes"},
		{403, ErrClosedToKeys, "", "does not support personal api key access"},
		{403, ErrKeysSwitchedOff, "", "does not allow using personal api keys"},
		{403, ErrKeyConfined, "", "api key does not have access to the requested"},
		{403, ErrKeyConfined, "", "api keys with scoped projects are only supported"},
		{403, ErrLevelTooLow, "", "organization access level is insufficient"},
		{403, ErrLevelTooLow, "", "you don't have sufficient permissions in the project"},
		{403, ErrNoAccess, "", "you do not have permission to perform this action"},
		{403, ErrNoAccess, "", "you don't have access to the project"},
		{403, ErrReadOnlyOrganization, "", "restricts mcp access to read-only"},
	}
}

// isWrite reports whether a method may change something.
func isWrite(method string) bool { return method != http.MethodGet }
