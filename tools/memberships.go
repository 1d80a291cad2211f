package tools

import (
	"context"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/changes"
	"posthog-org-mcp/schemas"
)

var membershipList = Read[schemas.MembershipList, schemas.Memberships]{
	Name: "membership-list", Title: "List a role's members",
	Description: "List or search who is in a role, with level (absent: member) and the day they joined it.",
	Operation:   "GET roles/{role_id}/role_memberships/", Scopes: []string{organizationRead},
	Do: func(ctx context.Context, org Reader, args schemas.MembershipList) (schemas.Memberships, error) {
		if err := membershipShape.check(args.List); err != nil {
			return schemas.Memberships{}, err
		}
		role, err := org.Role(ctx, args.Role)
		if err != nil {
			return schemas.Memberships{}, err
		}
		keep := searching(args.Search.Search, func(membership membershipSummary) []string { return membership.User.labels() })
		found, err := readList(ctx, org.Memberships(role.ID), args.List, keep, summaryOfMembership)
		if err != nil {
			return schemas.Memberships{}, err
		}
		noteEmpty(&found, func() string { return nobodyInRole(found, args.List, role) })
		return schemas.Memberships{
			Role: roleNameOf(role), Listed: found.Listed,
			Memberships: rowsOf(membershipShape, found, args.List), Full: found.full,
		}, nil
	},
}

// nobodyInRole is the note on a list without members.
func nobodyInRole(found page[membershipSummary], args schemas.List, role apiclient.Role) string {
	if len(found.scanned) == 0 {
		return quoted(role.Name) + " has no members."
	}
	names := namesOf(found.scanned, func(membership membershipSummary) string { return membership.User.name() })
	return holdsNone("In "+quoted(role.Name)+" nobody's name or e-mail", args.Search.Search, names) + " " + sentence(thereAre(len(names), "membership"))
}

var membershipGet = Read[schemas.MembershipGet, schemas.Membership]{
	Name: "membership-get", Title: "Get a role membership",
	Description: "One person's membership of a role; an error if they are not in it. For all of somebody's roles, use roles-list.",
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
		summary := summaryOfMembership(membership)
		row := membershipShape.usual(summary)
		row.Level = summary.level() // Who asks about one person is told, whatever it is.
		result.Membership = &row
		return result, nil
	},
}

var membershipAdd = Write[schemas.MembershipAdd, schemas.MembershipsWritten]{
	Name: "membership-add", Title: "Add members to a role",
	Description: "Put one person (member) or several (members) of the organization into a role. Who is in it already stays.",
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
	Description: "Take one person (member) or several (members) out of a role; they stay in the organization. The user is asked first.",
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
			row.ID, row.JoinedAt, user = string(membership.ID), schemas.DateOf(membership.JoinedAt), membership.User
		}
		row.Name, row.Email = user.FullName(), user.Email
		if row.Email == "" {
			row.UserUUID = string(user.UUID)
		}
		result.Memberships = append(result.Memberships, row)
	}
	return result
}
