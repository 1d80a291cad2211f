package apiclient_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/schemas"
)

// Calls of each rule. The answer that suits all of them is roleJSON, but for the
// rotation, which needs a project.
func readRole(ctx context.Context, c *apiclient.Client) error {
	_, err := c.Reader().Role(ctx, organization, roleID)
	return err
}

func deleteRole(ctx context.Context, c *apiclient.Client) error {
	return c.DeleteRole(ctx, organization, roleID)
}

func createRole(ctx context.Context, c *apiclient.Client) error {
	_, err := c.CreateRole(ctx, organization, apiclient.RoleCreate{Name: "Support"})
	return err
}

func renameRole(ctx context.Context, c *apiclient.Client) error {
	name := "Support"
	_, err := c.UpdateRole(ctx, organization, roleID, apiclient.RoleUpdate{Name: &name})
	return err
}

func rotateWithBody(ctx context.Context, c *apiclient.Client) error {
	timezone := "UTC"
	_, err := c.RotateSecretToken(ctx, organization, projectID, &schemas.ProjectSettings{Timezone: &timezone})
	return err
}

// The table of resend.go, tried out: a fault that never passes, and how many
// tries it costs each kind of operation and what the error then is.
func TestEachKindOfOperationIsTriedAsOftenAsItsRuleSays(t *testing.T) {
	const unknown, unreadable, notSent = "UnknownOutcome", "UnknownOutcome UnreadableBody", "NotSent"
	type cell struct {
		tries   int
		matches string
	}
	kinds := []struct {
		name string
		call func(context.Context, *apiclient.Client) error
	}{{"read", readRole}, {"delete", deleteRole}, {"create", createRole}, {"update", renameRole}, {"rotation", write}, {"rotation with a body", rotateWithBody}}
	for _, row := range []struct {
		fault  fault
		read   cell
		delete cell
		unsent cell // creates and updates
		never  cell // rotations
	}{
		{refuse, cell{4, notSent}, cell{4, notSent}, cell{4, notSent}, cell{1, notSent}},
		{noConnect, cell{4, notSent}, cell{4, notSent}, cell{4, notSent}, cell{1, notSent}},
		{drop, cell{4, ""}, cell{4, unknown}, cell{1, unknown}, cell{1, unknown}},
		{silence, cell{1, ""}, cell{1, unknown}, cell{1, unknown}, cell{1, unknown}},
		{drip, cell{1, ""}, cell{1, unreadable}, cell{1, unknown}, cell{1, unknown}},
		{cut, cell{4, "UnreadableBody"}, cell{1, unreadable}, cell{1, unreadable}, cell{1, unreadable}},
		{halfJSON, cell{1, "UnreadableBody"}, cell{1, unreadable}, cell{1, unreadable}, cell{1, unreadable}},
		{garbage, cell{1, "UnreadableBody"}, cell{1, unreadable}, cell{1, unreadable}, cell{1, unreadable}},
		{redirect, cell{1, "Redirected"}, cell{1, "Redirected"}, cell{1, "Redirected"}, cell{1, "Redirected"}},
		{throttle, cell{4, "Throttled"}, cell{4, "Throttled"}, cell{1, "Throttled"}, cell{1, "Throttled"}},
		{wait4, cell{4, "Throttled"}, cell{4, "Throttled"}, cell{1, "Throttled"}, cell{1, "Throttled"}},
		{wait60, cell{1, "Throttled"}, cell{1, "Throttled"}, cell{1, "Throttled"}, cell{1, "Throttled"}},
		{timeout, cell{1, "Invalid"}, cell{1, "Invalid UnknownOutcome"}, cell{1, "Invalid UnknownOutcome"}, cell{1, "Invalid UnknownOutcome"}},
		{fail, cell{1, "Server"}, cell{1, "Server UnknownOutcome"}, cell{1, "Server UnknownOutcome"}, cell{1, "Server UnknownOutcome"}},
		{gateway, cell{4, "Server"}, cell{4, "Server UnknownOutcome"}, cell{1, "Server UnknownOutcome"}, cell{1, "Server UnknownOutcome"}},
		{busy, cell{4, "Server"}, cell{4, "Server UnknownOutcome"}, cell{1, "Server UnknownOutcome"}, cell{1, "Server UnknownOutcome"}},
		{busy4, cell{4, "Server"}, cell{4, "Server UnknownOutcome"}, cell{1, "Server UnknownOutcome"}, cell{1, "Server UnknownOutcome"}},
		{slow, cell{4, "Server"}, cell{4, "Server UnknownOutcome"}, cell{1, "Server UnknownOutcome"}, cell{1, "Server UnknownOutcome"}},
		{gone, cell{1, "NotFound"}, cell{1, "NotFound"}, cell{1, "NotFound"}, cell{1, "NotFound"}},
		{forbidden, cell{1, "Forbidden LevelTooLow"}, cell{1, "Forbidden LevelTooLow"}, cell{1, "Forbidden LevelTooLow"}, cell{1, "Forbidden LevelTooLow"}},
	} {
		for i, kind := range kinds {
			want := []cell{row.read, row.delete, row.unsent, row.unsent, row.never, row.never}[i]
			t.Run(kind.name+", "+string(row.fault), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newScript(t, roleJSON, row.fault)
					err := kind.call(t.Context(), s.client(t))
					if got := (cell{len(s.tries()), matched(err)}); got != want {
						t.Errorf("%d tries, matches %q: %v; want %d, %q", got.tries, got.matches, err, want.tries, want.matches)
					}
					arrived := want.tries
					if row.fault == refuse || row.fault == noConnect {
						arrived = 0
					}
					if len(s.requests()) != arrived {
						t.Errorf("%d requests arrived, want %d", len(s.requests()), arrived)
					}
					expectTries(t, err, want.tries)
				})
			})
		}
	}
}

// expectTries checks that an error says how many tries there were, if more than one.
func expectTries(t *testing.T, err error, want int) {
	t.Helper()
	var retried *apiclient.RetriedError
	switch {
	case !errors.As(err, &retried):
		if want != 1 {
			t.Errorf("%v does not say that there were %d tries", err, want)
		}
	case retried.Tries != want || want == 1:
		t.Errorf("%v says that there were %d tries, not %d", err, retried.Tries, want)
	case !strings.Contains(err.Error(), "(after "+string(rune('0'+want))+" tries"):
		t.Errorf("the message does not say how many tries there were: %v", err)
	}
}

func TestEveryOperationHasARule(t *testing.T) {
	for _, operation := range operations(t) {
		want := map[string][2]int{"GET": {4, 4}, "DELETE": {4, 4}, "POST": {4, 1}, "PATCH": {4, 1}}[operation.method]
		if strings.Contains(operation.path, "rotate_secret_token") {
			want = [2]int{1, 1}
		}
		for i, fault := range []fault{refuse, busy} {
			t.Run(operation.name+", "+string(fault), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newScript(t, "", fault)
					if err := operation.call(t.Context(), s.client(t)); err == nil || len(s.tries()) != want[i] {
						t.Errorf("%d tries, want %d: %v", len(s.tries()), want[i], err)
					}
				})
			})
		}
	}
}

func TestAFaultThatPassesIsNotSeen(t *testing.T) {
	for name, run := range map[string]struct {
		call   func(context.Context, *apiclient.Client) error
		faults []fault
	}{
		"read":   {readRole, []fault{refuse, cut, wait4, good}},
		"delete": {deleteRole, []fault{drop, busy, slow, good}},
		"create": {createRole, []fault{noConnect, refuse, refuse, good}},
		"update": {renameRole, []fault{refuse, good}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newScript(t, roleJSON, run.faults...)
				if err := run.call(t.Context(), s.client(t)); err != nil || len(s.tries()) != len(run.faults) {
					t.Errorf("%v after %d tries", err, len(s.tries()))
				}
			})
		})
	}
}

// What is known of an operation is what is known of all its tries together.
func TestAnErrorNeverSaysLessThanAllTriesDo(t *testing.T) {
	for _, sequence := range []struct {
		call    func(context.Context, *apiclient.Client) error
		faults  []fault
		matches string
	}{
		{deleteRole, []fault{drop, refuse}, "UnknownOutcome"},
		{deleteRole, []fault{drop, wait60}, "Throttled UnknownOutcome"},
		{deleteRole, []fault{gateway, wait60}, "Server Throttled UnknownOutcome"},
		{deleteRole, []fault{slow, refuse}, "Server UnknownOutcome"},
		{deleteRole, []fault{drop, forbidden}, "Forbidden LevelTooLow UnknownOutcome"},
		{deleteRole, []fault{drop, refuse, throttle, refuse}, "UnknownOutcome"},
		{deleteRole, []fault{refuse, drop, redirect}, "Redirected UnknownOutcome"},
		{deleteRole, []fault{throttle, refuse}, "NotSent"},
		{deleteRole, []fault{refuse, wait60}, "Throttled"},
		{createRole, []fault{refuse, drop}, "UnknownOutcome"},
		{createRole, []fault{refuse, throttle}, "Throttled"},
		{createRole, []fault{refuse, fail}, "Server UnknownOutcome"},
		{readRole, []fault{drop, refuse}, "NotSent"},
		{readRole, []fault{drop, forbidden}, "Forbidden LevelTooLow"},
	} {
		name := ""
		for _, fault := range sequence.faults {
			name += string(fault) + "; "
		}
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newScript(t, roleJSON, sequence.faults...)
				err := sequence.call(t.Context(), s.client(t))
				if got := matched(err); got != sequence.matches {
					t.Errorf("%v matches %q, want %q", err, got, sequence.matches)
				}
				unknown := errors.Is(err, apiclient.ErrUnknownOutcome)
				var failure *apiclient.TransportError
				if errors.As(err, &failure) && unknown == (failure.Sent == apiclient.NotSent) {
					t.Errorf("%v says %v", err, failure.Sent)
				}
				// A 5xx of a write speaks for itself.
				last, text := sequence.faults[len(sequence.faults)-1], err.Error()
				if unknown && last != fail && !strings.Contains(text, "may or may not have been carried out") {
					t.Errorf("the message says too little: %s", text)
				}
				expectTries(t, err, len(s.tries()))
			})
		})
	}
}

func TestADeletedThingThatIsGoneOnALaterTryIsDeleted(t *testing.T) {
	for _, sequence := range []struct {
		call    func(context.Context, *apiclient.Client) error
		faults  []fault
		matches string // "" is success
	}{
		{deleteRole, []fault{drop, gone}, ""},
		{deleteRole, []fault{slow, refuse, gone}, ""},
		{deleteRole, []fault{drop, throttle, gone}, ""},
		{deleteRole, []fault{gone}, "NotFound"},
		{deleteRole, []fault{refuse, gone}, "NotFound"},
		{deleteRole, []fault{throttle, gone}, "NotFound"},
		{deleteRole, []fault{drop, goneHTML}, "NotFound UnknownOutcome"},
		{deleteRole, []fault{drop, goneOrg}, "NotFound UnknownOutcome"},
		{readRole, []fault{drop, gone}, "NotFound"},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newScript(t, roleJSON, sequence.faults...)
			if err := sequence.call(t.Context(), s.client(t)); matched(err) != sequence.matches || (err == nil) != (sequence.matches == "") {
				t.Errorf("%v: %v matches %q, want %q", sequence.faults, err, matched(err), sequence.matches)
			}
		})
	}
}

func TestRetryAfterIsObeyedToTheSecond(t *testing.T) {
	for _, fault := range []fault{wait4, busy4} {
		synctest.Test(t, func(t *testing.T) {
			s := newScript(t, roleJSON, fault, fault, good)
			if err := readRole(t.Context(), s.client(t)); err != nil {
				t.Error(err)
			}
			if want := []time.Duration{0, 4 * time.Second, 8 * time.Second}; !slices.Equal(s.tries(), want) {
				t.Errorf("%s: tried at %v, want %v", fault, s.tries(), want)
			}
		})
	}
}

func TestARetryAfterBeyondTheBoundSaysWhenToComeBack(t *testing.T) {
	for bound, want := range map[time.Duration]int{0: 1, time.Second: 1, 4*time.Second - 1: 1, 4 * time.Second: 2} {
		synctest.Test(t, func(t *testing.T) {
			fault := wait4
			if bound == 0 {
				fault = wait60 // beyond the default
			}
			s := newScript(t, roleJSON, fault, good)
			err := readRole(t.Context(), s.client(t, func(c *apiclient.Config) { c.Retry.MaxRetryAfter = bound }))
			if len(s.tries()) != want {
				t.Errorf("bound %v: %d tries, want %d", bound, len(s.tries()), want)
			}
			if want == 1 {
				var refused *apiclient.Error
				if !errors.As(err, &refused) || err != error(refused) || refused.RetryAfter < 4*time.Second {
					t.Errorf("bound %v: got %#v", bound, err)
				}
			}
		})
	}
}

func TestWaitsAreARandomPartOfABoundThatDoubles(t *testing.T) {
	bounds := []time.Duration{time.Second, 2 * time.Second, 3 * time.Second, 3 * time.Second}
	longest := make([]time.Duration, len(bounds))
	shortest := slices.Clone(bounds)
	synctest.Test(t, func(t *testing.T) {
		for range 200 {
			s := newScript(t, roleJSON, busy)
			client := s.client(t, func(c *apiclient.Config) {
				c.Retry = apiclient.RetryPolicy{Tries: len(bounds) + 1, FirstWait: bounds[0], MaxWait: 3 * time.Second}
			})
			if err := readRole(t.Context(), client); matched(err) != "Server" {
				t.Fatal(err)
			}
			tries := s.tries()
			for i := range bounds {
				wait := tries[i+1] - tries[i]
				longest[i], shortest[i] = max(longest[i], wait), min(shortest[i], wait)
			}
		}
	})
	// Of 200 waits none in the outer eighths is one chance in 10^11.
	for i, bound := range bounds {
		if longest[i] > bound || longest[i] < bound*7/8 || shortest[i] > bound/8 {
			t.Errorf("wait %d was from %v to %v, want nearly all of 0 to %v", i+1, shortest[i], longest[i], bound)
		}
	}
}

func TestOneTryIsOneTry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(t, roleJSON, busy)
		err := readRole(t.Context(), s.client(t, func(c *apiclient.Config) { c.Retry.Tries = 1 }))
		if matched(err) != "Server" || len(s.tries()) != 1 {
			t.Errorf("%v after %d tries", err, len(s.tries()))
		}
	})
}

func TestTheTotalLimitIsThatOfAllTriesTogether(t *testing.T) {
	total := func(c *apiclient.Config) { c.Timeouts.Total = 10 * time.Second }
	for name, run := range map[string]struct {
		faults []fault
		tries  int
		took   time.Duration
		says   string
	}{
		"a wait that would not fit":       {[]fault{wait4}, 3, 8 * time.Second, "GET roles/{id}/: 429 throttled: Request was throttled. (after 3 tries)"},
		"a later try that takes too long": {[]fault{wait4, silence}, 2, 10 * time.Second, "GET roles/{id}/: no complete answer within 10s (total timeout) (after 2 tries)"},
		"a later answer that does":        {[]fault{wait4, wait4, drip}, 3, 10 * time.Second, "GET roles/{id}/: no complete answer within 10s (total timeout) (after 3 tries)"},
		"connections that are not had":    {[]fault{noConnect}, 2, 10 * time.Second, "GET roles/{id}/: no complete answer within 10s"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				s := newScript(t, roleJSON, run.faults...)
				err := readRole(t.Context(), s.client(t, total))
				took := time.Since(start)
				if name == "connections that are not had" {
					// The second takes what the first and the wait, by chance, have left.
					if took > run.took || len(s.tries()) != run.tries || !errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("%v after %v and %d tries", err, took, len(s.tries()))
					}
					return
				}
				if took != run.took || len(s.tries()) != run.tries || err.Error() != run.says {
					t.Errorf("%v after %v and %d tries; want %s after %v and %d", err, took, len(s.tries()), run.says, run.took, run.tries)
				}
			})
		})
	}
}

func TestTheCallersDeadlineLeavesTheErrorThatThereIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		start := time.Now()
		s := newScript(t, roleJSON, wait4)
		if err := readRole(ctx, s.client(t)); matched(err) != "Throttled" || time.Since(start) != 0 {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

func TestCancellingEndsATryOrAWaitAtOnce(t *testing.T) {
	for name, run := range map[string]struct {
		call    func(context.Context, *apiclient.Client) error
		faults  []fault
		matches string
	}{
		"read that is under way":            {readRole, []fault{silence}, ""},
		"delete that is under way":          {deleteRole, []fault{silence}, "UnknownOutcome"},
		"read":                              {readRole, []fault{wait4}, "NotSent"},
		"delete that was throttled":         {deleteRole, []fault{wait4}, "NotSent"},
		"delete that may have been done":    {deleteRole, []fault{busy4}, "Server UnknownOutcome"},
		"delete that was done or throttled": {deleteRole, []fault{drop, wait4}, "UnknownOutcome"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				start := time.Now()
				time.AfterFunc(2*time.Second, cancel)
				s := newScript(t, roleJSON, run.faults...)
				err := run.call(ctx, s.client(t))
				if !errors.Is(err, context.Canceled) || matched(err) != run.matches || time.Since(start) != 2*time.Second {
					t.Errorf("%v, matches %q, after %v", err, matched(err), time.Since(start))
				}
				if len(s.tries()) != len(run.faults) {
					t.Errorf("%d tries", len(s.tries()))
				}
			})
		})
	}
}

// A body that was cut off may have been decoded already, wholly or in part.
func TestAnAnswerThatWasCutOffLeavesNothingBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(t, strings.Replace(roleJSON, `"members":[]`, `"members":[`+membershipJSON+`]`, 1), cut, good)
		client := s.client(t)
		role, err := client.Reader().Role(t.Context(), organization, roleID)
		if err != nil || len(role.Members) != 1 || len(s.tries()) != 2 {
			t.Errorf("%d members after %d tries, %v", len(role.Members), len(s.tries()), err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		bodies := []string{`{"id":"0190f3a2-5b1c-7d10-8a55-3f6b2c9e7d99","default_role_id":"0190f3a2-5b1c-7d10-8a55-3f6b2c9e7d42"}`, `{"id":"0190f3a2-5b1c-7d10-8a55-3f6b2c9e7d98"}`}
		client := newClient(t, mustParse(t, "http://127.0.0.1:1"), func(c *apiclient.Config) {
			c.Retry.Tries = 2
			c.Transport = answers(&bodies)
		})
		found, err := client.Reader().Organization(t.Context(), organization)
		if err != nil || found.DefaultRoleID != nil || len(bodies) != 0 {
			t.Errorf("%+v, %v", found, err)
		}
	})
}

func TestEveryPageOfAListIsTriedByItself(t *testing.T) {
	for name, run := range map[string]func(context.Context, apiclient.Reader) (int, error){
		"each": walk,
		"rows": func(ctx context.Context, reader apiclient.Reader) (int, error) {
			rows, err := reader.Roles(organization).Rows(ctx, 10, 0)
			return len(rows.Results), err
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newScript(t, pageJSON(1, roleJSON), drop, cut, busy, good)
			if rows, err := run(t.Context(), s.client(t).Reader()); rows != 1 || err != nil || len(s.tries()) != 4 {
				t.Errorf("%s: %d rows after %d tries, %v", name, rows, len(s.tries()), err)
			}
		})
	}
}

func TestEachFurtherTryIsInTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var logged bytes.Buffer
		s := newScript(t, roleJSON, wait4, refuse, good)
		client := s.client(t, func(c *apiclient.Config) {
			c.Logger = slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
		})
		if err := readRole(t.Context(), client); err != nil {
			t.Fatal(err)
		}
		var lines []string
		for line := range strings.Lines(logged.String()) {
			if strings.Contains(line, "is tried again") {
				lines = append(lines, line)
			}
		}
		for i, want := range []string{
			`level=DEBUG msg="PostHog request is tried again" method=GET path=/api/organizations/{organization_id}/roles/{id}/ try=2 wait=4s cause="GET roles/{id}/: 429 throttled: Request was throttled."`,
			`level=DEBUG msg="PostHog request is tried again" method=GET path=/api/organizations/{organization_id}/roles/{id}/ try=3 wait=\S+ cause="GET roles/{id}/: not sent: the connection failed: `,
		} {
			pattern := strings.ReplaceAll(regexp.QuoteMeta(want), `\\S\+`, `\S+`)
			if len(lines) != 2 || !regexp.MustCompile(pattern).MatchString(lines[i]) {
				t.Errorf("logged %q, want %s", lines, want)
			}
		}
	})
}

// answers is a transport that gives one body after another with status 200, and
// breaks each off at its end.
func answers(bodies *[]string) roundTripper {
	return func(*http.Request) (*http.Response, error) {
		body := (*bodies)[0]
		*bodies = (*bodies)[1:]
		var end error = io.EOF
		if len(*bodies) > 0 {
			end = io.ErrUnexpectedEOF
		}
		return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(io.MultiReader(strings.NewReader(body), iotest.ErrReader(end)))}, nil
	}
}
