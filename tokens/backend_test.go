package tokens_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// How much there is in the organization that answers are measured with.
const (
	manyRoles   = 50
	manyMembers = 100
)

// newOrganization is the API of an organization of believable size: names of two
// words, ids as random as real ones. It answers three lists of it, and nothing else.
func newOrganization(t *testing.T) (url string) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	uuid := func() string {
		return fmt.Sprintf("%08x-%04x-7%03x-8%03x-%012x", random.Uint32(), random.Uint32()>>16, random.Uint32()>>20, random.Uint32()>>20, random.Uint64()>>16)
	}
	date := func() string {
		return fmt.Sprintf("20%02d-%02d-%02dT09:30:00.123456Z", 21+random.IntN(5), 1+random.IntN(12), 1+random.IntN(28))
	}
	var roles, memberships []map[string]any
	for i := range manyRoles {
		roles = append(roles, map[string]any{
			"id": uuid(), "name": teams[i%10] + " " + parts[i/10], "created_at": date(), "created_by": nil, "is_default": i == 3, "members": []any{},
		})
	}
	for i := range manyMembers {
		first, last := firstNames[i%10], lastNames[i/10]
		user := map[string]any{
			"id": i + 1, "uuid": uuid(), "distinct_id": uuid(), "first_name": first, "last_name": last,
			"email": strings.ToLower(first+"."+last) + "@example.com", "is_email_verified": true,
		}
		level := 1
		if i%20 == 0 {
			level = 8
		}
		memberships = append(memberships, map[string]any{
			"id": uuid(), "role_id": roles[0]["id"], "user": user, "joined_at": date(), "updated_at": date(),
			"organization_member": map[string]any{"id": uuid(), "user": user, "level": level, "joined_at": date(), "updated_at": date(), "is_2fa_enabled": true, "has_social_auth": false},
		})
	}
	for i, role := range roles {
		role["members"] = memberships[:(i*7)%manyMembers]
	}
	roles[0]["members"] = memberships
	const organization = "/api/organizations/@current/"
	api := http.NewServeMux()
	api.HandleFunc("GET "+organization+"roles/", list(t, roles))
	api.HandleFunc(fmt.Sprintf("GET %sroles/%s/role_memberships/", organization, roles[0]["id"]), list(t, memberships))
	api.HandleFunc(fmt.Sprintf("GET %sroles/%s/", organization, roles[0]["id"]), answer(t, roles[0]))
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	return server.URL
}

// list answers with the one page that there is.
func list(t *testing.T, rows []map[string]any) http.HandlerFunc {
	return answer(t, map[string]any{"count": len(rows), "next": nil, "previous": nil, "results": rows})
}

func answer(t *testing.T, body map[string]any) http.HandlerFunc {
	t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(data) // whoever has left reads no error
	}
}

var (
	teams      = [...]string{"Billing", "Support", "Platform", "Growth", "Security", "Finance", "Mobile", "Research", "Partner", "Design"}
	parts      = [...]string{"Admins", "Team", "Leads", "Viewers", "Contractors"}
	firstNames = [...]string{"Ana", "Raj", "Kim", "Maya", "Hugo", "Layla", "Declan", "Priya", "Tomas", "Chloe"}
	lastNames  = [...]string{"Kovac", "Patel", "Nguyen", "Okonkwo", "Weiss", "Haddad", "Rourke", "Horvath", "Lindqvist", "Moreau"}
)
