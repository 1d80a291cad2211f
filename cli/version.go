package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"posthog-org-mcp/server"
)

// Build says which build this is. What a release build leaves empty is taken
// from what the Go toolchain recorded.
type Build struct {
	Version string // without a leading v; "dev" when nobody gave one
	Commit  string
	Date    string // RFC 3339
	// Reports is the address where faults are reported; "" when nobody gave one.
	Reports string
}

func (b Build) complete() Build {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	return b.completeFrom(info)
}

func (b Build) completeFrom(info *debug.BuildInfo) Build {
	recorded := map[string]string{}
	for _, setting := range info.Settings {
		recorded[setting.Key] = setting.Value
	}
	if b.Version == "" && info.Main.Version != "(devel)" {
		b.Version = info.Main.Version
	}
	if b.Version = strings.TrimPrefix(b.Version, "v"); b.Version == "" {
		b.Version = "dev"
	}
	if b.Commit == "" {
		b.Commit = recorded["vcs.revision"]
		if b.Commit != "" && recorded["vcs.modified"] == "true" {
			b.Commit += " with local changes"
		}
	}
	if b.Date == "" {
		b.Date = recorded["vcs.time"]
	}
	return b
}

// reportTo completes "report it"; empty when nobody said where.
func (b Build) reportTo() string {
	if b.Reports == "" {
		return ""
	}
	return ", at " + b.Reports
}

// userAgent names this build to PostHog.
func (b Build) userAgent() string {
	return fmt.Sprintf("%s/%s (+%s; %s/%s)", Name, b.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

func (a *app) version() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Show the version, what it was built from, and the protocol versions it speaks",
		Example: "  posthog-org-mcp version",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			rows := []struct{ name, value string }{
				{Name, a.build.Version},
				{"commit", a.build.Commit},
				{"date", a.build.Date},
				{"protocol", strings.Join(server.ProtocolVersions(), ", ")},
				{"go", fmt.Sprintf("%s %s/%s", runtime.Version(), runtime.GOOS, runtime.GOARCH)},
			}
			for _, row := range rows {
				if row.value == "" {
					row.value = "unknown"
				}
				if _, err := fmt.Fprintf(a.streams.Out, "%-*s %s\n", len(Name), row.name, row.value); err != nil {
					return err
				}
			}
			return nil
		},
	}
}
