// Package prompts is what a person can start from a menu: tasks of an
// administrator, each as one message that leads a model through the tools. A
// prompt is one declared value. In its text, a word in backticks is a tool, or
// an argument of the tool named before it; a test holds them to the catalog.
package prompts

// Catalog returns every prompt.
func Catalog() []Prompt {
	return []Prompt{onboard(), offboard(), reviewAccess(), mapProvider(), explainAccess(), prepareWelcome(), rotateSecret()}
}

func onboard() Prompt {
	return Prompt{
		Name: "onboard", Title: "Onboard somebody",
		Description: "Put somebody new into their roles, and prepare their welcome.",
		Arguments: []Argument{
			{Name: "member", Description: "Who: name or e-mail.", Required: true, Completes: "member"},
			{Name: "roles", Description: "Their roles, with commas between. Left out: the assistant proposes some.", Completes: "role", Several: true},
		},
		Tools: []string{"members-list", "roles-list", "membership-add", "welcome-current"},
		Text: `Put a new person into roles, and prepare their welcome.
1. Find the person: ` + "`members-list` with `search`" + `. If several fit, ask me which. If nobody does, they must be invited in PostHog first: say so and stop.
2. See what roles there are: ` + "`roles-list`" + `. If I named none, ask what the person works on and propose some.
3. Show me the person, the roles, and that each gives its access at once. Wait for my yes.
4. For each role call ` + "`membership-add` with `role` and `member`" + `. Report what changed, and the undo of each.
5. Read ` + "`welcome-current`" + ` and draft a short welcome that I can send: their roles, people to know, dashboards to open. Send nothing.`,
	}
}

func offboard() Prompt {
	return Prompt{
		Name: "offboard", Title: "Offboard somebody",
		Description: "Take somebody out of all their roles, after showing what is lost.",
		Arguments:   []Argument{{Name: "member", Description: "Who: name or e-mail.", Required: true, Completes: "member"}},
		Tools:       []string{"members-list", "roles-list", "membership-remove"},
		Text: `Take a person out of all their roles.
1. Find the person: ` + "`members-list` with `search`" + `. If several fit, ask me which.
2. Find their roles: ` + "`roles-list` with `member`" + `.
3. Show me every role with what they lose by it, and their level. Wait for my yes: nothing is removed before it.
4. For each role call ` + "`membership-remove` with `role` and `member`" + `. Each asks me once more, or answers with a preview: show it, and call again with its ` + "`confirmation`" + ` only after my yes. Never confirm by yourself.
5. Report what was removed and how to undo it. Say what is left to do in PostHog itself: the person is still a member of the organization until removed there, and secret tokens that they knew should be rotated.`,
	}
}

func reviewAccess() Prompt {
	return Prompt{
		Name: "review-access", Title: "Review who has access",
		Description: "Who is in which role, and what looks wrong. Changes nothing.",
		Arguments:   []Argument{{Name: "role", Description: "Only this role. Left out: all.", Completes: "role"}},
		Tools:       []string{"roles-list", "roles-get", "members-list", "external-reference-list"},
		Text: `Review who has access to our PostHog organization. Change nothing.
1. If I named a role, read that one alone: ` + "`roles-get` with `role`" + `. Otherwise list the roles with ` + "`roles-list`" + ` and read each.
2. List the people: ` + "`members-list` with `limit`" + ` large enough for all.
3. See which groups elsewhere stand for which role: ` + "`external-reference-list`" + `.
4. Show a table of roles with their people. Then list, with names, as far as you have read: people in no role; people who never signed in, or not for 90 days; administrators and owners; empty roles; roles that no group stands for; what new people get by default.
5. Say what you cannot see: what a role opens in each project is set in PostHog.
6. Propose what to tidy up, worst first, and what each step would take from whom. Wait for my decision on each.`,
	}
}

func mapProvider() Prompt {
	return Prompt{
		Name: "map-provider", Title: "Map a provider's teams to roles",
		Description: "Say which team of GitHub, Slack or another system stands for which role.",
		Arguments: []Argument{
			{Name: "provider", Description: "The other system, such as github.", Required: true, Completes: "provider"},
			{Name: "organization", Description: "Organization or workspace there."},
			{Name: "teams", Description: "The teams: name, id and slug of each. Left out: the assistant asks."},
		},
		Tools: []string{"external-reference-list", "roles-list", "external-reference-create", "external-reference-delete"},
		Text: `Map the teams of another system to our roles.
1. See what is mapped: ` + "`external-reference-list` with `provider`" + `. See the roles: ` + "`roles-list`" + `.
2. If I gave no teams, ask me for each team's name, lasting id and slug, and for the organization there. Do not make any up.
3. Propose a table: team, role, new or as it is. A team stands for one role. Wait for my yes.
4. For each new one call ` + "`external-reference-create` with `role`, `provider`, `provider_organization_id`, `provider_role_id`, `provider_role_name` and `provider_role_slug`" + `.
5. To move a team, the old link goes first. Show me what is lost, and after my yes call ` + "`external-reference-delete` with `reference_id`" + `. If it answers with a preview, show it, and send its ` + "`confirmation`" + ` only after my yes.
6. Report what was made, and roles that still have no team.`,
	}
}

func explainAccess() Prompt {
	return Prompt{
		Name: "explain-access", Title: "Explain one person's access",
		Description: "What one person has access to, and why. Changes nothing.",
		Arguments:   []Argument{{Name: "member", Description: "Who: name or e-mail.", Required: true, Completes: "member"}},
		Tools:       []string{"members-list", "roles-list", "membership-get", "external-reference-list"},
		Text: `Explain what access a person has in PostHog, and why. Change nothing.
1. Find the person: ` + "`members-list` with `search`" + `. Note level, joining date and last sign-in. If several fit, ask me which.
2. Find their roles: ` + "`roles-list` with `member`" + `.
3. For each role see since when: ` + "`membership-get` with `role` and `member`" + `; and which groups elsewhere stand for them, all at once: ` + "`external-reference-list`" + `.
4. Explain in a few sentences: what the level allows (administrators and owners do more than roles say), then each role, since when, and which group stands for it. Say what you cannot see: what a role opens in each project is set in PostHog.`,
	}
}

func prepareWelcome() Prompt {
	return Prompt{
		Name: "prepare-welcome", Title: "Prepare a welcome",
		Description: "Draft a welcome for somebody from what the organization uses. Changes nothing.",
		Arguments: []Argument{
			{Name: "member", Description: "Who: name or e-mail. Left out: anybody new.", Completes: "member"},
			{Name: "language", Description: "Language of the message. Left out: that of the conversation."},
		},
		Tools: []string{"welcome-current", "members-list"},
		Text: `Draft a welcome to our PostHog organization. Change nothing, send nothing.
1. If I named somebody, find them: ` + "`members-list` with `search`" + `. If several fit, ask me which.
2. Read ` + "`welcome-current`" + `. It is my own page: inviter and next steps are mine, not theirs; leave those out.
3. Draft at most 150 words: a greeting by first name, what the organization uses PostHog for, up to three people to know with what they did lately, up to three dashboards with links, one thing to do first. Mention only what the page has. If it says that parts were left out, do not fill them in.
4. Show me the draft, and ask what to change.`,
	}
}

func rotateSecret() Prompt {
	return Prompt{
		Name: "rotate-secret", Title: "Rotate a secret token safely",
		Description: "Replace a project's secret token without cutting anybody off.",
		Arguments: []Argument{
			{Name: "project", Description: "Which project: name or id.", Required: true, Completes: "project"},
			{Name: "reason", Description: "Why, such as a leak."},
		},
		Tools: []string{"projects-list", "project-secret-token-rotate"},
		Text: `Rotate a project's secret token without cutting anybody off.
1. Find the project: ` + "`projects-list`" + `. If several fit, ask me which.
2. Ask me which servers hold the token now, and whether any still holds the one before. Explain: the token in use becomes the backup and goes on working until the next rotation; the backup of now stops at once. It cannot be undone.
3. Wait for my yes to exactly that. Then call ` + "`project-secret-token-rotate` with `project`" + `, once. If it answers with a preview, show it, and send its ` + "`confirmation`" + ` only after my yes. Never call it again because an answer is missing: look first.
4. Tell me where the answer says that the new token is. It is masked here on purpose: never ask me to paste it.
5. List the servers that are to be moved. Only if the old token leaked, and once I say that all have moved, offer a second rotation, which ends the old one.`,
	}
}
