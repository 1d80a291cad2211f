package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"regexp"
	"strings"
	"sync"

	"posthog-org-mcp/assistants"
	"posthog-org-mcp/child"
	"posthog-org-mcp/config"
	"posthog-org-mcp/redact"
)

// clients starts what each client's entry starts, side by side, as the client does,
// and lists the tools.
func (x *examination) clients(ctx context.Context) []Finding {
	entries := x.World.Entries(x.Environ)
	if len(entries) == 0 {
		none := ok("None of the known ones starts this program.")
		none.Next = programName + " install puts it into one."
		return []Finding{none}
	}
	findings := make([]Finding, len(entries))
	var starts sync.WaitGroup
	for i, entry := range entries {
		starts.Go(func() { findings[i] = x.client(ctx, entry) })
	}
	starts.Wait()
	return findings
}

// client looks at one entry.
func (x *examination) client(ctx context.Context, entry assistants.Entry) Finding {
	of := entry.Client.Title
	var broken *assistants.Fault
	switch {
	case errors.As(entry.Err, &broken):
		place := path(broken.File)
		if broken.Line > 0 {
			place += fmt.Sprintf(", line %d,", broken.Line)
		}
		return fault(fmt.Sprintf("%s: %s %s", of, place, broken.What), broken.Next)
	case entry.Err != nil:
		return fault(fmt.Sprintf("%s: its file cannot be read: %s.", of, cause("", entry.Err)), "Look at the file's permissions.")
	}
	server, secrets := x.filledIn(entry.Client.Reference, entry.Server)
	if server.Name != assistants.UsualName {
		x.private.add(server.Name, "(entry)")
	}
	redactor := redact.New(secrets...)
	named := fmt.Sprintf("%s, %s in %s", of, config.Quote(server.Name), path(entry.File))
	if entry.Off {
		return ok("%s: it is switched off in the client, and not started here.", named)
	}
	if blank := blankIn(server); blank != "" {
		return warning(fmt.Sprintf("%s: %s is filled in by the client alone, so it is not started here.", named, config.Quote(blank)),
			"Start it in the client, and look at the client's log of it.")
	}
	began := x.World.Now()
	started, err := child.Start(ctx, child.Options{
		Command: server.Command, Args: server.Args, Environ: environOf(x.Environ, server),
		Client: programName + "-doctor", Patience: LongestStage, MostRead: mostRead,
	})
	if err != nil {
		return x.unstarted(named, server, started, redactor, err)
	}
	time := x.World.Now().Sub(began)
	offered, version := len(started.Tools), started.Version
	if err := started.Close(); err != nil {
		return warning(fmt.Sprintf("%s: it starts, and does not end well: %s.", named, config.Quote(redactor.Text(err.Error()))), "Start it by hand, and see what it says.")
	}
	what := fmt.Sprintf("%s: it starts and offers %s (%s)", named, counted(offered, "tool"), took(time))
	if version != x.Version {
		what += ", as version " + config.Quote(version)
	}
	return ok("%s.", what)
}

// unstarted explains an entry that does not start.
func (x *examination) unstarted(named string, server assistants.Server, started *child.Server, redactor *redact.Redactor, err error) Finding {
	command := x.hide(path(server.Command), "(command)")
	said := lastWords(redactor.Text(x.redactor.Text(started.Said())))
	switch {
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		return fault(fmt.Sprintf("%s: there is no command %s.", named, command),
			"Correct the command; "+programName+" install writes the entry anew. Clients do not know the PATH of your shell: a full path is the surest.")
	case errors.Is(err, child.ErrSaysTooMuch):
		return fault(fmt.Sprintf("%s: it writes more than %d MiB before it has said which tools it has.", named, mostRead>>20), "Start the command by hand, and see what it writes.")
	case errors.Is(err, fs.ErrPermission):
		return fault(fmt.Sprintf("%s: %s may not be started.", named, command), "Make the file executable, or correct the command.")
	case said != "":
		return fault(fmt.Sprintf("%s: it does not start, and says: %s", named, x.hide(config.Quote(said), "(what it says)")), "Mend what it says in that entry.")
	case isLate(err):
		return fault(fmt.Sprintf("%s: it does not say hello within %s.", named, LongestStage), "Start the command by hand, and see what it waits for.")
	}
	return fault(named+": it ends without a word.", "Start the command by hand, and see how it ends.")
}

// mostRead is how much of an entry's output is read. It is no server of ours
// until it has said so, and may write without an end.
const mostRead = 8 << 20

// lastWords are the first line that a program said in its last breath, without the
// name of the program.
func lastWords(said string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(said), "\n")
	return strings.TrimPrefix(strings.TrimSpace(first), programName+": ")
}

// variableInBraces is a variable as clients' files name them: ${NAME} or ${env:NAME}.
var variableInBraces = regexp.MustCompile(`(\$\{(?:env:)?)([A-Za-z_][A-Za-z0-9_]*)(?::-[^}]*)?\}`)

// filledIn puts the environment's variables where the values of an entry's
// variables name them as its client does, and nowhere else: what the client does
// not fill in would get what the client never gave it. It returns the secrets that
// the entry holds.
func (x *examination) filledIn(reference string, server assistants.Server) (assistants.Server, []redact.Secret) {
	fill := func(text string) string {
		return variableInBraces.ReplaceAllStringFunc(text, func(found string) string {
			parts := variableInBraces.FindStringSubmatch(found)
			if parts[1] != reference {
				return found
			}
			return cmp.Or(variable(x.Environ, parts[2]), found)
		})
	}
	filled := assistants.Server{Name: server.Name, Command: server.Command, Args: server.Args}
	var secrets []redact.Secret
	for _, given := range server.Env {
		value := fill(given.Value)
		filled.Env = append(filled.Env, assistants.Variable{Name: given.Name, Value: value})
		if config.IsSecret(given.Name) {
			secrets = append(secrets, redact.NewSecret(value))
		}
		x.private.add(value, "(value of "+given.Name+")")
	}
	return filled, secrets
}

// blankIn is what only the client can fill in; "" when nothing is.
func blankIn(server assistants.Server) string {
	words := append([]string{server.Command}, server.Args...)
	for _, given := range server.Env {
		words = append(words, given.Value)
	}
	for _, word := range words {
		if blank := blankShape.FindString(word); blank != "" {
			return blank
		}
	}
	return ""
}

var blankShape = regexp.MustCompile(`\$\{[^}]*\}`)

// environOf is the environment that a client starts an entry in.
func environOf(environ []string, server assistants.Server) []string {
	all := child.Inherited(environ)
	for _, given := range server.Env {
		all = append(all, given.Name+"="+given.Value)
	}
	return all
}
