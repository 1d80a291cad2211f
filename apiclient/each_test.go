package apiclient_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"posthog-org-mcp/apiclient"
)

func TestEachWalksOverAllPages(t *testing.T) {
	for _, size := range []int{0, 1, 100, 101, 250} {
		c := newCollection(t, size)
		var got []apiclient.Role
		for role, err := range c.stage.reader(t).Roles(organization).Each(testContext(t)) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, role)
		}
		if !slices.Equal(names(got), numbered(0, size)) {
			t.Errorf("%d rows: got %v", size, names(got))
		}
		if want := max(1, (size+99)/100); len(c.stage.seen()) != want {
			t.Errorf("%d rows: %d requests, want %d", size, len(c.stage.seen()), want)
		}
	}
}

func TestEachEndsWhenTheCallerDoes(t *testing.T) {
	c := newCollection(t, 250)
	for range c.stage.reader(t).Roles(organization).Each(testContext(t)) {
		break
	}
	if n := len(c.stage.seen()); n != 1 {
		t.Errorf("%d requests", n)
	}
}

// walk collects the rows of Each and the error that ended them.
func walk(ctx context.Context, reader apiclient.Reader) (rows int, last error) {
	for _, err := range reader.Roles(organization).Each(ctx) {
		if err != nil {
			return rows, err
		}
		rows++
	}
	return rows, nil
}

func TestANextThatLeadsAstrayIsAnError(t *testing.T) {
	other := elsewhere(t)
	replace := func(old, new string) func(string) string {
		return func(next string) string { return strings.Replace(next, old, new, 1) }
	}
	for name, stray := range map[string]struct {
		next func(string) string
		says string
	}{
		"another host":                     {replace("http://127.0.0.1", "http://localhost"), `points to "http://localhost:`},
		"another port":                     {func(string) string { return other.URL + "/api/organizations/?offset=100" }, `points to "` + other.URL},
		"another scheme":                   {replace("http://", "https://"), `points to "https://127.0.0.1`},
		"a user":                           {replace("http://", "http://user:secretpassword@"), "points to"},
		"no host":                          {func(string) string { return "/api/organizations/?offset=100" }, "points to"},
		"only a query":                     {func(string) string { return "?offset=100" }, "points to"},
		"an empty text":                    {func(string) string { return "" }, "points to"},
		"garbage":                          {func(string) string { return "http://[::1" }, "not an address"},
		"outside":                          {replace("/api/", "/admin/"), "outside /api/"},
		"climbing out":                     {replace("/api/", "/api/../admin/"), "outside /api/"},
		"climbing out, escaped":            {replace("/api/", "/api/%2e%2e/admin/"), "outside /api/"},
		"climbing out, slash escaped":      {replace("/api/", "/api/..%2fadmin/"), "outside /api/"},
		"climbing out by a backslash":      {replace("/api/", `/api/..%5Cadmin/`), "outside /api/"},
		"another place before":             {replace("/behind/", "/before/"), "outside /api/"},
		"standing still":                   {replace("offset=100", "offset=0"), `offset "0" after 0`},
		"going back":                       {replace("offset=100", "offset=-100"), `offset "-100" after 0`},
		"no offset":                        {replace("offset=100", ""), `offset "" after 0`},
		"an offset that is none":           {replace("offset=100", "offset=many"), `offset "many" after 0`},
		"an offset that is none, enormous": {replace("offset=100", "offset=99999999999999999999"), "after 0"},
		"a malformed query":                {replace("offset=100", "offset=100&a=%zz"), "malformed query"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCollection(t, 250)
			c.next = stray.next
			rows, err := walk(testContext(t), c.stage.reader(t))
			if rows != 100 || matched(err) != "BrokenList" || !strings.Contains(fmt.Sprint(err), stray.says) {
				t.Errorf("after %d rows %v matches %q; it should say %q", rows, err, matched(err), stray.says)
			}
			if strings.Contains(fmt.Sprint(err), "secretpassword") {
				t.Errorf("the error shows a password: %v", err)
			}
			if n := len(c.stage.seen()); n != 1 {
				t.Errorf("%d requests went out", n)
			}
		})
	}
}

func TestANextWithoutThePathPrefixIsFollowedUnderIt(t *testing.T) {
	c := newCollection(t, 250)
	c.next = func(next string) string { return strings.Replace(next, "/behind/a%20path", "", 1) }
	if rows, err := walk(testContext(t), c.stage.reader(t)); rows != 250 || err != nil {
		t.Errorf("%d rows, %v", rows, err)
	}
}

// Behind a proxy that ends TLS a server may believe that it is asked over http.
func TestANextOverHTTPIsFollowedOverHTTPS(t *testing.T) {
	var serve http.HandlerFunc
	server, trust := tlsServer(t, func(w http.ResponseWriter, r *http.Request) { serve(w, r) })
	port := mustParse(t, server.URL).Port()
	for address, follow := range map[string]bool{
		"http://127.0.0.1:" + port: true, "http://127.0.0.1": false, "http://127.0.0.1:80": false, "http://localhost:" + port: false,
	} {
		var requests atomic.Int32
		serve = func(w http.ResponseWriter, r *http.Request) {
			if requests.Add(1) == 1 {
				give(w, 200, fmt.Sprintf(`{"count":2,"next":%q,"previous":null,"results":[%s]}`, address+r.URL.Path+"?offset=1", roleJSON))
				return
			}
			give(w, 200, pageJSON(2, roleJSON))
		}
		client := newClient(t, mustParse(t, server.URL))
		client.Trust(trust)
		rows, err := walk(testContext(t), client.Reader())
		if follow && (rows != 2 || err != nil) || !follow && (matched(err) != "BrokenList" || requests.Load() != 1) {
			t.Errorf("%s: %d rows after %d requests, %v", address, rows, requests.Load(), err)
		}
	}
}

func TestTheUsualPortsAreOneHost(t *testing.T) {
	for _, next := range []struct {
		host, next string
		followed   string
	}{
		{"https://us.posthog.com", "https://us.posthog.com/api/x/?offset=1", "https://us.posthog.com/api/x/?offset=1"},
		{"https://us.posthog.com", "https://US.posthog.com:443/api/x/?offset=1", "https://us.posthog.com/api/x/?offset=1"},
		{"https://us.posthog.com:443", "http://us.posthog.com/api/x/?offset=1", "https://us.posthog.com:443/api/x/?offset=1"},
		{"https://us.posthog.com", "http://us.posthog.com:80/api/x/?a=b&offset=1", "https://us.posthog.com/api/x/?a=b&offset=1"},
		{"https://us.posthog.com/ph", "http://us.posthog.com/ph/api/x/?offset=1", "https://us.posthog.com/ph/api/x/?offset=1"},
		{"https://us.posthog.com/ph", "http://us.posthog.com/api/x/?offset=1", "https://us.posthog.com/ph/api/x/?offset=1"},
		{"https://us.posthog.com:8443", "http://us.posthog.com/api/x/?offset=1", ""},
		{"https://us.posthog.com", "http://us.posthog.com:8000/api/x/?offset=1", ""},
		{"https://us.posthog.com", "https://us.posthog.com:80/api/x/?offset=1", ""},
		{"https://us.posthog.com", "https://us.posthog.com.example.com/api/x/?offset=1", ""},
		{"https://us.posthog.com", "ftp://us.posthog.com/api/x/?offset=1", ""},
		{"http://localhost", "http://localhost:80/api/x/?offset=1", "http://localhost/api/x/?offset=1"},
		{"http://localhost", "https://localhost/api/x/?offset=1", ""},
	} {
		var asked []string
		client := newClient(t, mustParse(t, next.host), func(c *apiclient.Config) {
			c.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
				asked = append(asked, r.URL.String())
				body := pageJSON(2, roleJSON)
				if len(asked) == 1 {
					body = strings.Replace(body, `"next":null`, fmt.Sprintf(`"next":%q`, next.next), 1)
				}
				return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(body))}, nil
			})
		})
		rows, err := walk(testContext(t), client.Reader())
		switch {
		case next.followed == "" && (matched(err) != "BrokenList" || len(asked) != 1):
			t.Errorf("%s, %s: %v after %v", next.host, next.next, err, asked)
		case next.followed != "" && (err != nil || rows != 2 || len(asked) != 2 || asked[1] != next.followed):
			t.Errorf("%s, %s: %v after %v", next.host, next.next, err, asked)
		}
	}
}

func TestAWalkThatEndsTooEarlyIsAnError(t *testing.T) {
	c := newCollection(t, 250)
	c.spoil = func(offset, _ int) (string, bool) { return pageJSON(250, roleJSON), offset == 100 }
	rows, err := walk(testContext(t), c.stage.reader(t))
	if rows != 101 || matched(err) != "BrokenList" || !strings.Contains(err.Error(), "101 of 250") {
		t.Errorf("%d rows, %v", rows, err)
	}
}

func TestAnEmptyPageThatPointsOnIsAnError(t *testing.T) {
	c := newCollection(t, 250)
	c.spoil = func(offset, _ int) (string, bool) {
		next := fmt.Sprintf("%s/api/organizations/?offset=%d", c.stage.url, offset+1)
		return fmt.Sprintf(`{"count":250,"next":%q,"previous":null,"results":[]}`, next), true
	}
	rows, err := walk(testContext(t), c.stage.reader(t))
	if rows != 0 || matched(err) != "BrokenList" || len(c.stage.seen()) != 1 {
		t.Errorf("%d rows, %v", rows, err)
	}
}

func TestABrokenPageEndsAWalkWithAnError(t *testing.T) {
	c := newCollection(t, 250)
	c.spoil = func(offset, _ int) (string, bool) { return `{"count":250,"results":[]}`, offset == 200 }
	rows, err := walk(testContext(t), c.stage.reader(t))
	if rows != 200 || matched(err) != "UnreadableBody" {
		t.Errorf("%d rows, %v", rows, err)
	}
}
