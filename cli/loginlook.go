package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/config"
	"posthog-org-mcp/credentials"
	"posthog-org-mcp/redact"
	"posthog-org-mcp/schemas"
	"posthog-org-mcp/tools"
)

// newcomer is what could be read with a key that was just given.
type newcomer struct {
	host          *url.URL
	identity      schemas.Identity
	organizations []schemas.OrganizationRow
}

// lookAround finds out where a key belongs, whose it is and what it can do, by
// asking what the server asks for an assistant. A key cannot be told the region
// of: the other one answers that it knows no such key.
func (a *app) lookAround(ctx context.Context, told signing, key redact.Secret) (newcomer, error) {
	var refused error
	for _, host := range a.hostsFor(told) {
		found, err := a.lookAroundAt(ctx, host, told, key)
		if err == nil {
			return found, nil
		}
		if !errors.Is(err, apiclient.ErrUnauthorized) {
			return newcomer{}, err
		}
		refused = err
	}
	if told.Host == nil {
		return newcomer{}, errors.New("neither region of PostHog Cloud knows this key.\nCheck that it was copied whole; for a PostHog of your own, give its address with --host")
	}
	return newcomer{}, refused
}

func (a *app) lookAroundAt(ctx context.Context, host *url.URL, told signing, key redact.Secret) (newcomer, error) {
	settings := config.Config{
		Host: host, Key: key, Organization: told.Organization, ReadOnly: told.ReadOnly,
		MaxResultBytes: longestLook, JournalTemporary: true,
	}
	if settings.Organization == "" {
		settings.Organization = apiclient.CurrentOrganization
	}
	found := newcomer{host: host}
	err := a.joined(ctx, settings, func(joined parts) error {
		shown, stop := a.withProgress(ctx)
		defer stop()
		if err := a.ask(shown, joined, "whoami", &found.identity); err != nil {
			return err
		}
		var list schemas.Organizations
		if a.ask(shown, joined, "organizations-list", &list) == nil {
			found.organizations = list.Organizations // A key may not see them, and be good all the same.
		}
		return nil
	})
	return found, err
}

// longestLook is the longest answer that a sign-in reads, in bytes.
const longestLook = 1_000_000

// ask calls a tool that only reads, and reads its answer.
func (a *app) ask(ctx context.Context, joined parts, name string, into any) error {
	tool, found := toolNamed(name)
	if !found {
		return fmt.Errorf("the tool %q is missing", name)
	}
	answer := tool.Call(ctx, joined.environment, tools.Request{Arguments: json.RawMessage("{}")})
	if !answer.IsError {
		return json.Unmarshal(answer.JSON, into)
	}
	var failure schemas.Failure
	if err := json.Unmarshal(answer.JSON, &failure); err != nil {
		return err
	}
	failure = tools.ForPerson(failure)
	if failure.Status == http.StatusUnauthorized {
		return fmt.Errorf("%s does not know this key%w.\nCheck that it was copied whole, and that it belongs to that address", joined.environment.Reader.API().Host(), silent{apiclient.ErrUnauthorized})
	}
	return errors.New(onOneLine(failure.Error) + "\n" + onOneLine(failure.NextStep))
}

// silent is an error that is matched, and says nothing.
type silent struct{ error }

func (silent) Error() string { return "" }

func (s silent) Unwrap() error { return s.error }

// tellHolder prints whose key it is and what it can do.
func (a *app) tellHolder(who schemas.Identity) error {
	var lines []string
	if owner := who.Owner; owner != nil {
		lines = append(lines, fmt.Sprintf("This is the %s of %s <%s>.", keyInWords(who.Key), strconv.Quote(owner.Name), owner.Email))
	}
	if in := who.Organization; in != nil {
		line := "Organization: " + strconv.Quote(in.Name)
		if in.Level != "" {
			line += ", where the level is " + in.Level
		}
		lines = append(lines, line+".")
	}
	if len(who.Key.Scopes) > 0 {
		lines = append(lines, "Scopes: "+strings.Join(who.Key.Scopes, ", ")+".")
	}
	lines = append(lines, fmt.Sprintf("%d tools will work.", who.Tools.Work))
	for _, row := range who.Tools.WillNot {
		lines = append(lines, fmt.Sprintf("These will not (%s): %s.", row.Reason, strings.Join(row.Tools, ", ")))
	}
	if who.Note != "" {
		lines = append(lines, who.Note)
	}
	_, width := terminalOf(a.streams.Out)
	for _, line := range lines {
		if _, err := fmt.Fprintln(a.streams.Out, folded(onOneLine(a.redactor.Text(line)), width)); err != nil {
			return err
		}
	}
	return nil
}

func keyInWords(key schemas.KeyFacts) string {
	if key.Label == "" {
		return key.Kind
	}
	return key.Kind + " " + strconv.Quote(key.Label)
}

// chooseOrganization says which organization the profile is for: the one that was
// named, the only one, or the one that the person picks. Without an answer it is
// the one that the owner last used, whichever that is by then.
func (a *app) chooseOrganization(ctx context.Context, told signing, found newcomer, person *answers, profile *credentials.Profile) error {
	choose := func(id, name string) { profile.Organization, profile.OrganizationName = id, name }
	rows := found.organizations
	switch {
	case told.Organization != "" && told.Organization != apiclient.CurrentOrganization:
		if found.identity.Organization == nil || !strings.EqualFold(found.identity.Organization.ID, string(told.Organization)) {
			return fmt.Errorf("the key does not reach the organization %s, so nothing is kept.\nName one of its own with --organization, or widen the key", told.Organization)
		}
		choose(found.identity.Organization.ID, found.identity.Organization.Name)
		return nil
	case told.Organization == apiclient.CurrentOrganization || len(rows) == 0:
		return nil
	case len(rows) == 1:
		choose(rows[0].ID, rows[0].Name)
		return nil
	case !person.terminal:
		a.sayFolded("The key reaches %d organizations; the one that its owner last used is worked on, unless --organization names another.", len(rows))
		return nil
	}
	a.say("The key reaches several organizations:")
	for i, row := range rows {
		a.say("  %d  %s (%s)", i+1, onOneLine(strconv.Quote(row.Name)), row.ID)
	}
	for {
		a.sayFolded("Type the number of the one to work on, or press Enter for the one that you last used:")
		typed, err := person.next(ctx)
		if err != nil || typed == "" {
			return err
		}
		if number, err := strconv.Atoi(typed); err == nil && number >= 1 && number <= len(rows) {
			choose(rows[number-1].ID, rows[number-1].Name)
			return nil
		}
		a.say("There is no number %s.", config.Quote(typed))
	}
}
