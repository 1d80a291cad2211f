package config_test

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/config"
)

// canary is a valid key that no message may ever show.
const canary = "phx_CANARYcanaryCANARYcanary0123456789abcdef"

type env map[string]string

// load runs Load on a command line and an environment. A key and a home are set
// unless the environment says otherwise.
func load(t *testing.T, environment env, args ...string) (config.Config, error) {
	t.Helper()
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	config.Register(flags)
	if err := flags.Parse(args); err != nil {
		t.Fatalf("parse %q: %v", args, err)
	}
	environ := []string{}
	if _, set := environment["POSTHOG_PERSONAL_API_KEY"]; !set {
		environ = append(environ, "POSTHOG_PERSONAL_API_KEY="+canary)
	}
	if _, set := environment["HOME"]; !set {
		home := t.TempDir()
		environ = append(environ, "HOME="+home, "USERPROFILE="+home)
	}
	for name, value := range environment {
		environ = append(environ, name+"="+value)
	}
	return config.Load(t.Context(), flags, environ)
}

func mustLoad(t *testing.T, environment env, args ...string) config.Config {
	t.Helper()
	loaded, err := load(t, environment, args...)
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	return loaded
}

// refused asserts one problem that blames where and mentions every part, and
// that no key is in it.
func refused(t *testing.T, err error, where string, parts ...string) {
	t.Helper()
	var faulty *config.Error
	if !errors.As(err, &faulty) {
		t.Fatalf("got %v, want a *config.Error", err)
	}
	if len(faulty.Problems) != 1 {
		t.Fatalf("got %d problems, want one:\n%v", len(faulty.Problems), err)
	}
	problem := faulty.Problems[0]
	if problem.Where != where {
		t.Errorf("it blames %q, want %q", problem.Where, where)
	}
	if problem.What == "" || problem.Next == "" {
		t.Errorf("it must say what is wrong and what to do: %+v", problem)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the message lacks %q:\n%s", part, err)
		}
	}
	for _, secret := range []string{canary, "CANARY", "0123456789abcdef"} {
		if strings.Contains(fmt.Sprintf("%v %+v %#v", err, faulty.Problems, faulty.Problems), secret) {
			t.Errorf("the message shows the key:\n%s", err)
		}
	}
}

func TestDefaultsHoldWhereNothingIsSet(t *testing.T) {
	loaded := mustLoad(t, nil)
	if loaded.Host.String() != "https://us.posthog.com" {
		t.Errorf("host is %s", loaded.Host)
	}
	if loaded.Organization != apiclient.CurrentOrganization {
		t.Errorf("organization is %s", loaded.Organization)
	}
	if loaded.Key.Reveal() != canary {
		t.Error("the key did not arrive")
	}
	want := apiclient.Timeouts{Connect: 5 * time.Second, Header: 30 * time.Second, Total: time.Minute}
	if loaded.Timeouts != want {
		t.Errorf("timeouts are %+v", loaded.Timeouts)
	}
	if loaded.LogLevel != slog.LevelWarn || loaded.LogFormat != config.LogText || loaded.ReadOnly || loaded.Sandbox || len(loaded.Notes) > 0 {
		t.Errorf("got %+v", loaded)
	}
	if loaded.Confirm != config.ConfirmAsk || loaded.SecretsTo != config.SecretsToFile || loaded.RequestsPerMinute != 480 || loaded.DryRun ||
		loaded.AllowSecretsInResults || !loaded.SigningSecret.IsZero() || loaded.Tools != nil || loaded.ExcludeTools != nil || loaded.Organizations != nil {
		t.Errorf("got %+v", loaded)
	}
}

func TestAFlagWinsOverItsVariableAndAVariableOverTheDefault(t *testing.T) {
	const id = "01890000-0000-7000-8000-000000000001"
	variables := env{
		"POSTHOG_HOST": "eu", "POSTHOG_ORGANIZATION_ID": id, "POSTHOG_MCP_TIMEOUT": "90", "POSTHOG_MCP_CONNECT_TIMEOUT": "250ms",
		"POSTHOG_MCP_HEADER_TIMEOUT": "1m", "POSTHOG_MCP_LOG_LEVEL": "DEBUG", "POSTHOG_MCP_LOG_FORMAT": "json", "POSTHOG_MCP_READ_ONLY": "yes",
		"POSTHOG_MCP_DRY_RUN": "on", "POSTHOG_MCP_CONFIRM": "PREVIEW", "POSTHOG_MCP_SECRETS_TO": "page", "POSTHOG_MCP_REQUESTS_PER_MINUTE": "60",
		"POSTHOG_MCP_ALLOW_SECRETS_IN_RESULTS": "1", "POSTHOG_MCP_TOOLS": "roles", "POSTHOG_MCP_EXCLUDE_TOOLS": "destroys", "POSTHOG_MCP_HIDE_UNUSABLE": "true",
	}
	loaded := mustLoad(t, variables)
	want := apiclient.Timeouts{Connect: 250 * time.Millisecond, Header: time.Minute, Total: 90 * time.Second}
	if loaded.Host.Host != "eu.posthog.com" || loaded.Organization != id || loaded.Timeouts != want ||
		loaded.LogLevel != slog.LevelDebug || loaded.LogFormat != config.LogJSON || !loaded.ReadOnly {
		t.Errorf("from variables: %+v", loaded)
	}
	if !loaded.DryRun || !loaded.HideUnusable || loaded.Confirm != config.ConfirmPreview || loaded.SecretsTo != config.SecretsToPage || loaded.RequestsPerMinute != 60 ||
		!loaded.AllowSecretsInResults || !slices.Equal(loaded.Tools, []string{"roles"}) || !slices.Equal(loaded.ExcludeTools, []string{"destroys"}) {
		t.Errorf("from variables: %+v", loaded)
	}
	loaded = mustLoad(t, variables, "--host", "https://posthog.example.com", "--organization", "@current", "--timeout", "2m",
		"--log-level=error", "--log-format=text", "--read-only=false", "--dry-run=no", "--confirm=ask", "--secrets-to=file", "--requests-per-minute=0",
		"--allow-secrets-in-results=off", "--tools=members", "--exclude-tools=updates")
	if loaded.Host.Host != "posthog.example.com" || loaded.Organization != apiclient.CurrentOrganization || loaded.Timeouts.Total != 2*time.Minute ||
		loaded.LogLevel != slog.LevelError || loaded.LogFormat != config.LogText || loaded.ReadOnly {
		t.Errorf("with flags: %+v", loaded)
	}
	if loaded.DryRun || loaded.Confirm != config.ConfirmAsk || loaded.SecretsTo != config.SecretsToFile || loaded.RequestsPerMinute != 0 ||
		loaded.AllowSecretsInResults || !slices.Equal(loaded.Tools, []string{"members"}) || !slices.Equal(loaded.ExcludeTools, []string{"updates"}) {
		t.Errorf("with flags: %+v", loaded)
	}
}

func TestAnEmptyValueCountsAsNotSet(t *testing.T) {
	variables := env{}
	for _, setting := range config.Settings() {
		if setting.Variable != "POSTHOG_PERSONAL_API_KEY" {
			variables[setting.Variable] = " \t"
		}
	}
	loaded := mustLoad(t, variables, "--host=", "--organization", "")
	if loaded.Host.Host != "us.posthog.com" || loaded.Organization != apiclient.CurrentOrganization || loaded.Sandbox {
		t.Errorf("got %+v", loaded)
	}
}

// Claude Desktop starts a bundle so, when the user has filled in nothing but the key.
func TestAPlaceholderOfABundleThatIsLeftWholeCountsAsNotSet(t *testing.T) {
	variables := env{}
	for _, setting := range config.Settings() {
		if setting.Variable != "POSTHOG_PERSONAL_API_KEY" {
			variables[setting.Variable] = "${user_config.some_setting}"
		}
	}
	loaded := mustLoad(t, variables, "--host=${user_config.host}")
	if loaded.Host.Host != "us.posthog.com" || loaded.Organization != apiclient.CurrentOrganization || loaded.Sandbox || loaded.ReadOnly || loaded.Key.Reveal() != canary {
		t.Errorf("got %+v", loaded)
	}
	if want := len(variables); len(loaded.Notes) != want {
		t.Errorf("got %d notes, want one for each of the %d variables: %v", len(loaded.Notes), want, loaded.Notes)
	}
	guards := regexp.MustCompile(`^POSTHOG_MCP_(READ_ONLY|DRY_RUN|TOOLS|EXCLUDE_TOOLS|ORGANIZATIONS|CONFIRM) `)
	for _, note := range loaded.Notes {
		want := slog.LevelInfo
		if guards.MatchString(note.Text) {
			want = slog.LevelWarn // nobody may lose a safeguard unawares
		}
		if note.Level != want || !strings.Contains(note.Text, "left empty") {
			t.Errorf("got the note %+v", note)
		}
	}
}

func TestAFlagThatABundleLeftEmptyGivesWayToTheVariable(t *testing.T) {
	loaded := mustLoad(t, env{"POSTHOG_HOST": "eu", "POSTHOG_MCP_READ_ONLY": "false"}, "--host=${user_config.host}", "--read-only=${user_config.read_only}")
	if loaded.Host.Host != "eu.posthog.com" || loaded.ReadOnly {
		t.Errorf("got %+v", loaded)
	}
}

func TestAKeyThatABundleLeftEmptyIsNoKey(t *testing.T) {
	_, err := load(t, env{"POSTHOG_PERSONAL_API_KEY": "${user_config.api_key}"})
	refused(t, err, "", "There is no PostHog API key")
}

func TestAMalformedSettingIsNamedWithWhatWouldDo(t *testing.T) {
	for _, test := range []struct{ variable, flag, value, says, advises string }{
		{"POSTHOG_ORGANIZATION_ID", "organization", "hogflix", `"hogflix"`, "@current"},
		{"POSTHOG_ORGANIZATION_ID", "organization", canary, "phx_…cdef", "UUID"},
		{"POSTHOG_ORGANIZATION_ID", "organization", "${ORGANIZATION}", "placeholder", "remove the setting"},
		{"POSTHOG_ORGANIZATION_ID", "organization", "org-${user_config.organization}", "placeholder", "remove the setting"},
		{"POSTHOG_MCP_TIMEOUT", "timeout", "soon", "not a time", "500ms"},
		{"POSTHOG_MCP_TIMEOUT", "timeout", "0", "between", "10m"},
		{"POSTHOG_MCP_TIMEOUT", "timeout", "-3s", "between", "10m"},
		{"POSTHOG_MCP_TIMEOUT", "timeout", "60000", "between", "10m"},
		{"POSTHOG_MCP_CONNECT_TIMEOUT", "connect-timeout", "1h", "between", "10m"},
		{"POSTHOG_MCP_HEADER_TIMEOUT", "header-timeout", "NaN", "not a time", "2m"},
		{"POSTHOG_MCP_LOG_LEVEL", "log-level", "loud", "not a log level", "debug, info, warn or error"},
		{"POSTHOG_MCP_LOG_FORMAT", "log-format", "xml", "not a log format", "text or json"},
		{"POSTHOG_MCP_READ_ONLY", "read-only", "maybe", "neither on nor off", "true or false"},
		{"POSTHOG_MCP_READ_ONLY", "read-only", "${READ_ONLY}", "placeholder", "Set the variable"},
		{"POSTHOG_MCP_DRY_RUN", "dry-run", "maybe", "neither on nor off", "true or false"},
		{"POSTHOG_MCP_ALLOW_SECRETS_IN_RESULTS", "allow-secrets-in-results", "maybe", "neither on nor off", "true or false"},
		{"POSTHOG_MCP_CONFIRM", "confirm", "always", `"always", which is not a way to ask`, "Use ask, preview or never."},
		{"POSTHOG_MCP_CONFIRM", "confirm", canary, "phx_…cdef", "Use ask, preview or never."},
		{"POSTHOG_MCP_SECRETS_TO", "secrets-to", "clipboard", "not a place for a rotated token", "Use file or page."},
		{"POSTHOG_MCP_TOOLS", "tools", ", ,", "names no tool", "families or effects"},
		{"POSTHOG_MCP_TOOLS", "tools", "${TOOLS}", "placeholder", "remove the setting"},
		{"POSTHOG_MCP_EXCLUDE_TOOLS", "exclude-tools", ",", "names no tool", "families or effects"},
		{"POSTHOG_MCP_ORGANIZATIONS", "organizations", ",", "names no organization", "UUIDs"},
		{"POSTHOG_MCP_ORGANIZATIONS", "organizations", "hogflix", `"hogflix"`, "UUIDs"},
		{"POSTHOG_MCP_ORGANIZATIONS", "organizations", canary, "phx_…cdef", "UUIDs"},
		{"POSTHOG_MCP_ORGANIZATIONS", "organizations", "01890000-0000-7000-8000-000000000001,@current", "names @current", "--organization"},
		{"POSTHOG_MCP_REQUESTS_PER_MINUTE", "requests-per-minute", "many", "not a whole number", "0 is no limit"},
		{"POSTHOG_MCP_REQUESTS_PER_MINUTE", "requests-per-minute", "1.5", "not a whole number", "0 is no limit"},
		{"POSTHOG_MCP_REQUESTS_PER_MINUTE", "requests-per-minute", "-1", "between 0 and 1000000", "0 is no limit"},
		{"POSTHOG_MCP_REQUESTS_PER_MINUTE", "requests-per-minute", "1000001", "between 0 and 1000000", "0 is no limit"},
		{"POSTHOG_MCP_SANDBOX", "sandbox", "perhaps", "neither on nor off", "true or false"},
		{"POSTHOG_MCP_SANDBOX_DATA", "sandbox-data", "org.db", "not switched on", "--sandbox"},
	} {
		t.Run(test.variable+"="+test.value, func(t *testing.T) {
			_, err := load(t, env{test.variable: test.value})
			refused(t, err, test.variable, test.says, test.advises)
			_, err = load(t, nil, "--"+test.flag+"="+test.value)
			refused(t, err, "--"+test.flag, test.says, test.advises)
		})
	}
}

func TestAFileForASandboxThatIsOffDoesNotAskForAKey(t *testing.T) {
	_, err := load(t, env{"POSTHOG_PERSONAL_API_KEY": "", "POSTHOG_MCP_SANDBOX_DATA": "org.db"})
	refused(t, err, "POSTHOG_MCP_SANDBOX_DATA", "POSTHOG_MCP_SANDBOX=true")
}

func TestEveryFaultIsReportedAtOnce(t *testing.T) {
	_, err := load(t, env{"POSTHOG_PERSONAL_API_KEY": "", "POSTHOG_MCP_TIMEOUT": "x", "POSTHOG_HOST": "ftp://x"}, "--log-level", "y")
	var faulty *config.Error
	if !errors.As(err, &faulty) || len(faulty.Problems) != 4 {
		t.Fatalf("want four problems, got:\n%v", err)
	}
}

func TestAVeryLongOrBinaryValueStaysReadable(t *testing.T) {
	_, err := load(t, env{"POSTHOG_MCP_LOG_LEVEL": "\x1b[31m" + strings.Repeat("no ", 4000)})
	refused(t, err, "POSTHOG_MCP_LOG_LEVEL", `\x1b`)
	if len(err.Error()) > 250 {
		t.Errorf("the message has %d bytes", len(err.Error()))
	}
}

func TestTheSandboxKeepsTheRealAccountOut(t *testing.T) {
	loaded := mustLoad(t, env{"POSTHOG_HOST": "nonsense://", "POSTHOG_ORGANIZATION_ID": "nonsense", "POSTHOG_PERSONAL_API_KEY_FILE": "/nowhere",
		"POSTHOG_PERSONAL_API_KEY_COMMAND": "touch must-not-run"}, "--sandbox")
	if !loaded.Sandbox || loaded.Host != nil || !loaded.Key.IsZero() || loaded.Organization != apiclient.CurrentOrganization {
		t.Errorf("got %+v", loaded)
	}
	if matches, _ := filepath.Glob("must-not-run"); len(matches) > 0 {
		t.Error("the key's command ran")
	}
	said := fmt.Sprint(loaded.Notes)
	for _, name := range []string{"POSTHOG_HOST", "POSTHOG_PERSONAL_API_KEY", "POSTHOG_PERSONAL_API_KEY_COMMAND"} {
		if !strings.Contains(said, name+" is ignored") {
			t.Errorf("no note says that %s is ignored: %s", name, said)
		}
	}
	for _, note := range loaded.Notes {
		if note.Level != slog.LevelDebug {
			t.Errorf("%q is at level %s", note.Text, note.Level)
		}
	}
}

func TestAFlagThatLeadsToARealAccountContradictsTheSandbox(t *testing.T) {
	for _, flag := range []string{"--host=eu", "--key-file=key", "--key-command=print"} {
		_, err := load(t, nil, "--sandbox", flag)
		name, _, _ := strings.Cut(flag, "=")
		refused(t, err, name, "contradicts --sandbox")
	}
	loaded := mustLoad(t, nil, "--sandbox", "--organization=01890000-0000-7000-8000-000000000001")
	if loaded.Organization != "01890000-0000-7000-8000-000000000001" {
		t.Errorf("organization is %s", loaded.Organization)
	}
}

func TestTheSandboxsFileIsCheckedAtTheStart(t *testing.T) {
	directory := t.TempDir()
	file := filepath.Join(directory, "org.db")
	if loaded := mustLoad(t, nil, "--sandbox", "--sandbox-data", file); loaded.SandboxData != file {
		t.Errorf("got %q", loaded.SandboxData)
	}
	_, err := load(t, nil, "--sandbox", "--sandbox-data", directory)
	refused(t, err, "--sandbox-data", "is a directory")
	_, err = load(t, nil, "--sandbox", "--sandbox-data", filepath.Join(directory, "none", "org.db"))
	refused(t, err, "--sandbox-data", "does not exist")
}

func TestAMisspeltVariableStopsTheStart(t *testing.T) {
	_, err := load(t, env{"POSTHOG_MCP_READONLY": "true", "POSTHOG_SOMETHING_ELSE": "x"})
	refused(t, err, `"POSTHOG_MCP_READONLY"`, "is not a setting", "Did you mean POSTHOG_MCP_READ_ONLY?")
}

func TestAConfigNeverPrintsItsKey(t *testing.T) {
	loaded := mustLoad(t, nil)
	if said := fmt.Sprintf("%v %+v %#v %s", loaded, loaded, loaded, loaded.Key); strings.Contains(said, "CANARY") {
		t.Error("the key is in " + said)
	}
}

func TestEverySettingHasHelpAndNamesOfItsOwn(t *testing.T) {
	seen := map[string]bool{}
	for _, setting := range config.Settings() {
		if setting.Usage == "" || setting.Variable == "" || !strings.HasPrefix(setting.Variable, "POSTHOG_") {
			t.Errorf("%+v lacks a name or help", setting)
		}
		if seen[setting.Variable] || setting.Flag != "" && seen[setting.Flag] {
			t.Errorf("%s or %s is there twice", setting.Variable, setting.Flag)
		}
		seen[setting.Variable], seen[setting.Flag] = true, true
		if (setting.Value == "") != setting.Switch {
			t.Errorf("%s: exactly the switches take no value", setting.Variable)
		}
	}
	if len(seen) == 0 {
		t.Error("there are no settings")
	}
}
