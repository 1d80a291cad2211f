package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"posthog-org-mcp/assistants"
	"posthog-org-mcp/config"
	"posthog-org-mcp/visible"
)

// installing is what install and uninstall were told besides settings.
type installing struct {
	name        string
	yes, print  bool
	keyInConfig bool
	fresh       bool
}

func (a *app) install() *cobra.Command {
	var told installing
	cmd := &cobra.Command{
		Use:   "install [client...]",
		Short: "Add this server to Claude Desktop, Cursor, VS Code and other clients",
		Long: `Adds this server to the configuration file of a client, so that the client
starts it. Without a name it looks which clients are on this machine, and asks
which are meant; all stands for every one of them. The change is shown first, and
made after a yes. All else in the file stays as it is, to the byte, and the file
as it was is kept beside it under a name with the date. A second time brings the
entry up to date: the settings that it has stay, unless they are given anew;
--fresh begins with none.

Settings that are given go into the entry, those of the environment too: a client
does not see the environment of this terminal. The key does not; the entry
refers to where it is kept: what "posthog-org-mcp login" stored, or --key-file,
or --key-command.

Clients: ` + strings.Join(clientNames(), ", ") + `.`,
		Example: `  posthog-org-mcp install
  posthog-org-mcp install claude-desktop --read-only
  posthog-org-mcp install cursor vscode --key-file ~/.posthog-key --host eu
  posthog-org-mcp install zed --sandbox --print`,
		ValidArgsFunction: completeClients,
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, stop := untilInterrupted(cmd.Context())
			defer stop()
			return a.runInstall(ctx, cmd, args, told)
		},
	}
	told.register(cmd)
	cmd.Flags().BoolVar(&told.fresh, "fresh", false, "write an entry that is there anew, without the settings that it has")
	cmd.Flags().BoolVar(&told.keyInConfig, "key-in-config", false, "write the key of POSTHOG_PERSONAL_API_KEY into the file, in plain text")
	return withSettings(cmd)
}

// register adds the flags that both commands have.
func (told *installing) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&told.name, "name", assistants.UsualName, "`NAME` of the entry")
	cmd.Flags().BoolVar(&told.yes, "yes", false, "write without asking")
	cmd.Flags().BoolVar(&told.print, "print", false, "show the change, and write nothing")
}

func (a *app) runInstall(ctx context.Context, cmd *cobra.Command, args []string, told installing) error {
	if err := told.check(cmd); err != nil {
		return err
	}
	machine := assistants.ThisMachine(a.streams.Environ)
	input := newAnswers(a.streams)
	clients, err := a.chosenClients(ctx, cmd, machine, args, input)
	if err != nil {
		return err
	}
	renewer, err := a.newRenewer(cmd, told, machine)
	if err != nil {
		return err
	}
	servers, faults := map[string]assistants.Server{}, map[string]error{}
	for _, client := range clients {
		server, faulty, err := renewer.entry(ctx, client)
		if err != nil && !faulty {
			return err
		}
		servers[client.Name], faults[client.Name] = server, err
	}
	renewer.tell()
	changes, err := a.planned(clients, func(client assistants.Client) (assistants.Change, error) {
		if fault := faults[client.Name]; fault != nil {
			return assistants.Change{}, fault
		}
		return client.Install(machine, servers[client.Name])
	})
	return errors.Join(err, a.carryOut(ctx, changes, told, input))
}

// check refuses an entry's name that a client could not show or tell apart.
func (told installing) check(cmd *cobra.Command) error {
	const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
	if told.name == "" || len(told.name) > 64 || strings.Trim(told.name, allowed) != "" {
		return &usageError{cmd, fmt.Sprintf("--name is %s; it takes 1 to 64 letters, digits, - and _.", config.Quote(told.name))}
	}
	// Every object of JavaScript, in which many clients are written, has these.
	if slices.Contains([]string{"__proto__", "constructor", "prototype"}, told.name) {
		return &usageError{cmd, fmt.Sprintf("--name is %s, which means something else to clients; choose another name.", config.Quote(told.name))}
	}
	return nil
}

// everyClient is what a person says for all that are on the machine.
const everyClient = "all"

// chosenClients are the clients that were named, or that the person at the
// terminal chooses among those on this machine.
func (a *app) chosenClients(ctx context.Context, cmd *cobra.Command, machine assistants.Machine, args []string, input *answers) ([]assistants.Client, error) {
	all := len(args) == 1 && strings.EqualFold(args[0], everyClient)
	if len(args) > 0 && !all {
		return namedClients(cmd, args)
	}
	var found []assistants.Client
	for _, client := range assistants.Clients() {
		if client.IsOn(machine) {
			found = append(found, client)
		}
	}
	if len(found) == 0 {
		return nil, &usageError{cmd, "No client was found on this machine. Name one to make its file anyway: " + strings.Join(clientNames(), ", ") + "."}
	}
	if all {
		return found, nil
	}
	a.say("Found on this machine:")
	for i, client := range found {
		file, err := client.File(machine)
		if err != nil {
			return nil, err
		}
		a.say("%3d  %-16s %s", i+1, client.Name, visible.Path(file))
	}
	if !a.streams.InTerminal {
		return nil, &usageError{cmd, fmt.Sprintf("Nobody can be asked here, so name the client: %s install %s", Name, found[0].Name)}
	}
	for {
		a.say("Which? Type names or numbers, or all; nothing to leave it:")
		answer, err := input.next(ctx)
		if err != nil {
			return nil, err
		}
		if answer == "" {
			return nil, errors.New("nothing was chosen, and nothing was done")
		}
		clients, problem := meantClients(answer, found)
		if problem == "" {
			return clients, nil
		}
		a.say("%s", problem)
	}
}

// meantClients are the clients that a person means with an answer, or what is wrong
// with it.
func meantClients(answer string, found []assistants.Client) ([]assistants.Client, string) {
	words := strings.FieldsFunc(answer, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' })
	if len(words) == 1 && strings.EqualFold(words[0], everyClient) {
		return found, ""
	}
	if len(words) == 0 {
		return nil, "That names no client."
	}
	for i, word := range words {
		number, err := strconv.Atoi(word)
		switch {
		case err != nil:
		case number < 1 || number > len(found):
			return nil, fmt.Sprintf("There is no number %s.", config.Quote(word))
		default:
			words[i] = found[number-1].Name
		}
	}
	return clientsOf(words)
}

// namedClients finds the clients of a command line.
func namedClients(cmd *cobra.Command, names []string) ([]assistants.Client, error) {
	clients, problem := clientsOf(names)
	if problem != "" {
		return nil, &usageError{cmd, problem + " The clients are " + strings.Join(clientNames(), ", ") + "."}
	}
	return clients, nil
}

// clientsOf finds clients by name, each once, or says which name is none.
func clientsOf(names []string) (clients []assistants.Client, problem string) {
	seen := map[string]bool{}
	for _, name := range names {
		client, known := assistants.Named(strings.ToLower(name))
		if !known {
			return nil, fmt.Sprintf("There is no client %s.", config.Quote(name)) + meant(strings.ToLower(name), clientNames(), "")
		}
		if !seen[client.Name] {
			clients = append(clients, client)
		}
		seen[client.Name] = true
	}
	return clients, ""
}

func clientNames() []string {
	var names []string
	for _, client := range assistants.Clients() {
		names = append(names, client.Name)
	}
	return names
}

// completeClients completes the clients that are not yet named.
func completeClients(_ *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, client := range assistants.Clients() {
		named := false
		for _, arg := range args {
			named = named || arg == client.Name
		}
		if !named {
			names = append(names, cobra.CompletionWithDesc(client.Name, client.Title))
		}
	}
	if len(args) == 0 {
		names = append(names, cobra.CompletionWithDesc(everyClient, "every one on this machine"))
	}
	return beginning(names, typed), cobra.ShellCompDirectiveNoFileComp
}
