package tools

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/changes"
	"posthog-org-mcp/directory"
	"posthog-org-mcp/nearest"
)

// Limits are what the operator allows of the catalog. The zero value allows
// everything. They hold at each call, whatever list the caller was shown.
type Limits struct {
	// ReadOnly allows only what reads.
	ReadOnly bool
	// Only and Except are words for tools: a name, a family or an effect. An
	// empty Only is all.
	Only, Except []string
	// Organizations are the only ones that may be read or changed; empty is all.
	Organizations []apiclient.OrganizationID
}

// Check reports a word of Only or Except that no tool answers to.
func (l Limits) Check(catalog []Tool) error {
	var known []string
	for _, tool := range catalog {
		known = append(known, tool.words()...)
	}
	slices.Sort(known)
	known = slices.Compact(known)
	for _, word := range slices.Concat(l.Only, l.Except) {
		if slices.Contains(known, word) {
			continue
		}
		if near := nearest.Words(word, known, 2); len(near) > 0 {
			return fmt.Errorf("no tool, family or effect is called %q; did you mean %s?", word, strings.Join(near, " or "))
		}
		return fmt.Errorf("no tool, family or effect is called %q; there are %s", word, strings.Join(known, ", "))
	}
	return nil
}

// Split parts the catalog into what is offered and what is not, by name and
// with the reason.
func (l Limits) Split(catalog []Tool) (offered []Tool, withheld map[string]string) {
	withheld = map[string]string{}
	for _, tool := range catalog {
		if reason := l.withholds(tool); reason != "" {
			withheld[tool.Name] = reason
			continue
		}
		offered = append(offered, tool)
	}
	return offered, withheld
}

// Without are the kinds of change that no tool may make. What undo may do
// follows from the other tools: it must not open a way round.
func (l Limits) Without(catalog []Tool) changes.Kinds {
	offered, _ := l.Split(catalog)
	allowed := func(kind changes.Kind) bool {
		return slices.ContainsFunc(offered, func(tool Tool) bool { return tool.Name != undoName && tool.May.Has(kind) })
	}
	var without changes.Kinds
	for _, tool := range catalog {
		for _, kind := range tool.May {
			if !allowed(kind) && !without.Has(kind) {
				without = append(without, kind)
			}
		}
	}
	return without
}

// words are what a tool answers to in Only and Except.
func (t Tool) words() []string { return []string{t.Name, t.Family, string(t.Effect)} }

// withholds is why a tool may not be called; empty when it may.
func (l Limits) withholds(tool Tool) string {
	among := func(words []string) bool {
		return slices.ContainsFunc(tool.words(), func(word string) bool { return slices.Contains(words, word) })
	}
	switch {
	case l.ReadOnly && tool.Effect != changes.Reads:
		return fmt.Sprintf("The tool %q is left out: this server was started read-only.", tool.Name)
	case len(l.Only) > 0 && !among(l.Only), among(l.Except):
		return fmt.Sprintf("The tool %q is left out: the operator started this server without it (--tools, --exclude-tools).", tool.Name)
	}
	return ""
}

// withheldError is a call of a tool that the operator does not allow.
type withheldError struct{ reason string }

func (e *withheldError) Error() string { return strings.TrimSuffix(e.reason, ".") }

// organization holds a call to the organizations that are allowed. @current is
// resolved first: it may be any.
func (l Limits) organization(ctx context.Context, org directory.Reader, id apiclient.OrganizationID) (apiclient.OrganizationID, error) {
	if len(l.Organizations) == 0 {
		return id, nil
	}
	if id == apiclient.CurrentOrganization {
		current, err := org.In(id).Organization(ctx)
		if err != nil {
			return "", fmt.Errorf("find out which organization @current is: %w", err)
		}
		id = current.ID
	}
	if !slices.Contains(l.Organizations, id) {
		return "", changes.ErrOrganizationRuledOut
	}
	return id, nil
}
