package sandbox

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

const (
	aVerifier = "a-verifier-of-forty-three-characters-or-more"
	aClient   = "https://example.com/client.json"
	aRedirect = "http://127.0.0.1:4321/callback"
	boxHost   = "127.0.0.1:8010"
)

func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// aDocument is what aClient says of itself, with other values for some fields.
func aDocument(other map[string]any) []byte {
	document := map[string]any{"client_id": aClient, "client_name": "A <b>client</b>", "redirect_uris": []string{"http://127.0.0.1/callback"}}
	for name, value := range other {
		document[name] = value
	}
	text, _ := json.Marshal(document)
	return text
}

// setUpSignIn is a stand that knows aClient.
func setUpSignIn(t *testing.T, options SignIn) *stand {
	t.Helper()
	s := setUp(t, Faults{})
	if options.Clients == nil {
		options.Clients = map[string][]byte{aClient: aDocument(nil)}
	}
	s.options.SignIn = options
	return s
}

func goodRequest() url.Values {
	return url.Values{
		"client_id": {aClient}, "redirect_uri": {aRedirect}, "response_type": {"code"}, "scope": {"organization:write user:read"},
		"state": {"the state"}, "code_challenge": {challengeOf(aVerifier)}, "code_challenge_method": {"S256"},
	}
}

// open gets the consent page.
func (s *stand) open(query url.Values) reaction {
	s.t.Helper()
	r := httptest.NewRequest("GET", "/oauth/authorize/?"+query.Encode(), nil)
	r.Host = boxHost
	return s.send(r)
}

// post sends a form as a browser does.
func (s *stand) post(path string, form url.Values, bend ...func(*http.Request)) reaction {
	s.t.Helper()
	r := httptest.NewRequest("POST", path, strings.NewReader(form.Encode()))
	r.Host = boxHost
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, change := range bend {
		change(r)
	}
	return s.send(r)
}

var requestField = regexp.MustCompile(`name="request" value="([^"]+)"`)

// consentForm is what the page's form sends when it is allowed.
func consentForm(page reaction) url.Values {
	page.t.Helper()
	found := requestField.FindStringSubmatch(page.is(200).text)
	if found == nil {
		page.t.Fatalf("there is no form in %s", page.text)
	}
	return url.Values{"request": {found[1]}, "person": {AdminUser}, "answer": {"allow"}}
}

// location is the query that the browser is sent back with.
func (r reaction) location() url.Values {
	r.t.Helper()
	address, err := url.Parse(r.is(302).header.Get("Location"))
	if err != nil || !strings.HasPrefix(address.String(), aRedirect+"?") {
		r.t.Fatalf("sent back to %v, %v", address, err)
	}
	return address.Query()
}

func (s *stand) codeFor(query url.Values) string {
	s.t.Helper()
	return s.post("/oauth/authorize/", consentForm(s.open(query))).location().Get("code")
}

func exchangeForm(code string) url.Values {
	return url.Values{"grant_type": {"authorization_code"}, "code": {code}, "client_id": {aClient}, "redirect_uri": {aRedirect}, "code_verifier": {aVerifier}}
}

type tokens struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	Scope   string `json:"scope"`
	Seconds int    `json:"expires_in"`
}

func (s *stand) tokens() tokens {
	s.t.Helper()
	return decoded[tokens](s.post("/oauth/token/", exchangeForm(s.codeFor(goodRequest()))).is(200))
}

func TestASignInGivesTokensForThatPerson(t *testing.T) {
	t.Parallel()
	for person, email := range map[string]string{AdminUser: AdminEmail, OwnerUser: OwnerEmail, MemberUser: MemberEmail} {
		s := setUpSignIn(t, SignIn{})
		form := consentForm(s.open(goodRequest()))
		form.Set("person", person)
		back := s.post("/oauth/authorize/", form).location()
		same(t, "the state", back.Get("state"), "the state")
		same(t, "the issuer", back.Has("iss"), false)
		got := decoded[tokens](s.post("/oauth/token/", exchangeForm(back.Get("code"))).is(200))
		same(t, "the scope", got.Scope, "organization:write user:read")
		same(t, "the lifetime", got.Seconds, 3600)
		same(t, "the person", decoded[currentUser](s.get(got.Access, "/api/users/@me/").is(200)).Email, email)
		s.get(got.Access, here+"/roles/").is(200) // read comes with write
		s.get(got.Access, here+"/members/").refused(missingScope.says("organization_member:read"))
		if person == MemberUser {
			s.ask(got.Access, "POST", here+"/roles/", `{"name": "x"}`).refused(levelTooLow)
		} else {
			s.ask(got.Access, "POST", here+"/roles/", `{"name": "x"}`).is(201)
		}
		s.get(got.Access, "/api/personal_api_keys/@current/").refused(wrongKey)
		s.get(got.Refresh, here+"/roles/").is(401)
	}
}

func TestTheConsentPageSaysWhoAsksForWhat(t *testing.T) {
	t.Parallel()
	s := setUpSignIn(t, SignIn{})
	page := s.open(goodRequest()).is(200)
	for _, part := range []string{
		"<bdi>A &lt;b&gt;client&lt;/b&gt;</bdi>", "<bdi>example.com</bdi>", "see and change your organization", "see your own account",
		AdminEmail, OwnerEmail, MemberEmail, "sandbox on your machine",
	} {
		if !strings.Contains(page.text, part) {
			t.Errorf("the page does not say %q", part)
		}
	}
	policy := page.header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "form-action 'self' http://127.0.0.1:4321;") || !strings.Contains(policy, "frame-ancestors 'none'") {
		t.Errorf("the policy is %s", policy)
	}
	same(t, "whether it is kept", page.header.Get("Cache-Control"), "no-store")
}

func TestAClientsOwnLimitCutsItsScopes(t *testing.T) {
	t.Parallel()
	s := setUpSignIn(t, SignIn{Clients: map[string][]byte{aClient: aDocument(map[string]any{"com.posthog": map[string]any{"scopes": []string{"organization:write"}}})}})
	query := goodRequest()
	query.Set("scope", "organization:read user:read")
	same(t, "the scope", decoded[tokens](s.post("/oauth/token/", exchangeForm(s.codeFor(query))).is(200)).Scope, "organization:read")
}

func TestWhoeverCannotBeTrustedIsSentNowhere(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		document map[string]any
		query    url.Values
		says     string
	}{
		"another client's document": {document: map[string]any{"client_id": "https://example.com/other.json"}, says: "another client"},
		"no name":                   {document: map[string]any{"client_name": ""}, says: "client_name"},
		"no way back":               {document: map[string]any{"redirect_uris": []string{}}, says: "redirect_uris"},
		"a secret":                  {document: map[string]any{"token_endpoint_auth_method": "client_secret_post"}, says: "secret"},
		"a long document":           {document: map[string]any{"logo_uri": strings.Repeat("x", 6000)}, says: "5 KiB"},
		"a client on the network":   {query: url.Values{"client_id": {"https://example.com/unknown.json"}}, says: "no network"},
		"a client that is no URL":   {query: url.Values{"client_id": {"abc"}}, says: "address"},
		"a client with a query":     {query: url.Values{"client_id": {"http://127.0.0.1/client?a"}}, says: "nothing behind"},
		"another way back":          {query: url.Values{"redirect_uri": {"http://127.0.0.1:4321/elsewhere"}}, says: "register"},
		"another host":              {query: url.Values{"redirect_uri": {"http://evil.example/callback"}}, says: "register"},
		"https on loopback":         {query: url.Values{"redirect_uri": {"https://127.0.0.1:4321/callback"}}, says: "register"},
		"a name for loopback":       {query: url.Values{"redirect_uri": {"http://localhost:4321/callback"}}, says: "register"},
		"no address":                {query: url.Values{"redirect_uri": {""}}, says: "register"},
	} {
		s := setUpSignIn(t, SignIn{Clients: map[string][]byte{aClient: aDocument(test.document)}})
		query := goodRequest()
		for field, value := range test.query {
			query[field] = value
		}
		page := s.open(query).is(400)
		if !strings.Contains(page.text, test.says) || strings.Contains(page.text, "<form") || page.header.Get("Location") != "" {
			t.Errorf("%s: %s", name, page.text)
		}
	}
}

func TestWhatIsWrongWithARequestGoesBackToTheClient(t *testing.T) {
	t.Parallel()
	s := setUpSignIn(t, SignIn{SendsIssuer: true})
	for field, test := range map[string]struct{ value, want string }{
		"response_type":         {"token", "unsupported_response_type"},
		"code_challenge_method": {"plain", "invalid_request"},
		"code_challenge":        {"short", "invalid_request"},
		"scope":                 {"*", "invalid_scope"},
	} {
		query := goodRequest()
		query.Set(field, test.value)
		back := s.open(query).location()
		same(t, field, back.Get("error"), test.want)
		same(t, "the state", back.Get("state"), "the state")
		same(t, "the issuer", back.Get("iss"), "http://"+boxHost)
	}
}

func TestAClientOnThisMachineIsReadFromIt(t *testing.T) {
	t.Parallel()
	var document string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/moved" {
			http.Redirect(w, r, "/client", http.StatusFound)
			return
		}
		_, _ = w.Write([]byte(document))
	}))
	defer server.Close()
	for _, test := range []struct {
		path, id string
		status   int
	}{{"/client", "/client", 200}, {"/moved", "/moved", 400}, {"/client", "/another", 400}} {
		document = string(aDocument(map[string]any{"client_id": server.URL + test.id}))
		query := goodRequest()
		query.Set("client_id", server.URL+test.path)
		setUpSignIn(t, SignIn{}).open(query).is(test.status)
	}
}

func TestTheSandboxIsAClientOfItsOwn(t *testing.T) {
	t.Parallel()
	s := setUpSignIn(t, SignIn{})
	query := goodRequest()
	query.Set("client_id", "http://"+boxHost+ClientPath)
	if page := s.open(query).is(200); !strings.Contains(page.text, "Organization MCP server for PostHog") {
		t.Errorf("the page is %s", page.text)
	}
	same(t, "the document", decoded[clientDocument](s.get("", ClientPath).is(200)).ID, "http://example.com"+ClientPath)
}

func TestOnlyTheConsentPageItselfCanConsent(t *testing.T) {
	t.Parallel()
	s := setUpSignIn(t, SignIn{})
	form := consentForm(s.open(goodRequest()))
	for name, bend := range map[string]func(*http.Request){
		"another port": func(r *http.Request) { r.Header.Set("Origin", "http://127.0.0.1:1") },
		"no origin":    func(r *http.Request) { r.Header.Set("Origin", "null") },
	} {
		if page := s.post("/oauth/authorize/", form, bend).is(403); page.header.Get("Location") != "" {
			t.Errorf("%s: sent to %s", name, page.header.Get("Location"))
		}
	}
	s.post("/oauth/authorize/", form, func(r *http.Request) { r.Host = "evil.example" }).is(421)
	s.post("/oauth/authorize/", url.Values{"request": {"guessed"}, "person": {AdminUser}, "answer": {"allow"}}).is(400)
	s.post("/oauth/authorize/", form, func(r *http.Request) { r.Header.Set("Origin", "http://"+boxHost) }).location()
	s.post("/oauth/authorize/", form).is(400) // a page is answered once
}

func TestAnswersThatGiveNoCode(t *testing.T) {
	t.Parallel()
	s := setUpSignIn(t, SignIn{})
	denied := consentForm(s.open(goodRequest()))
	denied.Set("answer", "deny")
	back := s.post("/oauth/authorize/", denied).location()
	same(t, "the error", back.Get("error"), "access_denied")
	same(t, "the code", back.Get("code"), "")

	stranger := consentForm(s.open(goodRequest()))
	stranger.Set("person", KimUser)
	s.post("/oauth/authorize/", stranger).is(400)

	late := consentForm(s.open(goodRequest()))
	s.clock = s.clock.Add(requestLifetime + time.Second)
	s.post("/oauth/authorize/", late).is(400)
}

func TestACodeIsForItsClientOnceAndSoon(t *testing.T) {
	t.Parallel()
	for name, bend := range map[string]func(*stand, url.Values){
		"another client":    func(_ *stand, f url.Values) { f.Set("client_id", "https://example.com/other.json") },
		"another way back":  func(_ *stand, f url.Values) { f.Set("redirect_uri", "http://127.0.0.1:1/callback") },
		"another verifier":  func(_ *stand, f url.Values) { f.Set("code_verifier", strings.Repeat("x", 43)) },
		"no verifier":       func(_ *stand, f url.Values) { f.Del("code_verifier") },
		"a minute too late": func(s *stand, _ url.Values) { s.clock = s.clock.Add(codeLifetime) },
		"another code":      func(_ *stand, f url.Values) { f.Set("code", "X") },
	} {
		s := setUpSignIn(t, SignIn{})
		form := exchangeForm(s.codeFor(goodRequest()))
		bend(s, form)
		answer := s.post("/oauth/token/", form).is(400)
		if !strings.Contains(answer.text, `"invalid_grant"`) {
			t.Errorf("%s: %s", name, answer.text)
		}
	}
	s := setUpSignIn(t, SignIn{})
	form := exchangeForm(s.codeFor(goodRequest()))
	got := decoded[tokens](s.post("/oauth/token/", form).is(200))
	s.post("/oauth/token/", form).is(400)
	s.get(got.Access, here+"/roles/").is(401) // a code that comes twice was stolen
}

func TestARefreshTokenRotates(t *testing.T) {
	t.Parallel()
	s := setUpSignIn(t, SignIn{AccessLifetime: 30 * time.Second, RefreshLifetime: time.Hour})
	first := s.tokens()
	same(t, "the lifetime", first.Seconds, 30)
	refresh := func(token string) reaction {
		return s.post("/oauth/token/", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}, "client_id": {aClient}})
	}
	s.clock = s.clock.Add(30 * time.Second)
	s.get(first.Access, here+"/roles/").refused(wrongKey)
	second := decoded[tokens](refresh(first.Refresh).is(200))
	s.get(second.Access, here+"/roles/").is(200)
	third := decoded[tokens](refresh(second.Refresh).is(200))
	s.get(second.Access, here+"/roles/").is(401) // the access token before ends with it
	s.get(third.Access, here+"/roles/").is(200)

	refresh(first.Refresh).is(400) // used twice: stolen
	s.get(third.Access, here+"/roles/").is(401)
	refresh(third.Refresh).is(400)

	late := s.tokens()
	s.clock = s.clock.Add(time.Hour)
	refresh(late.Refresh).is(400)
}

func TestRevokingEndsTheSignIn(t *testing.T) {
	t.Parallel()
	s := setUpSignIn(t, SignIn{})
	revoke := func(token string) reaction {
		return s.post("/oauth/revoke/", url.Values{"token": {token}, "client_id": {aClient}})
	}
	got := s.tokens()
	revoke(got.Access).is(200)
	s.get(got.Access, here+"/roles/").is(401)
	revoke(got.Access).is(200) // whoever wants it gone is right already
	other := s.tokens()
	revoke(other.Refresh).is(200)
	s.get(other.Access, here+"/roles/").is(401)
	s.post("/oauth/revoke/", url.Values{"token": {s.tokens().Refresh}, "client_id": {"https://example.com/other.json"}}).is(400)
	s.post("/oauth/revoke/", url.Values{}).is(400)
}

func TestTheAuthorizationServerTakesFormsAndItsMethodsOnly(t *testing.T) {
	t.Parallel()
	s := setUpSignIn(t, SignIn{})
	s.ask("", "GET", "/oauth/token/", "").refused(methodNotAllowed.says("GET"))
	s.ask("", "POST", "/oauth/token/", `{"grant_type": "refresh_token"}`).is(400)
	s.post("/oauth/token/", url.Values{"grant_type": {"password"}}).is(400)
	s.get("", "/.well-known/oauth-authorization-server").is(200)
}

func TestTheLogHoldsNothingThatOpensASignIn(t *testing.T) {
	t.Parallel()
	s := setUpSignIn(t, SignIn{})
	form := consentForm(s.open(goodRequest()))
	code := s.post("/oauth/authorize/", form).location().Get("code")
	got := decoded[tokens](s.post("/oauth/token/", exchangeForm(code)).is(200))
	s.post("/oauth/token/", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {got.Refresh}, "client_id": {aClient}}).is(200)
	s.post("/oauth/revoke/", url.Values{"token": {got.Access}, "client_id": {aClient}}).is(200)
	if len(s.Requests()) != 5 {
		t.Fatalf("there are %d requests", len(s.Requests()))
	}
	for _, request := range s.Requests() {
		for _, secret := range []string{form.Get("request"), code, aVerifier, got.Access, got.Refresh} {
			if strings.Contains(string(request.Body)+request.RawQuery, secret) {
				t.Errorf("%s %s holds a secret: %s", request.Method, request.Path, request.Body)
			}
		}
	}
}

func TestADataFileFromBeforeSignInsLearnsThem(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "sandbox.db")
	old := openFile(t, file)
	old.ask(AdminKey, "POST", here+"/roles/", `{"name": "Kept"}`).is(201)
	old.exec(`DROP TABLE oauth_secrets`)
	old.exec(`DROP TABLE oauth_grants`)
	old.exec(`DROP TABLE oauth_requests`)
	old.exec(`PRAGMA user_version = 1`)
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	again := openFile(t, file)
	again.options.SignIn.Clients = map[string][]byte{aClient: aDocument(nil)}
	again.get(again.tokens().Access, here+"/roles/").is(200)
	if roles := names(results[role](again.get(AdminKey, here+"/roles/")), roleName); !strings.Contains(roles, "Kept") {
		t.Errorf("the roles are %s", roles)
	}
}
