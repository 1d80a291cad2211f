package tools

import (
	"context"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/changes"
	"posthog-org-mcp/schemas"
)

var membershipList = Read[schemas.MembershipList, schemas.Memberships]{
	Name: "membership-list", Title: "List a role's members",
	Description: "List who is in a role, page by page, with level and joining date.",
	Operation:   "GET roles/{role_id}/role_memberships/", Scopes: []string{organizationRead},
	Do: func(ctx context.Context, org Reader, args schemas.MembershipList) (schemas.Memberships, error) {
		role, err := org.Role(ctx, args.Role)
		if err != nil {
			return schemas.Memberships{}, err
		}
		result := schemas.Memberships{Role: roleNameOf(role)}
		if args.IsFull() {
			result.Listed, result.Full, err = listFull(ctx, org.Memberships(role.ID), args.List)
			return result, err
		}
		result.Listed, result.Memberships, err = listRows(ctx, apiclient.As[membershipSummary](org.Memberships(role.ID)), args.List, membershipSummary.row)
		return result, err
	},
}

var membershipGet = Read[schemas.MembershipGet, schemas.Membership]{
	Name: "membership-get", Title: "Get a role membership",
	Description: "Get one person's membership of a role; an error says if the person is not in it.",
	Operation:   "GET roles/{role_id}/role_memberships/{id}/", Scopes: []string{organizationRead},
	Do: func(ctx context.Context, org Reader, args schemas.MembershipGet) (schemas.Membership, error) {
		role, err := org.Role(ctx, args.Role)
		if err != nil {
			return schemas.Membership{}, err
		}
		membership, err := org.Membership(ctx, role, args.Member)
		if err != nil {
			return schemas.Membership{}, err
		}
		result := schemas.Membership{Role: roleNameOf(role)}
		if args.IsFull() {
			result.Full, err = schemas.ObjectOf(membership)
			return result, err
		}
		row := membershipRow(membership)
		result.Membership = &row
		return result, nil
	},
}

var membershipAdd = Write[schemas.MembershipAdd, schemas.MembershipsWritten]{
	Name: "membership-add", Title: "Add members to a role",
	Description: "Put one person (member) or several (members) of the organization into a role. Somebody who is already in it stays.",
	Operation:   "POST roles/{role_id}/role_memberships/", Scopes: []string{organizationRead, memberRead},
	May: changes.Kinds{changes.MembershipAdd}, Idempotent: true,
	Plan: func(ctx context.Context, org Reader, args schemas.MembershipAdd) (changes.Set, error) {
		people, err := onePersonOrSeveral(args.Member, args.Members)
		if err != nil {
			return nil, err
		}
		role, err := org.Role(ctx, args.Role)
		if err != nil {
			return nil, err
		}
		members, err := org.People(ctx, people)
		if err != nil {
			return nil, err
		}
		var set changes.Set
		for _, member := range members {
			set = append(set, changes.AddMember(org.OrganizationID(), role, member))
		}
		return set, nil
	},
	Answer: func(org Reader, _ schemas.MembershipAdd, done changes.Result) (schemas.MembershipsWritten, error) {
		return membershipsWritten(org, done, func(outcome changes.Outcome) *apiclient.RoleMembership { return outcome.Membership }), nil
	},
}

var membershipRemove = Write[schemas.MembershipRemove, schemas.MembershipsWritten]{
	Name: "membership-remove", Title: "Remove members from a role",
	Description: "Take one person (member) or several (members) out of a role; they stay in the organization. Somebody who is not in it is no error. The user is asked first.",
	Operation:   "DELETE roles/{role_id}/role_memberships/{id}/", Scopes: []string{organizationRead},
	May: changes.Kinds{changes.MembershipRemove}, Idempotent: true,
	Plan: func(ctx context.Context, org Reader, args schemas.MembershipRemove) (changes.Set, error) {
		people, err := onePersonOrSeveral(args.Member, args.Members)
		if err != nil {
			return nil, err
		}
		role, err := org.Role(ctx, args.Role)
		if err != nil {
			return nil, err
		}
		places, err := org.Places(ctx, role, people)
		if err != nil {
			return nil, err
		}
		var leaving []apiclient.RoleMembership
		for _, place := range places {
			if place.Membership != nil {
				leaving = append(leaving, *place.Membership)
			}
		}
		removals, err := changes.PlanRemoveMembers(ctx, org.API(), org.OrganizationID(), role, leaving)
		if err != nil {
			return nil, err
		}
		var set changes.Set
		for _, place := range places {
			if place.Membership == nil {
				set = append(set, changes.AlreadyRemoved(org.OrganizationID(), role, place.Member))
				continue
			}
			set, removals = append(set, removals[0]), removals[1:]
		}
		return set, nil
	},
	Answer: func(org Reader, _ schemas.MembershipRemove, done changes.Result) (schemas.MembershipsWritten, error) {
		return membershipsWritten(org, done, func(outcome changes.Outcome) *apiclient.RoleMembership { return outcome.Change.Membership }), nil
	},
}

// onePersonOrSeveral reads the two ways to name people; exactly one is used.
func onePersonOrSeveral(member string, members []string) ([]string, error) {
	switch {
	case member != "" && len(members) > 0:
		return nil, &schemas.ArgumentError{Problems: []string{`Give "member" or "members", not both.`}}
	case member != "":
		return []string{member}, nil
	case len(members) == 0:
		return nil, &schemas.ArgumentError{Problems: []string{`Argument "member" (one person) or "members" (several) is missing.`}}
	}
	return members, nil
}

// membershipsWritten describes a write to a role, a row a person. Who has no
// membership was not in the role to begin with.
func membershipsWritten(org Reader, done changes.Result, membershipOf func(changes.Outcome) *apiclient.RoleMembership) schemas.MembershipsWritten {
	result := schemas.MembershipsWritten{Role: roleNameOf(*done.Outcomes[0].Change.Role), Written: written(org, done)}
	for _, outcome := range done.Outcomes {
		row := schemas.MembershipChange{Changed: outcome.State == changes.Done}
		user := outcome.Change.Person()
		if membership := membershipOf(outcome); membership != nil {
			row.ID, row.JoinedAt, user = string(membership.ID), toSeconds(membership.JoinedAt), membership.User
		}
		row.UserUUID, row.Name, row.Email = string(user.UUID), user.FullName(), user.Email
		result.Memberships = append(result.Memberships, row)
	}
	return result
}
