package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"posthog-org-mcp/sandbox"
)

// witness reads the API on its own: no code of the server is between it and
// the organization. What the server has written it sees with another's eyes,
// the owner's.
type witness struct {
	host   string
	client *http.Client
	// secrets are all tokens seen so far. The story calls them by their place
	// in this list.
	secrets []string
}

func newWitness(host string) *witness {
	return &witness{host: strings.TrimRight(host, "/"), client: &http.Client{Timeout: longestCall}}
}

// get reads an address of the API: below the organization, unless it begins
// with a slash.
func (w *witness) get(ctx context.Context, key, address string) (any, error) {
	data, err := w.read(ctx, key, address)
	if err != nil {
		return nil, err
	}
	return decode(data)
}

func (w *witness) read(ctx context.Context, key, address string) ([]byte, error) {
	if !strings.HasPrefix(address, "/") {
		address = "/api/organizations/@current/" + address
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, w.host+address, nil)
	if err != nil {
		return nil, fmt.Errorf("GET %s: %w", address, err)
	}
	request.Header.Set("Authorization", "Bearer "+key)
	request.Header.Set("User-Agent", "posthog-org-mcp-demo")
	response, err := w.client.Do(request)
	if err != nil {
		return nil, err // names the address already
	}
	defer func() { _ = response.Body.Close() }() // read to its end, or given up
	data, err := io.ReadAll(io.LimitReader(response.Body, 8<<20))
	if err != nil {
		return nil, fmt.Errorf("GET %s: %w", address, err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("GET %s: %s", address, response.Status)
	}
	return data, nil
}

// page reads a list that fits one page.
func page[T any](ctx context.Context, w *witness, address string) ([]T, error) {
	data, err := w.read(ctx, sandbox.OwnerKey, address+"?limit=1000")
	if err != nil {
		return nil, err
	}
	var list struct {
		Next    *string
		Results []T
	}
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, fmt.Errorf("GET %s: %w", address, err)
	}
	if list.Next != nil {
		return nil, fmt.Errorf("GET %s: more than a page", address)
	}
	return list.Results, nil
}

// A snapshot is all that the day could change, by id.
type snapshot struct {
	things  map[string]thing
	secrets []string
}

// thing is one object. Says is what the story calls it when it is new or gone;
// value, the part that could change, is told with its label when it does.
type thing struct{ says, label, value string }

// The API's objects, as far as a snapshot needs them.
type (
	apiUser struct {
		UUID      string
		FirstName string `json:"first_name"`
		LastName  string `json:"last_name"`
		Email     string
	}
	apiMember struct {
		User  apiUser
		Level int
	}
	apiRole struct {
		ID, Name string
		Members  []struct {
			ID   string
			User apiUser
		}
	}
	apiReference struct {
		ID, Provider, Role   string
		ProviderOrganization string `json:"provider_organization_id"`
		ProviderRoleID       string `json:"provider_role_id"`
		ProviderRoleName     string `json:"provider_role_name"`
	}
	apiProject struct {
		ID   int
		Name string
		// Tokens stay in the witness, which shows their number only.
		Token  *string `json:"secret_api_token"`
		Backup *string `json:"secret_api_token_backup"`
	}
)

// name is what the story calls somebody.
func (u apiUser) name() string {
	if name := strings.TrimSpace(u.FirstName + " " + u.LastName); name != "" {
		return name
	}
	local, _, _ := strings.Cut(u.Email, "@")
	return local
}

// look takes a snapshot of the organization.
func (w *witness) look(ctx context.Context) (snapshot, error) {
	things := map[string]thing{}
	roleName := map[string]string{}

	members, err := page[apiMember](ctx, w, "members/")
	for _, member := range members {
		things["member "+member.User.UUID] = thing{
			says: "member " + member.User.name(), label: member.User.name(), value: fmt.Sprintf("level %d", member.Level),
		}
	}
	roles, rolesErr := page[apiRole](ctx, w, "roles/")
	for _, role := range roles {
		roleName[role.ID] = role.Name
		things["role "+role.ID] = thing{says: "role " + role.Name, label: "role", value: role.Name}
		for _, membership := range role.Members {
			things["membership "+membership.ID] = thing{
				says: membership.User.name() + " in " + role.Name, label: "membership", value: membership.User.UUID + " in " + role.ID,
			}
		}
	}
	references, referencesErr := page[apiReference](ctx, w, "role_external_references/")
	for _, reference := range references {
		things["reference "+reference.ID] = thing{
			says: fmt.Sprintf("link from %s %s/%s to %s", reference.Provider, reference.ProviderOrganization,
				reference.ProviderRoleName, roleName[reference.Role]),
			label: "reference", value: fmt.Sprint(reference),
		}
	}
	projectsErr := w.lookAtProjects(ctx, things)
	return snapshot{things: things, secrets: slices.Clone(w.secrets)}, errors.Join(err, rolesErr, referencesErr, projectsErr)
}

// lookAtProjects adds the projects with their tokens, which only the whole
// objects hold.
func (w *witness) lookAtProjects(ctx context.Context, things map[string]thing) error {
	rows, err := page[apiProject](ctx, w, "projects/")
	for _, row := range rows {
		address := fmt.Sprintf("projects/%d/", row.ID)
		data, err := w.read(ctx, sandbox.OwnerKey, address)
		if err != nil {
			return err
		}
		var project apiProject
		if err := json.Unmarshal(data, &project); err != nil {
			return fmt.Errorf("GET %s: %w", address, err)
		}
		things[fmt.Sprintf("project %d", project.ID)] = thing{
			says: "project " + project.Name, label: project.Name,
			value: fmt.Sprintf("token %s, backup %s", w.token(project.Token), w.token(project.Backup)),
		}
	}
	return err
}

// token words a token so that two can be told apart and none is shown.
func (w *witness) token(value *string) string {
	if value == nil || *value == "" {
		return "none"
	}
	number := slices.Index(w.secrets, *value)
	if number < 0 {
		number = len(w.secrets)
		w.secrets = append(w.secrets, *value)
	}
	return fmt.Sprintf("no. %d", number+1)
}

// diff words how a later snapshot differs, in alphabetical order.
func (s snapshot) diff(later snapshot) []string {
	var lines []string
	for id, before := range s.things {
		after, ok := later.things[id]
		switch {
		case !ok:
			lines = append(lines, "gone: "+before.says)
		case after.value != before.value:
			lines = append(lines, fmt.Sprintf("%s: %s (was %s)", after.label, after.value, before.value))
		}
	}
	for id, after := range later.things {
		if _, ok := s.things[id]; !ok {
			lines = append(lines, "new: "+after.says)
		}
	}
	slices.Sort(lines)
	return lines
}
