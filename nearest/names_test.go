package nearest_test

import (
	"strings"
	"testing"

	"posthog-org-mcp/nearest"
)

func tools() []string {
	return strings.Fields(`roles-list roles-get roles-create roles-update roles-delete membership-list membership-get
		membership-add membership-remove external-reference-list external-reference-create external-reference-delete
		external-reference-lookup project-secret-token-rotate projects-list welcome-current organizations-list
		members-list whoami journal-list undo`)
}

func TestAToolIsFoundByOtherVerbsOrdersAndStyles(t *testing.T) {
	for asked, want := range map[string]string{
		"role-list": "roles-list", "list_roles": "roles-list", "rolesList": "roles-list", "listRoles": "roles-list", "list_all_roles": "roles-list",
		"rols-list": "roles-list", "roleslist": "roles-list", "posthog_list_roles": "roles-list",
		"role-get": "roles-get", "getRole": "roles-get", "read_role": "roles-get",
		"delete-role": "roles-delete", "remove_role": "roles-delete", "destroyRole": "roles-delete",
		"add-role": "roles-create", "role_rename": "roles-update",
		"add-member": "membership-add", "add_user_to_role": "membership-add", "member-add": "membership-add", "assign_member": "membership-add",
		"remove-member": "membership-remove", "delete_membership": "membership-remove", "remove_user_from_role": "membership-remove",
		"users-list": "members-list", "list-members": "members-list", "list_people": "members-list",
		"org-list": "organizations-list", "list_organisations": "organizations-list",
		"rotate_token": "project-secret-token-rotate", "reset-project-secret-token": "project-secret-token-rotate",
		"find_reference": "external-reference-lookup", "create_external_reference": "external-reference-create", "list-references": "external-reference-list",
		"history": "journal-list", "list_history": "journal-list", "audit_log": "journal-list", "undo-last": "undo", "revert": "undo", "welcome": "welcome-current", "who_am_i": "whoami",
	} {
		got := nearest.Names(asked, tools(), 3)
		if len(got) == 0 || got[0] != want {
			t.Errorf("%s: %q, want %s", asked, got, want)
		}
	}
	for _, asked := range []string{"", "send-money", "execute_sql", "bash", "x", strings.Repeat("role", 1000)} {
		if got := nearest.Names(asked, tools(), 3); len(got) != 0 {
			t.Errorf("%.20s: %q", asked, got)
		}
	}
}

func TestAnArgumentIsFoundByWhatItIsCalledElsewhere(t *testing.T) {
	valid := strings.Fields("confirmation limit member members offset organization_id role search view")
	for asked, want := range map[string]string{
		"role_id": "role", "roleId": "role", "role_name": "role", "role_uuid": "role", "roles": "role",
		"user": "member", "email": "member", "user_uuid": "member", "userId": "member", "member_email": "member", "person": "member",
		"users": "members", "emails": "members", "user_ids": "members", "people": "members",
		"org_id": "organization_id", "organization": "organization_id", "organizationId": "organization_id",
		"query": "search", "q": "search", "max": "limit", "limits": "limit", "page_size": "limit", "skip": "offset", "veiw": "view", "confirm": "confirmation",
	} {
		got := nearest.Names(asked, valid, 1)
		if len(got) == 0 || got[0] != want {
			t.Errorf("%s: %q, want %s", asked, got, want)
		}
	}
	if got := nearest.Names("confirmation", []string{"name", "organization_id"}, 1); len(got) != 0 {
		t.Errorf("confirmation: %q", got)
	}
	for _, asked := range []string{"", "id", "force", "x"} {
		if got := nearest.Names(asked, valid, 1); len(got) != 0 {
			t.Errorf("%s: %q", asked, got)
		}
	}
}
