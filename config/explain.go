package config

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"posthog-org-mcp/nearest"
)

// Explanation is what every setting was given and by whom, faults and all, for
// whoever has to find out why a run does not work.
type Explanation struct {
	// Config is what could be read. A setting with a fault has no value in it.
	Config Config
	// Origins are all settings, in the table's order.
	Origins []Origin
	// Problems are what Load would refuse, without KeyProblems.
	Problems []Problem
	// KeyProblems are those of the API key and its source.
	KeyProblems []Problem
	// Warnings are the notes of level warn, without KeyWarnings.
	Warnings []string
	// KeyWarnings are about the key's source, such as a file that others may read.
	KeyWarnings []string
	// Misnamed are variables that look like settings and are read by nobody.
	Misnamed []Misnamed
}

// Origin is where the value of one setting comes from.
type Origin struct {
	Setting Setting
	// Where is the flag or variable that gave the value; "" for the default.
	Where string
	// Value is what it gave, escaped and without secrets; that of a sensitive
	// setting is left out.
	Value string
	// Free tells that Value is not one of a few words or a number: it may name a
	// person, a machine or a folder.
	Free bool
	// Ignored tells that --sandbox passes the value over.
	Ignored bool
}

// Misnamed is a variable that nobody reads, and the one that was probably meant.
type Misnamed struct{ Name, Meant string }

// Explain reads the settings as Load does, but goes on after faults and tells
// where each value comes from. A key command is run, as for Load, unless other
// settings are wrong.
func Explain(ctx context.Context, flags *pflag.FlagSet, environ []string) Explanation {
	l := &loader{environment: variables(environ)}
	l.unknownVariables()
	l.readSettings(flags)
	settled := len(l.config.Notes)
	faults := len(l.problems)
	l.readKey(ctx)

	e := Explanation{Config: l.config, Misnamed: l.misnamed()}
	for i, problem := range l.problems {
		if i >= faults || aboutKey(problem.Where) {
			e.KeyProblems = append(e.KeyProblems, problem)
		} else {
			e.Problems = append(e.Problems, problem)
		}
	}
	for i, note := range l.config.Notes {
		switch {
		case note.Level < slog.LevelWarn:
		case i < settled:
			e.Warnings = append(e.Warnings, note.Text)
		default:
			e.KeyWarnings = append(e.KeyWarnings, note.Text)
		}
	}
	for _, setting := range Settings() {
		given := setting.lookup(flags, l.environment)
		ignored := l.config.Sandbox && given.where != "" && setting.InSandbox != Used && (setting.InSandbox != FlagOnly || !given.byFlag)
		if l.profile != nil && given.where == "" {
			given = l.byProfile(given)
		}
		e.Origins = append(e.Origins, Origin{
			Setting: setting, Where: given.where, Value: shown(given), Free: isFree(setting), Ignored: ignored,
		})
	}
	return e
}

// byProfile is a value that nobody gave, as the profile in use has it.
func (l *loader) byProfile(v value) value {
	text := map[string]string{"profile": l.profile.Name, "host": l.profile.Host, "organization": l.profile.Organization}[v.setting.Flag]
	switch {
	case text == "":
	case v.setting.Flag == profileFlag:
		v.text, v.where = text, "there is one of that name"
	default:
		v.text, v.where = text, fmt.Sprintf("the profile %q", l.profile.Name)
	}
	return v
}

// IsFaulty reports whether a problem is about the setting with this flag.
func (e Explanation) IsFaulty(flag string) bool {
	return slices.ContainsFunc(e.Origins, func(origin Origin) bool {
		return origin.Setting.Flag == flag && origin.Where != "" && slices.ContainsFunc(e.Problems, func(problem Problem) bool {
			return slices.Contains(strings.Fields(problem.Where), origin.Where)
		})
	})
}

// shown is a value as messages may repeat it.
func shown(v value) string {
	switch {
	case v.setting.Sensitive || isKeyShaped(v.text):
		return ""
	case v.setting.Switch && v.text == "":
		return "off"
	case isPath(v.setting) && v.where != "":
		return quotePath(v.text)
	case isFree(v.setting) && v.where != "":
		return Quote(v.text)
	}
	return v.text
}

func isPath(setting Setting) bool {
	return slices.Contains([]string{"FILE", "FOLDER", "PATH|off"}, setting.Value)
}

// isFree reports whether anything may stand in a setting.
func isFree(setting Setting) bool {
	switch setting.Value {
	case "", "HOW", "PLACE", "NUMBER", "on|off", "TIME", "LEVEL", "FORMAT":
		return false
	}
	return !setting.Switch
}

// aboutKey reports whether a problem is about where the key comes from: a variable,
// a flag, or a profile.
func aboutKey(where string) bool {
	if strings.HasPrefix(where, "The profile ") {
		return true
	}
	return slices.ContainsFunc(strings.Fields(where), func(word string) bool {
		word = strings.TrimSuffix(word, ":")
		return strings.HasPrefix(word, keyVariable) || word == profileVariable || slices.Contains([]string{"--key-file", "--key-command", "--profile"}, word)
	})
}

// IsKeyVariable reports whether a variable is one that the key may come from.
func IsKeyVariable(name string) bool { return strings.HasPrefix(name, keyVariable) }

// IsSecret reports whether the value of a variable is never shown.
func IsSecret(name string) bool {
	return slices.ContainsFunc(Settings(), func(setting Setting) bool { return setting.Variable == name && setting.Sensitive })
}

// otherWords are names that people give to variables of ours.
func otherWords() map[string]string {
	return map[string]string{
		"POSTHOG_API_KEY":         keyVariable,
		"POSTHOG_KEY":             keyVariable,
		"POSTHOG_TOKEN":           keyVariable,
		"POSTHOG_API_TOKEN":       keyVariable,
		"POSTHOG_PERSONAL_KEY":    keyVariable,
		"POSTHOG_PERSONAL_TOKEN":  keyVariable,
		"POSTHOG_KEY_FILE":        keyFileVariable,
		"POSTHOG_API_KEY_FILE":    keyFileVariable,
		"POSTHOG_KEY_COMMAND":     keyCommandVariable,
		"POSTHOG_API_KEY_COMMAND": keyCommandVariable,
		"POSTHOG_API_HOST":        "POSTHOG_HOST",
		"POSTHOG_URL":             "POSTHOG_HOST",
		"POSTHOG_BASE_URL":        "POSTHOG_HOST",
		"POSTHOG_REGION":          "POSTHOG_HOST",
		"POSTHOG_ORGANIZATION":    "POSTHOG_ORGANIZATION_ID",
		"POSTHOG_ORG":             "POSTHOG_ORGANIZATION_ID",
		"POSTHOG_ORG_ID":          "POSTHOG_ORGANIZATION_ID",
	}
}

// misnamed finds variables of PostHog's that no setting has. Those of this program
// alone are refused elsewhere; others may well be meant for an SDK, so that they
// count only while what they were probably meant for is not set.
func (l *loader) misnamed() []Misnamed {
	var known []string
	for _, setting := range Settings() {
		known = append(known, setting.Variable)
	}
	var found []Misnamed
	for name, text := range l.environment {
		upper := strings.ToUpper(name)
		if !strings.HasPrefix(upper, "POSTHOG_") || strings.HasPrefix(name, ownPrefix) || slices.Contains(known, name) || strings.TrimSpace(text) == "" {
			continue
		}
		if meant := meantBy(upper, known); meant != "" && strings.TrimSpace(l.environment[meant]) == "" {
			found = append(found, Misnamed{Name: Quote(name), Meant: meant})
		}
	}
	slices.SortFunc(found, func(a, b Misnamed) int { return strings.Compare(a.Name, b.Name) })
	return found
}

// meantBy is the setting's variable that another one was probably meant for.
func meantBy(name string, known []string) string {
	own := ownPrefix + strings.TrimPrefix(name, "POSTHOG_")
	switch other := otherWords()[name]; {
	case slices.Contains(known, name):
		return name // in other case
	case slices.Contains(known, own):
		return own
	case other != "":
		return other
	}
	// An SDK's own: the public token of a project opens nothing here.
	if strings.Contains(name, "PROJECT") {
		return ""
	}
	// The prefix that all share would make any two alike.
	var words []string
	for _, variable := range known {
		words = append(words, strings.TrimPrefix(variable, "POSTHOG_"))
	}
	if near := nearest.Words(strings.TrimPrefix(name, "POSTHOG_"), words, 1); len(near) > 0 {
		return "POSTHOG_" + near[0]
	}
	return ""
}

// HomeDirectory is the user's home, by the rules of an operating system (as
// runtime.GOOS names it); "" where the environment names none.
func HomeDirectory(system string, environ []string) string {
	if home := homeDirectory(system, variables(environ)); home != "" {
		return strings.TrimRight(home, string(os.PathSeparator))
	}
	return ""
}
