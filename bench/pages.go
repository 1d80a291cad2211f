package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

const (
	longList    = 2000 // rows
	pageRows    = 100  // rows of one page
	pageLatency = 20 * time.Millisecond

	// minPagesGain is how many times faster than one after the other the pages
	// must come.
	minPagesGain = 4
)

// measurePages measures how long a list of twenty pages takes, of an API that
// takes 20 ms for each: through our server, and one page after the other by the
// address of the next one that each of them brings.
func (b *bench) measurePages(ctx context.Context) ([]line, error) {
	members := newSlowMembers()
	api := httptest.NewServer(members)
	defer api.Close()
	stage, err := b.openStageAt(ctx, api.URL)
	if err != nil {
		return nil, err
	}
	defer stage.abandon()

	var ours, direct sample
	for run := -1; run < b.runs.pages; run++ {
		members.requests.Store(0)
		took, text, err := stage.throughServer(comparison{tool: "members-list", arguments: map[string]any{"limit": longList}})
		if err != nil {
			return nil, err
		}
		if requests := members.requests.Load(); requests != longList/pageRows {
			return nil, fmt.Errorf("our server made %d requests for %d pages", requests, longList/pageRows)
		}
		if rows := strings.Count(text, `"joined_at"`); rows != longList {
			return nil, fmt.Errorf("our server answered %d rows of %d", rows, longList)
		}
		began := time.Now()
		if err := stage.follow(ctx, api.URL+membersPath); err != nil {
			return nil, err
		}
		if run >= 0 {
			direct.add(time.Since(began))
			ours.add(took)
		}
	}
	group := fmt.Sprintf("%d pages at %s each", longList/pageRows, pageLatency)
	return []line{
		{Group: group, Name: "one after the other, direct", Unit: inMilliseconds, summary: direct.summary()},
		{Group: group, Name: fmt.Sprintf("ours, members-list of %d", longList), Unit: inMilliseconds, summary: ours.summary(),
			Score: held(ratio(direct.median(), ours.median()), "× faster", atLeast, minPagesGain)},
	}, stage.end()
}

// follow reads a list page by page. The rows are left as they are.
func (s *stage) follow(ctx context.Context, url string) error {
	rows := 0
	for next := &url; next != nil; {
		body, err := s.get(ctx, *next)
		if err != nil {
			return err
		}
		var page struct {
			Next    *string           `json:"next"`
			Results []json.RawMessage `json:"results"`
		}
		if err := json.Unmarshal(body, &page); err != nil {
			return err
		}
		next = page.Next
		rows += len(page.Results)
	}
	if rows != longList {
		return fmt.Errorf("the pages had %d rows of %d", rows, longList)
	}
	return nil
}

const membersPath = organizationPath + "members/"

// slowMembers is the API of an organization with many members, and as slow as
// one that is far away.
type slowMembers struct {
	rows     [][]byte
	requests atomic.Int64
}

func newSlowMembers() *slowMembers {
	s := &slowMembers{rows: make([][]byte, longList)}
	for i := range s.rows {
		s.rows[i] = fmt.Appendf(nil, memberRow, i+1)
	}
	return s
}

// memberRow is a member as the API sends one; each differs by its number.
const memberRow = `{"id":"0190f3a2-3000-7000-8000-%012[1]d",` +
	`"user":{"id":%[1]d,"uuid":"0190f3a2-2000-7000-8000-%012[1]d","distinct_id":"bench-distinct-id-%[1]d",` +
	`"first_name":"Member","last_name":"Number %[1]d","email":"member-%[1]d@example.com","is_email_verified":true,` +
	`"hedgehog_config":{"use_as_profile":true,"color":"green","accessories":["beret"]},"role_at_organization":"engineering"},` +
	`"level":1,"joined_at":"2024-03-01T09:30:00.123456Z","updated_at":"2025-03-01T09:30:00.123456Z",` +
	`"is_2fa_enabled":true,"has_social_auth":false,"last_login":"2026-01-05T08:15:00.123456Z"}`

func (s *slowMembers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.requests.Add(1)
	late := time.NewTimer(pageLatency)
	defer late.Stop()
	select {
	case <-late.C:
	case <-r.Context().Done():
		return
	}
	if r.URL.Path != membersPath {
		http.NotFound(w, r)
		return
	}
	limit, offset := wholeNumber(r, "limit", pageRows), wholeNumber(r, "offset", 0)
	end := min(offset+limit, len(s.rows))
	next := "null"
	if end < len(s.rows) {
		next = fmt.Sprintf(`"http://%s%s?limit=%d&offset=%d"`, r.Host, membersPath, limit, end)
	}
	w.Header().Set("Content-Type", "application/json")
	// Put together by hand: the time that encoding takes here, ours has less.
	page := fmt.Appendf(nil, `{"count":%d,"next":%s,"previous":null,"results":[`, len(s.rows), next)
	page = append(page, bytes.Join(s.rows[min(offset, end):end], []byte(","))...)
	_, _ = w.Write(append(page, "]}"...)) // whoever has left reads no error
}

func wholeNumber(r *http.Request, name string, otherwise int) int {
	value, err := strconv.Atoi(r.URL.Query().Get(name))
	if err != nil || value < 0 {
		return otherwise
	}
	return value
}
