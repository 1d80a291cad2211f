package sandbox

import (
	"context"
	"net/http"
	"net/url"
	"strings"
)

// route is one operation: what is called, what it takes to call it, what it does.
type route struct {
	method  string
	pattern string // below /api/, without outer slashes; {name} is one segment
	place   place
	scope   string // the key needs it; empty: the action asks for none
	level   int    // the caller's least level in the organization; 0: any member
	custom  bool   // a custom action, which some versions of the API close to keys
	do      func(context.Context, *call) (reply, error)
}

// place says what a path is inside of, and so which limits of a key apply to it.
type place int

const (
	nowhere         place = iota // about the key or its owner: no limit applies
	allOfThem                    // the organizations of the caller
	theOrganization              // one organization itself
	inOrganization               // a part of one organization
	inProject                    // a part of one project of it
)

// routes is the API that the sandbox keeps.
func routes() []route {
	const (
		organization = "organizations/{organization_id}"
		roles        = organization + "/roles"
		memberships  = roles + "/{role_id}/role_memberships"
		references   = organization + "/role_external_references"
		projects     = organization + "/projects"

		read  = "organization:read"
		write = "organization:write"
	)
	return []route{
		{method: "GET", pattern: roles, place: inOrganization, scope: read, do: listRoles},
		{method: "POST", pattern: roles, place: inOrganization, scope: write, level: administrator, do: createRole},
		{method: "GET", pattern: roles + "/{id}", place: inOrganization, scope: read, do: retrieveRole},
		{method: "PATCH", pattern: roles + "/{id}", place: inOrganization, scope: write, level: administrator, do: patchRole},
		{method: "PUT", pattern: roles + "/{id}", place: inOrganization, scope: write, level: administrator, do: putRole},
		{method: "DELETE", pattern: roles + "/{id}", place: inOrganization, scope: write, level: administrator, do: deleteRole},

		{method: "GET", pattern: memberships, place: inOrganization, scope: read, do: listRoleMemberships},
		{method: "POST", pattern: memberships, place: inOrganization, scope: write, level: administrator, do: createRoleMembership},
		{method: "GET", pattern: memberships + "/{id}", place: inOrganization, scope: read, do: retrieveRoleMembership},
		{method: "DELETE", pattern: memberships + "/{id}", place: inOrganization, scope: write, level: administrator, do: deleteRoleMembership},

		// The lookup comes before the row that it would otherwise be taken for.
		{method: "GET", pattern: references + "/lookup", place: inOrganization, scope: read, custom: true, do: lookUpReference},
		{method: "GET", pattern: references, place: inOrganization, scope: read, do: listReferences},
		{method: "POST", pattern: references, place: inOrganization, scope: write, level: administrator, do: createReference},
		{method: "DELETE", pattern: references + "/{id}", place: inOrganization, scope: write, level: administrator, do: deleteReference},

		// No scope was ever declared for these two, and the rotation asks for a
		// level in the project, not in the organization.
		{method: "PATCH", pattern: projects + "/{id}/rotate_secret_token", place: inProject, custom: true, do: rotateSecretToken},
		{method: "GET", pattern: organization + "/welcome/current", place: inOrganization, custom: true, do: retrieveWelcome},

		{method: "GET", pattern: "organizations", place: allOfThem, scope: read, do: listOrganizations},
		{method: "GET", pattern: organization, place: theOrganization, scope: read, do: retrieveOrganization},
		{method: "GET", pattern: organization + "/members", place: inOrganization, scope: "organization_member:read", do: listMembers},
		{method: "GET", pattern: projects, place: inOrganization, scope: "project:read", do: listProjects},
		{method: "GET", pattern: projects + "/{id}", place: inProject, scope: "project:read", do: retrieveProject},
		{method: "GET", pattern: "users/@me", place: nowhere, scope: "user:read", do: retrieveCurrentUser},
		{method: "GET", pattern: "personal_api_keys/@current", place: nowhere, do: retrieveCurrentKey},
	}
}

// match is a request's route with the variable parts of its path, or, when the
// address exists and the method does not, only the methods that do.
type match struct {
	route *route
	path  map[string]string
	allow []string
}

// find names the action of a request, and reports whether the address exists.
func (s *Sandbox) find(r *http.Request) (match, bool) {
	segments, ok := pathSegments(r.URL)
	if !ok {
		return match{}, false
	}
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	var pattern string
	var allow []string
	for i := range s.routes {
		route := &s.routes[i]
		if pattern != "" && route.pattern != pattern {
			continue
		}
		path := fit(route.pattern, segments)
		if path == nil {
			continue
		}
		if route.method == method {
			return match{route: route, path: path}, true
		}
		pattern = route.pattern
		allow = append(allow, route.method)
		if route.method == http.MethodGet {
			allow = append(allow, http.MethodHead)
		}
	}
	return match{allow: allow}, pattern != ""
}

// pathSegments cuts the path below /api/ into decoded segments. A slash that
// was sent encoded stays inside its segment. The last slash is optional.
func pathSegments(address *url.URL) ([]string, bool) {
	rest, ok := strings.CutPrefix(address.EscapedPath(), "/api/")
	if !ok {
		return nil, false
	}
	segments := strings.Split(strings.TrimSuffix(rest, "/"), "/")
	for i, segment := range segments {
		decoded, err := url.PathUnescape(segment)
		if err != nil || decoded == "" {
			return nil, false
		}
		segments[i] = decoded
	}
	return segments, true
}

// fit returns the variable parts of a path that has the pattern's form, or nil.
func fit(pattern string, segments []string) map[string]string {
	path := map[string]string{}
	rest := pattern
	for i, segment := range segments {
		part, more, found := strings.Cut(rest, "/")
		if found == (i == len(segments)-1) {
			return nil
		}
		if name, variable := strings.CutPrefix(part, "{"); variable {
			path[strings.TrimSuffix(name, "}")] = segment
		} else if part != segment {
			return nil
		}
		rest = more
	}
	return path
}
