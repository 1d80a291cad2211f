package config

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"posthog-org-mcp/credentials"
)

// Settings returns every setting, in the order in which they are read: the
// sandbox first, because it decides which others count, and what advice about
// the key or notes on writes depend on before those.
func Settings() []Setting {
	return []Setting{
		{Flag: "sandbox", Variable: sandboxVariable, Switch: true, apply: (*loader).sandbox,
			Usage: "work on a built-in sandbox instead of a real organization; needs no key"},
		{Flag: "sandbox-data", Variable: "POSTHOG_MCP_SANDBOX_DATA", Value: "FILE", apply: (*loader).sandboxFile,
			Usage: "SQLite file that keeps the sandbox's organization between runs"},
		{Flag: "read-only", Variable: "POSTHOG_MCP_READ_ONLY", Guards: true, Switch: true, apply: (*loader).readOnly,
			Usage: "offer only tools that change nothing"},
		{Flag: "dry-run", Variable: "POSTHOG_MCP_DRY_RUN", Guards: true, Switch: true, apply: (*loader).dryRun,
			Usage: "let writes answer what they would do, and send nothing"},
		{Flag: "tools", Variable: "POSTHOG_MCP_TOOLS", Guards: true, Value: "LIST", apply: (*loader).tools,
			Usage: "offer only these tools: names, families or effects, with commas between them"},
		{Flag: "exclude-tools", Variable: "POSTHOG_MCP_EXCLUDE_TOOLS", Guards: true, Value: "LIST", apply: (*loader).excludeTools,
			Usage: "leave these tools out: names, families or effects, with commas between them"},
		{Flag: "hide-unusable", Variable: "POSTHOG_MCP_HIDE_UNUSABLE", Switch: true, apply: (*loader).hideUnusable,
			Usage: "leave out of the list what the key's scopes rule out; the key is read when the list is first asked for"},
		{Flag: profileFlag, Variable: profileVariable, Value: "NAME", Default: credentials.DefaultName, InSandbox: Refused, apply: (*loader).profileNamed,
			Usage: "profile to work with, as login keeps it: its key, host and organization; default is used where there is one and no key is given"},
		{Flag: "host", Variable: "POSTHOG_HOST", Value: "HOST", Default: "us", InSandbox: Refused, apply: (*loader).host,
			Usage: "PostHog's address: us, eu, or the URL of your own"},
		{Flag: "organization", Variable: "POSTHOG_ORGANIZATION_ID", Value: "ID", Default: "@current", InSandbox: FlagOnly, apply: (*loader).organization,
			Usage: "organization to work on: a UUID, or @current for the one the key's owner last used"},
		{Flag: "organizations", Variable: "POSTHOG_MCP_ORGANIZATIONS", Guards: true, Value: "LIST", InSandbox: FlagOnly, apply: (*loader).organizations,
			Usage: "the only organizations that calls may work on: UUIDs, with commas between them"},
		{Variable: keyVariable, Value: "KEY", Sensitive: true, InSandbox: Refused, apply: (*loader).keySource,
			Usage: "the personal API key itself; there is no flag for it, because others can read a command line"},
		{Flag: "key-file", Variable: keyFileVariable, Value: "FILE", InSandbox: Refused, apply: (*loader).keySource,
			Usage: "file that holds the personal API key"},
		{Flag: "key-command", Variable: keyCommandVariable, Value: "COMMAND", Sensitive: true, Shell: true, InSandbox: Refused, apply: (*loader).keySource,
			Usage: "command, run by the system's shell, that prints the personal API key"},
		{Flag: clientFlag, Variable: "POSTHOG_MCP_OAUTH_CLIENT_ID", Value: "URL", InSandbox: Refused, apply: (*loader).clientID,
			Usage: "URL of the metadata document by which login introduces this program to PostHog, to sign in in the browser; without it login asks for a key"},
		{Flag: "confirm", Variable: "POSTHOG_MCP_CONFIRM", Guards: true, Value: "HOW", Default: "ask", apply: (*loader).confirm,
			Usage: "how the user is asked before something is destroyed: ask (by the client where it can), preview (by a preview and a second call) or never"},
		{Flag: "signing-secret-file", Variable: "POSTHOG_MCP_SIGNING_SECRET_FILE", Value: "FILE", apply: (*loader).signingSecret,
			Usage: "file that holds 32 random characters or more; processes that share it accept each other's confirmations"},
		{Flag: journalFlag, Variable: "POSTHOG_MCP_JOURNAL", Value: "PATH|off", InSandbox: FlagOnly, apply: (*loader).journal,
			Usage: "file in which every write is recorded, or off; without it, journal.jsonl in the user's state directory"},
		{Flag: "secrets-to", Variable: "POSTHOG_MCP_SECRETS_TO", Value: "PLACE", Default: "file", apply: (*loader).secretsTo,
			Usage: "where a rotated token goes: file (one that only the user can read) or page (one on this machine that opens once)"},
		{Flag: "secret-dir", Variable: "POSTHOG_MCP_SECRET_DIR", Value: "FOLDER", InSandbox: FlagOnly, apply: (*loader).secretDir,
			Usage: "folder for files with rotated tokens; without it, tokens in the user's state directory"},
		{Flag: "allow-secrets-in-results", Variable: "POSTHOG_MCP_ALLOW_SECRETS_IN_RESULTS", Switch: true, apply: (*loader).allowSecretsInResults,
			Usage: "put rotated tokens into results, where the model reads them"},
		{Flag: "max-result-bytes", Variable: "POSTHOG_MCP_MAX_RESULT_BYTES", Value: "NUMBER", Default: "40000", apply: (*loader).maxResultBytes,
			Usage: "longest JSON of one answer; rows beyond it are left out, and the answer says how to get them"},
		{Flag: "output-schemas", Variable: "POSTHOG_MCP_OUTPUT_SCHEMAS", Value: "on|off", Default: "on", apply: (*loader).outputSchemas,
			Usage: "whether the tool list shows the schemas of results, and results come as structured content besides the text"},
		{Flag: "connect-timeout", Variable: "POSTHOG_MCP_CONNECT_TIMEOUT", Value: "TIME", Default: "5s", apply: (*loader).connectTimeout,
			Usage: "longest wait for a connection to PostHog"},
		{Flag: "header-timeout", Variable: "POSTHOG_MCP_HEADER_TIMEOUT", Value: "TIME", Default: "30s", apply: (*loader).headerTimeout,
			Usage: "longest wait for an answer to begin"},
		{Flag: "timeout", Variable: "POSTHOG_MCP_TIMEOUT", Value: "TIME", Default: "60s", apply: (*loader).totalTimeout,
			Usage: "longest time for one API operation, all its tries included"},
		{Flag: "requests-per-minute", Variable: "POSTHOG_MCP_REQUESTS_PER_MINUTE", Value: "NUMBER", Default: "480", InSandbox: FlagOnly, apply: (*loader).requestsPerMinute,
			Usage: "most requests to send in a minute, and ten times as many in an hour; 0 is no limit, as in the sandbox"},
		{Flag: "log-level", Variable: "POSTHOG_MCP_LOG_LEVEL", Value: "LEVEL", Default: "warn", apply: (*loader).logLevel,
			Usage: "least important log lines to write to stderr: debug, info, warn or error"},
		{Flag: "log-format", Variable: "POSTHOG_MCP_LOG_FORMAT", Value: "FORMAT", Default: "text", apply: (*loader).logFormat,
			Usage: "how log lines look: text or json"},
	}
}

// sandboxVariable switches the sandbox on.
const sandboxVariable = "POSTHOG_MCP_SANDBOX"

// ownPrefix begins the variables that belong to this program alone.
const ownPrefix = "POSTHOG_MCP_"

// Setting is one thing a user can set.
type Setting struct {
	Flag      string // without dashes; "" when only the environment may give it
	Variable  string
	Default   string
	Usage     string
	Value     string // what help calls the value; "" for a switch
	Switch    bool   // on or off; the flag needs no value
	Sensitive bool   // messages never repeat the value
	Guards    bool   // it limits what can be done, so nobody may lose it unawares
	Shell     bool   // a shell reads the value, so $NAME within it is meant
	InSandbox SandboxRule

	apply func(*loader, value)
}

// SandboxRule says what --sandbox does to a setting.
type SandboxRule int

// The rules. Settings that lead to a real account are Refused.
const (
	Used     SandboxRule = iota // as without the sandbox
	FlagOnly                    // the variable is ignored, the flag is used
	Refused                     // the variable is ignored, the flag is an error, there is no default
)

// Register adds a flag for each setting that has one, in the table's order; with
// names, only those.
func Register(flags *pflag.FlagSet, names ...string) {
	flags.SortFlags = false
	for _, setting := range Settings() {
		if setting.Flag == "" || len(names) > 0 && !slices.Contains(names, setting.Flag) {
			continue
		}
		flag := flags.VarPF(&text{shown: setting.Value}, setting.Flag, "", setting.Usage+" ["+setting.Variable+"]")
		flag.DefValue = setting.Default
		if setting.Switch {
			flag.NoOptDefVal = "true"
		}
	}
}

// text is a flag's value as it was typed. It takes anything, so that flags and
// variables are checked in the same place, with the same messages.
type text struct {
	typed string
	shown string
}

func (t *text) String() string { return t.typed }

func (t *text) Set(typed string) error {
	t.typed = typed
	return nil
}

// Type is the word that help puts after the flag; for a switch it puts none.
func (t *text) Type() string {
	if t.shown == "" {
		return "bool"
	}
	return t.shown
}

// value is what one setting was given, and by whom.
type value struct {
	setting   Setting
	text      string
	where     string // "--host", "POSTHOG_HOST", or "" for the default
	byFlag    bool
	leftEmpty string // where a client put its own name of the setting, because the user left it empty; mostly ""
}

// lookup finds a setting's value: flag, variable, default. Blanks around a
// value are dropped. Clients pass "" for a setting that the user left empty, or
// leave their placeholder as it is: both count as not set.
func (s Setting) lookup(flags *pflag.FlagSet, environment map[string]string) value {
	found := value{setting: s, text: s.Default}
	if flags != nil && s.Flag != "" {
		if flag := flags.Lookup(s.Flag); flag != nil && flag.Changed {
			switch typed := strings.TrimSpace(flag.Value.String()); {
			case leftEmpty.MatchString(typed):
				found.leftEmpty = "--" + s.Flag
			case typed != "":
				return value{setting: s, text: typed, where: "--" + s.Flag, byFlag: true}
			}
		}
	}
	switch typed := strings.TrimSpace(environment[s.Variable]); {
	case leftEmpty.MatchString(typed):
		found.leftEmpty = s.Variable
	case typed != "":
		return value{setting: s, text: typed, where: s.Variable}
	}
	return found
}
