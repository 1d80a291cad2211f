package contract

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
)

func TestARequestMustFitTheDocument(t *testing.T) {
	t.Parallel()
	const reference = `{"provider":"github","provider_organization_id":"acme","provider_role_id":"1","provider_role_name":"n","role":"` + anID + `"}`
	cases := []struct {
		name, method, target, body string
		problem                    []string // none: it fits
	}{
		{"a list", "GET", org + "/roles/", "", nil},
		{"the current organization", "GET", "/api/organizations/@current/roles/", "", nil},
		{"the current organization, escaped", "GET", "/api/organizations/%40current/roles/", "", nil},
		{"no closing slash", "GET", org + "/roles", "", nil},
		{"a page", "GET", org + "/roles/?limit=5&offset=10", "", nil},
		{"a filter", "GET", org + "/role_external_references/?provider=github&role_id=" + anID, "", nil},
		{"a lookup", "GET", org + "/role_external_references/lookup/?provider=github&provider_organization_id=acme&provider_role_slug=x", "", nil},
		{"a search in any script", "GET", org + "/members/?search=%C5%9E%C3%BCkr%C3%BC%20%22%0A&order=-joined_at", "", nil},
		{"a time", "GET", org + "/members/?updated_after=2024-05-01T09:30:00Z", "", nil},
		{"a body", "POST", org + "/roles/", `{"name":"Support"}`, nil},
		{"a body in any script", "POST", org + "/roles/", `{"name":"دعم \"\n"}`, nil},
		{"an empty change", "PATCH", org + "/roles/" + anID + "/", `{}`, nil},
		{"a delete", "DELETE", org + "/roles/" + anID + "/", "", nil},
		{"a rotation without settings", "PATCH", org + "/projects/7/rotate_secret_token/", "", nil},
		{"a rotation with settings", "PATCH", org + "/projects/7/rotate_secret_token/", `{"name":"x","person_display_name_properties":null,"modifiers":{"any":[1]}}`, nil},
		{"a reference", "POST", org + "/role_external_references/", reference, nil},

		{"a malformed organization", "GET", "/api/organizations/acme/roles/", "", []string{"organization_id"}},
		{"a malformed role", "GET", org + "/roles/support/", "", []string{"parameter id", "uuid"}},
		{"a project that is no number", "GET", org + "/projects/web/", "", []string{"parameter id", "integer"}},
		{"project zero", "GET", org + "/projects/0/", "", []string{"parameter id", "minimum"}},
		{"a limit below one", "GET", org + "/roles/?limit=0", "", []string{"parameter limit", "minimum"}},
		{"an offset that is no number", "GET", org + "/roles/?offset=x", "", []string{"parameter offset", "integer"}},
		{"a filter with a bad uuid", "GET", org + "/role_external_references/?role_id=x", "", []string{"role_id", "uuid"}},
		{"a filter with a bad time", "GET", org + "/members/?updated_after=yesterday", "", []string{"updated_after", "date-time"}},
		{"a value outside the enum", "GET", org + "/members/?order=name", "", []string{"order", "enum"}},
		{"a value that is too long", "GET", org + "/members/?search=" + strings.Repeat("a", 201), "", []string{"search", "maxLength"}},
		{"a required parameter missing", "GET", org + "/role_external_references/lookup/?provider=github", "", []string{"provider_organization_id", "missing"}},
		{"an undocumented parameter", "GET", org + "/roles/?page=2", "", []string{`"page" is not documented`}},
		{"a parameter given twice", "GET", org + "/roles/?limit=1&limit=2", "", []string{`"limit" is given 2 times`}},
		{"a query that cannot be read", "GET", org + "/roles/?limit=%zz", "", []string{"cannot be read"}},
		{"a required body missing", "POST", org + "/roles/", "", []string{"content type"}},
		{"a required field missing", "POST", org + "/roles/", `{}`, []string{"missing property 'name'"}},
		{"a field of the wrong type", "POST", org + "/roles/", `{"name":5}`, []string{"$.name", "want string"}},
		{"a field that is too long", "POST", org + "/roles/", `{"name":"` + strings.Repeat("a", 201) + `"}`, []string{"$.name", "maxLength"}},
		{"a blank field", "POST", org + "/roles/", `{"name":""}`, []string{"$.name", "minLength"}},
		{"a field that may not be null", "POST", org + "/roles/", `{"name":null}`, []string{"$.name", "want string"}},
		{"a field with a bad uuid", "POST", org + "/roles/" + anID + "/role_memberships/", `{"user_uuid":"ana"}`, []string{"$.user_uuid", "uuid"}},
		{"a misspelt field", "POST", org + "/roles/", `{"name":"x","is_defualt":true}`, []string{"is_defualt"}},
		{"a misspelt setting", "PATCH", org + "/projects/7/rotate_secret_token/", `{"time_zone":"UTC"}`, []string{"time_zone"}},
		{"a body that is not JSON", "POST", org + "/roles/", `name=x`, []string{"request"}},
		{"a body where none belongs", "DELETE", org + "/roles/" + anID + "/", `{"a":1}`, []string{"body"}},

		{"an undocumented path", "GET", org + "/secrets/", "", []string{"no such operation"}},
		{"an undocumented method", "PUT", org + "/roles/" + anID + "/", `{"name":"x"}`, []string{"no such operation"}},
		{"an id that climbs", "GET", org + "/roles/%2e%2e/", "", []string{"no such operation"}},
		{"an id with a slash", "GET", org + "/roles/a%2Fb/", "", []string{"no such operation"}},
		{"an empty id", "GET", "/api/organizations//roles/", "", []string{"no such operation"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			fault := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set(FaultHeader, "Fail") // only the request is at issue here
			})
			expect(t, exchange(t, fault, request(c.method, c.target, c.body)), c.problem...)
		})
	}
}

func TestARequestNeedsTheKeyAndTheContentType(t *testing.T) {
	t.Parallel()
	fits := answering(http.StatusCreated, "application/json", aRole)
	naked := request("POST", org+"/roles/", `{"name":"x"}`)
	naked.Header.Del("Authorization")
	expect(t, exchange(t, fits, naked), "uthorization")

	typed := request("POST", org+"/roles/", `{"name":"x"}`)
	typed.Header.Set("Content-Type", "text/plain")
	expect(t, exchange(t, fits, typed), "content type")
}

func TestARawRequestMayBreakEveryRule(t *testing.T) {
	t.Parallel()
	for _, target := range []string{org + "/secrets/", org + "/roles/%2e%2e/?page=x", "/api/organizations/a%00b/roles/?limit=-1"} {
		r := request("POST", target, `{`)
		r.Header.Set("User-Agent", "curl/8")
		expect(t, exchange(t, answering(http.StatusNotFound, "application/json", anError), r))
	}
}

func TestSigningInIsNoPartOfTheAPI(t *testing.T) {
	t.Parallel()
	fits := answering(http.StatusOK, "application/json", `{}`)
	for _, target := range []string{"/oauth/token/", "/.well-known/oauth-authorization-server"} {
		expect(t, exchange(t, fits, request("POST", target, "grant_type=refresh_token")))
	}
	expect(t, exchange(t, fits, request("GET", "/oauthor/", "")), "no such operation")
}

func TestTheHandlerGetsTheRequestAsItCame(t *testing.T) {
	t.Parallel()
	const body = `{"name":"Support"}`
	var got, contentType string
	var length int64
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got, contentType, length = string(data), r.Header.Get("Content-Type"), r.ContentLength
		answering(http.StatusCreated, "application/json", aRole).ServeHTTP(w, r)
	})
	expect(t, exchange(t, h, request("POST", org+"/roles/", body)))
	if got != body || contentType != "application/json" || length != int64(len(body)) {
		t.Errorf("the handler got %q (%s, %d bytes)", got, contentType, length)
	}
}

func TestABodyThatIsCutShortIsTheHandlersToRefuse(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection reset")
	r := request("POST", org+"/roles/", "x")
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"na`), iotest.ErrReader(broken)))
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if data, err := io.ReadAll(r.Body); string(data) != `{"na` || !errors.Is(err, broken) {
			t.Errorf("the handler read %q, %v", data, err)
		}
		answering(http.StatusBadRequest, "application/json", anError).ServeHTTP(w, r)
	})
	expect(t, exchange(t, h, r))
}

func TestALongBodyReachesTheHandlerWhole(t *testing.T) {
	t.Parallel()
	want := int64(maxRequestBody + 100)
	r := httptest.NewRequest("POST", org+"/roles/", io.LimitReader(zeros{}, want))
	r.Header.Set("User-Agent", ClientPrefix+"1")
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n, err := io.Copy(io.Discard, r.Body); n != want || err != nil {
			t.Errorf("the handler read %d bytes, %v", n, err)
		}
		answering(http.StatusBadRequest, "application/json", anError).ServeHTTP(w, r)
	})
	expect(t, exchange(t, h, r))
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
