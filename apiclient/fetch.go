package apiclient

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"unicode/utf8"
)

// The paths of the API, below /api/, each named once.
const (
	inOrganization = "organizations/{organization_id}/"

	organizationsPath = "organizations/"
	organizationPath  = inOrganization
	rolesPath         = inOrganization + "roles/"
	rolePath          = rolesPath + "{id}/"
	membershipsPath   = rolesPath + "{role_id}/role_memberships/"
	membershipPath    = membershipsPath + "{id}/"
	referencesPath    = inOrganization + "role_external_references/"
	referencePath     = referencesPath + "{id}/"
	lookupPath        = referencesPath + "lookup/"
	membersPath       = inOrganization + "members/"
	projectsPath      = inOrganization + "projects/"
	projectPath       = projectsPath + "{id}/"
	rotatePath        = projectPath + "rotate_secret_token/"
	welcomePath       = inOrganization + "welcome/current/"
	currentUserPath   = "users/@me/"
	currentKeyPath    = "personal_api_keys/@current/"
)

// get is the call that reads what stands at a path.
func get(template string, ids ...segment) call {
	return call{method: http.MethodGet, template: template, ids: ids, success: http.StatusOK, resend: resendRead}
}

// list is the collection at a path.
func list[T any](c *core, query url.Values, template string, ids ...segment) List[T] {
	collection := List[T]{core: c, call: get(template, ids...)}
	collection.call.query = query
	return collection
}

// fetch sends a call whose answer is one object.
func fetch[T any](ctx context.Context, c *core, call call) (T, error) {
	var value, none T
	if err := c.do(ctx, call, func(decoder *json.Decoder) error {
		value = none // An earlier answer that was cut off must leave nothing behind.
		return decodeObject(decoder, &value)
	}); err != nil {
		return none, err
	}
	return value, nil
}

// remove sends a DELETE. Success is a 204 and nothing else: any other answer
// leaves open what happened.
func remove(ctx context.Context, c *core, template string, ids ...segment) error {
	return c.do(ctx, call{
		method: http.MethodDelete, template: template, ids: ids, success: http.StatusNoContent, resend: resendDelete,
	}, nil)
}

// checkLength holds a text to the length that the API documents, in characters.
func checkLength(argument, value string, least, most int) *ArgumentError {
	switch length := utf8.RuneCountInString(value); {
	case length < least:
		return &ArgumentError{Argument: argument, Problem: "is empty"}
	case length > most:
		return &ArgumentError{
			Argument: argument, Value: quote(value),
			Problem: fmt.Sprintf("has %d characters, more than %d", length, most),
		}
	}
	return nil
}

// firstProblem returns the first problem that there is.
func firstProblem(problems ...*ArgumentError) *ArgumentError {
	for _, problem := range problems {
		if problem != nil {
			return problem
		}
	}
	return nil
}
