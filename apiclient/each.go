package apiclient

import (
	"context"
	"fmt"
	"iter"
	"net/url"
	"strconv"
	"strings"

	"posthog-org-mcp/progress"
)

// maxPages ends a walk that a server would make endless: a hundred thousand rows.
const maxPages = 1000

// Each walks over all rows, page by page, along the server's own `next`. It ends
// with the first error, which comes with a zero row; a list that ends before it
// has given as many rows as it counts is an error too. From the second page on
// it tells its progress.
func (l List[T]) Each(ctx context.Context) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		if l.problem != nil {
			yield(none, l.problem)
			return
		}
		call := l.call
		rows, offset := 0, 0
		var told *progress.Stretch
		defer func() { told.End() }()
		for range maxPages {
			page, err := l.fetch(ctx, call)
			if err != nil {
				yield(none, err)
				return
			}
			told.Step("")
			for _, row := range page.Results {
				if !yield(row, nil) {
					return
				}
			}
			rows += len(page.Results)
			if page.Next == nil {
				if rows < page.Count {
					yield(none, l.broken("it ended after %d of %d rows", rows, page.Count))
				}
				return
			}
			target, next, problem := l.core.follow(*page.Next, offset)
			if problem == "" && len(page.Results) == 0 {
				problem = "a page without rows points to a next one"
			}
			if problem != "" {
				yield(none, l.broken("%s", problem))
				return
			}
			if offset == 0 {
				told = l.pagesBegun(ctx, pagesOf(page.Count, len(page.Results)))
			}
			call.target, offset = target, next
		}
		yield(none, l.broken("it has more than %d pages", maxPages))
	}
}

// follow turns a page's `next` into the address of the next request and its
// offset, or says why it is not followed. It must be on our host and port, below
// /api/, and further on than offset.
//
// A server behind a proxy that ends TLS may write http:// into it, and one that
// is served under a path may leave the path out. So the scheme, host and prefix
// of the request are always our own; only path and query are taken.
func (c *core) follow(next string, offset int) (target *url.URL, nextOffset int, problem string) {
	address, err := url.Parse(next)
	if err != nil {
		return nil, 0, "next is not an address: " + quoteCut(c.redactor, next)
	}
	origin := quoteCut(c.redactor, originOf(address))
	if !c.isOurs(address) {
		return nil, 0, fmt.Sprintf("next points to %s, and the host is %s", origin, quote(originOf(c.base)))
	}
	path := address.EscapedPath()
	switch {
	case hasDotSegment(address.Path):
		path = ""
	case strings.HasPrefix(address.Path, c.base.Path+"/api/"):
	case strings.HasPrefix(address.Path, "/api/"):
		path = c.base.EscapedPath() + path
	default:
		path = ""
	}
	if path == "" {
		return nil, 0, "next points outside /api/: " + quoteCut(c.redactor, address.Path)
	}
	query, err := url.ParseQuery(address.RawQuery)
	if err != nil {
		return nil, 0, "next has a malformed query"
	}
	nextOffset, err = strconv.Atoi(query.Get("offset"))
	if err != nil || nextOffset <= offset {
		return nil, 0, fmt.Sprintf("next does not go on: offset %s after %d", quoteCut(c.redactor, query.Get("offset")), offset)
	}
	target = withPath(c.base, path)
	target.RawQuery = address.RawQuery
	return target, nextOffset, ""
}

// isOurs reports whether a next page is on the configured host. Plain http stands
// for https there if it names our port or none: see follow.
func (c *core) isOurs(address *url.URL) bool {
	if address.User != nil {
		return false
	}
	if sameOrigin(address, c.base) {
		return true
	}
	if address.Scheme != "http" || c.base.Scheme != "https" || !strings.EqualFold(address.Hostname(), c.base.Hostname()) {
		return false
	}
	port := address.Port()
	return port == portOf(c.base) || portOf(c.base) == "443" && (port == "" || port == "80")
}
