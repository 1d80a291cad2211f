package changes

import (
	"fmt"
	"strconv"
	"strings"

	"posthog-org-mcp/apiclient"
)

// The sentences about each kind of change, for the question that a person is
// asked, the preview and the journal. Names are other people's text, so each is
// quoted: control characters and direction marks show as escapes.

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
	return fmt.Sprintf("Delete the role %s (%s).", quote(c.Role.Name), c.Role.ID)
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
	return fmt.Sprintf("Delete the external reference %s: the %s no longer stands for the role %s.", c.Reference.ID, group(*c.Reference), c.Reference.Role)
}

func doesTokenRotate(c Change) string {
	return fmt.Sprintf("Rotate the secret token of the project %s (%d).", quote(projectName(*c.Project)), c.Project.ID)
}

func losesNothing(Change) []string { return nil }

func losesRoleDelete(c Change) []string {
	var lost []string
	switch members := c.Role.Members; len(members) {
	case 0:
		lost = append(lost, "Nobody is in the role.")
	default:
		people := make([]apiclient.UserBasic, 0, len(members))
		for _, membership := range members {
			people = append(people, membership.User)
		}
		lost = append(lost, fmt.Sprintf("%s out of the role: %s.", count(len(people), "person falls", "people fall"), listed(people)))
	}
	if len(c.Roleless) > 0 {
		lost = append(lost, fmt.Sprintf("%s then in no role at all: %s.", count(len(c.Roleless), "person is", "people are"), listed(c.Roleless)))
	}
	for _, reference := range c.References {
		lost = append(lost, fmt.Sprintf("The %s no longer stands for a role.", group(reference)))
	}
	if c.Role.IsDefault {
		lost = append(lost, "It is the organization's default role: people who join later get none.")
	}
	return append(lost,
		"Its access rules go too; PostHog does not list them here.",
		"Undo makes it again with its members and references, under a new id, and without its access rules"+
			ifTrue(c.Role.IsDefault, " and without being the default")+".")
}

func losesMembershipRemove(c Change) []string {
	lost := []string{"What the role gives access to is closed to them at once; undo puts them back."}
	if len(c.Roleless) > 0 {
		lost = append(lost, fmt.Sprintf("%s is then in no role at all.", listed(c.Roleless)))
	}
	return lost
}

func losesReferenceDelete(c Change) []string {
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
		lost = append(lost, fmt.Sprintf("The backup token (%s) stops working at once: servers that still hold it are cut off.", backup))
	}
	return append(lost, "This cannot be undone.")
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

// people are the addresses of everybody whom a change is about.
func (c Change) people() []string {
	var people []string
	add := func(user apiclient.UserBasic) { people = append(people, user.Email) }
	switch c.Kind {
	case MembershipAdd, MembershipRemove:
		add(c.Person())
	case RoleDelete:
		for _, membership := range c.Role.Members {
			add(membership.User)
		}
	}
	return people
}

// group names a group of another system.
func group(reference apiclient.Reference) string {
	return fmt.Sprintf("%s group %s of %s", quote(reference.Provider), quote(reference.ProviderRoleName), quote(reference.ProviderOrganizationID))
}

func person(user apiclient.UserBasic) string {
	return quote(user.FullName() + " <" + user.Email + ">")
}

// maxListed bounds how many people a sentence names.
const maxListed = 50

func listed(people []apiclient.UserBasic) string {
	names := make([]string, 0, len(people))
	for i, user := range people {
		if i == maxListed {
			names = append(names, fmt.Sprintf("and %d more", len(people)-maxListed))
			break
		}
		names = append(names, person(user))
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

// longestQuote is how many characters of other people's text a sentence repeats.
const longestQuote = 120

func quote(text string) string {
	if runes := []rune(text); len(runes) > longestQuote {
		text = string(runes[:longestQuote]) + "…"
	}
	return strconv.Quote(text)
}
