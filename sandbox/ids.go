package sandbox

// The keys of the sandbox. They are no secret: the sandbox serves this machine
// only, and all that they open is fiction.
const (
	// OwnerKey is the owner's key, with every scope. The owner is in both
	// organizations.
	OwnerKey = "phx_sandbox_owner_key"
	// AdminKey is an administrator's key with the scopes that this server needs.
	AdminKey = "phx_sandbox_administrator_key"
	// MemberKey is a plain member's key, with every scope.
	MemberKey = "phx_sandbox_member_key"
	// ReadOnlyKey is the administrator's second key; its scopes only read.
	ReadOnlyKey = "phx_sandbox_read_only_key"
	// ScopedKey is a key of the owner that is confined to OtherOrganization.
	ScopedKey = "phx_sandbox_organization_key"
	// ProjectKey is a key of the administrator that is confined to ProjectWeb.
	ProjectKey = "phx_sandbox_project_key"
	// SwitchedOffKey belongs to somebody whose account is switched off.
	SwitchedOffKey = "phx_sandbox_switched_off_key"
)

// Organization is the one that all keys but SwitchedOffKey have as @current.
// OtherOrganization is a small one that only the owner is in as well.
const (
	Organization          = "0190f3a2-1000-7000-8000-000000000001"
	OrganizationName      = "Hedgebox (sandbox)"
	OtherOrganization     = "0190f3a2-1000-7000-8000-000000000002"
	OtherOrganizationName = "Thistle Labs (sandbox)"
)

// SeededMembers is how many active people Organization starts with.
const SeededMembers = 24

// Some of the people in Organization: the uuid and the e-mail address of each.
const (
	OwnerUser   = "0190f3a2-2000-7000-8000-000000000001"
	OwnerEmail  = "ines.duarte@example.com"
	AdminUser   = "0190f3a2-2000-7000-8000-000000000003"
	AdminEmail  = "maya.okonkwo@example.com"
	MemberUser  = "0190f3a2-2000-7000-8000-000000000007"
	MemberEmail = "leo.fontaine@example.com"

	// Ana Kovač and Raj Patel are in RoleEngineering; Ana is in RoleSupport too.
	AnaUser  = "0190f3a2-2000-7000-8000-000000000014"
	AnaEmail = "ana.kovac@example.com"
	RajUser  = "0190f3a2-2000-7000-8000-000000000015"
	RajEmail = "raj.patel@example.com"
	// Kim Nguyen is in three roles: RoleEngineering, RoleSupport and RoleViewers.
	KimUser  = "0190f3a2-2000-7000-8000-000000000016"
	KimEmail = "kim.nguyen@example.com"
	// Zuzana Horváthová joined yesterday, never signed in, and is in no role.
	NewcomerUser  = "0190f3a2-2000-7000-8000-000000000024"
	NewcomerEmail = "zuzana.horvathova@example.com"
	// Viktor Hale's account is switched off, so that no list shows him.
	SwitchedOffUser = "0190f3a2-2000-7000-8000-000000000025"

	// OtherOrganizationUser is in OtherOrganization only.
	OtherOrganizationUser = "0190f3a2-2000-7000-8000-000000000026"
)

// The roles of Organization, oldest first, and the one of OtherOrganization.
const (
	RoleEngineering = "0190f3a2-4000-7000-8000-000000000001" // "Engineering", 12 people
	RoleSupport     = "0190f3a2-4000-7000-8000-000000000002" // "Support", 4 people
	RoleData        = "0190f3a2-4000-7000-8000-000000000003" // "Data & Analytics", 3 people
	RoleMarketing   = "0190f3a2-4000-7000-8000-000000000004" // "Growth Marketing", 3 people
	RoleViewers     = "0190f3a2-4000-7000-8000-000000000005" // "Viewers", the default role, 5 people
	RoleSecurity    = "0190f3a2-4000-7000-8000-000000000006" // "Security", nobody

	OtherOrganizationRole = "0190f3a2-4000-7000-8000-000000000007" // "Lab crew", 2 people
)

// Some places in roles. The first is so old that it names no organization member.
const (
	MembershipOld          = "0190f3a2-5000-7000-8000-000000000001" // Tomasz Zieliński in RoleEngineering
	MembershipAnaSupport   = "0190f3a2-5000-7000-8000-000000000013"
	MembershipKimSupport   = "0190f3a2-5000-7000-8000-000000000014"
	OtherOrganizationPlace = "0190f3a2-5000-7000-8000-000000000028" // in OtherOrganizationRole
)

// Some external references. Organization has SeededReferences of them, of
// GitHub, Linear and Slack.
const (
	SeededReferences       = 8
	ReferenceGitHub        = "0190f3a2-6000-7000-8000-000000000001" // RoleEngineering
	ReferenceLinear        = "0190f3a2-6000-7000-8000-000000000004" // RoleEngineering
	ReferenceSlack         = "0190f3a2-6000-7000-8000-000000000006" // RoleSupport
	OtherOrganizationRef   = "0190f3a2-6000-7000-8000-000000000009"
	ReferenceGitHubOrg     = "hedgebox"
	ReferenceGitHubSlug    = "engineering"
	ReferenceGitHubRoleID  = "4210733"
	ReferenceSlackOrg      = "T07HEDGEBOX"
	ReferenceSlackSlug     = "support"
	ReferenceSlackRoleID   = "C07SUPPORT1"
	ReferenceSlackRoleName = "#support"
)

// The projects. ProjectWeb has a secret token, ProjectMobile never had one.
const (
	ProjectWeb        = 84102
	ProjectWebName    = "Hedgebox web"
	ProjectMobile     = 84377
	ProjectMobileName = "Hedgebox mobile"
	OtherProject      = 90518 // of OtherOrganization
)
