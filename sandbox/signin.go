package sandbox

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// SignIn sets up the authorization server that the sandbox plays: the one that a
// person signs in at, in a browser. The zero value has PostHog's habits.
type SignIn struct {
	// CodeLifetime, AccessLifetime and RefreshLifetime are how long a code, an
	// access token and a refresh token are good for, in whole seconds; zero is a
	// minute, an hour and thirty days.
	CodeLifetime, AccessLifetime, RefreshLifetime time.Duration
	// Clients are client metadata documents by their addresses, which are the
	// client ids. The sandbox goes to no network for others, but to this machine.
	Clients map[string][]byte
	// Issuer is what the metadata name as the issuer; empty is the sandbox's own
	// address, which is right.
	Issuer string
	// SendsIssuer announces that the way back names the issuer, and names it there.
	SendsIssuer bool
	// CallbackIssuer is what the way back names as the issuer, announced or not;
	// empty is the right one.
	CallbackIssuer string
}

// The lifetimes of what a sign-in gives, unless SignIn says otherwise.
const (
	codeLifetime    = time.Minute
	accessLifetime  = time.Hour
	refreshLifetime = 30 * 24 * time.Hour
)

// ClientPath is where the sandbox keeps a client metadata document of its own:
// that address is a client id for the program that it comes with.
const ClientPath = "/oauth/client.json"

// signInPage is one address of the authorization server.
type signInPage struct {
	methods []string
	do      func(context.Context, *visit) (answer, error)
}

// signInPages are the authorization server's addresses, without closing slashes.
func signInPages() map[string]signInPage {
	return map[string]signInPage{
		"/.well-known/oauth-protected-resource":   {[]string{"GET", "HEAD"}, aboutTheResource},
		"/.well-known/oauth-authorization-server": {[]string{"GET", "HEAD"}, aboutTheServer},
		ClientPath:         {[]string{"GET", "HEAD"}, ownClient},
		"/oauth/authorize": {[]string{"GET", "POST"}, authorize},
		"/oauth/token":     {[]string{"POST"}, giveTokens},
		"/oauth/revoke":    {[]string{"POST"}, revokeToken},
	}
}

// visit is one request to the authorization server while it is being answered.
type visit struct {
	options  SignIn
	tx       *sql.Tx
	request  *http.Request
	form     url.Values // of the query, or of the body of a POST
	now      instant
	client   clientDocument // at GET /oauth/authorize
	unusable string         // why there is no client
}

// signIn answers a request to the authorization server.
func (s *Sandbox) signIn(ctx context.Context, r *http.Request, body []byte, page signInPage) answer {
	if !slices.Contains(page.methods, r.Method) {
		return refusal(methodNotAllowed.says(r.Method).with("Allow", strings.Join(page.methods, ", ")))
	}
	v := &visit{options: s.options.SignIn, request: r, form: r.URL.Query(), now: instantOf(s.options.Now())}
	if r.Method == http.MethodPost {
		form, err := formOf(r, body)
		if err != nil {
			return oauthRefusal("invalid_request", err.Error())
		}
		v.form = form
	}
	if strings.HasPrefix(r.URL.Path, "/oauth/authorize") && r.Method == http.MethodGet {
		// Before the transaction: the document may be on another server.
		v.client, v.unusable = v.options.clientOf(ctx, originOf(r), v.form.Get("client_id"))
	}
	reply, err := s.inTransaction(ctx, func(tx *sql.Tx) (answer, error) {
		v.tx = tx
		return page.do(ctx, v)
	})
	if err != nil {
		slog.ErrorContext(ctx, "sandbox: signing in failed", "path", r.URL.Path, "error", err)
		return refusal(serverError)
	}
	return reply
}

// inTransaction commits what a page has written, whatever it answers.
func (s *Sandbox) inTransaction(ctx context.Context, do func(*sql.Tx) (answer, error)) (answer, error) {
	db, err := s.database(ctx)
	if err != nil {
		return answer{}, err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after the commit
	reply, err := do(tx)
	if err != nil {
		return answer{}, err
	}
	return reply, tx.Commit()
}

// signInPageAt finds the authorization server's page at a path.
func signInPageAt(path string) (signInPage, bool) {
	page, found := signInPages()[strings.TrimSuffix(path, "/")]
	return page, found
}

// formOf reads a form that was posted.
func formOf(r *http.Request, body []byte) (url.Values, error) {
	if media, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); strings.TrimSpace(media) != "application/x-www-form-urlencoded" {
		return nil, errors.New("the body is not application/x-www-form-urlencoded")
	}
	return url.ParseQuery(string(body))
}

// aboutTheResource answers with what the API says of itself (RFC 9728).
func aboutTheResource(_ context.Context, v *visit) (answer, error) {
	base := originOf(v.request)
	return jsonAnswer(http.StatusOK, map[string]any{
		"resource": base, "authorization_servers": []string{base},
		"scopes_supported": knownScopes(), "bearer_methods_supported": []string{"header"},
	})
}

// aboutTheServer answers with what the authorization server says of itself (RFC 8414).
func aboutTheServer(_ context.Context, v *visit) (answer, error) {
	base := originOf(v.request)
	says := map[string]any{
		"issuer": v.issuer(), "authorization_endpoint": base + "/oauth/authorize/",
		"token_endpoint": base + "/oauth/token/", "revocation_endpoint": base + "/oauth/revoke/",
		"scopes_supported": knownScopes(), "response_types_supported": []string{"code"},
		"response_modes_supported": []string{"query"}, "grant_types_supported": []string{"authorization_code", "refresh_token"},
		"token_endpoint_auth_methods_supported": []string{"none"}, "code_challenge_methods_supported": []string{"S256"},
		"client_id_metadata_document_supported": true,
	}
	if v.options.SendsIssuer {
		says["authorization_response_iss_parameter_supported"] = true
	}
	return jsonAnswer(http.StatusOK, says)
}

// issuer is what the server calls itself.
func (v *visit) issuer() string {
	if v.options.Issuer != "" {
		return v.options.Issuer
	}
	return originOf(v.request)
}

// scopeObjects are what a scope can be about, and what that is in words.
func scopeObjects() map[string]string {
	return map[string]string{
		"organization":        "your organization, its roles and who is in them",
		"organization_member": "the members of your organization",
		"project":             "the projects of your organization",
		"user":                "your own account",
	}
}

// knownScopes are the scopes that a client may ask for, in order. All of them at
// once, *, is not among them.
func knownScopes() []string {
	var scopes []string
	for object := range maps.Keys(scopeObjects()) {
		scopes = append(scopes, object+":read", object+":write")
	}
	slices.Sort(scopes)
	return scopes
}

// jsonAnswer is an answer that nobody may keep.
func jsonAnswer(status int, value any) (answer, error) {
	body, err := encodeJSON(value)
	return answer{status: status, header: http.Header{"Cache-Control": {"no-store"}, "Content-Type": {"application/json"}}, body: body}, err
}

// oauthRefusal is an error as token endpoints write it (RFC 6749).
func oauthRefusal(code, description string) answer {
	a, err := jsonAnswer(http.StatusBadRequest, map[string]string{"error": code, "error_description": description})
	if err != nil { // two texts always encode
		return answer{status: http.StatusInternalServerError}
	}
	return a
}
