package conversations_test

// outsideTasks are the tasks about other systems: groups that stand for roles,
// and servers that hold a secret token.
func outsideTasks() []task {
	return []task{
		{
			name: "mirror a GitHub team",
			words: "Mirror the GitHub team platform (id 5550001, in hedgebox) as a role Platform. In it are sule.yildirim@example.com, " +
				"ibrahim.caglar@example.com and wei.zhang@example.com.",
			reply: "The role Platform is there with the three of them, and the team stands for it.",
			changed: []string{
				"+ Platform: ibrahim.caglar@example.com", "+ Platform: sule.yildirim@example.com", "+ Platform: wei.zhang@example.com",
				"+ github hedgebox/platform stands for Platform", "+ role Platform",
			},
			ours: func(m *model) []string {
				m.call("roles-create", with{"name": "Platform"}, nil)
				m.call("membership-add", with{"role": "Platform", "members": platformTeam()}, nil)
				m.call("external-reference-create", with{
					"role": "Platform", "provider": "github", "provider_organization_id": "hedgebox",
					"provider_role_id": "5550001", "provider_role_slug": "platform", "provider_role_name": "platform",
				}, nil)
				return nil
			},
			peer: func(m *model) []string {
				var role rawRole
				m.raw("createRole", with{"requestBody": with{"name": "Platform"}}, &role)
				for _, email := range platformTeam() {
					var found page[rawMember]
					m.raw("listOrganizationMembers", with{"email": email}, &found)
					m.rawAdd(role.ID, found.Results[0].User.UUID)
				}
				m.raw("createRoleExternalReference", with{"requestBody": with{
					"role": role.ID, "provider": "github", "provider_organization_id": "hedgebox",
					"provider_role_id": "5550001", "provider_role_slug": "platform", "provider_role_name": "platform",
				}}, nil)
				return nil
			},
		},
		{
			name: "map Slack groups",
			words: "Two more Slack channels should stand for roles, in the workspace where the others are: #data (C07DATA55) for Data & Analytics, " +
				"and #security (C07SECURE6) for Security.",
			reply: "Both are mapped, in the workspace T07HEDGEBOX.",
			found: []string{"T07HEDGEBOX"},
			changed: []string{
				"+ slack T07HEDGEBOX/#data stands for Data & Analytics", "+ slack T07HEDGEBOX/#security stands for Security",
			},
			ours: func(m *model) []string {
				var known references
				m.call("external-reference-list", with{"provider": "slack"}, &known)
				workspace := known.References[0].ProviderOrganizationID
				for _, channel := range slackChannels() {
					m.call("external-reference-create", with{
						"role": channel.role, "provider": "slack", "provider_organization_id": workspace,
						"provider_role_id": channel.id, "provider_role_slug": channel.slug, "provider_role_name": "#" + channel.slug,
					}, nil)
				}
				return []string{workspace}
			},
			peer: func(m *model) []string {
				var known page[rawReference]
				m.raw("listRoleExternalReferences", with{"provider": "slack"}, &known)
				workspace := known.Results[0].ProviderOrganizationID
				roles := m.rawRoles()
				for _, channel := range slackChannels() {
					m.raw("createRoleExternalReference", with{"requestBody": with{
						"role": roles.named(channel.role).ID, "provider": "slack", "provider_organization_id": workspace,
						"provider_role_id": channel.id, "provider_role_slug": channel.slug, "provider_role_name": "#" + channel.slug,
					}}, nil)
				}
				return []string{workspace}
			},
		},
		{
			name:  "rotate a token",
			words: "Rotate the web project's secret token.",
			reply: "The secret token of Hedgebox web is a new one; the first works on until the next rotation.",
			found: []string{"Hedgebox web"},
			changed: []string{
				"- backup token of Hedgebox web: none", "- secret token of Hedgebox web: the first",
				"+ backup token of Hedgebox web: the first", "+ secret token of Hedgebox web: a new one",
			},
			ours: func(m *model) []string {
				var list projects
				m.call("projects-list", nil, &list)
				name := list.Projects[0].Name
				m.call("project-secret-token-rotate", with{"project": name}, nil)
				return []string{name}
			},
			peer: func(m *model) []string {
				var list page[rawProject]
				m.raw("listProjects", nil, &list)
				m.raw("rotateProjectSecretToken", with{"id": list.Results[0].ID}, nil)
				return []string{list.Results[0].Name}
			},
			remark: "Both tokens are in the answer, whole, for the model and whoever keeps its conversations. Here they are hidden.",
		},
	}
}

func platformTeam() []string {
	return []string{"sule.yildirim@example.com", "ibrahim.caglar@example.com", "wei.zhang@example.com"}
}

type slackChannel struct{ role, id, slug string }

func slackChannels() []slackChannel {
	return []slackChannel{{"Data & Analytics", "C07DATA55", "data"}, {"Security", "C07SECURE6", "security"}}
}
