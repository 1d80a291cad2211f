package apiclient_test

import (
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/contract"
)

func TestABrokenBodyIsNeverPassedOn(t *testing.T) {
	role := func(ctx context.Context, c *apiclient.Client) error {
		role, err := c.Reader().Role(ctx, organization, roleID)
		if err != nil && role.ID != "" {
			t.Error("a role came with the error")
		}
		return err
	}
	page := func(ctx context.Context, c *apiclient.Client) error {
		page, err := c.Reader().Roles(organization).Page(ctx, 0, 0)
		if err != nil && page.Results != nil {
			t.Error("rows came with the error")
		}
		return err
	}
	lookup := func(ctx context.Context, c *apiclient.Client) error {
		_, err := c.Reader().LookupReference(ctx, organization, apiclient.ReferenceLookup{Provider: "g", ProviderOrganizationID: "o", ProviderRoleID: "1"})
		return err
	}
	welcome := func(ctx context.Context, c *apiclient.Client) error {
		_, err := c.Reader().Welcome(ctx, organization)
		return err
	}
	key := func(ctx context.Context, c *apiclient.Client) error {
		_, err := c.Reader().CurrentKey(ctx)
		return err
	}
	slim := func(ctx context.Context, c *apiclient.Client) error {
		_, err := apiclient.As[struct {
			ID string `json:"id"`
		}](c.Reader().Roles(organization)).Page(ctx, 0, 0)
		return err
	}
	filled := newSamples(t, false)
	withoutToken := newSamples(t, true).text(t, "Project")
	for _, broken := range []struct {
		name string
		call func(context.Context, *apiclient.Client) error
		body string
		says string
	}{
		{"empty", role, "", "it is empty"},
		{"blank", role, " \n ", "it was cut off after 3 bytes"},
		{"cut", role, roleJSON[:60], "it was cut off after 60 bytes"},
		{"garbage", role, "\x00\x01\xff", "invalid character"},
		{"null", role, "null", "null stands where"},
		{"a list", role, "[" + roleJSON + "]", "cannot unmarshal array"},
		{"a text", role, `"role"`, "cannot unmarshal string"},
		{"an empty object", role, "{}", `came without its "id"`},
		{"null for the id", role, strings.Replace(roleJSON, `"`+string(roleID)+`"`, "null", 1), `came without its "id"`},
		{"a number for the id", role, strings.Replace(roleJSON, `"`+string(roleID)+`"`, "7", 1), "cannot unmarshal number"},
		{"two values", role, roleJSON + roleJSON, "something follows"},
		{"garbage behind", role, roleJSON + "x", "invalid character"},
		{"an error body", role, refusalJSON("a", "b", "c"), `came without its "id"`},

		{"empty page", page, "", "it is empty"},
		{"page cut in a row", page, pageJSON(1, roleJSON)[:120], "it was cut off after 120 bytes"},
		{"page cut after a row", page, strings.TrimSuffix(pageJSON(1, roleJSON), "]}"), "it was cut off"},
		{"page cut before its end", page, strings.TrimSuffix(pageJSON(1, roleJSON), "}"), "it was cut off"},
		{"rows without a page", page, "[" + roleJSON + "]", "is missing where a page"},
		{"null for a page", page, "null", "is missing where a page"},
		{"page without count", page, `{"next":null,"previous":null,"results":[]}`, `without its "count"`},
		{"page without next", page, `{"count":0,"results":[]}`, `without its "next"`},
		{"page without results", page, `{"count":0,"next":null}`, `without its "results"`},
		{"results are null", page, `{"count":0,"next":null,"results":null}`, "is missing where a page"},
		{"results are an object", page, `{"count":0,"next":null,"results":{}}`, "is missing where a page"},
		{"results twice", page, `{"count":0,"next":null,"results":[],"results":[]}`, `has "results" twice`},
		{"count is null", page, `{"count":null,"next":null,"results":[]}`, "count is not a number"},
		{"count is negative", page, `{"count":-1,"next":null,"results":[]}`, "count is not a number"},
		{"count is a text", page, `{"count":"1","next":null,"results":[]}`, "cannot unmarshal string"},
		{"count is enormous", page, `{"count":1e99,"next":null,"results":[]}`, "cannot unmarshal number"},
		{"next is an object", page, `{"count":0,"next":{},"results":[]}`, "cannot unmarshal object"},
		{"a null row", page, pageJSON(2, roleJSON, "null"), "row 2 of the page: null stands where"},
		{"a row without id", page, pageJSON(1, `{"name":"x"}`), `row 1 of the page: an object came without its "id"`},
		{"a list for a row", page, pageJSON(1, `[]`), "row 1 of the page"},
		{"page with garbage behind", page, pageJSON(0) + "]", "invalid character"},
		{"a slim row without id", slim, pageJSON(1, `{"name":"x"}`), `came without its "id"`},
		{"a null slim row", slim, pageJSON(1, `null`), "null stands where"},

		{"lookup without reference", lookup, "{}", `without its "reference"`},
		{"lookup is null", lookup, "null", "null stands where"},
		{"lookup of an empty object", lookup, `{"reference":{}}`, `without its "id"`},
		{"user without uuid", read, "{}", `without its "uuid"`},
		{"welcome of an empty object", welcome, "{}", `without its "organization_name"`},
		{"key without scopes", key, `{"label":"x"}`, `without its "scopes"`},
		{"rotation without a token", write, withoutToken, `without its "secret_api_token"`},
		{"rotation of an empty object", write, "{}", `without its "id"`},
		{"rotation, cut", write, filled.text(t, "Project")[:500], "it was cut off after 500 bytes"},
	} {
		t.Run(broken.name, func(t *testing.T) {
			s := newStage(t)
			s.broken(200, broken.body)
			err := broken.call(testContext(t), s.client(t))
			want := "UnreadableBody"
			if strings.HasPrefix(broken.name, "rotation") {
				want = "UnknownOutcome UnreadableBody"
			}
			if got := matched(err); got != want {
				t.Fatalf("%v matches %q", err, got)
			}
			if !strings.Contains(err.Error(), broken.says) {
				t.Errorf("%v does not say %q", err, broken.says)
			}
		})
	}
}

func TestABodyShorterThanAnnouncedIsCut(t *testing.T) {
	for _, body := range []string{roleJSON, pageJSON(1, roleJSON)} {
		s := newStage(t)
		s.broken(200, body, "Content-Length", "5000")
		_, err := s.reader(t).Role(testContext(t), organization, roleID)
		if matched(err) != "UnreadableBody" {
			t.Errorf("%v matches %q", err, matched(err))
		}
	}
}

func TestAnAnswerThatIsNoJSONAsksWhetherTheHostIsRight(t *testing.T) {
	s := newStage(t)
	s.broken(200, "<!DOCTYPE html><html>sign in</html>", "Content-Type", "text/html; charset=utf-8")
	err := read(testContext(t), s.client(t))
	if matched(err) != "UnreadableBody" || !strings.Contains(err.Error(), "it is text/html, not JSON") || strings.Contains(err.Error(), "sign in") {
		t.Errorf("got %v", err)
	}
}

func TestTheBodyIsBoundedAfterDecompression(t *testing.T) {
	const bound = 64 << 10
	small := newSamples(t, false).text(t, "CurrentUser")
	padded := func(length int) string { return small + strings.Repeat(" ", length-len(small)) }
	write := func(w http.ResponseWriter, text string, zip bool) {
		if !zip {
			give(w, 200, text)
			return
		}
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Type", "application/json")
		packed := gzip.NewWriter(w)
		_, _ = io.WriteString(packed, text)
		_ = packed.Close()
	}
	for _, zip := range []bool{false, true} {
		for length, want := range map[int]string{bound: "", bound + 1: "BodyTooLarge", 30 * bound: "BodyTooLarge"} {
			s := newStage(t)
			s.handle(func(w http.ResponseWriter, _ *http.Request) { write(w, padded(length), zip) })
			err := read(testContext(t), s.client(t, func(c *apiclient.Config) { c.MaxBody = bound }))
			if matched(err) != want {
				t.Errorf("%d bytes, gzip %v: %v matches %q, want %q", length, zip, err, matched(err), want)
			}
		}
	}
}

func TestAnEndlessBodyEnds(t *testing.T) {
	endless := func(w http.ResponseWriter, start, again string) {
		give(w, 200, start, contract.FaultHeader, "endless")
		chunk := strings.Repeat(again, 1000)
		for {
			if _, err := io.WriteString(w, chunk); err != nil {
				return
			}
		}
	}
	for name, body := range map[string][2]string{
		"a text":        {`{"id":"`, "x"},
		"nested lists":  {"", "["},
		"rows":          {`{"count":1,"next":null,"results":[` + roleJSON, "," + roleJSON},
		"unknown field": {`{"zzz":[1`, ",1"},
		"blanks":        {"", " "},
		"blanks behind": {roleJSON, " "},
	} {
		s := newStage(t)
		s.handle(func(w http.ResponseWriter, _ *http.Request) { endless(w, body[0], body[1]) })
		client := s.client(t, func(c *apiclient.Config) { c.MaxBody = 128 << 10 })
		_, err := client.Reader().Role(testContext(t), organization, roleID)
		_, pageErr := client.Reader().Roles(organization).Page(testContext(t), 0, 0)
		for _, err := range []error{err, pageErr} {
			// encoding/json gives up on deep nesting before the bound is reached.
			if got := matched(err); got != "BodyTooLarge" && got != "UnreadableBody" {
				t.Errorf("%s: %v matches %q", name, err, got)
			}
		}
	}
}

func TestAGarbledGzipIsUnreadable(t *testing.T) {
	s := newStage(t)
	s.broken(200, "not gzip at all", "Content-Encoding", "gzip")
	if err := read(testContext(t), s.client(t)); matched(err) != "UnreadableBody" {
		t.Errorf("%v matches %q", err, matched(err))
	}
}

func TestUnknownFieldsAreIgnored(t *testing.T) {
	s := newStage(t)
	s.broken(200, strings.Replace(pageJSON(1, strings.Replace(roleJSON, "{", `{"newer":{"deep":[1,{}]},`, 1)), "{", `{"newer":[{"deep":1}],`, 1))
	page, err := s.reader(t).Roles(organization).Page(testContext(t), 0, 0)
	if err != nil || len(page.Results) != 1 || page.Results[0].Name != "Support" {
		t.Errorf("%+v, %v", page, err)
	}
}
