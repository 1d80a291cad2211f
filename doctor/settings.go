package doctor

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"posthog-org-mcp/config"
	"posthog-org-mcp/holder"
)

// settings tells what was set and by whom, and what of it cannot be used.
func (x *examination) settings(context.Context) Finding {
	details := x.origins()
	if problems := x.Settings.Problems; len(problems) > 0 {
		found := faultOf(problems)
		found.Details = details
		return found
	}
	var doubts, next []string
	for _, other := range x.Settings.Misnamed {
		if x.keyIsLost(other) {
			continue // The check of the key tells.
		}
		doubts = append(doubts, fmt.Sprintf("%s is set, but nothing reads it.", other.Name))
		next = append(next, fmt.Sprintf("Call it %s if that was meant.", other.Meant))
	}
	for _, note := range x.Settings.Warnings {
		doubts = append(doubts, sentence(note))
	}
	if len(doubts) > 0 {
		if len(next) == 0 {
			next = []string{"Leave it so only if that is what you want."}
		}
		found := warning(strings.Join(doubts, " "), strings.Join(next, " "))
		found.Details = details
		return found
	}
	found := ok("%s", x.givenSettings())
	found.Details = details
	return found
}

// givenSettings names the settings that somebody gave, with their values.
func (x *examination) givenSettings() string {
	var given []string
	for _, origin := range x.Settings.Origins {
		if origin.Where == "" || origin.Ignored || config.IsKeyVariable(origin.Setting.Variable) {
			continue
		}
		value := origin.Value
		if value == "" {
			value = "set"
		}
		given = append(given, nameOf(origin.Setting)+" "+value+" ("+origin.Where+")")
	}
	if len(given) == 0 {
		return "All as they are without settings."
	}
	return "Given: " + strings.Join(given, ", ") + "."
}

// nameOf is what a setting is called: its flag, without dashes, where it has one.
func nameOf(setting config.Setting) string {
	return cmp.Or(setting.Flag, setting.Variable)
}

// origins are all settings, one a line.
func (x *examination) origins() []string {
	var lines []string
	for _, origin := range x.Settings.Origins {
		name, value, where := nameOf(origin.Setting), origin.Value, origin.Where
		switch {
		case value == "" && where != "":
			value = "(not shown)"
		case value == "":
			value = "(none)"
		}
		if where == "" {
			where = "default"
		}
		if origin.Ignored {
			where += ", passed over in a sandbox"
		}
		lines = append(lines, fmt.Sprintf("%s = %s (%s)", name, value, where))
	}
	return lines
}

// faultOf makes one finding of the problems of settings.
func faultOf(problems []config.Problem) Finding {
	var what, next []string
	for _, problem := range problems {
		what = append(what, strings.TrimSpace(problem.Where+" "+strings.Replace(problem.What, "?.", "?", 1)))
		if advice := strings.ReplaceAll(problem.Next, "\n", " "); !slices.Contains(next, advice) {
			next = append(next, advice)
		}
	}
	return fault(strings.Join(what, " "), strings.Join(next, " "))
}

// keyIsLost reports whether a variable holds the key and is called otherwise.
func (x *examination) keyIsLost(other config.Misnamed) bool {
	return config.IsKeyVariable(other.Meant) && x.Settings.Config.Key.IsZero()
}

// key tells where the key comes from, and whether it looks like one.
func (x *examination) key(context.Context) Finding {
	settings := x.Settings.Config
	for _, other := range x.Settings.Misnamed {
		if x.keyIsLost(other) {
			return fault(fmt.Sprintf("There is no PostHog API key: %s is set, but nothing reads it.", other.Name), fmt.Sprintf("Call it %s.", other.Meant))
		}
	}
	switch {
	case len(x.Settings.KeyProblems) > 0:
		return faultOf(x.Settings.KeyProblems)
	case settings.Sandbox:
		return ok("The sandbox's own, of an administrator.")
	case settings.Key.IsZero():
		return skipped(checkSettings)
	}
	kind := holder.PersonalKey
	if strings.HasPrefix(settings.Key.Reveal(), "pha_") {
		kind = holder.OAuthToken
	}
	found := fmt.Sprintf("%s %s from %s.", kind, x.hide(settings.Key.String(), "(key)"), x.keySource())
	if len(x.Settings.KeyWarnings) > 0 {
		return warning(upperFirst(found)+" "+sentences(x.Settings.KeyWarnings), "Run chmod 600 on the file.")
	}
	return ok("%s", upperFirst(found))
}

// keySource names what the key was read from.
func (x *examination) keySource() string {
	if name := x.Settings.Config.Profile; name != "" {
		return "the profile " + x.hide(config.Quote(name), "(profile)")
	}
	for _, origin := range x.Settings.Origins {
		if origin.Where == "" || origin.Ignored || !config.IsKeyVariable(origin.Setting.Variable) {
			continue
		}
		switch origin.Setting.Flag {
		case "key-file":
			return "the file " + origin.Value + " (" + origin.Where + ")"
		case "key-command":
			return "the command in " + origin.Where
		}
		return origin.Where
	}
	return "the settings"
}

func sentences(texts []string) string {
	var all []string
	for _, text := range texts {
		all = append(all, sentence(text))
	}
	return strings.Join(all, " ")
}

// sentence ends a text that has no end.
func sentence(text string) string {
	text = upperFirst(text)
	if strings.HasSuffix(text, ".") {
		return text
	}
	return text + "."
}

// upperFirst begins a sentence, unless it begins with the name of a setting.
func upperFirst(text string) string {
	if text == "" || text[0] < 'a' || text[0] > 'z' {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
