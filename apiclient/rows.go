package apiclient

import (
	"context"
	"errors"
	"slices"

	"github.com/sourcegraph/conc/pool"
)

// Rows is a stretch of a collection.
type Rows[T any] struct {
	// Total is how many rows the collection has.
	Total   int
	Results []T
	// NextOffset is where to go on; nil at the end.
	NextOffset *int
}

const (
	pageLength   = 100     // rows asked for in one request
	maxAtOnce    = 10      // requests under way side by side
	maxRowsAsked = 100_000 // a count beyond it is not believed
)

// errChanged is a read whose pages do not fit together, because the list changed
// meanwhile or because the server is wrong.
var errChanged = errors.New("the list changed while it was read")

// Rows reads up to limit rows from offset, in the server's order. A limit of up
// to 100 is one request; beyond it the first page tells how many rows there are,
// and the others are fetched side by side. A list that changes meanwhile is read
// once more; if it still has fewer rows than it counts, that is an error. More
// pages than one tell their progress.
func (l List[T]) Rows(ctx context.Context, limit, offset int) (Rows[T], error) {
	if err := l.checkRange(limit, 1, offset); err != nil {
		return Rows[T]{}, err
	}
	rows, err := l.readRows(ctx, limit, offset, func(got, want, count, total int) bool {
		return got == want && count == total
	})
	if errors.Is(err, errChanged) {
		rows, err = l.readRows(ctx, limit, offset, func(got, want, _, _ int) bool { return got == want })
	}
	if errors.Is(err, errChanged) {
		return Rows[T]{}, l.broken("it does not have the rows that it counts")
	}
	return rows, err
}

// readRows reads the rows once. fits judges each page: rows got and wanted, the
// count it names and the one that the first page named.
func (l List[T]) readRows(ctx context.Context, limit, offset int, fits func(got, want, count, total int) bool) (Rows[T], error) {
	first, err := l.Page(ctx, min(limit, pageLength), offset)
	if err != nil {
		return Rows[T]{}, err
	}
	total := first.Count
	want := max(0, min(limit, total-offset))
	if want > maxRowsAsked {
		return Rows[T]{}, l.broken("it counts %d rows, more than the %d that are read at once", total, maxRowsAsked)
	}
	if !fits(len(first.Results), min(want, pageLength), total, total) {
		return Rows[T]{}, errChanged
	}
	pages := make([][]T, max(1, pagesOf(want, pageLength)))
	pages[0] = first.Results
	told := l.pagesBegun(ctx, len(pages))
	defer told.End()

	group := pool.New().WithContext(ctx).WithCancelOnError().WithFirstError().WithMaxGoroutines(maxAtOnce)
	for i := 1; i < len(pages); i++ {
		// Go waits for a free place, by which time another page may have failed.
		group.Go(func(ctx context.Context) error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			size := min(pageLength, want-i*pageLength)
			page, err := l.Page(ctx, size, offset+i*pageLength)
			if err != nil {
				return err
			}
			if !fits(len(page.Results), size, page.Count, total) {
				return errChanged
			}
			pages[i] = page.Results
			told.Step("")
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return Rows[T]{}, err
	}
	rows := Rows[T]{Total: total, Results: slices.Concat(pages...)}
	if rows.Results == nil {
		rows.Results = []T{}
	}
	if end := offset + len(rows.Results); end < total {
		rows.NextOffset = &end
	}
	return rows, nil
}
