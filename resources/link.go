package resources

import "encoding/json"

// Link leads from a result to the resource that shows the same thing as it is
// later on.
type Link struct{ URI, Name string }

// linking are the tools whose result is about one role.
func linking() map[string]bool {
	return map[string]bool{"roles-get": true, "roles-create": true, "roles-update": true}
}

// LinkOf returns the link that goes with a tool's result, if any does.
func LinkOf(catalog []Resource, tool string, result json.RawMessage) (Link, bool) {
	if !linking()[tool] {
		return Link{}, false
	}
	type role struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
	var found struct {
		Role role `json:"role"`
		Full role `json:"full"` // with view full
	}
	if json.Unmarshal(result, &found) != nil {
		return Link{}, false
	}
	if found.Role.ID == "" {
		found.Role = found.Full
	}
	for _, resource := range catalog {
		if resource.URI == roleURI && found.Role.ID != "" {
			return Link{URI: resource.At(found.Role.ID), Name: found.Role.Name}, true
		}
	}
	return Link{}, false
}
