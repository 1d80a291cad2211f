package sandbox

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"time"
)

// oauthPrefix begins every access token.
const oauthPrefix = "pha_"

// grantedSecret is a code or a token with the grant that it belongs to.
type grantedSecret struct {
	kind, grant, client, scopes string
	user                        int64
	expires                     instant
	used, revoked               *instant
	redirect, challenge         *string
}

// secretOf finds a code or a token; sql.ErrNoRows when there is none of that kind.
func secretOf(ctx context.Context, tx *sql.Tx, kind, secret string) (grantedSecret, error) {
	s := grantedSecret{kind: kind}
	err := tx.QueryRowContext(ctx, `SELECT s.grant_id, g.client_id, g.scopes, g.user_id, s.expires_at, s.used_at, g.revoked_at, s.redirect_uri, s.challenge
		FROM oauth_secrets s JOIN oauth_grants g ON g.id = s.grant_id WHERE s.hash = ? AND s.kind = ?`, hashOf(secret), kind).
		Scan(&s.grant, &s.client, &s.scopes, &s.user, &s.expires, &s.used, &s.revoked, &s.redirect, &s.challenge)
	return s, err
}

// giveTokens answers POST /oauth/token/: a code or a refresh token for new tokens.
func giveTokens(ctx context.Context, v *visit) (answer, error) {
	kind, field := "", ""
	switch v.form.Get("grant_type") {
	case "authorization_code":
		kind, field = "code", "code"
	case "refresh_token":
		kind, field = "refresh", "refresh_token"
	default:
		return oauthRefusal("unsupported_grant_type", "The grant type must be authorization_code or refresh_token."), nil
	}
	secret := v.form.Get(field)
	found, err := secretOf(ctx, v.tx, kind, secret)
	if errors.Is(err, sql.ErrNoRows) {
		return oauthRefusal("invalid_grant", "There is no such "+kind+"."), nil
	}
	if err != nil {
		return answer{}, err
	}
	if found.used != nil {
		// Whoever brings it a second time may have stolen it, or been stolen from:
		// nobody goes on with what came of it.
		return oauthRefusal("invalid_grant", "It was used before, so everything that came of it is revoked."), revokeGrant(ctx, v, found.grant)
	}
	if refused := found.fits(v); refused != "" {
		return oauthRefusal("invalid_grant", refused), nil
	}
	if _, err := v.tx.ExecContext(ctx, `UPDATE oauth_secrets SET used_at = ? WHERE hash = ?`, v.now, hashOf(secret)); err != nil {
		return answer{}, err
	}
	return v.tokens(ctx, found)
}

// fits says why a code or a refresh token may not be exchanged; empty: it may.
func (s grantedSecret) fits(v *visit) string {
	switch {
	case s.revoked != nil:
		return "It is revoked."
	case s.expires <= v.now:
		return "It has expired."
	case s.client != v.form.Get("client_id"):
		return "It belongs to another client."
	case s.redirect != nil && *s.redirect != v.form.Get("redirect_uri"):
		return "The redirect URI is another one."
	case s.challenge != nil && !answersChallenge(v.form.Get("code_verifier"), *s.challenge):
		return "The code verifier does not fit."
	}
	return ""
}

// answersChallenge reports whether a verifier is the one that a challenge was
// made of, by S256.
func answersChallenge(verifier, challenge string) bool {
	sum := sha256.Sum256([]byte(verifier))
	return subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(challenge)) == 1
}

// tokens gives out an access token and a refresh token. The access tokens from
// before end with it, as they do at PostHog.
func (v *visit) tokens(ctx context.Context, of grantedSecret) (answer, error) {
	scopes, err := scopesOf(of.scopes)
	if err != nil {
		return answer{}, err
	}
	if _, err := v.tx.ExecContext(ctx, `DELETE FROM oauth_secrets WHERE grant_id = ? AND kind = 'access'`, of.grant); err != nil {
		return answer{}, err
	}
	given := map[string]string{}
	for _, each := range []struct {
		kind, prefix string
		expires      instant
	}{
		{"access", oauthPrefix, v.until(v.options.AccessLifetime, accessLifetime)},
		{"refresh", "phr_", v.until(v.options.RefreshLifetime, refreshLifetime)},
	} {
		given[each.kind] = each.prefix + rand.Text() + rand.Text()
		if _, err := v.tx.ExecContext(ctx, `INSERT INTO oauth_secrets (hash, kind, grant_id, expires_at) VALUES (?, ?, ?, ?)`,
			hashOf(given[each.kind]), each.kind, of.grant, each.expires); err != nil {
			return answer{}, err
		}
	}
	return jsonAnswer(http.StatusOK, struct {
		Access    string   `json:"access_token"`
		ExpiresIn int      `json:"expires_in"`
		Type      string   `json:"token_type"`
		Scope     string   `json:"scope"`
		Refresh   string   `json:"refresh_token"`
		Teams     []int64  `json:"scoped_teams"`
		Orgs      []string `json:"scoped_organizations"`
	}{
		given["access"], int(cmp.Or(v.options.AccessLifetime, accessLifetime) / time.Second), "Bearer",
		strings.Join(scopes, " "), given["refresh"], []int64{}, []string{},
	})
}

// revokeToken answers POST /oauth/revoke/. A token that is not known is as good
// as revoked (RFC 7009); a refresh token takes its access tokens with it.
func revokeToken(ctx context.Context, v *visit) (answer, error) {
	token := v.form.Get("token")
	if token == "" {
		return oauthRefusal("invalid_request", "There is no token."), nil
	}
	for _, kind := range []string{"refresh", "access"} {
		found, err := secretOf(ctx, v.tx, kind, token)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			continue
		case err != nil:
			return answer{}, err
		case found.client != v.form.Get("client_id"):
			return oauthRefusal("invalid_client", "It belongs to another client."), nil
		case kind == "refresh":
			err = revokeGrant(ctx, v, found.grant)
		default:
			_, err = v.tx.ExecContext(ctx, `DELETE FROM oauth_secrets WHERE hash = ?`, hashOf(token))
		}
		if err != nil {
			return answer{}, err
		}
	}
	return answer{status: http.StatusOK, header: http.Header{"Cache-Control": {"no-store"}}}, nil
}

func revokeGrant(ctx context.Context, v *visit, grant string) error {
	_, err := v.tx.ExecContext(ctx, `UPDATE oauth_grants SET revoked_at = coalesce(revoked_at, ?) WHERE id = ?`, v.now, grant)
	return err
}

// accessTokenOf makes an access token a key: what it may do is what its person
// has allowed. sql.ErrNoRows when it is none, or none any more.
func accessTokenOf(ctx context.Context, tx *sql.Tx, token string, now instant) (apiKey, error) {
	found, err := secretOf(ctx, tx, "access", token)
	if err != nil {
		return apiKey{}, err
	}
	if found.revoked != nil || found.expires <= now {
		return apiKey{}, sql.ErrNoRows
	}
	scopes, err := scopesOf(found.scopes)
	return apiKey{ID: found.grant, UserID: found.user, Scopes: scopes, oauth: true}, err
}
