package sandbox

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// page is one page of a list, as the API sends it.
type page[T any] struct {
	Count    int64   `json:"count"`
	Next     *string `json:"next"`
	Previous *string `json:"previous"`
	Results  []T     `json:"results"`
}

// window is the part of a list that was asked for.
type window struct{ limit, offset int64 }

const defaultLimit = 100

// window reads limit and offset. What is not a number, or not in range, counts
// as not given; only what no 64-bit number holds is an error.
func (c *call) window() (window, error) {
	limit, err := c.number("limit", defaultLimit, 1)
	if err != nil {
		return window{}, err
	}
	offset, err := c.number("offset", 0, 0)
	if err != nil {
		return window{}, err
	}
	return window{limit: limit, offset: offset}, nil
}

func (c *call) number(name string, otherwise, least int64) (int64, error) {
	text := strings.TrimSpace(c.query.Get(name))
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		if isInteger(text) && !strings.HasPrefix(text, "-") {
			return 0, tooGreat.at(name)
		}
		return otherwise, nil
	}
	if value < least {
		return otherwise, nil
	}
	return value, nil
}

// isInteger reports whether a text is an integer of any length.
func isInteger(text string) bool {
	digits := strings.TrimLeft(text, "+-")
	return digits != "" && len(text)-len(digits) <= 1 && strings.Trim(digits, "0123456789") == ""
}

// pageOf puts the rows of a window into a page that links to its neighbours.
func pageOf[T any](c *call, w window, count int64, rows []T) page[T] {
	if rows == nil {
		rows = []T{}
	}
	p := page[T]{Count: count, Results: rows}
	if w.offset < count && count-w.offset > w.limit {
		p.Next = c.link(w.limit, w.offset+w.limit)
	}
	if w.offset > 0 {
		p.Previous = c.link(w.limit, max(0, w.offset-w.limit))
	}
	return p
}

// slice returns the part of all rows that a window shows.
func slice[T any](w window, all []T) []T {
	count := int64(len(all))
	from := min(w.offset, count)
	return all[from : from+min(w.limit, count-from)]
}

// link is the absolute address of the page at an offset, other query parameters
// kept. The first page has no offset in its address.
func (c *call) link(limit, offset int64) *string {
	query := url.Values{}
	for name, values := range c.query {
		query[name] = values
	}
	query.Set("limit", strconv.FormatInt(limit, 10))
	query.Del("offset")
	if offset > 0 {
		query.Set("offset", strconv.FormatInt(offset, 10))
	}
	address := c.origin() + c.request.URL.EscapedPath() + "?" + query.Encode()
	return &address
}

// origin is the scheme and host under which the client reached the sandbox.
func (c *call) origin() string { return originOf(c.request) }

func originOf(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}
