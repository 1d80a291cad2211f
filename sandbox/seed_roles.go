package sandbox

import "time"

// seedRole is one role with who is in it.
type seedRole struct {
	name    string
	age     time.Duration
	creator int // number of a person; 0: nobody on record
	people  []seedPlace
	other   bool
}

// seedPlace is one person's place in a role. An old one names no organization
// member.
type seedPlace struct {
	person int
	joined time.Duration
	old    bool
}

// seedRoles are numbered from 1 in this order, and so are the places, through
// all roles; the number is the end of the uuid.
func seedRoles() []seedRole {
	return []seedRole{
		1: {name: "Engineering", age: 4 * year, creator: 2, people: []seedPlace{
			{person: 2, joined: 4 * year, old: true},
			{person: 4, joined: 3 * year}, {person: 5, joined: 3*year - day}, {person: 8, joined: 2*year - day},
			{person: 9, joined: year + 299*day}, {person: 11, joined: year + 199*day}, {person: 13, joined: year + 99*day},
			{person: 14, joined: year + 59*day}, {person: 15, joined: year + 29*day}, {person: 16, joined: year - day},
			{person: 19, joined: 199 * day}, {person: 20, joined: 149 * day},
		}},
		2: {name: "Support", age: 3 * year, creator: 5, people: []seedPlace{
			{person: 14, joined: 300 * day}, {person: 16, joined: 280 * day}, {person: 18, joined: 230 * day}, {person: 7, joined: 100 * day},
		}},
		3: {name: "Data & Analytics", age: 2 * year, people: []seedPlace{
			{person: 6, joined: 2*year - day}, {person: 10, joined: year + 270*day}, {person: 17, joined: 290 * day},
		}},
		4: {name: "Growth Marketing", age: year + 140*day, people: []seedPlace{
			{person: 12, joined: year + 139*day}, {person: 21, joined: 89 * day}, {person: 22, joined: 59 * day},
		}},
		5: {name: "Viewers", age: year, creator: 3, people: []seedPlace{
			{person: 16, joined: year - 2*day}, {person: 18, joined: 240 * day}, {person: 21, joined: 90 * day},
			{person: 22, joined: 60 * day}, {person: 23, joined: 20 * day},
		}},
		6: {name: "Security", age: 30 * day, creator: 1},
		7: {name: "Lab crew", age: 170 * day, creator: 26, other: true, people: []seedPlace{
			{person: 26, joined: 169 * day}, {person: 27, joined: 119 * day},
		}},
	}
}

// seedDefaultRole is the number of the first organization's default role.
const seedDefaultRole = 5

// seedReference is one external reference; "-" as the slug is null.
type seedReference struct {
	provider, organization, id, slug, name string
	role, creator                          int
	age                                    time.Duration
	other                                  bool
}

// seedReferences are numbered from 1 in this order.
func seedReferences() []seedReference {
	const linear = "hedgebox-linear"
	return []seedReference{
		1: {provider: "github", organization: ReferenceGitHubOrg, id: ReferenceGitHubRoleID, slug: ReferenceGitHubSlug, name: "Engineering", role: 1, creator: 4, age: 3 * year},
		2: {provider: "github", organization: ReferenceGitHubOrg, id: "4210790", slug: "support-crew", name: "Support crew", role: 2, creator: 4, age: 2 * year},
		3: {provider: "github", organization: ReferenceGitHubOrg, id: "5833012", slug: "data", name: "Data", role: 3, creator: 6, age: year},
		4: {provider: "linear", organization: linear, id: "6f0a3c52-8d5e-4b6a-9a53-1c7b0f4f2e11", slug: "ENG", name: "Engineering", role: 1, creator: 3, age: year},
		5: {provider: "linear", organization: linear, id: "b3d4f7a0-2a31-4f0b-8f57-90c1f0c0aa27", slug: "SUP", name: "Support", role: 2, age: 200 * day},
		6: {provider: "slack", organization: ReferenceSlackOrg, id: ReferenceSlackRoleID, slug: ReferenceSlackSlug, name: ReferenceSlackRoleName, role: 2, creator: 5, age: 180 * day},
		7: {provider: "slack", organization: ReferenceSlackOrg, id: "C07GROWTH22", slug: "growth", name: "#growth", role: 4, creator: 12, age: 120 * day},
		8: {provider: "slack", organization: ReferenceSlackOrg, id: "S07ONCALL33", slug: "-", name: "@on-call", role: 1, creator: 5, age: 45 * day},
		9: {provider: "github", organization: "thistle-labs", id: "7001122", slug: "crew", name: "Crew", role: 7, creator: 26, age: 100 * day, other: true},
	}
}
