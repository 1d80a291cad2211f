// Package config turns flags, environment variables and key files into one
// validated Config. It is the only place that reads them, and it never prints
// the key: every message shows a mask or nothing.
package config

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/credentials"
	"posthog-org-mcp/nearest"
	"posthog-org-mcp/redact"
)

// Config is everything a run of the server was told, checked. With Sandbox
// set, Host is nil and Key is empty whatever the environment holds, so that a
// sandbox run cannot reach a real organization.
type Config struct {
	Host          *url.URL                   // as apiclient.New accepts it
	Organization  apiclient.OrganizationID   // what tools use when a call names none
	Organizations []apiclient.OrganizationID // the only ones that calls may name; none means any
	Profile       string                     // the one in use; "" for none
	Key           redact.Secret              // the one to begin with
	Keys          apiclient.KeySource        // where later ones come from; nil: nowhere
	ClientID      string                     // by which login signs in in the browser; "" for none

	ReadOnly     bool     // no change to the organization is allowed
	DryRun       bool     // a write answers what it would do, and nothing is sent
	Tools        []string // names, families or effects, in lower case; none means all
	ExcludeTools []string // the same, for those that are left out
	HideUnusable bool     // tools that the key rules out are not listed

	Confirm               Confirm
	SigningSecret         redact.Secret // empty: confirmations are this process's own
	Journal               string        // the file's absolute path; "" for no journal
	JournalTemporary      bool          // Journal is "", because it belongs into a folder that goes at the end
	SecretsTo             SecretsTo
	SecretDir             string // absolute; "" in a sandbox without a file, and where this run needs none
	AllowSecretsInResults bool   // rotated tokens go through the model

	MaxResultBytes int  // longest JSON of one answer
	OutputSchemas  bool // the tool list has them, and results are structured

	Timeouts          apiclient.Timeouts
	RequestsPerMinute int // ten times as many in an hour; 0 is no limit

	LogLevel  slog.Level
	LogFormat LogFormat

	Sandbox     bool   // use the built-in sandbox
	SandboxData string // its SQLite file; "" keeps it in memory

	Notes []Note // what the user should hear, once there is a logger
}

// LogFormat is how log lines are written.
type LogFormat string

// The log formats.
const (
	LogText LogFormat = "text"
	LogJSON LogFormat = "json"
)

// Note is something worth logging that does not stop the start.
type Note struct {
	Level slog.Level
	Text  string
}

// Load reads every setting: flags win over the environment (as os.Environ
// gives it), which wins over the default. An empty value counts as not set, and so does
// the placeholder ${user_config.NAME} that Claude Desktop leaves for one.
// The flags must come from Register; nil means there are none. Load may read
// the key's file or run the key's command, for at most 15 seconds.
// Every fault found is in the one *Error that it returns.
func Load(ctx context.Context, flags *pflag.FlagSet, environ []string) (Config, error) {
	l := &loader{environment: variables(environ)}
	l.unknownVariables()
	l.readSettings(flags)
	l.readKey(ctx)
	return l.loaded()
}

// JournalPath is where the journal is, by the same settings as Load but no
// others; empty is nowhere. It needs no key.
func JournalPath(flags *pflag.FlagSet, environ []string) (string, error) {
	l := &loader{environment: variables(environ)}
	for _, setting := range Settings() {
		if setting.Flag != journalFlag {
			continue
		}
		if value := setting.lookup(flags, l.environment); value.isPlaceholder() {
			l.placeholder(value)
		} else if value.text != "" {
			setting.apply(l, value)
		}
	}
	if !l.journalGiven {
		l.defaultJournal()
	}
	config, err := l.loaded()
	return config.Journal, err
}

func (l *loader) readSettings(flags *pflag.FlagSet) {
	l.keyGiven = slices.ContainsFunc(Settings(), func(setting Setting) bool {
		return strings.HasPrefix(setting.Variable, keyVariable) && setting.lookup(flags, l.environment).text != ""
	})
	for _, setting := range Settings() {
		found := setting.lookup(flags, l.environment)
		if found.leftEmpty != "" {
			level := slog.LevelInfo
			if setting.Guards {
				level = slog.LevelWarn
			}
			l.note(level, "%s holds a client's placeholder: it was left empty there, so it counts as not set", found.leftEmpty)
		}
		value := l.inSandbox(found)
		if value.text == "" {
			continue
		}
		if value.isPlaceholder() {
			l.placeholder(value)
			continue
		}
		setting.apply(l, value)
	}
	l.defaultPlaces()
}

func (l *loader) loaded() (Config, error) {
	if len(l.problems) > 0 {
		return Config{}, &Error{Problems: l.problems}
	}
	return l.config, nil
}

// loader gathers what Load finds on its way through the settings.
type loader struct {
	environment       map[string]string
	config            Config
	keys              []value              // the key's sources that are set
	keyBlank          bool                 // the source cannot be used, which has been reported
	keyGiven          bool                 // a key, its file or its command is set
	profile           *credentials.Profile // the one in use; nil: none
	store             *credentials.Store   // that it is from
	sandboxMeant      bool                 // the sandbox has a file, but is off: that is the fault to mend
	organizationNamed string               // the flag or variable that names the organization
	journalGiven      bool                 // somebody said where the journal is, or that there is none
	problems          []Problem
}

func (l *loader) fail(where, what, next string) {
	l.problems = append(l.problems, Problem{Where: where, What: what, Next: next})
}

func (l *loader) note(level slog.Level, format string, args ...any) {
	l.config.Notes = append(l.config.Notes, Note{Level: level, Text: fmt.Sprintf(format, args...)})
}

// inSandbox applies a setting's rule for a run with the sandbox. A variable may
// well be there for other runs, so it is passed over; a flag was typed for
// this run, and one that leads to a real account contradicts --sandbox.
func (l *loader) inSandbox(v value) value {
	rule := v.setting.InSandbox
	if !l.config.Sandbox || rule == Used || rule == FlagOnly && v.byFlag {
		return v
	}
	switch {
	case v.byFlag:
		l.fail(v.where, "contradicts --sandbox, which uses its own address and key.", "Leave out one of the two.")
	case v.where != "":
		l.note(slog.LevelDebug, "%s is ignored: this run uses the sandbox", v.where)
	}
	if rule == Refused {
		return value{setting: v.setting}
	}
	return value{setting: v.setting, text: v.setting.Default}
}

// variables reads an environment. Windows does not tell the case of names apart.
func variables(environ []string) map[string]string {
	found := make(map[string]string, len(environ))
	for _, pair := range environ {
		name, text, _ := strings.Cut(pair, "=")
		if runtime.GOOS == "windows" {
			name = strings.ToUpper(name)
		}
		if _, seen := found[name]; !seen {
			found[name] = text
		}
	}
	return found
}

// unknownVariables refuses a misspelt POSTHOG_MCP_ variable: a safeguard such as
// POSTHOG_MCP_READ_ONLY must not be lost.
func (l *loader) unknownVariables() {
	var known, unknown []string // without the prefix, which makes all names alike
	for _, setting := range Settings() {
		if own, found := strings.CutPrefix(setting.Variable, ownPrefix); found {
			known = append(known, own)
		}
	}
	for name := range l.environment {
		if own, found := strings.CutPrefix(name, ownPrefix); found && !slices.Contains(known, own) {
			unknown = append(unknown, own)
		}
	}
	slices.Sort(unknown)
	for _, own := range unknown {
		next := "The settings are " + ownPrefix + strings.Join(known, ", "+ownPrefix) + "."
		if near := nearest.Words(own, known, 1); len(near) > 0 {
			next = "Did you mean " + ownPrefix + near[0] + "?"
		}
		l.fail(Quote(ownPrefix+own), "is not a setting.", next)
	}
}
