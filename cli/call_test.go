package cli_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"posthog-org-mcp/cli"
	"posthog-org-mcp/config"
	"posthog-org-mcp/sandbox"
	"posthog-org-mcp/schemas"
	"posthog-org-mcp/tools"
)

// call runs a call on the kept sandbox where no person sits.
func (k kept) call(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	return run(t, atHome(t), append([]string{"call", "--sandbox", "--sandbox-data", k.data}, args...)...)
}

// typing runs a call where a person sits, who types.
func (k kept) typing(t *testing.T, typed string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	args = append([]string{"call", "--sandbox", "--sandbox-data", k.data}, args...)
	return runAs(ctx, cli.Build{}, cli.Streams{In: strings.NewReader(typed), InTerminal: true, Environ: atHome(t)}, args...)
}

func TestFlagsMakeTheArgumentsOfACall(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"roles-list"}, `{}`},
		{[]string{"roles-get", "--role", "Support"}, `{"role":"Support"}`},
		{[]string{"roles-get", "--role=@me, \"x\" 5"}, `{"role":"@me, \"x\" 5"}`},
		{[]string{"--role", "Support", "roles-get", "--view=full"}, `{"role":"Support","view":"full"}`},
		{[]string{"--json", "roles-get", "--role", "a", "--role", "b"}, `{"role":"b"}`},
		{[]string{"roles-list", "--limit", "5", "--offset=10"}, `{"limit":5,"offset":10}`},
		{[]string{"members-list", "--order=-joined_at"}, `{"order":"-joined_at"}`},
		{[]string{"members-list", "--search", "<b>"}, `{"search":"<b>"}`},
		{[]string{"external-reference-list", "--provider-organization-id", "h"}, `{"provider_organization_id":"h"}`},
		{[]string{"external-reference-list", "--provider_organization_id", "h"}, `{"provider_organization_id":"h"}`},
		{[]string{"external-reference-list", "--organization-id", "@current", "--organization", "@current"}, `{"organization_id":"@current"}`},
		{[]string{"membership-add", "--members", "a, b", "--members", "c"}, `{"members":["a, b","c"]}`},
		{[]string{"membership-add", "--members", `["a","b, c"]`, "--members", "[d]"}, `{"members":["a","b, c","[d]"]}`},
		{[]string{"membership-add", "--members", `[]`}, `{"members":[]}`},
		{[]string{"membership-add", "--members", `[1]`, "--members", "null"}, `{"members":["[1]","null"]}`},
		{[]string{"project-secret-token-rotate", "--settings", `{"timezone":"UTC"}`}, `{"settings":{"timezone":"UTC"}}`},
		{[]string{"roles-get", "--arguments", ` {"role":"Support"} `}, `{"role":"Support"}`},
		{[]string{"roles-get", "--arguments", `{"role":"Support","view":"full"}`, "--role", "Security"}, `{"role":"Security","view":"full"}`},
		{[]string{"roles-get", "--arguments", `{"x":12345678901234567890}`}, `{"x":12345678901234567890}`},
		{[]string{"roles-list", "--arguments", "null"}, `{}`},
		{[]string{"roles-delete", "--confirmation", "x"}, `{"confirmation":"x"}`},
	} {
		got, err := cli.Arguments(append([]string{"call"}, test.args...)...)
		if err != nil || string(got) != test.want {
			t.Errorf("%q: %s, %v, want %s", test.args, got, err, test.want)
		}
	}
}

// An argument that is called like a setting would hide it. Give the argument
// another name: for a model, too, one word for two things is a trap.
func TestNoArgumentIsCalledLikeASetting(t *testing.T) {
	taken := pflag.NewFlagSet("", pflag.ContinueOnError)
	config.Register(taken)
	for _, tool := range tools.Catalog() {
		schema, err := tool.Input()
		if err != nil {
			t.Fatal(err)
		}
		fields, err := schemas.FieldsOf(schema)
		if err != nil {
			t.Fatal(err)
		}
		for _, field := range fields {
			name := strings.ReplaceAll(field.Name, "_", "-")
			if taken.Lookup(name) != nil || strings.Contains(" arguments yes json table help ", " "+name+" ") {
				t.Errorf("%s has an argument %s, and --%s is a flag already", tool.Name, field.Name, name)
			}
		}
	}
}

func TestACallAnswersWhatTheServerAnswers(t *testing.T) {
	k := newKept(t)
	served := k.serve(t, `{"name":"roles-list","arguments":{"limit":2}}`, `{"name":"roles-get","arguments":{"role":"Suport"}}`)
	code, stdout, stderr := k.call(t, "roles-list", "--limit", "2")
	if code != 0 || stderr != "" || stdout != served[0]+"\n" {
		t.Errorf("exit code %d, stderr %q, got\n%s\nwant\n%s", code, stderr, stdout, served[0])
	}
	// What failed is told twice: as JSON for a script, and in words.
	code, stdout, stderr = k.call(t, "roles-get", "--role", "Suport", "--json")
	if code != 1 || stdout != served[1]+"\n" || json.Unmarshal([]byte(stdout), &schemas.Failure{}) != nil {
		t.Errorf("exit code %d, stderr %q, got\n%s\nwant\n%s", code, stderr, stdout, served[1])
	}
	contains(t, "stderr", stderr, "Suport", "Support", sandbox.RoleSupport)
	// People get words alone.
	code, stdout, stderr = k.call(t, "roles-get", "--role", "Suport", "--table")
	if code != 1 || stdout != "" {
		t.Errorf("exit code %d, stdout %q", code, stdout)
	}
	contains(t, "stderr", stderr, "Suport", `- "Support" (`+sandbox.RoleSupport+")")
}

func TestATableIsPrintedWhereItIsAskedFor(t *testing.T) {
	k := newKept(t)
	code, stdout, stderr := k.call(t, "roles-get", "--role", "Support", "--table")
	if code != 0 || stderr != "" {
		t.Errorf("exit code %d, stderr %q", code, stderr)
	}
	contains(t, "stdout", stdout, "\n  name  ", "Support", "members\n", "NAME ", "Ana Kovač", sandbox.AnaEmail)
	code, stdout, stderr = k.call(t, "membership-add", "--role", "Support", "--member", sandbox.NewcomerEmail, "--table")
	if code != 0 || stderr != "" {
		t.Errorf("exit code %d, stderr %q", code, stderr)
	}
	contains(t, "stdout", stdout, "changed  true", "posthog-org-mcp undo "+k.entries(t)[0].Call, "Zuzana Horváthová")
}

func TestAWrongCallIsExplainedWithoutCalling(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		args string
		says []string
	}{
		{"call", []string{`"call" needs the NAME of a tool`, `Run "posthog-org-mcp call --help"`}},
		{"call --sandbox", []string{`"call" needs the NAME of a tool`}},
		{"call rolse-list", []string{`no tool "rolse-list"`, "Did you mean roles-list", `Run "posthog-org-mcp call --help"`}},
		{"call rols-get --role Support", []string{`no tool "rols-get"`, "roles-get"}},
		{"call frobnicate", []string{`no tool "frobnicate"`}},
		{"call roles-get Support", []string{`"roles-get" takes its arguments as flags, such as --role; "Support" belongs to none`}},
		{"call roles-get --rol Support", []string{`no flag "--rol"`, "Did you mean --role?", `Run "posthog-org-mcp call roles-get --help"`}},
		{"call roles-list --sandbx", []string{`no flag "--sandbx"`, "--sandbox"}},
		{"call roles-get", []string{"role", "missing"}},
		{"call roles-get --role", []string{"--role needs a value"}},
		{"call roles-list --limit many", []string{`--limit is "many"`, "whole number"}},
		{"call roles-list --limit 1e3", []string{`--limit is "1e3"`}},
		{"call roles-list --limit 0", []string{"limit", "at least 1"}},
		{"call roles-list --view ful", []string{"view", `Did you mean "full"?`}},
		{"call membership-add --role Support", []string{"member", "members"}},
		{"call membership-add --role Support --member a --members b", []string{"member", "members", "not both"}},
		{"call project-secret-token-rotate --project 1 --settings x", []string{`--settings is "x"`, "JSON"}},
		{"call project-secret-token-rotate --project 1 --settings 5", []string{"settings", "object"}},
		{"call project-secret-token-rotate --project 1 --settings {\"tmezone\":1}", []string{"tmezone"}},
		{"call roles-get --arguments x", []string{`--arguments is "x"`, "JSON object"}},
		{"call roles-get --arguments [1]", []string{"JSON object"}},
		{"call roles-get --arguments {\"rol\":1}", []string{`"rol"`, `use "role"`}},
		{"call roles-list --json --table", []string{"--json", "--table", "exclude"}},
		{"call roles-list --organization_id nowhere", []string{"organization_id"}},
		{"call journal-list --since whenever", []string{"since"}},
	} {
		args := strings.Fields(test.args)
		if len(args) > 1 {
			args = slices.Insert(args, 1, "--sandbox")
		}
		code, stdout, stderr := run(t, atHome(t), args...)
		if code != 2 {
			t.Errorf("%s: exit code %d", test.args, code)
		}
		if stdout != "" && !strings.HasPrefix(stdout, `{"error":`) {
			t.Errorf("%s: stdout %q", test.args, stdout)
		}
		contains(t, test.args, stderr, append(test.says, "to see what it takes.")...)
	}
}

func TestACallNeedsWhatTheServerNeeds(t *testing.T) {
	code, stdout, stderr := run(t, atHome(t), "call", "roles-list")
	if code != 2 || stdout != "" {
		t.Errorf("exit code %d, stdout %q", code, stdout)
	}
	contains(t, "stderr", stderr, "no PostHog API key")
	code, stdout, stderr = run(t, atHome(t), "call", "roles-create", "--name", "x", "--sandbox", "--read-only", "--table")
	if code != 1 || stdout != "" {
		t.Errorf("read-only: exit code %d, stdout %q", code, stdout)
	}
	contains(t, "stderr", stderr, "read-only")
	code, _, stderr = run(t, atHome(t), "call", "roles-list", "--sandbox", "--exclude-tools", "rols")
	if code != 2 {
		t.Errorf("a wrong limit: exit code %d", code)
	}
	contains(t, "stderr", stderr, "roles")
}

func TestWhatDestroysIsNotDoneWhereNobodyCanBeAsked(t *testing.T) {
	k := newKept(t)
	for _, args := range [][]string{{"--json"}, {"--table"}, {"--confirm", "preview"}} {
		code, stdout, stderr := k.call(t, append([]string{"roles-delete", "--role", "Support"}, args...)...)
		if code != 1 || stdout != "" {
			t.Errorf("%q: exit code %d, stdout %q", args, code, stdout)
		}
		contains(t, "stderr", stderr, `Delete the role "Support"`, "4 people", "nothing was done", "--yes")
	}
	if entries := k.entries(t); len(entries) != 0 {
		t.Errorf("the journal has %+v", entries)
	}
	code, stdout, _ := k.call(t, "roles-delete", "--role", "Support", "--dry-run")
	if code != 0 || !strings.Contains(stdout, `"would_do"`) {
		t.Errorf("dry run: exit code %d, stdout %q", code, stdout)
	}
	code, stdout, stderr := k.call(t, "roles-delete", "--role", "Support", "--dry-run", "--table")
	if code != 0 || stdout != "" {
		t.Errorf("dry run: exit code %d, stdout %q", code, stdout)
	}
	contains(t, "stderr", stderr, `Delete the role "Support"`, "dry run")
	code, stdout, stderr = k.call(t, "roles-delete", "--role", "Support", "--yes")
	if code != 0 || !strings.Contains(stdout, `"changed":true`) {
		t.Errorf("with --yes: exit code %d, stdout %q, stderr %s", code, stdout, stderr)
	}
}

func TestACallAtATerminalAsksAndOnlyAYesCounts(t *testing.T) {
	k := newKept(t)
	for _, typed := range []string{"no\n", "", "y\n"} {
		code, stdout, stderr := k.typing(t, typed, "membership-remove", "--role", "Support", "--member", sandbox.KimEmail, "--table")
		if code != 1 || stdout != "" {
			t.Errorf("typed %q: exit code %d, stdout %q", typed, code, stdout)
		}
		contains(t, "stderr", stderr, sandbox.KimEmail, `Type "yes" to do it`, "declined")
	}
	// Where a model would be shown a preview, the person is asked all the same.
	code, stdout, stderr := k.typing(t, "yes\n", "membership-remove", "--role", "Support", "--member", sandbox.KimEmail, "--confirm", "preview")
	if code != 0 || !strings.Contains(stdout, `"changed":true`) {
		t.Errorf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
	}
	contains(t, "stderr", stderr, `Type "yes" to do it`)
}

func TestArgumentsComeFromStandardInput(t *testing.T) {
	typed := `{"role":"Support"}` + "\n"
	code, stdout, stderr := runAs(t.Context(), cli.Build{}, cli.Streams{In: strings.NewReader(typed), Environ: atHome(t)},
		"call", "roles-get", "--sandbox", "--arguments", "-")
	if code != 0 || !strings.Contains(stdout, sandbox.KimEmail) {
		t.Errorf("exit code %d, stdout %q, stderr %s", code, stdout, stderr)
	}
	// It does not read without end, and Ctrl-C ends the waiting.
	code, _, stderr = runAs(t.Context(), cli.Build{}, cli.Streams{In: endless{}, Environ: atHome(t)}, "call", "roles-get", "--arguments", "-")
	if code != 1 || !strings.Contains(stderr, "more than") {
		t.Errorf("exit code %d, stderr %s", code, stderr)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	in, keyboard := io.Pipe()
	defer keyboard.Close()
	if code, stdout, _ := runAs(ctx, cli.Build{}, cli.Streams{In: in, Environ: atHome(t)}, "call", "roles-get", "--arguments", "-"); code != 1 || stdout != "" {
		t.Errorf("exit code %d, stdout %q", code, stdout)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// Names are other people's text, and a terminal obeys some of it.
func TestNoNameSteersTheTerminal(t *testing.T) {
	k := newKept(t)
	hostile := "Night\x1b]0;owned\a \u202eshift\u202c \u009b31m\r\n"
	name, err := json.Marshal(hostile)
	if err != nil {
		t.Fatal(err)
	}
	k.serve(t, `{"name":"roles-create","arguments":{"name":`+string(name)+`}}`)
	for _, args := range [][]string{
		{"roles-list", "--table"}, {"roles-list", "--json"}, {"roles-get", "--role", "Night", "--table"}, {"roles-get", "--role", "Night"},
		{"roles-delete", "--role", hostile}, {"roles-get", "--role", hostile + "x", "--table"}, {"roles-get", "--role", "Night", "--arguments", `{"` + "Night\x7f\u202e" + `":1}`},
		{"roles-delete", "--role", hostile, "--yes", "--table"},
	} {
		_, stdout, stderr := k.call(t, args...)
		said := stdout + stderr
		if strings.ContainsAny(said, "\x1b\a\r\u202e\u202c\u009b") || !strings.Contains(said, "Night") {
			t.Errorf("%q:\n%q", args, said)
		}
	}
}

func TestARotatedTokenIsInTheFileThatIsNamed(t *testing.T) {
	k := newKept(t)
	secrets := filepath.Join(t.TempDir(), "secrets")
	rotate := []string{"project-secret-token-rotate", "--project", sandbox.ProjectWebName, "--yes", "--secret-dir", secrets}
	// A page would be gone before anybody could open it.
	code, stdout, stderr := k.call(t, append(rotate, "--secrets-to", "page")...)
	if code != 2 || stdout != "" || len(k.entries(t)) != 0 {
		t.Errorf("page: exit code %d, stdout %q, %d writes", code, stdout, len(k.entries(t)))
	}
	contains(t, "stderr", stderr, "--secrets-to", "file")

	code, stdout, stderr = k.call(t, append(rotate, "--table")...)
	if code != 0 {
		t.Fatalf("exit code %d, stderr %s", code, stderr)
	}
	files, err := os.ReadDir(secrets)
	if err != nil || len(files) != 1 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	path := filepath.Join(secrets, files[0].Name())
	token, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	contains(t, "stdout", stdout, path, "phs_…")
	if secret := strings.TrimSpace(string(token)); len(secret) < 20 || strings.Contains(stdout+stderr, secret) {
		t.Error("the token is printed, or is not in its file")
	}
}

func TestACallThatIsInterruptedEnds(t *testing.T) {
	api := sandbox.New(sandbox.Options{Faults: sandbox.Faults{Next: []sandbox.Fault{{Kind: sandbox.Hang, Times: 100}}}})
	defer api.Close()
	arrived := make(chan struct{}, 100)
	address := listening(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		api.ServeHTTP(w, r)
	}))
	environ := append(atHome(t), "POSTHOG_HOST="+address, "POSTHOG_PERSONAL_API_KEY="+sandbox.AdminKey)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out, errs buffer
	ended := make(chan int, 1)
	go func() {
		ended <- cli.Run(ctx, cli.Build{}, []string{"call", "roles-list", "--table"}, cli.Streams{In: strings.NewReader(""), Out: &out, Err: &errs, Environ: environ})
	}()
	select {
	case <-arrived:
		cancel()
	case <-time.After(patience):
		t.Fatal("it sends nothing")
	}
	select {
	case code := <-ended:
		if code != 1 || out.String() != "" || !strings.Contains(errs.String(), "cancelled") {
			t.Errorf("exit code %d, stdout %q, stderr %q", code, out.String(), errs.String())
		}
	case <-time.After(patience):
		t.Fatal("it does not end")
	}
}

func TestAnOutputThatBreaksFailsTheCall(t *testing.T) {
	for _, args := range [][]string{{"call", "roles-list", "--json"}, {"call", "roles-list", "--table"}, {"call", "roles-get", "--role", "x"}, {"tools"}, {"tools", "--json"}, {"tools", "undo"}, {"tools", "undo", "--json"}} {
		var errs buffer
		if args[0] == "call" {
			args = append(args, "--sandbox")
		}
		code := cli.Run(t.Context(), cli.Build{}, args, cli.Streams{In: strings.NewReader(""), Out: broken{}, Err: &errs, Environ: atHome(t)})
		if code != 1 || !strings.Contains(errs.String(), "broken on purpose") {
			t.Errorf("%q: exit code %d, stderr %s", args, code, errs.String())
		}
	}
}

func TestTheHelpOfACallShowsTheToolsOwnFlags(t *testing.T) {
	code, stdout, stderr := run(t, nil, "call", "membership-remove", "--help")
	if code != 0 || stderr != "" {
		t.Errorf("exit code %d, stderr %q", code, stderr)
	}
	contains(t, "help", stdout, "--role string", "(required)", "--members string", "Can be repeated", "--yes", "--arguments", "nothing is done without a yes", "call --help")
	if strings.Contains(stdout, "--log-level") || strings.Contains(stdout, "--confirmation") {
		t.Errorf("it shows more:\n%s", stdout)
	}
	for _, args := range [][]string{{"help", "call"}, {"call", "--help"}} {
		_, stdout, _ = run(t, nil, args...)
		contains(t, "help", stdout, "--log-level", "membership-remove", "Memberships:", "--yes")
	}
	_, stdout, _ = run(t, nil, "help", "call", "roles-list")
	contains(t, "help", stdout, "--view string", "One of compact, full.", "(default 100)")
}
