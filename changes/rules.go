package changes

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"posthog-org-mcp/apiclient"
)

// A rule is all that the executor knows of one kind of change. When a request
// may be sent again is the client's own table, by operation: apiclient's resends.
type rule struct {
	name   string
	effect Effect
	scopes []string
	// inProject reports that PostHog asks for a level in the project. All else
	// takes an administrator of the organization.
	inProject bool

	// does says what a change does, as a sentence in which names are quoted.
	does func(change Change) string
	// loses says what is lost by it, a sentence each.
	loses func(change Change) []string
	// send makes the one request that carries the change out.
	send func(ctx context.Context, api *apiclient.Client, change Change, done *Outcome) error
	// find reads whether the change has happened, when the answer to send did
	// not tell. It fills done as send would have.
	find func(ctx context.Context, api apiclient.Reader, change Change, done *Outcome) (bool, error)
	// reverse plans what takes a change back that was done, on the organization
	// as it is now. Nil where nothing can.
	reverse func(ctx context.Context, past past) (Set, error)
}

const organizationWrite = "organization:write"

// rule looks the kind up in the table; an unknown kind has an empty rule, which
// the executor refuses.
func (k Kind) rule() rule {
	switch k {
	case RoleCreate:
		return rule{
			name: "create role", effect: Creates, scopes: []string{organizationWrite},
			does: doesRoleCreate, loses: losesNothing,
			send: sendRoleCreate, find: findRoleCreate, reverse: reverseRoleCreate,
		}
	case RoleRename:
		return rule{
			name: "rename role", effect: Updates, scopes: []string{organizationWrite},
			does: doesRoleRename, loses: losesNothing,
			send: sendRoleRename, find: findRoleRename, reverse: reverseRoleRename,
		}
	case RoleDelete:
		return rule{
			name: "delete role", effect: Destroys, scopes: []string{organizationWrite},
			does: doesRoleDelete, loses: losesRoleDelete,
			send: sendRoleDelete, find: findRoleDelete, reverse: reverseRoleDelete,
		}
	case MembershipAdd:
		return rule{
			name: "add member", effect: Creates, scopes: []string{organizationWrite},
			does: doesMembershipAdd, loses: losesNothing,
			send: sendMembershipAdd, find: findMembershipAdd, reverse: reverseMembershipAdd,
		}
	case MembershipRemove:
		return rule{
			name: "remove member", effect: Destroys, scopes: []string{organizationWrite},
			does: doesMembershipRemove, loses: losesMembershipRemove,
			send: sendMembershipRemove, find: findMembershipRemove, reverse: reverseMembershipRemove,
		}
	case ReferenceCreate:
		return rule{
			name: "create external reference", effect: Creates, scopes: []string{organizationWrite},
			does: doesReferenceCreate, loses: losesNothing,
			send: sendReferenceCreate, find: findReferenceCreate, reverse: reverseReferenceCreate,
		}
	case ReferenceDelete:
		return rule{
			name: "delete external reference", effect: Destroys, scopes: []string{organizationWrite},
			does: doesReferenceDelete, loses: losesReferenceDelete,
			send: sendReferenceDelete, find: findReferenceDelete, reverse: reverseReferenceDelete,
		}
	case TokenRotate:
		return rule{
			// PostHog publishes no scope for the rotation, and nothing takes one back.
			name: "rotate secret token", effect: Destroys, inProject: true,
			does: doesTokenRotate, loses: losesTokenRotate,
			send: sendTokenRotate, find: findTokenRotate,
		}
	}
	return rule{name: "unknown change"}
}

func sendRoleCreate(ctx context.Context, api *apiclient.Client, c Change, done *Outcome) (err error) {
	done.Role, err = filled(api.CreateRole(ctx, c.Organization, apiclient.RoleCreate{Name: c.Name}))
	return about(err, err != nil || strings.EqualFold(done.Role.Name, c.Name))
}

func findRoleCreate(ctx context.Context, api apiclient.Reader, c Change, done *Outcome) (bool, error) {
	for role, err := range api.Roles(c.Organization).Each(ctx) {
		if err != nil {
			return false, err
		}
		if strings.EqualFold(role.Name, c.Name) {
			done.Role = &role
			return true, nil
		}
	}
	return false, nil
}

func sendRoleRename(ctx context.Context, api *apiclient.Client, c Change, done *Outcome) (err error) {
	done.Role, err = filled(api.UpdateRole(ctx, c.Organization, c.Role.ID, apiclient.RoleUpdate{Name: &c.Name}))
	return about(err, err != nil || done.Role.ID == c.Role.ID && done.Role.Name == c.Name)
}

func findRoleRename(ctx context.Context, api apiclient.Reader, c Change, done *Outcome) (bool, error) {
	role, err := api.Role(ctx, c.Organization, c.Role.ID)
	if err != nil {
		return false, err
	}
	done.Role = &role
	return role.Name == c.Name, nil
}

func sendRoleDelete(ctx context.Context, api *apiclient.Client, c Change, _ *Outcome) error {
	return api.DeleteRole(ctx, c.Organization, c.Role.ID)
}

func findRoleDelete(ctx context.Context, api apiclient.Reader, c Change, _ *Outcome) (bool, error) {
	_, err := api.Role(ctx, c.Organization, c.Role.ID)
	return gone(err)
}

func sendMembershipAdd(ctx context.Context, api *apiclient.Client, c Change, done *Outcome) (err error) {
	done.Membership, err = filled(api.AddRoleMember(ctx, c.Organization, c.Role.ID, c.Member.User.UUID))
	return about(err, err != nil || done.Membership.User.UUID == c.Member.User.UUID &&
		(done.Membership.RoleID == "" || done.Membership.RoleID == c.Role.ID))
}

func findMembershipAdd(ctx context.Context, api apiclient.Reader, c Change, done *Outcome) (bool, error) {
	for membership, err := range api.RoleMemberships(c.Organization, c.Role.ID).Each(ctx) {
		if err != nil {
			return false, err
		}
		if membership.User.UUID == c.Member.User.UUID {
			done.Membership = &membership
			return true, nil
		}
	}
	return false, nil
}

func sendMembershipRemove(ctx context.Context, api *apiclient.Client, c Change, _ *Outcome) error {
	return api.RemoveRoleMember(ctx, c.Organization, c.Role.ID, c.Membership.ID)
}

func findMembershipRemove(ctx context.Context, api apiclient.Reader, c Change, _ *Outcome) (bool, error) {
	_, err := api.RoleMembership(ctx, c.Organization, c.Role.ID, c.Membership.ID)
	return gone(err)
}

func sendReferenceCreate(ctx context.Context, api *apiclient.Client, c Change, done *Outcome) (err error) {
	done.Reference, err = filled(api.CreateReference(ctx, c.Organization, *c.NewReference))
	return about(err, err != nil || isThatReference(*done.Reference, *c.NewReference))
}

// isThatReference reports whether a reference is the one that was to be made.
func isThatReference(is apiclient.Reference, wanted apiclient.ReferenceCreate) bool {
	return is.Role == wanted.Role && is.Provider == wanted.Provider &&
		strings.EqualFold(is.ProviderOrganizationID, wanted.ProviderOrganizationID) &&
		strings.EqualFold(is.ProviderRoleID, wanted.ProviderRoleID)
}

func findReferenceCreate(ctx context.Context, api apiclient.Reader, c Change, done *Outcome) (bool, error) {
	filter := apiclient.ReferenceFilter{
		Provider:               c.NewReference.Provider,
		ProviderOrganizationID: c.NewReference.ProviderOrganizationID,
	}
	for reference, err := range api.References(c.Organization, filter).Each(ctx) {
		if err != nil {
			return false, err
		}
		if isThatReference(reference, *c.NewReference) {
			done.Reference = &reference
			return true, nil
		}
	}
	return false, nil
}

func sendReferenceDelete(ctx context.Context, api *apiclient.Client, c Change, _ *Outcome) error {
	return api.DeleteReference(ctx, c.Organization, c.Reference.ID)
}

func findReferenceDelete(ctx context.Context, api apiclient.Reader, c Change, _ *Outcome) (bool, error) {
	// References cannot be read singly, so the list has to tell.
	for reference, err := range api.References(c.Organization, apiclient.ReferenceFilter{}).Each(ctx) {
		if err != nil {
			return false, err
		}
		if reference.ID == c.Reference.ID {
			return false, nil
		}
	}
	return true, nil
}

func sendTokenRotate(ctx context.Context, api *apiclient.Client, c Change, done *Outcome) (err error) {
	done.Project, err = filled(api.RotateSecretToken(ctx, c.Organization, c.Project.ID, c.Settings))
	return about(err, err != nil || done.Project.ID == c.Project.ID && isRotated(c.tokenPrint, *done.Project))
}

// isRotated reports whether a rotation lies between the token of that print and
// a look at the project.
func isRotated(before string, after apiclient.Project) bool {
	return after.SecretAPIToken != nil && printOf(after.SecretAPIToken) != before
}

// errTokenHidden is a project that does not show its token to this key.
var errTokenHidden = errors.New("the project does not show its secret token")

// findTokenRotate compares the token with the one that was there before: a
// second rotation would cut off whoever still holds the first token, so
// looking is the only way to find out.
func findTokenRotate(ctx context.Context, api apiclient.Reader, c Change, done *Outcome) (bool, error) {
	project, err := api.Project(ctx, c.Organization, c.Project.ID)
	if err != nil {
		return false, err
	}
	done.Project = &project
	if project.SecretAPIToken == nil && c.tokenPrint == "" {
		return false, errTokenHidden
	}
	return isRotated(c.tokenPrint, project), nil
}

// about turns an answer of success that is about something else than what was
// asked into one that has to be looked into.
func about(err error, matches bool) error {
	if matches {
		return err
	}
	return &apiclient.AnswerError{
		Method: http.MethodPost, Status: http.StatusOK, Err: apiclient.ErrUnreadableBody,
		Reason: "it is about something else than the request",
	}
}

// gone reads a missing object as a deletion that happened.
func gone(err error) (bool, error) {
	if apiclient.IsGone(err) {
		return true, nil
	}
	return false, err
}

// filled keeps an object only when it came without an error.
func filled[T any](value T, err error) (*T, error) {
	if err != nil {
		return nil, err
	}
	return &value, nil
}
