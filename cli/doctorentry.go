package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"posthog-org-mcp/assistants"
	"posthog-org-mcp/child"
	"posthog-org-mcp/config"
	"posthog-org-mcp/doctor"
)

// settingsOfClient are the flags and variables that a client starts its entry with.
func (a *app) settingsOfClient(cmd *cobra.Command, name string) (*pflag.FlagSet, []string, error) {
	if _, known := assistants.Named(name); !known {
		var names []string
		for _, client := range assistants.Clients() {
			names = append(names, client.Name)
		}
		return nil, nil, &usageError{cmd, fmt.Sprintf("There is no client %s.", config.Quote(name)) + meant(name, names, "")}
	}
	entries := a.world.Entries(a.streams.Environ)
	at := slices.IndexFunc(entries, func(entry assistants.Entry) bool {
		_, isOurs := a.world.Starts(entry.Server)
		return entry.Client.Name == name && entry.Err == nil && isOurs
	})
	if at < 0 {
		return nil, nil, fmt.Errorf("%s has no entry that starts this program\nRun \"%s install %s\" to put one into it", name, Name, name)
	}
	entry := entries[at].Server
	flags := pflag.NewFlagSet(name, pflag.ContinueOnError)
	flags.ParseErrorsAllowlist.UnknownFlags = true // of a program that starts this one
	config.Register(flags)
	if err := flags.Parse(entry.Args); err != nil {
		return nil, nil, fmt.Errorf("the entry's arguments cannot be read: %w", err)
	}
	return flags, append(pairs(entry.Env), child.Inherited(a.streams.Environ)...), nil
}

// retyped has the settings of an entry as they are typed after install.
func retyped(args []string, env []assistants.Variable) (doctor.Settings, bool) {
	flags := pflag.NewFlagSet("entry", pflag.ContinueOnError)
	flags.SetOutput(io.Discard)
	config.Register(flags)
	if len(args) > 0 && args[0] == "serve" {
		args = args[1:]
	}
	if flags.Parse(args) != nil || flags.NArg() > 0 {
		return doctor.Settings{}, false
	}
	var words, besides []string
	for _, given := range config.AllGiven(flags, pairs(env)) {
		switch {
		case given.IsKey():
			besides = append(besides, "With --key-in-config, and "+given.Setting.Variable+" as it stands there.")
		case given.Setting.Sensitive:
			besides = append(besides, "With the --"+given.Setting.Flag+" that stands there.")
		default:
			for _, word := range given.Flag() {
				words = append(words, shellWord(word))
			}
		}
	}
	return doctor.Settings{Flags: strings.Join(words, " "), Besides: strings.Join(besides, " ")}, true
}

// pairs are variables as an environment has them.
func pairs(env []assistants.Variable) []string {
	var pairs []string
	for _, variable := range env {
		pairs = append(pairs, variable.Name+"="+variable.Value)
	}
	return pairs
}
