package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"time"

	"github.com/sourcegraph/conc"
	"github.com/spf13/cobra"

	"posthog-org-mcp/config"
	"posthog-org-mcp/redact"
	"posthog-org-mcp/sandbox"
	"posthog-org-mcp/server"
)

func (a *app) serve() *cobra.Command {
	return withSettings(&cobra.Command{
		Use:   "serve",
		Short: "Serve MCP on standard input and output (what happens without a command)",
		Long: `Serves MCP on standard input and output, until the input ends or SIGTERM comes.
Every flag can be given as the variable in brackets; the flag wins. The API key
comes from POSTHOG_PERSONAL_API_KEY, a file or a command, never from a flag.`,
		Example: `  posthog-org-mcp serve --sandbox
  posthog-org-mcp serve --host eu --read-only --key-file ~/.posthog-key
  posthog-org-mcp serve --key-command 'op read "op://Private/PostHog/key"'`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := untilInterrupted(cmd.Context())
			defer stop()
			isFirstRun := a.streams.InTerminal && !cmd.HasParent()
			if isFirstRun {
				a.say("%s", introduction())
			}
			settings, err := a.load(ctx, cmd.Flags())
			if err != nil {
				return err
			}
			if isFirstRun {
				a.say("It now waits for a client on standard input. Ctrl-C ends it.")
			}
			return a.serveStdio(ctx, settings, a.streams.In, a.streams.Out)
		},
	})
}

// serveStdio serves one client with what the settings say, until in or ctx ends.
func (a *app) serveStdio(ctx context.Context, settings config.Config, in io.Reader, out io.Writer) error {
	return a.joined(ctx, settings, func(joined parts) error {
		return a.serveParts(ctx, settings, joined, in, out)
	})
}

func (a *app) serveParts(ctx context.Context, settings config.Config, joined parts, in io.Reader, out io.Writer) error {
	var unusable func(context.Context) []string
	if settings.HideUnusable {
		unusable = func(ctx context.Context) []string { return joined.environment.Unusable(ctx, joined.offered) }
	}
	served, err := server.New(server.Options{
		Version:     a.build.Version,
		Environment: joined.environment,
		Catalog:     joined.offered,
		Withheld:    joined.withheld,
		Unlisted:    unusable,
		Sandbox:     settings.Sandbox,
		ReadOnly:    settings.ReadOnly,
		DryRun:      settings.DryRun,
		TextOnly:    !settings.OutputSchemas,
		Logger:      a.log,
	})
	if err != nil {
		return err
	}
	// A client that comes and goes must not keep the truth from being found out.
	recovering, stop := context.WithCancel(context.WithoutCancel(ctx))
	var recovery conc.WaitGroup
	recovery.Go(func() { a.recoverWrites(recovering, joined.environment.Executor) })
	defer func() {
		timer := time.AfterFunc(lastLookUp, stop)
		recovery.Wait()
		timer.Stop()
		stop()
	}()
	return served.ServeStdio(ctx, in, out)
}

// lastLookUp is how long the end waits for what became of an earlier run's writes.
const lastLookUp = 3 * time.Second

// withSandbox starts the sandbox and points the settings at it. Until the first
// call it costs one listening socket. It goes on after ctx has ended, for the
// calls that are then still in flight; stop ends it.
func withSandbox(ctx context.Context, settings config.Config) (_ config.Config, stop func() error, err error) {
	box := sandbox.New(sandbox.Options{DataFile: settings.SandboxData})
	if settings.SandboxData != "" {
		// A file that cannot be used is worth knowing before the first call.
		if err := box.Open(ctx); err != nil {
			return config.Config{}, nil, fmt.Errorf("the sandbox's data cannot be opened: %w", err)
		}
	}
	address, end, err := box.Serve(context.WithoutCancel(ctx), "127.0.0.1:0")
	if err != nil {
		return config.Config{}, nil, err
	}
	settings.Host, err = url.Parse(address)
	settings.Key = redact.NewSecret(sandbox.AdminKey)
	stop = func() error { return errors.Join(end(), box.Close()) }
	return settings, stop, err
}
