package sandbox

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
)

func roleName(r role) string { return r.Name }

func TestAListComesInPages(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	const base = "http://example.com" + here + "/roles/"
	link := func(address *string) string {
		if address == nil {
			return "null"
		}
		return strings.TrimPrefix(*address, base)
	}
	for _, c := range []struct {
		query          string
		rows           int
		next, previous string
	}{
		{"", 6, "null", "null"},
		{"?limit=6", 6, "null", "null"},
		{"?limit=1000000", 6, "null", "null"},
		{"?limit=4", 4, "?limit=4&offset=4", "null"},
		{"?limit=4&offset=4", 2, "null", "?limit=4"},
		{"?limit=2&offset=1", 2, "?limit=2&offset=3", "?limit=2"},
		{"?limit=2&offset=4", 2, "null", "?limit=2&offset=2"},
		{"?offset=6", 0, "null", "?limit=100"},
		{"?offset=9000", 0, "null", "?limit=100&offset=8900"},
		{"?limit=1&b=2&a=%C3%A9+%26&a=1", 1, "?a=%C3%A9+%26&a=1&b=2&limit=1&offset=1", "null"},
		// What is no positive number is the default.
		{"?limit=0", 6, "null", "null"},
		{"?limit=-1", 6, "null", "null"},
		{"?limit=x&offset=y", 6, "null", "null"},
		{"?limit=&offset=", 6, "null", "null"},
		{"?limit=1.5&offset=-1", 6, "null", "null"},
		{"?limit=9223372036854775807&offset=1", 5, "null", "?limit=9223372036854775807"},
		{"?limit=9223372036854775807&offset=9223372036854775807", 0, "null", "?limit=9223372036854775807"},
		{"?limit=-99999999999999999999", 6, "null", "null"},
	} {
		p := decoded[page[role]](s.get(AdminKey, here+"/roles/"+c.query).is(200))
		same(t, "count after "+c.query, p.Count, 6)
		same(t, "rows after "+c.query, len(p.Results), c.rows)
		same(t, "next after "+c.query, link(p.Next), c.next)
		same(t, "previous after "+c.query, link(p.Previous), c.previous)
	}
}

func TestANumberBeyond64BitsIsRefused(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	for _, list := range []string{
		"/api/organizations/", here + "/roles/", here + "/roles/" + RoleData + "/role_memberships/",
		here + "/role_external_references/", here + "/members/", here + "/projects/",
	} {
		for _, name := range []string{"limit", "offset"} {
			s.get(AdminKey, list+"?"+name+"=9223372036854775808").refused(tooGreat.at(name))
		}
		s.get(AdminKey, list+"?limit=9223372036854775807").is(200)
	}
}

func TestEveryListFollowsItsOwnNext(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	for list, total := range map[string]int{
		"/api/organizations/?limit=1":                                    2,
		here + "/roles/?limit=4":                                         6,
		here + "/roles/" + RoleEngineering + "/role_memberships?limit=5": 12,
		here + "/role_external_references/?limit=3":                      SeededReferences,
		here + "/role_external_references/?limit=1&provider=github":      3,
		here + "/members/?limit=7&order=joined_at":                       SeededMembers,
		here + "/members/?limit=5&search=example":                        24,
		here + "/projects/?limit=1":                                      2,
	} {
		seen := map[string]bool{}
		for next := &list; next != nil; {
			p := decoded[page[struct {
				ID any `json:"id"`
			}]](s.get(OwnerKey, *next).is(200))
			same(t, "count of "+list, p.Count, int64(total))
			for _, row := range p.Results {
				seen[fmt.Sprint(row.ID)] = true
			}
			if p.Previous != nil {
				s.get(OwnerKey, *p.Previous).is(200)
			}
			next = p.Next
		}
		same(t, "different rows of "+list, len(seen), total)
	}
}

func TestLinksNameTheHostThatWasAsked(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	r := httptest.NewRequest("GET", "https://posthog.test:8443"+here+"/roles?limit=1", nil)
	r.Header.Set("Authorization", "Bearer "+AdminKey)
	p := decoded[page[role]](s.send(r).is(200))
	same(t, "next", *p.Next, "https://posthog.test:8443"+here+"/roles?limit=1&offset=1")
}
