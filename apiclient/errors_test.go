package apiclient_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"posthog-org-mcp/apiclient"
)

// sentinels is all that an error may match.
func sentinels() map[string]error {
	return map[string]error{
		"NotFound": apiclient.ErrNotFound, "Unauthorized": apiclient.ErrUnauthorized, "Forbidden": apiclient.ErrForbidden,
		"MissingScope": apiclient.ErrMissingScope, "ClosedToKeys": apiclient.ErrClosedToKeys,
		"KeysSwitchedOff": apiclient.ErrKeysSwitchedOff, "KeyConfined": apiclient.ErrKeyConfined,
		"LevelTooLow": apiclient.ErrLevelTooLow, "NoAccess": apiclient.ErrNoAccess,
		"ReadOnlyOrganization": apiclient.ErrReadOnlyOrganization,
		"Conflict":             apiclient.ErrConflict, "Invalid": apiclient.ErrInvalid,
		"Throttled": apiclient.ErrThrottled, "Server": apiclient.ErrServer,
		"NotSent": apiclient.ErrNotSent, "UnknownOutcome": apiclient.ErrUnknownOutcome,
		"BodyTooLarge": apiclient.ErrBodyTooLarge, "UnreadableBody": apiclient.ErrUnreadableBody,
		"Redirected": apiclient.ErrRedirected, "BrokenList": apiclient.ErrBrokenList,
	}
}

// matched names the sentinels that err matches, in order.
func matched(err error) string {
	var names []string
	for name, sentinel := range sentinels() {
		if errors.Is(err, sentinel) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

func TestEveryRefusalOfTheContractMeansWhatItSays(t *testing.T) {
	const (
		validation, invalid, authentication = "validation_error", "invalid_request", "authentication_error"
		denied                              = "permission_denied"
	)
	for _, refusal := range []struct {
		status             int
		kind, code, detail string
		attr               string
		want               string
	}{
		{400, validation, "required", "This field is required.", "name", "Invalid"},
		{400, validation, "blank", "This field may not be blank.", "name", "Invalid"},
		{400, validation, "null", "This field may not be null.", "name", "Invalid"},
		{400, validation, "max_length", "Ensure this field has no more than 200 characters.", "name", "Invalid"},
		{400, validation, "unique", "There is already a role with this name.", "name", "Conflict Invalid"},
		{400, validation, "invalid_input", "User is already part of the role.", "", "Conflict Invalid"},
		{400, validation, "invalid_input", "USER IS ALREADY PART OF THE ROLE.", "", "Conflict Invalid"},
		{400, validation, "invalid_input", "A role external reference with this provider, organization, and role slug already exists.", "", "Conflict Invalid"},
		{400, validation, "invalid_input", "A role external reference with this provider, organization, and role ID already exists.", "", "Conflict Invalid"},
		{400, validation, "invalid_input", "A role external reference with this provider, organization, and role identifier already exists.", "", "Conflict Invalid"},
		{400, validation, "invalid_input", "Must be a valid UUID.", "user_uuid", "Invalid"},
		{400, validation, "invalid_input", "Role does not exist.", "", "Invalid"},
		{400, validation, "invalid_input", "User does not exist.", "", "Invalid"},
		{400, validation, "invalid_input", "Value may not exceed 9223372036854775807.", "limit", "Invalid"},
		{400, validation, "does_not_exist", `Invalid pk "x" - object does not exist.`, "role", "Invalid"},
		{400, invalid, "parse_error", "JSON parse error - Expecting value", "", "Invalid"},
		{401, authentication, "not_authenticated", "Authentication credentials were not provided.", "", "Unauthorized"},
		{401, authentication, "authentication_failed", "Personal API key found in request Authorization header is invalid.", "", "Unauthorized"},
		{403, authentication, denied, "API key missing required scope 'organization:write'", "", "Forbidden MissingScope"},
		{403, authentication, denied, "api key MISSING Required Scope 'organization:write'", "", "Forbidden MissingScope"},
		{403, authentication, denied, "OAuth token has no scopes and cannot access this resource", "", "Forbidden MissingScope"},
		{403, authentication, denied, "This action does not support personal API key access", "", "ClosedToKeys Forbidden"},
		{403, authentication, denied, "This action does not support Personal API Key access", "", "ClosedToKeys Forbidden"},
		{403, authentication, denied, "API key does not have access to the requested organization: ID 0190f3a2.", "", "Forbidden KeyConfined"},
		{403, authentication, denied, "API key does not have access to the requested project: ID 7.", "", "Forbidden KeyConfined"},
		{403, authentication, denied, "API keys with scoped projects are only supported on project-based endpoints.", "", "Forbidden KeyConfined"},
		{403, authentication, denied, "Organization 'Hedgebox' does not allow using personal API keys.", "", "Forbidden KeysSwitchedOff"},
		{403, authentication, denied, "You do not have permission to perform this action.", "", "Forbidden NoAccess"},
		{403, authentication, denied, "You don't have access to the project.", "", "Forbidden NoAccess"},
		{403, authentication, denied, "Your organization access level is insufficient.", "", "Forbidden LevelTooLow"},
		{403, authentication, denied, "You don't have sufficient permissions in the project.", "", "Forbidden LevelTooLow"},
		{403, authentication, denied, "Your organization restricts MCP access to read-only. Ask an admin.", "", "Forbidden ReadOnlyOrganization"},
		{403, authentication, denied, "Something that nobody has seen yet.", "", "Forbidden"},
		{404, invalid, "not_found", "Not found.", "", "NotFound"},
		{404, invalid, "not_found", "Organization not found.", "", "NotFound"},
		{405, invalid, "method_not_allowed", `Method "PUT" not allowed.`, "", "Invalid"},
		{415, invalid, "unsupported_media_type", `Unsupported media type "text/plain" in request.`, "", "Invalid"},
		{409, invalid, "conflict", "It already exists.", "", "Invalid"},
		{429, "throttled_error", "throttled", "Request was throttled. Expected available in 42 seconds.", "", "Throttled"},
		{500, "server_error", "error", "A server error occurred.", "", "Server"},
		{503, "server_error", "error", "A role already exists, who knows.", "", "Server"},
	} {
		t.Run(fmt.Sprintf("%d %s", refusal.status, refusal.detail), func(t *testing.T) {
			s := newStage(t)
			body := refusalJSON(refusal.kind, refusal.code, refusal.detail)
			if refusal.attr != "" {
				body = refusalJSON(refusal.kind, refusal.code, refusal.detail, refusal.attr)
			}
			s.broken(refusal.status, body, "X-Request-Id", "request-1")
			_, err := s.reader(t).Role(testContext(t), organization, roleID)
			if got := matched(err); got != refusal.want {
				t.Errorf("matches %q, want %q", got, refusal.want)
			}
			var refused *apiclient.Error
			if !errors.As(err, &refused) {
				t.Fatalf("%T is no *Error: %v", err, err)
			}
			want := apiclient.Error{
				Operation: "GET roles/{id}/", Method: "GET", Path: prefix + "/api/organizations/" + string(organization) + "/roles/" + string(roleID) + "/",
				Status: refusal.status, Type: refusal.kind, Code: refusal.code, Detail: refusal.detail, RequestID: "request-1",
			}
			if (refused.Attr == nil) != (refusal.attr == "") || refused.Attr != nil && *refused.Attr != refusal.attr {
				t.Errorf("attr %v, want %q", refused.Attr, refusal.attr)
			}
			want.Attr = refused.Attr
			if *refused != want {
				t.Errorf("got  %+v\nwant %+v", *refused, want)
			}
		})
	}
}

func TestAServerFaultLeavesAWriteUnknownAndARefusalDoesNot(t *testing.T) {
	for status, want := range map[int]string{
		400: "Invalid", 403: "Forbidden", 404: "NotFound", 429: "Throttled", 500: "Server UnknownOutcome", 502: "Server UnknownOutcome", 504: "Server UnknownOutcome",
	} {
		s := newStage(t)
		s.broken(status, refusalJSON("a", "b", "c"))
		if got := matched(s.client(t).DeleteRole(testContext(t), organization, roleID)); got != want {
			t.Errorf("%d matches %q, want %q", status, got, want)
		}
	}
}

func TestTheMissingScopeIsNamed(t *testing.T) {
	for detail, want := range map[string]string{
		"API key missing required scope 'organization:write'":                           "organization:write",
		"API Key Missing Required Scope 'organization_member:read'":                     "organization_member:read",
		"API key missing required scope":                                                "",
		"API key missing required scope 'half":                                          "",
		"You do not have permission.":                                                   "",
		"OAuth token has no scopes and cannot access this resource":                     "",
		"Personal API key is missing required scope 'project:read' for this, you know.": "project:read",
	} {
		if got := (&apiclient.Error{Status: 403, Detail: detail}).MissingScope(); got != want {
			t.Errorf("%s: %q, want %q", detail, got, want)
		}
		if got := (&apiclient.Error{Status: 400, Detail: detail}).MissingScope(); got != "" {
			t.Errorf("a 400 names the scope %q", got)
		}
	}
}

func TestRetryAfterIsSecondsOrADate(t *testing.T) {
	for _, wait := range []struct {
		header []string
		want   time.Duration
	}{
		{nil, 0},
		{[]string{"Retry-After", "42"}, 42 * time.Second},
		{[]string{"Retry-After", " 0 "}, 0},
		{[]string{"Retry-After", "-5"}, 0},
		{[]string{"Retry-After", "-9223372036854775808"}, 0},
		{[]string{"Retry-After", "9223372036854775807"}, 24 * time.Hour},
		{[]string{"Retry-After", "99999999999999999999"}, 0},
		{[]string{"Retry-After", "soon"}, 0},
		{[]string{"Retry-After", "Wed, 01 May 2024 09:31:30 GMT", "Date", "Wed, 01 May 2024 09:30:00 GMT"}, 90 * time.Second},
		{[]string{"Retry-After", "Wed, 01 May 2024 09:29:00 GMT", "Date", "Wed, 01 May 2024 09:30:00 GMT"}, 0},
	} {
		s := newStage(t)
		s.broken(429, refusalJSON("throttled_error", "throttled", "Request was throttled. Expected available in 7 seconds."), wait.header...)
		_, err := s.reader(t).CurrentUser(testContext(t))
		var refused *apiclient.Error
		if !errors.As(err, &refused) || refused.RetryAfter != wait.want {
			t.Errorf("%v: %#v, want %v", wait.header, err, wait.want)
		}
	}
}

func TestARefusalOfAnyShapeIsAGoodError(t *testing.T) {
	long := strings.Repeat("ä", 5000)
	for _, body := range []struct {
		name, contentType, body string
		wantCode, wantDetail    string
	}{
		{"HTML", "text/html", "<html><body>Bad gateway</body></html>", "", ""},
		{"HTML that says it is JSON", "application/json", "  <!DOCTYPE html><p>hello", "", ""},
		{"HTML that says it is text", "text/plain", "<p>hello", "", ""},
		{"plain text", "text/plain; charset=utf-8", "upstream connect error\r\n\x1b[31mred\u202e", "", `upstream connect error\r\n\x1b[31mred\u202e`},
		{"long text", "text/plain", long, "", strings.Repeat("ä", 300) + "…"},
		{"long detail", "application/json", refusalJSON("t", "c", long), "c", strings.Repeat("ä", 300) + "…"},
		{"binary", "application/octet-stream", "\x00\xff\xfe", "", ""},
		{"binary that says it is text", "text/plain", "ok\xff\xfe", "", ""},
		{"nothing", "application/json", "", "", ""},
		{"no type", "", "hello", "", ""},
		{"a bad type", ";;", "hello", "", ""},
		{"another JSON", "application/problem+json", `{"title":"Nope"}`, "", `{"title":"Nope"}`},
		{"a list", "application/json", `["nope"]`, "", `["nope"]`},
		{"a detail of another type", "application/json", `{"type":"validation_error","code":"invalid","detail":["a","b"],"attr":7}`, "invalid", ""},
		{"cut JSON", "application/json", `{"type":"val`, "", `{"type":"val`},
	} {
		t.Run(body.name, func(t *testing.T) {
			s := newStage(t)
			s.broken(502, body.body, "Content-Type", body.contentType)
			_, err := s.reader(t).CurrentUser(testContext(t))
			var refused *apiclient.Error
			if !errors.As(err, &refused) {
				t.Fatalf("%T is no *Error: %v", err, err)
			}
			if refused.Status != 502 || refused.Code != body.wantCode || refused.Detail != body.wantDetail {
				t.Errorf("got %+v", *refused)
			}
			if text := err.Error(); !strings.HasPrefix(text, "GET users/@me/: 502") || strings.ContainsAny(text, "\n\r\x1b") || len(text) > 1000 {
				t.Errorf("the message is %q", text)
			}
		})
	}
}

func TestARefusalThatBreaksOffIsStillARefusal(t *testing.T) {
	s := newStage(t)
	s.broken(404, `{"type":"invalid`, "Content-Length", "500")
	if _, err := s.reader(t).CurrentUser(testContext(t)); matched(err) != "NotFound" {
		t.Errorf("%v matches %q", err, matched(err))
	}
}

func TestAMessageSaysWhatFailed(t *testing.T) {
	attr := "name"
	for want, err := range map[string]error{
		"PATCH roles/{id}/: 400 unique: There is already a role with this name. (name)": &apiclient.Error{
			Operation: "PATCH roles/{id}/", Status: 400, Code: "unique", Detail: "There is already a role with this name.", Attr: &attr},
		"GET roles/: 502: Bad Gateway":                  &apiclient.Error{Operation: "GET roles/", Status: 502},
		"GET roles/: 599":                               &apiclient.Error{Operation: "GET roles/", Status: 599},
		`role id "x" is not a UUID`:                     &apiclient.ArgumentError{Argument: "role id", Value: `"x"`, Problem: "is not a UUID"},
		"no connection within 5s (connect timeout)":     &apiclient.TimeoutError{Limit: "connect", After: 5 * time.Second},
		"no answer within 30s (header timeout)":         &apiclient.TimeoutError{Limit: "header", After: 30 * time.Second},
		"no complete answer within 60s (total timeout)": &apiclient.TimeoutError{Limit: "total", After: time.Minute},
		"GET roles/: 200: the answer is unreadable: it is empty": &apiclient.AnswerError{
			Operation: "GET roles/", Status: 200, Err: apiclient.ErrUnreadableBody, Reason: "it is empty"},
		"GET roles/: the pages of the list do not fit together: why": &apiclient.AnswerError{
			Operation: "GET roles/", Err: apiclient.ErrBrokenList, Reason: "why"},
	} {
		if err.Error() != want {
			t.Errorf("got  %s\nwant %s", err, want)
		}
	}
	if !errors.Is(&apiclient.TimeoutError{}, context.DeadlineExceeded) {
		t.Error("a timeout is no deadline exceeded")
	}
}

func TestAWrongStatusOfSuccessIsNoSuccess(t *testing.T) {
	for _, answer := range []struct {
		status int
		body   string
		call   func(context.Context, *apiclient.Client) error
		want   string
	}{
		{202, "", func(ctx context.Context, c *apiclient.Client) error { return c.DeleteRole(ctx, organization, roleID) }, "UnknownOutcome UnreadableBody"},
		{200, "<html>signed out</html>", func(ctx context.Context, c *apiclient.Client) error { return c.DeleteRole(ctx, organization, roleID) }, "UnknownOutcome UnreadableBody"},
		{202, roleJSON, func(ctx context.Context, c *apiclient.Client) error {
			_, err := c.CreateRole(ctx, organization, apiclient.RoleCreate{Name: "x"})
			return err
		}, "UnknownOutcome UnreadableBody"},
		{http.StatusNoContent, "", func(ctx context.Context, c *apiclient.Client) error {
			_, err := c.Reader().Role(ctx, organization, roleID)
			return err
		}, "UnreadableBody"},
	} {
		s := newStage(t)
		s.broken(answer.status, answer.body)
		if got := matched(answer.call(testContext(t), s.client(t))); got != answer.want {
			t.Errorf("%d matches %q, want %q", answer.status, got, answer.want)
		}
	}
}
