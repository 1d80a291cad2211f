// posthog-org-mcp is an MCP server for the people-and-access side of a PostHog
// organization.
package main

import (
	"os"

	"posthog-org-mcp/cli"
)

// A release build sets these: -ldflags "-X main.version=1.2.3 -X main.commit=… -X main.date=… -X main.reports=https://…".
var version, commit, date, reports string

func main() {
	os.Exit(cli.Main(cli.Build{Version: version, Commit: commit, Date: date, Reports: reports}))
}
