package signin_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"posthog-org-mcp/config"
	"posthog-org-mcp/sandbox"
	"posthog-org-mcp/signin"
)

// shipped is the client metadata document that the program is published with.
const shipped = "../deploy/oauth-client.json"

func document(t *testing.T) (text []byte, fields object) {
	t.Helper()
	text, err := os.ReadFile(shipped)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	return text, fields
}

// needed are the scopes that the program ever asks for.
func needed() []string {
	all := append(config.Scopes(false), config.Scopes(true)...)
	slices.Sort(all)
	return slices.Compact(all)
}

func TestTheShippedDocumentLetsThePersonSignIn(t *testing.T) {
	text, fields := document(t)
	id := fields["client_id"].(string)
	if err := signin.CheckClientID(id); err != nil {
		t.Fatal(err)
	}
	s := newStage(t, sandbox.SignIn{Clients: map[string][]byte{id: text}})
	s.request.ClientID, s.request.Scopes = id, needed()
	if got := s.signedIn().Scopes; !slices.Equal(got, needed()) {
		t.Errorf("the document allows %q, and the program needs %q", got, needed())
	}
}

func TestTheShippedDocumentAsksForNoMoreThanIsNeeded(t *testing.T) {
	_, fields := document(t)
	var limit []string
	for _, scope := range fields["com.posthog"].(map[string]any)["scopes"].([]any) {
		limit = append(limit, scope.(string))
	}
	slices.Sort(limit)
	if !slices.Equal(limit, needed()) {
		t.Errorf("its limit is %q, and the program needs %q", limit, needed())
	}
}

func TestTheShippedDocumentIsOneThatPostHogTakes(t *testing.T) {
	text, fields := document(t)
	if len(text) > 5<<10 {
		t.Errorf("it has %d bytes", len(text))
	}
	name := strings.ToLower(fields["client_name"].(string))
	for _, word := range []string{"official", "verified", "trusted"} {
		if strings.Contains(name, word) || strings.HasPrefix(name, "posthog") {
			t.Errorf("PostHog refuses the name %q", name)
		}
	}
	if fields["token_endpoint_auth_method"] != "none" || slices.ContainsFunc(slices.Collect(maps.Keys(fields)), func(field string) bool { return strings.Contains(field, "secret") }) {
		t.Error("a program that everybody has can keep no secret")
	}
}

func TestTheSandboxServesTheShippedDocumentUnderItsOwnAddress(t *testing.T) {
	s := newStage(t, sandbox.SignIn{})
	response, err := http.Get(s.url + sandbox.ClientPath)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	served, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var got object
	if err := json.Unmarshal(served, &got); err != nil {
		t.Fatal(err)
	}
	_, want := document(t)
	want["client_id"] = s.url + sandbox.ClientPath
	if !reflect.DeepEqual(got, want) {
		t.Errorf("it serves\n%v\nwant\n%v", got, want)
	}
}
