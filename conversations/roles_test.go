package conversations_test

// roleTasks are the tasks about roles themselves.
func roleTasks() []task {
	return []task{
		{
			name:    "rename a role",
			words:   "Rename Growth Marketing to Growth.",
			reply:   "Done: Growth Marketing is called Growth now.",
			changed: []string{"- role Growth Marketing", "+ role Growth Marketing, now Growth"},
			ours: func(m *model) []string {
				m.call("roles-update", with{"role": "Growth Marketing", "name": "Growth"}, nil)
				return nil
			},
			peer: func(m *model) []string {
				m.raw("updateRole", with{"id": m.rawRoles().named("Growth Marketing").ID, "requestBody": with{"name": "Growth"}}, nil)
				return nil
			},
		},
		{
			name:      "delete the empty role",
			words:     "Delete the role that nobody is in.",
			reply:     "Security is deleted; nobody was in it, and nothing stood for it.",
			found:     []string{"Security"},
			changed:   []string{"- role Security"},
			cannotAsk: true,
			ours: func(m *model) []string {
				var roles roleRows
				m.call("roles-list", nil, &roles)
				var deleted []string
				for _, row := range roles.Roles {
					if row.MemberCount > 0 {
						continue
					}
					var asked struct{ Preview struct{ Confirmation string } }
					m.call("roles-delete", with{"role": row.Name}, &asked)
					m.call("roles-delete", with{"role": row.Name, "confirmation": asked.Preview.Confirmation}, nil)
					deleted = append(deleted, row.Name)
				}
				return deleted
			},
			peer: func(m *model) []string {
				var deleted []string
				for _, role := range m.rawRoles() {
					if len(role.Members) > 0 {
						continue
					}
					m.raw("deleteRole", with{"id": role.ID}, nil)
					deleted = append(deleted, role.Name)
				}
				return deleted
			},
			remark: "Nobody is asked, and whether references hang on the role is not looked at.",
		},
		{
			name:    "take the last one back",
			words:   "Take Hugo out of Engineering, and call Security Trust. … What was changed today? Take the last one back.",
			reply:   "Two things: hugo.weiss@example.com left Engineering, and Security became Trust. The last one is taken back.",
			found:   []string{"Security"},
			changed: []string{"- Engineering: hugo.weiss@example.com"},
			ours: func(m *model) []string {
				m.call("membership-remove", with{"role": "Engineering", "member": m.find("Hugo")}, nil)
				m.call("roles-update", with{"role": "Security", "name": "Trust"}, nil)
				var today struct {
					Writes []struct{ ID, Tool string }
				}
				m.call("journal-list", with{"since": "today"}, &today)
				if len(today.Writes) != 2 {
					return nil
				}
				m.call("undo", with{"id": today.Writes[0].ID}, nil)
				return []string{"Security"}
			},
			peer: func(m *model) []string {
				roles := m.rawRoles()
				m.rawRemove(roles.named("Engineering"), "hugo.weiss@example.com")
				security := roles.named("Security")
				for _, name := range []string{"Trust", security.Name} {
					m.raw("updateRole", with{"id": security.ID, "requestBody": with{"name": name}}, nil)
				}
				return []string{security.Name}
			},
			remark: "It has no journal: it can say what it changed, and take it back, only as long as it is the same conversation.",
		},
	}
}
