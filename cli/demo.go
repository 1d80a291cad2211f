package cli

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"posthog-org-mcp/cli/demo"
	"posthog-org-mcp/sandbox"
)

func (a *app) demo() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Play an administrator's day against a sandbox, and check every step",
		Long: `Plays an administrator's day: starts a sandbox on this machine, starts the
server as a desktop client does, calls every tool, and after each call looks at
the sandbox itself. It touches nothing else, and needs no account and no key.
It ends with 0 only when every step came out right.`,
		Example: `  posthog-org-mcp demo
  posthog-org-mcp demo --json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runDemo(cmd, asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one line of JSON a step instead of the story")
	return cmd
}

func (a *app) runDemo(cmd *cobra.Command, asJSON bool) error {
	server, err := os.Executable()
	if err != nil {
		return fmt.Errorf("this program cannot find its own file to start it as the server: %w", err)
	}
	ctx, stop := untilInterrupted(cmd.Context())
	defer stop()
	box := sandbox.New(sandbox.Options{})
	defer func() { _ = box.Close() }() // nothing is kept
	// The sandbox must outlive the server, which ends after ctx does.
	url, end, err := box.Serve(cmd.Context(), "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("the sandbox cannot listen on this machine: %w", err)
	}
	defer func() { _ = end() }() // nothing is kept
	terminal, width := terminalOf(a.streams.Out)
	return demo.Run(ctx, demo.Options{
		Server: server, Host: url, Environ: a.streams.Environ,
		Out: a.streams.Out, Err: a.streams.Err, JSON: asJSON,
		Colour: terminal && wantsColour(a.streams.Environ), Width: width,
	})
}

// terminalOf reports whether a stream is a terminal, and how wide it is; 0 is
// unknown.
func terminalOf(stream any) (terminal bool, width int) {
	file, ok := stream.(interface{ Fd() uintptr })
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return false, 0
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil {
		return true, 0
	}
	return true, width
}

// wantsColour reads what an environment says about colour: NO_COLOR with any
// value but the empty one, and terminals that know none.
func wantsColour(environ []string) bool {
	said := map[string]string{}
	for _, variable := range environ {
		name, value, _ := strings.Cut(variable, "=")
		said[name] = value
	}
	return said["NO_COLOR"] == "" && said["TERM"] != "dumb"
}
