package changes

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/redact"
)

// record is a change, or what it made, as the journal keeps it: enough to find
// out later whether it happened and to take it back, and no secret. A set's
// mark is made of records too, so that what was shown, what is written down and
// what is compared are the same.
type record struct {
	Role         *roleRecord       `json:"role,omitempty"`
	Name         string            `json:"name,omitempty"`
	Member       *personRecord     `json:"member,omitempty"`
	Membership   *membershipRecord `json:"membership,omitempty"`
	Reference    *referenceRecord  `json:"reference,omitempty"`
	References   []referenceRecord `json:"references,omitempty"`
	NewReference *referenceRecord  `json:"new_reference,omitempty"`
	Roleless     []personRecord    `json:"roleless,omitempty"`
	Project      *projectRecord    `json:"project,omitempty"`
}

type roleRecord struct {
	ID        apiclient.RoleID   `json:"id,omitempty"`
	Name      string             `json:"name"`
	IsDefault bool               `json:"is_default,omitempty"`
	Members   []membershipRecord `json:"members,omitempty"`
}

type personRecord struct {
	UUID      apiclient.UserID `json:"uuid"`
	FirstName string           `json:"first_name,omitempty"`
	LastName  string           `json:"last_name,omitempty"`
	Email     string           `json:"email"`
}

type membershipRecord struct {
	ID   apiclient.MembershipID `json:"id"`
	User personRecord           `json:"user"`
}

type referenceRecord struct {
	ID                     apiclient.ReferenceID `json:"id,omitempty"`
	Provider               string                `json:"provider"`
	ProviderOrganizationID string                `json:"provider_organization_id"`
	ProviderRoleID         string                `json:"provider_role_id"`
	ProviderRoleSlug       *string               `json:"provider_role_slug"`
	ProviderRoleName       string                `json:"provider_role_name"`
	Role                   apiclient.RoleID      `json:"role,omitempty"`
}

// projectRecord has prints of the tokens: hashes of long random values, by which
// a later look tells whether they are still the same.
type projectRecord struct {
	ID     apiclient.ProjectID `json:"id"`
	Name   string              `json:"name"`
	Token  string              `json:"token_print,omitempty"`
	Backup string              `json:"backup_print,omitempty"`
	// After is the rotation before this one. A project may hide its tokens, and
	// then nothing else tells that it was rotated since it was shown.
	After string `json:"after,omitempty"`
}

func recordOf(c Change) record {
	r := record{
		Name: c.Name, Role: roleRecordOf(c.Role), Membership: membershipRecordOf(c.Membership),
		Reference: referenceRecordOf(c.Reference), Project: projectRecordOf(c.Project),
	}
	if r.Project != nil {
		r.Project.After = c.after
	}
	if c.Kind != RoleDelete && r.Role != nil {
		r.Role.Members = nil // They stay, and would only make the record long.
	}
	if c.Member != nil {
		member := personRecordOf(c.Member.User)
		r.Member = &member
	}
	for _, reference := range c.References {
		r.References = append(r.References, *referenceRecordOf(&reference))
	}
	for _, user := range c.Roleless {
		r.Roleless = append(r.Roleless, personRecordOf(user))
	}
	if n := c.NewReference; n != nil {
		r.NewReference = &referenceRecord{
			Provider: n.Provider, ProviderOrganizationID: n.ProviderOrganizationID, ProviderRoleID: n.ProviderRoleID,
			ProviderRoleSlug: n.ProviderRoleSlug, ProviderRoleName: n.ProviderRoleName, Role: n.Role,
		}
	}
	return r
}

// madeBy is what an outcome made or changed, as a record.
func madeBy(o Outcome) record {
	made := record{
		Role: roleRecordOf(o.Role), Membership: membershipRecordOf(o.Membership),
		Reference: referenceRecordOf(o.Reference), Project: projectRecordOf(o.Project),
	}
	if made.Role != nil {
		made.Role.Members = nil
	}
	return made
}

func roleRecordOf(role *apiclient.Role) *roleRecord {
	if role == nil {
		return nil
	}
	r := roleRecord{ID: role.ID, Name: role.Name, IsDefault: role.IsDefault}
	for _, membership := range role.Members {
		r.Members = append(r.Members, *membershipRecordOf(&membership))
	}
	return &r
}

func personRecordOf(user apiclient.UserBasic) personRecord {
	return personRecord{UUID: user.UUID, FirstName: user.FirstName, LastName: user.LastName, Email: user.Email}
}

func membershipRecordOf(membership *apiclient.RoleMembership) *membershipRecord {
	if membership == nil {
		return nil
	}
	return &membershipRecord{ID: membership.ID, User: personRecordOf(membership.User)}
}

func referenceRecordOf(reference *apiclient.Reference) *referenceRecord {
	if reference == nil {
		return nil
	}
	return &referenceRecord{
		ID: reference.ID, Provider: reference.Provider, ProviderOrganizationID: reference.ProviderOrganizationID,
		ProviderRoleID: reference.ProviderRoleID, ProviderRoleSlug: reference.ProviderRoleSlug,
		ProviderRoleName: reference.ProviderRoleName, Role: reference.Role,
	}
}

func projectRecordOf(project *apiclient.Project) *projectRecord {
	if project == nil {
		return nil
	}
	return &projectRecord{
		ID: project.ID, Name: projectName(*project),
		Token: printOf(project.SecretAPIToken), Backup: printOf(project.SecretAPITokenBackup),
	}
}

// printOf tells one token from another and gives neither away.
func printOf(token *redact.Secret) string {
	if token == nil {
		return ""
	}
	sum := sha256.Sum256([]byte(token.Reveal()))
	return hex.EncodeToString(sum[:8])
}

func (p personRecord) user() apiclient.UserBasic {
	return apiclient.UserBasic{UUID: p.UUID, FirstName: p.FirstName, LastName: p.LastName, Email: p.Email}
}

func (m membershipRecord) membership() apiclient.RoleMembership {
	return apiclient.RoleMembership{ID: m.ID, User: m.User.user()}
}

func (r roleRecord) role() apiclient.Role {
	role := apiclient.Role{ID: r.ID, Name: r.Name, IsDefault: r.IsDefault}
	for _, membership := range r.Members {
		role.Members = append(role.Members, membership.membership())
	}
	return role
}

func (r referenceRecord) reference() apiclient.Reference {
	return apiclient.Reference{
		ID: r.ID, Provider: r.Provider, ProviderOrganizationID: r.ProviderOrganizationID, ProviderRoleID: r.ProviderRoleID,
		ProviderRoleSlug: r.ProviderRoleSlug, ProviderRoleName: r.ProviderRoleName, Role: r.Role,
	}
}

func (r referenceRecord) toCreate(role apiclient.RoleID) apiclient.ReferenceCreate {
	return apiclient.ReferenceCreate{
		Provider: r.Provider, ProviderOrganizationID: r.ProviderOrganizationID, ProviderRoleID: r.ProviderRoleID,
		ProviderRoleSlug: r.ProviderRoleSlug, ProviderRoleName: r.ProviderRoleName, Role: role,
	}
}

// change makes a change of its record, to look up what became of it.
func (r record) change(kind Kind, organization apiclient.OrganizationID) (Change, error) {
	c := Change{Kind: kind, Organization: organization, Name: r.Name}
	if r.Role != nil {
		role := r.Role.role()
		c.Role = &role
	}
	if r.Member != nil {
		c.Member = &apiclient.OrganizationMember{User: r.Member.user()}
	}
	if r.Membership != nil {
		membership := r.Membership.membership()
		c.Membership = &membership
	}
	if r.Reference != nil {
		reference := r.Reference.reference()
		c.Reference = &reference
	}
	if r.NewReference != nil {
		reference := r.NewReference.toCreate(r.NewReference.Role)
		c.NewReference = &reference
	}
	if r.Project != nil {
		c.Project = &apiclient.Project{ID: r.Project.ID}
		c.tokenPrint = r.Project.Token
	}
	missing := map[Kind]bool{
		RoleCreate:       c.Name == "",
		RoleRename:       c.Role == nil || c.Name == "",
		RoleDelete:       c.Role == nil,
		MembershipAdd:    c.Role == nil || c.Member == nil,
		MembershipRemove: c.Role == nil || c.Membership == nil,
		ReferenceCreate:  c.NewReference == nil,
		ReferenceDelete:  c.Reference == nil,
		TokenRotate:      c.Project == nil,
	}
	if incomplete, known := missing[kind]; incomplete || !known {
		return Change{}, fmt.Errorf("the journal's record of a change (%s) is incomplete", kind)
	}
	return c, nil
}

// mark is the same for two sets that do and lose the same.
func (s Set) mark() ([sha256.Size]byte, error) {
	type marked struct {
		Kind   string `json:"kind"`
		Change record `json:"change"`
	}
	var all []marked
	for _, change := range s.open() {
		all = append(all, marked{change.Kind.String(), recordOf(change)})
	}
	data, err := json.Marshal(all)
	if err != nil {
		return [sha256.Size]byte{}, fmt.Errorf("mark the changes: %w", err)
	}
	return sha256.Sum256(data), nil
}

// maxRecord bounds what one change may need in the journal, in bytes.
const maxRecord = 1 << 20

// checkSize refuses changes that are too large to be written down, before
// anybody is asked about them.
func (s Set) checkSize() error {
	for _, change := range s.open() {
		data, err := json.Marshal(recordOf(change))
		if err != nil {
			return fmt.Errorf("record the change: %w", err)
		}
		if len(data) > maxRecord {
			return fmt.Errorf("%w: %s", ErrTooLarge, change.Kind)
		}
	}
	return nil
}

// kindNamed finds a kind by the name that the journal has for it.
func kindNamed(name string) (Kind, bool) {
	for kind := RoleCreate; kind <= TokenRotate; kind++ {
		if kind.String() == name {
			return kind, true
		}
	}
	return 0, false
}
