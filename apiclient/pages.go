package apiclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"strconv"
)

// List names a collection of the API. It is a value, and sends nothing until
// its rows are asked for, in one of three ways: Page, Each or Rows.
type List[T any] struct {
	core    *core
	call    call
	problem error // what was wrong with the filter
}

// Page is one page of a collection, as the API answers it.
type Page[T any] struct {
	// Count is how many rows the collection has over all pages.
	Count int `json:"count"`
	// Next and Previous are the server's addresses of the neighbouring pages;
	// nil at either end.
	Next     *string `json:"next"`
	Previous *string `json:"previous"`
	Results  []T     `json:"results"`
}

// As is the same collection with its rows decoded into another type, usually one
// with fewer fields, so that the rest is skipped where it is read. A row without
// an `id` is refused if U has a field of that name.
func As[U, T any](list List[T]) List[U] {
	return List[U](list)
}

// Page reads one page in one request. A limit of 0 leaves the length of the page
// to the server, which takes 100.
func (l List[T]) Page(ctx context.Context, limit, offset int) (Page[T], error) {
	if err := l.checkRange(limit, 0, offset); err != nil {
		return Page[T]{}, err
	}
	call := l.call
	call.query = maps.Clone(call.query)
	if call.query == nil {
		call.query = url.Values{}
	}
	if limit > 0 {
		call.query.Set("limit", strconv.Itoa(limit))
	}
	if offset > 0 {
		call.query.Set("offset", strconv.Itoa(offset))
	}
	return l.fetch(ctx, call)
}

func (l List[T]) fetch(ctx context.Context, call call) (Page[T], error) {
	var page Page[T]
	err := l.core.do(ctx, call, func(decoder *json.Decoder) error {
		var err error
		page, err = decodePage[T](decoder)
		return err
	})
	if err != nil {
		return Page[T]{}, err
	}
	return page, nil
}

// checkRange refuses a limit or offset that the server would silently replace.
func (l List[T]) checkRange(limit, least, offset int) error {
	if l.problem != nil {
		return l.problem
	}
	for _, argument := range []struct {
		name         string
		value, least int
	}{{"limit", limit, least}, {"offset", offset, 0}} {
		if argument.value < argument.least {
			return &ArgumentError{
				Operation: l.call.operation(), Argument: argument.name, Value: strconv.Itoa(argument.value),
				Problem: fmt.Sprintf("is less than %d", argument.least),
			}
		}
	}
	return nil
}

func (l List[T]) broken(format string, args ...any) error {
	return &AnswerError{
		Operation: l.call.operation(), Method: l.call.method,
		Reason: fmt.Sprintf(format, args...), Err: ErrBrokenList,
	}
}

// decodePage decodes a page as it arrives, row by row, so that no more than one
// row's text is held at once. count, next and results must all be there: a page
// without them would pass for the last one.
func decodePage[T any](decoder *json.Decoder) (Page[T], error) {
	var page Page[T]
	if err := expectDelim(decoder, '{'); err != nil {
		return page, err
	}
	seen := map[string]bool{}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return page, err
		}
		name, _ := token.(string)
		if seen[name] {
			return page, fmt.Errorf("the page has %q twice", name)
		}
		switch name {
		case "count":
			seen[name] = true
			count := &page.Count
			if err = decoder.Decode(&count); err == nil && (count == nil || *count < 0) {
				err = errors.New("the page's count is not a number of rows")
			}
		case "next":
			seen[name] = true
			err = decoder.Decode(&page.Next)
		case "previous":
			seen[name] = true
			err = decoder.Decode(&page.Previous)
		case "results":
			seen[name] = true
			page.Results, err = decodeRows[T](decoder)
		default:
			var unknown json.RawMessage
			err = decoder.Decode(&unknown)
		}
		if err != nil {
			return page, err
		}
	}
	if err := expectDelim(decoder, '}'); err != nil {
		return page, err
	}
	for _, name := range []string{"count", "next", "results"} {
		if !seen[name] {
			return page, fmt.Errorf("the page came without its %q", name)
		}
	}
	return page, nil
}

// maxPageRows bounds the memory that one page can take. Ten times fewer rows are
// asked for.
const maxPageRows = 1000

func decodeRows[T any](decoder *json.Decoder) ([]T, error) {
	if err := expectDelim(decoder, '['); err != nil {
		return nil, err
	}
	rows := []T{}
	for decoder.More() {
		if len(rows) == maxPageRows {
			return nil, fmt.Errorf("the page has more than %d rows", maxPageRows)
		}
		var row T
		if err := decodeObject(decoder, &row); err != nil {
			return nil, fmt.Errorf("row %d of the page: %w", len(rows)+1, err)
		}
		rows = append(rows, row)
	}
	return rows, expectDelim(decoder, ']')
}

func expectDelim(decoder *json.Decoder, want json.Delim) error {
	token, err := decoder.Token()
	if err != nil {
		return err
	}
	if token != want {
		return fmt.Errorf("%q is missing where a page should have it", want.String())
	}
	return nil
}

// refuse makes the list answer with problem, if there is one.
func (l *List[T]) refuse(problem *ArgumentError) {
	if problem != nil {
		problem.Operation = l.call.operation()
		l.problem = problem
	}
}
