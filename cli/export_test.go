package cli

import (
	"bytes"
	"log/slog"
	"runtime/debug"

	"github.com/spf13/cobra"

	"posthog-org-mcp/config"
	"posthog-org-mcp/redact"
)

// Root returns the command line with all that is in it, for tests that look at it without running it.
func Root() *cobra.Command { return newApp(Build{}, Streams{}).root([]string{"call"}) }

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
