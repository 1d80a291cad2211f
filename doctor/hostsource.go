package doctor

import (
	"slices"
	"strings"

	"posthog-org-mcp/config"
)

// Who named the host decides where it can be corrected.

// isHostAssumed reports whether nobody named a host, and the key is missing that
// might have come with one. What there is then stands for nothing.
func (x *examination) isHostAssumed() bool {
	return x.Settings.Config.Key.IsZero() && !x.Settings.Config.Sandbox && x.origin("host").Where == ""
}

// withoutHost is a check of the way to a host that there is not.
func (x *examination) withoutHost() Finding {
	if x.host() != nil && len(x.Settings.KeyProblems) > 0 {
		return skipped(checkKey)
	}
	return skipped(checkSettings)
}

// origin is where a setting's value comes from, by its flag.
func (x *examination) origin(flag string) config.Origin {
	at := slices.IndexFunc(x.Settings.Origins, func(origin config.Origin) bool { return origin.Setting.Flag == flag })
	if at < 0 {
		return config.Origin{}
	}
	return x.Settings.Origins[at]
}

// named is what gives a setting its value: its flag, where that was used, and
// otherwise its variable.
func (x *examination) named(flag string) string {
	origin := x.origin(flag)
	if origin.Where == "--"+flag {
		return origin.Where
	}
	return origin.Setting.Variable
}

// atHost is advice about POSTHOG_HOST, worded for what really names the host. A
// profile's can only be changed by signing in anew.
func (x *examination) atHost(advice string) string {
	name := x.Settings.Config.Profile
	if name == "" {
		return strings.NewReplacer("POSTHOG_HOST=", x.assigned("host"), "POSTHOG_HOST", x.named("host")).Replace(advice)
	}
	profile := "the profile " + x.hide(config.Quote(name), "(profile)")
	return strings.NewReplacer("in POSTHOG_HOST", "in "+profile, "POSTHOG_HOST", "the host of "+profile).Replace(advice) +
		" That is changed by signing in anew: " + programName + " login --profile " + name + " --host ADDRESS."
}

// assigned begins what a setting is to be set to.
func (x *examination) assigned(flag string) string {
	if name := x.named(flag); strings.HasPrefix(name, "--") {
		return name + " "
	}
	return x.named(flag) + "="
}
