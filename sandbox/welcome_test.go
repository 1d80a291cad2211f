package sandbox

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func (s *stand) welcome(key string) welcome {
	s.t.Helper()
	return decoded[welcome](s.get(key, here+"/welcome/current/").is(200))
}

func TestTheWelcomePageSaysWhereOneIs(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	w := s.welcome(MemberKey)
	same(t, "organization_name", w.OrganizationName, OrganizationName)
	same(t, "the inviter", *w.Inviter, welcomeInviter{Name: "Maya", Email: AdminEmail})
	same(t, "is_organization_first_user", w.FirstUser, false)
	w = s.welcome(OwnerKey)
	if w.Inviter != nil || !w.FirstUser {
		t.Errorf("the founder was invited by %v", w.Inviter)
	}
	same(t, "the other organization", decoded[welcome](s.get(OwnerKey, there+"/welcome/current/").is(200)).OrganizationName, OtherOrganizationName)
}

func TestColleaguesAreShownByTheirLastSignIn(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	show := func(m welcomeMember) string { return m.Name + " " + m.Role + " " + m.LastActive }
	same(t, "the administrator's colleagues", names(s.welcome(AdminKey).TeamMembers, show),
		"Léo member today | Inês owner today | Ana member today | Şule administrator today | 伟 member today | Chloé member today | Noa member today | İbrahim member today")
	same(t, "the member's first colleague", s.welcome(MemberKey).TeamMembers[0].Email, AdminEmail)

	s.clock = s.clock.Add(6*day + 23*hour) // nobody signs in for a week, nearly
	same(t, "a week later", names(s.welcome(AdminKey).TeamMembers, func(m welcomeMember) string { return m.LastActive }),
		"this_week | inactive | inactive | inactive | inactive | inactive | inactive | inactive")
	same(t, "somebody without a name", decoded[welcome](s.get(OwnerKey, there+"/welcome/current/").is(200)).TeamMembers[0].Name, "Oskar")

	s.exec(`UPDATE users SET last_login = NULL`)
	w := s.welcome(AdminKey)
	same(t, "how many", len(w.TeamMembers), welcomePeople)
	same(t, "the newest, who never signed in", w.TeamMembers[0], welcomeMember{Name: "Zuzana", Email: NewcomerEmail, Role: "member", LastActive: "never"})
	same(t, "somebody without a name", w.TeamMembers[2].Name, "studio.fern")
}

func TestRecentActivityIsTheLastOfEachThing(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	events := s.welcome(AdminKey).RecentActivity
	same(t, "how many", len(events), welcomeActivity)
	seen := map[string]bool{}
	var before instant = 1 << 62
	for _, e := range events {
		if e.Timestamp > before {
			t.Errorf("%s is not older than the one before it", e.EntityName)
		}
		before = e.Timestamp
		if e.EntityURL != nil {
			if seen[*e.EntityURL] {
				t.Errorf("%s is there twice", *e.EntityURL)
			}
			seen[*e.EntityURL] = true
		}
		if utf8.RuneCountInString(e.EntityName) > 200 {
			t.Errorf("%s is too long", e.EntityName)
		}
	}
	newest := events[0]
	same(t, "the newest", newest.Type+" "+newest.ActorName+" "+newest.EntityName+" "+*newest.EntityURL,
		"Insight.created Ana Checkout funnel, web /project/84102/insights/aX3pQ9")

	s.exec(`DELETE FROM activity WHERE created_at > ?`, instantOf(s.clock).ago(15*day))
	events = s.welcome(AdminKey).RecentActivity
	same(t, "what is older than two weeks", len(events), 1)
	same(t, "somebody unknown", events[0].ActorName, "Someone")
	s.clock = s.clock.Add(11 * day)
	same(t, "what is older than thirty days", len(s.welcome(AdminKey).RecentActivity), 0)
}

func TestAThingWithoutAPageHasNoAddress(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	s.exec(`DELETE FROM activity WHERE scope <> 'Cohort'`)
	events := s.welcome(AdminKey).RecentActivity
	if len(events) != 1 || events[0].EntityURL != nil {
		t.Errorf("got %v", events)
	}
}

func TestPopularDashboardsAreThoseOpenedLast(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	show := func(d welcomeDashboard) string { return d.Name + " " + d.URL }
	same(t, "the dashboards", names(s.welcome(AdminKey).Dashboards, show),
		"Hedgebox at a glance /project/84102/dashboard/5101 | Mobile launch /project/84377/dashboard/5104 | Support load /project/84102/dashboard/5102")
	s.exec(`UPDATE dashboards SET deleted = 1 WHERE id < 5104`)
	same(t, "without those deleted", names(s.welcome(AdminKey).Dashboards, show),
		"Mobile launch /project/84377/dashboard/5104 | Data quality /project/84102/dashboard/5105 | Untouched /project/84377/dashboard/5106")
	s.exec(`UPDATE dashboards SET deleted = 1`)
	same(t, "of none", s.get(AdminKey, here+"/welcome/current/").is(200).text[:1], "{")
	same(t, "of none", len(s.welcome(AdminKey).Dashboards), 0)
}

func TestNextStepsFollowFromTheProductsInUse(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	w := s.welcome(AdminKey)
	same(t, "the products", strings.Join(w.ProductsInUse, " "), "feature_flags product_analytics session_replay surveys")
	same(t, "the steps", names(w.NextSteps, func(s welcomeStep) string { return s.ProductKey + " " + s.Href }),
		"session_replay /project/84102/replay/home | feature_flags /project/84102/feature_flags | surveys /project/84102/surveys")
	w = decoded[welcome](s.get(OwnerKey, there+"/welcome/current/").is(200))
	same(t, "the products over there", strings.Join(w.ProductsInUse, " "), "product_analytics")
	same(t, "the steps over there", len(w.NextSteps), 1) // there is always one
}

func TestTodayStaysTrueWheneverTheSandboxStarts(t *testing.T) {
	t.Parallel()
	for _, now := range []time.Time{time.Now(), time.Date(2031, 7, 1, 0, 0, 0, 0, time.UTC)} {
		s := setUp(t, Faults{})
		s.clock = now
		same(t, "the first colleague", s.welcome(AdminKey).TeamMembers[0].LastActive, "today")
		same(t, "the activity", len(s.welcome(AdminKey).RecentActivity), welcomeActivity)
	}
}
