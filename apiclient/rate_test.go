package apiclient_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"posthog-org-mcp/apiclient"
)

// slowed makes a client whose requests go out at once, and then every 21⅔ seconds.
func slowed(c *apiclient.Config) { c.Rate = apiclient.Rate{PerMinute: 4} }

const turn = 65 * time.Second / 3

func TestManyCallersAtOnceKeepToTheRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const perMinute, calls = 480, 1500
		var mu sync.Mutex
		var sent []time.Time
		client := newClient(t, mustParse(t, "http://127.0.0.1:1"), func(c *apiclient.Config) {
			c.Rate = apiclient.Rate{PerMinute: perMinute, PerHour: 4800}
			c.Transport = roundTripper(func(*http.Request) (*http.Response, error) {
				mu.Lock()
				defer mu.Unlock()
				sent = append(sent, time.Now())
				return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(roleJSON))}, nil
			})
		})
		var callers sync.WaitGroup
		for range calls {
			callers.Go(func() {
				if err := readRole(t.Context(), client); err != nil {
					t.Error(err)
				}
			})
		}
		callers.Wait()
		if len(sent) != calls {
			t.Fatalf("%d requests went out", len(sent))
		}
		for i := range calls - perMinute {
			if width := sent[i+perMinute].Sub(sent[i]); width < time.Minute {
				t.Fatalf("%d requests went out within %v", perMinute+1, width)
			}
		}
	})
}

func TestAReaderTellsTheRateThatItKeepsTo(t *testing.T) {
	limited := newClient(t, mustParse(t, "http://127.0.0.1:1"), slowed).Reader()
	free := newClient(t, mustParse(t, "http://127.0.0.1:1"), func(c *apiclient.Config) { c.Rate = apiclient.Rate{} }).Reader()
	for _, test := range []struct {
		reader apiclient.Reader
		want   string
	}{{limited, "4 a minute"}, {free, "no limit"}, {apiclient.Reader{}, "no limit"}} {
		if got := test.reader.Rate().String(); got != test.want {
			t.Errorf("got %s, want %s", got, test.want)
		}
	}
}

func TestEachTryWaitsForItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(t, roleJSON, wait4, busy, good)
		// Waiting for a turn costs nothing of the total limit.
		client := s.client(t, slowed, func(c *apiclient.Config) { c.Timeouts.Total = 10 * time.Second })
		if err := readRole(t.Context(), client); err != nil {
			t.Error(err)
		}
		tries := s.tries()
		for i, want := range []time.Duration{0, turn, 2 * turn} {
			if len(tries) != 3 || (tries[i]-want).Abs() > time.Microsecond {
				t.Fatalf("tried at %v, want every %v", tries, turn)
			}
		}
	})
}

func TestARedirectThatIsFollowedWaitsForItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent []time.Duration
		start := time.Now()
		client := newClient(t, mustParse(t, "http://127.0.0.1:1"), slowed, func(c *apiclient.Config) {
			c.Timeouts.Total = time.Minute
			c.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
				sent = append(sent, time.Since(start))
				if len(sent) == 1 {
					return &http.Response{StatusCode: http.StatusFound, Header: http.Header{"Location": {"/there"}}, Body: http.NoBody}, nil
				}
				return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(roleJSON))}, nil
			})
		})
		if err := readRole(t.Context(), client); err != nil || len(sent) != 2 || sent[1] < turn-time.Microsecond {
			t.Errorf("%v, sent at %v", err, sent)
		}
		// The third turn is a minute and more away from the caller's deadline.
		ctx, cancel := context.WithTimeout(t.Context(), turn+time.Second)
		defer cancel()
		sent = nil
		err := readRole(ctx, client)
		if !errors.Is(err, context.DeadlineExceeded) || len(sent) != 1 {
			t.Errorf("%v, sent at %v", err, sent)
		}
	})
}

func TestATurnAfterTheDeadlineIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(t, roleJSON, good)
		client := s.client(t, slowed)
		if err := deleteRole(t.Context(), client); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		err := deleteRole(ctx, client)
		const want = "DELETE roles/{id}/: not sent: the deadline is sooner than its turn, which comes in 22s (4 a minute may go out); try again then"
		if err == nil || err.Error() != want || matched(err) != "NotSent" || !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 0 {
			t.Errorf("%v, matches %q, after %v", err, matched(err), time.Since(start))
		}
		if len(s.tries()) != 1 {
			t.Errorf("%d requests went out", len(s.tries()))
		}
		// The turn was given back, or the next would come a turn later.
		if err := deleteRole(t.Context(), client); err != nil || time.Since(start) > turn {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

func TestCancellingEndsTheWaitForATurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(t, roleJSON, drop, good)
		ctx, cancel := context.WithCancel(t.Context())
		start := time.Now()
		time.AfterFunc(5*time.Second, cancel)
		err := deleteRole(ctx, s.client(t, slowed))
		if !errors.Is(err, context.Canceled) || matched(err) != "UnknownOutcome" || time.Since(start) != 5*time.Second {
			t.Errorf("%v, matches %q, after %v", err, matched(err), time.Since(start))
		}
	})
}

func TestALongWaitForATurnIsInTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var logged bytes.Buffer
		s := newScript(t, roleJSON, good)
		client := s.client(t, slowed, func(c *apiclient.Config) {
			c.Rate.PerHour = 100
			c.Logger = slog.New(slog.NewTextHandler(&logged, nil))
		})
		for range 2 {
			if err := readRole(t.Context(), client); err != nil {
				t.Fatal(err)
			}
		}
		const want = `level=INFO msg="PostHog request waits for its turn" method=GET path=/api/organizations/{organization_id}/roles/{id}/ wait=21.6`
		if text := logged.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, want) || !strings.Contains(text, `rate="4 a minute and 100 an hour"`) {
			t.Errorf("logged %s", text)
		}
	})
}

func TestANoteHoldsTheLastAnswersNameAndTheTries(t *testing.T) {
	for _, run := range []struct {
		call   func(context.Context, *apiclient.Client) error
		faults []fault
		id     string
		tries  int
	}{
		{createRole, []fault{good}, "request-1", 1},
		{createRole, []fault{forbidden}, "request-1", 1},
		{createRole, []fault{garbage}, "request-1", 1},
		{createRole, []fault{refuse}, "", 4},
		{createRole, []fault{drop}, "", 1},
		{deleteRole, []fault{gateway, busy, good}, "request-3", 3},
		{deleteRole, []fault{busy, refuse, drop, drop}, "request-1", 4},
		{deleteRole, []fault{drop, gone}, "request-2", 2},
		{write, []fault{redirect}, "request-1", 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newScript(t, roleJSON, run.faults...)
			ctx, note := apiclient.WithRequestNote(t.Context())
			if note.Tries() != 0 || note.RequestID() != "" {
				t.Error("a new note is not empty")
			}
			err := run.call(ctx, s.client(t))
			if note.RequestID() != run.id || note.Tries() != run.tries {
				t.Errorf("%v: %q after %d tries, want %q after %d: %v", run.faults, note.RequestID(), note.Tries(), run.id, run.tries, err)
			}
		})
	}
}

func TestANoteCountsWhatWentOutSideBySide(t *testing.T) {
	c := newCollection(t, 1000)
	ctx, note := apiclient.WithRequestNote(testContext(t))
	if _, err := c.stage.reader(t).Roles(organization).Rows(ctx, 1000, 0); err != nil || note.Tries() != 10 {
		t.Errorf("%d tries, %v", note.Tries(), err)
	}
	// Nothing goes out for an argument that no request is made of.
	if _, err := c.stage.reader(t).Role(ctx, organization, "x"); err == nil || note.Tries() != 10 {
		t.Errorf("%d tries, %v", note.Tries(), err)
	}
	// The note within takes the place of the one around it.
	inner, own := apiclient.WithRequestNote(ctx)
	if _, err := c.stage.reader(t).Roles(organization).Page(inner, 0, 0); err != nil || own.Tries() != 1 || note.Tries() != 10 {
		t.Errorf("%d and %d tries, %v", own.Tries(), note.Tries(), err)
	}
}

func TestANotedNameShowsNoSecret(t *testing.T) {
	s := newStage(t)
	s.broken(200, roleJSON, "X-Request-Id", "id-"+canary)
	ctx, note := apiclient.WithRequestNote(testContext(t))
	if err := readRole(ctx, s.client(t)); err != nil || note.RequestID() == "" || strings.Contains(note.RequestID(), "CANARY") {
		t.Errorf("%q, %v", note.RequestID(), err)
	}
}
