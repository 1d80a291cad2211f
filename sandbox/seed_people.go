package sandbox

import "time"

// Distances in time, before the sandbox's first now.
const (
	hour = time.Hour
	day  = 24 * hour
	year = 365 * day

	never time.Duration = 0 // of a sign-in
)

// seedPerson is one user and, in the first organization unless other is set,
// one member.
type seedPerson struct {
	first, last, email string
	level              int
	inviter            int // number of who invited; 0: nobody
	joined, login      time.Duration
	job                string // role_at_organization; "-" is null

	unverified, social, noSecondFactor bool
	hedgehog                           string
	off                                bool
	other                              bool
}

// seedPeople are numbered from 1 in this order; the number is the end of the
// user's and the membership's uuid.
func seedPeople() []seedPerson {
	return []seedPerson{
		1:  {first: "Inês", last: "Duarte", email: OwnerEmail, level: owner, joined: 5 * year, login: 2 * hour, job: "founder", hedgehog: `{"color": "green", "accessories": ["beret"], "use_as_profile": true}`},
		2:  {first: "Tomasz", last: "Zieliński", email: "tomasz.zielinski@example.com", level: owner, joined: 5*year - day, login: 3 * day, job: "founder"},
		3:  {first: "Maya", last: "Okonkwo", email: AdminEmail, level: administrator, inviter: 1, joined: 4 * year, login: 25 * time.Minute, job: "leadership", hedgehog: `{"color": null, "accessories": null, "skin": "default"}`},
		4:  {first: "Şule", last: "Yıldırım", email: "sule.yildirim@example.com", level: administrator, inviter: 1, joined: 3*year + 40*day, login: 5 * hour, job: "engineering"},
		5:  {first: "Declan", last: "O'Rourke", email: "declan.o'rourke@example.com", level: administrator, inviter: 3, joined: 3 * year, login: 2 * day, job: "engineering", social: true},
		6:  {first: "Priya", last: "Raman", email: "priya.raman@example.com", level: administrator, inviter: 3, joined: 2*year + 200*day, login: 9 * day, job: "data"},
		7:  {first: "Léo", last: "Fontaine", email: MemberEmail, level: member, inviter: 3, joined: 2*year + 90*day, login: 50 * time.Minute, job: "product"},
		8:  {first: "İbrahim", last: "Çağlar", email: "ibrahim.caglar@example.com", level: member, inviter: 4, joined: 2 * year, login: 20 * hour, job: "engineering"},
		9:  {first: "ليلى", last: "حداد", email: "layla.haddad@example.com", level: member, inviter: 3, joined: year + 300*day, login: 4 * day, job: "engineering"},
		10: {first: "عمر", last: "الفاروق", email: "omar.alfarouq@example.com", level: member, inviter: 3, joined: year + 280*day, login: 6 * day, job: "data"},
		11: {first: "José", last: "Álvarez-Núñez", email: "jose.alvarez@example.com", level: member, inviter: 5, joined: year + 200*day, login: 40 * day, job: "engineering", social: true},
		12: {first: "Chloé", last: "Lefèvre", email: "chloe.lefevre@example.com", level: member, inviter: 3, joined: year + 150*day, login: 8 * hour, job: "marketing"},
		13: {first: "Søren", last: "Ågård", email: "soren.agard@example.com", level: member, inviter: 5, joined: year + 100*day, login: 15 * day, job: "engineering"},
		14: {first: "Ana", last: "Kovač", email: AnaEmail, level: member, inviter: 3, joined: year + 60*day, login: 3 * hour, job: "engineering"},
		15: {first: "Raj", last: "Patel", email: RajEmail, level: member, inviter: 3, joined: year + 30*day, login: day + 6*hour, job: "engineering"},
		16: {first: "Kim", last: "Nguyen", email: KimEmail, level: member, inviter: 5, joined: year, login: 75 * day, job: "engineering", noSecondFactor: true},
		17: {first: "Noa", last: "Ben-David", email: "noa.bendavid@example.com", level: member, inviter: 6, joined: 300 * day, login: 11 * hour, job: "data", social: true},
		18: {first: "Grace", last: "Mbeki", email: "grace.mbeki@example.com", level: member, inviter: 3, joined: 240 * day, login: 5 * day, job: "sales"},
		19: {first: "Hugo", last: "Weiß", email: "hugo.weiss@example.com", level: member, inviter: 4, joined: 200 * day, login: 90 * day, job: "engineering", noSecondFactor: true},
		20: {first: "伟", last: "张", email: "wei.zhang@example.com", level: member, inviter: 4, joined: 150 * day, login: 7 * hour, job: "engineering"},
		21: {first: "Aoife", last: "Ní Bhriain", email: "aoife.nibhriain@example.com", level: member, inviter: 3, joined: 90 * day, login: 2*day + 3*hour, job: "marketing"},
		22: {email: "studio.fern@example.org", level: member, inviter: 12, joined: 60 * day, login: 33 * day, job: "other", unverified: true, noSecondFactor: true},
		23: {first: "Bilal", email: "bilal@example.net", level: member, inviter: 12, joined: 20 * day, login: never, job: "-", unverified: true, noSecondFactor: true},
		24: {first: "Zuzana", last: "Horváthová", email: NewcomerEmail, level: member, inviter: 3, joined: day - hour, login: never, job: "", unverified: true, noSecondFactor: true},
		25: {first: "Viktor", last: "Hale", email: "viktor.hale@example.com", level: administrator, inviter: 1, joined: 4*year - 30*day, login: 400 * day, job: "engineering", off: true},

		26: {first: "Oskar", last: "Lindqvist", email: "oskar.lindqvist@example.net", level: administrator, inviter: 1, joined: 180 * day, login: 4 * hour, job: "engineering", other: true},
		27: {first: "Amina", last: "Diallo", email: "amina.diallo@example.net", level: member, inviter: 26, joined: 120 * day, login: 3 * day, job: "product", other: true},
	}
}

// seedKey is one personal API key. Keys without teams or organizations are not
// confined.
type seedKey struct {
	secret        string
	person        int
	label         string
	scopes        []string
	teams         []int64
	organizations []string
}

func seedKeys() []seedKey {
	all := []string{"*"}
	needed := []string{"organization:write", "organization_member:read", "project:read", "user:read"}
	reading := []string{"organization:read", "organization_member:read", "project:read", "user:read"}
	return []seedKey{
		1: {secret: OwnerKey, person: 1, label: "Everything", scopes: all},
		2: {secret: AdminKey, person: 3, label: "Assistant", scopes: needed},
		3: {secret: MemberKey, person: 7, label: "My key", scopes: all},
		4: {secret: ReadOnlyKey, person: 3, label: "Reports", scopes: reading},
		5: {secret: ScopedKey, person: 1, label: "Thistle only", scopes: all, organizations: []string{OtherOrganization}},
		6: {secret: ProjectKey, person: 3, label: "Web project only", scopes: all, teams: []int64{ProjectWeb}},
		7: {secret: SwitchedOffKey, person: 25, label: "Old laptop", scopes: all},
	}
}
