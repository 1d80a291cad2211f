package sandbox

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// requestLifetime is how long a consent page can be answered.
const requestLifetime = 10 * time.Minute

// challengeShape is what S256 makes of a verifier.
var challengeShape = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// authorize answers /oauth/authorize/: with the consent page, and to its form.
func authorize(ctx context.Context, v *visit) (answer, error) {
	// A name that somebody lets point to this machine makes their page no page of ours.
	if host := (&url.URL{Host: v.request.Host}).Hostname(); !isLoopbackName(host) {
		return pageAnswer(http.StatusMisdirectedRequest, refusedPage("Open this page under 127.0.0.1, the sandbox's own address."), ""), nil
	}
	if v.request.Method == http.MethodPost {
		return consent(ctx, v)
	}
	redirect := v.form.Get("redirect_uri")
	if v.unusable == "" && !v.client.takes(redirect) {
		v.unusable = "The client does not register the address that it wants the browser sent back to."
	}
	if v.unusable != "" { // and nobody is sent anywhere
		return pageAnswer(http.StatusBadRequest, refusedPage(v.unusable), ""), nil
	}
	asked := strings.Fields(v.form.Get("scope"))
	unknown := slices.ContainsFunc(asked, func(scope string) bool { return !slices.Contains(knownScopes(), scope) })
	switch {
	case v.form.Get("response_type") != "code":
		return v.back(redirect, v.form.Get("state"), "error", "unsupported_response_type"), nil
	case v.form.Get("code_challenge_method") != "S256" || !challengeShape.MatchString(v.form.Get("code_challenge")):
		return v.back(redirect, v.form.Get("state"), "error", "invalid_request", "error_description", "PKCE with S256 is required."), nil
	case len(asked) == 0 || unknown:
		return v.back(redirect, v.form.Get("state"), "error", "invalid_scope"), nil
	}
	scopes := v.client.allowed(asked)
	id := rand.Text()
	_, err := v.tx.ExecContext(ctx, `INSERT INTO oauth_requests (id, client_id, redirect_uri, state, scopes, challenge, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?)`, id, v.client.ID, redirect, v.form.Get("state"), jsonList(scopes), v.form.Get("code_challenge"), v.now)
	if err != nil {
		return answer{}, err
	}
	people, err := whoCanConsent(ctx, v.tx)
	if err != nil {
		return answer{}, err
	}
	return pageAnswer(http.StatusOK, consentPage(v.client, scopes, people, id), redirect), nil
}

// consent answers the form of the consent page. Only that page knows the
// request's id, which no other origin can read.
func consent(ctx context.Context, v *visit) (answer, error) {
	header := v.request.Header
	if origin := header.Get("Origin"); origin != "" && origin != originOf(v.request) {
		return pageAnswer(http.StatusForbidden, refusedPage("This form was sent by another page."), ""), nil
	}
	var asked struct {
		client, redirect, state, scopes, challenge string
		at                                         instant
	}
	err := v.tx.QueryRowContext(ctx, `DELETE FROM oauth_requests WHERE id = ?
		RETURNING client_id, redirect_uri, state, scopes, challenge, created_at`, v.form.Get("request")).
		Scan(&asked.client, &asked.redirect, &asked.state, &asked.scopes, &asked.challenge, &asked.at)
	if errors.Is(err, sql.ErrNoRows) || err == nil && asked.at < v.now.ago(requestLifetime) {
		return pageAnswer(http.StatusBadRequest, refusedPage("This page was answered already, or is too old. Start the sign-in again."), ""), nil
	}
	if err != nil {
		return answer{}, err
	}
	if v.form.Get("answer") != "allow" {
		return v.back(asked.redirect, asked.state, "error", "access_denied"), nil
	}
	people, err := whoCanConsent(ctx, v.tx)
	if err != nil {
		return answer{}, err
	}
	who := slices.IndexFunc(people, func(p consenter) bool { return p.UUID == v.form.Get("person") })
	if who < 0 {
		return pageAnswer(http.StatusBadRequest, refusedPage("There is no such person. Start the sign-in again."), ""), nil
	}
	grant := newUUID()
	if _, err := v.tx.ExecContext(ctx, `INSERT INTO oauth_grants (id, client_id, user_id, scopes, created_at) VALUES (?, ?, ?, ?, ?)`,
		grant, asked.client, people[who].ID, asked.scopes, v.now); err != nil {
		return answer{}, err
	}
	code := rand.Text()
	_, err = v.tx.ExecContext(ctx, `INSERT INTO oauth_secrets (hash, kind, grant_id, expires_at, redirect_uri, challenge) VALUES (?, 'code', ?, ?, ?, ?)`,
		hashOf(code), grant, v.until(v.options.CodeLifetime, codeLifetime), asked.redirect, asked.challenge)
	return v.back(asked.redirect, asked.state, "code", code), err
}

// back sends the browser to the client, with names and values, and the state.
func (v *visit) back(redirect, state string, values ...string) answer {
	address, err := url.Parse(redirect)
	if err != nil { // it was read before
		return refusal(serverError)
	}
	query := address.Query()
	for pair := range slices.Chunk(values, 2) {
		query.Set(pair[0], pair[1])
	}
	if state != "" {
		query.Set("state", state)
	}
	if issuer := cmp.Or(v.options.CallbackIssuer, v.issuer()); v.options.SendsIssuer || v.options.CallbackIssuer != "" {
		query.Set("iss", issuer)
	}
	address.RawQuery = query.Encode()
	header := closedOff("", redirect)
	header.Set("Location", address.String())
	return answer{status: http.StatusFound, header: header}
}

// until is the end of a lifetime that begins now.
func (v *visit) until(lifetime, usual time.Duration) instant {
	return v.now.ago(-cmp.Or(lifetime, usual))
}

// hashOf is how a secret stands in the database.
func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// consenter is somebody who can sign in at the sandbox.
type consenter struct {
	userBasic
	Level int
}

// whoCanConsent are the administrator, the owner and a plain member of
// Organization: there are no passwords here, so the page lets one choose.
func whoCanConsent(ctx context.Context, tx *sql.Tx) ([]consenter, error) {
	return selectRows(ctx, tx, func(row scanner) (consenter, error) {
		var c consenter
		return c, row.Scan(append(c.columns(), &c.Level)...)
	}, `SELECT `+userColumns+`, m.level FROM users u JOIN members m ON m.user_id = u.id AND m.organization_id = ?
		WHERE u.uuid IN (?, ?, ?) AND u.is_active ORDER BY u.uuid = ? DESC, m.level DESC`,
		Organization, AdminUser, OwnerUser, MemberUser, AdminUser)
}

// scopesOf reads a column of scopes.
func scopesOf(column string) ([]string, error) {
	var scopes []string
	err := json.Unmarshal([]byte(column), &scopes)
	return scopes, err
}
