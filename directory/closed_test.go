package directory_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/directory"
	"posthog-org-mcp/harness"
	"posthog-org-mcp/sandbox"
)

// The two reads that may be closed, by the end of their path.
const (
	lookupPath  = "/role_external_references/lookup/"
	welcomePath = "/welcome/current/"
)

func closed() sandbox.Options {
	return sandbox.Options{Faults: sandbox.Faults{CloseActions: true}}
}

// closables call each operation that may be closed.
func closables() map[string]func(context.Context, directory.Reader) error {
	return map[string]func(context.Context, directory.Reader) error{
		lookupPath: func(ctx context.Context, org directory.Reader) error {
			found, err := org.LookUpReference(ctx, support())
			if err == nil && (found == nil || found.ID != sandbox.ReferenceSlack) {
				err = fmt.Errorf("found %+v", found)
			}
			return err
		},
		welcomePath: func(ctx context.Context, org directory.Reader) error {
			page, err := org.Welcome(ctx)
			if err == nil && page.OrganizationName == "" {
				err = fmt.Errorf("got %+v", page)
			}
			return err
		},
	}
}

func support() apiclient.ReferenceLookup {
	return apiclient.ReferenceLookup{
		Provider: "slack", ProviderOrganizationID: sandbox.ReferenceSlackOrg, ProviderRoleSlug: sandbox.ReferenceSlackSlug,
	}
}

func TestARefusalOfKeysIsRememberedForTheProcess(t *testing.T) {
	for path, call := range closables() {
		t.Run(path, func(t *testing.T) {
			backend := harness.Backend(t, closed())
			org := readerOf(t, backend.URL, sandbox.AdminKey, nil)
			for _, reader := range []directory.Reader{org, org, org.In(sandbox.Organization)} {
				if err := call(t.Context(), reader); err != nil {
					t.Fatal(err)
				}
			}
			if asked := countRequests(backend, path); asked != 1 {
				t.Errorf("PostHog was asked %d times", asked)
			}
			if err := call(t.Context(), readerOf(t, backend.URL, sandbox.AdminKey, nil)); err != nil {
				t.Fatal(err)
			}
			if asked := countRequests(backend, path); asked != 2 {
				t.Errorf("another process did not ask for itself: %d requests in all", asked)
			}
		})
	}
}

func TestOneClosedOperationSaysNothingOfTheOther(t *testing.T) {
	for path, call := range closables() {
		for other, callOther := range closables() {
			if other == path {
				continue
			}
			backend := harness.Backend(t, closed())
			org := readerOf(t, backend.URL, sandbox.AdminKey, nil)
			if err := errors.Join(call(t.Context(), org), callOther(t.Context(), org)); err != nil {
				t.Fatal(err)
			}
			if countRequests(backend, path) != 1 || countRequests(backend, other) != 1 {
				t.Errorf("after %s, %s was not tried", path, other)
			}
		}
	}
}

func TestManyCallsAtOnceMayMeetTheSameRefusal(t *testing.T) {
	backend := harness.Backend(t, closed())
	org := readerOf(t, backend.URL, sandbox.AdminKey, nil)
	var calls sync.WaitGroup
	for range 4 {
		for path, call := range closables() {
			calls.Go(func() {
				if err := call(t.Context(), org); err != nil {
					t.Errorf("%s: %v", path, err)
				}
			})
		}
	}
	calls.Wait()
	for path, call := range closables() {
		before := countRequests(backend, path)
		if err := call(t.Context(), org); err != nil {
			t.Error(err)
		}
		if countRequests(backend, path) != before {
			t.Errorf("%s was asked once more", path)
		}
	}
}

// A scope can be added to the key, and a fault passes: neither is remembered,
// and neither leads to the way round.
func TestNoOtherErrorIsTakenForARefusalOfKeys(t *testing.T) {
	for name, test := range map[string]struct {
		status int
		detail string
		is     error
	}{
		"missing scope": {403, "API key missing required scope 'organization:read'", apiclient.ErrMissingScope},
		"no access":     {403, "You do not have permission to perform this action.", apiclient.ErrNoAccess},
		"wrong key":     {401, "Personal API key found in request Authorization header is invalid.", apiclient.ErrUnauthorized},
		"not found":     {404, "Organization not found.", apiclient.ErrNotFound},
		"server fault":  {500, "A server error occurred.", apiclient.ErrServer},
	} {
		for path, call := range closables() {
			t.Run(name+" "+path, func(t *testing.T) {
				backend := harness.Backend(t, sandbox.Options{})
				answers := answering{path: refused(test.status, test.detail)}
				org := readerOf(t, backend.URL, sandbox.AdminKey, answers)
				if err := call(t.Context(), org); !errors.Is(err, test.is) {
					t.Errorf("got %v", err)
				}
				if requests := backend.Sandbox.Requests(); len(requests) != 0 {
					t.Errorf("the way round was taken: %+v", requests)
				}
				delete(answers, path)
				if err := call(t.Context(), org); err != nil {
					t.Error(err)
				}
				if asked := countRequests(backend, path); asked != 1 {
					t.Errorf("PostHog was asked %d times when the error had passed", asked)
				}
			})
		}
	}
}

func countRequests(backend *harness.Stage, path string) int {
	count := 0
	for _, request := range backend.Sandbox.Requests() {
		if strings.HasSuffix(request.Path, path) {
			count++
		}
	}
	return count
}

// answering answers what ends in one of its paths in the server's place, for
// what no key of the sandbox meets. The rest passes.
type answering map[string]http.HandlerFunc

func (a answering) RoundTrip(request *http.Request) (*http.Response, error) {
	for path, answer := range a {
		if strings.HasSuffix(request.URL.Path, path) {
			recorder := httptest.NewRecorder()
			answer(recorder, request)
			return recorder.Result(), nil
		}
	}
	return http.DefaultTransport.RoundTrip(request)
}

func refused(status int, detail string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{"type": "", "code": "", "detail": detail, "attr": nil})
	}
}
