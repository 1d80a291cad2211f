package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/url"
	"runtime/debug"

	"github.com/spf13/cobra"

	"posthog-org-mcp/config"
	"posthog-org-mcp/doctor"
	"posthog-org-mcp/redact"
	"posthog-org-mcp/tools"
)

// RunIn is Run in a world of the test's making.
func RunIn(ctx context.Context, world doctor.World, build Build, args []string, streams Streams) int {
	a := newApp(build, streams)
	a.world = world
	return a.execute(ctx, args)
}

// RunSigningIn is Run where PostHog Cloud is elsewhere, and pages open otherwise.
func RunSigningIn(ctx context.Context, args []string, streams Streams, clouds []*url.URL, open func(address string)) int {
	a := newApp(Build{}, streams)
	a.clouds, a.open = clouds, open
	return a.execute(ctx, args)
}

// BugReport returns what a panic leaves on stderr at a log level.
func BugReport(bug any, level slog.Level) string {
	var errs bytes.Buffer
	a := newApp(Build{}, Streams{Err: &errs})
	a.setLogger(level, config.LogText, redact.Secret{})
	a.reportBug(bug, debug.Stack())
	return errs.String()
}

// CompleteFrom fills in what a build was not told.
func CompleteFrom(build Build, info *debug.BuildInfo) Build { return build.completeFrom(info) }

// Arguments returns the arguments of the call that a command line makes, without
// making it.
func Arguments(args ...string) (json.RawMessage, error) {
	cmd, rest, err := Commands().Find(args)
	if err != nil {
		return nil, err
	}
	if err := cmd.ParseFlags(rest); err != nil {
		return nil, err
	}
	whole, err := cmd.Flags().GetString("arguments")
	if err != nil {
		return nil, err
	}
	return joinArguments(cmd, []byte(whole))
}

// LayOut returns an answer as people read it.
func LayOut(answer string, width int) (string, error) {
	return layOut(json.RawMessage(answer), width, undoingOf(&cobra.Command{}))
}

// AtBlanks returns the lines of a report's text.
func AtBlanks(words string, width int) []string { return atBlanks(words, width) }

// CommandLine returns a call as it is typed, for the documents of every system.
func CommandLine(tool, arguments string) string { return CommandLineOn("linux", tool, arguments) }

// CommandLineOn returns a call as it is typed on a system.
func CommandLineOn(system, tool, arguments string) string {
	return commandLineOn(system, tool, json.RawMessage(arguments))
}

// Announce writes how a running sandbox is used on a system.
func Announce(out io.Writer, system, url string) error { return announce(out, system, url, "") }

// ByNpx returns how a client starts a file that npx has fetched.
func ByNpx(system, itself string) (command string, args []string, started bool) {
	return byNpx(system, itself, Name)
}

// PlainJSON returns JSON as it is printed.
func PlainJSON(data string) string { return plainJSON(json.RawMessage(data)) }

// EffectInWords returns what help says that a call does.
func EffectInWords(tool tools.Tool) string { return effectInWords(tool) }

// AgainInWords returns what help says that a second call does.
func AgainInWords(tool tools.Tool) string { return againInWords(tool) }
