package sandbox

import (
	"context"
	"database/sql"
	"log/slog"
	"net/http"
	"net/url"
)

// call is one request while it is being answered: what was asked, what the
// checks have found out about the caller, and the transaction it all happens in.
type call struct {
	tx       *sql.Tx
	request  *http.Request
	body     []byte
	query    url.Values
	now      instant
	knobs    Faults
	throttle *throttle
	match    match

	key          apiKey
	caller       person
	organization organizationRow // zero outside of an organization
	level        int             // the caller's in it; 0: not a member
	project      *project        // set by inThisProject
}

// run passes the checks in their order and then does the action.
func (c *call) run(ctx context.Context) (reply, error) {
	for _, check := range checks() {
		if err := check(ctx, c); err != nil {
			return reply{}, err
		}
	}
	return c.match.route.do(ctx, c)
}

// uuid returns a variable part of the path that has to be a UUID, in lower
// case. Anything else names no row: 404.
func (c *call) uuid(name string) (string, error) {
	id, ok := parseUUID(c.match.path[name])
	if !ok {
		return "", notFound
	}
	return id, nil
}

// restricted reports whether the organization hides members from this caller.
func (c *call) restricted() bool { return c.knobs.HideMembers && c.level < administrator }

// sees reports whether the caller may see a person of this level: with members
// hidden, a plain member sees only themself and those who run the organization.
func (c *call) sees(userID int64, level int) bool {
	return !c.restricted() || level >= administrator || userID == c.caller.ID
}

// reply is what an action answers: a status and the value to send as JSON.
type reply struct {
	status int
	value  any // any: each action has its own shape, and only encode looks at it
}

func ok(value any) reply      { return reply{status: http.StatusOK, value: value} }
func created(value any) reply { return reply{status: http.StatusCreated, value: value} }
func gone() reply             { return reply{status: http.StatusNoContent} }

// encode turns a reply into bytes.
func (r reply) encode(ctx context.Context) answer {
	if r.value == nil {
		return answer{status: r.status}
	}
	body, err := encodeJSON(r.value)
	if err != nil {
		slog.ErrorContext(ctx, "sandbox: cannot encode the answer", "error", err)
		return refusal(serverError)
	}
	return answer{status: r.status, body: body}
}
