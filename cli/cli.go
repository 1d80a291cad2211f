// Package cli is the command line: one file per command. It loads the
// configuration, builds the logger, wires the parts together, and turns every
// outcome into an exit code. What it prints on stdout is only what a user asked
// to see; while it serves, stdout belongs to the protocol.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"runtime/debug"
	"slices"

	"github.com/sourcegraph/conc/panics"
	"golang.org/x/term"

	"posthog-org-mcp/config"
	"posthog-org-mcp/doctor"
	"posthog-org-mcp/redact"
	"posthog-org-mcp/server"
	"posthog-org-mcp/visible"
)

// Name is what the program is called.
const Name = "posthog-org-mcp"

// The exit codes.
const (
	exitFine   = 0
	exitFailed = 1 // it was asked properly, and could not
	exitUsage  = 2 // a wrong command, flag or setting
)

// Streams are what a run of the program reads and writes.
type Streams struct {
	In         io.Reader
	InTerminal bool // In is a terminal, so a person is there, not a client
	Out, Err   io.Writer
	// ErrTerminal: Err is a terminal, on which a line can be written over.
	ErrTerminal bool
	Environ     []string // as os.Environ gives it
}

// Main runs the program on the process's own arguments and streams, and
// returns its exit code.
func Main(build Build) int {
	return Run(context.Background(), build, os.Args[1:], Streams{
		In:          os.Stdin,
		InTerminal:  term.IsTerminal(int(os.Stdin.Fd())),
		Out:         os.Stdout,
		Err:         os.Stderr,
		ErrTerminal: term.IsTerminal(int(os.Stderr.Fd())),
		Environ:     os.Environ(),
	})
}

// Run runs the program and returns its exit code. Cancelling ctx is like
// pressing Ctrl-C once.
func Run(ctx context.Context, build Build, args []string, streams Streams) (code int) {
	a := newApp(build, streams)
	defer func() {
		if bug := recover(); bug != nil {
			a.reportBug(bug, debug.Stack())
			code = exitFailed
		}
	}()
	return a.execute(ctx, args)
}

// app is one run of the program.
type app struct {
	build    Build
	streams  Streams
	log      *slog.Logger
	redactor *redact.Redactor
	screen   io.Writer // stderr as it was given, whose width may be asked for
	world    doctor.World
	status   *statusLine  // nil where stderr is no terminal
	clouds   []*url.URL   // where a key without a region is tried; nil: PostHog Cloud
	open     func(string) // shows a page to the person; nil: their browser does
}

func newApp(build Build, streams Streams) *app {
	a := &app{build: build.complete(), streams: streams, screen: streams.Err, world: doctor.Real()}
	if streams.ErrTerminal && !slices.Contains(streams.Environ, "TERM=dumb") {
		a.status = &statusLine{out: streams.Err}
		a.streams.Err = a.status
	}
	// A terminal obeys some of what other people write into names.
	a.streams.Err = visible.NewWriter(a.streams.Err)
	a.setLogger(slog.LevelWarn, config.LogText)
	return a
}

func (a *app) execute(ctx context.Context, args []string) int {
	root := a.root(args)
	root.SetArgs(args)
	root.SetIn(a.streams.In)
	root.SetOut(a.streams.Out)
	root.SetErr(a.streams.Err)
	withScripts(root)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitFine
	}
	var told *toldError
	if errors.As(err, &told) {
		return told.exit
	}
	a.say("%s: %v", Name, err)
	var usage *usageError
	var configuration *config.Error
	if errors.As(err, &usage) || errors.As(err, &configuration) {
		return exitUsage
	}
	return exitFailed
}

// load reads the settings and builds the logger that they ask for.
func (a *app) load(ctx context.Context, flags settingFlags) (config.Config, error) {
	return a.loadFrom(ctx, flags, a.streams.Environ)
}

func (a *app) loadFrom(ctx context.Context, flags settingFlags, environ []string) (config.Config, error) {
	settings, err := config.Load(ctx, flags, environ)
	if err != nil {
		return config.Config{}, err
	}
	a.setLogger(settings.LogLevel, settings.LogFormat, settings.Key, settings.SigningSecret)
	for _, note := range settings.Notes {
		a.log.Log(ctx, note.Level, note.Text)
	}
	return settings, nil
}

// setLogger makes the one logger of the program. It writes to stderr, and to the
// client whose request a line is about; no line of it holds a key.
func (a *app) setLogger(level slog.Level, format config.LogFormat, secrets ...redact.Secret) {
	options := &slog.HandlerOptions{Level: level}
	var handler slog.Handler = slog.NewTextHandler(a.streams.Err, options)
	if format == config.LogJSON {
		handler = slog.NewJSONHandler(visible.NewJSONWriter(a.streams.Err), options)
	}
	a.redactor = redact.New(secrets...)
	a.log = slog.New(a.redactor.Handler(server.ClientLogs(handler)))
}

// say writes a line for people to stderr, without secrets.
func (a *app) say(format string, args ...any) {
	_, _ = fmt.Fprintln(a.streams.Err, a.redactor.Text(fmt.Sprintf(format, args...)))
}

// sayFolded is say for sentences, which a narrow terminal would break within words.
func (a *app) sayFolded(format string, args ...any) {
	_, width := terminalOf(a.screen)
	a.say("%s", folded(a.redactor.Text(fmt.Sprintf(format, args...)), width))
}

// reportBug says what to do about a panic. Nobody is helped by the stack of a
// program they did not write, so that goes to the log alone.
func (a *app) reportBug(bug any, stack []byte) {
	if elsewhere, ok := bug.(*panics.Recovered); ok { // in a goroutine that was waited for
		bug, stack = elsewhere.Value, elsewhere.Stack
	}
	a.say("%s %s stopped because of a fault of its own: %s\nPlease report it with this message%s. With --log-level debug the log also shows where it happened.",
		Name, a.build.Version, config.Quote(fmt.Sprint(bug)), a.build.reportTo())
	a.log.Debug("panic", "value", fmt.Sprint(bug), "stack", string(stack))
}
