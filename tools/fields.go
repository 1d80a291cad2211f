package tools

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"posthog-org-mcp/schemas"
)

// A field is one that the rows of a list can have.
type field[From, Row any] struct {
	name string
	// usual reports whether it is shown where no fields are asked for; nil is always.
	usual func(From) bool
	// show puts it into a row.
	show func(*Row, From)
}

// A shape is every field of a list's rows, in the order in which they are shown.
type shape[From, Row any] []field[From, Row]

// row makes a row of the named fields, or of the usual ones when none is named.
func (s shape[From, Row]) row(from From, names []string) Row {
	var row Row
	for _, field := range s {
		if len(names) == 0 && (field.usual == nil || field.usual(from)) || slices.Contains(names, field.name) {
			field.show(&row, from)
		}
	}
	return row
}

// usual makes a row of the usual fields.
func (s shape[From, Row]) usual(from From) Row { return s.row(from, nil) }

// check refuses fields that no row has.
func (s shape[From, Row]) check(args schemas.List) error {
	if len(args.Fields.Fields) > 0 && args.IsFull() {
		return &schemas.ArgumentError{Problems: []string{`Argument "fields" chooses fields of short rows: leave it out, or leave out view full.`}}
	}
	var known []string
	for _, field := range s {
		known = append(known, field.name)
	}
	for _, name := range args.Fields.Fields {
		if !slices.Contains(known, name) {
			return &schemas.ArgumentError{Problems: []string{fmt.Sprintf(
				`Argument "fields" names %s; the fields are %s.`, strconv.Quote(name), strings.Join(known, ", "))}}
		}
	}
	return nil
}
