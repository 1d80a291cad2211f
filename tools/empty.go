package tools

import (
	"fmt"
	"strconv"
	"strings"

	"posthog-org-mcp/nearest"
	"posthog-org-mcp/schemas"
)

// An empty list says what was looked for and what there is instead, in one or two
// sentences: a model that gets nothing else asks the same again in other words.

// noteEmpty puts a note on a list without rows. Nothing is the note for one that
// has none at all, wherever it begins.
func noteEmpty[T any](found *page[T], nothing func() string) {
	switch {
	case len(found.items) > 0:
	case found.Total > 0:
		found.Note = fmt.Sprintf("Offset %d is past the end; %s.", found.Offset, thereAre(found.Total, "row"))
	default:
		found.Note = strings.TrimSpace(nothing() + " " + found.Note)
	}
}

// holdsNone says that a search found nothing, and which of the labels comes
// close. Whose says whose text was searched: No role's name.
func holdsNone(whose, search string, labels []string) string {
	text := fmt.Sprintf("%s holds %s", whose, quoted(search))
	if near := nearest.Words(search, labels, 1); len(near) > 0 {
		text += "; closest: " + quoted(near[0])
	}
	return text + "."
}

// thereAre counts things: there are 6 roles.
func thereAre(n int, thing string) string {
	if n == 1 {
		return "there is 1 " + thing
	}
	return fmt.Sprintf("there are %d %ss", n, thing)
}

// namesOf are the texts that rows are told by.
func namesOf[T any](items []T, name func(T) string) []string {
	names := make([]string, 0, len(items))
	for _, item := range items {
		names = append(names, name(item))
	}
	return names
}

// quoted is other people's text inside of a sentence of ours, cut where it is long.
func quoted(text string) string {
	const most = 40
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return strconv.Quote(text)
}

// quotedAll is a list of such texts, of which a few stand for many.
func quotedAll(texts []string) string {
	const most = 5
	var shown []string
	for i, text := range texts {
		if i == most {
			shown = append(shown, "…")
			break
		}
		shown = append(shown, quoted(text))
	}
	return strings.Join(shown, ", ")
}

// noSuchName is the note on a list of things with names: what none of them holds,
// or that there are none.
func noSuchName[T any](found page[T], args schemas.List, thing string, name func(T) string) string {
	if args.Search.Search == "" {
		return fmt.Sprintf("There are no %ss, or the key sees none.", thing)
	}
	return holdsNone("No "+thing+"'s name", args.Search.Search, namesOf(found.scanned, name)) + " " + sentence(thereAre(len(found.scanned), thing))
}
