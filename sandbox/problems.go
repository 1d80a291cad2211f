package sandbox

import (
	"fmt"
	"net/http"
	"strconv"
)

// problem is an answer that is not a success: PostHog's error object and its
// status. The values below are all there are.
type problem struct {
	status int
	header http.Header

	Type   string  `json:"type"`
	Code   string  `json:"code"`
	Detail string  `json:"detail"`
	Attr   *string `json:"attr"`
}

// Error makes a problem an error, so that any step of a call can end it.
func (p problem) Error() string { return fmt.Sprintf("%d %s: %s", p.status, p.Code, p.Detail) }

// says returns the problem with its sentence filled in.
func (p problem) says(values ...any) problem {
	p.Detail = fmt.Sprintf(p.Detail, values...)
	return p
}

// at returns the problem blamed on one field of the body or the query.
func (p problem) at(field string) problem {
	p.Attr = &field
	return p
}

// with returns the problem with one more response header.
func (p problem) with(name, value string) problem {
	p.header = p.header.Clone()
	if p.header == nil {
		p.header = http.Header{}
	}
	p.header.Set(name, value)
	return p
}

func validation(code, detail string) problem {
	return problem{status: http.StatusBadRequest, Type: "validation_error", Code: code, Detail: detail}
}

func invalidRequest(status int, code, detail string) problem {
	return problem{status: status, Type: "invalid_request", Code: code, Detail: detail}
}

func forbidden(detail string) problem {
	return problem{status: http.StatusForbidden, Type: "authentication_error", Code: "permission_denied", Detail: detail}
}

func unauthorized(code, detail string) problem {
	return problem{status: http.StatusUnauthorized, Type: "authentication_error", Code: code, Detail: detail}
}

// The whole table. A sentence with a verb in it is completed by says.
var (
	required       = validation("required", "This field is required.")
	blank          = validation("blank", "This field may not be blank.")
	null           = validation("null", "This field may not be null.")
	noData         = validation("null", "No data provided")
	tooLong        = validation("max_length", "Ensure this field has no more than %d characters.")
	notText        = validation("invalid_input", "Not a valid string.")
	nulCharacter   = validation("null_characters_not_allowed", "Null characters are not allowed.")
	notUUID        = validation("invalid_input", "Must be a valid UUID.")
	notObject      = validation("invalid_input", "Invalid data. Expected a dictionary, but got %s.")
	notTime        = validation("invalid_input", "Enter a valid date/time.")
	tooGreat       = validation("invalid_input", "Value may not exceed 9223372036854775807.")
	nameTaken      = validation("unique", "There is already a role with this name.")
	noSuchRole     = validation("invalid_input", "Role does not exist.")
	noSuchUser     = validation("invalid_input", "User does not exist.")
	alreadyInRole  = validation("invalid_input", "User is already part of the role.")
	invalidPK      = validation("does_not_exist", `Invalid pk "%s" - object does not exist.`)
	wrongPKType    = validation("invalid_input", "Incorrect type. Expected pk value, received %s.")
	slugTaken      = validation("invalid_input", "A role external reference with this provider, organization, and role slug already exists.")
	idTaken        = validation("invalid_input", "A role external reference with this provider, organization, and role ID already exists.")
	referenceRaced = validation("invalid_input", "A role external reference with this provider, organization, and role identifier already exists.")
	neitherKey     = validation("invalid_input", "Either provider_role_slug or provider_role_id must be provided.")
	tokensReplaced = validation("invalid_input", "The feature flags secure API key is deprecated. Create a project secret API key with the feature_flag:read scope instead.")

	parseError       = invalidRequest(http.StatusBadRequest, "parse_error", "JSON parse error - %v")
	notFound         = invalidRequest(http.StatusNotFound, "not_found", "Not found.")
	noOrganization   = invalidRequest(http.StatusNotFound, "not_found", "Organization not found.")
	noProject        = invalidRequest(http.StatusNotFound, "not_found", "Project not found.")
	methodNotAllowed = invalidRequest(http.StatusMethodNotAllowed, "method_not_allowed", `Method "%s" not allowed.`)
	unsupportedMedia = invalidRequest(http.StatusUnsupportedMediaType, "unsupported_media_type", `Unsupported media type "%s" in request.`)

	notAuthenticated = unauthorized("not_authenticated", "Authentication credentials were not provided.")
	wrongKey         = unauthorized("authentication_failed", "Personal API key found in request Authorization header is invalid.")

	missingScope      = forbidden("API key missing required scope '%s'")
	closedToKeys      = forbidden("This action does not support personal API key access")
	otherOrganization = forbidden("API key does not have access to the requested organization: ID %s.")
	otherProject      = forbidden("API key does not have access to the requested project: ID %d.")
	projectKeyOnly    = forbidden("API keys with scoped projects are only supported on project-based endpoints.")
	keysSwitchedOff   = forbidden("Organization '%s' does not allow using personal API keys. Contact an admin to enable personal API keys for this organization.")
	notAMember        = forbidden("You do not have permission to perform this action.")
	levelTooLow       = forbidden("Your organization access level is insufficient.")
	projectLevelLow   = forbidden("You don't have sufficient permissions in the project.")

	throttled   = problem{status: http.StatusTooManyRequests, Type: "throttled_error", Code: "throttled", Detail: "Request was throttled. Expected available in %d seconds."}
	serverError = problem{status: http.StatusInternalServerError, Type: "server_error", Code: "error", Detail: "A server error occurred."}
)

// waitFor is the throttled answer that asks for a number of seconds.
func waitFor(seconds int) problem {
	return throttled.says(seconds).with("Retry-After", strconv.Itoa(seconds))
}
