package conversations_test

import "strings"

// find searches for one person by name, as ours lists them.
func (m *model) find(name string) string {
	m.tb.Helper()
	var found people
	m.call("members-list", with{"search": name}, &found)
	for _, p := range found.Members {
		if strings.HasPrefix(p.Name, name+" ") {
			return p.Email
		}
	}
	return ""
}

// moves are the tasks that move people.
func moves() []task {
	return []task{
		{
			name:  "contractors to Sales",
			words: "Ana, Kim and Grace are the three contractors in Support. Move them to a new role, Sales.",
			reply: "Sales has Ana, Kim and Grace now, and Support has Léo left.",
			changed: []string{
				"- Support: ana.kovac@example.com", "- Support: grace.mbeki@example.com", "- Support: kim.nguyen@example.com",
				"+ Sales: ana.kovac@example.com", "+ Sales: grace.mbeki@example.com", "+ Sales: kim.nguyen@example.com",
				"+ role Sales",
			},
			ours: func(m *model) []string {
				var support people
				m.call("membership-list", with{"role": "Support"}, &support)
				var three []string
				for _, p := range support.Memberships {
					if first, _, _ := strings.Cut(p.Name, " "); first == "Ana" || first == "Kim" || first == "Grace" {
						three = append(three, p.Email)
					}
				}
				m.call("roles-create", with{"name": "Sales"}, nil)
				m.call("membership-add", with{"role": "Sales", "members": three}, nil)
				m.call("membership-remove", with{"role": "Support", "members": three}, nil)
				return nil
			},
			peer: func(m *model) []string {
				support := m.rawRoles().named("Support")
				var sales rawRole
				m.raw("createRole", with{"requestBody": with{"name": "Sales"}}, &sales)
				for _, place := range support.Members {
					if first := place.User.FirstName; first == "Ana" || first == "Kim" || first == "Grace" {
						m.rawAdd(sales.ID, place.User.UUID)
						m.rawRemove(support, place.User.Email)
					}
				}
				return nil
			},
		},
		{
			name:  "Ana and Raj in, Kim out",
			words: "Put Ana and Raj into Support and take Kim out of everything.",
			reply: "Raj is in Support now; Ana already was. Kim was in Engineering, Support and Viewers, and is in no role any more.",
			found: []string{"Engineering", "Support", "Viewers"},
			changed: []string{
				"- Engineering: kim.nguyen@example.com", "- Support: kim.nguyen@example.com", "- Viewers: kim.nguyen@example.com",
				"+ Support: raj.patel@example.com",
			},
			ours: func(m *model) []string {
				ana, raj, kim := m.find("Ana"), m.find("Raj"), m.find("Kim")
				m.call("membership-add", with{"role": "Support", "members": []string{ana, raj}}, nil)
				roles := m.rolesOf(kim)
				for _, role := range roles {
					m.call("membership-remove", with{"role": role, "member": kim}, nil)
				}
				return roles
			},
			peer: func(m *model) []string {
				roles := m.rawRoles()
				support := roles.named("Support")
				for _, email := range []string{"ana.kovac@example.com", "raj.patel@example.com"} {
					if support.place(email).ID == "" {
						m.rawAdd(support.ID, roles.user(email).UUID)
					}
				}
				leaving := roles.with("kim.nguyen@example.com")
				for _, role := range leaving {
					m.rawRemove(role, "kim.nguyen@example.com")
				}
				return leaving.names()
			},
			remark: "The list of roles shows Ana in Support, Raj's id and Kim's places, so nobody has to be searched for.",
		},
		{
			name:    "offboard Grace",
			words:   "grace.mbeki@example.com leaves today. Take her out of every role, and tell me what she had.",
			reply:   "She was in Support and Viewers, and is in no role any more. She is still in the organization; that is not ours to end.",
			found:   []string{"Support", "Viewers"},
			changed: []string{"- Support: grace.mbeki@example.com", "- Viewers: grace.mbeki@example.com"},
			ours: func(m *model) []string {
				roles := m.rolesOf("grace.mbeki@example.com")
				for _, role := range roles {
					m.call("membership-remove", with{"role": role, "member": "grace.mbeki@example.com"}, nil)
				}
				return roles
			},
			peer: func(m *model) []string {
				roles := m.rawRoles().with("grace.mbeki@example.com")
				for _, role := range roles {
					m.rawRemove(role, "grace.mbeki@example.com")
				}
				return roles.names()
			},
		},
		{
			name:    "onboard like Raj",
			words:   "Give whoever joined last the roles that raj.patel@example.com has.",
			reply:   "zuzana.horvathova@example.com is in Engineering now, which is all that Raj has.",
			found:   []string{"zuzana.horvathova@example.com", "Engineering"},
			changed: []string{"+ Engineering: zuzana.horvathova@example.com"},
			ours: func(m *model) []string {
				var newest people
				m.call("members-list", with{"limit": 1}, &newest)
				roles := m.rolesOf("raj.patel@example.com")
				for _, role := range roles {
					m.call("membership-add", with{"role": role, "member": newest.Members[0].Email}, nil)
				}
				return append([]string{newest.Members[0].Email}, roles...)
			},
			peer: func(m *model) []string {
				var newest page[rawMember]
				m.raw("listOrganizationMembers", with{"limit": 1}, &newest)
				roles := m.rawRoles().with("raj.patel@example.com")
				for _, role := range roles {
					m.rawAdd(role.ID, newest.Results[0].User.UUID)
				}
				return append([]string{newest.Results[0].User.Email}, roles.names()...)
			},
		},
		{
			name:  "a welcome",
			words: "Put whoever joined last into Engineering, and prepare a welcome: the colleagues there, dashboards to look at, what happened last.",
			reply: "zuzana.horvathova@example.com is in Engineering. The welcome names the twelve colleagues, such as tomasz.zielinski@example.com, " +
				"the dashboards Hedgebox at a glance, Mobile launch and Support load, and the insight Checkout funnel, web.",
			found: []string{
				"zuzana.horvathova@example.com", "tomasz.zielinski@example.com", "Hedgebox at a glance", "Mobile launch", "Support load", "Checkout funnel, web",
			},
			changed: []string{"+ Engineering: zuzana.horvathova@example.com"},
			ours: func(m *model) []string {
				var newest people
				m.call("members-list", with{"limit": 1}, &newest)
				newcomer := newest.Members[0].Email
				var engineering roleWithPeople
				m.call("roles-get", with{"role": "Engineering"}, &engineering)
				m.call("membership-add", with{"role": "Engineering", "member": newcomer}, nil)
				var page welcome
				m.call("welcome-current", nil, &page)
				return append([]string{newcomer, engineering.Role.Members[0].Email}, page.highlights()...)
			},
			peer: func(m *model) []string {
				var newest page[rawMember]
				m.raw("listOrganizationMembers", with{"limit": 1}, &newest)
				newcomer := newest.Results[0].User
				engineering := m.rawRoles().named("Engineering")
				m.rawAdd(engineering.ID, newcomer.UUID)
				var page welcome
				m.raw("retrieveWelcome", nil, &page)
				return append([]string{newcomer.Email, engineering.Members[0].User.Email}, page.highlights()...)
			},
		},
	}
}

// welcome is the page of somebody new, which both tell in the API's words.
type welcome struct {
	Dashboards []struct{ Name string } `json:"popular_dashboards"`
	Activity   []struct {
		Name string `json:"entity_name"`
	} `json:"recent_activity"`
}

// highlights are what a welcome mentions of it.
func (w welcome) highlights() []string {
	var highlights []string
	for _, dashboard := range w.Dashboards {
		highlights = append(highlights, dashboard.Name)
	}
	return append(highlights, w.Activity[0].Name)
}
