package tools

import (
	"cmp"
	"encoding/json"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/changes"
	"posthog-org-mcp/directory"
	"posthog-org-mcp/holder"
	"posthog-org-mcp/journal"
	"posthog-org-mcp/redact"
	"posthog-org-mcp/schemas"
)

// Environment is what a call works with.
type Environment struct {
	// Reader reads the configured organization.
	Reader directory.Reader
	// History reads what this server wrote; nil when no journal is kept.
	History *journal.Reader
	// Executor carries changes out.
	Executor *changes.Executor
	// Holder is what is known of the key; nil leaves it to PostHog to say what the
	// key may not do.
	Holder *holder.Holder
	// Profile is the sign-in that the key is of; empty for a key from elsewhere.
	Profile string
	// Redactor masks secrets in every answer.
	Redactor *redact.Redactor
	// Limits are the operator's, on tools and organizations.
	Limits Limits
	// MaxResultBytes bounds the JSON of an answer; zero is DefaultMaxResultBytes.
	MaxResultBytes int
	// SecretsInResults lets rotated tokens through to the model.
	SecretsInResults bool
}

// reader is what a tool gets to hold.
func (env Environment) reader(org directory.Reader) Reader {
	undo := Tool{Name: undoName, Family: journalFamily, Effect: changes.Destroys}
	return Reader{
		Reader: org, history: env.History, site: env.Executor.Site(), allowed: env.Limits.Organizations,
		canUndo: env.History != nil && env.Limits.withholds(undo) == "",
		holder:  cmp.Or(env.Holder, env.Executor.Holder()), limits: env.Limits, dryRun: env.Executor.DryRun(), catalog: Catalog,
	}
}

// Reader is all that a tool holds: the organization, and what was written to it.
type Reader struct {
	directory.Reader
	history *journal.Reader
	// canUndo reports that the tool undo is offered.
	canUndo bool
	// site is what the journal calls the PostHog that is worked on.
	site string
	// allowed are the only organizations that may be seen; empty is all.
	allowed []apiclient.OrganizationID
	// holder is what is known of the key; limits and dryRun are what the operator
	// allows.
	holder *holder.Holder
	limits Limits
	dryRun bool
	// catalog makes every tool anew. It stands here because the tool that tells of
	// the others is one of them.
	catalog func() []Tool
}

// marshalWhole writes an answer, and masks every secret in it: it is the last
// thing that happens to each. Only a result that was made to show its secrets does,
// and only where the operator allows that.
func (env Environment) marshalWhole(result any) (json.RawMessage, error) {
	var shown []redact.Secret
	if whole, ok := result.(revealing); ok && env.SecretsInResults {
		result, shown = whole.revealed()
	}
	data, err := schemas.Marshal(result)
	if err != nil {
		return nil, err
	}
	return json.RawMessage(env.Redactor.TextBut(string(data), shown...)), nil
}

// revealing is a result that can be shown with its secrets whole.
type revealing interface {
	revealed() (any, []redact.Secret)
}
