package cli_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/spf13/cobra"

	"posthog-org-mcp/cli"
)

// canary is a key that nothing may ever show.
const canary = "phx_CANARYcanaryCANARYcanary0123456789abcdef"

// buffer is a stream that a running program writes while a test reads.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// run runs a command line to its end. The environment holds only what is given.
func run(t *testing.T, environ []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	return runAs(ctx, cli.Build{Version: "1.2.3"}, cli.Streams{In: strings.NewReader(""), Environ: environ}, args...)
}

func runAs(ctx context.Context, build cli.Build, streams cli.Streams, args ...string) (code int, stdout, stderr string) {
	var out, errs buffer
	streams.Out, streams.Err = &out, &errs
	code = cli.Run(ctx, build, args, streams)
	return code, out.String(), errs.String()
}

func contains(t *testing.T, what, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%s lacks %q:\n%s", what, part, text)
		}
	}
}

func TestAWrongCommandLineIsAnsweredShortlyWithTheNearestGuess(t *testing.T) {
	for _, test := range []struct {
		args string
		says []string
	}{
		{"sanbox", []string{`no command "sanbox"`, "Did you mean sandbox?", `Run "posthog-org-mcp --help"`}},
		{"verison", []string{"Did you mean version?"}},
		{"call list_roles", []string{`no tool "list_roles"`, "Did you mean roles-list?"}},
		{"call roles-get Support", []string{"takes its arguments as flags, such as --role", `"Support" belongs to none`}},
		{"frobnicate", []string{`no command "frobnicate"`, "--help"}},
		{"serve now", []string{`"serve" takes no argument such as "now"`, `Run "posthog-org-mcp serve --help"`}},
		{"version --quick", []string{`no flag "--quick"`, `"posthog-org-mcp version --help"`}},
		{"--read-olny", []string{`no flag "--read-olny"`, "Did you mean --read-only?"}},
		{"serve --hosts eu", []string{"Did you mean --host?"}},
		{"--key " + canary, []string{`no flag "--key"`, "--key-file", "--key-command"}},
		{canary, []string{"no command", "phx_…cdef"}},
		{"-x", []string{`no flag "-x"`}},
		{"--host", []string{"--host needs a value"}},
		{"--=x", []string{"cannot be read"}},
		{"sandbox --latency soon", []string{`--latency is "soon"`, "200ms"}},
		{"sandbox --fail many", []string{`--fail is "many"`, "whole number"}},
		{"sandbox --fail -1", []string{"--fail must not be negative"}},
		{"sandbox --fail-status 200", []string{"--fail-status must be an HTTP error"}},
		{"sandbox --hide-members=perhaps", []string{"--hide-members is", "true or false"}},
		{"help sandbix", []string{`no command "sandbix"`, "Did you mean sandbox?"}},
	} {
		t.Run(test.args, func(t *testing.T) {
			code, stdout, stderr := run(t, nil, strings.Fields(test.args)...)
			if code != 2 {
				t.Errorf("exit code %d, want 2", code)
			}
			if stdout != "" {
				t.Errorf("stdout must stay empty, got %q", stdout)
			}
			contains(t, "stderr", stderr, test.says...)
			if lines := strings.Count(stderr, "\n"); lines != 2 {
				t.Errorf("want two lines, got %d:\n%s", lines, stderr)
			}
			if strings.Contains(stderr, "CANARY") {
				t.Errorf("the key is shown:\n%s", stderr)
			}
		})
	}
}

func TestAMissingOrMalformedSettingStopsTheStart(t *testing.T) {
	for _, test := range []struct {
		name, variable string
		says           []string
	}{
		{"no key", "", []string{"no PostHog API key", "/settings/user-api-keys", "organization:write", "--sandbox"}},
		{"public token", "POSTHOG_PERSONAL_API_KEY=phc_CANARY0123456789", []string{"POSTHOG_PERSONAL_API_KEY", "public project token"}},
		{"placeholder", "POSTHOG_PERSONAL_API_KEY=${POSTHOG_KEY}", []string{"POSTHOG_PERSONAL_API_KEY", "placeholder"}},
	} {
		for _, command := range [][]string{{}, {"serve"}} {
			t.Run(test.name+strings.Join(command, ""), func(t *testing.T) {
				code, stdout, stderr := run(t, []string{test.variable}, command...)
				if code != 2 || stdout != "" {
					t.Errorf("exit code %d, stdout %q", code, stdout)
				}
				contains(t, "stderr", stderr, test.says...)
				if !strings.HasPrefix(stderr, "posthog-org-mcp: ") || strings.Contains(stderr, "CANARY") || strings.Contains(stderr, "Usage:") {
					t.Errorf("got:\n%s", stderr)
				}
			})
		}
	}
}

func TestHelpGoesToStdoutAndEndsWell(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"help"}, {"serve", "-h"}, {"sandbox", "--help"}, {"help", "sandbox"}, {"help", "version"}, {"completion", "bash"}} {
		code, stdout, stderr := run(t, nil, args...)
		if code != 0 || stderr != "" || len(stdout) < 100 {
			t.Errorf("%v: exit code %d, %d bytes on stdout, stderr %q", args, code, len(stdout), stderr)
		}
	}
	_, stdout, _ := run(t, nil, "serve", "--help")
	contains(t, "help", stdout, "Examples:", "--key-file FILE", "[POSTHOG_PERSONAL_API_KEY_FILE]", `default us`, "--read-only ")
}

func TestTheVersionIsShownShortAndInFull(t *testing.T) {
	code, stdout, stderr := run(t, nil, "--version")
	if code != 0 || stdout != "posthog-org-mcp version 1.2.3\n" || stderr != "" {
		t.Errorf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
	}
	code, stdout, stderr = runAs(t.Context(), cli.Build{Version: "v2.0.0", Commit: "abc123", Date: "2026-05-01T00:00:00Z"}, cli.Streams{}, "version")
	if code != 0 || stderr != "" || strings.Count(stdout, "\n") != 5 {
		t.Errorf("exit code %d, stderr %q, stdout:\n%s", code, stderr, stdout)
	}
	contains(t, "stdout", stdout, "2.0.0", "abc123", "2026-05-01T00:00:00Z", "2026-07-28, 2025-11-25", "go1.")
}

func TestAPanicIsReportedInOneMessageWithoutStackOrSecrets(t *testing.T) {
	var errs buffer
	code := cli.Run(t.Context(), cli.Build{}, []string{"version"}, cli.Streams{Out: panicking{}, Err: &errs})
	if code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	contains(t, "stderr", errs.String(), "fault of its own", "report it", "phx_…cdef")
	if strings.Contains(errs.String(), "goroutine") || strings.Contains(errs.String(), "CANARY") {
		t.Errorf("got:\n%s", errs.String())
	}
}

func TestTheStackOfAPanicIsInTheDebugLog(t *testing.T) {
	said := cli.BugReport("lost in "+canary, slog.LevelDebug)
	contains(t, "the debug log", said, "fault of its own", "level=DEBUG", "stack=", "goroutine")
	if strings.Contains(said, "CANARY") {
		t.Errorf("got:\n%s", said)
	}
	if said := cli.BugReport("lost", slog.LevelInfo); strings.Contains(said, "goroutine") {
		t.Errorf("got:\n%s", said)
	}
}

// panicking is an output that breaks whoever writes to it.
type panicking struct{}

func (panicking) Write([]byte) (int, error) { panic("lost in " + canary) }

func TestEveryCommandHasExamplesThatParse(t *testing.T) {
	var visit func(cmd *cobra.Command)
	seen := 0
	visit = func(cmd *cobra.Command) {
		if cmd.Name() != "completion" && cmd.Example == "" {
			t.Errorf("%q has no example", cmd.CommandPath())
		}
		for line := range strings.Lines(cmd.Example) {
			seen++
			args := words(line)
			for len(args) > 0 && strings.Contains(args[0], "=") { // variables before the program
				args = args[1:]
			}
			if len(args) == 0 || args[0] != cli.Name {
				t.Errorf("%q does not call %s", line, cli.Name)
				continue
			}
			found, rest, err := cli.Commands().Find(args[1:])
			if err == nil {
				err = found.ParseFlags(rest)
			}
			if err == nil {
				err = found.ValidateArgs(found.Flags().Args())
			}
			isOwn := cmd.Name() == found.Name() || found.HasParent() && cmd.Name() == found.Parent().Name()
			if err != nil || cmd.HasParent() && !isOwn {
				t.Errorf("the example %q of %q runs %q: %v", line, cmd.Name(), found.Name(), err)
			}
		}
		if cmd.Name() != "completion" {
			for _, child := range cmd.Commands() {
				visit(child)
			}
		}
	}
	visit(cli.Commands())
	if seen < 5 {
		t.Errorf("only %d examples were seen", seen)
	}
}

// words splits a line as a shell would, as far as our examples need it.
func words(line string) []string {
	var split []string
	for i, part := range strings.Split(strings.TrimSpace(line), "'") {
		if i%2 == 1 {
			split = append(split, part)
		} else {
			split = append(split, strings.Fields(part)...)
		}
	}
	return split
}
