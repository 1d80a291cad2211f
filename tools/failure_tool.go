package tools

import (
	"maps"
	"slices"
	"strings"

	"posthog-org-mcp/directory"
	"posthog-org-mcp/nearest"
)

// UnknownTool words the refusal of a call of a tool that is not offered.
// Withheld says why some are not, by name.
func UnknownTool(name string, offered []string, withheld map[string]string) string {
	if why, found := withheld[name]; found {
		return why
	}
	text := "There is no tool " + directory.Quoted(name) + "."
	near := nearest.Names(name, slices.Concat(offered, slices.Sorted(maps.Keys(withheld))), maxNamed)
	if len(near) == 0 {
		return text + " See the list of tools."
	}
	if why, found := withheld[near[0]]; found {
		return text + " " + why
	}
	near = slices.DeleteFunc(near, func(name string) bool { return withheld[name] != "" })
	return text + " Closest: " + strings.Join(near, ", ") + "."
}
