package changes

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"posthog-org-mcp/apiclient"
)

// The sentences about each kind of change, for the question that a person is
// asked, the preview and the journal. Names, addresses and ids are other
// people's text, so each is quoted: see quote.go.

// String says what the change does, as a sentence in which names are quoted.
func (c Change) String() string {
	if does := c.Kind.rule().does; does != nil {
		return does(c)
	}
	return c.Kind.String()
}

func doesRoleCreate(c Change) string { return fmt.Sprintf("Create the role %s.", quote(c.Name)) }

func doesRoleRename(c Change) string {
	return fmt.Sprintf("Rename the role %s to %s.", quote(c.Role.Name), quote(c.Name))
}

func doesRoleDelete(c Change) string {
	return fmt.Sprintf("Delete the role %s (%s).", quote(c.Role.Name), id(c.Role.ID))
}

func doesMembershipAdd(c Change) string {
	return fmt.Sprintf("Put %s into the role %s.", person(c.Person()), quote(c.Role.Name))
}

func doesMembershipRemove(c Change) string {
	return fmt.Sprintf("Take %s out of the role %s.", person(c.Person()), quote(c.Role.Name))
}

func doesReferenceCreate(c Change) string {
	group := c.NewReference
	return fmt.Sprintf("Let the %s group %s of %s stand for the role %s.",
		quote(group.Provider), quote(group.ProviderRoleName), quote(group.ProviderOrganizationID), quote(c.Role.Name))
}

func doesReferenceDelete(c Change) string {
	return fmt.Sprintf("Delete the external reference %s: the %s no longer stands for the role %s.",
		id(c.Reference.ID), group(*c.Reference), id(c.Reference.Role))
}

func doesTokenRotate(c Change) string {
	return fmt.Sprintf("Rotate the secret token of the project %s (%d).", quote(projectName(*c.Project)), c.Project.ID)
}

func losesNothing(Change) []string { return nil }

func losesRoleDelete(c Change) []string {
	var lost []string
	if members := c.Role.Members; len(members) == 0 {
		lost = append(lost, "Nobody is in the role.")
	} else {
		people := make([]apiclient.UserBasic, 0, len(members))
		for _, membership := range members {
			people = append(people, membership.User)
		}
		lost = append(lost, fmt.Sprintf("%s out of the role: %s.", count(len(people), "person falls", "people fall"), listed(people, person)))
	}
	if len(c.Roleless) > 0 {
		lost = append(lost, fmt.Sprintf("%s then in no role at all: %s.", count(len(c.Roleless), "person is", "people are"), listed(c.Roleless, person)))
	}
	if len(c.References) > 0 {
		lost = append(lost, fmt.Sprintf("%s for a role: the %s.", count(len(c.References), "group no longer stands", "groups no longer stand"), listed(c.References, group)))
	}
	if c.Role.IsDefault {
		lost = append(lost, "It is the organization's default role: people who join later get none.")
	}
	return append(lost,
		"Its access rules go too; PostHog does not list them here.",
		"Undo makes it again with its members and references, under a new id, with new dates, and without its access rules"+
			ifTrue(c.Role.IsDefault, " and without being the default")+".")
}

func losesMembershipRemove(c Change) []string {
	lost := []string{"What the role gives access to is closed to them at once; undo puts them back."}
	if len(c.Roleless) > 0 {
		lost = append(lost, fmt.Sprintf("%s is then in no role at all.", listed(c.Roleless, person)))
	}
	return lost
}

func losesReferenceDelete(Change) []string {
	return []string{"The group and the role stay; undo makes the reference again under a new id."}
}

func losesTokenRotate(c Change) []string {
	var lost []string
	if token := c.Project.SecretAPIToken; token != nil {
		lost = append(lost, fmt.Sprintf("The token in use (%s) becomes the backup: it works until the next rotation.", token))
	} else {
		lost = append(lost, "The project has no secret token yet, or hides it from this key; if there is one, it becomes the backup.")
	}
	if backup := c.Project.SecretAPITokenBackup; backup != nil {
		since := ""
		if !c.backupSince.IsZero() {
			since = ", the backup since " + c.backupSince.UTC().Format("2006-01-02 15:04 MST")
		}
		lost = append(lost, fmt.Sprintf("The backup token (%s%s) stops working at once: servers that still hold it are cut off.", backup, since))
	}
	if fields := c.settings(); len(fields) > 0 {
		lost = append(lost, fmt.Sprintf("These settings are sent along, and ignored by PostHog as it is documented: %s.", strings.Join(fields, ", ")))
	}
	return append(lost, "This cannot be undone.")
}

// settings are the names of the settings that go along with a rotation.
func (c Change) settings() []string {
	if c.Settings == nil {
		return nil
	}
	data, err := json.Marshal(c.Settings)
	var fields map[string]json.RawMessage
	if err != nil || json.Unmarshal(data, &fields) != nil {
		return []string{"some that cannot be listed"}
	}
	return slices.Sorted(maps.Keys(fields))
}

// Person is whom a change of a membership is about.
func (c Change) Person() apiclient.UserBasic {
	switch {
	case c.Member != nil:
		return c.Member.User
	case c.Membership != nil:
		return c.Membership.User
	}
	return apiclient.UserBasic{}
}

// people are the addresses and names of everybody whom a change is about.
func (c Change) people() []string {
	switch c.Kind {
	case MembershipAdd, MembershipRemove:
		return []string{c.Person().Email, c.Person().FullName()}
	case RoleDelete:
		people := make([]string, 0, len(c.Role.Members))
		for _, membership := range c.Role.Members {
			people = append(people, membership.User.Email, membership.User.FullName())
		}
		return people
	}
	return nil
}

// maxListed bounds how many people or groups a sentence names.
const maxListed = 50

func listed[T any](all []T, name func(T) string) string {
	names := make([]string, 0, len(all))
	for i, one := range all {
		if i == maxListed {
			names = append(names, fmt.Sprintf("and %d more", len(all)-maxListed))
			break
		}
		names = append(names, name(one))
	}
	return strings.Join(names, ", ")
}

func projectName(project apiclient.Project) string {
	if project.Name == nil {
		return ""
	}
	return *project.Name
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

func ifTrue(condition bool, text string) string {
	if condition {
		return text
	}
	return ""
}
