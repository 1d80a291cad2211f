package tools

import (
	"context"
	"fmt"
	"strings"
	"time"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/schemas"
)

// maxScanned bounds how many rows are read to search a list that the API does
// not search. Organizations are far smaller; a note says when it was not enough.
const maxScanned = 5000

// A page is the part of a list that a call asks for.
type page[T any] struct {
	schemas.Listed
	items []T
	// full are the API's own objects; nil where short rows were asked for.
	full []schemas.Object
	// scanned are all rows that were looked through; nil when the API chose.
	scanned []T
}

// readList reads the part of a list that a call asks for. With keep, the whole
// list is read, and only what is kept counts.
func readList[Whole, T any](ctx context.Context, list apiclient.List[Whole], args schemas.List, keep func(T) bool, summary func(Whole) T) (page[T], error) {
	if !args.IsFull() {
		return window(ctx, apiclient.As[T](list), args, keep)
	}
	found, err := window(ctx, list, args, through(keep, summary))
	if err != nil {
		return page[T]{}, err
	}
	return summed(found, summary, true)
}

func window[T any](ctx context.Context, list apiclient.List[T], args schemas.List, keep func(T) bool) (page[T], error) {
	if keep == nil {
		part, err := list.Rows(ctx, args.Window.Rows(), args.Offset)
		if err != nil {
			return page[T]{}, err
		}
		listed := schemas.Listed{Total: part.Total, NextOffset: part.NextOffset, Offset: args.Offset}
		return page[T]{Listed: listed, items: part.Results}, nil
	}
	all, err := list.Rows(ctx, maxScanned, 0)
	if err != nil {
		return page[T]{}, err
	}
	found := cutOut(filtered(all.Results, keep), args.Window)
	found.scanned = all.Results
	if all.NextOffset != nil {
		found.Note = fmt.Sprintf("Only the first %d of %d rows were searched.", len(all.Results), all.Total)
	}
	return found, nil
}

// cutOut takes the part that a call asks for out of a list that is here whole.
func cutOut[T any](all []T, window schemas.Window) page[T] {
	first := min(window.Offset, len(all))
	last := min(first+window.Rows(), len(all))
	listed := schemas.Listed{Total: len(all), Offset: window.Offset}
	if last < len(all) {
		listed.NextOffset = &last
	}
	return page[T]{Listed: listed, items: all[first:last]}
}

// summed is a page of whole objects as summaries, with the objects where they
// were asked for.
func summed[Whole, T any](whole page[Whole], summary func(Whole) T, full bool) (page[T], error) {
	result := page[T]{Listed: whole.Listed}
	for _, item := range whole.items {
		result.items = append(result.items, summary(item))
	}
	for _, item := range whole.scanned {
		result.scanned = append(result.scanned, summary(item))
	}
	var err error
	if full {
		result.full, err = schemas.ObjectsOf(whole.items)
	}
	return result, err
}

func filtered[T any](all []T, keep func(T) bool) []T {
	found := []T{}
	for _, item := range all {
		if keep(item) {
			found = append(found, item)
		}
	}
	return found
}

// rowsOf makes the rows that a call asks for; nil where it asks for the API's
// own objects.
func rowsOf[T, Row any](shape shape[T, Row], found page[T], args schemas.List) []Row {
	if args.IsFull() {
		return nil
	}
	rows := make([]Row, 0, len(found.items))
	for _, item := range found.items {
		rows = append(rows, shape.row(item, args.Fields.Fields))
	}
	return rows
}

// searching is what keeps the rows that a search is for; nil when there is none.
// It looks at the texts that a row is found by.
func searching[T any](search string, texts func(T) []string) func(T) bool {
	words := strings.Fields(fold(search))
	if len(words) == 0 {
		return nil
	}
	return func(item T) bool { return holdsAll(words, texts(item)) }
}

// holdsAll reports whether each of the words is in one of the texts.
func holdsAll(words, texts []string) bool {
	whole := fold(strings.Join(texts, "\n"))
	for _, word := range words {
		if !strings.Contains(whole, word) {
			return false
		}
	}
	return true
}

// fold makes texts equal that differ in case alone. It goes by way of the upper
// case, as the API does: the Turkish ı is an I there.
func fold(text string) string { return strings.ToLower(strings.ToUpper(text)) }

// through is a filter of summaries, for the whole objects.
func through[Whole, T any](keep func(T) bool, summary func(Whole) T) func(Whole) bool {
	if keep == nil {
		return nil
	}
	return func(whole Whole) bool { return keep(summary(whole)) }
}

// toSeconds drops the microseconds, which nobody asks about and every model pays for.
func toSeconds(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }
