package apiclient_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"posthog-org-mcp/apiclient"
)

// A panic in a goroutine that nobody recovers in would end the process.
func TestAPanicWhileAPageIsReadReachesWhoeverAskedForTheRows(t *testing.T) {
	const row = `{"id":"0190f3a2-1000-7000-8000-000000000001","name":"Hedgebox"}`
	client := newClient(t, mustParse(t, "https://posthog.example.com"), func(c *apiclient.Config) {
		c.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
			if strings.Contains(r.URL.RawQuery, "offset=100") {
				panic("lost on the second page")
			}
			page := `{"count":150,"next":null,"previous":null,"results":[` + strings.TrimSuffix(strings.Repeat(row+",", 100), ",") + `]}`
			return &http.Response{
				StatusCode: http.StatusOK, Request: r, Header: http.Header{"Content-Type": {"application/json"}},
				Body: io.NopCloser(strings.NewReader(page)),
			}, nil
		})
	})
	defer func() {
		if cause := recover(); cause == nil {
			t.Error("there was no panic")
		}
	}()
	_, err := client.Reader().Organizations().Rows(t.Context(), 150, 0)
	t.Errorf("it ended with %v", err)
}
