package demo

// inHedgebox is in every question: an assistant may work on several organizations.
const inHedgebox = `This is in the organization "Hedgebox (sandbox)" (0190f3a2-1000-7000-8000-000000000001).`

// day is an administrator's day at the sandbox's company: Maya Okonkwo asks,
// and an assistant calls the tools. Every tool of the server is in it. A step
// without a sentence of its own goes on with what was asked before.
func day() []step {
	return []step{
		{
			chapter: "The morning",
			asked:   "Which organizations can you work on with my key?", tool: "organizations-list",
			show:   []view{{"organizations", []string{"name", "level", "member_count:people", "id"}}},
			answer: []fact{{"organizations.name", "Hedgebox (sandbox)"}, {"organizations.level", "administrator"}},
			agrees: []agreement{{what: "ids", path: "organizations.id", get: "/api/organizations/", at: "results.id"}},
		},
		{
			asked: "And what does my key let you do here?", tool: "whoami",
			show: []view{
				{"owner", []string{"name", "email"}},
				{"key", []string{"kind", "label", "masked:key", "scopes"}},
			},
			answer: []fact{{"organization.level", "administrator"}, {"tools.work", "21"}},
			agrees: []agreement{
				{what: "owner", path: "owner.email", get: "/api/users/@me/", at: "email"},
				{what: "scopes", path: "key.scopes", get: "/api/personal_api_keys/@current/", at: "scopes"},
			},
		},
		{
			asked: "What happened while I was away?", tool: "welcome-current",
			show: []view{
				{"recent_activity", []string{"timestamp:when", "actor_name:who", "type:did", "entity_name:what"}},
				{"popular_dashboards", []string{"name:dashboard", "description"}},
			},
			answer: []fact{{"organization_name", "Hedgebox (sandbox)"}},
			agrees: []agreement{
				{what: "activity", path: "recent_activity.entity_name", get: "welcome/current/", at: "recent_activity.entity_name"},
				{what: "colleagues", path: "team_members.email", get: "welcome/current/", at: "team_members.email"},
			},
		},

		{
			chapter: "A new colleague",
			asked:   "Somebody new has joined. Who is it?", tool: "members-list",
			with:   `{"order": "-joined_at", "limit": 3}`,
			show:   []view{{"members", []string{"name", "email", "level", "joined_at:joined", "last_login:signed in"}}},
			agrees: []agreement{{what: "people", path: "members.email", get: "members/?order=-joined_at&limit=3", at: "results.user.email"}},
		},
		{
			asked: "And which roles are there for her?", tool: "roles-list",
			answer: []fact{{"roles.member_count", "12, 4, 3, 3, 5, 0"}},
			show:   []view{{"roles", []string{"name", "member_count:people", "is_default:default", "created_at:created"}}},
			agrees: []agreement{{what: "names", path: "roles.name", get: "roles/", at: "results.name"}},
		},
		{
			name: "misspelt", asked: "Put Zuzana into Enginering.", tool: "membership-add",
			with:    `{"role": "Enginering", "member": "zuzana.horvathova@example.com"}`,
			refused: true,
			answer:  []fact{{"candidates.name", "Engineering"}},
		},
		{
			name: "zuzana-in", tool: "membership-add",
			with:    `{"role": "<misspelt.candidates.0.name>", "member": "zuzana.horvathova@example.com"}`,
			show:    []view{{"memberships", []string{"name", "email", "joined_at:joined"}}},
			answer:  []fact{{"changed", "true"}, {"role.name", "Engineering"}},
			changes: []string{"new: Zuzana Horváthová in Engineering"},
		},
		{
			asked: "Is she in now?", tool: "membership-get", after: "zuzana-in",
			with: `{"role": "Engineering", "member": "zuzana.horvathova@example.com"}`,
			show: []view{{"membership", []string{"name", "level", "joined_at:joined", "id"}}},
			agrees: []agreement{{
				what: "person", path: "membership.email",
				get: "roles/<answer.role.id>/role_memberships/<answer.membership.id>/", at: "user.email",
			}},
		},

		{
			chapter: "A new team",
			name:    "platform", asked: "We are starting a platform team. Make a role for it, and let the GitHub team hedgebox/platform stand for it.",
			tool:    "roles-create",
			with:    `{"name": "Platform"}`,
			show:    []view{{"role", []string{"name", "member_count:people", "id"}}},
			answer:  []fact{{"changed", "true"}, {"role.name", "Platform"}, {"undo.tool", "undo"}},
			changes: []string{"new: role Platform"},
		},
		{
			name: "mapped", tool: "external-reference-create",
			with: `{"role": "<platform.role.id>", "provider": "github", "provider_organization_id": "hedgebox", ` +
				`"provider_role_id": "6120458", "provider_role_slug": "platform", "provider_role_name": "Platform"}`,
			show:    []view{{"reference", []string{"provider", "provider_organization_id:organization", "provider_role_slug:slug", "role"}}},
			answer:  []fact{{"changed", "true"}},
			changes: []string{"new: link from github hedgebox/Platform to Platform"},
		},
		{
			asked: "Somebody signs in with the GitHub team hedgebox/platform. Which role is that?", tool: "external-reference-lookup", after: "mapped",
			with:   `{"provider": "github", "provider_organization_id": "hedgebox", "provider_role_slug": "platform"}`,
			show:   []view{{"reference", []string{"provider_role_name:team", "role", "created_at:since"}}},
			answer: []fact{{"found", "true"}},
			agrees: []agreement{{
				what: "role", path: "reference.role",
				get: "role_external_references/lookup/?provider=github&provider_organization_id=hedgebox&provider_role_slug=platform", at: "reference.role",
			}},
		},
		{
			asked: "Zuzana, Hugo and Wei start in it.", tool: "membership-add", after: "platform",
			with:   `{"role": "Platform", "members": ["zuzana.horvathova@example.com", "hugo.weiss@example.com", "wei.zhang@example.com"]}`,
			show:   []view{{"memberships", []string{"name", "email", "joined_at:joined", "changed"}}},
			answer: []fact{{"changed", "true"}, {"memberships.changed", "true, true, true"}},
			changes: []string{
				"new: Zuzana Horváthová in Platform",
				"new: Hugo Weiß in Platform",
				"new: 伟 张 in Platform",
			},
		},
		{
			asked: "Show me all of our GitHub teams.", tool: "external-reference-list",
			with:   `{"provider": "github"}`,
			show:   []view{{"references", []string{"provider_role_slug:slug", "provider_role_name:team", "role"}}},
			agrees: []agreement{{what: "teams", path: "references.id", get: "role_external_references/?provider=github", at: "results.id"}},
		},

		{
			chapter: "Somebody moves",
			asked:   "Who is in Support, and since when?", tool: "membership-list",
			with:   `{"role": "Support"}`,
			show:   []view{{"memberships", []string{"name", "email", "level", "joined_at:joined"}}},
			agrees: []agreement{{what: "people", path: "memberships.email", get: "roles/<answer.role.id>/role_memberships/", at: "results.user.email"}},
		},
		{
			name: "ana-asked", asked: "Ana moves from Support to Platform.", tool: "membership-remove",
			with: `{"role": "Support", "member": "ana.kovac@example.com"}`,
			asks: []string{
				`Take "Ana Kovač" <ana.kovac@example.com> out of the role "Support".`,
				inHedgebox,
				"- What the role gives access to is closed to them at once; undo puts them back.",
			},
			answer: []fact{{"changed", "false"}},
		},
		{
			name: "ana-out", asked: "Yes.", tool: "membership-remove",
			with:    `{"role": "Support", "member": "ana.kovac@example.com", "confirmation": "<ana-asked.preview.confirmation>"}`,
			show:    []view{{"memberships", []string{"name", "email", "joined_at:joined"}}},
			answer:  []fact{{"changed", "true"}, {"undo.tool", "undo"}},
			changes: []string{"gone: Ana Kovač in Support"},
		},
		{
			tool: "membership-add", after: "platform",
			with:    `{"role": "Platform", "member": "ana.kovac@example.com"}`,
			show:    []view{{"memberships", []string{"name", "email", "joined_at:joined"}}},
			answer:  []fact{{"changed", "true"}},
			changes: []string{"new: Ana Kovač in Platform"},
		},
		{
			asked: "Oh, she still helps out in Support. Take the first half back.", tool: "undo",
			with:    `<ana-out.undo.arguments>`,
			show:    []view{{"changes", []string{"change:taken back by", "state"}}},
			answer:  []fact{{"changed", "true"}, {"changes.state", "done"}},
			changes: []string{"new: Ana Kovač in Support"},
		},

		{
			chapter: "Somebody leaves",
			scene:   "Maya has moved to a client that shows the server's questions in a dialog of its own. Until now the assistant had to pass them on.",
			asked:   "Kim leaves us today. Is Kim in Viewers too?", tool: "roles-get",
			with:   `{"role": "Viewers"}`,
			show:   []view{{"role.members", []string{"name", "email"}}},
			answer: []fact{{"role.member_count", "5"}},
			agrees: []agreement{{what: "people", path: "role.members.email", get: "roles/<answer.role.id>/", at: "members.user.email"}},
		},
		{
			asked: "Then take Kim out of Engineering, Support and Viewers.", tool: "membership-remove", dialog: yes,
			with: `{"role": "Engineering", "member": "kim.nguyen@example.com"}`,
			asks: []string{
				`Take "Kim Nguyen" <kim.nguyen@example.com> out of the role "Engineering".`,
				inHedgebox,
				"- What the role gives access to is closed to them at once; undo puts them back.",
			},
			show:    []view{{"memberships", []string{"name", "email", "joined_at:joined"}}},
			answer:  []fact{{"changed", "true"}},
			changes: []string{"gone: Kim Nguyen in Engineering"},
		},
		{
			tool: "membership-remove", dialog: yes,
			with: `{"role": "Support", "member": "kim.nguyen@example.com"}`,
			asks: []string{
				`Take "Kim Nguyen" <kim.nguyen@example.com> out of the role "Support".`,
				inHedgebox,
				"- What the role gives access to is closed to them at once; undo puts them back.",
			},
			show:    []view{{"memberships", []string{"name", "email", "joined_at:joined"}}},
			answer:  []fact{{"changed", "true"}},
			changes: []string{"gone: Kim Nguyen in Support"},
		},
		{
			tool: "membership-remove", dialog: yes,
			with: `{"role": "Viewers", "member": "kim.nguyen@example.com"}`,
			asks: []string{
				`Take "Kim Nguyen" <kim.nguyen@example.com> out of the role "Viewers".`,
				inHedgebox,
				"- What the role gives access to is closed to them at once; undo puts them back.",
				`- "Kim Nguyen" <kim.nguyen@example.com> is then in no role at all.`,
			},
			show:    []view{{"memberships", []string{"name", "email", "joined_at:joined"}}},
			answer:  []fact{{"changed", "true"}},
			changes: []string{"gone: Kim Nguyen in Viewers"},
		},
		{
			asked: "Nobody is in Security. Delete it.", tool: "roles-delete", dialog: no,
			with: `{"role": "Security"}`,
			asks: []string{
				`Delete the role "Security" (0190f3a2-4000-7000-8000-000000000006).`,
				inHedgebox,
				"- Nobody is in the role.",
				"- Its access rules go too; PostHog does not list them here.",
				"- Undo makes it again with its members and references, under a new id, with new dates, and without its access rules.",
			},
			refused: true,
			answer:  []fact{{"error", "The user declined. Nothing was changed."}},
		},

		{
			chapter: "Tidying up",
			scene:   "Maya is back where the assistant asks.",
			asked:   "Data & Analytics is just Data these days.", tool: "roles-update",
			with:    `{"role": "Data & Analytics", "name": "Data"}`,
			show:    []view{{"role", []string{"name", "member_count:people", "id"}}},
			answer:  []fact{{"changed", "true"}, {"role.name", "Data"}},
			changes: []string{"role: Data (was Data & Analytics)"},
		},
		{
			name: "linear", asked: "Support no longer works in Linear. Take that link away.", tool: "external-reference-list",
			with:   `{"provider": "linear", "role": "Support"}`,
			show:   []view{{"references", []string{"provider_role_slug:slug", "provider_role_name:team", "id"}}},
			answer: []fact{{"total", "1"}},
			agrees: []agreement{{what: "link", path: "references.0.id", get: "role_external_references/?provider=linear", at: "results.1.id"}},
		},
		{
			name: "linear-asked", tool: "external-reference-delete",
			with: `{"reference_id": "<linear.references.0.id>"}`,
			asks: []string{
				`Delete the external reference 0190f3a2-6000-7000-8000-000000000005: the "linear" group "Support" of "hedgebox-linear" ` +
					`no longer stands for the role 0190f3a2-4000-7000-8000-000000000002.`,
				inHedgebox,
				"- The group and the role stay; undo makes the reference again under a new id.",
			},
			answer: []fact{{"changed", "false"}},
		},
		{
			asked: "That is the one. Yes.", tool: "external-reference-delete",
			with:    `{"reference_id": "<linear.references.0.id>", "confirmation": "<linear-asked.preview.confirmation>"}`,
			show:    []view{{"reference", []string{"provider", "provider_role_slug:slug", "provider_role_name:team"}}},
			answer:  []fact{{"changed", "true"}},
			changes: []string{"gone: link from linear hedgebox-linear/Support to Support"},
		},
		{
			name: "growth-asked", asked: "The campaign is over: delete Growth Marketing.", tool: "roles-delete",
			with: `{"role": "growth marketing"}`,
			asks: []string{
				`Delete the role "Growth Marketing" (0190f3a2-4000-7000-8000-000000000004).`,
				inHedgebox,
				`- 3 people fall out of the role: "Chloé Lefèvre" <chloe.lefevre@example.com>, ` +
					`"Aoife Ní Bhriain" <aoife.nibhriain@example.com>, "studio.fern" <studio.fern@example.org>.`,
				`- 1 person is then in no role at all: "Chloé Lefèvre" <chloe.lefevre@example.com>.`,
				`- 1 group no longer stands for a role: the "slack" group "#growth" of "T07HEDGEBOX".`,
				"- Its access rules go too; PostHog does not list them here.",
				"- Undo makes it again with its members and references, under a new id, with new dates, and without its access rules.",
			},
			answer: []fact{{"changed", "false"}},
		},
		{
			name: "growth-gone", asked: "Yes, all of it.", tool: "roles-delete",
			with: `{"role": "growth marketing", "confirmation": "<growth-asked.preview.confirmation>"}`,
			show: []view{
				{"lost.members", []string{"name", "email"}},
				{"lost.external_references", []string{"provider", "provider_role_name:reference"}},
			},
			answer: []fact{{"changed", "true"}},
			changes: []string{
				"gone: role Growth Marketing",
				"gone: Chloé Lefèvre in Growth Marketing",
				"gone: Aoife Ní Bhriain in Growth Marketing",
				"gone: studio.fern in Growth Marketing",
				"gone: link from slack T07HEDGEBOX/#growth to Growth Marketing",
			},
		},
		{
			asked: "Oh no, the next campaign begins on Monday! Take that back.", tool: "undo",
			with:   `<growth-gone.undo.arguments>`,
			show:   []view{{"changes", []string{"change:taken back by", "state"}}},
			answer: []fact{{"changed", "true"}, {"changes.state", "done, done, done, done, done"}},
			changes: []string{
				"new: role Growth Marketing",
				"new: Chloé Lefèvre in Growth Marketing",
				"new: Aoife Ní Bhriain in Growth Marketing",
				"new: studio.fern in Growth Marketing",
				"new: link from slack T07HEDGEBOX/#growth to Growth Marketing",
			},
		},
		{
			asked: "Is everybody in it again?", tool: "roles-get",
			with:   `{"role": "Growth Marketing"}`,
			show:   []view{{"role.members", []string{"name", "email"}}},
			answer: []fact{{"role.member_count", "3"}},
			agrees: []agreement{{what: "people", path: "role.members.email", get: "roles/<answer.role.id>/", at: "members.user.email"}},
		},

		{
			chapter: "A token in a log file",
			asked:   "A secret token turned up in a log of the web shop. What are our projects?", tool: "projects-list",
			show:   []view{{"projects", []string{"id", "name", "timezone", "ingested_event:has events"}}},
			agrees: []agreement{{what: "projects", path: "projects.id", get: "projects/", at: "results.id"}},
		},
		{
			name: "rotation-asked", asked: "Rotate the token of Hedgebox web.", tool: "project-secret-token-rotate",
			with: `{"project": "Hedgebox web"}`,
			asks: []string{
				`Rotate the secret token of the project "Hedgebox web" (84102).`,
				inHedgebox,
				"- The token in use (phs_…0000) becomes the backup: it works until the next rotation.",
				"- This cannot be undone.",
			},
			answer: []fact{{"changed", "false"}},
		},
		{
			asked: "Yes, rotate it.", tool: "project-secret-token-rotate",
			with: `{"project": "Hedgebox web", "confirmation": "<rotation-asked.preview.confirmation>"}`,
			show: []view{
				{"", []string{"project.name:project", "secret_api_token:token", "secret_api_token_backup:backup", "settings_url:or see it at"}},
				{"", []string{"token_file:the whole token is in"}},
			},
			answer: []fact{{"changed", "true"}},
			agrees: []agreement{
				{what: "token", path: "secret_api_token", get: "projects/<answer.project.id>/", at: "secret_api_token", masked: true},
				{what: "backup", path: "secret_api_token_backup", get: "projects/<answer.project.id>/", at: "secret_api_token_backup", masked: true},
				{what: "token in the file", path: "token_file", get: "projects/<answer.project.id>/", at: "secret_api_token", file: true},
			},
			changes: []string{"Hedgebox web: token no. 2, backup no. 1 (was token no. 1, backup none)"},
		},

		{
			chapter: "The evening",
			asked:   "How do our roles stand?", tool: "roles-list",
			answer: []fact{{"roles.member_count", "12, 3, 3, 4, 0, 4, 3"}},
			show:   []view{{"roles", []string{"name", "member_count:people", "is_default:default", "created_at:created"}}},
			agrees: []agreement{{what: "names", path: "roles.name", get: "roles/", at: "results.name"}},
		},
		{
			asked: "And what did you change today?", tool: "journal-list",
			with: `{"since": "24h", "limit": 50}`,
			show: []view{{"writes", []string{"change", "state"}}},
			answer: []fact{
				{"writes.tool", "project-secret-token-rotate, " +
					"undo, undo, undo, undo, undo, roles-delete, external-reference-delete, roles-update, " +
					"roles-delete, membership-remove, membership-remove, membership-remove, " +
					"undo, membership-add, membership-remove, " +
					"membership-add, membership-add, membership-add, external-reference-create, roles-create, membership-add"},
				{"writes.state", "done, done, done, done, done, done, done, done, done, declined, " +
					"done, done, done, done, done, done, done, done, done, done, done, done"},
			},
		},
	}
}
