package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"posthog-org-mcp/config"
	"posthog-org-mcp/doctor"
	"posthog-org-mcp/tools"
)

// doctorFlags is what the doctor takes besides the settings.
type doctorFlags struct {
	json           bool
	bundle, client string
}

func (a *app) doctor() *cobra.Command {
	var given doctorFlags
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Find out what does not work here, and what to do about it",
		Long: `Looks at everything that must be right, under the same settings as the server:
program, settings and where each comes from, key, proxy, name, connection and
clock, the organization, which tools will work, journal and folders, and the
entries of your assistants, which it starts as they do.

It changes nothing. What stands on a fault is not looked at, so the first fault
is the one to mend. It ends with 0 when all is well, with 1 when there are
warnings, and with 2 when there is a fault, or nothing could be looked at.`,
		Example: `  posthog-org-mcp doctor
  posthog-org-mcp doctor --client claude-desktop
  posthog-org-mcp doctor --json
  posthog-org-mcp doctor --bundle report.txt`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := untilInterrupted(cmd.Context())
			defer stop()
			return a.unexamined(a.examine(ctx, cmd, given))
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&given.json, "json", false, "print one JSON object instead of lines")
	flags.StringVar(&given.bundle, "bundle", "", "also write a report without names and keys, safe to post, to a new `FILE`")
	flags.StringVar(&given.client, "client", "", "look with the settings that the entry of this `CLIENT` gives, instead of the shell's")
	config.Register(flags)
	return cmd
}

func (a *app) examine(ctx context.Context, cmd *cobra.Command, given doctorFlags) (err error) {
	if _, err := os.Lstat(given.bundle); given.bundle != "" && !errors.Is(err, fs.ErrNotExist) {
		return &usageError{cmd, fmt.Sprintf("--bundle names %s, which is there already. Name a new file.", config.Quote(given.bundle))}
	}
	subject := doctor.Subject{
		Version: a.build.Version, Commit: a.build.Commit, UserAgent: a.build.userAgent(),
		Environ: a.streams.Environ, Retyped: retyped, World: a.world,
	}
	flags, environ := cmd.Flags(), a.streams.Environ
	if given.client != "" {
		if flags, environ, err = a.settingsOfClient(cmd, given.client); err != nil {
			return err
		}
	}
	subject.Settings = config.Explain(ctx, flags, environ)
	close, err := a.prepare(ctx, &subject)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, close()) }()
	shown, stop := a.withProgress(ctx)
	report := doctor.Examine(shown, subject)
	stop()
	if err := ctx.Err(); err != nil {
		return errors.New("interrupted")
	}
	if given.bundle != "" {
		if err := writeBundle(report, given.bundle); err != nil {
			return err
		}
	}
	if err := a.tellReport(report, given.json); err != nil {
		return err
	}
	if given.bundle != "" {
		a.say("The report is in %s. It names no person, organization or key; read it before you post it.", config.Quote(given.bundle))
	}
	if exit := exitOf(report); exit != exitFine {
		return &toldError{errors.New(report.Summary()), exit}
	}
	return nil
}

// unexamined is an examination that did not come to its report: 1 would stand for
// warnings.
func (a *app) unexamined(err error) error {
	var told *toldError
	var usage *usageError
	if err == nil || errors.As(err, &told) || errors.As(err, &usage) {
		return err
	}
	a.say("%s: %v", Name, err)
	return &toldError{err, exitUsage}
}

// exitOf is the exit code that the worst of a report's findings calls for.
func exitOf(report doctor.Report) int {
	switch {
	case report.Count(doctor.Fault) > 0:
		return 2
	case report.Count(doctor.Warning) > 0:
		return 1
	}
	return exitFine
}

// toldError is a failure that the user has been told of.
type toldError struct {
	error
	exit int
}

// prepare joins what a call would work with, where the settings suffice for that.
// The waits are those of somebody who looks for a fault.
func (a *app) prepare(ctx context.Context, subject *doctor.Subject) (close func() error, err error) {
	explained := &subject.Settings
	settings := explained.Config
	a.setLogger(settings.LogLevel, settings.LogFormat, settings.Key, settings.SigningSecret)
	if _, err := limitsOf(settings, tools.Catalog()); err != nil {
		var unusable *config.Error
		if errors.As(err, &unusable) {
			explained.Problems = append(explained.Problems, unusable.Problems...)
		}
		settings.Tools, settings.ExcludeTools = nil, nil
	}
	close = func() error { return nil }
	if settings.Sandbox {
		if settings, close, err = withSandbox(ctx, settings); err != nil {
			return nil, err
		}
		explained.Config.Host = settings.Host
	}
	if settings.Host == nil || settings.Key.IsZero() {
		return close, nil
	}
	if settings.Organization == "" {
		settings.Organization = "@current" // the check of the settings tells of the other one
	}
	limits := &settings.Timeouts
	limits.Connect = min(limits.Connect, doctor.LongestStage)
	limits.Header = min(limits.Header, doctor.LongestStage)
	limits.Total = min(limits.Total, doctor.LongestStage)
	p, err := a.connect(settings)
	if err != nil {
		return nil, errors.Join(err, close())
	}
	subject.Environment = &p.environment
	stop := close
	return func() error { return errors.Join(p.close(), stop()) }, nil
}

// writeBundle writes the report that is safe to post. It is the user's alone all
// the same: they are to read it first.
func writeBundle(report doctor.Report, path string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("the report cannot be written: %w", err)
	}
	if err := errors.Join(report.WriteBundle(file), file.Close()); err != nil {
		return fmt.Errorf("the report cannot be written: %w", err)
	}
	return nil
}

// toldReport is a report as JSON.
type toldReport struct {
	Version string           `json:"version"`
	Checks  []doctor.Finding `json:"checks"`
	Summary string           `json:"summary"`
	Exit    int              `json:"exit"`
}

func (a *app) tellReport(report doctor.Report, asJSON bool) error {
	if asJSON {
		told := toldReport{Version: a.build.Version, Checks: report.Findings, Summary: report.Summary(), Exit: exitOf(report)}
		data, err := json.Marshal(told)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(a.streams.Out, plainJSON(data))
		return err
	}
	terminal, width := terminalOf(a.streams.Out)
	colour := terminal && wantsColour(a.streams.Environ)
	var shown strings.Builder
	last := ""
	for _, finding := range report.Findings {
		name := finding.Check
		if name == last {
			name = ""
		}
		last = finding.Check
		state := fmt.Sprintf("%-*s", stateWidth, finding.State)
		if colour {
			state = colourOf(finding.State) + state + "\x1b[0m"
		}
		lines := linesOf(finding.What, width)
		if finding.Next != "" {
			lines = append(lines, linesOf(finding.Next, width)...)
		}
		fmt.Fprintf(&shown, "%s%-*s%s\n", state, nameWidth, name, lines[0])
		for _, line := range lines[1:] {
			fmt.Fprintf(&shown, "%*s%s\n", stateWidth+nameWidth, "", line)
		}
	}
	fmt.Fprintf(&shown, "\n%s\n", report.Summary())
	_, err := fmt.Fprint(a.streams.Out, shown.String())
	return err
}

// The columns of a report.
const (
	stateWidth = 9
	nameWidth  = 14
)

// linesOf is a text on one line, or on several where a terminal is too narrow.
func linesOf(what string, width int) []string {
	what = onOneLine(what)
	if room := width - stateWidth - nameWidth; room >= 40 {
		return atBlanks(what, room)
	}
	return []string{what}
}

// atBlanks breaks a text at blanks alone. A word that is too long runs over: a path
// or an address must stay in one piece to be copied.
func atBlanks(words string, width int) []string {
	var lines []string
	for _, word := range strings.Split(words, " ") {
		last := len(lines) - 1
		if last >= 0 && text.StringWidth(lines[last])+1+text.StringWidth(word) <= width {
			lines[last] += " " + word
			continue
		}
		lines = append(lines, word)
	}
	return lines
}

func colourOf(state doctor.State) string {
	switch state {
	case doctor.OK:
		return "\x1b[32m"
	case doctor.Warning:
		return "\x1b[33m"
	case doctor.Fault:
		return "\x1b[31m"
	}
	return "\x1b[2m"
}
