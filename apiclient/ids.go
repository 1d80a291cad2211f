package apiclient

import (
	"strconv"
	"strings"
)

// The ids of the API. All but OrganizationID and ProjectID are UUIDs. A value
// that is none is refused before any request is sent.
type (
	// OrganizationID is a UUID or CurrentOrganization.
	OrganizationID string
	// RoleID names a role.
	RoleID string
	// MembershipID names one person's place in one role.
	MembershipID string
	// ReferenceID names an external reference.
	ReferenceID string
	// UserID is the `uuid` of a user.
	UserID string
	// MemberID names a person's membership of the organization. No operation
	// takes one: people are named by UserID.
	MemberID string
	// ProjectID is a project's number, 1 or greater.
	ProjectID int
)

// CurrentOrganization is the organization that the key's owner last used.
const CurrentOrganization OrganizationID = "@current"

// ParseOrganizationID reads a UUID or @current. Its error is an *ArgumentError.
func ParseOrganizationID(s string) (OrganizationID, error) { return parse(OrganizationID(s)) }

// ParseRoleID reads a UUID. Its error is an *ArgumentError.
func ParseRoleID(s string) (RoleID, error) { return parse(RoleID(s)) }

// ParseMembershipID reads a UUID. Its error is an *ArgumentError.
func ParseMembershipID(s string) (MembershipID, error) { return parse(MembershipID(s)) }

// ParseReferenceID reads a UUID. Its error is an *ArgumentError.
func ParseReferenceID(s string) (ReferenceID, error) { return parse(ReferenceID(s)) }

// ParseUserID reads a UUID. Its error is an *ArgumentError.
func ParseUserID(s string) (UserID, error) { return parse(UserID(s)) }

// ParseProjectID reads a number of 1 or more. Its error is an *ArgumentError.
func ParseProjectID(s string) (ProjectID, error) {
	number, err := strconv.Atoi(s)
	if err != nil || number < 1 || strconv.Itoa(number) != s {
		return 0, &ArgumentError{Argument: "project id", Value: quoteCut(nil, s), Problem: wantNumber}
	}
	return ProjectID(number), nil
}

// Level is what a member may do in an organization. Writes need
// LevelAdministrator.
type Level int

// The levels of the API.
const (
	LevelMember        Level = 1
	LevelAdministrator Level = 8
	LevelOwner         Level = 15
)

// String returns the level's word: member, administrator or owner.
func (l Level) String() string {
	switch l {
	case LevelMember:
		return "member"
	case LevelAdministrator:
		return "administrator"
	case LevelOwner:
		return "owner"
	}
	return "level " + strconv.Itoa(int(l))
}

// A segment is a value that stands in a path.
type segment interface {
	// check returns the value as it stands in the path, or what is wrong with it.
	check() (text, problem string)
	// kind is what the value names, for errors.
	kind() string
}

const (
	wantUUID         = "is not a UUID"
	wantOrganization = "is neither a UUID nor @current"
	wantNumber       = "is not a number of 1 or more"
)

func (id OrganizationID) check() (string, string) {
	if id == CurrentOrganization {
		return string(id), ""
	}
	return checkUUID(string(id), wantOrganization)
}
func (id RoleID) check() (string, string)       { return checkUUID(string(id), wantUUID) }
func (id MembershipID) check() (string, string) { return checkUUID(string(id), wantUUID) }
func (id ReferenceID) check() (string, string)  { return checkUUID(string(id), wantUUID) }
func (id UserID) check() (string, string)       { return checkUUID(string(id), wantUUID) }
func (id ProjectID) check() (string, string) {
	text := strconv.Itoa(int(id))
	if id < 1 {
		return text, wantNumber
	}
	return text, ""
}

func (OrganizationID) kind() string { return "organization id" }
func (RoleID) kind() string         { return "role id" }
func (MembershipID) kind() string   { return "membership id" }
func (ReferenceID) kind() string    { return "external reference id" }
func (UserID) kind() string         { return "user id" }
func (ProjectID) kind() string      { return "project id" }

// parse checks a value that a caller wrote, and returns it in lower case.
func parse[ID interface {
	~string
	segment
}](id ID) (ID, error) {
	text, problem := id.check()
	if problem != "" {
		return "", &ArgumentError{Argument: id.kind(), Value: quoteCut(nil, text), Problem: problem}
	}
	return ID(text), nil
}

// checkUUID takes the one spelling that the API gives out, hyphens and all, in
// either case. Anything else would reach the server as part of a path.
func checkUUID(s, problem string) (string, string) {
	if len(s) != 36 {
		return s, problem
	}
	for i := range len(s) {
		hyphen := i == 8 || i == 13 || i == 18 || i == 23
		if hyphen != (s[i] == '-') || !hyphen && !isHex(s[i]) {
			return s, problem
		}
	}
	return strings.ToLower(s), ""
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}
