package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"posthog-org-mcp/assistants"
	"posthog-org-mcp/config"
	"posthog-org-mcp/credentials"
	"posthog-org-mcp/redact"
	"posthog-org-mcp/tools"
)

// renewer makes the entries of an installation: what is given now, upon what a
// client's entry has already. A safeguard that stands there is not lost because
// nobody thought of it the second time.
type renewer struct {
	app     *app
	cmd     *cobra.Command
	told    installing
	machine assistants.Machine
	bare    assistants.Server // how this program is started, without settings
	now     []config.Given
	checked map[string]assistants.Server // by the settings
	secrets []redact.Secret              // all that came up
	notes   []string                     // what is told before the change is shown
}

func (a *app) newRenewer(cmd *cobra.Command, told installing, machine assistants.Machine) (*renewer, error) {
	bare := assistants.Server{Name: told.name}
	var err error
	bare.Command, bare.Args, err = a.command()
	return &renewer{
		app: a, cmd: cmd, told: told, machine: machine, bare: bare,
		now: config.AllGiven(cmd.Flags(), a.streams.Environ), checked: map[string]assistants.Server{},
	}, err
}

// entry is what a client is to start. With faulty, it is the client's own entry
// that stands in the way.
func (r *renewer) entry(ctx context.Context, client assistants.Client) (server assistants.Server, faulty bool, err error) {
	var current assistants.Server
	found := false
	if !r.told.fresh {
		// A file that cannot be read is told of when the change is planned.
		current, found, err = client.Current(r.machine, r.bare)
		found = found && err == nil
	}
	if !found {
		server, err = r.server(ctx, config.Renew(nil, r.now, r.cleared, r.told.keyInConfig), assistants.Server{}, nil)
		return server, false, err
	}
	old, err := settingsOf(current)
	if err != nil {
		return assistants.Server{}, true, fmt.Errorf("%w\nNothing was written; --fresh writes the entry anew, without what it has", err)
	}
	for _, given := range old {
		if given.IsKey() {
			r.secrets = append(r.secrets, redact.NewSecret(given.Text))
		}
	}
	renewal := config.Renew(old, r.now, r.cleared, r.told.keyInConfig)
	server, err = r.server(ctx, renewal, current, old)
	kept := slices.DeleteFunc(slices.Clone(renewal.Kept), func(given config.Given) bool {
		return given.Setting.Flag == "profile" && given.Text == credentials.DefaultName // it would be written anyway
	})
	switch {
	case err != nil && len(renewal.Kept) > 0:
		return server, true, fmt.Errorf("%w\nKept from the entry was: %s; --fresh writes it anew without them", err, inWords(renewal.Kept))
	case err != nil:
		return server, true, err
	}
	if len(kept) > 0 {
		r.notes = append(r.notes, fmt.Sprintf("%s: kept from the entry: %s; --fresh writes it anew without them.", client.Title, inWords(kept)))
	}
	if len(renewal.Left) > 0 {
		r.notes = append(r.notes, fmt.Sprintf("%s: left out of the entry, because it does not go with what is given now: %s.", client.Title, inWords(renewal.Left)))
	}
	return server, false, nil
}

// cleared reports whether a setting was given as an empty flag, to be rid of it.
func (r *renewer) cleared(setting config.Setting) bool {
	flag := r.cmd.Flags().Lookup(setting.Flag)
	return setting.Flag != "" && flag != nil && flag.Changed && strings.TrimSpace(flag.Value.String()) == ""
}

// server is this program with the settings of a renewal, which are checked as if
// it started now. Where they are those that stand in the entry already, they stay
// as they were written.
func (r *renewer) server(ctx context.Context, renewal config.Renewal, current assistants.Server, old []config.Given) (assistants.Server, error) {
	same := len(old) > 0 && len(renewal.Given) == len(old) && !slices.ContainsFunc(renewal.Given, func(given config.Given) bool {
		return !slices.ContainsFunc(old, func(was config.Given) bool {
			return was.Setting.Variable == given.Setting.Variable && was.Text == given.Text
		})
	})
	counting := renewal.Given
	if same {
		counting = old
	}
	flags, environ := pflag.NewFlagSet(Name, pflag.ContinueOnError), r.app.withoutSettings()
	config.Register(flags)
	server := r.bare
	server.Args = slices.Clone(r.bare.Args)
	var words []string
	var variables []assistants.Variable
	for _, given := range counting {
		switch variable := given.Setting.Variable; {
		case given.IsKey(), !given.ByFlag() && (same || isKept(renewal, given)):
			variables = append(variables, assistants.Variable{Name: variable, Value: given.Text})
			environ = append(environ, variable+"="+given.Text)
		case given.ByFlag():
			if err := flags.Set(given.Setting.Flag, given.Text); err != nil {
				return assistants.Server{}, err
			}
			words = append(words, given.Flag()...)
		default:
			environ = append(environ, variable+"="+given.Text)
			words = append(words, given.Flag()...)
		}
	}
	if same {
		words = ownArguments(current)
	}
	memory := fmt.Sprintf("%q %q", words, variables)
	if known, found := r.checked[memory]; found {
		return known, nil
	}
	settings, err := r.app.loadFrom(ctx, flags, environ)
	if err != nil {
		return assistants.Server{}, withoutKey(err)
	}
	r.secrets = append(r.secrets, settings.Key)
	if _, err := limitsOf(settings, tools.Catalog()); err != nil {
		return assistants.Server{}, err
	}
	if err := r.app.refuseKeys(r.cmd, renewal, r.told); err != nil {
		return assistants.Server{}, err
	}
	server.Args = append(server.Args, words...)
	if named := slices.ContainsFunc(counting, func(g config.Given) bool { return g.Setting.Flag == "profile" }); settings.Profile != "" && !named {
		server.Args = append(server.Args, "--profile", settings.Profile)
	}
	server.Env = append(r.app.surroundings(settings), variables...)
	r.checked[memory] = server
	return server, nil
}

// tell says what came of entries that were there. From now on nothing shows a key
// that stood in one.
func (r *renewer) tell() {
	r.app.redactor.Learn(r.secrets...)
	for _, note := range r.notes {
		r.app.say("%s", note)
	}
}

// ownArguments are what an entry tells this program. Where it is not known by its
// name, because the file was renamed, they are all that there are.
func ownArguments(entry assistants.Server) []string {
	if words, isStarted := entry.Arguments(); isStarted {
		return words
	}
	return entry.Args
}

// settingsOf are the settings that an entry has, as flags and as variables.
func settingsOf(entry assistants.Server) ([]config.Given, error) {
	flags := pflag.NewFlagSet(Name, pflag.ContinueOnError)
	config.Register(flags)
	words := ownArguments(entry)
	if len(words) > 0 && words[0] == "serve" {
		words = words[1:]
	}
	if err := flags.Parse(words); err != nil {
		return nil, fmt.Errorf("the entry has arguments that are no settings of this program: %s", config.Quote(err.Error()))
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("the entry has an argument that is no setting of this program: %s", config.Quote(flags.Arg(0)))
	}
	var environ []string
	for _, variable := range entry.Env {
		environ = append(environ, variable.Name+"="+variable.Value)
	}
	return config.AllGiven(flags, environ), nil
}

// withoutSettings is the environment without what settings it gives.
func (a *app) withoutSettings() []string {
	return slices.DeleteFunc(slices.Clone(a.streams.Environ), func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		return slices.ContainsFunc(config.Settings(), func(setting config.Setting) bool { return strings.EqualFold(setting.Variable, name) })
	})
}

func isKept(renewal config.Renewal, given config.Given) bool {
	return slices.ContainsFunc(renewal.Kept, func(kept config.Given) bool { return kept.Setting.Variable == given.Setting.Variable })
}

// inWords writes settings as they are typed; of a secret variable only the name.
func inWords(settings []config.Given) string {
	var words []string
	for _, given := range settings {
		switch {
		case !given.ByFlag() && given.Setting.Sensitive:
			words = append(words, given.Setting.Variable)
		case !given.ByFlag():
			words = append(words, given.Setting.Variable+"="+shellWord(given.Text))
		default:
			for _, word := range given.Flag() {
				words = append(words, shellWord(word))
			}
		}
	}
	return strings.Join(words, " ")
}
