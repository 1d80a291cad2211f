package changes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/journal"
)

// UndoError says why a write of the journal is not taken back.
type UndoError struct {
	ID string
	// Problem is a sentence in which names are quoted.
	Problem string
}

func (e *UndoError) Error() string { return "undo " + e.ID + ": " + e.Problem }

// past is a write of the journal, read again.
type past struct {
	api          apiclient.Reader
	kind         Kind
	entry        journal.Entry
	organization apiclient.OrganizationID
	was, made    record
	// remade tells which role earlier undos have made in place of a deleted one.
	remade map[apiclient.RoleID]apiclient.RoleID
}

// Undo plans what takes back the given writes of one call, the last one first,
// on the organization as it is now. What is back already is Satisfied. Undos are
// the journal's writes since then that took others back: a role that one of them
// made again has another id. Its errors are an *UndoError or those of reading.
func Undo(ctx context.Context, api apiclient.Reader, entries, undos []journal.Entry) (Set, error) {
	var set Set
	var pasts []past
	remade := remadeRoles(undos)
	for _, entry := range slices.Backward(entries) {
		p, happened, err := pastOf(ctx, api, entry)
		if err != nil {
			return nil, err
		}
		if happened {
			p.remade = remade
			pasts = append(pasts, p)
		}
	}
	for _, p := range pasts {
		if slices.ContainsFunc(pasts, p.isPartOf) {
			continue
		}
		reversed, err := p.kind.rule().reverse(ctx, p)
		if err != nil {
			return nil, err
		}
		for i := range reversed {
			reversed[i].Undoes, reversed[i].Doubtful = p.entry.ID, p.entry.Outcome.State != journal.Done
		}
		set = append(set, reversed...)
	}
	if len(set) == 0 {
		return nil, &UndoError{ID: entries[0].Call, Problem: "Nothing was changed by it, so there is nothing to take back."}
	}
	return set, nil
}

// remadeRoles reads which roles were made again, by their former ids.
func remadeRoles(undos []journal.Entry) map[apiclient.RoleID]apiclient.RoleID {
	remade := map[apiclient.RoleID]apiclient.RoleID{}
	for _, entry := range undos {
		var was, made record
		if entry.Kind == RoleCreate.String() && entry.Outcome.State == journal.Done &&
			json.Unmarshal(entry.Change, &was) == nil && json.Unmarshal(entry.Outcome.Result, &made) == nil &&
			was.Role != nil && made.Role != nil {
			remade[was.Role.ID] = made.Role.ID
		}
	}
	return remade
}

// pastOf reads a write again, and tells whether it happened: by what the journal
// says, or else by looking.
func pastOf(ctx context.Context, api apiclient.Reader, entry journal.Entry) (p past, happened bool, err error) {
	isUnknown := entry.Open() || entry.Outcome.State == journal.Unknown
	if !isUnknown && entry.Outcome.State != journal.Done {
		return past{}, false, nil // It changed nothing.
	}
	p = past{api: api, entry: entry, organization: apiclient.OrganizationID(entry.Organization.ID)}
	kind, known := kindNamed(entry.Kind)
	if !known || kind.rule().reverse == nil {
		return past{}, false, p.problem("What it did (%s) cannot be taken back.", quote(entry.Kind))
	}
	p.kind = kind
	if err := json.Unmarshal(entry.Change, &p.was); err != nil {
		return past{}, false, p.problem("The journal's record of it cannot be read.")
	}
	change, err := p.was.change(kind, p.organization)
	if err != nil {
		return past{}, false, p.problem("The journal's record of it is incomplete.")
	}
	if !isUnknown {
		if err := json.Unmarshal(entry.Outcome.Result, &p.made); err != nil {
			return past{}, false, p.problem("The journal's record of it cannot be read.")
		}
		return p, true, nil
	}
	found := Outcome{Change: change}
	if happened, err = kind.rule().find(ctx, api, change, &found); err != nil {
		return past{}, false, fmt.Errorf("look up what became of %s: %w", entry.ID, err)
	}
	p.made = madeBy(found)
	return p, happened, nil
}

// isPartOf reports whether taking back whole takes p back too: a role that goes
// takes along what the same call has given it, and one that comes back brings
// along what it had.
func (p past) isPartOf(whole past) bool {
	switch {
	case whole.kind == RoleCreate && whole.made.Role != nil:
		return p.kind != RoleCreate && p.roleID() == whole.made.Role.ID
	case whole.kind == RoleDelete:
		return p.kind != RoleDelete && p.roleID() == whole.was.Role.ID
	}
	return false
}

// roleID is the role that the write was about.
func (p past) roleID() apiclient.RoleID {
	switch {
	case p.kind == ReferenceDelete:
		return p.was.Reference.Role
	case p.was.Role != nil:
		return p.was.Role.ID
	}
	return ""
}

func (p past) problem(format string, args ...any) error {
	return &UndoError{ID: p.entry.ID, Problem: fmt.Sprintf(format, args...)}
}

// role reads a role that the write was about, or the one that was made again in
// its place; nil means that it is gone.
func (p past) role(ctx context.Context, id apiclient.RoleID) (*apiclient.Role, error) {
	for range len(p.remade) {
		again, found := p.remade[id]
		if !found {
			break
		}
		id = again
	}
	role, err := p.api.Role(ctx, p.organization, id)
	if isGone, err := gone(err); isGone || err != nil {
		return nil, err
	}
	return &role, nil
}

func reverseRoleCreate(ctx context.Context, p past) (Set, error) {
	if p.made.Role == nil {
		return nil, p.problem("The journal does not say which role was made.")
	}
	role, err := p.role(ctx, p.made.Role.ID)
	if err != nil {
		return nil, err
	}
	if role == nil {
		was := p.made.Role.role()
		return Set{{Kind: RoleDelete, Organization: p.organization, Role: &was, Satisfied: true}}, nil
	}
	change, err := PlanDeleteRole(ctx, p.api, p.organization, *role)
	return Set{change}, err
}

func reverseRoleRename(ctx context.Context, p past) (Set, error) {
	role, err := p.role(ctx, p.was.Role.ID)
	switch {
	case err != nil:
		return nil, err
	case role == nil:
		return nil, p.problem("The role %s is no longer there.", quote(p.was.Name))
	case role.Name != p.was.Name && role.Name != p.was.Role.Name:
		return nil, p.problem("The role was renamed again since: it is called %s now.", quote(role.Name))
	}
	return Set{RenameRole(p.organization, *role, p.was.Role.Name)}, nil
}

// reverseRoleDelete makes the role again, or goes on with one that an earlier
// undo of the same write has made, and puts back what it had.
func reverseRoleDelete(ctx context.Context, p past) (Set, error) {
	role := apiclient.Role{Name: p.was.Role.Name}
	remade, err := p.role(ctx, p.was.Role.ID)
	if err != nil {
		return nil, err
	}
	var set Set
	if remade != nil {
		role = *remade
	} else {
		for other, err := range p.api.Roles(p.organization).Each(ctx) {
			if err != nil {
				return nil, fmt.Errorf("list the roles: %w", err)
			}
			if lower(other.Name) == lower(role.Name) {
				return nil, p.problem("Another role is called %s by now (%s).", quote(other.Name), id(other.ID))
			}
		}
		create := CreateRole(p.organization, role.Name)
		create.Role = &apiclient.Role{ID: p.was.Role.ID, Name: p.was.Role.Name} // for remadeRoles
		set = append(set, create)
	}
	present, err := p.present(ctx, p.was.Role.Members)
	if err != nil {
		return nil, err
	}
	var gone []apiclient.UserBasic
	for _, membership := range p.was.Role.Members {
		user := membership.User.user()
		if !present(user.UUID) {
			gone = append(gone, user)
			continue
		}
		set = append(set, AddMember(p.organization, role, apiclient.OrganizationMember{User: user}))
	}
	if remade == nil {
		set[0].Shortfall = "Its dates are today's, and its access rules are not back: PostHog does not list them." +
			ifTrue(p.was.Role.IsDefault, " It is no longer the organization's default role; an administrator can make it so in PostHog.") +
			ifTrue(len(gone) > 0, " No longer in the organization, and so not put back: "+listed(gone, person)+".")
	}
	for _, reference := range p.was.References {
		change, err := p.referenceAgain(ctx, role, reference)
		if err != nil {
			return nil, err
		}
		set = append(set, change...)
	}
	return set, nil
}

// present tells who of some members is still in the organization: others can be
// in no role. A key that may not list members finds out as it goes.
func (p past) present(ctx context.Context, members []membershipRecord) (func(apiclient.UserID) bool, error) {
	everybody := func(apiclient.UserID) bool { return true }
	if len(members) == 0 {
		return everybody, nil
	}
	here := map[apiclient.UserID]bool{}
	for member, err := range p.api.Members(p.organization, apiclient.MemberFilter{}).Each(ctx) {
		switch {
		case errors.Is(err, apiclient.ErrForbidden):
			return everybody, nil
		case err != nil:
			return nil, fmt.Errorf("list the members: %w", err)
		}
		here[member.User.UUID] = true
	}
	return func(user apiclient.UserID) bool { return here[user] }, nil
}

func reverseMembershipAdd(ctx context.Context, p past) (Set, error) {
	if p.made.Membership == nil {
		return nil, p.problem("The journal does not say which membership was made.")
	}
	member := apiclient.OrganizationMember{User: p.made.Membership.User.user()}
	role, err := p.role(ctx, p.was.Role.ID)
	if err != nil {
		return nil, err
	}
	if role == nil {
		return Set{AlreadyRemoved(p.organization, p.was.Role.role(), member)}, nil
	}
	for _, membership := range role.Members {
		// Taken out and put back since, they have another membership.
		if membership.User.UUID == member.User.UUID {
			return PlanRemoveMembers(ctx, p.api, p.organization, *role, []apiclient.RoleMembership{membership})
		}
	}
	return Set{AlreadyRemoved(p.organization, *role, member)}, nil
}

func reverseMembershipRemove(ctx context.Context, p past) (Set, error) {
	role, err := p.role(ctx, p.was.Role.ID)
	if err != nil {
		return nil, err
	}
	if role == nil {
		return nil, p.problem("The role %s is no longer there.", quote(p.was.Role.Name))
	}
	return Set{AddMember(p.organization, *role, apiclient.OrganizationMember{User: p.was.Membership.User.user()})}, nil
}

func reverseReferenceCreate(ctx context.Context, p past) (Set, error) {
	if p.made.Reference == nil {
		return nil, p.problem("The journal does not say which reference was made.")
	}
	was := p.made.Reference.reference()
	role, err := p.role(ctx, was.Role)
	if err != nil {
		return nil, err
	}
	filter := apiclient.ReferenceFilter{Provider: was.Provider, ProviderOrganizationID: was.ProviderOrganizationID}
	for reference, err := range p.api.References(p.organization, filter).Each(ctx) {
		if err != nil {
			return nil, fmt.Errorf("list the external references: %w", err)
		}
		// Deleted and made again since, it has another id.
		if role != nil && reference.Role == role.ID && strings.EqualFold(reference.ProviderRoleID, was.ProviderRoleID) {
			return Set{DeleteReference(p.organization, reference)}, nil
		}
	}
	return Set{{Kind: ReferenceDelete, Organization: p.organization, Reference: &was, Satisfied: true}}, nil
}

func reverseReferenceDelete(ctx context.Context, p past) (Set, error) {
	role, err := p.role(ctx, p.was.Reference.Role)
	if err != nil {
		return nil, err
	}
	if role == nil {
		return nil, p.problem("The role that the group stood for is no longer there.")
	}
	return p.referenceAgain(ctx, *role, *p.was.Reference)
}

// referenceAgain plans a reference that was there before. The group may have
// got another one since.
func (p past) referenceAgain(ctx context.Context, role apiclient.Role, was referenceRecord) (Set, error) {
	wanted := was.toCreate(role.ID)
	filter := apiclient.ReferenceFilter{Provider: was.Provider, ProviderOrganizationID: was.ProviderOrganizationID}
	for other, err := range p.api.References(p.organization, filter).Each(ctx) {
		if err != nil {
			return nil, fmt.Errorf("list the external references: %w", err)
		}
		if !strings.EqualFold(other.ProviderRoleID, was.ProviderRoleID) {
			continue
		}
		if other.Role == role.ID {
			return Set{CreateReference(p.organization, role, wanted, &other)}, nil
		}
		return nil, p.problem("The %s stands for another role by now (%s).", group(other), id(other.Role))
	}
	return Set{CreateReference(p.organization, role, wanted, nil)}, nil
}
