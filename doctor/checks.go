package doctor

import "context"

// The names of the checks.
const (
	checkProgram      = "program"
	checkSettings     = "settings"
	checkKey          = "key"
	checkProxy        = "proxy"
	checkName         = "name"
	checkConnection   = "connection"
	checkPostHog      = "posthog"
	checkClock        = "clock"
	checkAccess       = "access"
	checkOrganization = "organization"
	checkTools        = "tools"
	checkActions      = "actions"
	checkJournal      = "journal"
	checkSecrets      = "secrets"
	checkClients      = "clients"
)

// checks are all there are, in the order in which they are shown.
func checks() []check {
	return []check{
		{name: checkProgram, run: one((*examination).program)},
		{name: checkSettings, run: one((*examination).settings)},
		{name: checkKey, run: one((*examination).key)},
		{name: checkProxy, run: one((*examination).proxyOnTheWay)},
		{name: checkName, needs: []string{checkProxy}, run: one((*examination).nameOfHost)},
		{name: checkConnection, needs: []string{checkName}, run: one((*examination).connection)},
		{name: checkPostHog, needs: []string{checkConnection}, run: one((*examination).isPostHog)},
		{name: checkClock, needs: []string{checkConnection}, run: one((*examination).clock)},
		{name: checkAccess, needs: []string{checkKey, checkPostHog}, run: one((*examination).access)},
		{name: checkOrganization, needs: []string{checkAccess}, run: one((*examination).organization)},
		{name: checkTools, needs: []string{checkOrganization}, run: one((*examination).tools)},
		{name: checkActions, needs: []string{checkOrganization}, run: one((*examination).actions)},
		{name: checkJournal, run: one((*examination).journal)},
		{name: checkSecrets, run: one((*examination).secrets)},
		{name: checkClients, run: (*examination).clients},
	}
}

// one makes a check of a function that finds one thing.
func one(look func(*examination, context.Context) Finding) func(*examination, context.Context) []Finding {
	return func(x *examination, ctx context.Context) []Finding { return []Finding{look(x, ctx)} }
}
