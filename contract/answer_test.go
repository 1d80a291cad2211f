package contract

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strings"
	"testing"
)

func TestAnAnswerMustFitTheDocument(t *testing.T) {
	t.Parallel()
	roles := request("GET", org+"/roles/", "")
	const js = "application/json"
	replaced := func(old, with string) string {
		changed := strings.Replace(aPage, old, with, 1)
		if changed == aPage {
			t.Fatalf("%q is not in the page", old)
		}
		return changed
	}
	cases := []struct {
		name        string
		request     *http.Request
		status      int
		contentType string
		body        string
		problem     []string
	}{
		{"a page", roles, 200, js, aPage, nil},
		{"a page with a charset", roles, 200, js + "; charset=utf-8", aPage, nil},
		{"an error", roles, 404, js, anError, nil},
		{"nothing, after a delete", request("DELETE", org+"/roles/"+anID+"/", ""), 204, "", "", nil},
		{"extra fields where the document allows them", request("GET", "/api/users/@me/", ""), 401, js, anError, nil},

		{"a bad uuid", roles, 200, js, replaced(`[{"id":"`+anID, `[{"id":"7`), []string{"$.results[0].id", "uuid"}},
		{"a bad time", roles, 200, js, replaced("2024-05-01T", "2024-05-32T"), []string{"created_at", "date-time"}},
		{"a bad e-mail address", roles, 200, js, replaced("ana@example.com", "ana"), []string{"email"}},
		{"a relative next", roles, 200, js, replaced(`"next":"http://127.0.0.1:1234`, `"next":"`), []string{"$.next", "uri"}},
		{"a required field missing", roles, 200, js, replaced(`"count":250,`, ""), []string{"missing property 'count'"}},
		{"a nested field missing", roles, 200, js, replaced(`,"is_default":false`, ""), []string{"missing property 'is_default'"}},
		{"a wrong type", roles, 200, js, replaced(`"count":250`, `"count":"250"`), []string{"$.count", "want integer"}},
		{"a null that may not be", roles, 200, js, replaced(`"name":"Support"`, `"name":null`), []string{"name", "want string"}},
		{"a misspelt field", roles, 200, js, replaced(`"is_default":false`, `"is_default":false,"is_defualt":false`), []string{"is_defualt"}},
		{"an array instead of an object", roles, 200, js, "[" + aRole + "]", []string{"want object"}},
		{"garbage", roles, 200, js, "<html>", []string{"decode"}},
		{"a body cut short", roles, 200, js, aPage[:100], []string{"decode"}},
		{"no body", roles, 200, js, "", []string{"no body"}},
		{"a body where none belongs", request("DELETE", org+"/roles/"+anID+"/", ""), 204, js, "{}", []string{"documented without"}},
		{"no content type", roles, 200, "", aPage, []string{"content type"}},
		{"another content type", roles, 200, "text/html", aPage, []string{"text/html"}},
		{"an undocumented status", roles, 418, js, anError, []string{"418"}},
		{"the status of another operation", roles, 201, js, aPage, []string{"201"}},
		{"an error without attr", roles, 403, js, `{"type":"a","code":"b","detail":"c"}`, []string{"missing property 'attr'"}},
		{"an error of another shape", roles, 500, js, `{"error":"x"}`, []string{"missing propert"}},
		{"an answer that belongs to another operation", request("GET", org+"/welcome/current/", ""), 200, js, aPage, []string{"missing propert"}},
		{"what is only sent", request("GET", org+"/roles/"+anID+"/role_memberships/"+anID+"/", ""), 200, js,
			`{"id":"` + anID + `","role_id":"` + anID + `","organization_member":null,"user":` + aUser +
				`,"joined_at":"2024-05-01T09:30:00Z","updated_at":"2024-05-01T09:30:00Z","user_uuid":"` + anID + `"}`, []string{"user_uuid"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			expect(t, exchange(t, answering(c.status, c.contentType, c.body), c.request.Clone(t.Context())), c.problem...)
		})
	}
}

func TestAThrottledAnswerGivesWholeSeconds(t *testing.T) {
	t.Parallel()
	for seconds, problem := range map[string][]string{"42": nil, "soon": {"retry-after", "integer"}} {
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", seconds)
			answering(http.StatusTooManyRequests, "application/json", anError).ServeHTTP(w, r)
		})
		expect(t, exchange(t, h, request("GET", org+"/roles/", "")), problem...)
	}
}

func TestACompressedAnswerIsReadAsTheClientReadsIt(t *testing.T) {
	t.Parallel()
	packed := func(body string) string {
		var buffer bytes.Buffer
		writer := gzip.NewWriter(&buffer)
		if _, err := writer.Write([]byte(body)); err != nil {
			t.Fatal(err)
		}
		if err := writer.Close(); err != nil {
			t.Fatal(err)
		}
		return buffer.String()
	}
	cases := []struct {
		name, encoding, body string
		problem              []string
	}{
		{"fits", "gzip", packed(aPage), nil},
		{"does not fit", "gzip", packed(`{}`), []string{"missing propert"}},
		{"is not gzip", "gzip", aPage, []string{"cannot be read"}},
		{"unknown", "br", aPage, []string{`"br"`}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Encoding", c.encoding)
				answering(http.StatusOK, "application/json", c.body).ServeHTTP(w, r)
			})
			expect(t, exchange(t, h, request("GET", org+"/roles/", "")), c.problem...)
		})
	}
}

func TestAnAnswerToAPathTheDocumentDoesNotHaveIsNotChecked(t *testing.T) {
	t.Parallel()
	for _, target := range []string{"/", "/api/nothing/", org + "/roles/%2e%2e/", "//api//organizations/", org + "/roles/a%2Fb/"} {
		r := request("GET", "/", "")
		r.URL.RawPath = target
		r.URL.Path = strings.NewReplacer("%2e", ".", "%2F", "/").Replace(target)
		r.Header.Set("User-Agent", "curl/8")
		expect(t, exchange(t, answering(http.StatusMovedPermanently, "text/html", "moved"), r))
	}
}

func TestEachOperationIsFoundUnderItsOwnName(t *testing.T) {
	t.Parallel()
	tb := newRecordingTB(t)
	checker := Checked(tb, answering(http.StatusUnauthorized, "application/json", anError))
	for _, c := range []struct{ method, target, name string }{
		{"GET", org + "/roles/", "listRoles"},
		{"GET", org + "/roles/" + anID, "retrieveRole"},
		{"GET", org + "/role_external_references/lookup/?provider=a&provider_organization_id=b", "lookupRoleExternalReference"},
		{"DELETE", org + "/role_external_references/" + anID + "/", "deleteRoleExternalReference"},
		{"GET", "/api/users/@me/", "retrieveCurrentUser"},
		{"GET", "/api/users/%40me/", "retrieveCurrentUser"},
		{"GET", "/api/personal_api_keys/@current/", "retrieveCurrentPersonalApiKey"},
		{"GET", "/api/organizations", "listOrganizations"},
	} {
		before := checker.Seen()[c.name+" 401"]
		serve(checker, request(c.method, c.target, ""))
		if after := checker.Seen()[c.name+" 401"]; after != before+1 {
			t.Errorf("%s %s was not taken for %s: %v", c.method, c.target, c.name, checker.Seen())
		}
	}
	expect(t, tb.problems())
}
