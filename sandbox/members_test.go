package sandbox

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

func memberEmail(m organizationMember) string { return m.User.Email }

func TestMembersAreListedNewestFirst(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	newest := results[organizationMember](s.get(AdminKey, here+"/members/"))
	same(t, "how many", len(newest), SeededMembers)
	same(t, "the newest", newest[0].User.Email, NewcomerEmail)
	same(t, "the oldest", newest[SeededMembers-1].User.Email, OwnerEmail)
	oldest := results[organizationMember](s.get(AdminKey, here+"/members/?order=joined_at"))
	slices.Reverse(oldest)
	same(t, "the list the other way round", names(oldest, memberEmail), names(newest, memberEmail))
	for _, order := range []string{"-joined_at", "email", "JOINED_AT", ""} {
		same(t, "the list ordered by "+order, names(results[organizationMember](s.get(AdminKey, here+"/members/?order="+order)), memberEmail), names(newest, memberEmail))
	}
}

func TestMembersAreActivePeopleOnly(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	for _, m := range results[organizationMember](s.get(AdminKey, here+"/members/")) {
		if m.User.UUID == SwitchedOffUser {
			t.Error("somebody whose account is switched off is listed")
		}
	}
	s.exec(`UPDATE users SET is_active = 1 WHERE uuid = ?`, SwitchedOffUser)
	same(t, "with him", len(results[organizationMember](s.get(AdminKey, here+"/members/"))), SeededMembers+1)
}

func TestMembersAreFoundByTheirExactAddress(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	for email, want := range map[string]string{
		AnaEmail: AnaEmail, "declan.o'rourke@example.com": "declan.o'rourke@example.com",
		"Ana.Kovac@example.com": "", "ana.kovac": "", "viktor.hale@example.com": "",
	} {
		same(t, email, names(results[organizationMember](s.get(AdminKey, here+"/members/?email="+url.QueryEscape(email))), memberEmail), want)
	}
}

func TestMembersAreFoundByWordsThatResembleTheirs(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	for search, want := range map[string]string{
		"ana kovac":   "ana.kovac@example.com exact",
		"Kovač":       "ana.kovac@example.com exact",
		"RAJ":         "raj.patel@example.com exact",
		"nguyen kim":  "kim.nguyen@example.com exact",
		"Ngyuen":      "kim.nguyen@example.com similar",
		"okonkow":     "maya.okonkwo@example.com similar",
		"yildirim":    "sule.yildirim@example.com exact",
		"ŞULE":        "sule.yildirim@example.com exact",
		"Álvares":     "jose.alvarez@example.com similar",
		"O'Rourke":    "declan.o'rourke@example.com exact",
		"حداد":        "layla.haddad@example.com exact",
		"张":           "wei.zhang@example.com exact",
		"example.org": "studio.fern@example.org exact",
		"zzyzx":       "",
		"ana zzyzx":   "",
		"%":           "",
		"_":           "",
		"' OR 1=1":    "",
		"viktor":      "",
	} {
		found := results[organizationMember](s.get(AdminKey, here+"/members/?search="+url.QueryEscape(search)))
		got := names(found, func(m organizationMember) string { return m.User.Email + " " + m.MatchType })
		same(t, "the search for "+search, got, want)
	}
	plain := s.get(AdminKey, here+"/members/").text
	same(t, "a blank search", s.get(AdminKey, here+"/members/?search=+++").text, plain)
	if strings.Contains(plain, "search_match_type") {
		t.Error("a list that was not searched says how it matched")
	}
}

func TestASearchHasAtMost200Characters(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	s.get(AdminKey, here+"/members/?search="+url.QueryEscape(strings.Repeat("ş", 200))).is(200)
	s.get(AdminKey, here+"/members/?search="+url.QueryEscape(strings.Repeat("ş", 201))).refused(tooLong.says(200).at("search"))
}

func TestMembersAreFoundByWhenTheyChanged(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	after := func(text string) int {
		return len(results[organizationMember](s.get(AdminKey, here+"/members/?updated_after="+url.QueryEscape(text))))
	}
	same(t, "of all time", after("2001-01-01"), SeededMembers)
	same(t, "since tomorrow", after("2026-03-15T00:00:00Z"), 0)
	s.exec(`UPDATE members SET updated_at = ? WHERE user_id = (SELECT id FROM users WHERE uuid = ?)`, instantOf(s.clock), AnaUser)
	for _, text := range []string{"2026-03-14T09:26:53.589792Z", "2026-03-14T10:26:53.5+01:00", "2026-03-14T09:26:00"} {
		same(t, "since "+text, after(text), 1)
	}
	same(t, "strictly after", after("2026-03-14T09:26:53.589793Z"), 0)
	s.get(AdminKey, here+"/members/?updated_after=yesterday").refused(notTime.at("updated_after"))
}

func TestTimesHaveMicrosecondsInUTC(t *testing.T) {
	t.Parallel()
	east := time.FixedZone("east", 5*3600)
	for want, i := range map[string]instant{
		`"2024-05-01T09:30:00.123456Z"`: instantOf(time.Date(2024, 5, 1, 14, 30, 0, 123456789, east)),
		`"2024-05-01T09:30:00.000000Z"`: instantOf(time.Date(2024, 5, 1, 9, 30, 0, 0, time.UTC)),
		`"1969-12-31T23:59:59.999999Z"`: -1,
	} {
		text, err := encodeJSON(i)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "the time", string(text), want)
		var back instant
		if err := back.UnmarshalJSON(text); err != nil || back != i {
			t.Errorf("%s read back is %v, %v", text, back, err)
		}
	}
}
