package config

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"posthog-org-mcp/redact"
)

// Where the key may come from. Only one may be set.
const (
	keyVariable        = "POSTHOG_PERSONAL_API_KEY"
	keyFileVariable    = "POSTHOG_PERSONAL_API_KEY_FILE"
	keyCommandVariable = "POSTHOG_PERSONAL_API_KEY_COMMAND"
)

// The bounds of a key, in bytes. The lower one is what a redactor can still mask.
const (
	longestKey  = longestSecret
	shortestKey = 8
)

// KeyPage is where a host's personal API keys are made.
const KeyPage = "/settings/user-api-keys"

// Scopes lists what a key needs for every tool, or for those that only read.
func Scopes(readOnly bool) []string {
	organization := "organization:write"
	if readOnly {
		organization = "organization:read"
	}
	return []string{organization, "organization_member:read", "project:read", "user:read"}
}

func (l *loader) keySource(v value) { l.keys = append(l.keys, v) }

// readKey reads the key from the one source that is set, and checks it.
func (l *loader) readKey(ctx context.Context) {
	switch {
	case l.config.Sandbox || l.sandboxMeant || l.keyBlank:
		return
	case len(l.keys) == 0:
		l.fail("", missingKey, "Sign in with: posthog-org-mcp login.\nOr without: "+lowerFirst(l.keyAdvice())+
			"\nPut it into "+keyVariable+", or name a file that holds it in "+keyFileVariable+", or a command that prints it in "+keyCommandVariable+"."+
			"\nTo look around without a key, start with --sandbox.")
		return
	case len(l.keys) > 1:
		names := make([]string, len(l.keys))
		for i, source := range l.keys {
			names[i] = source.where
		}
		l.fail(strings.Join(names, " and "), "are set at the same time, so it is not clear which key to use.", "Keep one of them.")
		return
	case slices.Contains([]string{keyCommandVariable, profileVariable}, l.keys[0].setting.Variable) && len(l.problems) > 0:
		return // nobody should unlock a password manager or keyring for a start that fails anyway
	}
	key, where, fault := l.fetchKey(ctx, l.keys[0])
	if fault == nil {
		fault = checkKey(key)
		if fault != nil && l.profile != nil {
			where = fmt.Sprintf("What is kept for the profile %q", l.profile.Name)
			fault = &secretFault{fault.what, "Sign in again: posthog-org-mcp login --profile " + l.profile.Name + "."}
		}
	}
	if fault == nil {
		l.config.Key = redact.NewSecret(key)
		l.rereadable(l.keys[0], where)
		return
	}
	l.fail(where, fault.what, cmp.Or(fault.next, l.keyAdvice()))
}

// fetchKey gets the key, and says where it stood.
func (l *loader) fetchKey(ctx context.Context, source value) (key, where string, fault *secretFault) {
	switch variable := source.setting.Variable; {
	case variable == keyVariable:
		return source.text, source.where, nil
	case variable == profileVariable:
		key, fault = l.readProfile(ctx, source)
		return key, source.where + ":", fault
	case isKeyShaped(source.text):
		return "", source.where, &secretFault{"holds what looks like the key itself.", "Move the key to " + keyVariable + "."}
	case variable == keyFileVariable:
		key, fault = l.secretFile(source.text, "key", "use "+keyCommandVariable)
		return key, "The file that " + source.where + " names", fault
	default:
		key, fault = commandKey(ctx, source.text)
		return key, "The command in " + source.where, fault
	}
}

// rereadable has a key that PostHog refuses read again, where it can have changed.
func (l *loader) rereadable(source value, where string) {
	again := &rereading{where: where, pause: betweenReadings}
	switch source.setting.Variable {
	case keyFileVariable:
		path := l.absolute(source.text)
		again.read = func(context.Context) (string, *secretFault) {
			reader := &loader{environment: l.environment} // nobody hears its notes
			return reader.secretFile(path, "key", "use "+keyCommandVariable)
		}
	case keyCommandVariable:
		again.read = func(ctx context.Context) (string, *secretFault) { return commandKey(ctx, source.text) }
	default:
		return // a variable stays as it is, and a profile has a source of its own
	}
	l.config.Keys = again
}

// keyAdvice says where to make a key and what it must be allowed to do.
func (l *loader) keyAdvice() string {
	host := l.config.Host
	if host == nil {
		host = &url.URL{Scheme: "https", Host: cloudUS}
	}
	advice := fmt.Sprintf("Make a personal API key (phx_…) at %s with the scopes %s.",
		host.JoinPath(KeyPage), strings.Join(Scopes(l.config.ReadOnly), ", "))
	if host.Host == cloudUS {
		advice += " (In the EU: set POSTHOG_HOST=eu and make it at https://" + cloudEU + KeyPage + ".)"
	}
	return advice
}

// secretFault says what is wrong with a secret or its source, without the secret.
type secretFault struct {
	what string
	next string // "" stands for the advice on making one
}

// keyRule is one way in which a value is surely not a usable key.
type keyRule struct {
	breaks func(key string) bool
	fault  secretFault
}

// keyRules are tried in order; the first that a key breaks is reported. What
// breaks none is accepted: phx_ keys, pha_ OAuth tokens, older keys without prefix.
func keyRules() []keyRule {
	return []keyRule{
		{func(k string) bool { return len(k) >= 7 && strings.EqualFold(k[:7], "bearer ") },
			secretFault{`begins with the word "Bearer".`, "Leave that word out: only the key itself belongs here."}},
		{func(k string) bool { return strings.ContainsAny(k, "\"'`‘’“”") },
			secretFault{"has quotation marks in the key.", "Remove them: only the key itself belongs here."}},
		{func(k string) bool { return strings.Contains(k, "=") },
			secretFault{"holds an assignment (NAME=…), not the key alone.", "Leave the name and the = out: only the key itself belongs here."}},
		{func(k string) bool { return strings.HasPrefix(k, "op://") },
			secretFault{"holds a reference to a password manager, not the key.", `Let ` + keyCommandVariable + ` fetch it, for example: op read "op://vault/item/field".`}},
		{func(k string) bool { return strings.Contains(k, "...") || strings.ContainsAny(k, "…*•") },
			secretFault{"holds a shortened key, as a list or an example shows it.", ""}},
		{isStandIn,
			secretFault{"holds an example's placeholder, not a key.", ""}},
		{hasPrefix("phc_"),
			secretFault{"holds a public project token (phc_…). It can only send events; it opens nothing in this API.", ""}},
		{hasPrefix("phs_"),
			secretFault{"holds a project's secret key (phs_…). It belongs to one project and cannot manage an organization.", ""}},
		{hasPrefix("phr_"),
			secretFault{"holds an OAuth refresh token (phr_…). It only serves to get an access token (pha_…), which is accepted here.", ""}},
		{func(k string) bool { return strings.ContainsAny(k, "\r\n") },
			secretFault{"holds more than one line.", "Only the key itself belongs here, on a line of its own."}},
		{func(k string) bool { return strings.ContainsFunc(k, unicode.IsSpace) },
			secretFault{"has a blank inside the key.", "Copy the key again, in one piece."}},
		{func(k string) bool { return strings.ContainsAny(k, `\<>&`) },
			secretFault{"has a character in the key that no key has (\\, <, > or &).", "Copy the key again: a shell or a web page may have changed it."}},
		{func(k string) bool { return strings.ContainsFunc(k, unicode.IsControl) },
			secretFault{"has a control character in the key.", "Copy the key again as plain text."}},
		{func(k string) bool { return strings.ContainsFunc(k, func(r rune) bool { return r > unicode.MaxASCII }) },
			secretFault{"has a character in the key that no key has (not ASCII).", "Copy the key again: a text program may have changed a letter or cut it short."}},
		{func(k string) bool { return len(k) < shortestKey },
			secretFault{"holds something too short to be a key.", ""}},
		{func(k string) bool { return len(k) > longestKey },
			secretFault{"holds something too long to be a key.", ""}},
	}
}

// CheckKey says what is surely wrong with a key, or nil: in half a sentence that
// begins with a verb, and with what to do, where that is not to make another one.
// It never shows the key.
func CheckKey(key redact.Secret) error {
	fault := checkKey(key.Reveal())
	if fault == nil {
		return nil
	}
	return errors.New(strings.TrimSpace(fault.what + " " + fault.next))
}

func checkKey(key string) *secretFault {
	for _, rule := range keyRules() {
		if rule.breaks(key) {
			return &rule.fault
		}
	}
	return nil
}

func hasPrefix(prefix string) func(string) bool {
	return func(key string) bool { return strings.HasPrefix(strings.ToLower(key), prefix) }
}

// isKeyShaped catches a key that was pasted where its file's path or the
// command belongs.
func isKeyShaped(text string) bool {
	return maskAll(text) != text && !strings.ContainsAny(text, `/\. `)
}

func lowerFirst(text string) string { return strings.ToLower(text[:1]) + text[1:] }
