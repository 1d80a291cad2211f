package tools

import (
	"context"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/changes"
	"posthog-org-mcp/directory"
	"posthog-org-mcp/schemas"
	"posthog-org-mcp/visible"
)

// explain words a failure for the model that reads it: by the first row of
// failures that holds, with what the API said in fields of its own, and with what
// became of the changes that were to be made. Names in its sentences are quoted.
func explain(ctx context.Context, tool Tool, env Environment, err error) schemas.Failure {
	f := &failed{ctx: ctx, tool: tool, env: env, err: err}
	for _, row := range failures() {
		if row.holds(err) {
			f.fillIn(row)
			break
		}
	}
	f.addAPIError()
	f.addState()
	f.failure = short(f.failure)
	return f.failure
}

// Fail answers a call that failed. A call that did not get as far as the tool
// did so by ErrBug or ErrNotStarted.
func (t Tool) Fail(ctx context.Context, env Environment, cause error) Answer {
	data, unwritten := env.marshal(explain(ctx, t, env, cause))
	if unwritten != nil {
		// Strings and numbers always marshal.
		data = []byte(`{"error":"The failure could not be described.","next_step":"Report this as a bug."}`)
	}
	return Answer{JSON: data, IsError: true, Cause: cause}
}

// Why a call fails without its tool.
var (
	// ErrBug is a panic, whose text may hold anything.
	ErrBug = errors.New("a bug in this server")
	// ErrNotStarted is a call that still waited when the server was told to stop.
	ErrNotStarted = errors.New("not started: the server stops")
)

// failed is one failed call on the way to its answer.
type failed struct {
	ctx     context.Context
	tool    Tool
	env     Environment
	err     error
	failure schemas.Failure
}

// fillIn fills a row's sentences in. What a row lists decides what is said.
func (f *failed) fillIn(row failure) {
	if row.list != nil {
		row.list(f)
	}
	next := row.next
	if row.choose != "" && len(f.failure.Candidates) > 0 {
		next = row.choose
	}
	f.failure.Error, f.failure.NextStep = f.fill(row.says), f.fill(next)
}

// fill replaces the braces of a sentence, once: what they are filled with may
// hold braces of somebody else's.
func (f *failed) fill(sentence string) string {
	return braceShape.ReplaceAllStringFunc(sentence, func(brace string) string {
		if text, known := braces()[brace]; known {
			return text(f)
		}
		return brace
	})
}

var braceShape = regexp.MustCompile(`\{[a-z]+\}`)

// braces are what stands in the sentences of failures for what differs from one
// failure to the next.
func braces() map[string]func(*failed) string {
	page := func(path ...string) func(*failed) string {
		return func(f *failed) string { return f.env.Reader.WebURL(path...) }
	}
	return map[string]func(*failed) string{
		"{cause}":    func(f *failed) string { return sentence(ownWords(f.err)) },
		"{scope}":    scope,
		"{scopes}":   scopes,
		"{wait}":     func(f *failed) string { return waitFor(f.err, time.Now()) },
		"{limit}":    func(f *failed) string { return limitFlag(f.err) },
		"{tool}":     func(f *failed) string { return f.tool.Name },
		"{lister}":   lister,
		"{gone}":     ifGone,
		"{closest}":  closest,
		"{host}":     page(),
		"{keys}":     page("settings", "user-api-keys"),
		"{newkey}":   newKey,
		"{settings}": page("settings", "organization"),
		"{web}":      webPage,
	}
}

// newKey is how the user gets another key to where this one came from.
func newKey(f *failed) string {
	if f.env.Profile != "" {
		return "sign in again: posthog-org-mcp login --profile " + f.env.Profile
	}
	return "make a new key at " + f.env.Reader.WebURL("settings", "user-api-keys")
}

// sentence begins an error's text with a capital and ends it with a full stop.
func sentence(text string) string {
	if text = visible.Line(text); text == "" {
		return ""
	}
	text = strings.ToUpper(text[:1]) + text[1:]
	if strings.HasSuffix(text, ".") || strings.HasSuffix(text, "?") {
		return text
	}
	return text + "."
}

// webPage is where a person does in PostHog what the tool does.
func webPage(f *failed) string {
	org := f.env.Reader
	var failed *changes.Error
	if errors.As(f.err, &failed) && failed.Change.Project != nil {
		return org.WebURL("project", strconv.Itoa(int(failed.Change.Project.ID)), "settings", "project")
	}
	if f.tool.May.Has(changes.TokenRotate) {
		return org.WebURL("settings", "project")
	}
	return org.WebURL()
}

// missingScopes are what the API names, or else all that the tool needs. A scope
// that writes includes the one that reads.
func missingScopes(f *failed) []string {
	var api *apiclient.Error
	if errors.As(f.err, &api) && api.MissingScope() != "" {
		return []string{api.MissingScope()}
	}
	needed := f.tool.Scopes
	var known *missingScopesError
	if errors.As(f.err, &known) {
		needed = known.scopes
	}
	return slices.DeleteFunc(slices.Clone(needed), func(scope string) bool {
		object, reads := strings.CutSuffix(scope, ":read")
		return reads && slices.Contains(needed, object+":write")
	})
}

// scopes names them, as "the scope a" or "the scopes a and b".
func scopes(f *failed) string {
	if len(missingScopes(f)) > 1 {
		return "the scopes " + scope(f)
	}
	return "the scope " + scope(f)
}

func scope(f *failed) string { return strings.Join(missingScopes(f), " and ") }

// limitFlag is the flag of the time limit that passed.
func limitFlag(err error) string {
	var timeout *apiclient.TimeoutError
	if errors.As(err, &timeout) && timeout.Limit != "total" {
		return "--" + timeout.Limit + "-timeout"
	}
	return "--timeout"
}

// waitFor is how long to wait, and until when.
func waitFor(err error, now time.Time) string {
	wait, said := time.Minute, "a minute"
	var api *apiclient.Error
	if errors.As(err, &api) && api.RetryAfter > 0 {
		wait = time.Duration(wholeSeconds(api)) * time.Second
		said = wait.String()
	}
	return fmt.Sprintf("%s (until %s)", said, now.Add(wait).UTC().Format("15:04:05 MST"))
}

func wholeSeconds(api *apiclient.Error) int { return int(math.Ceil(api.RetryAfter.Seconds())) }

// lister is the tool that has all of what a name did not fit.
func lister(f *failed) string {
	return map[directory.Thing]string{
		directory.ThingRole:      "roles-list",
		directory.ThingMember:    "members-list",
		directory.ThingProject:   "projects-list",
		directory.ThingReference: "external-reference-list",
	}[matchesOf(f.err)[0].Thing]
}

// ifGone keeps a model from looking for what somebody has taken away before it.
func ifGone(f *failed) string {
	if f.tool.Effect != changes.Destroys || f.tool.May.Has(changes.TokenRotate) || len(f.failure.Candidates) > 0 {
		return ""
	}
	return " If it is gone already, there is nothing to do."
}

// addAPIError adds what the API answered.
func (f *failed) addAPIError() {
	var api *apiclient.Error
	if !errors.As(f.err, &api) {
		return
	}
	f.failure.Status, f.failure.Type, f.failure.Code = api.Status, api.Type, api.Code
	f.failure.Detail, f.failure.Attr, f.failure.RequestID = wholeSentences(api.Detail, maxDetail), api.Attr, api.RequestID
	f.failure.RetryAfterSeconds = wholeSeconds(api)
}

// maxDetail is how many bytes of the API's own words an answer repeats.
const maxDetail = 200

// wholeSentences cuts text to most bytes, after a sentence where there is
// one, and else after a word.
func wholeSentences(text string, most int) string {
	kept := visible.CutShort(text, most)
	if kept == text {
		return text
	}
	kept = strings.TrimSuffix(kept, "…")
	if end := strings.LastIndex(kept, ". "); end > 0 {
		return kept[:end+1] + " …"
	}
	if end := strings.LastIndex(kept, " "); end > 0 {
		kept = kept[:end]
	}
	return kept + "…"
}
