package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"

	"posthog-org-mcp/assistants"
	"posthog-org-mcp/child"
	"posthog-org-mcp/config"
	"posthog-org-mcp/redact"
	"posthog-org-mcp/visible"
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
	filled, secrets := x.filledIn(entry.Client.Reference, entry.Server)
	if filled.Name != assistants.UsualName {
		x.private.add(filled.Name, "(entry)")
	}
	at := attempt{
		Entry: entry, filled: filled, redactor: redact.New(secrets...),
		named: fmt.Sprintf("%s, %s in %s", of, config.Quote(filled.Name), path(entry.File)),
	}
	if entry.Off {
		return ok("%s: it is switched off in the client, and not started here.", at.named)
	}
	if blank := blankIn(filled); blank != "" {
		return warning(fmt.Sprintf("%s: %s is filled in by the client alone, so it is not started here.", at.named, config.Quote(blank)),
			"Start it in the client, and look at the client's log of it.")
	}
	if _, isOurs := x.World.Starts(filled); !isOurs {
		return warning(fmt.Sprintf("%s: it starts something else: %s. It was not started.", at.named, x.hide(path(filled.Command), "(command)")),
			fmt.Sprintf("If that leads to this program, start it in the client, and look at the client's log of it. If not, remove the entry; %s install %s puts a right one in.", programName, entry.Client.Name))
	}
	began := x.World.Now()
	started, err := child.Start(ctx, child.Options{
		Command: filled.Command, Args: filled.Args, Environ: environOf(x.Environ, filled),
		Client: programName + "-doctor", Patience: LongestStage, MostRead: mostRead,
	})
	if err != nil {
		return x.unstarted(at, started, err)
	}
	time := x.World.Now().Sub(began)
	offered, version := len(started.Tools), started.Version
	if err := started.Close(); err != nil {
		return warning(fmt.Sprintf("%s: it starts, and does not end well: %s.", at.named, config.Quote(at.redactor.Text(err.Error()))), "Start it by hand, and see what it says.")
	}
	what := fmt.Sprintf("%s: it starts and offers %s (%s)", at.named, counted(offered, "tool"), took(time))
	if version != x.Version {
		what += ", as version " + config.Quote(version)
	}
	return ok("%s.", what)
}

// attempt is an entry that is started here.
type attempt struct {
	assistants.Entry
	filled   assistants.Server // as the client starts it
	redactor *redact.Redactor  // knows the entry's secrets
	named    string            // as findings call it
}

// Starts reports whether an entry starts this program, and with which arguments.
// One that was renamed is known by its file.
func (w World) Starts(server assistants.Server) (args []string, isStarted bool) {
	if args, isStarted = server.Arguments(); isStarted {
		return args, true
	}
	own, err := w.Executable()
	return server.Args, err == nil && sameFile(own, server.Command)
}

// unstarted explains an entry that does not start.
func (x *examination) unstarted(at attempt, started *child.Server, err error) Finding {
	command := x.hide(path(at.filled.Command), "(command)")
	said := lastWords(at.redactor.Text(x.redactor.Text(started.Said())))
	switch {
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		return fault(fmt.Sprintf("%s: there is no command %s.", at.named, command),
			"Correct the command, or write the entry anew: "+x.installation(at)+" Clients do not know the PATH of your shell: a full path is the surest.")
	case errors.Is(err, child.ErrSaysTooMuch):
		return fault(fmt.Sprintf("%s: it writes more than %d MiB before it has said which tools it has.", at.named, mostRead>>20), "Start the command by hand, and see what it writes.")
	case errors.Is(err, fs.ErrPermission):
		return fault(fmt.Sprintf("%s: %s may not be started.", at.named, command), "Make the file executable, or correct the command.")
	case x.isKeysFault(said):
		return Finding{State: Skipped, What: at.named + ": it does not start either, because of the fault in " + checkKey + ".", because: checkKey}
	case said != "":
		said = config.QuoteWhole(visible.Cut(said, longestPath))
		return fault(fmt.Sprintf("%s: it does not start, and says: %s", at.named, x.hide(said, "(what it says)")), "Mend what it says in that entry.")
	case isLate(err):
		return fault(fmt.Sprintf("%s: it does not say hello within %s.", at.named, LongestStage), "Start the command by hand, and see what it waits for.")
	}
	return fault(at.named+": it ends without a word.", "Start the command by hand, and see how it ends.")
}

// mostRead is how much of an entry's output is read. It is no server of ours
// until it has said so, and may write without an end.
const mostRead = 8 << 20

// isKeysFault reports whether the last words of an entry's server are about what
// is wrong with the key here too: one profile serves many.
func (x *examination) isKeysFault(said string) bool {
	return slices.ContainsFunc(x.Settings.KeyProblems, func(problem config.Problem) bool {
		return strings.HasSuffix(said, x.redactor.Text(problem.What))
	})
}

// installation is the command that writes an entry anew with its settings, as far
// as they are known.
func (x *examination) installation(at attempt) string {
	args, _ := x.World.Starts(at.Server)
	install := programName + " install " + at.Client.Name
	given, isKnown := x.Retyped(args, at.Server.Env)
	switch {
	case at.Server.Name == assistants.UsualName:
	case plainName.MatchString(at.Server.Name):
		install += " --name " + at.Server.Name
	default:
		isKnown = false // install has no such names
	}
	if !isKnown {
		return install + ", with the settings that stand in it."
	}
	if line := at.redactor.Text(x.redactor.Text(given.Flags)); line != "" {
		install += " " + x.hide(line, "(its settings)")
	}
	return strings.TrimSpace(install + ". " + given.Besides)
}

// plainName is a name of an entry that install takes.
var plainName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_-]{0,63}$`)

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
		if at := slices.IndexFunc(x.Settings.Origins, func(origin config.Origin) bool { return origin.Setting.Variable == given.Name }); at >= 0 {
			x.private.addValue(x.Settings.Origins[at], value)
		} else {
			x.private.add(value, "(value of "+given.Name+")")
		}
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
