package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"posthog-org-mcp/apiclient"
)

func (l *loader) readOnly(v value) { l.onOff(v, &l.config.ReadOnly) }
func (l *loader) dryRun(v value)   { l.onOff(v, &l.config.DryRun) }

// writes reports whether this run can change anything.
func (l *loader) writes() bool { return !l.config.ReadOnly && !l.config.DryRun }

func (l *loader) hideUnusable(v value) { l.onOff(v, &l.config.HideUnusable) }

func (l *loader) tools(v value)        { l.toolWords(v, &l.config.Tools) }
func (l *loader) excludeTools(v value) { l.toolWords(v, &l.config.ExcludeTools) }

func (l *loader) toolWords(v value, into *[]string) {
	if *into = words(v.text); len(*into) == 0 {
		l.fail(v.where, "names no tool.", "Name tools, families or effects, with commas between them, or remove the setting.")
	}
}

func (l *loader) organization(v value) {
	if v.where == "" && l.profile != nil && l.profile.Organization != "" {
		v.text, v.where = l.profile.Organization, fmt.Sprintf("The organization of the profile %q", l.profile.Name)
	}
	id, err := apiclient.ParseOrganizationID(v.text)
	if err != nil {
		l.fail(v.where, fmt.Sprintf("is %s, which is not an organization id.", Quote(v.text)),
			"Use the organization's UUID, or leave the setting out for the organization that the key's owner last used (@current).")
		return
	}
	l.config.Organization, l.organizationNamed = id, v.where
}

// organizations is read after organization, which must be one of them. A list
// of one also says which organization to use.
func (l *loader) organizations(v value) {
	const next = "Use the organizations' UUIDs, with commas between them."
	var allowed []apiclient.OrganizationID
	for _, word := range words(v.text) {
		switch id, err := apiclient.ParseOrganizationID(word); {
		case err != nil:
			l.fail(v.where, fmt.Sprintf("names %s, which is not an organization id.", Quote(word)), next)
			return
		case id == apiclient.CurrentOrganization:
			l.fail(v.where, "names @current, which is another organization as soon as the key's owner switches to it.",
				"Use UUIDs only. To work on the current one where it is allowed, set --organization (POSTHOG_ORGANIZATION_ID) to @current.")
			return
		default:
			allowed = append(allowed, id)
		}
	}
	chosen := l.config.Organization
	switch {
	case len(allowed) == 0:
		l.fail(v.where, "names no organization.", next)
	case l.organizationNamed != "" && chosen != apiclient.CurrentOrganization && !slices.Contains(allowed, chosen):
		l.fail(l.organizationNamed, fmt.Sprintf("is %s, which is not among those that %s allows.", Quote(string(chosen)), v.where),
			"Name one of those, or add this one to them.")
	case l.organizationNamed == "" && len(allowed) == 1:
		l.config.Organization = allowed[0]
	}
	l.config.Organizations = allowed
}

// mostRequests per minute is far above any real limit: it catches a typing error.
const mostRequests = 1_000_000

// requestsPerMinute spares the sandbox the limit that is there for PostHog's sake.
func (l *loader) requestsPerMinute(v value) {
	const next = "Use a whole number, such as 240; 0 is no limit."
	number, err := strconv.Atoi(v.text)
	switch {
	case l.config.Sandbox && v.where == "":
	case err != nil:
		l.fail(v.where, fmt.Sprintf("is %s, which is not a whole number.", Quote(v.text)), next)
	case number < 0 || number > mostRequests:
		l.fail(v.where, fmt.Sprintf("is %s; it must be between 0 and %d.", Quote(v.text), mostRequests), next)
	default:
		l.config.RequestsPerMinute = number
	}
}

// words splits a list at commas and blanks, in lower case, each word once.
func words(list string) []string {
	var found []string
	for _, word := range strings.FieldsFunc(strings.ToLower(list), func(r rune) bool { return r == ',' || unicode.IsSpace(r) }) {
		if !slices.Contains(found, word) {
			found = append(found, word)
		}
	}
	return found
}
