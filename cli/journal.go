package cli

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/spf13/cobra"

	"posthog-org-mcp/config"
	"posthog-org-mcp/journal"
	"posthog-org-mcp/schemas"
	"posthog-org-mcp/visible"
)

// journalFlags is what the journal command takes besides --journal.
type journalFlags struct {
	since, tool, member string
	limit               int
	json, follow        bool
}

func (a *app) journal() *cobra.Command {
	var given journalFlags
	cmd := &cobra.Command{
		Use:   "journal",
		Short: "Show what this server has written, newest first",
		Long: `Shows the journal: every write that this server was to make, with its outcome.
It reads a file of this machine, and needs neither key nor network. Times are
local. With --follow it prints only what is written from now on: each write when
it is begun, and again when it has ended.`,
		Example: `  posthog-org-mcp journal
  posthog-org-mcp journal --since 7d --member ana@example.com
  posthog-org-mcp journal --tool roles-delete --json
  posthog-org-mcp journal --follow`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := untilInterrupted(cmd.Context())
			defer stop()
			return a.showJournal(ctx, cmd, given)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&given.since, "since", "", "only writes since `TIME`: a date, a time, today, or how long ago, such as 24h or 7d")
	flags.StringVar(&given.tool, "tool", "", "only writes of the tool of this `NAME`")
	flags.StringVar(&given.member, "member", "", "only writes about somebody: a part of the `E-MAIL`")
	flags.IntVar(&given.limit, "limit", 50, "show at most `N` writes; 0 is all")
	flags.BoolVar(&given.json, "json", false, "print one line of JSON a write instead of a table")
	flags.BoolVar(&given.follow, "follow", false, "go on and print what is written from now on, until Ctrl-C")
	config.Register(flags, "journal")
	return cmd
}

func (a *app) showJournal(ctx context.Context, cmd *cobra.Command, given journalFlags) error {
	path, err := config.JournalPath(cmd.Flags(), a.streams.Environ)
	if err != nil {
		return err
	}
	if path == "" {
		return &usageError{cmd, "No journal is kept: it is switched off."}
	}
	since, err := journal.ParseSince(given.since, time.Now())
	if err != nil {
		return &usageError{cmd, "--since: " + err.Error() + "."}
	}
	reader := journal.NewReader(path)
	filter := journal.Filter{Since: since, Tool: given.tool, Member: given.member}
	print := a.journalPrinter(given.json)
	var more bool
	entries := first(reader.Entries(ctx, filter), given.limit, &more)
	if given.follow {
		entries = reader.Follow(ctx, filter)
	}
	shown, err := print(entries)
	if skipped := reader.Skipped(); skipped > 0 {
		a.say("Passed over because they cannot be read: %d lines, such as those that a crash cut off.", skipped)
	}
	switch {
	case given.follow && errors.Is(err, context.Canceled):
		return nil
	case err != nil:
		return fmt.Errorf("read the journal: %w", err)
	case shown == 0 && !given.json && !given.follow:
		a.say("Nothing of that kind is in the journal \"%s\".", onOneLine(path))
	case more:
		a.say("There are older ones; --limit 0 shows all.")
	}
	return nil
}

// first cuts a sequence off after most entries, and sets more if there were others;
// 0 does not.
func first(entries iter.Seq2[journal.Entry, error], most int, more *bool) iter.Seq2[journal.Entry, error] {
	if most <= 0 {
		return entries
	}
	return func(yield func(journal.Entry, error) bool) {
		left := most
		for entry, err := range entries {
			if left == 0 {
				*more = err == nil
				return
			}
			if left--; !yield(entry, err) {
				return
			}
		}
	}
}

// journalPrinter prints entries as they come, and counts them.
func (a *app) journalPrinter(asJSON bool) func(iter.Seq2[journal.Entry, error]) (int, error) {
	if asJSON {
		return a.printJournalJSON
	}
	return a.printJournalTable
}

func (a *app) printJournalJSON(entries iter.Seq2[journal.Entry, error]) (shown int, err error) {
	for entry, err := range entries {
		if err != nil {
			return shown, err
		}
		line, err := schemas.Marshal(entry)
		if err != nil {
			return shown, err
		}
		if _, err := fmt.Fprintf(a.streams.Out, "%s\n", line); err != nil {
			return shown, err
		}
		shown++
	}
	return shown, nil
}

// journalColumns have fixed widths, because rows are printed as they come.
const journalColumns = "%-19s  %-13s  %-9s  %-28s  %s\n"

func (a *app) printJournalTable(entries iter.Seq2[journal.Entry, error]) (shown int, err error) {
	for entry, err := range entries {
		if err != nil {
			return shown, err
		}
		if shown == 0 {
			if _, err := fmt.Fprintf(a.streams.Out, journalColumns, "TIME", "ID", "OUTCOME", "BY", "CHANGE"); err != nil {
				return shown, err
			}
		}
		if err := a.printJournalRow(entry); err != nil {
			return shown, err
		}
		shown++
	}
	return shown, nil
}

func (a *app) printJournalRow(entry journal.Entry) error {
	state := string(entry.Outcome.State)
	if entry.Open() {
		state = "open"
	}
	by := entry.Actor.Email
	if by == "" {
		by = entry.Actor.Key
	}
	change := entry.Summary
	if entry.Undoes != "" {
		change += " (takes back " + entry.Undoes + ")"
	}
	if reason := entry.Outcome.Reason; reason != "" {
		change += " - " + reason
	}
	_, err := fmt.Fprintf(a.streams.Out, journalColumns,
		entry.Time.Local().Format(time.DateTime), entry.ID, state, onOneLine(by), onOneLine(change))
	return err
}

// onOneLine shows control characters as escapes: addresses and reasons are other
// people's text, and a terminal obeys some of it.
func onOneLine(text string) string { return visible.Line(text) }
