package e2e_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"posthog-org-mcp/harness"
	"posthog-org-mcp/sandbox"
	"posthog-org-mcp/schemas"
)

// A busy day with canaries in every place where text comes from, and debug logs
// on. None surfaces, but for the one file that is made for a token.
func TestNoCanarySurfacesOnABusyDay(t *testing.T) {
	t.Parallel()
	for name, key := range map[string]string{
		"key with prefix":    "phx_" + canary + "0123456789abcdefghijklmnop",
		"key without prefix": canary + "0123456789abcdefghijklmnopqrstuvwxyz",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stage := harness.Backend(t, sandbox.Options{Faults: sandbox.Faults{RateLimit: 100_000}})
			m := newMeddler(t, stage, key)
			a := newAccount(t, map[string]string{
				"POSTHOG_MCP_REQUESTS_PER_MINUTE": "0",
				"POSTHOG_HOST":                    m.URL, "POSTHOG_PERSONAL_API_KEY": key, "POSTHOG_MCP_LOG_LEVEL": "debug",
				"POSTHOG_MCP_SIGNING_SECRET_FILE": signing(t, canary+strings.Repeat("signing", 8)),
				"HTTPS_PROXY":                     "http://user:" + canaryPassword + "@127.0.0.1:1", "NO_PROXY": canaryPassword,
				"AWS_SECRET_ACCESS_KEY": canaryPassword, "POSTHOG_API_KEY": canaryAccess, "DATABASE_URL": "postgres://" + canaryPassword + "@db",
			})
			var stdout bytes.Buffer
			session := harness.Start(t, harness.Options{
				Env: a.environment, Capabilities: canAsk(), Answer: says(yes()), Stdout: &stdout,
			})
			busyDay(t, m, session, key)
			session.Close()
			look := &looker{T: t, key: key, rotated: m.token(t)}
			look.at("stdout", stdout.String())
			look.at("stderr", session.Stderr())
			if stdout.Len() < 10_000 || strings.Count(session.Stderr(), "level=DEBUG") < 50 {
				t.Errorf("%d bytes on stdout and %d on stderr: the test looks at nothing", stdout.Len(), len(session.Stderr()))
			}
			id := a.entries(t)[0].ID
			for _, args := range [][]string{
				{"journal"}, {"journal", "--json"}, {"journal", "--tool", canaryToken}, {"journal", "--member", key},
				{"undo", id}, {"undo", id, "--yes"}, {"undo", id, "--yes", "--json"}, {"undo", canaryToken}, {"journal", "--since", canaryToken},
				{"journal", "--journal", filepath.Join(a.environment["HOME"], canaryToken)}, {canaryToken}, {"--" + canaryToken}, {"serve", canaryAccess},
				{"--tools", canaryToken}, {"--organizations", canaryAccess}, {"--confirm", canaryToken}, {"--signing-secret-file", canaryToken},
			} {
				out := a.run(t, args...)
				what := strings.Join(args, " ")
				look.at(what+": stdout", out.Stdout)
				look.at(what+": stderr", out.Stderr)
			}
			m.spoil(&spoiled{status: 500, body: key + canaryToken})
			failed := a.run(t, "undo", id, "--yes")
			look.at("a failed undo", failed.Stdout+failed.Stderr)
			look.atFiles(a)
		})
	}
}

// busyDay reads, writes, fails, rotates, lists and takes back.
func busyDay(t *testing.T, m *meddler, session *harness.Session, key string) {
	t.Helper()
	askForLogs(t, session, "debug") // on stdout, then
	done := 0
	call := func(tool string, args any) harness.Result {
		result := session.Call(tool, args)
		if !result.IsError {
			done++
		}
		return result
	}
	callEach(session, func(_ trial, result harness.Result) {
		if !result.IsError {
			done++
		}
	})
	for _, tool := range []string{"roles-list", "members-list", "projects-list", "organizations-list", "external-reference-list", "welcome-current"} {
		call(tool, values{"view": "full"})
		call(tool, values{"limit": 1})
	}
	for i, name := range []string{canaryToken, key, "Team " + canaryAccess + " of " + key} {
		created := call("roles-create", values{"name": name})
		call("membership-add", values{"role": name, "member": sandbox.KimEmail})
		call("roles-update", values{"role": name, "name": name + "!"})
		call("roles-get", values{"role": name + "!", "view": "full"})
		call("external-reference-create", values{"role": name + "!", "provider": "github", "provider_organization_id": "hedgebox",
			"provider_role_id": strconv.Itoa(6_000_000 + i), "provider_role_name": name, "provider_role_slug": name})
		call("membership-remove", values{"role": name + "!", "member": sandbox.KimEmail})
		call("roles-delete", values{"role": name + "!"})
		call("undo", values{"id": undoID(created)})
	}
	if done < 40 {
		t.Errorf("only %d calls went well: the day is not busy", done)
	}
	for _, bad := range m.spoilings() {
		m.spoil(&bad)
		read := session.BeginCall("roles-list", nil) // It may take a few tries.
		call("roles-create", values{"name": "Night shift " + canaryToken})
		read.Result()
	}
	m.spoil(nil)
	// What no tool is asked, but a client may send.
	for tool, args := range map[string]any{
		"roles-get":       values{key: key, "role": canaryToken},
		"journal-list":    values{"tool": canaryToken, "since": key},
		"undo":            values{"id": canaryToken},
		"members-list":    values{"search": canaryToken},
		"roles-delete":    values{"role": "Support", "confirmation": canaryToken},
		"membership-get":  values{"role": key, "member": canaryAccess},
		"welcome-current": values{"organization_id": canaryToken},
	} {
		call(tool, args)
	}
	session.Request("tools/call", values{"name": canaryToken})
	session.Request("resources/read", values{"uri": "posthog-org://" + canaryToken})
	session.Request(canaryAccess, nil)
	session.Request("tools/call", values{"name": "roles-list", "arguments": canaryToken})
	session.Notify("notifications/cancelled", values{"requestId": 1, "reason": canaryToken})
	session.Notify("notifications/"+canaryToken, nil)
	session.SendRaw([]byte(`{"jsonrpc":"2.0","id":7001,"method":"` + canaryToken + "\"\n"))
	session.NextFrame()
	call("journal-list", values{"limit": 500})
}

// looker looks for what must not be seen.
type looker struct {
	*testing.T
	key     string
	rotated string
}

// seen is the first secret in a text, with a little of what stands around it.
func (l *looker) seen(text string) string {
	for _, secret := range []string{canary, l.key, l.rotated} {
		if i := strings.Index(text, secret); i >= 0 {
			return text[max(0, i-120):min(len(text), i+60)]
		}
	}
	if at := wholeToken.FindStringIndex(text); at != nil {
		return text[max(0, at[0]-120):at[1]]
	}
	return ""
}

func (l *looker) at(where, text string) {
	l.Helper()
	if found := l.seen(text); found != "" {
		l.Errorf("%s shows a secret: %s", where, found)
	}
}

// atFiles looks into every file of a user, and into the names of all. Exactly
// one of them holds the rotated token, and nothing else does.
func (l *looker) atFiles(a account) {
	l.Helper()
	holds := 0
	found := files(l.T, a.environment["HOME"])
	for path, content := range found {
		l.at("the name of a file", path)
		if filepath.Ext(path) == ".secret" && filepath.Dir(path) == a.secrets && content == l.rotated+"\n" {
			holds++
			continue
		}
		l.at(path, content)
	}
	if holds != 1 {
		l.Errorf("%d files hold the rotated token", holds)
	}
	if len(found[a.journal]) < 10_000 {
		l.Errorf("the journal has %d bytes: the test looks at nothing", len(found[a.journal]))
	}
}

func TestAllowedSecretsAreInTheRotationsResultAndNowhereElse(t *testing.T) {
	t.Parallel()
	for _, era := range []harness.Era{harness.Legacy("2025-11-25"), harness.Modern()} {
		for _, view := range []string{"compact", "full"} {
			t.Run(era.String()+", "+view, func(t *testing.T) {
				t.Parallel()
				stage := harness.Backend(t, sandbox.Options{})
				m := newMeddler(t, stage, "phx_"+canary+"0123456789abcdefghijklmnop")
				a := newAccount(t, unasked(map[string]string{"POSTHOG_HOST": m.URL, "POSTHOG_PERSONAL_API_KEY": m.key, "POSTHOG_MCP_LOG_LEVEL": "debug"}))
				var stdout bytes.Buffer
				session := harness.Start(t, harness.Options{Era: era, Env: a.environment, Args: []string{"--allow-secrets-in-results"}, Stdout: &stdout})
				result := session.Call("project-secret-token-rotate", values{"project": sandbox.ProjectWebName, "view": view})
				var rotated schemas.TokenRotated
				result.Decode(t, &rotated)
				token := m.token(t)
				if rotated.SecretAPIToken != token || rotated.TokenFile != "" {
					t.Errorf("the result shows %q, file %q", rotated.SecretAPIToken, rotated.TokenFile)
				}
				if strings.Contains(string(result.Raw), canary) {
					t.Errorf("the result shows a canary: %s", result.Raw)
				}
				session.Call("journal-list", nil)
				session.Call("projects-list", values{"view": "full"})
				session.Call("roles-create", values{"name": token})
				session.Close()
				if said := session.Stderr(); !strings.Contains(said, "rotated tokens go through the model") {
					t.Errorf("it does not warn: %s", said)
				}
				look := &looker{T: t, key: m.key, rotated: token}
				shows := 0
				for line := range strings.Lines(stdout.String()) {
					if strings.Contains(line, token) {
						shows++
						continue
					}
					look.at("stdout", line)
				}
				if shows != 1 {
					t.Errorf("%d answers show the token, want the rotation's alone", shows)
				}
				look.at("stderr", session.Stderr())
				for path, content := range files(t, a.environment["HOME"]) {
					look.at(path, content)
				}
			})
		}
	}
}

// The settings themselves may hold secrets where none belongs.
func TestNoSettingIsRepeatedThatMayHoldASecret(t *testing.T) {
	t.Parallel()
	key := "phx_" + canary + "0123456789abcdefghijklmnop"
	folder := t.TempDir()
	readable := filepath.Join(folder, "key")
	if err := os.WriteFile(readable, []byte(key+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, changed := range map[string]map[string]string{
		"host with a password":      {"POSTHOG_HOST": "https://user:" + canaryPassword + "@eu.posthog.com"},
		"host with a path":          {"POSTHOG_HOST": "https://eu.posthog.com/" + canaryToken + "/"},
		"host with a query":         {"POSTHOG_HOST": "https://eu.posthog.com/?key=" + canaryToken},
		"unknown variable":          {"POSTHOG_MCP_SIGNING_SECRET": canaryPassword},
		"the secret for its file":   {"POSTHOG_MCP_SIGNING_SECRET_FILE": canaryToken},
		"the key for its file":      {"POSTHOG_PERSONAL_API_KEY": "", "POSTHOG_PERSONAL_API_KEY_FILE": key},
		"two keys":                  {"POSTHOG_PERSONAL_API_KEY_FILE": readable},
		"a command that fails":      {"POSTHOG_PERSONAL_API_KEY": "", "POSTHOG_PERSONAL_API_KEY_COMMAND": "echo " + canaryToken + "; echo " + canaryAccess + " >&2; exit 3"},
		"a command with a password": {"POSTHOG_PERSONAL_API_KEY": "", "POSTHOG_PERSONAL_API_KEY_COMMAND": "vault --password " + canaryPassword + " 2>&1 | false"},
		"tools":                     {"POSTHOG_MCP_TOOLS": canaryToken},
		"organization":              {"POSTHOG_ORGANIZATION_ID": key},
		"log level":                 {"POSTHOG_MCP_LOG_LEVEL": canaryToken},
		"journal":                   {"POSTHOG_MCP_JOURNAL": folder + "/"},
		"timeout":                   {"POSTHOG_MCP_TIMEOUT": canaryAccess},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			environment := map[string]string{"POSTHOG_HOST": "eu", "POSTHOG_PERSONAL_API_KEY": key, "POSTHOG_MCP_LOG_LEVEL": "debug"}
			for variable, value := range changed {
				environment[variable] = value
			}
			out := harness.Run(t, harness.Command{Env: environment})
			// Only a host's path and query are no reason to stop.
			if wants := name != "host with a path" && name != "host with a query"; wants != (out.ExitCode == 2) || out.Stdout != "" || out.Stderr == "" {
				t.Errorf("exit code %d, stdout %q, stderr %s", out.ExitCode, out.Stdout, out.Stderr)
			}
			(&looker{T: t, key: key, rotated: key}).at("stderr", out.Stderr)
		})
	}
}

// A proxy's password stands in a variable that the program does not read itself.
func TestAProxysPasswordIsNotShown(t *testing.T) {
	t.Parallel()
	key := "phx_" + canary + "0123456789abcdefghijklmnop"
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "who is "+r.Header.Get("Proxy-Authorization")+" "+canaryPassword, http.StatusProxyAuthRequired)
	}))
	t.Cleanup(refusing.Close)
	for name, proxy := range map[string]string{
		"nobody there":    "http://user:" + canaryPassword + "@127.0.0.1:1",
		"refuses":         "http://user:" + canaryPassword + "@" + strings.TrimPrefix(refusing.URL, "http://"),
		"unknown scheme":  "gopher://user:" + canaryPassword + "@127.0.0.1:1",
		"cannot be read":  "http://user:" + canaryPassword + "@127.0.0.1:port",
		"escapes go awry": "http://user:" + canaryPassword + "%zz@127.0.0.1:1",
		"socks":           "socks5://user:" + canaryPassword + "@127.0.0.1:1",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stdout bytes.Buffer
			session := harness.Start(t, harness.Options{Stdout: &stdout, Args: []string{"--log-level", "debug"}, Env: map[string]string{
				"POSTHOG_HOST": "https://posthog.invalid", "POSTHOG_PERSONAL_API_KEY": key, "HTTPS_PROXY": proxy,
			}})
			failure(t, session.Call("roles-list", nil))
			failure(t, session.Call("roles-create", values{"name": "Night shift"}))
			session.Close()
			look := &looker{T: t, key: key, rotated: key}
			look.at("stdout", stdout.String())
			look.at("stderr", session.Stderr())
		})
	}
}
