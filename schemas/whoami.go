package schemas

// Whoami are the arguments of whoami.
type Whoami struct{ Target }

// Identity is the result of whoami.
type Identity struct {
	Owner        *KeyOwner        `json:"owner,omitempty" jsonschema_description:"Whose key it is."`
	Key          KeyFacts         `json:"key" jsonschema_description:"The API key."`
	Organization *KeyOrganization `json:"organization,omitempty" jsonschema_description:"The organization asked about."`
	Server       ServerFacts      `json:"server" jsonschema_description:"What the operator set."`
	RateLimit    RateFacts        `json:"rate_limit" jsonschema_description:"Most requests."`
	Tools        ToolFacts        `json:"tools" jsonschema_description:"What will work here."`
	Note         string           `json:"note,omitempty" jsonschema_description:"What could not be read, and what follows."`
}

// KeyOwner is the person whose key is in use.
type KeyOwner struct {
	Name  string `json:"name" jsonschema_description:"Full name."`
	Email string `json:"email" jsonschema_description:"E-mail address."`
}

// KeyFacts is what is known of a key.
type KeyFacts struct {
	Kind   string `json:"kind" jsonschema_description:"personal API key or OAuth token."`
	Label  string `json:"label,omitempty" jsonschema_description:"Its owner's name for it."`
	Masked string `json:"masked" jsonschema_description:"A few of its characters."`
	// Scopes are all, or if they are many those that a tool here needs.
	Scopes        []string `json:"scopes,omitzero" jsonschema_description:"What it may do; * is all."`
	OtherScopes   int      `json:"other_scopes,omitempty" jsonschema_description:"More that no tool here needs."`
	Organizations []string `json:"organizations,omitempty" jsonschema_description:"The only ones it reaches."`
	Projects      []int    `json:"projects,omitempty" jsonschema_description:"The only ones it reaches."`
}

// KeyOrganization is an organization as the key's owner stands in it.
type KeyOrganization struct {
	ID          string `json:"id" jsonschema_description:"UUID."`
	Name        string `json:"name" jsonschema_description:"Name."`
	Level       string `json:"level,omitempty" jsonschema_description:"The owner's: member, administrator or owner."`
	MemberCount int    `json:"member_count,omitempty" jsonschema_description:"People in it."`
	ReadOnly    bool   `json:"read_only_mcp_access,omitempty" jsonschema_description:"It allows MCP servers no changes."`
}

// ServerFacts is what the operator of this server set.
type ServerFacts struct {
	Host          string   `json:"host" jsonschema_description:"PostHog's address."`
	ReadOnly      bool     `json:"read_only,omitempty" jsonschema_description:"No tool changes anything."`
	DryRun        bool     `json:"dry_run,omitempty" jsonschema_description:"Writes only say what they would do."`
	Organizations []string `json:"organizations,omitempty" jsonschema_description:"The only ones it works on."`
}

// RateFacts is how many requests may be sent.
type RateFacts struct {
	PostHog string `json:"posthog" jsonschema_description:"PostHog's for each key."`
	Server  string `json:"server" jsonschema_description:"This server's own."`
}

// ToolFacts says which tools will work.
type ToolFacts struct {
	Work    int            `json:"work" jsonschema_description:"How many will."`
	WillNot []UnusableTool `json:"will_not,omitempty" jsonschema_description:"Those that will not, by reason."`
}

// UnusableTool is tools that will not work, for one reason.
type UnusableTool struct {
	Reason string   `json:"reason" jsonschema_description:"Why."`
	Tools  []string `json:"tools" jsonschema_description:"Their names."`
}
