package apiclient_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/contract"
)

// collection is a list of roles named by their place, as the API pages it.
type collection struct {
	stage *stage
	size  atomic.Int64
	// next rewrites the address of the next page, for hostile servers.
	next func(string) string
	// spoil may replace the answer for an offset.
	spoil func(offset, limit int) (body string, spoiled bool)
	// meet is called within each request, to hold it up.
	meet func(r *http.Request, offset int)
}

func newCollection(t *testing.T, size int) *collection {
	c := &collection{stage: newStage(t)}
	c.size.Store(int64(size))
	c.stage.handle(func(w http.ResponseWriter, r *http.Request) { c.serve(w, r) })
	return c
}

func (c *collection) serve(w http.ResponseWriter, r *http.Request) {
	limit, offset := 100, 0
	if text := r.URL.Query().Get("limit"); text != "" {
		limit, _ = strconv.Atoi(text)
	}
	if text := r.URL.Query().Get("offset"); text != "" {
		offset, _ = strconv.Atoi(text)
	}
	if c.meet != nil {
		c.meet(r, offset)
	}
	if c.spoil != nil {
		if body, spoiled := c.spoil(offset, limit); spoiled {
			give(w, 200, body, contract.FaultHeader, "spoiled")
			return
		}
	}
	size := int(c.size.Load())
	rows := []string{}
	for i := offset; i < min(offset+limit, size); i++ {
		rows = append(rows, roleNamed(strconv.Itoa(i)))
	}
	next := "null"
	header := []string{}
	if offset+limit < size {
		query := r.URL.Query()
		query.Set("limit", strconv.Itoa(limit))
		query.Set("offset", strconv.Itoa(offset+limit))
		address := *c.stage.url
		address.Path += r.URL.Path
		address.RawPath = ""
		address.RawQuery = query.Encode()
		text := address.String()
		if c.next != nil {
			text = c.next(text)
			header = []string{contract.FaultHeader, "next"}
		}
		next = strconv.Quote(text)
	}
	give(w, 200, fmt.Sprintf(`{"count":%d,"next":%s,"previous":null,"results":[%s]}`, size, next, strings.Join(rows, ",")), header...)
}

// asked counts the requests with exactly this query.
func (c *collection) asked(query string) int {
	count := 0
	for _, request := range c.stage.seen() {
		if request.query == query {
			count++
		}
	}
	return count
}

func names(roles []apiclient.Role) []string {
	names := make([]string, len(roles))
	for i, role := range roles {
		names[i] = role.Name
	}
	return names
}

// numbered are the names of a collection's rows from one place to another.
func numbered(from, to int) []string {
	names := []string{}
	for i := from; i < to; i++ {
		names = append(names, strconv.Itoa(i))
	}
	return names
}

func TestAPageIsWhatTheServerAnswers(t *testing.T) {
	c := newCollection(t, 250)
	page, err := c.stage.reader(t).Roles(organization).Page(testContext(t), 3, 100)
	if err != nil {
		t.Fatal(err)
	}
	if page.Count != 250 || !slices.Equal(names(page.Results), numbered(100, 103)) || page.Next == nil || page.Previous != nil {
		t.Errorf("got %+v", page)
	}
}

func TestRowsOfUpTo100AreOneRequest(t *testing.T) {
	for _, ask := range []struct{ limit, offset, total, got, next int }{
		{100, 0, 250, 100, 100}, {1, 0, 250, 1, 1}, {50, 230, 250, 20, 0}, {100, 0, 0, 0, 0}, {100, 150, 250, 100, 0}, {10, 250, 250, 0, 0}, {10, 1000, 250, 0, 0},
	} {
		c := newCollection(t, ask.total)
		rows, err := c.stage.reader(t).Roles(organization).Rows(testContext(t), ask.limit, ask.offset)
		if err != nil {
			t.Errorf("%+v: %v", ask, err)
			continue
		}
		if rows.Total != ask.total || !slices.Equal(names(rows.Results), numbered(ask.offset, ask.offset+ask.got)) || rows.Results == nil {
			t.Errorf("%+v: got %d of %d: %v", ask, len(rows.Results), rows.Total, names(rows.Results))
		}
		if (rows.NextOffset == nil) != (ask.next == 0) || rows.NextOffset != nil && *rows.NextOffset != ask.next {
			t.Errorf("%+v: next offset %v", ask, rows.NextOffset)
		}
		if n := len(c.stage.seen()); n != 1 {
			t.Errorf("%+v: %d requests", ask, n)
		}
	}
}

func TestLongerRowsAreFetchedSideBySideInOrder(t *testing.T) {
	const size = 1950 // Twenty pages from 0, the first of them alone.
	c := newCollection(t, size)
	var now, most atomic.Int64
	all := make(chan struct{})
	var release sync.Once
	c.meet = func(r *http.Request, offset int) {
		if offset == 0 {
			return
		}
		arrived := now.Add(1)
		defer now.Add(-1)
		for seen := most.Load(); arrived > seen && !most.CompareAndSwap(seen, arrived); seen = most.Load() {
		}
		if arrived == 10 {
			// A ninth has this long to show itself.
			time.AfterFunc(100*time.Millisecond, func() { release.Do(func() { close(all) }) })
		}
		// The first ten wait for each other, so that fewer at once never end.
		select {
		case <-all:
		case <-r.Context().Done():
		}
	}
	rows, err := c.stage.reader(t).Roles(organization).Rows(testContext(t), 5000, 0)
	if err != nil {
		t.Fatal(err)
	}
	if rows.Total != size || !slices.Equal(names(rows.Results), numbered(0, size)) || rows.NextOffset != nil {
		t.Errorf("got %d of %d rows, next %v", len(rows.Results), rows.Total, rows.NextOffset)
	}
	if most.Load() != 10 {
		t.Errorf("%d at once, want 10", most.Load())
	}
	if n := len(c.stage.seen()); n != 20 {
		t.Errorf("%d requests, want 20", n)
	}
}

func TestRowsStopAtTheLimit(t *testing.T) {
	c := newCollection(t, 1000)
	rows, err := c.stage.reader(t).Roles(organization).Rows(testContext(t), 250, 30)
	if err != nil || !slices.Equal(names(rows.Results), numbered(30, 280)) || rows.NextOffset == nil || *rows.NextOffset != 280 {
		t.Errorf("%d rows, next %v, %v", len(rows.Results), rows.NextOffset, err)
	}
	var asked []string
	for _, request := range c.stage.seen() {
		asked = append(asked, request.query)
	}
	slices.Sort(asked)
	if want := []string{"limit=100&offset=130", "limit=100&offset=30", "limit=50&offset=230"}; !slices.Equal(asked, want) {
		t.Errorf("asked for %v, want %v", asked, want)
	}
}

func TestTheFirstErrorEndsTheOtherPages(t *testing.T) {
	c := newCollection(t, 5000)
	c.spoil = func(offset, _ int) (string, bool) { return `{"oops":1}`, offset == 100 }
	c.meet = func(r *http.Request, offset int) {
		if offset <= 100 {
			return
		}
		// The others are held until the client gives them up.
		select {
		case <-r.Context().Done():
		case <-time.After(20 * time.Second):
			t.Errorf("the page from %d was still wanted", offset)
		}
	}
	_, err := c.stage.reader(t).Roles(organization).Rows(testContext(t), 5000, 0)
	if matched(err) != "UnreadableBody" {
		t.Errorf("%v matches %q", err, matched(err))
	}
	if n := len(c.stage.seen()); n > 11 {
		t.Errorf("%d requests went out, want the first and at most 10 more", n)
	}
}

func TestCancellingEndsAllPages(t *testing.T) {
	c := newCollection(t, 5000)
	ctx, cancel := context.WithCancel(testContext(t))
	c.meet = func(_ *http.Request, offset int) {
		if offset == 100 {
			cancel()
		}
	}
	if _, err := c.stage.reader(t).Roles(organization).Rows(ctx, 5000, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestAListThatShrinksIsReadOnceMore(t *testing.T) {
	c := newCollection(t, 250)
	var once sync.Once
	c.meet = func(_ *http.Request, offset int) {
		if offset == 200 {
			once.Do(func() { c.size.Store(240) })
		}
	}
	rows, err := c.stage.reader(t).Roles(organization).Rows(testContext(t), 500, 0)
	if err != nil || rows.Total != 240 || !slices.Equal(names(rows.Results), numbered(0, 240)) {
		t.Errorf("%d of %d rows, %v", len(rows.Results), rows.Total, err)
	}
	if n := c.asked("limit=100"); n != 2 {
		t.Errorf("it was read %d times", n)
	}
}

// A row that comes in at the front moves the others along, and one would be read twice.
func TestAListThatGrowsIsReadOnceMore(t *testing.T) {
	c := newCollection(t, 250)
	c.meet = func(_ *http.Request, offset int) {
		if offset == 200 {
			c.size.Store(251)
		}
	}
	rows, err := c.stage.reader(t).Roles(organization).Rows(testContext(t), 500, 0)
	if err != nil || rows.Total != 251 || !slices.Equal(names(rows.Results), numbered(0, 251)) || c.asked("limit=100") != 2 {
		t.Errorf("%d of %d rows, %v", len(rows.Results), rows.Total, err)
	}
}

func TestAListThatAlwaysGrowsIsTakenAsItIs(t *testing.T) {
	c := newCollection(t, 250)
	c.meet = func(*http.Request, int) { c.size.Add(1) }
	rows, err := c.stage.reader(t).Roles(organization).Rows(testContext(t), 200, 0)
	if err != nil || !slices.Equal(names(rows.Results), numbered(0, 200)) {
		t.Errorf("%d rows, %v", len(rows.Results), err)
	}
}

func TestAListWithFewerRowsThanItCountsIsAnErrorInTheEnd(t *testing.T) {
	for name, limit := range map[string]int{"one page": 50, "more": 500} {
		c := newCollection(t, 250)
		c.spoil = func(offset, limit int) (string, bool) { return pageJSON(250, roleJSON), limit == 50 }
		_, err := c.stage.reader(t).Roles(organization).Rows(testContext(t), limit, 0)
		if first := c.asked(fmt.Sprintf("limit=%d", min(limit, 100))); matched(err) != "BrokenList" || first != 2 {
			t.Errorf("%s: read %d times, %v matches %q", name, first, err, matched(err))
		}
	}
}

func TestAPageLongerThanAskedIsAnError(t *testing.T) {
	c := newCollection(t, 250)
	c.spoil = func(int, int) (string, bool) { return pageJSON(250, roleJSON, roleJSON), true }
	if _, err := c.stage.reader(t).Roles(organization).Rows(testContext(t), 1, 0); matched(err) != "BrokenList" {
		t.Errorf("%v matches %q", err, matched(err))
	}
}

func TestAnEnormousCountIsNotBelieved(t *testing.T) {
	c := newCollection(t, 250)
	c.spoil = func(int, int) (string, bool) { return pageJSON(1<<40, roleJSON), true }
	if _, err := c.stage.reader(t).Roles(organization).Rows(testContext(t), 1<<50, 0); matched(err) != "BrokenList" || len(c.stage.seen()) != 1 {
		t.Errorf("%v matches %q after %d requests", err, matched(err), len(c.stage.seen()))
	}
}

func TestSlimRowsHaveOnlyTheirFields(t *testing.T) {
	c := newCollection(t, 150)
	type slim struct {
		ID   apiclient.RoleID `json:"id"`
		Name string           `json:"name"`
	}
	list := apiclient.As[slim](c.stage.reader(t).Roles(organization))
	rows, err := list.Rows(testContext(t), 150, 0)
	if err != nil || len(rows.Results) != 150 || rows.Results[149] != (slim{roleID, "149"}) {
		t.Errorf("%+v, %v", rows, err)
	}
	count := 0
	for row, err := range list.Each(testContext(t)) {
		if err != nil || row.Name != strconv.Itoa(count) {
			t.Fatalf("row %d: %+v, %v", count, row, err)
		}
		count++
	}
	if count != 150 {
		t.Errorf("%d rows", count)
	}
}
