package cli

import (
	"strings"
	"text/tabwriter"
)

// introduction is what somebody reads who started the server by hand: it does
// nothing by itself, and they will want one of these commands.
func introduction() string {
	var out strings.Builder
	out.WriteString(Name + " is an MCP server: an assistant starts it, and talks to it on standard input.\n\nBy hand, these get you going:\n")
	table := tabwriter.NewWriter(&out, 0, 0, 3, ' ', 0)
	for _, row := range [][2]string{
		{"demo", "see what it does, on a made-up organization"},
		{"login", "sign in to PostHog"},
		{"install", "put it into your assistant"},
		{"doctor", "find out what is wrong"},
	} {
		_, _ = table.Write([]byte("  " + Name + " " + row[0] + "\t" + row[1] + "\n"))
	}
	_ = table.Flush() // a strings.Builder takes everything
	return out.String()
}
