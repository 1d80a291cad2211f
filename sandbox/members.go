package sandbox

import (
	"context"
	"time"
	"unicode/utf8"
)

const longestSearch = 200

// listMembers answers GET members/: active people only, newest first.
func listMembers(ctx context.Context, c *call) (reply, error) {
	search := trim(c.query.Get("search"))
	if utf8.RuneCountInString(search) > longestSearch {
		return reply{}, tooLong.says(longestSearch).at("search")
	}
	updatedAfter, err := c.timeParameter("updated_after")
	if err != nil {
		return reply{}, err
	}
	w, err := c.window()
	if err != nil {
		return reply{}, err
	}
	order := "m.joined_at DESC, m.id DESC"
	if c.query.Get("order") == "joined_at" {
		order = "m.joined_at, m.id"
	}
	email := c.query.Get("email")
	all, err := selectRows(ctx, c.tx, scanMember, `SELECT `+memberColumns+fromMembers+
		`WHERE m.organization_id = ?1 AND u.is_active
			AND (?2 = '' OR u.email = ?2)
			AND (?3 IS NULL OR m.updated_at > ?3)
		ORDER BY `+order, c.organization.ID, email, updatedAfter)
	if err != nil {
		return reply{}, err
	}
	// A search cannot be left to SQLite, which knows neither case nor likeness
	// beyond ASCII; so the list is narrowed, counted and cut here.
	var found []organizationMember
	for _, m := range all {
		if !c.sees(m.User.ID, m.Level) {
			continue
		}
		if search != "" {
			m.MatchType = matches(search, m.User.FirstName, m.User.LastName, m.User.Email)
			if m.MatchType == "" {
				continue
			}
		}
		found = append(found, m)
	}
	return ok(pageOf(c, w, int64(len(found)), slice(w, found))), nil
}

// timeParameter reads a time from the query; nil when there is none.
func (c *call) timeParameter(name string) (*instant, error) {
	text := c.query.Get(name)
	if text == "" {
		return nil, nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", time.DateTime, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			i := instantOf(t)
			return &i, nil
		}
	}
	return nil, notTime.at(name)
}
