package conversations_test

import (
	"slices"
	"strings"
)

// person is somebody in a row of ours.
type person struct {
	Name, Email, Level string
	JoinedAt           string  `json:"joined_at"`
	LastLogin          *string `json:"last_login"`
}

// The answers of ours that the tasks look into.
type (
	people struct {
		Members     []person
		Memberships []person
	}
	roleRows struct {
		Roles []struct {
			Name        string
			MemberCount int `json:"member_count"`
		}
	}
	roleWithPeople struct{ Role struct{ Members []person } }
	references     struct {
		References []struct {
			ProviderOrganizationID string `json:"provider_organization_id"`
			ProviderRoleSlug       string `json:"provider_role_slug"`
			ProviderRoleName       string `json:"provider_role_name"`
		}
	}
	projects struct {
		Projects []struct {
			Name          string
			IngestedEvent bool `json:"ingested_event"`
		}
	}
)

// rolesOf finds the names of the roles that somebody is in.
func (m *model) rolesOf(email string) []string {
	m.tb.Helper()
	var roles roleRows
	m.call("roles-list", with{"member": email}, &roles)
	var names []string
	for _, role := range roles.Roles {
		names = append(names, role.Name)
	}
	return names
}

// lastMonth is where the month before the sandbox's clock begins.
const lastMonth = "2026-02-02"

func questions() []task {
	return []task{
		{
			name:  "billing dashboards",
			words: "Viewers is the role that opens the billing dashboards. Who can see them but has never signed in?",
			reply: "One of the five: bilal@example.net.",
			found: []string{"bilal@example.net"},
			ours: func(m *model) []string {
				var viewers, everybody people
				m.call("membership-list", with{"role": "Viewers"}, &viewers)
				m.call("members-list", with{"fields": []string{"email", "last_login"}}, &everybody)
				var never []string
				for _, p := range everybody.Members {
					if p.LastLogin == nil && slices.ContainsFunc(viewers.Memberships, func(v person) bool { return v.Email == p.Email }) {
						never = append(never, p.Email)
					}
				}
				return never
			},
			peer: func(m *model) []string {
				var never []string
				for _, place := range m.rawRoles().named("Viewers").Members {
					if place.Member != nil && place.Member.LastLogin == nil {
						never = append(never, place.User.Email)
					}
				}
				return never
			},
		},
		{
			name:  "in no role",
			words: "Who is in no role at all?",
			reply: "Three people: zuzana.horvathova@example.com, who joined yesterday, and two who run the place, maya.okonkwo@example.com and ines.duarte@example.com.",
			found: []string{"zuzana.horvathova@example.com", "maya.okonkwo@example.com", "ines.duarte@example.com"},
			ours: func(m *model) []string {
				var roles roleRows
				m.call("roles-list", nil, &roles)
				placed := map[string]bool{}
				for _, row := range roles.Roles {
					if row.MemberCount == 0 {
						continue
					}
					var role roleWithPeople
					m.call("roles-get", with{"role": row.Name}, &role)
					for _, p := range role.Role.Members {
						placed[p.Email] = true
					}
				}
				var everybody people
				m.call("members-list", with{"fields": []string{"email"}}, &everybody)
				var left []string
				for _, p := range everybody.Members {
					if !placed[p.Email] {
						left = append(left, p.Email)
					}
				}
				return left
			},
			peer: func(m *model) []string {
				roles := m.rawRoles()
				var everybody page[rawMember]
				m.raw("listOrganizationMembers", nil, &everybody)
				var left []string
				for _, member := range everybody.Results {
					if len(roles.with(member.User.Email)) == 0 {
						left = append(left, member.User.Email)
					}
				}
				return left
			},
		},
		{
			name:  "empty roles",
			words: "Which roles is nobody in?",
			reply: "Only Security.",
			found: []string{"Security"},
			ours: func(m *model) []string {
				var roles roleRows
				m.call("roles-list", nil, &roles)
				var empty []string
				for _, row := range roles.Roles {
					if row.MemberCount == 0 {
						empty = append(empty, row.Name)
					}
				}
				return empty
			},
			peer: func(m *model) []string {
				var empty []string
				for _, role := range m.rawRoles() {
					if len(role.Members) == 0 {
						empty = append(empty, role.Name)
					}
				}
				return empty
			},
		},
		{
			name:  "is Ana in Support",
			words: "Is Ana in Support?",
			reply: "Yes: ana.kovac@example.com is in Support.",
			found: []string{"ana.kovac@example.com"},
			ours: func(m *model) []string {
				var support people
				m.call("membership-list", with{"role": "Support", "search": "Ana"}, &support)
				var anas []string
				for _, p := range support.Memberships {
					if strings.HasPrefix(p.Name, "Ana ") {
						anas = append(anas, p.Email)
					}
				}
				return anas
			},
			peer: func(m *model) []string {
				var anas []string
				for _, place := range m.rawRoles().named("Support").Members {
					if place.User.FirstName == "Ana" {
						anas = append(anas, place.User.Email)
					}
				}
				return anas
			},
		},
		{
			name:  "owners",
			words: "Who are the owners?",
			reply: "tomasz.zielinski@example.com and ines.duarte@example.com.",
			found: []string{"tomasz.zielinski@example.com", "ines.duarte@example.com"},
			ours: func(m *model) []string {
				var everybody people
				m.call("members-list", nil, &everybody)
				var owners []string
				for _, p := range everybody.Members {
					if p.Level == "owner" {
						owners = append(owners, p.Email)
					}
				}
				return owners
			},
			peer: func(m *model) []string {
				var everybody page[rawMember]
				m.raw("listOrganizationMembers", nil, &everybody)
				var owners []string
				for _, member := range everybody.Results {
					if member.Level == rawOwner {
						owners = append(owners, member.User.Email)
					}
				}
				return owners
			},
		},
		{
			name:  "joined last month",
			words: "Who joined in the last month?",
			reply: "Two people: zuzana.horvathova@example.com on 1 March and bilal@example.net on 10 February.",
			found: []string{"zuzana.horvathova@example.com", "bilal@example.net"},
			ours: func(m *model) []string {
				var newest people
				m.call("members-list", with{"limit": 10}, &newest)
				var joined []string
				for _, p := range newest.Members {
					if p.JoinedAt >= lastMonth {
						joined = append(joined, p.Email)
					}
				}
				return joined
			},
			peer: func(m *model) []string {
				var newest page[rawMember]
				m.raw("listOrganizationMembers", with{"limit": 10}, &newest)
				var joined []string
				for _, member := range newest.Results {
					if member.JoinedAt >= lastMonth {
						joined = append(joined, member.User.Email)
					}
				}
				return joined
			},
		},
		{
			name:  "Kim's roles",
			words: "Which roles does kim.nguyen@example.com have?",
			reply: "Three: Engineering, Support and Viewers.",
			found: []string{"Engineering", "Support", "Viewers"},
			ours:  func(m *model) []string { return m.rolesOf("kim.nguyen@example.com") },
			peer:  func(m *model) []string { return m.rawRoles().with("kim.nguyen@example.com").names() },
		},
		{
			name:  "GitHub team of Engineering",
			words: "Which GitHub team stands for Engineering?",
			reply: "The team engineering of the GitHub organization hedgebox.",
			found: []string{"hedgebox", "engineering"},
			ours: func(m *model) []string {
				var teams references
				m.call("external-reference-list", with{"provider": "github", "role": "Engineering"}, &teams)
				var found []string
				for _, team := range teams.References {
					found = append(found, team.ProviderOrganizationID, team.ProviderRoleSlug)
				}
				return found
			},
			peer: func(m *model) []string {
				var teams page[rawReference]
				m.raw("listRoleExternalReferences", with{"provider": "github"}, &teams)
				var found []string
				for _, team := range teams.Results {
					if team.ProviderRoleName != "Engineering" {
						continue
					}
					// The team's name suggests the role, and only the role has its own name.
					var role rawRole
					m.raw("retrieveRole", with{"id": team.Role}, &role)
					if role.Name == "Engineering" {
						found = append(found, team.ProviderOrganizationID, team.ProviderRoleSlug)
					}
				}
				return found
			},
			remark: "To list the roles first, and then the references of the one, would cost more.",
		},
		{
			name:  "projects and administrators",
			words: "Which projects never got an event? And which administrators could look after them?",
			reply: "None: Hedgebox web and Hedgebox mobile both did. The administrators are priya.raman@example.com, " +
				"declan.o'rourke@example.com, sule.yildirim@example.com and maya.okonkwo@example.com.",
			found: []string{
				"Hedgebox web", "Hedgebox mobile",
				"priya.raman@example.com", "declan.o'rourke@example.com", "sule.yildirim@example.com", "maya.okonkwo@example.com",
			},
			ours: func(m *model) []string {
				var list projects
				m.call("projects-list", nil, &list)
				var found []string
				for _, project := range list.Projects {
					if project.IngestedEvent {
						found = append(found, project.Name)
					}
				}
				var everybody people
				m.call("members-list", nil, &everybody)
				for _, p := range everybody.Members {
					if p.Level == "administrator" {
						found = append(found, p.Email)
					}
				}
				return found
			},
			peer: func(m *model) []string {
				var list page[struct {
					Name          string
					IngestedEvent bool `json:"ingested_event"`
				}]
				m.raw("listProjects", nil, &list)
				var found []string
				for _, project := range list.Results {
					if project.IngestedEvent {
						found = append(found, project.Name)
					}
				}
				var everybody page[rawMember]
				m.raw("listOrganizationMembers", nil, &everybody)
				for _, member := range everybody.Results {
					if member.Level == rawAdministrator {
						found = append(found, member.User.Email)
					}
				}
				return found
			},
		},
	}
}
